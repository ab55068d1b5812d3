//! What users type after options: a value that is accepted is the same when it was shown and typed again.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use actalign_fuzz::{choice, fuzz_target};
use actalign_tui::align::Background;
use actalign_tui::cache::{Key, Size};
use actalign_tui::eval::Shard;
use actalign_tui::explore::{Method, band};
use actalign_tui::hub::ModelId;
use actalign_tui::llm::Endpoint;
use actalign_tui::script::Template;
use actalign_tui::tui::Chord;
use actalign_tui::video::Sampling;

/// Reads a value, shows it and reads it again.
fn again<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    assert_eq!(value.to_string().parse::<T>().unwrap(), value, "{text:?} is shown as {value}");
    Some(value)
}

fuzz_target!(|data: &[u8]| {
    let Some((option, rest)) = choice(data, 11) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match option {
        0 => {
            if let Some(Sampling::Fps(fps)) = again(text) {
                assert!(fps.is_finite() && fps > 0.0);
            }
        }
        1 => _ = again::<Background>(text),
        2 => {
            if text != "slurm"
                && let Some(shard) = again::<Shard>(text)
            {
                assert_eq!((0..shard.of).filter(|&place| shard.holds(place)).count(), 1);
            }
        }
        3 => {
            if let Some(id) = again::<ModelId>(text) {
                let parts: Vec<String> = id.repo().split('/').map(str::to_owned).collect();
                assert_eq!(parts.len(), 2);
                let all = parts.iter().map(String::as_str).chain(id.revision().split('/'));
                for part in all {
                    assert!(!part.is_empty() && part != "." && part != ".." && !part.contains('\\'));
                }
            }
        }
        4 => {
            if let Some(endpoint) = text.parse::<Endpoint>().ok() {
                let shown = endpoint.to_string();
                assert!(shown.starts_with("http") && shown.ends_with("/chat/completions"), "{shown}");
                let server = shown.split('/').nth(2).unwrap();
                assert!(!shown.contains('?') && !server.contains('@'), "{shown}");
                assert_eq!(shown.parse::<Endpoint>().unwrap().to_string(), shown);
            }
        }
        5 => _ = text.parse::<Key>().map(|key| assert_eq!(key.as_str(), text)),
        6 => _ = text.parse::<Size>().map(|size| assert!(!size.to_string().is_empty())),
        7 => {
            if let Ok(chord) = text.parse::<Chord>() {
                assert_eq!(chord.written().parse(), Ok(chord));
                assert_eq!(chord.to_string().parse(), Ok(chord));
            }
        }
        8 => {
            if let Ok(template) = Template::parse(text) {
                assert_eq!(
                    Template::of_text(template.text()).as_ref().map(Template::text),
                    Ok(template.text())
                );
                let (one, other) = (template.fill("a", "b", "{step}1"), template.fill("a", "b", "{step}2"));
                assert_ne!(one, other, "every step has a sentence of its own");
            }
        }
        9 => {
            if let Ok(method) = Method::default().with_aligner(text) {
                let words = method.in_words();
                assert_eq!(
                    Method::default().with_aligner(&words),
                    Ok(method),
                    "{text:?} is shown as {words}"
                );
            }
        }
        _ => _ = band(text).map(|band| assert!(band.is_finite() && band >= 0.0)),
    }
});
