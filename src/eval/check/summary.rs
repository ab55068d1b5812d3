//! A check as text, and what it says to do.

use super::{Check, ClipFault, ModelCheck, ScriptCheck};
use crate::plot::format::duration;
use crate::plot::table::{Style, Table};

/// Most names that are listed of what is missing.
const NAMED: usize = 5;

impl Check {
    /// The check for people.
    pub fn text(&self) -> String {
        let benchmark = self.benchmark.map_or(String::new(), |name| format!(" ({name})"));
        let mut text = format!("{}{benchmark}: {} clips\n\n", self.manifest, self.clips.all);
        self.clips_text(&mut text);
        for scripts in &self.scripts {
            scripts_text(scripts, &mut text);
        }
        for model in &self.models {
            model_text(model, &mut text);
        }
        let rows =
            self.rows.iter().map(|row| vec![row.name.clone(), row.clips.to_string()]).collect::<Vec<_>>();
        if !rows.is_empty() {
            text += "\nRows:\n\n";
            text += &Table::with_words(1, &["row", "clips"], rows).draw(Style::Plain);
        }
        let absent = self.absent_rows.iter().map(|row| vec![row.name.clone(), row.needs.replace('\n', " ")]);
        let absent: Vec<_> = absent.collect();
        if !absent.is_empty() {
            text += "\nRows that are not made:\n\n";
            text += &Table::with_words(2, &["row", "needs"], absent).draw(Style::Plain);
        }
        text
    }

    /// Advice for everything that is missing.
    pub(super) fn find_to_do(&self) -> Vec<String> {
        let mut to_do = Vec::new();
        let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let missing = self.clips.missing.len();
        if missing > 0 {
            to_do.push(format!("put the files of {} into {}", of(missing, "clip"), self.clips.folder));
        }
        let unreadable = self.clips.unreadable.len();
        if unreadable > 0 {
            to_do.push(format!("replace the files of {} that cannot be opened", of(unreadable, "clip")));
        }
        for scripts in self.scripts.iter().filter(|scripts| !scripts.missing.is_empty()) {
            let (candidates, flag) = (of(scripts.missing.len(), "candidate"), scripts.strategy.flag());
            to_do.push(format!(
                "write {} scripts of {candidates} into {}, or name another file with --{flag} (`actalign-tui scripts \
                 generate` writes scripts)",
                scripts.strategy, scripts.file
            ));
        }
        to_do.extend(self.models.iter().filter_map(|model| model.problem.clone()));
        let asked = self.absent_rows.iter().filter(|row| row.asked);
        to_do.extend(asked.map(|row| format!("{}: {}", row.name, row.needs)));
        to_do
    }

    fn clips_text(&self, text: &mut String) {
        let clips = &self.clips;
        let found = clips.all - clips.missing.len();
        let finding = format!("{found} of {} found in {}", clips.all, clips.folder);
        line(text, clips.missing.is_empty(), "clips", &finding);
        faults(text, &clips.missing);
        if !clips.unreadable.is_empty() {
            line(text, false, "clips", &format!("{} cannot be opened", clips.unreadable.len()));
            faults(text, &clips.unreadable);
        }
        if clips.ready < found - clips.unreadable.len() {
            let without = found - clips.unreadable.len() - clips.ready;
            line(
                text,
                false,
                "clips",
                &format!("{without} of them would not be read: a candidate has no script"),
            );
        }
    }
}

fn scripts_text(scripts: &ScriptCheck, text: &mut String) {
    let ScriptCheck { strategy, file, candidates, missing } = scripts;
    let found = candidates - missing.len();
    let finding = format!("{strategy}: {found} of {candidates} candidates have a script in {file}");
    line(text, missing.is_empty(), "scripts", &finding);
    let named =
        missing.iter().map(|fault| format!("{}, in {}: {}", fault.candidate, fault.domain, fault.reason));
    details(text, named.collect());
}

fn model_text(model: &ModelCheck, text: &mut String) {
    if let Some(problem) = &model.problem {
        line(text, false, "model", &problem.replace('\n', " "));
    }
    if model.device.is_empty() {
        return;
    }
    line(text, true, "model", &format!("{}, {}", model.name, model.device));
    let (frames, texts) = (model.frames, model.texts);
    let is_rate = model.sampling.parse::<f64>().is_ok();
    let sampling = if is_rate { format!("{} a second", model.sampling) } else { "every frame".to_owned() };
    let unknown = match model.clips_of_unknown_length {
        0 => String::new(),
        clips => format!("; {clips} clips of unknown length are not counted"),
    };
    line(
        text,
        true,
        "frames",
        &format!(
            "{} ({sampling}): {} in the cache, {} to embed{unknown}",
            frames.all, frames.cached, frames.to_embed
        ),
    );
    line(
        text,
        true,
        "texts",
        &format!("{}: {} in the cache, {} to embed", texts.all, texts.cached, texts.to_embed),
    );
    if !model.cut_texts.is_empty() {
        let cut = model.cut_texts.len();
        let finding =
            format!("{cut} are longer than the {} tokens that the model reads, and are cut", model.text_len);
        mark(text, "note", "texts", &finding);
        details(text, model.cut_texts.clone());
    }
    let (Some(speed), Some(seconds)) = (model.speed, model.seconds) else {
        line(text, true, "time", "nothing is left to embed");
        return;
    };
    let rates = [("images", speed.images), ("frames read", speed.frames_read), ("texts", speed.texts)];
    let rates: Vec<String> =
        rates.into_iter().filter_map(|(what, rate)| Some(format!("{:.1} {what}", rate?))).collect();
    line(
        text,
        true,
        "time",
        &format!("about {} to embed, at {} a second", duration(seconds), rates.join(", ")),
    );
}

fn line(text: &mut String, is_there: bool, what: &str, finding: &str) {
    mark(text, if is_there { "ok" } else { "MISSING" }, what, finding);
}

fn mark(text: &mut String, state: &str, what: &str, finding: &str) {
    *text += &format!("{state:<8} {what:<8} {finding}\n");
}

fn faults(text: &mut String, faults: &[ClipFault]) {
    details(text, faults.iter().map(|fault| format!("{}: {}", fault.id, fault.reason)).collect());
}

/// The first of some lines, and how many more there are.
fn details(text: &mut String, lines: Vec<String>) {
    for line in lines.iter().take(NAMED) {
        *text += &format!("{:18}{line}\n", "");
    }
    if lines.len() > NAMED {
        *text += &format!("{:18}and {} more (--json lists all)\n", "", lines.len() - NAMED);
    }
}
