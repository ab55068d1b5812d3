use std::fmt;
use std::ops::RangeInclusive;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde::de::{DeserializeOwned, Error};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::script::{ScriptFile, Template};

/// A prompt strategy: how a language model is asked for scripts, and what its scripts look like.
///
/// To add one, add a prompt to `assets/prompts`, an entry to [`Strategy::ALL`] and a line to `docs/scripts.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strategy(&'static Definition);

#[derive(Debug, PartialEq, Eq)]
struct Definition {
    /// In script files, results, flags and the name of the prompt's file.
    name: &'static str,
    help: &'static str,
    prompt: &'static str,
    /// Steps of a script.
    steps: RangeInclusive<usize>,
    /// Words of a step, if that is a rule.
    words: Option<RangeInclusive<usize>>,
    /// Name of the built-in template for its steps.
    template: &'static str,
    /// The script file beside a manifest, in its folder. Without `.json` it is the name of the flag of `eval`.
    file_name: &'static str,
}

impl Strategy {
    /// All strategies, the default first.
    pub const ALL: &[Self] = &[
        Self(&Definition {
            name: "context-rich",
            help: "As many steps as the action needs, each a sentence that names the actor and the setting",
            prompt: include_str!("../../assets/prompts/context-rich.md"),
            steps: 4..=15,
            words: None,
            template: "context",
            file_name: "scripts.json",
        }),
        Self(&Definition {
            name: "short-fixed",
            help: "Exactly ten steps of two or three words",
            prompt: include_str!("../../assets/prompts/short-fixed.md"),
            steps: 10..=10,
            words: Some(2..=3),
            template: "context",
            file_name: "scripts-short.json",
        }),
    ];

    /// The default: scripts of the paper's best results.
    pub const CONTEXT_RICH: Self = Self::ALL[0];
    /// Exactly ten steps of two or three words.
    pub const SHORT_FIXED: Self = Self::ALL[1];

    /// All but the default.
    pub fn others() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().skip(1)
    }

    /// The field of a script file that names its strategy.
    pub const FIELD: &str = "strategy";

    pub fn name(self) -> &'static str {
        self.0.name
    }

    pub fn prompt(self) -> &'static str {
        self.0.prompt
    }

    pub fn steps(self) -> RangeInclusive<usize> {
        self.0.steps.clone()
    }

    pub fn words(self) -> Option<RangeInclusive<usize>> {
        self.0.words.clone()
    }

    pub fn exact_steps(self) -> Option<usize> {
        let (fewest, most) = (*self.0.steps.start(), *self.0.steps.end());
        (fewest == most).then_some(fewest)
    }

    pub fn template(self) -> Template {
        Template::parse(self.0.template).expect("names a built-in template")
    }

    pub fn file_name(self) -> &'static str {
        self.0.file_name
    }

    /// Name of the flag that names this file: `scripts-short`.
    pub fn flag(self) -> &'static str {
        self.0.file_name.trim_end_matches(".json")
    }

    /// The strategy of a script file: what its field `strategy` says, else the first whose exact number of steps most
    /// scripts have and whose number of words most steps do not exceed, else the default.
    pub fn of(file: &ScriptFile) -> Self {
        if let Some(name) = file.other.get(Self::FIELD).and_then(|name| name.as_str())
            && let Some(strategy) = Self::named(name)
        {
            return strategy;
        }
        let looks_like = |strategy: &&Self| {
            let (Some(count), Some(words)) = (strategy.exact_steps(), strategy.words()) else { return false };
            let steps = file.classes.iter().flat_map(|class| &class.steps);
            is_most(file.classes.iter().map(|class| class.steps.len() == count))
                && is_most(steps.map(|step| step.split_whitespace().count() <= *words.end()))
        };
        Self::ALL.iter().find(looks_like).copied().unwrap_or_default()
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|strategy| strategy.name() == name)
    }
}

/// A range of counts as text: `10`, `2 or 3`, `4 to 15`.
pub fn range_text(range: &RangeInclusive<usize>) -> String {
    let (fewest, most) = (range.start(), range.end());
    match most - fewest {
        0 => format!("{most}"),
        1 => format!("{fewest} or {most}"),
        _ => format!("{fewest} to {most}"),
    }
}

fn is_most(answers: impl Iterator<Item = bool>) -> bool {
    let (yes, all) = answers.fold((0, 0), |(yes, all), answer| (yes + usize::from(answer), all + 1));
    2 * yes > all
}

impl Default for Strategy {
    fn default() -> Self {
        Self::CONTEXT_RICH
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl ValueEnum for Strategy {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name).help(self.0.help))
    }
}

impl Serialize for Strategy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Strategy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| D::Error::custom(format_args!("unknown strategy \"{name}\"")))
    }
}

/// A value for each strategy besides the default, if it has one: for example the script files of a dataset. In JSON a field
/// for each strategy, such as `scripts_short`; meant to be flattened.
#[derive(Clone, Debug, PartialEq)]
pub struct PerStrategy<T>(Vec<(Strategy, T)>);

impl<T> Default for PerStrategy<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> PerStrategy<T> {
    pub fn get(&self, strategy: Strategy) -> Option<&T> {
        self.iter().find_map(|(other, value)| (other == strategy).then_some(value))
    }

    pub fn iter(&self) -> impl Iterator<Item = (Strategy, &T)> {
        self.0.iter().map(|(strategy, value)| (*strategy, value))
    }

    pub fn strategies(&self) -> Vec<Strategy> {
        self.iter().map(|(strategy, _)| strategy).collect()
    }

    /// The same strategies with other values.
    pub fn map<U>(&self, mut value: impl FnMut(&T) -> U) -> PerStrategy<U> {
        self.iter().map(|(strategy, old)| (strategy, value(old))).collect()
    }
}

impl<T> FromIterator<(Strategy, T)> for PerStrategy<T> {
    fn from_iter<I: IntoIterator<Item = (Strategy, T)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl<T: Serialize> Serialize for PerStrategy<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for strategy in Strategy::others() {
            map.serialize_entry(&strategy.flag().replace('-', "_"), &self.get(strategy))?;
        }
        map.end()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for PerStrategy<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = serde_json::Map::deserialize(deserializer)?;
        let mut values = Vec::new();
        for strategy in Strategy::others() {
            let value = fields.get(&strategy.flag().replace('-', "_")).cloned().unwrap_or_default();
            let value: Option<T> = serde_json::from_value(value).map_err(D::Error::custom)?;
            values.extend(value.map(|value| (strategy, value)));
        }
        Ok(Self(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_strategy_is_complete_unique_and_documented() {
        for (place, strategy) in Strategy::ALL.iter().enumerate() {
            assert!(strategy.prompt().contains("{classes}") && strategy.prompt().contains("{domain}"));
            assert_eq!(strategy.template().name(), strategy.0.template);
            assert!(
                include_str!("../../docs/scripts.md").contains(strategy.name()),
                "{strategy} is documented"
            );
            for other in &Strategy::ALL[..place] {
                assert!(strategy.name() != other.name() && strategy.file_name() != other.file_name());
            }
        }
    }

    #[test]
    fn values_per_strategy_are_fields_of_their_own() {
        #[derive(Serialize, Deserialize, Default, PartialEq, Debug)]
        struct Paths {
            scripts: String,
            #[serde(flatten)]
            others: PerStrategy<String>,
            clips: Option<u32>,
        }
        let json = r#"{"scripts":"a","scripts_short":null,"clips":null}"#;
        let none = Paths { scripts: "a".into(), ..Paths::default() };
        assert_eq!(serde_json::to_string(&none).unwrap(), json);
        assert_eq!(serde_json::from_str::<Paths>(json).unwrap(), none);
        let others = [(Strategy::SHORT_FIXED, "b".to_owned())].into_iter().collect();
        let some = Paths { others, clips: Some(3), ..none };
        let json = r#"{"scripts":"a","scripts_short":"b","clips":3}"#;
        assert_eq!(serde_json::to_string(&some).unwrap(), json);
        assert_eq!(serde_json::from_str::<Paths>(json).unwrap(), some);
    }
}
