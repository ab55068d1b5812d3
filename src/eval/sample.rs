//! Small evaluations for tests.

use crate::eval::record::{ClipOutcome, ClipRecord, ClipScores, Ranking};
use crate::eval::results::{EvalSettings, ModelSettings, Results};
use crate::eval::rows::Rows;
use crate::script::{PerStrategy, Strategy};

/// Clips with the predictions of each row and the group that they belong to. Their true class is the first.
pub fn clips<const N: usize>(rows: &[&str; N], clips: &[([usize; N], &str)]) -> Vec<ClipRecord> {
    let record = |(number, (predictions, group)): (usize, &([usize; N], &str))| {
        let ranking = |(name, &first): (&&str, &usize)| Ranking {
            name: (*name).to_owned(),
            ranking: (0..3).map(|place| (first + place) % 3).collect(),
            scores: vec![0.0; 3],
            confidence: None,
            fault: None,
            facts: None,
        };
        ClipRecord {
            id: format!("clip {number}"),
            domain: "chess".to_owned(),
            candidates: ["castling", "fork", "pin"].map(str::to_owned).to_vec(),
            answer: 0,
            groups: [*group].into_iter().filter(|group| !group.is_empty()).map(str::to_owned).collect(),
            file: None,
            outcome: ClipOutcome::Read(ClipScores {
                frames: 10,
                seen: None,
                damaged_pieces: 0,
                cut_texts: Vec::new(),
                rows: rows.iter().zip(predictions).map(ranking).collect(),
            }),
        }
    };
    clips.iter().enumerate().map(record).collect()
}

/// The results of [`clips`].
pub fn results<const N: usize>(rows: &[&str; N], predictions: &[([usize; N], &str)]) -> Results {
    sum_up(rows, &clips(rows, predictions))
}

/// The results of clips. A row that the ablation does not have is `+smoothing` with another width.
pub fn sum_up(rows: &[&str], clips: &[ClipRecord]) -> Results {
    let known = Rows::default().all(&[Strategy::SHORT_FIXED]).unwrap_or_default();
    let row = |(place, name): (usize, &&str)| {
        known.iter().find(|row| row.name == **name).cloned().unwrap_or_else(|| {
            let mut row = known[4].clone();
            row.name = (*name).to_owned();
            row.settings.smoothing_seconds = 2.0 + place as f64;
            row
        })
    };
    let settings = EvalSettings {
        manifest: "manifest.jsonl".to_owned(),
        scripts: "scripts.json".to_owned(),
        other_scripts: PerStrategy::default(),
        digests: Default::default(),
        benchmark: None,
        model: ModelSettings {
            folder: "siglip".to_owned(),
            dim: 32,
            image_size: 64,
            max_patches: None,
            text_len: 16,
            alpha: 10.0,
            beta: Some(-10.0),
            precision: Default::default(),
            vision: Some("5e".repeat(32)),
            text: None,
            tokenizer: None,
        },
        other_models: Vec::new(),
        device: "the CPU".to_owned(),
        sampling: "10".to_owned(),
        until_settled: false,
        rows: rows.iter().enumerate().map(row).collect(),
    };
    Results::new(clips, settings)
}
