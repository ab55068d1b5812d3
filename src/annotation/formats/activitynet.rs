//! ActivityNet's JSON, also that of Thumos: results are written; ground truth (`database`) and results are read.

use serde_json::{Map, Value, json};

use super::values::{document, elements, span, text, unnamed_steps, written};
use crate::annotation::{AnnotatedMoment, Annotation, Format, Reader};

pub const FORMAT: Format = Format {
    name: "activitynet",
    extension: "json",
    help: "ActivityNet and Thumos JSON, results with scores",
    holds_several: true,
    write,
    read: Some(Reader { recognises, read }),
};

/// Steps are a field that ActivityNet's own tools pass over.
fn write(annotations: &[Annotation]) -> String {
    let moment = |moment: &AnnotatedMoment| {
        let steps: Vec<[f64; 2]> = moment.steps.iter().map(|step| [step.start, step.end]).collect();
        json!({
            "label": moment.class,
            "score": moment.score.unwrap_or(1.0),
            "segment": [moment.start, moment.end],
            "steps": steps,
        })
    };
    let results: Map<String, Value> = annotations
        .iter()
        .map(|annotation| {
            (id(&annotation.video), Value::Array(annotation.moments.iter().map(moment).collect()))
        })
        .collect();
    written(
        &json!({"version": "VERSION 1.3", "results": results, "external_data": {"used": false, "details": ""}}),
    )
}

/// Videos are known by the name of their file, without extension.
pub fn id(video: &str) -> String {
    let path = std::path::Path::new(video);
    path.file_stem().map_or_else(|| video.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn recognises(text: &str) -> bool {
    document(text).is_some_and(|document| document["database"].is_object() || document["results"].is_object())
}

fn read(text_of_file: &str) -> Result<Vec<Annotation>, String> {
    let document = document(text_of_file).unwrap_or_default();
    let moment = |value: &Value| {
        let (start, end) = span(&value["segment"])?;
        let steps = unnamed_steps(&value["steps"])?;
        Ok(AnnotatedMoment {
            class: text(value, "label")?.to_owned(),
            start,
            end,
            score: value["score"].as_f64(),
            steps,
        })
    };
    let of = |video: &String, value: &Value, moments: &Value| {
        Ok(Annotation {
            video: video.clone(),
            duration: value["duration"].as_f64(),
            frame_rate: None,
            moments: elements(moments).iter().map(moment).collect::<Result<_, String>>()?,
        })
    };
    let truth = document["database"].as_object().into_iter().flatten();
    let truth = truth.map(|(video, value)| of(video, value, &value["annotations"]));
    let results = document["results"].as_object().into_iter().flatten();
    truth.chain(results.map(|(video, moments)| of(video, &Value::Null, moments))).collect()
}
