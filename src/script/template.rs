use std::fmt;
use thiserror::Error;

/// Names and texts of the built-in templates, the default first.
const BUILT_IN: [(&str, &str); 5] = [
    ("context", "This is a video of doing {action} in {domain} with {step}"),
    ("step", "{step}"),
    ("domain", "{step} in {domain}"),
    ("plain", "This is a video of {step}"),
    ("short", "{action}, {domain}: {step}"),
];

/// The sentence around a step that is embedded: `{action}`, `{domain}` and `{step}` stand for the class name, its domain
/// and the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    name: String,
    text: String,
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    #[error(
        "the template \"{text}\" has no {{step}}\nhelp: write {{step}} where the step belongs, or name a built-in \
         template: {}",
        BUILT_IN.map(|(name, _)| name).join(", ")
    )]
    NoStep { text: String },
    #[error(
        "the template \"{text}\" has an unknown {{{placeholder}}}\nhelp: use only {{action}}, {{domain}} and {{step}}"
    )]
    Unknown { text: String, placeholder: String },
    #[error(
        "the template \"{text}\" has a brace that is not closed\nhelp: use only {{action}}, {{domain}} and {{step}}"
    )]
    Unclosed { text: String },
}

impl Template {
    /// `context` (the default), `step`, `domain`, `plain` and `short`.
    pub fn built_in() -> [Self; 5] {
        BUILT_IN.map(|(name, text)| Self::new(name, text).expect("the built-in templates are valid"))
    }

    /// `short`: action and domain in fewer words than `context`, for models that read few tokens.
    pub fn short() -> Self {
        let [.., short] = Self::built_in();
        short
    }

    /// A user's template, named `custom`.
    ///
    /// # Errors
    /// If `{step}` is missing, or braces hold anything but the three known words.
    pub fn custom(text: &str) -> Result<Self, TemplateError> {
        Self::new("custom", text)
    }

    /// The built-in template of that name, else `text` as a custom one.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let built_in = Self::built_in().into_iter().find(|template| template.name == text);
        built_in.map_or_else(|| Self::custom(text), Ok)
    }

    /// The template of that text, under its name if it is built in.
    pub fn of_text(text: &str) -> Result<Self, TemplateError> {
        let built_in = Self::built_in().into_iter().find(|template| template.text == text);
        built_in.map_or_else(|| Self::custom(text), Ok)
    }

    fn new(name: &str, text: &str) -> Result<Self, TemplateError> {
        let mut has_step = false;
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('{') {
            let Some((placeholder, after)) = after.split_once('}') else {
                return Err(TemplateError::Unclosed { text: text.into() });
            };
            match placeholder {
                "step" => has_step = true,
                "action" | "domain" => {}
                _ => {
                    return Err(TemplateError::Unknown {
                        text: text.into(),
                        placeholder: placeholder.into(),
                    });
                }
            }
            rest = after;
        }
        if !has_step {
            return Err(TemplateError::NoStep { text: text.into() });
        }
        Ok(Self { name: name.into(), text: text.into() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The sentence for one step. Braces inside the values stay.
    pub fn fill(&self, action: &str, domain: &str, step: &str) -> String {
        fill(&self.text, &[("action", action), ("domain", domain), ("step", step)])
    }
}

impl Default for Template {
    /// `context`, the template of the paper's best results.
    fn default() -> Self {
        let [context, ..] = Self::built_in();
        context
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Replaces `{name}` by its value. Other braces, and those in the values, stay.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let value = values
            .iter()
            .find_map(|(name, value)| Some((*value, after.strip_prefix(name)?.strip_prefix('}')?)));
        let (value, after) = value.unwrap_or(("{", after));
        filled += value;
        rest = after;
    }
    filled + rest
}
