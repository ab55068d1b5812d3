use std::ops::ControlFlow;

use serde_json::{Map, json};

use super::answer::one_line;
use super::client::{Client, Message};
use super::error::LlmError;
use super::event::{Event, LeftOut, Watch};
use super::prompt::Prompt;
use super::rules;
use crate::net::rfc_3339;
use crate::script::{Class, Strategy};

/// Most classes in one request: with more, models get careless.
pub const AT_ONCE: usize = 8;
/// How often scripts that break the rules are asked for again.
const RETRIES: usize = 2;
/// Characters of an answer that the model sees again.
const MAX_SHOWN: usize = 16_000;

/// The field of a class that says how its script was made.
pub const GENERATED: &str = "generated";

/// Has a model write scripts with one prompt.
pub struct Generator {
    client: Client,
    strategy: Strategy,
    prompt: Prompt,
}

/// Scripts that a model has written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generated {
    /// Classes with their scripts and domains; the field `generated` says how each was made.
    pub classes: Vec<Class>,
    /// Classes without a valid script.
    pub left_out: Vec<LeftOut>,
}

impl Generator {
    /// With a prompt as [`script_prompt`](super::script_prompt) loads it.
    pub fn new(client: Client, strategy: Strategy, prompt: Prompt) -> Self {
        Self { client, strategy, prompt }
    }

    /// The question about some classes of a domain.
    pub fn question(prompt: &Prompt, domain: &str, names: &[String]) -> String {
        let names: Vec<String> = names.iter().map(|name| format!("- {}", one_line(name))).collect();
        prompt.fill(&[("domain", &one_line(domain)), ("classes", &names.join("\n"))])
    }

    /// Has scripts written, for up to [`AT_ONCE`] classes in one request so that the model can tell them apart. Scripts
    /// that break the rules are asked for again with the reason, at most twice.
    ///
    /// # Errors
    /// If there is no answer, or `watch` breaks. Scripts written before were passed to `watch`.
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
        let notify = |watch: &mut Watch, event: Event| match watch(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(LlmError::Stopped),
        };
        let mut messages = vec![Message::user(Self::question(&self.prompt, domain, names))];
        let mut names = names.to_vec();
        notify(watch, Event::Asking { names: &names })?;
        for attempt in 0.. {
            let answer = self.client.ask(&messages, &rules::schema(&names), watch)?;
            let (mut classes, mut faults) = (Vec::new(), Vec::new());
            for (name, steps) in names.iter().zip(rules::scripts_in(&answer, &names, self.strategy)) {
                match steps {
                    Ok(steps) => classes.push(self.class(domain, name, steps)),
                    Err(reason) => faults.push(LeftOut { name: name.clone(), reason }),
                }
            }
            if !classes.is_empty() {
                notify(watch, Event::Written(&classes))?;
                generated.classes.extend(classes);
            }
            if faults.is_empty() || attempt == RETRIES {
                generated.left_out.extend(faults);
                break;
            }
            notify(watch, Event::AskingAgain { faults: &faults })?;
            messages.push(Message::assistant(answer.text.chars().take(MAX_SHOWN).collect::<String>()));
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
        let other = Map::from_iter([(GENERATED.to_owned(), provenance)]);
        Class { name: name.to_owned(), domain: Some(domain.to_owned()), steps, other }
    }
}

/// The request to write invalid scripts again.
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
