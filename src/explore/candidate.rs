//! A class that a clip may belong to.

use sha2::{Digest, Sha256};

use crate::script::{ScriptFile, Template};

/// A candidate class: a name in a domain, and its script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The field it belongs to, such as a sport.
    pub domain: String,
    pub name: String,
    pub steps: Vec<String>,
}

impl Candidate {
    /// All classes of a script file, in its order.
    pub fn all_of(scripts: &ScriptFile) -> Vec<Self> {
        let candidate = |class| {
            let domain = scripts.domain_of(class).to_owned();
            Self { domain, name: class.name.clone(), steps: class.steps.clone() }
        };
        scripts.classes.iter().map(candidate).collect()
    }

    /// The seed of the orders that its steps are shuffled into: of its own content alone, so that neither other candidates nor
    /// its place among them change its order evidence.
    pub fn order_seed(&self) -> u64 {
        let mut hash = Sha256::new();
        for text in [&self.domain, &self.name].into_iter().chain(&self.steps) {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        hash.finalize().iter().take(8).fold(0, |seed, &byte| seed << 8 | u64::from(byte))
    }

    /// Its steps, put into a template.
    pub fn sentences(&self, template: &Template) -> impl Iterator<Item = String> {
        self.steps.iter().map(|step| template.fill(&self.name, &self.domain, step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_script_changes_its_seed() {
        let candidate = |domain: &str, name: &str, steps: &[&str]| Candidate {
            domain: domain.into(),
            name: name.into(),
            steps: steps.iter().map(|&step| step.to_owned()).collect(),
        };
        let seeds = [
            candidate("chess", "fork", &["a", "b"]),
            candidate("chess", "fork", &["b", "a"]),
            candidate("chess", "fork", &["ab"]),
            candidate("chess", "pin", &["a", "b"]),
            candidate("darts", "fork", &["a", "b"]),
            candidate("", "chessfork", &["a", "b"]),
        ]
        .map(|candidate| candidate.order_seed());
        assert!((1..seeds.len()).all(|i| !seeds[..i].contains(&seeds[i])), "{seeds:?}");
        assert_eq!(candidate("chess", "fork", &["a", "b"]).order_seed(), seeds[0]);
    }
}
