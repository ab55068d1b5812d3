//! FiftyOne's temporal detections: `labels.json` of a FiftyOneTemporalDetectionDataset.

use serde_json::{Map, Value, json};

use super::activitynet::id;
use super::values::written;
use crate::annotation::{AnnotatedMoment, Annotation, Format};

pub const FORMAT: Format = Format {
    name: "fiftyone",
    extension: "json",
    help: "FiftyOne temporal detections (labels.json)",
    holds_several: true,
    write,
    read: None,
};

/// Steps are attributes of the detection.
fn write(annotations: &[Annotation]) -> String {
    let mut classes: Vec<&str> = Vec::new();
    let mut labels = Map::new();
    for annotation in annotations {
        let mut detections = Vec::new();
        for moment in &annotation.moments {
            let known = classes.iter().position(|class| *class == moment.class);
            detections.push(detection(known.unwrap_or(classes.len()), moment));
            if known.is_none() {
                classes.push(&moment.class);
            }
        }
        labels.insert(id(&annotation.video), Value::Array(detections));
    }
    written(&json!({"classes": classes, "labels": labels}))
}

fn detection(label: usize, moment: &AnnotatedMoment) -> Value {
    let mut detection = json!({"label": label, "timestamps": [moment.start, moment.end]});
    if let Some(score) = moment.score {
        detection["confidence"] = json!(score);
    }
    if !moment.steps.is_empty() {
        let steps = moment.steps.iter().map(|step| json!([step.name, step.start, step.end]));
        detection["attributes"] = json!({"steps": steps.collect::<Vec<_>>()});
    }
    detection
}
