//! Writing in frames, as ActionAtlas lists it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::video::Area;

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

/// Areas by frame number from a list of writing per frame. `is_wanted` chooses by the writing's description.
pub fn areas(
    field: &str,
    frames: Value,
    is_wanted: impl Fn(Option<&str>) -> Result<bool, String>,
) -> Result<BTreeMap<u64, Vec<Area>>, String> {
    // Unmasked, the clip might show the name of its class.
    let fault = |reason: String| {
        format!(
            "cannot read {field}: {reason}\nhelp: fetch the dataset again, or remove the field to blur nothing"
        )
    };
    let frames = match frames {
        Value::Null => Map::new(),
        Value::Array(frames) if frames.is_empty() => Map::new(),
        Value::Object(frames) => frames,
        _ => return Err(fault("expected a list for each frame number".to_owned())),
    };
    let mut areas = BTreeMap::new();
    for (number, writings) in frames {
        let of_frame = |reason: String| fault(format!("frame \"{number}\": {reason}"));
        let writings: Option<Vec<Writing>> =
            serde_json::from_value(writings).map_err(|error| of_frame(error.to_string()))?;
        let frame: u64 = number.parse().map_err(|_| of_frame("not a number".to_owned()))?;
        let of_frame_areas: &mut Vec<Area> = areas.entry(frame).or_default();
        for writing in writings.into_iter().flatten() {
            if is_wanted(writing.description.as_deref()).map_err(of_frame)? {
                let points: Vec<(i64, i64)> =
                    writing.bounding_poly.vertices.iter().map(|&(x, y)| (x as i64, y as i64)).collect();
                of_frame_areas.extend(Area::around(&points));
            }
        }
    }
    Ok(areas)
}
