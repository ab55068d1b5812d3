//! Values of JSON documents.

use serde_json::Value;

use crate::visible::visible_json;

/// A document as indented JSON that is safe to show.
pub fn written(document: &Value) -> String {
    let text = serde_json::to_string_pretty(document).expect("values become JSON");
    visible_json(&text) + "\n"
}

/// The document of a text; none if it is not JSON.
pub fn document(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// A pair of numbers: start and end.
pub fn span(value: &Value) -> Result<(f64, f64), String> {
    match value.as_array().map(Vec::as_slice) {
        Some([start, end]) => start.as_f64().zip(end.as_f64()),
        _ => None,
    }
    .ok_or_else(|| format!("{value} is not a pair of times"))
}

/// A text field of an object.
pub fn text<'a>(object: &'a Value, field: &str) -> Result<&'a str, String> {
    object[field].as_str().ok_or_else(|| format!("no text in \"{field}\" of {}", short(object)))
}

/// A number field of an object.
pub fn number(object: &Value, field: &str) -> Result<f64, String> {
    object[field].as_f64().ok_or_else(|| format!("no number in \"{field}\" of {}", short(object)))
}

/// The elements of an array; none of what is absent.
pub fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A value in a message.
fn short(value: &Value) -> String {
    const MOST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Steps without names, by their spans.
pub fn unnamed_steps(spans: &Value) -> Result<Vec<super::super::AnnotatedStep>, String> {
    let step = |(number, value): (usize, &Value)| {
        let (start, end) = span(value)?;
        Ok(super::super::AnnotatedStep { name: format!("step {}", number + 1), start, end })
    };
    elements(spans).iter().enumerate().map(step).collect()
}
