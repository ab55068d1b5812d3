//! Our own: `{"<video>": [{"class", "start", "end", "score"?, "steps": [[start, end], …]}, …]}`, as `actalign-world render
//! --recordings` writes it.

use serde_json::{Map, Value, json};

use super::values::{document, number, span, text, unnamed_steps, written};
use crate::annotation::{AnnotatedMoment, Annotation, Format, Reader};

pub const FORMAT: Format = Format {
    name: "moments",
    extension: "json",
    help: "Our own JSON: class, start, end and steps of each moment, by video",
    holds_several: true,
    write,
    read: Some(Reader { recognises, read }),
};

fn write(annotations: &[Annotation]) -> String {
    let moment = |moment: &AnnotatedMoment| {
        let steps: Vec<[f64; 2]> = moment.steps.iter().map(|step| [step.start, step.end]).collect();
        let mut object = json!({"class": moment.class, "start": moment.start, "end": moment.end});
        if let Some(score) = moment.score {
            object["score"] = json!(score);
        }
        object["steps"] = json!(steps);
        object
    };
    let videos = annotations.iter().map(|annotation| {
        let moments: Vec<Value> = annotation.moments.iter().map(moment).collect();
        (annotation.video.clone(), Value::Array(moments))
    });
    written(&Value::Object(videos.collect::<Map<_, _>>()))
}

fn recognises(text: &str) -> bool {
    let is_moment = |value: &Value| value.get("class").is_some() && value.get("start").is_some();
    let is_list = |value: &Value| value.as_array().is_some_and(|moments| moments.iter().all(is_moment));
    document(text)
        .is_some_and(|document| document.as_object().is_some_and(|videos| videos.values().all(is_list)))
}

fn read(text_of_file: &str) -> Result<Vec<Annotation>, String> {
    let document = document(text_of_file).unwrap_or_default();
    let moment = |value: &Value| {
        let (start, end) = span(&json!([number(value, "start")?, number(value, "end")?]))?;
        let steps = unnamed_steps(&value["steps"])?;
        Ok(AnnotatedMoment {
            class: text(value, "class")?.to_owned(),
            start,
            end,
            score: value["score"].as_f64(),
            steps,
        })
    };
    let videos = document.as_object().into_iter().flatten();
    videos
        .map(|(video, moments)| {
            let moments = moments.as_array().into_iter().flatten().map(moment);
            Ok(Annotation {
                video: video.clone(),
                moments: moments.collect::<Result<_, String>>()?,
                ..Annotation::default()
            })
        })
        .collect()
}
