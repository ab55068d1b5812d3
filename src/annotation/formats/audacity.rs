//! Audacity's label track: start, end and label between tabs.

use crate::annotation::{Annotation, Format};
use crate::visible::visible_line;

pub const FORMAT: Format = Format {
    name: "audacity",
    extension: "txt",
    help: "A label track of Audacity",
    holds_several: false,
    write,
    read: None,
};

fn write(annotations: &[Annotation]) -> String {
    let mut text = String::new();
    for moment in annotations.iter().flat_map(Annotation::in_time) {
        text += &label(moment.start, moment.end, &moment.class);
        for step in &moment.steps {
            text += &label(step.start, step.end, &format!("{}: {}", moment.class, step.name));
        }
    }
    text
}

fn label(start: f64, end: f64, text: &str) -> String {
    format!("{start:.6}\t{end:.6}\t{}\n", visible_line(text))
}
