//! What turning a knob of the explorer costs, and a few more frames, once everything is embedded.
//!
//! `kept` is [`Exploration`]; `straightforward` computes the same from the frames and the products of steps and frames,
//! with the functions of the mathematics alone. Their ratio is measured in turns and printed before each group.

use std::hint::black_box;
use std::time::Instant;

use actalign_tui::align::{self, Calibration, Cell, Preset, Smoothing};
use actalign_tui::explore::{
    Candidate, ClassMatrix, EmbeddedFrame, Exploration, Outcome, Settings, align_classes,
};
use actalign_tui::script::Template;
use actalign_tui::video::Shown;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ndarray::{Array2, ArrayView2, Axis};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use rayon::prelude::*;

const DIM: usize = 1152;
const CALIBRATION: Calibration = Calibration { alpha: 112.0, beta: -16.5 };
const RATE: f64 = 10.0;
/// Runs of each side that a ratio is the median of.
const TURNS: usize = 31;

struct Clip {
    frames: Array2<f32>,
    candidates: Vec<Candidate>,
}

impl Clip {
    fn new(frames: usize, classes: usize, steps: usize) -> Self {
        let candidate = |class| Candidate {
            domain: "chess".to_owned(),
            name: format!("class {class}"),
            steps: (0..steps).map(|step| format!("step {step} of class {class}")).collect(),
        };
        let candidates = (0..classes).map(candidate).collect();
        // Neighbouring frames look alike: a walk at random.
        let mut dice = Pcg64::seed_from_u64(frames as u64);
        let mut at = [0.0; DIM];
        let values = (0..frames * DIM).map(|i| {
            at[i % DIM] = 0.9 * at[i % DIM] + dice.random_range(-1.0..1.0);
            at[i % DIM]
        });
        let frames = Array2::from_shape_vec((frames, DIM), values.collect()).unwrap();
        Self { frames, candidates }
    }

    fn embedded(&self, frames: std::ops::Range<usize>) -> Vec<EmbeddedFrame> {
        let frame = |t| EmbeddedFrame {
            ordinal: t as u64,
            time: t as f64 / RATE,
            shown: Shown::once(t as f64 / RATE),
            embedding: self.frames.row(t).to_vec().into(),
        };
        frames.map(frame).collect()
    }

    /// Everything embedded, the texts of all templates too.
    fn exploration(&self) -> Exploration {
        let mut exploration =
            Exploration::new(self.candidates.clone(), CALIBRATION, DIM, Settings::default());
        for template in Template::built_in() {
            let texts = exploration.missing_texts_in(&template);
            exploration.add_texts(texts.into_iter().map(|text| (text.clone(), text_embedding(&text), false)));
        }
        exploration.add_frames(self.embedded(0..self.frames.nrows()));
        exploration.refresh().unwrap();
        exploration
    }
}

fn text_embedding(text: &str) -> Vec<f32> {
    let seed = text.bytes().fold(0, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let mut dice = Pcg64::seed_from_u64(seed);
    (0..DIM).map(|_| dice.random_range(-1.0..1.0)).collect()
}

/// The same without anything kept but products.
struct Straightforward<'a> {
    frames: ArrayView2<'a, f32>,
    /// Of each class.
    products: Vec<Array2<f32>>,
    names: Vec<Array2<f32>>,
}

impl<'a> Straightforward<'a> {
    fn new(clip: &'a Clip) -> Self {
        let prepared = align::unit_rows(clip.frames.view());
        let embedded = |texts: Vec<String>| {
            let values = texts.iter().flat_map(|text| text_embedding(text)).collect();
            align::unit_rows(Array2::from_shape_vec((texts.len(), DIM), values).unwrap().view())
        };
        let template = Template::default();
        let products = |class: &Candidate| {
            align::products(embedded(class.sentences(&template).collect()).view(), prepared.view())
        };
        Self {
            frames: clip.frames.view(),
            products: clip.candidates.iter().map(products).collect(),
            names: clip.candidates.iter().map(|class| embedded(vec![class.name.clone()])).collect(),
        }
    }

    fn outcome(&self, width: usize) -> Outcome {
        let smoothing = Smoothing { width, preset: Preset::Paper };
        let norms = smoothing.window_norms(smoothing.prepare(self.frames).view());
        let pool = align::unit_rows(self.frames).mapv(f64::from).sum_axis(Axis(0));
        let class = |(products, name): (&Array2<f32>, &Array2<f32>)| {
            let cosines = smoothing.cosines(products.view(), &norms);
            Some(ClassMatrix { cosines, mean_pool: Some(align::cosine_of_sum(pool.view(), name.row(0))) })
        };
        let matrices = self.products.par_iter().zip(&self.names).map(class).collect();
        let (rule, classes) = align_classes(matrices, Default::default(), CALIBRATION).unwrap();
        let times: Vec<f64> = (0..self.frames.nrows()).map(|t| t as f64 / RATE).collect();
        Outcome::new(times, (0..self.frames.nrows() as u64).collect(), width, rule, classes)
    }
}

/// Each call a new width, from off to 4 seconds.
fn next_width(exploration: &mut Exploration) {
    let frames = (exploration.settings().smoothing_seconds * RATE).round() as usize;
    let smoothing_seconds = ((frames + 7) % 41) as f64 / RATE;
    turn(exploration, Settings { smoothing_seconds, ..exploration.settings().clone() });
}

fn turn(exploration: &mut Exploration, settings: Settings) {
    exploration.set(settings);
    exploration.refresh().unwrap();
    black_box(exploration.outcome().ranking.first());
}

fn median_milliseconds(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    1e3 * seconds[seconds.len() / 2]
}

/// Both sides in turns, so that what else the machine does slows both.
fn print_ratio(what: &str, mut kept: impl FnMut(), mut straightforward: impl FnMut()) {
    let mut seconds = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        let start = Instant::now();
        kept();
        seconds[0].push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        straightforward();
        seconds[1].push(start.elapsed().as_secs_f64());
    }
    let [kept, straightforward] = seconds.map(median_milliseconds);
    println!(
        "{what}: kept {kept:.2} ms, straightforward {straightforward:.2} ms, {:.1} times as fast",
        straightforward / kept
    );
}

fn knobs(criterion: &mut Criterion, what: &str, clip: &Clip) {
    let mut exploration = clip.exploration();
    let straightforward = Straightforward::new(clip);
    let mut width = 0;
    let mut outcome = || {
        width = (width + 7) % 41;
        black_box(straightforward.outcome(width));
    };
    print_ratio(&format!("{what}, a new width"), || next_width(&mut exploration), &mut outcome);

    let mut group = criterion.benchmark_group(what);
    group.sample_size(60);
    group.bench_function("width/straightforward", |bencher| bencher.iter(&mut outcome));
    group.bench_function("width/kept", |bencher| bencher.iter(|| next_width(&mut exploration)));
    let mut templates = Template::built_in().into_iter().cycle();
    group.bench_function("template", |bencher| {
        bencher.iter(|| {
            let template = templates.next().unwrap();
            let settings = Settings { template, ..exploration.settings().clone() };
            turn(&mut exploration, settings);
        });
    });
    let mut cells = [Cell::Logit, Cell::Affinity].into_iter().cycle();
    group.bench_function("cell", |bencher| {
        bencher.iter(|| {
            let mut settings = exploration.settings().clone();
            settings.method.cell = cells.next().unwrap();
            turn(&mut exploration, settings);
        });
    });
    let mut presets = [Preset::Released, Preset::Paper].into_iter().cycle();
    group.bench_function("preset", |bencher| {
        bencher.iter(|| {
            let mut settings = exploration.settings().clone();
            settings.method.preset = presets.next().unwrap();
            turn(&mut exploration, settings);
        });
    });
    group.finish();
}

/// Eight more frames, with the texts of all templates.
fn frames(criterion: &mut Criterion, what: &str, clip: &Clip) {
    let full = clip.exploration();
    // Frames that are like the first ones, and between them.
    let more = |delay: f64| {
        let late = |frame: EmbeddedFrame| EmbeddedFrame {
            time: frame.time + delay,
            shown: Shown::once(frame.time + delay),
            ..frame
        };
        clip.embedded(0..8).into_iter().map(late).collect::<Vec<_>>()
    };
    let mut group = criterion.benchmark_group(what);
    group.sample_size(30);
    group.bench_function("eight_frames", |bencher| {
        bencher.iter_batched_ref(
            || {
                // A copy has no room to grow, which is made by the first eight.
                let mut exploration = full.clone();
                exploration.add_frames(more(0.3 / RATE));
                exploration.refresh().unwrap();
                (exploration, more(0.6 / RATE))
            },
            |(exploration, more)| {
                exploration.add_frames(std::mem::take(more));
                exploration.refresh().unwrap();
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// From embeddings to a full ranking, in one go.
fn start(criterion: &mut Criterion, what: &str, clip: &Clip) {
    let empty = Exploration::new(clip.candidates.clone(), CALIBRATION, DIM, Settings::default());
    let texts: Vec<_> =
        empty.missing_texts().into_iter().map(|text| (text.clone(), text_embedding(&text), false)).collect();
    let mut group = criterion.benchmark_group(what);
    group.sample_size(30);
    group.bench_function("start", |bencher| {
        bencher.iter_batched(
            || (empty.clone(), texts.clone(), clip.embedded(0..clip.frames.nrows())),
            |(mut exploration, texts, frames)| {
                exploration.add_texts(texts);
                exploration.add_frames(frames);
                exploration.refresh().unwrap();
                exploration
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn long_clip(criterion: &mut Criterion) {
    let clip = Clip::new(1800, 20, 10);
    knobs(criterion, "1800_frames_200_steps", &clip);
    frames(criterion, "1800_frames_200_steps", &clip);
}

fn usual_clip(criterion: &mut Criterion) {
    let clip = Clip::new(300, 5, 10);
    knobs(criterion, "300_frames_50_steps", &clip);
    frames(criterion, "300_frames_50_steps", &clip);
    start(criterion, "300_frames_50_steps", &clip);
}

criterion_group!(benches, long_clip, usual_clip);
criterion_main!(benches);
