//! Label Studio's tasks with timeline labels of a video. Its ranges are frames from 1, both ends included.

use serde_json::{Value, json};

use super::values::{document, elements, number, text, written};
use crate::annotation::{AnnotatedMoment, AnnotatedStep, Annotation, Format, Reader};

/// Frames per second where neither the video nor the task says: Label Studio's own default.
const RATE: f64 = 24.0;
/// Names of the control tags in the labelling configuration: classes and steps each have one.
const CLASSES: &str = "class";
const STEPS: &str = "step";

pub const FORMAT: Format = Format {
    name: "label-studio",
    extension: "json",
    help: "Label Studio tasks with predictions on the timeline of the video",
    holds_several: true,
    write,
    read: Some(Reader { recognises, read }),
};

fn write(annotations: &[Annotation]) -> String {
    let task = |annotation: &Annotation| {
        let rate = annotation.frame_rate.unwrap_or(RATE);
        let mut result = Vec::new();
        for (index, moment) in annotation.moments.iter().enumerate() {
            let id = format!("moment-{index}");
            let mut class = region(&id, CLASSES, &moment.class, (moment.start, moment.end), rate);
            if let Some(score) = moment.score {
                class["score"] = json!(score);
            }
            result.push(class);
            for (number, step) in moment.steps.iter().enumerate() {
                let own = format!("{id}-step-{number}");
                let mut step = region(&own, STEPS, &step.name, (step.start, step.end), rate);
                step["parentID"] = json!(id);
                result.push(step);
            }
        }
        json!({
            "data": {"video": annotation.video, "fps": rate},
            "predictions": [{"model_version": "actalign-tui", "result": result}],
        })
    };
    written(&Value::Array(annotations.iter().map(task).collect()))
}

fn region(id: &str, tag: &str, label: &str, (start, end): (f64, f64), rate: f64) -> Value {
    // A time that is a frame's own up to rounding is that frame.
    let first = (start * rate + 1e-6).floor() as i64 + 1;
    let last = ((end * rate - 1e-6).ceil() as i64).max(first);
    json!({
        "id": id,
        "from_name": tag,
        "to_name": "video",
        "type": "timelinelabels",
        "value": {"ranges": [{"start": first, "end": last}], "timelinelabels": [label]},
    })
}

fn recognises(text: &str) -> bool {
    let is_task = |task: &Value| task["data"].is_object();
    document(text).is_some_and(|document| {
        document.as_array().is_some_and(|tasks| !tasks.is_empty() && tasks.iter().all(is_task))
    })
}

/// Of a task, people's annotations count before predictions, and of several the first.
fn read(text_of_file: &str) -> Result<Vec<Annotation>, String> {
    let document = document(text_of_file).unwrap_or_default();
    let task = |task: &Value| {
        let data = &task["data"];
        let video = ["video", "video_url"].iter().find_map(|field| data[*field].as_str());
        let video = video.ok_or_else(|| format!("a task without data.video: {data}"))?;
        let rate = ["fps", "frame_rate", "frameRate"].iter().find_map(|field| data[*field].as_f64());
        let rate = rate.unwrap_or(RATE);
        if !(rate.is_finite() && rate > 0.0) {
            return Err(format!("{video} has {rate} frames per second"));
        }
        let whose = [&task["annotations"], &task["predictions"]];
        let result =
            whose.iter().find_map(|of| elements(of).first()).map_or(&Value::Null, |first| &first["result"]);
        Ok(Annotation {
            video: video.to_owned(),
            duration: None,
            frame_rate: Some(rate),
            moments: moments(elements(result), rate)?,
        })
    };
    elements(&document).iter().map(task).collect()
}

/// Regions with a parent are its steps.
fn moments(regions: &[Value], rate: f64) -> Result<Vec<AnnotatedMoment>, String> {
    let mut moments: Vec<(&str, AnnotatedMoment)> = Vec::new();
    let timeline = || regions.iter().filter(|region| region["type"] == "timelinelabels");
    for region in timeline().filter(|region| region["parentID"].is_null()) {
        let score = region["score"].as_f64();
        for (class, start, end) in spans(region, rate)? {
            let id = region["id"].as_str().unwrap_or_default();
            moments.push((id, AnnotatedMoment { class, start, end, score, steps: Vec::new() }));
        }
    }
    for region in timeline().filter(|region| !region["parentID"].is_null()) {
        let parent = text(region, "parentID")?;
        let moment = moments.iter_mut().find(|(id, _)| *id == parent);
        let (_, moment) = moment.ok_or_else(|| format!("no region has the id {parent}"))?;
        let step = |(name, start, end)| AnnotatedStep { name, start, end };
        moment.steps.extend(spans(region, rate)?.into_iter().map(step));
    }
    Ok(moments.into_iter().map(|(_, moment)| moment).collect())
}

/// Label, start and end of each range of a region.
fn spans(region: &Value, rate: f64) -> Result<Vec<(String, f64, f64)>, String> {
    let value = &region["value"];
    let label = elements(&value["timelinelabels"]).first().and_then(Value::as_str);
    let label = label.ok_or_else(|| format!("a region without a label: {value}"))?;
    let span = |range: &Value| {
        let (first, last) = (number(range, "start")?, number(range, "end")?);
        Ok((label.to_owned(), (first - 1.0) / rate, last / rate))
    };
    elements(&value["ranges"]).iter().map(span).collect()
}
