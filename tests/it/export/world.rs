//! Clips and candidates without a model: embeddings are made up, and the same every time.

use std::time::{Duration, SystemTime};

use actalign_tui::align::Calibration;
use actalign_tui::backbone::Region;
use actalign_tui::explore::{Candidate, EmbeddedFrame, Exploration, Picture, Settings, Sources};
use actalign_tui::snapshot::{Hashes, Pinned, ShownPatches, Snapshot, SnapshotInput, ViewState};
use actalign_tui::video::{Sampling, Shown};
use image::{Rgb, RgbImage};

const DIM: usize = 16;

/// A candidate of a domain.
pub fn candidate(domain: &str, name: &str, steps: &[&str]) -> Candidate {
    Candidate { domain: domain.into(), name: name.into(), steps: steps.iter().map(|&s| s.into()).collect() }
}

/// Three candidates, of which a clip shows the first.
pub fn candidates() -> Vec<Candidate> {
    vec![
        candidate(
            "athletics",
            "long jump",
            &["the athlete stands", "the athlete runs", "the athlete jumps", "the athlete lands"],
        ),
        candidate("athletics", "high jump", &["the athlete runs", "the athlete jumps over a bar"]),
        candidate("home", "nap", &["a person lies down", "a person sleeps", "a person wakes"]),
    ]
}

/// A made-up embedding of a text: any function of its bytes will do.
fn embedding(text: &str) -> Vec<f32> {
    let value = |i: usize| {
        let bytes = text.bytes().enumerate();
        bytes.map(|(at, b)| f32::sin(f32::from(b) * (i as f32 + 1.3) + at as f32)).sum()
    };
    let values: Vec<f32> = (0..DIM).map(value).collect();
    let length = values.iter().map(|x| x * x).sum::<f32>().sqrt();
    values.iter().map(|x| x / length).collect()
}

/// A clip of `count` frames at `fps` that shows the first candidate, one step after the other, and the texts of all.
pub fn exploration(candidates: Vec<Candidate>, count: usize, fps: f64) -> Exploration {
    let calibration = Calibration { alpha: 12.0, beta: -9.0 };
    let mut exploration = Exploration::new(candidates, calibration, DIM, Settings::default());
    let texts = exploration.missing_texts();
    exploration.add_texts(texts.into_iter().map(|text| (text.clone(), embedding(&text), false)));
    let steps: Vec<Vec<f32>> = (0..exploration.candidates()[0].steps.len())
        .map(|step| embedding(&exploration.sentence(0, step)))
        .collect();
    exploration.add_frames((0..count).map(|index| {
        let phase = index as f32 / count as f32 * steps.len() as f32;
        let shown = &steps[phase as usize];
        let noise = |i: usize| f32::sin((index * DIM + i) as f32 * 1.7) * 0.35;
        EmbeddedFrame {
            ordinal: index as u64 * 3,
            time: index as f64 / fps,
            shown: Shown::once(index as f64 / fps),
            embedding: shown.iter().enumerate().map(|(i, x)| x + noise(i)).collect::<Vec<f32>>().into(),
        }
    }));
    exploration.refresh().unwrap();
    exploration
}

/// A picture of its place in the clip.
pub fn picture(place: usize, of: usize) -> RgbImage {
    RgbImage::from_fn(96, 54, |x, y| {
        let shade = (place * 255 / of.max(1)) as u8;
        let is_ball = (x as usize * of).abs_diff(place * 96) < 8 * of && y.abs_diff(30) < 8;
        if is_ball { Rgb([250, 250, 240]) } else { Rgb([shade, 120, 255 - shade]) }
    })
}

/// A snapshot of an exploration with 24 pictures, taken on a certain day; `change` has the last word.
pub fn snapshot(exploration: &Exploration, change: impl FnOnce(&mut SnapshotInput)) -> Snapshot {
    let sources = Sources {
        clip: "clips/jump.mp4".into(),
        scripts: "scripts.json".into(),
        model: "models/siglip-base-patch16-224".into(),
        device: "cpu".into(),
        precision: Default::default(),
        sampling: "10 fps".into(),
        start: Some(1.5),
        end: None,
    };
    let times = &exploration.outcome().times;
    let images: Vec<RgbImage> = (0..24).map(|place| picture(place, 24)).collect();
    let pictures: Vec<Picture> = (0..24)
        .map(|place| {
            let frame = place * times.len() / 24;
            let time = times.get(frame).copied().unwrap_or_default();
            Picture::new(frame as u64 * 3, time, &images[place]).unwrap()
        })
        .collect();
    let pictures: Vec<&Picture> = pictures.iter().collect();
    let settings = exploration.report(&sources).settings;
    let scores = (0..exploration.candidates().len()).map(|class| exploration.outcome().score(class));
    let mut input = SnapshotInput {
        exploration,
        sources: &sources,
        sampling: Sampling::Fps(10.0),
        complete: true,
        view: ViewState {
            view: "matrix".into(),
            selected: 0,
            compared: None,
            cursor: 0.7,
            scale: "rank".into(),
            step: Some(1),
        },
        pictures: &pictures,
        patches: None,
        pinned: Some(Pinned {
            settings,
            ranking: exploration.outcome().ranking.clone(),
            scores: scores.collect(),
        }),
    };
    change(&mut input);
    let hashes = Hashes { clip: Some("c0ffee".into()), ..Hashes::default() };
    Snapshot::new(input).stamped(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000), hashes)
}

/// The snapshot that most tests look at.
pub fn jump() -> Snapshot {
    let taken = snapshot(&exploration(candidates(), 40, 10.0), |_| {});
    Snapshot { program: "actalign-tui 0.0.0".into(), ..taken }
}

/// The same with the map of a frame: 2 × 3 windows, for a step of the first class less one of the second.
pub fn jump_with_patches() -> Snapshot {
    let jump = jump();
    let patches = ShownPatches {
        picture: jump.thumbnails[5].clone(),
        of: (0, 1),
        less: Some((1, 0)),
        cosine: 0.125,
        region: Region::default(),
        values: vec![vec![0.0, 0.03, -0.01], vec![0.06, 0.0, -0.06]],
    };
    Snapshot { patches: Some(patches), ..jump }
}
