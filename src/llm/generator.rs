//! Scripts of classes, written by a language model.

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::{Map, json};

use crate::llm::answer::one_line;
use crate::llm::client::{Client, Message};
use crate::llm::error::LlmError;
use crate::llm::prompt::Prompt;
use crate::llm::rules;
use crate::script::{Class, Strategy};
use crate::store::rfc_3339;

/// Classes asked for at once at most: more make a model hurry.
pub const AT_ONCE: usize = 8;
/// How often an answer that breaks the rules is asked for again.
const AGAIN: usize = 2;
/// Characters of an answer that the model is shown again.
const SHOWN: usize = 16_000;

/// The field of a class that tells how its script came about.
pub const GENERATED: &str = "generated";

/// Has scripts written by one model with one prompt.
pub struct Generator {
    client: Client,
    strategy: Strategy,
    prompt: Prompt,
}

/// What happens while a model is asked.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many classes are asked for.
    Asking {
        /// Their names.
        names: &'a [String],
    },
    /// Scripts that keep the rules.
    Written(&'a [Class]),
    /// Some do not, and are asked for again.
    AskingAgain {
        /// Each class with what is wrong.
        faults: &'a [LeftOut],
    },
    /// The server is busy or broken. Told again every second.
    Waiting {
        /// How long it is waited for.
        total: Duration,
        /// How much of that is left.
        left: Duration,
        /// What it says.
        reason: &'a str,
    },
}

/// What is told of the events, and ends the work by breaking.
pub type Watch<'a> = dyn FnMut(Event) -> ControlFlow<()> + 'a;

/// What became of the classes that were asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generated {
    /// Classes with their scripts, each with its domain and, in its field `generated`, where its script is from.
    pub classes: Vec<Class>,
    /// Classes without.
    pub left_out: Vec<LeftOut>,
}

/// A class whose script breaks the rules.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub reason: String,
}

impl Generator {
    /// Of a model, with a strategy's prompt.
    pub fn new(client: Client, strategy: Strategy, prompt: Prompt) -> Self {
        Self { client, strategy, prompt }
    }

    /// What is asked for a part of a domain's classes.
    pub fn question(prompt: &Prompt, domain: &str, names: &[String]) -> String {
        let names: Vec<String> = names.iter().map(|name| format!("- {}", one_line(name))).collect();
        prompt.fill(&[("domain", &one_line(domain)), ("classes", &names.join("\n"))])
    }

    /// Has scripts of classes written, [`AT_ONCE`] at a time, so that the model can tell those apart. An answer that breaks
    /// the rules is asked for again with what is wrong, twice at most. `watch` is told of all of it, and ends it by breaking.
    ///
    /// # Errors
    /// If there is no answer, or the watcher ends it. Scripts that were written before were told to the watcher.
    pub fn generate(
        &mut self,
        domain: &str,
        names: &[String],
        watch: &mut Watch,
    ) -> Result<Generated, LlmError> {
        let mut generated = Generated::default();
        for names in names.chunks(AT_ONCE) {
            self.converse(domain, names, watch, &mut generated)?;
        }
        Ok(generated)
    }

    fn converse(
        &mut self,
        domain: &str,
        names: &[String],
        watch: &mut Watch,
        generated: &mut Generated,
    ) -> Result<(), LlmError> {
        let tell = |watch: &mut Watch, event: Event| match watch(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(LlmError::Stopped),
        };
        let mut messages = vec![Message::user(Self::question(&self.prompt, domain, names))];
        let mut names = names.to_vec();
        tell(watch, Event::Asking { names: &names })?;
        for attempt in 0.. {
            let answer = self.client.ask(&messages, &rules::schema(&names), watch)?;
            let (mut classes, mut faults) = (Vec::new(), Vec::new());
            for (name, steps) in names.iter().zip(rules::scripts(&answer, &names, self.strategy)) {
                match steps {
                    Ok(steps) => classes.push(self.class(domain, name, steps)),
                    Err(reason) => faults.push(LeftOut { name: name.clone(), reason }),
                }
            }
            if !classes.is_empty() {
                tell(watch, Event::Written(&classes))?;
                generated.classes.extend(classes);
            }
            if faults.is_empty() {
                break;
            }
            if attempt == AGAIN {
                generated.left_out.extend(faults);
                break;
            }
            tell(watch, Event::AskingAgain { faults: &faults })?;
            messages.push(Message::assistant(answer.text.chars().take(SHOWN).collect::<String>()));
            messages.push(Message::user(complaint(&faults)));
            names = faults.into_iter().map(|fault| fault.name).collect();
        }
        Ok(())
    }

    fn class(&self, domain: &str, name: &str, steps: Vec<String>) -> Class {
        let provenance = json!({
            "server": self.client.endpoint().to_string(),
            "model": self.client.model(),
            "prompt": self.prompt.digest(),
            "strategy": self.strategy.name(),
            "temperature": self.client.temperature(),
            "time": rfc_3339(self.client.now()),
        });
        let mut other = Map::new();
        other.insert(GENERATED.to_owned(), provenance);
        Class { name: name.to_owned(), domain: Some(domain.to_owned()), steps, other }
    }
}

/// What the model is told of an answer that breaks the rules.
fn complaint(faults: &[LeftOut]) -> String {
    let lines: Vec<String> =
        faults.iter().map(|fault| format!("- {}: {}", one_line(&fault.name), fault.reason)).collect();
    format!(
        "These scripts do not keep to the rules:\n\n{}\n\nWrite them again, these alone, and keep to all the rules. Answer \
         with JSON and nothing else: {}",
        lines.join("\n"),
        rules::FORM
    )
}
