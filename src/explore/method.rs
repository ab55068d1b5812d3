//! How a matrix of cosines becomes a score, in a word or in full.

use std::fmt::Write;

use clap::ValueEnum;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::align::{self, Aligner, Background, Cell, Ends, Preset, Rule};

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// Whose arithmetic is followed where the paper and the authors' scripts differ.
    pub preset: Preset,
    pub aligner: Aligner,
    pub cell: Cell,
    /// Whether the first step of `segment` may begin at any frame.
    #[serde(default)]
    pub open_start: bool,
    /// Whether the last step of `segment` may end at any frame.
    #[serde(default)]
    pub open_end: bool,
    /// What a frame counts that is in no step.
    #[serde(default)]
    pub background: Background,
    /// How far the path may be from the diagonal, as a share of the clip; none is no bound.
    #[serde(default)]
    pub band: Option<f64>,
}

impl Method {
    /// Whether frames may be in no step, so that the background matters.
    pub fn leaves_out(&self) -> bool {
        match self.aligner.ends() {
            Ends::Closed => false,
            Ends::Optional => self.open_start || self.open_end,
            Ends::Open => true,
        }
    }

    /// The rule to align a clip's matrices by; its background may be a percentile of them.
    pub fn rule<'a>(&self, cells: impl IntoIterator<Item = &'a Array2<f32>>) -> Rule {
        let background = match self.background {
            _ if !self.leaves_out() => 0.0,
            Background::Level(level) => level,
            Background::Percentile(percentile) => align::percentile(percentile, cells).unwrap_or_default(),
        };
        self.rule_at(background)
    }

    /// Whether the background depends on the cells of all classes.
    pub fn needs_all_cells(&self) -> bool {
        self.leaves_out() && matches!(self.background, Background::Percentile(_))
    }

    pub fn rule_at(&self, background: f64) -> Rule {
        let Self { aligner, open_start, open_end, band, .. } = *self;
        Rule { aligner, open_start, open_end, background, band }
    }

    /// The aligner and its knobs where they are not the default, such as `segment:open-start:background=p50`.
    pub fn aligner_in_words(&self) -> String {
        let mut words = self.aligner.to_string();
        if self.aligner.ends() == Ends::Optional {
            words += if self.open_start { ":open-start" } else { "" };
            words += if self.open_end { ":open-end" } else { "" };
        }
        if self.leaves_out() && self.background != Background::default() {
            let _ = write!(words, ":background={}", self.background);
        }
        if let Some(band) = self.band {
            let _ = write!(words, ":band={band}");
        }
        words
    }

    /// [`Method::aligner_in_words`], and the cell where that is not the affinity.
    pub fn in_words(&self) -> String {
        let cell = if self.cell == Cell::default() { String::new() } else { format!(":cell={}", self.cell) };
        self.aligner_in_words() + &cell
    }

    /// Replaces the aligner and resets its knobs to their defaults. The cell stays if `text` has none.
    pub fn with_aligner(self, text: &str) -> Result<Self, String> {
        let mut parts = text.trim().split(':').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let aligner = Aligner::from_str(name, true).map_err(|_| {
            let names: Vec<String> = Aligner::value_variants().iter().map(Aligner::to_string).collect();
            format!("unknown aligner '{name}'\nhelp: choose among {}", names.join(", "))
        })?;
        let mut method = Self { aligner, preset: self.preset, cell: self.cell, ..Self::default() };
        for part in parts {
            match part.split_once('=') {
                None if part == "open-start" => method.open_start = true,
                None if part == "open-end" => method.open_end = true,
                Some(("background", value)) => {
                    method.background = value.parse().map_err(|error| format!("{error}"))?;
                }
                Some(("band", value)) => method.band = Some(band(value)?),
                Some(("cell", value)) => {
                    method.cell = Cell::from_str(value, true).map_err(|_| {
                        format!("unknown cell '{value}'\nhelp: choose among affinity, logit, cosine")
                    })?;
                }
                _ => {
                    return Err(format!(
                        "unknown knob '{part}'\nhelp: after the name of an aligner write, each after a colon, open-start, open-end, \
                         background=V or background=pNN, band=R, cell=NAME"
                    ));
                }
            }
        }
        if aligner.ends() != Ends::Optional && (method.open_start || method.open_end) {
            return Err(format!("{aligner} has no ends to open: {}", aligner.ends_help()));
        }
        if !method.leaves_out() {
            // What does nothing makes no other method.
            method.background = Background::default();
        }
        Ok(method)
    }
}

/// A band from what a user writes.
pub fn band(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(band) if band.is_finite() && band >= 0.0 => Ok(band),
        _ => Err(format!("invalid band: '{text}'\nhelp: give a share of the clip, such as 0.2")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aligner_with_knobs_reads_as_it_is_written() {
        let method = Method { preset: Preset::Released, ..Method::default() };
        for text in [
            "dtw",
            "mean-path:band=0.25",
            "segment:open-start:open-end:background=p50:cell=logit",
            "segment:open-end:background=-3.5",
            "drop:background=p90:band=0.5:cell=cosine",
        ] {
            let read = method.with_aligner(text).unwrap();
            assert_eq!((read.in_words().as_str(), read.preset), (text, Preset::Released));
        }
        let logit = Method { cell: Cell::Logit, ..Method::default() };
        assert_eq!(logit.with_aligner("drop").unwrap().cell, Cell::Logit);
        assert_eq!(
            Method { open_start: true, ..Method::default() }.in_words(),
            "dtw",
            "what does nothing is not said"
        );
        for (idle, plain) in [("segment:background=p50", "segment"), ("dtw:background=0.5", "dtw")] {
            assert_eq!(method.with_aligner(idle), method.with_aligner(plain));
        }
    }

    #[test]
    fn what_is_no_aligner_is_refused_with_what_there_is() {
        for (text, words) in [
            ("", "dtw, windows, segment, mean-path, drop"),
            ("dwt", "unknown aligner 'dwt'"),
            ("segment:open", "unknown knob 'open'"),
            ("segment:background=p200", "percentile"),
            ("dtw:band=-1", "invalid band"),
            ("dtw:band=nan", "invalid band"),
            ("dtw:cell=cells", "affinity, logit, cosine"),
            ("drop:open-start", "drop has no ends to open"),
        ] {
            let error = Method::default().with_aligner(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
