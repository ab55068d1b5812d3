//! Errors as text.
//!
//! The message of an error says what happened and to which file. Advice follows on a line of its own that begins with
//! `help: `, also inside `#[error("…")]`: `cannot read clip.mp4: moov atom not found\nhelp: download it again`.

use std::any::Any;

use color_eyre::eyre::Report;

/// What separates a message from its advice.
const HELP: &str = "\nhelp: ";

/// An error with its causes on one line, and the advice of all of them on `help:` lines below. Neither a cause that the
/// line contains already nor advice is repeated.
pub fn error_chain(report: &Report) -> String {
    let mut line = String::new();
    let mut advice: Vec<String> = Vec::new();
    for cause in report.chain().map(ToString::to_string) {
        let mut parts = cause.split(HELP);
        let message = parts.next().unwrap_or_default();
        if line.is_empty() {
            line = message.to_owned();
        } else if !line.contains(message) {
            line = format!("{line}: {message}");
        }
        for help in parts {
            if !advice.iter().any(|known| known == help) {
                advice.push(help.to_owned());
            }
        }
    }
    std::iter::once(line).chain(advice).collect::<Vec<_>>().join(HELP)
}

/// A message with its advice on one line, for places that have only one: `message; advice`.
pub fn on_one_line(message: &str) -> String {
    message.replace(HELP, "; ")
}

/// A message without its advice.
pub fn without_help(message: &str) -> &str {
    message.split(HELP).next().unwrap_or_default()
}

/// The message of a caught panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use color_eyre::eyre::{WrapErr, eyre};

    #[test]
    fn causes_are_joined_once() {
        let error =
            Err::<(), _>(eyre!("no such file")).wrap_err("clip.mp4: no such file").wrap_err("cannot start");
        assert_eq!(error_chain(&error.unwrap_err()), "cannot start: clip.mp4: no such file");
    }

    #[test]
    fn advice_comes_last_and_once() {
        let error = Err::<(), _>(eyre!("no such file\nhelp: check the path"))
            .wrap_err("cannot read a.json\nhelp: check the path\nhelp: give another");
        let text = error_chain(&error.unwrap_err());
        assert_eq!(text, "cannot read a.json: no such file\nhelp: check the path\nhelp: give another");
        assert_eq!(on_one_line(&text), "cannot read a.json: no such file; check the path; give another");
        assert_eq!(without_help(&text), "cannot read a.json: no such file");
    }
}
