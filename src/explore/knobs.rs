//! The knobs of the method, one row each: how the screen, plain text and exported tables show their values.

use crate::align::Calibration;
use crate::explore::exploration::Exploration;
use crate::explore::method::Method;
use crate::explore::report::ReportSettings;
use crate::explore::settings::Settings;

pub struct KnobValues<'a> {
    method: Method,
    /// What a frame in no step counted, where frames could be in none and it is known.
    background_level: Option<f64>,
    smoothing_seconds: f64,
    /// The smoothing width in frames; 0 and 1 are off.
    width: usize,
    template: &'a str,
    template_text: &'a str,
    calibration: Calibration,
    /// Whether the calibration replaces the checkpoint's.
    is_overridden: bool,
}

/// Names in lower case, with values.
type Named = Vec<(&'static str, String)>;

pub struct Knob {
    pub name: &'static str,
    /// Its value on the screen.
    pub value: fn(&KnobValues) -> String,
    /// Its values in plain text, if they are others.
    in_full: Option<fn(&KnobValues) -> Named>,
    /// Its values in exported tables, if they are others.
    in_tables: Option<fn(&KnobValues) -> Named>,
    /// Its place in exported tables, from 0.
    place_in_tables: usize,
}

impl Knob {
    fn named(&self, values: &KnobValues, other: Option<fn(&KnobValues) -> Named>) -> Named {
        other.map_or_else(|| vec![(self.name, (self.value)(values))], |other| other(values))
    }
}

pub const SMOOTHING: Knob = Knob {
    name: "smoothing",
    value: |values| match values.width {
        _ if values.smoothing_seconds == 0.0 => "off".to_owned(),
        // A second may hold a single frame while few are embedded.
        0 | 1 => format!("{:.2} s = off", values.smoothing_seconds),
        width => format!("{:.2} s = {width} frames", values.smoothing_seconds),
    },
    in_full: Some(|values| {
        let value = match values.width {
            _ if values.smoothing_seconds == 0.0 => "off".to_owned(),
            0 | 1 => format!("{:.2} seconds, which is off", values.smoothing_seconds),
            width => format!("{:.2} seconds, {width} frames", values.smoothing_seconds),
        };
        vec![("smoothing", value)]
    }),
    in_tables: Some(|values| {
        let value = match values.width {
            0 | 1 => "off".to_owned(),
            width => format!("{width} frames ({} s)", values.smoothing_seconds),
        };
        vec![("smoothing", value)]
    }),
    place_in_tables: 3,
};

pub const TEMPLATE: Knob = Knob {
    name: "template",
    value: |values| values.template.to_owned(),
    in_full: Some(|values| vec![("template", format!("{}: {}", values.template, values.template_text))]),
    in_tables: Some(|values| vec![("template", values.template_text.to_owned())]),
    place_in_tables: 4,
};

pub const CELL: Knob = Knob {
    name: "cell",
    value: |values| values.method.cell.to_string(),
    in_full: None,
    in_tables: None,
    place_in_tables: 2,
};

pub const ALIGNER: Knob = Knob {
    name: "aligner",
    value: |values| values.method.aligner_in_words(),
    in_full: None,
    in_tables: Some(|values| {
        let aligner = ("aligner", values.method.aligner_in_words());
        let background = values.background_level.map(|level| {
            let asked = values.method.background;
            ("background", format!("{asked} = {level:.4}"))
        });
        [aligner].into_iter().chain(background).collect()
    }),
    place_in_tables: 1,
};

pub const PRESET: Knob = Knob {
    name: "preset",
    value: |values| values.method.preset.to_string(),
    in_full: None,
    in_tables: None,
    place_in_tables: 0,
};

pub const CALIBRATION: Knob = Knob {
    name: "calibration",
    value: |values| {
        let Calibration { alpha, beta } = values.calibration;
        format!("α {alpha:.2} β {beta:.2}{}", if values.is_overridden { " (own)" } else { "" })
    },
    in_full: Some(|values| {
        let Calibration { alpha, beta } = values.calibration;
        vec![("alpha", format!("{alpha:.4}")), ("beta", format!("{beta:.4}"))]
    }),
    in_tables: Some(|values| {
        let Calibration { alpha, beta } = values.calibration;
        vec![("alpha", alpha.to_string()), ("beta", beta.to_string())]
    }),
    place_in_tables: 5,
};

/// All knobs, in the order of the screen.
pub const KNOBS: [Knob; 6] = [SMOOTHING, TEMPLATE, CELL, ALIGNER, PRESET, CALIBRATION];

impl<'a> KnobValues<'a> {
    /// The values of some settings of a clip, which smooth over `width` frames.
    pub fn new(settings: &'a Settings, width: usize, exploration: &Exploration) -> Self {
        Self {
            method: settings.method,
            background_level: None,
            smoothing_seconds: settings.smoothing_seconds,
            width,
            template: settings.template.name(),
            template_text: settings.template.text(),
            calibration: settings.calibration.unwrap_or_else(|| exploration.calibration()),
            is_overridden: settings.calibration.is_some(),
        }
    }

    /// The values behind a report; `None` if it is not of a clip and scripts.
    pub fn of_report(settings: &'a ReportSettings) -> Option<Self> {
        let clip = settings.clip.as_ref()?;
        Some(Self {
            method: settings.method,
            background_level: settings.background_level,
            smoothing_seconds: clip.smoothing_seconds,
            width: settings.smoothing,
            template: &clip.template,
            template_text: &clip.template_text,
            calibration: Calibration { alpha: settings.alpha, beta: settings.beta },
            is_overridden: false,
        })
    }

    /// All values in plain text, in the order of the screen.
    pub fn in_full(&self) -> Named {
        KNOBS.iter().flat_map(|knob| knob.named(self, knob.in_full)).collect()
    }

    pub fn in_tables(&self) -> Named {
        let mut knobs = KNOBS;
        knobs.sort_by_key(|knob| knob.place_in_tables);
        knobs.iter().flat_map(|knob| knob.named(self, knob.in_tables)).collect()
    }
}
