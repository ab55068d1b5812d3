//! The report over all classes of a clip.

use actalign_tui::align::{AlignError, Aligner, Cell, Preset};
use actalign_tui::explore::{Report, ReportError, Settings, report};
use ndarray::{Array2, array};

const SETTINGS: Settings = Settings {
    preset: Preset::Paper,
    smoothing: 3,
    aligner: Aligner::Dtw,
    cell: Cell::Affinity,
    alpha: 100.0,
    beta: -16.5,
};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.into()).collect()
}

#[test]
fn classes_are_ranked_with_margins_and_baselines() {
    let cells = [array![[0.25_f32, 0.25]], array![[0.5, 0.5]], array![[0.25], [0.25]], array![[0.125]]];
    let mean_pool = [0.1, 0.2, 0.4, 0.4];
    let report =
        report(&names(&["walk", "jump", "run", "fall"]), &cells, Some(&mean_pool), SETTINGS).unwrap();

    assert_eq!(report.ranking, [1, 0, 2, 3]);
    let column = |get: fn(&actalign_tui::explore::ClassReport) -> f64| {
        report.classes.iter().map(get).collect::<Vec<_>>()
    };
    assert_eq!(column(|class| class.index as f64), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(column(|class| class.rank as f64), [2.0, 1.0, 3.0, 4.0]);
    assert_eq!(column(|class| class.score), [0.25, 0.5, 0.25, 0.125]);
    assert_eq!(column(|class| class.margin.unwrap()), [-0.25, 0.25, -0.25, -0.375]);
    assert_eq!(column(|class| class.order_free), [0.25, 0.5, 0.25, 0.125]);
    assert_eq!(column(|class| class.mean_pool.unwrap()), mean_pool);
    assert_eq!(column(|class| class.mean_pool_rank.unwrap() as f64), [4.0, 3.0, 1.0, 2.0]);
}

#[test]
fn a_tie_at_the_top_leaves_no_margin() {
    let cells = [array![[0.5_f32]], array![[0.5]]];
    let report = report(&names(&["a", "b"]), &cells, None, SETTINGS).unwrap();
    assert_eq!(report.ranking, [0, 1]);
    assert_eq!(report.classes[0].margin, Some(0.0));
    assert_eq!(report.classes[1].margin, Some(0.0));
}

#[test]
fn a_report_survives_json() {
    let report = report(&names(&["only"]), &[array![[0.5_f32, 0.1]]], None, SETTINGS).unwrap();
    assert_eq!(report.classes[0].margin, None);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["classes"][0]["path"], serde_json::json!([[0, 0], [0, 1]]));
    assert!(json["classes"][0]["mean_pool"].is_null());
    assert_eq!(json["settings"]["preset"], "paper");
    assert_eq!(json["settings"]["aligner"], "dtw");
    assert_eq!(json["settings"]["cell"], "affinity");
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
}

#[test]
fn a_class_that_cannot_be_aligned_is_named() {
    let cells = [array![[0.5_f32]], Array2::zeros((0, 1))];
    let error = report(&names(&["good", "bad"]), &cells, None, SETTINGS).unwrap_err();
    let source = AlignError::Empty { steps: 0, frames: 1 };
    assert_eq!(error, ReportError::Align { name: "bad".into(), source });
    assert!(error.to_string().contains("\"bad\""), "{error}");
}

#[test]
fn no_classes_are_refused() {
    assert_eq!(report(&[], &[], None, SETTINGS), Err(ReportError::NoClasses));
}
