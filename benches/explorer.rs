//! From a key to the finished picture: the explorer's real update and drawing on a long clip, 1,800 frames, 20 classes of
//! 10 steps, 1152 dimensions, quadrants. Escape sequences are written, to nowhere. With `hour` as an argument: an hour of
//! video, 36,000 frames, and the keys that lead through it.

use std::time::Instant;

use actalign_tui::align::Calibration;
use actalign_tui::explore::{Candidate, EmbeddedFrame, Exploration, Settings, Thumbnail, Update};
use actalign_tui::script::Template;
use actalign_tui::tui::Headless;
use actalign_tui::video::Shown;
use crossterm::event::KeyCode::{self, Backspace, Char, Down, Enter, Esc, Left, Right, Tab};
use image::{Rgb, RgbImage};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

const DIM: usize = 1152;
const FRAMES: usize = 1800;
const HOUR: usize = 36_000;
const CLASSES: usize = 20;
const STEPS: usize = 10;
const RATE: f64 = 10.0;
const CALIBRATION: Calibration = Calibration { alpha: 112.0, beta: -16.5 };
const PRESSES: usize = 200;
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// What is pressed in turns, after some keys that lead there; Esc leads back.
struct Kind {
    name: &'static str,
    before: &'static [KeyCode],
    keys: &'static [KeyCode],
    after: &'static [KeyCode],
}

const fn kind(name: &'static str, keys: &'static [KeyCode]) -> Kind {
    Kind { name, before: &[], keys, after: &[] }
}

const KINDS: &[Kind] = &[
    kind("cursor", &[Right, Right, Right, Left]),
    kind("step", &[Char('n'), Char('n'), Char('p')]),
    kind("candidate", &[Down, Down, Char('k')]),
    kind("smoothing by one", &[Char(']'), Char(']'), Char('[')]),
    kind("smoothing by ten", &[Char('}'), Char('{')]),
    kind("template", &[Char('t')]),
    kind("cell", &[Char('x')]),
    kind("preset", &[Char('z')]),
    kind("scale", &[Char('v')]),
    kind("view", &[Tab]),
    kind("pin", &[Char('w')]),
    kind("aligner", &[Char('a')]),
    // Three turns lead from dtw to drop, whose background is a percentile of all cells, and one back.
    Kind {
        name: "drop: smoothing by one",
        before: &[Char('a'), Char('a'), Char('a')],
        keys: &[Char(']'), Char('[')],
        after: &[Char('a')],
    },
    Kind { name: "compare: cursor", before: &[Char('c')], keys: &[Right, Right, Left], after: &[Esc] },
    Kind { name: "compare: smoothing", before: &[Char('c')], keys: &[Char(']'), Char('[')], after: &[Esc] },
    Kind { name: "compare: candidate", before: &[Char('c')], keys: &[Char('j'), Char('k')], after: &[Esc] },
    Kind {
        name: "before and after: smoothing",
        before: &[Char('b')],
        keys: &[Char(']'), Char('[')],
        after: &[Esc],
    },
    Kind { name: "frame: cursor", before: &[Char('f')], keys: &[Right, Right, Left], after: &[Esc] },
    Kind {
        name: "pinned: smoothing",
        before: &[Char('w')],
        keys: &[Char(']'), Char('[')],
        after: &[Char('w')],
    },
    Kind {
        name: "edit: typing",
        before: &[Char('e')],
        keys: &[Char('a'), Char('b'), Backspace],
        after: &[Esc],
    },
    kind("edit: step moved and back", &[Char('J'), Char('u')]),
    Kind { name: "filter: typing", before: &[Char('/')], keys: &[Char('1'), Backspace], after: &[Esc] },
    Kind {
        name: "palette: typing",
        before: &[Char(':')],
        keys: &[Char('s'), Char('m'), Backspace, Backspace],
        after: &[Esc],
    },
    Kind { name: "help: scrolling", before: &[Char('?')], keys: &[Down, Down, Char('k')], after: &[Esc] },
    kind("step edited", &[Char('e'), Char('x'), Enter, Char('u')]),
];

/// What leads through an hour of video.
const LONG: &[Kind] = &[
    kind("cursor", &[Right, Right, Right, Left]),
    kind("step", &[Char('n'), Char('n'), Char('p')]),
    kind("candidate", &[Down, Down, Char('k')]),
    kind("zoom", &[Char('Z'), Char('Z'), Char('-'), Char('0')]),
    Kind {
        name: "zoomed: cursor",
        before: &[Char('Z'), Char('Z'), Char('Z'), Char('Z')],
        keys: &[Right, Right, Left],
        after: &[Char('0')],
    },
    kind("moment", &[Char(';'), Char(';'), Char(',')]),
    Kind { name: "compare: cursor", before: &[Char('c')], keys: &[Right, Right, Left], after: &[Esc] },
];

fn main() {
    let is_long = std::env::args().any(|argument| argument == "hour");
    let (frames, kinds) = if is_long { (HOUR, LONG) } else { (FRAMES, KINDS) };
    let full = exploration(frames);
    let mut table = String::from(
        "| ms, median / 99th percentile / longest | 80×24 | 120×40 | 200×60 |\n|---|---:|---:|---:|\n",
    );
    let mut all: Vec<Vec<f64>> = vec![Vec::new(); SIZES.len()];
    for kind in kinds {
        table += &format!("| {} |", kind.name);
        for (size, &(columns, rows)) in SIZES.iter().enumerate() {
            let mut explorer = open(full.clone(), frames, columns, rows);
            if is_long {
                let start = Instant::now();
                explorer.find_moments();
                eprintln!("moments found in {:.1} s", start.elapsed().as_secs_f64());
            }
            let mut times = measure(&mut explorer, kind);
            table += &format!(" {} |", summary(&mut times));
            all[size].extend(times);
        }
        table += "\n";
    }
    table += "| all |";
    for times in &mut all {
        table += &format!(" {} |", summary(times));
    }
    println!("{table}");
}

fn measure(explorer: &mut Headless, kind: &Kind) -> Vec<f64> {
    let mut timed = |keys: &mut dyn Iterator<Item = &KeyCode>| -> Vec<f64> {
        keys.flat_map(|&key| {
            let start = Instant::now();
            explorer.press(key);
            explorer.draw();
            let mut times = vec![start.elapsed().as_secs_f64() * 1e3];
            // The texts that an edit needs come from the model later; then the ranking moves.
            if explorer.lacks_texts() {
                let start = Instant::now();
                explorer.embed(text_embedding);
                explorer.draw();
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            times
        })
        .collect()
    };
    timed(&mut kind.before.iter());
    timed(&mut kind.keys.iter());
    let times = timed(&mut kind.keys.iter().cycle().take(PRESSES));
    timed(&mut kind.after.iter());
    times
}

fn summary(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
    format!("{:.1} / {:.1} / {:.1}", at(0.5), at(0.99), at(1.0))
}

/// The explorer with everything embedded and all small pictures there.
fn open(exploration: Exploration, frames: usize, columns: u16, rows: u16) -> Headless {
    let mut explorer = Headless::new(exploration, columns, rows);
    let every = frames.div_ceil(FRAMES) * 2;
    for frame in 0..frames {
        let shade = (frame * 255 / frames) as u8;
        let picture = RgbImage::from_fn(320, 180, |x, y| Rgb([shade, (x / 2) as u8, y as u8]));
        let (ordinal, time) = (frame as u64, frame as f64 / RATE);
        let thumbnail = if frame % every == 0 { Thumbnail::new(ordinal, time, &picture) } else { None };
        explorer.embedding_sent(Update::Decoded { ordinal, time, thumbnail });
    }
    explorer.embedding_sent(Update::AllDecoded { frames, faults: Default::default() });
    explorer.embedding_sent(Update::Idle);
    explorer.draw();
    explorer
}

fn exploration(frames: usize) -> Exploration {
    let candidate = |class| Candidate {
        domain: "chess".to_owned(),
        name: format!("class {class}"),
        steps: (0..STEPS).map(|step| format!("step {step} of class {class}")).collect(),
    };
    let candidates = (0..CLASSES).map(candidate).collect();
    let mut exploration = Exploration::new(candidates, CALIBRATION, DIM, Settings::default());
    for template in Template::built_in() {
        let texts = exploration.missing_texts_in(&template);
        exploration.add_texts(texts.into_iter().map(|text| (text.clone(), text_embedding(&text), false)));
    }
    // Neighbouring frames look alike: a walk at random.
    let mut dice = Pcg64::seed_from_u64(7);
    let mut at = vec![0.0_f32; DIM];
    let frames = (0..frames).map(|frame| {
        for value in &mut at {
            *value = 0.9 * *value + dice.random_range(-1.0..1.0);
        }
        let time = frame as f64 / RATE;
        let shown = Shown::once(time);
        EmbeddedFrame { ordinal: frame as u64, time, shown, embedding: at.clone().into() }
    });
    exploration.add_frames(frames.collect::<Vec<_>>());
    exploration
}

fn text_embedding(text: &str) -> Vec<f32> {
    let seed = text.bytes().fold(0, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let mut dice = Pcg64::seed_from_u64(seed);
    (0..DIM).map(|_| dice.random_range(-1.0..1.0)).collect()
}
