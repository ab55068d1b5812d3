//! Rows of ActionAtlas: a question about a part of a YouTube video, with numbered options.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::values::{count, seconds, text, without_number};
use super::{Entry, Fault, Listed, Place};
use crate::video::{Area, Masks, Numbering};

/// Fields that have no say in an evaluation are left out.
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

/// Writing in a frame.
#[derive(Deserialize)]
struct Writing {
    description: Option<String>,
    #[serde(default)]
    bounding_poly: Polygon,
}

#[derive(Default, Deserialize)]
struct Polygon {
    #[serde(default)]
    vertices: Vec<(f64, f64)>,
}

/// A row with its masks.
pub fn parse(place: Place, row: Value) -> Result<Listed, Fault> {
    let row: Row = serde_json::from_value(row).map_err(|e| Fault::NotARow { reason: e.to_string() })?;
    let options = row.choices_str.lines().map(without_number).filter(|option| !option.is_empty());
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
    entry.check_candidates()?;
    let count = entry.candidates.len();
    if entry.answer >= count {
        return Err(Fault::NoSuchOption { answer: row.answer, count });
    }
    Ok(Listed {
        place,
        entry,
        youtube_id: Some(row.youtube_id),
        masks: blurred(row.frames_to_blur)?,
        masks_released: obfuscated(row.frames_to_obfuscate)?,
        steps: None,
    })
}

/// What ActionAtlas' own evaluation blurs: writing that has a letter, by the number of the frame in the segment.
fn blurred(frames: Value) -> Result<Masks, Fault> {
    let areas = areas("frames_to_blur", frames, |writing| match &writing.description {
        Some(description) => Ok(description.chars().any(char::is_alphabetic)),
        None => Err("a piece of writing has no description".to_owned()),
    })?;
    Ok(Masks::new(111, Numbering::FromSegment, areas))
}

/// What the authors' scripts blur: whatever is listed, by the number of the frame in the whole video, and less.
fn obfuscated(frames: Value) -> Result<Masks, Fault> {
    let areas = areas("frames_to_obfuscate", frames, |_| Ok(true))?;
    Ok(Masks::new(15, Numbering::FromVideo, areas))
}

fn areas(
    field: &'static str,
    frames: Value,
    is_wanted: impl Fn(&Writing) -> Result<bool, String>,
) -> Result<BTreeMap<u64, Vec<Area>>, Fault> {
    let fault = |reason| Fault::Masks { field, reason };
    let frames = match frames {
        Value::Null => Map::new(),
        Value::Array(frames) if frames.is_empty() => Map::new(),
        Value::Object(frames) => frames,
        _ => return Err(fault("it should have a list for each number of a frame".to_owned())),
    };
    let mut areas = BTreeMap::new();
    for (number, writings) in frames {
        let of_frame = |reason: String| fault(format!("frame \"{number}\": {reason}"));
        let writings: Option<Vec<Writing>> =
            serde_json::from_value(writings).map_err(|error| of_frame(error.to_string()))?;
        let frame: u64 = number.parse().map_err(|_| of_frame("that is not a number".to_owned()))?;
        let of_frame_areas: &mut Vec<Area> = areas.entry(frame).or_default();
        for writing in writings.into_iter().flatten() {
            if is_wanted(&writing).map_err(of_frame)? {
                let points: Vec<(i64, i64)> =
                    writing.bounding_poly.vertices.iter().map(|&(x, y)| (x as i64, y as i64)).collect();
                of_frame_areas.extend(Area::around(&points));
            }
        }
    }
    Ok(areas)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row() -> Value {
        json!({
            "youtube_id": "yt", "id": 7, "action": "Fork", "domain": "Chess", "question": "What is it?",
            "answer": "2", "choices_str": "1. Pin\n2. Fork\n3. 50 move rule", "start_timestamp": "1.25",
            "end_timestamp": 3,
        })
    }

    fn with(field: &str, value: Value) -> Result<Listed, String> {
        let mut row = row();
        row[field] = value;
        parse(Place::Line(1), row).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_row_is_read_whether_its_numbers_are_numbers_or_text() {
        let listed = parse(Place::Line(1), row()).unwrap();
        let entry = listed.entry;
        assert_eq!((&entry.id[..], &entry.domain[..], entry.answer), ("7", "Chess", 1));
        assert_eq!(entry.candidates, ["Pin", "Fork", "50 move rule"]);
        assert_eq!((entry.start, entry.end), (Some(1.25), Some(3.0)));
        assert_eq!(listed.youtube_id.as_deref(), Some("yt"));
        for nothing in [json!(null), json!([]), json!({}), json!({"3": null, "4": []})] {
            let listed = with("frames_to_blur", nothing).unwrap();
            assert!(listed.masks.is_empty() && listed.masks_released.is_empty());
        }
    }

    #[test]
    fn writing_with_a_letter_is_blurred_and_the_authors_blur_any() {
        let writing = |description: &str| json!({"description": description, "bounding_poly": {"vertices": [[4, 2], [1, 2], [1, 9], [4.9, 9]]}});
        let frames = json!({"3": [writing("2:1"), writing("Fork!")], "12": [writing("2:1")], "5": null});
        let area = || Area { x: 1..4, y: 2..9 };
        let expected = Masks::new(111, Numbering::FromSegment, BTreeMap::from([(3, vec![area()])]));
        assert_eq!(with("frames_to_blur", frames.clone()).unwrap().masks, expected);
        let all = BTreeMap::from([(3, vec![area(), area()]), (12, vec![area()])]);
        let listed = with("frames_to_obfuscate", frames).unwrap();
        assert!(listed.masks.is_empty());
        assert_eq!(listed.masks_released, Masks::new(15, Numbering::FromVideo, all));
    }

    #[test]
    fn what_is_wrong_with_a_row_is_said() {
        for (field, value, words) in [
            ("answer", json!(4), "the answer is 4, but the 3 options count from 1 to 3"),
            ("answer", json!("0"), "the answer is 0"),
            ("answer", json!("Fork"), "\"Fork\" is not a whole number; a row of ActionAtlas has"),
            ("answer", json!(true), "expected a number or text"),
            ("start_timestamp", json!("1:25"), "\"1:25\" is not a number of seconds"),
            ("end_timestamp", json!("inf"), "not a number of seconds"),
            ("choices_str", json!("1. Fork"), "at least two candidates"),
            ("choices_str", json!("1. Fork\n2. Fork"), "\"Fork\" is listed twice"),
            ("youtube_id", json!(null), "a row of ActionAtlas has youtube_id"),
            ("frames_to_blur", json!("{}"), "frames_to_blur cannot be read"),
            ("frames_to_blur", json!({"first": []}), "frame \"first\": that is not a number"),
            ("frames_to_blur", json!({"1": [{"bounding_poly": {"vertices": []}}]}), "has no description"),
            (
                "frames_to_obfuscate",
                json!({"1": [{"bounding_poly": 3}]}),
                "frames_to_obfuscate cannot be read",
            ),
        ] {
            let error = with(field, value).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
