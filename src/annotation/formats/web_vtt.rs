//! WebVTT chapters: a cue per moment, and within it a cue per step.

use crate::annotation::{Annotation, Format};
use crate::visible::visible_line;

pub const FORMAT: Format = Format {
    name: "vtt",
    extension: "vtt",
    help: "WebVTT chapters for players",
    holds_several: false,
    write,
    read: None,
};

fn write(annotations: &[Annotation]) -> String {
    let mut text = "WEBVTT\n".to_owned();
    for moment in annotations.iter().flat_map(Annotation::in_time) {
        text += &cue(moment.start, moment.end, &moment.class);
        for step in &moment.steps {
            text += &cue(step.start, step.end, &step.name);
        }
    }
    text
}

fn cue(start: f64, end: f64, title: &str) -> String {
    let title = visible_line(title).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("\n{} --> {}\n{title}\n", stamp(start), stamp(end))
}

/// `01:02:03.456`; WebVTT begins at 0.
fn stamp(seconds: f64) -> String {
    let milliseconds = (seconds.max(0.0) * 1000.0).round() as u64;
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!("{:02}:{:02}:{seconds:02}.{milliseconds:03}", minutes / 60, minutes % 60)
}
