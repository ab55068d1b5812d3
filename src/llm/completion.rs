use serde::Deserialize;
use serde_json::Value;

/// What a model has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub text: String,
    /// Whether the server cut it off.
    pub is_cut: bool,
}

/// The parts of a chat completion that matter.
#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<Content>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
}

impl Part {
    /// Its text, unless it is of another kind, such as reasoning.
    fn answer(self) -> Option<String> {
        let is_text = self.kind.is_none_or(|kind| kind == "text" || kind == "output_text");
        self.text.filter(|_| is_text)
    }
}

/// Parses the body of an answer with status 200; the error may quote any of it.
pub fn parse(body: &[u8]) -> Result<Answer, serde_json::Error> {
    use serde::de::Error;
    let completion: Completion = serde_json::from_slice(body)?;
    // Some gateways send an error with status 200.
    if completion.error.is_some() && completion.choices.is_empty() {
        return Err(Error::custom(format_args!("an error: {}", error_text(body))));
    }
    let choice = completion.choices.into_iter().next().ok_or_else(|| Error::custom("no choices"))?;
    let text = match choice.message.content {
        Some(Content::Text(text)) => Some(text).filter(|text| !text.is_empty()),
        Some(Content::Parts(parts)) => Some(parts.into_iter().filter_map(Part::answer).collect()),
        None => None,
    };
    Ok(Answer {
        text: text.or(choice.message.refusal).unwrap_or_default(),
        is_cut: choice.finish_reason.as_deref() == Some("length"),
    })
}

/// The message in the body of an error, with its code. Every server has its own form.
pub fn error_text(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return text.into_owned() };
    let error = value.get("error").unwrap_or(&value);
    let field = |name: &str| error.get(name).and_then(Value::as_str);
    let message = field("message").or(error.as_str()).or_else(|| field("detail"));
    match (message, field("code")) {
        (Some(message), Some(code)) => format!("{message} ({code})"),
        (Some(message), None) => message.to_owned(),
        (None, _) => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_text_of_every_server_is_found() {
        for (body, expected) in [
            (r#"{"error": {"message": "no quota", "code": "no_quota"}}"#, "no quota (no_quota)"),
            (r#"{"error": {"code": 503, "message": "Loading model"}}"#, "Loading model"),
            (r#"{"error": "model not found"}"#, "model not found"),
            (r#"{"object": "error", "message": "too long", "code": 400}"#, "too long"),
            (r#"{"detail": "Not Found"}"#, "Not Found"),
            (r#"{"detail": [{"loc": ["body"]}]}"#, r#"{"detail": [{"loc": ["body"]}]}"#),
            ("<html>", "<html>"),
        ] {
            assert_eq!(error_text(body.as_bytes()), expected);
        }
    }
}
