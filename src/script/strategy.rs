//! How a script was asked for.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::script::ScriptFile;

/// The two kinds of scripts that the paper compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// As many steps as the action needs, each a sentence that names the actor and the setting
    ContextRich,
    /// Exactly ten steps of two or three words
    ShortFixed,
}

impl Strategy {
    /// Its name, and that of the file of its prompt.
    pub fn name(self) -> &'static str {
        match self {
            Self::ContextRich => "context-rich",
            Self::ShortFixed => "short-fixed",
        }
    }

    /// The field of a script file that names it.
    pub const FIELD: &str = "strategy";

    /// Steps of a script that is [`Strategy::ShortFixed`].
    pub const STEPS: usize = 10;

    /// Words of its steps.
    pub const WORDS: std::ops::RangeInclusive<usize> = 2..=3;

    /// What a file says of itself in its field `strategy`. A file that says nothing is short-fixed where most of its
    /// scripts have ten steps and most of its steps are that short.
    pub fn of(file: &ScriptFile) -> Self {
        if let Some(said) = file.other.get(Self::FIELD)
            && let Ok(said) = Self::deserialize(said)
        {
            return said;
        }
        let are_ten = file.classes.iter().map(|class| class.steps.len() == Self::STEPS);
        let steps = file.classes.iter().flat_map(|class| &class.steps);
        let are_short = steps.map(|step| step.split_whitespace().count() <= *Self::WORDS.end());
        if is_most(are_ten) && is_most(are_short) { Self::ShortFixed } else { Self::ContextRich }
    }
}

fn is_most(answers: impl Iterator<Item = bool>) -> bool {
    let (yes, all) = answers.fold((0, 0), |(yes, all), answer| (yes + usize::from(answer), all + 1));
    2 * yes > all
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
