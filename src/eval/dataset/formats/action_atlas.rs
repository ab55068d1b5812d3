//! Rows of ActionAtlas: a question about a part of a YouTube video, with numbered options.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::masks::areas;
use super::values::{count, seconds, text};
use crate::eval::dataset::format::{Context, Entry, Format, Listed, Object};
use crate::eval::{published, released};
use crate::script::without_option_number;
use crate::video::{Masks, Numbering};

pub const FORMAT: Format = Format {
    recognizes: |object| {
        let has = |name| object.get(name).is_some();
        has("choices_str") || (has("youtube_id") && !has("video"))
    },
    read,
    allows_list: true,
    is_foreign: true,
    brings_scripts: false,
    benchmark: Some(published::ACTION_ATLAS),
};

const EXPECTED: &str =
    "a row of ActionAtlas has youtube_id, id, domain, choices_str, answer, start_timestamp and end_timestamp";

/// The fields in use.
#[derive(Deserialize)]
struct Row {
    youtube_id: String,
    #[serde(deserialize_with = "text")]
    id: String,
    domain: String,
    /// The options, a line each, with their numbers.
    choices_str: String,
    /// Number of the true option, from 1.
    #[serde(deserialize_with = "count")]
    answer: usize,
    #[serde(deserialize_with = "seconds")]
    start_timestamp: f64,
    #[serde(deserialize_with = "seconds")]
    end_timestamp: f64,
    #[serde(default)]
    frames_to_blur: Value,
    #[serde(default)]
    frames_to_obfuscate: Value,
}

fn read(object: Object, context: &Context) -> Result<Listed, String> {
    let row: Row = object.fields(EXPECTED)?;
    let options = row.choices_str.lines().map(without_option_number).filter(|option| !option.is_empty());
    let entry = Entry {
        id: row.id,
        video: PathBuf::new(),
        start: Some(row.start_timestamp),
        end: Some(row.end_timestamp),
        domain: row.domain,
        candidates: options.map(str::to_owned).collect(),
        answer: row.answer.wrapping_sub(1),
        groups: Vec::new(),
    };
    entry.check(row.answer, 1)?;
    // Both are checked, whichever is used.
    let (blurred, obfuscated) = (blurred(row.frames_to_blur)?, released::masks(row.frames_to_obfuscate)?);
    let masks = if released::protocol(context.preset).masks_count_from_video { obfuscated } else { blurred };
    Ok(Listed { youtube_id: Some(row.youtube_id), masks, ..Listed::new(entry) })
}

/// What ActionAtlas' own evaluation blurs: writing that has a letter, by the number of the frame in the segment.
fn blurred(frames: Value) -> Result<Masks, String> {
    let areas = areas("frames_to_blur", frames, |description| match description {
        Some(description) => Ok(description.chars().any(char::is_alphabetic)),
        None => Err("writing without a description".to_owned()),
    })?;
    Ok(Masks::new(111, Numbering::FromSegment, areas))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::align::Preset;
    use crate::video::Area;

    fn parse(row: Value, preset: Preset) -> Result<Listed, String> {
        read(Object::Item(row), &Context { folder: Path::new(""), preset })
    }

    fn row() -> Value {
        json!({
            "youtube_id": "yt", "id": 7, "action": "Fork", "domain": "Chess", "question": "What is it?",
            "answer": "2", "choices_str": "1. Pin\n2. Fork\n3. 50 move rule", "start_timestamp": "1.25",
            "end_timestamp": 3,
        })
    }

    fn with(field: &str, value: Value, preset: Preset) -> Result<Listed, String> {
        let mut row = row();
        row[field] = value;
        parse(row, preset)
    }

    #[test]
    fn numbers_may_be_text() {
        let listed = parse(row(), Preset::Paper).unwrap();
        let entry = listed.entry;
        assert_eq!((&entry.id[..], &entry.domain[..], entry.answer), ("7", "Chess", 1));
        assert_eq!(entry.candidates, ["Pin", "Fork", "50 move rule"]);
        assert_eq!((entry.start, entry.end), (Some(1.25), Some(3.0)));
        assert_eq!(listed.youtube_id.as_deref(), Some("yt"));
        for nothing in [json!(null), json!([]), json!({}), json!({"3": null, "4": []})] {
            assert!(with("frames_to_blur", nothing, Preset::Paper).unwrap().masks.is_empty());
        }
    }

    #[test]
    fn writing_with_a_letter_is_blurred_and_the_authors_blur_any() {
        let writing = |description: &str| json!({"description": description, "bounding_poly": {"vertices": [[4, 2], [1, 2], [1, 9], [4.9, 9]]}});
        let frames = json!({"3": [writing("2:1"), writing("Fork!")], "12": [writing("2:1")], "5": null});
        let area = || Area { x: 1..4, y: 2..9 };
        let expected = Masks::new(111, Numbering::FromSegment, BTreeMap::from([(3, vec![area()])]));
        assert_eq!(with("frames_to_blur", frames.clone(), Preset::Paper).unwrap().masks, expected);
        assert!(with("frames_to_blur", frames.clone(), Preset::Released).unwrap().masks.is_empty());
        let all = BTreeMap::from([(3, vec![area(), area()]), (12, vec![area()])]);
        assert!(with("frames_to_obfuscate", frames.clone(), Preset::Paper).unwrap().masks.is_empty());
        let released = with("frames_to_obfuscate", frames, Preset::Released).unwrap().masks;
        assert_eq!(released, Masks::new(15, Numbering::FromVideo, all));
    }

    #[test]
    fn errors_name_the_field() {
        for (field, value, words) in [
            ("answer", json!(4), "the answer is 4, but the 3 candidates count from 1 to 3"),
            ("answer", json!("0"), "the answer is 0"),
            ("answer", json!("Fork"), "\"Fork\" is not a whole number\nhelp: a row of ActionAtlas has"),
            ("answer", json!(true), "expected a number or text"),
            ("start_timestamp", json!("1:25"), "\"1:25\" is not a number of seconds"),
            ("end_timestamp", json!("inf"), "not a number of seconds"),
            ("youtube_id", json!(null), "a row of ActionAtlas has youtube_id"),
            ("frames_to_blur", json!("{}"), "cannot read frames_to_blur"),
            ("frames_to_blur", json!({"first": []}), "frame \"first\": not a number"),
            (
                "frames_to_blur",
                json!({"1": [{"bounding_poly": {"vertices": []}}]}),
                "writing without a description",
            ),
            ("frames_to_obfuscate", json!({"1": [{"bounding_poly": 3}]}), "cannot read frames_to_obfuscate"),
        ] {
            let error = with(field, value, Preset::Paper).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
