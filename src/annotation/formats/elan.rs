//! ELAN's .eaf: a tier per class, and below it a tier of its steps. Times are whole milliseconds.

use std::collections::HashMap;
use std::fmt::Write;

use roxmltree::{Document, Node};

use crate::annotation::{AnnotatedMoment, AnnotatedStep, Annotation, Format, Reader};
use crate::visible::visible_line;

pub const FORMAT: Format = Format {
    name: "elan",
    extension: "eaf",
    help: "ELAN: a tier per class, and a tier of steps below it",
    holds_several: false,
    write,
    read: Some(Reader { recognises, read }),
};

/// Linguistic types of the tiers.
const MOMENTS: &str = "moments";
const STEPS: &str = "steps";

fn write(annotations: &[Annotation]) -> String {
    let nothing = Annotation::default();
    let annotation = annotations.first().unwrap_or(&nothing);
    let mut slots = Slots::default();
    let tiers: String = classes(annotation).into_iter().map(|class| slots.tiers(annotation, class)).collect();
    let mut order = String::new();
    for (index, milliseconds) in slots.times.iter().enumerate() {
        let _ = writeln!(
            order,
            "        <TIME_SLOT TIME_SLOT_ID=\"ts{}\" TIME_VALUE=\"{milliseconds}\"/>",
            index + 1
        );
    }
    let video = escaped(&annotation.video);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<ANNOTATION_DOCUMENT AUTHOR=\"actalign-tui\" DATE=\"1970-01-01T00:00:00+00:00\" FORMAT=\"3.0\" VERSION=\"3.0\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:noNamespaceSchemaLocation=\"http://www.mpi.nl/tools/elan/EAFv3.0.xsd\">
    <HEADER MEDIA_FILE=\"\" TIME_UNITS=\"milliseconds\">
        <MEDIA_DESCRIPTOR MEDIA_URL=\"{video}\" MIME_TYPE=\"video/*\" RELATIVE_MEDIA_URL=\"{video}\"/>
        <PROPERTY NAME=\"lastUsedAnnotationId\">{}</PROPERTY>
    </HEADER>
    <TIME_ORDER>
{order}    </TIME_ORDER>
{tiers}    <LINGUISTIC_TYPE GRAPHIC_REFERENCES=\"false\" LINGUISTIC_TYPE_ID=\"{MOMENTS}\" TIME_ALIGNABLE=\"true\"/>
    <LINGUISTIC_TYPE CONSTRAINTS=\"Included_In\" GRAPHIC_REFERENCES=\"false\" LINGUISTIC_TYPE_ID=\"{STEPS}\" \
         TIME_ALIGNABLE=\"true\"/>
    <CONSTRAINT DESCRIPTION=\"Time alignable annotations within the parent annotation's time interval, gaps are allowed\" \
         STEREOTYPE=\"Included_In\"/>
</ANNOTATION_DOCUMENT>
",
        slots.annotations
    )
}

/// Classes in order of their first moment.
fn classes(annotation: &Annotation) -> Vec<&str> {
    let mut classes: Vec<&str> = Vec::new();
    for moment in annotation.in_time() {
        if !classes.contains(&moment.class.as_str()) {
            classes.push(&moment.class);
        }
    }
    classes
}

/// Time slots and annotations, numbered as they are written.
#[derive(Default)]
struct Slots {
    times: Vec<i64>,
    annotations: usize,
}

impl Slots {
    fn tiers(&mut self, annotation: &Annotation, class: &str) -> String {
        let (mut moments, mut steps) = (String::new(), String::new());
        for moment in annotation.in_time().into_iter().filter(|moment| moment.class == class) {
            moments += &self.annotation(moment.start, moment.end, class);
            for step in &moment.steps {
                steps += &self.annotation(step.start, step.end, &step.name);
            }
        }
        let class = escaped(class);
        let tier = |id: &str, kind: &str, parent: &str, content: &str| {
            format!(
                "    <TIER LINGUISTIC_TYPE_REF=\"{kind}\"{parent} TIER_ID=\"{id}\">\n{content}    </TIER>\n"
            )
        };
        let of_steps = format!("{class}: steps");
        tier(&class, MOMENTS, "", &moments)
            + &tier(&of_steps, STEPS, &format!(" PARENT_REF=\"{class}\""), &steps)
    }

    fn annotation(&mut self, start: f64, end: f64, value: &str) -> String {
        self.annotations += 1;
        let (start, end) = (self.slot(start), self.slot(end));
        format!(
            "        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID=\"a{}\" TIME_SLOT_REF1=\"ts{start}\" TIME_SLOT_REF2=\"ts{end}\">
                <ANNOTATION_VALUE>{}</ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
",
            self.annotations,
            escaped(value)
        )
    }

    /// The number of a new time slot. ELAN has none before 0.
    fn slot(&mut self, seconds: f64) -> usize {
        self.times.push((seconds.max(0.0) * 1000.0).round() as i64);
        self.times.len()
    }
}

fn escaped(text: &str) -> String {
    let text = visible_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}

fn recognises(text: &str) -> bool {
    text.contains("<ANNOTATION_DOCUMENT")
}

/// Tiers without a parent hold moments: their class is the text of the annotation, or the name of the tier where there is
/// none. Time-aligned tiers below them hold steps.
fn read(text: &str) -> Result<Vec<Annotation>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let root = document.root_element();
    let named = |name: &'static str| root.descendants().filter(move |node| node.has_tag_name(name));
    let media = named("MEDIA_DESCRIPTOR").next();
    let video =
        media.and_then(|media| media.attribute("RELATIVE_MEDIA_URL").or(media.attribute("MEDIA_URL")));
    let slots: HashMap<&str, f64> = named("TIME_SLOT")
        .filter_map(|slot| {
            let milliseconds: f64 = slot.attribute("TIME_VALUE")?.parse().ok()?;
            Some((slot.attribute("TIME_SLOT_ID")?, milliseconds / 1000.0))
        })
        .collect();
    let (children, parents): (Vec<Node>, Vec<Node>) =
        named("TIER").partition(|tier| tier.attribute("PARENT_REF").is_some());
    let mut moments = Vec::new();
    for tier in parents {
        let id = tier.attribute("TIER_ID").unwrap_or_default();
        for (value, start, end) in aligned(tier, &slots)? {
            let class = if value.trim().is_empty() { id } else { value.trim() };
            moments.push((
                id,
                AnnotatedMoment { class: class.to_owned(), start, end, score: None, steps: Vec::new() },
            ));
        }
    }
    for tier in children {
        for (value, start, end) in aligned(tier, &slots)? {
            let is_within = |(id, moment): &&mut (&str, AnnotatedMoment)| {
                tier.attribute("PARENT_REF") == Some(id) && moment.start <= start && end <= moment.end
            };
            if let Some((_, moment)) = moments.iter_mut().find(is_within) {
                moment.steps.push(AnnotatedStep { name: value.trim().to_owned(), start, end });
            }
        }
    }
    let moments = moments.into_iter().map(|(_, moment)| moment).collect();
    Ok(vec![Annotation { video: video.unwrap_or_default().to_owned(), moments, ..Annotation::default() }])
}

/// Text, start and end of the annotations of a tier that are aligned with time.
fn aligned<'a>(tier: Node<'a, 'a>, slots: &HashMap<&str, f64>) -> Result<Vec<(&'a str, f64, f64)>, String> {
    let annotations = tier.descendants().filter(|node| node.has_tag_name("ALIGNABLE_ANNOTATION"));
    let mut found: Vec<(&str, f64, f64)> = annotations
        .map(|node| {
            let time = |attribute: &str| {
                let slot = node.attribute(attribute).unwrap_or_default();
                slots.get(slot).copied().ok_or_else(|| format!("the time slot \"{slot}\" has no time"))
            };
            let value = node.children().find(|child| child.has_tag_name("ANNOTATION_VALUE"));
            let text = value.and_then(|value| value.text()).unwrap_or_default();
            Ok((text, time("TIME_SLOT_REF1")?, time("TIME_SLOT_REF2")?))
        })
        .collect::<Result<_, String>>()?;
    found.sort_by(|a, b| a.1.total_cmp(&b.1));
    Ok(found)
}
