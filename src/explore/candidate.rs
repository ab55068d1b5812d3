//! A class that a clip may belong to.

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

    /// Its steps, put into a template.
    pub fn sentences(&self, template: &Template) -> impl Iterator<Item = String> {
        self.steps.iter().map(|step| template.fill(&self.name, &self.domain, step))
    }
}
