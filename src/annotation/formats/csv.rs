//! Comma-separated values: a row per moment, followed by a row for each of its steps, which has a step number.

use csv::{Reader as CsvReader, StringRecord, Writer};

use crate::annotation::{AnnotatedMoment, AnnotatedStep, Annotation, Format, Reader};

const COLUMNS: [&str; 7] = ["video", "class", "start", "end", "score", "step", "text"];

pub const FORMAT: Format = Format {
    name: "csv",
    extension: "csv",
    help: "Comma-separated values: a row per moment and per step",
    holds_several: true,
    write,
    read: Some(Reader { recognises, read }),
};

fn write(annotations: &[Annotation]) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    let mut row = |cells: [String; 7]| writer.write_record(cells).expect("rows of one length, into memory");
    row(COLUMNS.map(str::to_owned));
    for annotation in annotations {
        for moment in &annotation.moments {
            let AnnotatedMoment { class, start, end, .. } = moment;
            let (video, nothing) = (annotation.video.clone(), String::new);
            let score = moment.score.map_or_else(String::new, |score| score.to_string());
            row([
                video.clone(),
                class.clone(),
                start.to_string(),
                end.to_string(),
                score,
                nothing(),
                nothing(),
            ]);
            for (number, step) in moment.steps.iter().enumerate() {
                let (start, end) = (step.start.to_string(), step.end.to_string());
                let number = (number + 1).to_string();
                row([video.clone(), class.clone(), start, end, nothing(), number, step.name.clone()]);
            }
        }
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("made of strings")
}

fn recognises(text: &str) -> bool {
    let header = text.lines().next().unwrap_or_default();
    let columns: Vec<&str> = header.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
    ["video", "class", "start", "end"].iter().all(|column| columns.contains(column))
}

fn read(text: &str) -> Result<Vec<Annotation>, String> {
    let mut reader = CsvReader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut annotations: Vec<Annotation> = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|error| error.to_string())?;
        let row = Row { header: &header, record: &record, line: number + 2 };
        let (video, class) = (row.text("video"), row.text("class"));
        let (start, end) = (row.number("start")?, row.number("end")?);
        let known = annotations.iter().position(|annotation| annotation.video == video);
        let at = known.unwrap_or_else(|| {
            annotations.push(Annotation { video: video.to_owned(), ..Annotation::default() });
            annotations.len() - 1
        });
        let moments = &mut annotations[at].moments;
        if row.text("step").is_empty() {
            let score = if row.text("score").is_empty() { None } else { Some(row.number("score")?) };
            moments.push(AnnotatedMoment { class: class.to_owned(), start, end, score, steps: Vec::new() });
        } else {
            let moment = moments.last_mut().filter(|moment| moment.class == class);
            let moment = moment.ok_or_else(|| format!("line {}: a step before its moment", row.line))?;
            moment.steps.push(AnnotatedStep { name: row.text("text").to_owned(), start, end });
        }
    }
    Ok(annotations)
}

struct Row<'a> {
    header: &'a StringRecord,
    record: &'a StringRecord,
    line: usize,
}

impl<'a> Row<'a> {
    fn text(&self, column: &str) -> &'a str {
        let at = self.header.iter().position(|name| name.trim() == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    fn number(&self, column: &str) -> Result<f64, String> {
        let text = self.text(column);
        text.parse().map_err(|_| format!("line {}: {column} is \"{text}\", not a number", self.line))
    }
}
