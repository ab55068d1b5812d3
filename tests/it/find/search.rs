//! The search on embeddings made here: moments at known places among noise.

use actalign_tui::explore::EmbeddedFrame;
use actalign_tui::find::{FindSettings, Finder, FoundMoments, Recording, Wanted};
use actalign_tui::script::Class;
use actalign_tui::video::Shown;
use ndarray::Array2;
use serde_json::json;

const DIM: usize = 24;
const RATE: f64 = 10.0;
const SETTINGS: FindSettings = FindSettings {
    smoothing_seconds: 0.0,
    background: Some(98.0),
    gap: 0.25,
    min_seconds: 0.5,
    max_seconds: 30.0,
    max_moments: 10,
    min_score: 0.5,
    competes: false,
};

/// Steps are directions of the space: a class has those from `first` on.
fn class(name: &str, directions: &[usize], limits: serde_json::Value) -> Wanted {
    let mut steps = Array2::zeros((directions.len(), DIM));
    for (step, &direction) in directions.iter().enumerate() {
        steps[(step, direction)] = 1.0;
    }
    let class: Class = serde_json::from_value({
        let mut class = json!({"name": name, "steps": vec!["step"; directions.len()]});
        class.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        class
    })
    .unwrap();
    Wanted::new(&class, steps, 1).unwrap()
}

/// Frames of noise that show these directions at these frames.
fn recording(frames: usize, shown: &[(std::ops::Range<usize>, usize)]) -> Recording {
    let mut state = 7_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let frame = |number: usize| {
        let mut embedding: Vec<f32> = (0..DIM).map(|_| noise()).collect();
        for (_, direction) in shown.iter().filter(|(range, _)| range.contains(&number)) {
            embedding[*direction] += 6.0;
        }
        let time = number as f64 / RATE;
        let shown = Shown { until: time + 1.0 / RATE, rows: vec![time] };
        EmbeddedFrame { ordinal: number as u64, time, shown, embedding: embedding.into() }
    };
    let frames: Vec<EmbeddedFrame> = (0..frames).map(frame).collect();
    let mut recording = Recording::new(DIM).unwrap();
    // As from a cache that lacks the first half.
    let (first, second) = frames.split_at(frames.len() / 2);
    recording.add(second).unwrap();
    recording.add(first).unwrap();
    recording
}

fn find(classes: &[Wanted], recording: &Recording, settings: FindSettings) -> FoundMoments {
    Finder::new(classes.to_vec(), settings).find(recording).unwrap()
}

/// Class and frames of each moment.
fn places(found: &FoundMoments) -> Vec<(usize, std::ops::Range<usize>)> {
    found.moments.iter().map(|found| (found.class, found.moment.frames.clone())).collect()
}

/// Shown where there is nothing to find, so that noise moves no border.
const OTHER: usize = 15;

/// Two moments of the class of directions 0 to 3, and one of the class of 4 to 7. In the first, direction 9 is shown too.
fn two_and_one() -> Recording {
    recording(
        3000,
        &[
            (80..100, OTHER),
            (100..110, 0),
            (110..130, 1),
            (130..135, 2),
            (135..150, 3),
            (140..150, 9),
            (150..170, OTHER),
            (230..250, OTHER),
            (250..260, 4),
            (260..262, OTHER),
            (262..270, 5),
            (270..280, 6),
            (280..290, 7),
            (290..310, OTHER),
            (380..400, OTHER),
            (400..405, 0),
            (405..410, 1),
            (410..430, 2),
            (430..440, 3),
            (440..460, OTHER),
        ],
    )
}

#[test]
fn moments_and_their_steps_are_where_they_were_put() {
    let classes = [class("a", &[0, 1, 2, 3], json!({})), class("b", &[4, 5, 6, 7], json!({}))];
    let found = find(&classes, &two_and_one(), SETTINGS);
    let mut found_places = places(&found);
    found_places.sort_by_key(|(_, frames)| frames.start);
    assert_eq!(found_places, [(0, 100..150), (1, 250..290), (0, 400..440)]);
    let of_b = found.moments.iter().find(|found| found.class == 1).unwrap();
    assert_eq!(of_b.moment.steps, [250..260, 262..270, 270..280, 280..290]);
    assert_eq!(found.timeline.seconds(&of_b.moment.frames), [25.0, 29.0]);
    for found in &found.moments {
        let order = found.order.unwrap();
        assert!(order.p < 0.05 && order.z > 2.0, "{order:?}");
        let (rival, score) = found.rival.unwrap();
        assert!(rival != found.class && score < found.moment.score - 0.5);
    }
}

#[test]
fn the_same_steps_in_another_order_are_no_moment() {
    let classes = [class("backwards", &[3, 2, 1, 0], json!({}))];
    let settings = FindSettings { min_score: 0.0, ..SETTINGS };
    let found = find(&classes, &two_and_one(), settings);
    assert_eq!(places(&found), [], "{found:?}");
}

#[test]
fn a_script_of_one_step_has_no_other_order() {
    let found = find(&[class("c", &[5], json!({}))], &two_and_one(), SETTINGS);
    assert_eq!(places(&found), [(0, 262..270)]);
    assert_eq!((found.moments[0].order, found.moments[0].rival), (None, None));
}

#[test]
fn limits_of_a_class_count_before_those_of_the_search() {
    let of = |limits| {
        let found = find(&[class("a", &[0, 1, 2, 3], limits)], &two_and_one(), SETTINGS);
        found.moments.iter().map(|found| found.moment.frames.len()).collect::<Vec<_>>()
    };
    assert_eq!(of(json!({})).len(), 2);
    assert!(of(json!({"max_seconds": 4.5})).iter().all(|&frames| frames <= 45));
    let longer = of(json!({"min_seconds": 6}));
    assert!(!longer.is_empty() && longer.iter().all(|&frames| frames >= 60), "{longer:?}");
    let class: Class =
        serde_json::from_value(json!({"name": "a", "steps": ["x"], "min_seconds": "short"})).unwrap();
    let refused = Wanted::new(&class, Array2::zeros((1, DIM)), 1).unwrap_err().to_string();
    assert!(refused.contains("min_seconds \"short\""), "{refused}");
}

#[test]
fn of_classes_that_compete_the_best_is_kept() {
    let classes = [class("a", &[0, 1, 2, 3], json!({})), class("twin", &[0, 1, 2, 9], json!({}))];
    let at_the_first = |(_, frames): &(usize, std::ops::Range<usize>)| frames.contains(&120);
    let of = |competes| {
        let found = places(&find(&classes, &two_and_one(), FindSettings { competes, ..SETTINGS }));
        found.into_iter().filter(at_the_first).collect::<Vec<_>>()
    };
    assert_eq!(of(false), [(0, 100..150), (1, 100..150)]);
    assert_eq!(of(true), [(0, 100..150)]);
}

#[test]
fn no_more_moments_than_asked_for_and_none_without_frames() {
    let classes = [class("a", &[0, 1, 2, 3], json!({}))];
    let one = find(&classes, &two_and_one(), FindSettings { max_moments: 1, ..SETTINGS });
    let two = find(&classes, &two_and_one(), SETTINGS);
    assert_eq!(places(&one), places(&two)[..1]);
    assert!(two.moments[0].moment.score >= two.moments[1].moment.score);
    let empty = find(&classes, &Recording::new(DIM).unwrap(), SETTINGS);
    assert!(empty.moments.is_empty() && empty.timeline.is_empty());
}

#[test]
fn smoothing_of_a_part_is_that_of_the_whole() {
    let recording = recording(3000, &[(100..900, 0), (2000..2100, 1)]);
    let timeline = recording.timeline(1.0).unwrap();
    let steps = Array2::from_diag_elem(DIM, 1.0_f32);
    let whole = timeline.cosines(steps.view(), 0..3000);
    for part in [0..7, 1020..1030, 1500..2600, 2990..3000] {
        let own = timeline.cosines(steps.view(), part.clone());
        let expected = whole.slice(ndarray::s![.., part]);
        assert!(own.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
    }
    assert_eq!(timeline.width(), 10);
}
