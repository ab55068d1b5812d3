//! One clip and its candidates, without a model: embeddings are made up.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use actalign_tui::align::{
    self, Aligner, Alignment, Background, Calibration, Cell, OrderEvidence, OwnCalibration, Preset, Smoothing,
};
use actalign_tui::background::Worker;
use actalign_tui::explain::Confidence;
use actalign_tui::explore::{
    Candidate, ClassMatrix, ClassOutcome, EmbeddedFrame, Evidence, EvidenceLimit, EvidenceRequest,
    EvidenceUpdate, Exploration, Fixed, Kept, Method, Outcome, Report, ReportSettings, Settings, Sources,
    WithoutStep, align_classes,
};
use actalign_tui::script::Template;
use actalign_tui::video::Shown;
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;

const DIM: usize = 6;
const CALIBRATION: Calibration = Calibration { alpha: 8.0, beta: -3.0 };

fn candidate(name: &str, steps: &[&str]) -> Candidate {
    Candidate { domain: "chess".into(), name: name.into(), steps: steps.iter().map(|&s| s.into()).collect() }
}

fn candidates() -> Vec<Candidate> {
    vec![
        candidate("castling", &["king moves", "rook jumps"]),
        candidate("fork", &["knight jumps", "king moves", "queen falls"]),
    ]
}

/// A made-up embedding of a text: any function of its bytes will do.
fn text_embedding(text: &str) -> Vec<f32> {
    (0..DIM).map(|i| text.bytes().map(|b| f32::sin(f32::from(b) * (i as f32 + 1.3))).sum()).collect()
}

fn embed_missing(exploration: &mut Exploration) {
    let texts = exploration.missing_texts();
    exploration.add_texts(texts.into_iter().map(|text| (text.clone(), text_embedding(&text), false)));
}

fn frames(rows: &Array2<f32>) -> Vec<EmbeddedFrame> {
    let frame = |(i, row): (usize, ndarray::ArrayView1<f32>)| EmbeddedFrame {
        ordinal: i as u64,
        time: i as f64 / 4.0,
        shown: Shown::once(i as f64 / 4.0),
        embedding: row.to_vec().into(),
    };
    rows.rows().into_iter().enumerate().map(frame).collect()
}

/// What an exploration computes, without keeping anything: all frames at once, one class after the other.
fn at_once(rows: &Array2<f32>, class: &Candidate, settings: &Settings) -> (Array2<f32>, Alignment, f64) {
    let width = align::width_in_frames(settings.smoothing_seconds, 4.0);
    of_width(width, rows, class, &candidates(), settings)
}

fn of_width(
    width: usize,
    rows: &Array2<f32>,
    class: &Candidate,
    named: &[Candidate],
    settings: &Settings,
) -> (Array2<f32>, Alignment, f64) {
    let smoothing = Smoothing { width, preset: settings.method.preset };
    let sentences = class.steps.iter().map(|step| settings.template.fill(&class.name, &class.domain, step));
    let steps: Vec<f32> = sentences.flat_map(|sentence| text_embedding(&sentence)).collect();
    let steps = Array2::from_shape_vec((class.steps.len(), DIM), steps).unwrap();
    let prepared = smoothing.prepare(rows.view());
    let products = align::products(align::unit_rows(steps.view()).view(), prepared.view());
    let cosines = smoothing.cosines(products.view(), &smoothing.window_norms(prepared.view()));
    let cells = align::cells(&cosines, settings.method.cell, settings.calibration.unwrap_or(CALIBRATION));
    let alignment = align::align(settings.method.rule([&cells]), cells.view()).unwrap();
    let names: Vec<f32> = named.iter().flat_map(|class| text_embedding(&class.name)).collect();
    let names = Array2::from_shape_vec((named.len(), DIM), names).unwrap();
    let scores = align::mean_pool(settings.method.preset, rows.view(), names.view());
    let at = named.iter().position(|other| other.name == class.name);
    (cells, alignment, at.map_or(0.0, |at| scores[at]))
}

proptest! {
    /// Frames and texts in any order and in any pieces, knobs turned in between: the end is the same.
    #[test]
    fn what_arrives_piecemeal_is_aligned_as_if_it_came_at_once(
        (rows, order) in (2usize..14).prop_flat_map(|t| (
            prop::collection::vec(-1.0f32..1.0, t * DIM)
                .prop_map(move |values| Array2::from_shape_vec((t, DIM), values).unwrap()),
            Just((0..t).collect::<Vec<_>>()).prop_shuffle(),
        )),
        texts_after in 0usize..14,
        smoothing_seconds in 0.0f64..2.0,
        template in 0usize..4,
        released: bool,
    ) {
        let [preset, cell] = if released { [Preset::Released, Preset::Paper] } else { [Preset::Paper; 2] };
        let cell = if cell == preset { Cell::Affinity } else { Cell::Cosine };
        let settings = Settings {
            method: Method { preset, cell, ..Method::default() },
            smoothing_seconds,
            template: Template::built_in()[template].clone(),
            calibration: None,
        };
        let mut exploration = Exploration::new(candidates(), CALIBRATION, DIM, Settings::default());
        let all = frames(&rows);
        for (arrived, &index) in order.iter().enumerate() {
            if arrived == texts_after {
                embed_missing(&mut exploration);
            }
            exploration.add_frames([all[index].clone()]);
            exploration.refresh().unwrap();
        }
        exploration.add_frames([all[0].clone()]);
        prop_assert_eq!(exploration.frame_count(), rows.nrows(), "a frame that is there already is not counted again");
        exploration.set(settings.clone());
        embed_missing(&mut exploration);
        exploration.refresh().unwrap();

        let outcome = exploration.outcome();
        prop_assert!(outcome.times.is_sorted());
        for (index, class) in exploration.candidates().iter().enumerate() {
            let (cells, alignment, mean_pool) = at_once(&rows, class, &settings);
            let found = outcome.classes[index].as_ref().unwrap();
            prop_assert_eq!(found.cells.dim(), cells.dim());
            prop_assert_eq!(found.cells.ncols(), outcome.times.len());
            for (a, b) in found.cells.iter().zip(&cells) {
                prop_assert!((a - b).abs() < 1e-4, "{a} {b}");
            }
            prop_assert!((found.alignment.score - alignment.score).abs() < 1e-4);
            prop_assert!((found.mean_pool.unwrap() - mean_pool).abs() < 1e-6);
        }
    }
}

/// Something that happens to an exploration.
#[derive(Clone, Debug)]
enum Event {
    /// The next frames of the order of arrival.
    Frames(usize),
    /// That many of the missing texts, and whether those of another template come instead.
    Texts(usize, Option<usize>),
    Turn {
        smoothing_seconds: f64,
        template: usize,
        released: bool,
        cell: Cell,
        calibration: Option<Calibration>,
    },
}

fn events() -> impl Strategy<Value = Event> {
    let cells = prop_oneof![Just(Cell::Affinity), Just(Cell::Logit), Just(Cell::Cosine)];
    prop_oneof![
        (1..9_usize).prop_map(Event::Frames),
        (1..9_usize, prop::option::of(0..4_usize)).prop_map(|(count, of)| Event::Texts(count, of)),
        (0.0..3.0_f64, 0..4_usize, any::<bool>(), cells, prop::option::of((0.0..20.0_f32, -9.0..0.0_f32)))
            .prop_map(|(smoothing_seconds, template, released, cell, calibration)| Event::Turn {
                smoothing_seconds,
                template,
                released,
                cell,
                calibration: calibration.map(|(alpha, beta)| Calibration { alpha, beta }),
            }),
    ]
}

proptest! {
    /// After each of many changes, what is kept gives what the definition gives of the frames that are there.
    #[test]
    fn what_is_kept_is_what_starting_again_would_give(
        (values, order) in (1usize..40).prop_flat_map(|t| (
            prop::collection::vec(-1.0f32..1.0, t * DIM),
            Just((0..t).collect::<Vec<_>>()).prop_shuffle(),
        )),
        events in prop::collection::vec(events(), 1..30),
    ) {
        let mut rows = Array2::from_shape_vec((order.len(), DIM), values).unwrap();
        // Keeps every window away from zero, where the cosine has no meaning.
        rows.column_mut(0).fill(2.0);
        let all = frames(&rows);
        let mut order = order.into_iter();
        let mut there = Vec::new();
        let mut exploration = Exploration::new(candidates(), CALIBRATION, DIM, Settings::default());
        for event in events {
            match event {
                Event::Frames(count) => {
                    let arrived: Vec<usize> = order.by_ref().take(count).collect();
                    exploration.add_frames(arrived.iter().map(|&index| all[index].clone()));
                    there.extend(arrived);
                    there.sort_unstable();
                }
                Event::Texts(count, other) => {
                    let missing = match other {
                        Some(template) => exploration.missing_texts_in(&Template::built_in()[template]),
                        None => exploration.missing_texts(),
                    };
                    let texts = missing.into_iter().take(count);
                    exploration.add_texts(texts.map(|text| (text.clone(), text_embedding(&text), false)));
                }
                Event::Turn { smoothing_seconds, template, released, cell, calibration } => exploration.set(Settings {
                    method: Method {
                        preset: if released { Preset::Released } else { Preset::Paper },
                        cell,
                        ..Method::default()
                    },
                    smoothing_seconds,
                    template: Template::built_in()[template].clone(),
                    calibration,
                }),
            }
            exploration.refresh().unwrap();

            let settings = exploration.settings().clone();
            let times: Vec<f64> = there.iter().map(|&index| all[index].time).collect();
            let width = align::width_in_frames(settings.smoothing_seconds, align::mean_rate(&times));
            let smoothing = Smoothing { width, preset: settings.method.preset };
            let columns = smoothing.output_len(times.len());
            let missing = exploration.missing_texts();
            let outcome = exploration.outcome();
            prop_assert_eq!(&outcome.times[..], &times[..columns]);
            prop_assert_eq!(outcome.width, width);
            let rows = rows.select(Axis(0), &there);
            let mut scores = Vec::new();
            let mut named = exploration.candidates().to_vec();
            named.retain(|class| !missing.contains(&class.name));
            for (found, class) in outcome.classes.iter().zip(exploration.candidates()) {
                let is_known = class.sentences(&settings.template).all(|text| !missing.contains(&text));
                prop_assert_eq!(found.is_some(), is_known && columns > 0);
                let Some(found) = found else { continue };
                let (cells, alignment, mean_pool) = of_width(width, &rows, class, &named, &settings);
                prop_assert_eq!(found.cells.dim(), cells.dim());
                for (a, b) in found.cells.iter().zip(&cells) {
                    prop_assert!((a - b).abs() < 1e-4, "{a} {b}");
                }
                prop_assert!((found.alignment.score - alignment.score).abs() < 1e-4);
                prop_assert!((found.order_free - align::order_free(cells.view())).abs() < 1e-4);
                let known_pool = (!missing.contains(&class.name)).then_some(mean_pool);
                prop_assert_eq!(found.mean_pool.is_some(), known_pool.is_some());
                prop_assert!((found.mean_pool.unwrap_or(0.0) - known_pool.unwrap_or(0.0)).abs() < 1e-6);
                scores.push(found.alignment.score);
            }
            let ranked: Vec<f64> = outcome.ranking.iter().map(|&class| outcome.score(class).unwrap()).collect();
            prop_assert_eq!(ranked.len(), scores.len());
            prop_assert!(ranked.is_sorted_by(|a, b| a >= b));
        }
    }
}

#[test]
fn a_class_is_ranked_once_all_its_steps_are_embedded() {
    let mut exploration = Exploration::new(candidates(), CALIBRATION, DIM, Settings::default());
    exploration.add_frames(frames(&Array2::from_elem((3, DIM), 0.5)));
    let missing = exploration.missing_texts();
    assert_eq!(missing.len(), 5 + 2, "every step in its sentence, then the names");
    assert_eq!(missing[0], "This is a video of doing castling in chess with king moves");
    assert_eq!(missing[5..], ["castling", "fork"]);
    let mut embed = |from: usize, to: usize| {
        exploration.add_texts(
            missing[from..to].iter().map(|text| (text.clone(), text_embedding(text), text.len() > 60)),
        );
        exploration.refresh().unwrap();
        exploration.outcome().ranking.clone()
    };
    assert!(embed(0, 1).is_empty());
    assert_eq!(embed(1, 4), [0]);
    assert_eq!(embed(4, 5).len(), 2);
    assert_eq!(exploration.outcome().mean_pool_ranking, [] as [usize; 0]);
    assert!(!exploration.is_cut(0, 0), "59 bytes");
    assert!(exploration.is_cut(1, 0) == (exploration.sentence(1, 0).len() > 60));
}

#[test]
fn a_step_that_two_classes_share_is_embedded_once_where_the_template_allows_it() {
    let settings = Settings { template: Template::parse("step").unwrap(), ..Settings::default() };
    let exploration = Exploration::new(candidates(), CALIBRATION, DIM, settings);
    let missing = exploration.missing_texts();
    assert_eq!(missing, ["king moves", "rook jumps", "knight jumps", "queen falls", "castling", "fork"]);
}

#[test]
fn an_embedding_that_is_not_a_number_is_refused() {
    let mut exploration = Exploration::new(candidates(), CALIBRATION, DIM, Settings::default());
    embed_missing(&mut exploration);
    exploration.add_frames(frames(&Array2::from_elem((3, DIM), f32::NAN)));
    assert!(exploration.refresh().unwrap_err().to_string().contains("finite"));
}

#[test]
fn a_calibration_of_ones_own_takes_the_place_of_the_checkpoints() {
    let mut exploration = Exploration::new(candidates(), CALIBRATION, DIM, Settings::default());
    embed_missing(&mut exploration);
    exploration.add_frames(frames(&Array2::from_shape_fn((4, DIM), |(t, i)| (t * i) as f32 + 1.0)));
    exploration.refresh().unwrap();
    let before = exploration.outcome().score(0).unwrap();
    let own = Calibration { alpha: 2.0, beta: 0.5 };
    exploration.set(Settings { calibration: Some(own), ..Settings::default() });
    exploration.refresh().unwrap();
    assert_ne!(exploration.outcome().score(0).unwrap(), before);
    assert_eq!((exploration.calibration(), exploration.calibration_in_force()), (CALIBRATION, own));
    let settings = exploration.report(&Sources::default()).settings;
    assert_eq!((settings.alpha, settings.beta), (2.0, 0.5));

    for (alpha, beta) in [(f32::INFINITY, 0.0), (f32::NAN, 0.0), (1.0, f32::NEG_INFINITY)] {
        exploration.set(Settings { calibration: Some(Calibration { alpha, beta }), ..Settings::default() });
        assert!(exploration.refresh().unwrap_err().to_string().contains("finite"), "{alpha} {beta}");
    }
    exploration.set(Settings::default());
    exploration.refresh().unwrap();
    assert_eq!(exploration.outcome().score(0), Some(before));
}

/// A bias that the model lacks follows the frames embedded so far, for all candidates together.
#[test]
fn a_missing_bias_is_fitted_to_all_frames_and_candidates() {
    let own = OwnCalibration { alpha: 100.0, beta: None };
    let mut exploration = Exploration::new(candidates(), own, DIM, Settings::default());
    let rows =
        Array2::from_shape_fn((40, DIM), |(t, i)| ((t * 7 + i * 3) % 11) as f32 - 4.0 + t as f32 / 50.0);
    embed_missing(&mut exploration);
    let frames = frames(&rows);
    for count in [1, 10, 40] {
        exploration.add_frames(frames[..count].iter().cloned());
        exploration.refresh().unwrap();
        let classes: Vec<&ClassOutcome> = exploration.outcome().classes.iter().flatten().collect();
        let all: Vec<f32> = classes.iter().flat_map(|class| &class.cells).copied().collect();
        // One half lies between the values that a percentile is interpolated from.
        let above = all.iter().filter(|cell| **cell > 0.5 + 1e-5).count();
        assert!(above <= 1 + all.len() / 50, "{above} of {}", all.len());
        assert!(all.iter().any(|cell| *cell >= 0.5 - 1e-5));
        let Calibration { alpha, beta } = exploration.calibration();
        let cosines = align::percentile(98.0, classes.iter().map(|class| &class.cosines)).unwrap();
        assert_eq!((alpha, beta), (100.0, -100.0 * cosines as f32));
        assert_eq!(exploration.report(&Sources::default()).settings.beta, beta);
    }
    let mine = Calibration { alpha: 100.0, beta: -20.0 };
    exploration.set(Settings { calibration: Some(mine), ..Settings::default() });
    exploration.refresh().unwrap();
    assert_eq!(exploration.calibration_in_force(), mine);
}

/// The steps of every class under the present template, as they are aligned.
fn matrices(exploration: &Exploration) -> Vec<Option<Array2<f32>>> {
    exploration
        .outcome()
        .classes
        .iter()
        .map(|class| class.as_ref().map(|class| class.cells.clone()))
        .collect()
}

fn explored(candidates: Vec<Candidate>) -> Exploration {
    let mut exploration = Exploration::new(candidates, CALIBRATION, DIM, Settings::default());
    embed_missing(&mut exploration);
    exploration
        .add_frames(frames(&Array2::from_shape_fn((9, DIM), |(t, i)| ((t * 5 + i * 3) % 7) as f32 - 2.5)));
    exploration.refresh().unwrap();
    exploration
}

#[test]
fn edited_candidates_are_aligned_as_if_they_had_been_given_so() {
    let edits: [fn(&mut Vec<Candidate>); 7] = [
        |classes| classes[0].steps[1] = "queen falls".into(),
        |classes| classes[1].steps.swap(0, 2),
        |classes| classes[1].steps.push("pawn sleeps".into()),
        |classes| drop(classes[1].steps.remove(1)),
        |classes| classes.push(candidate("pin", &["king moves", "bishop stares"])),
        |classes| classes.swap(0, 1),
        |classes| drop(classes.remove(0)),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let mut exploration = explored(candidates());
        let before = matrices(&exploration);
        let mut edited = candidates();
        edit(&mut edited);
        exploration.set_candidates(edited.clone());
        let outcome = exploration.outcome();
        assert_eq!(outcome.classes.len(), edited.len());
        for (class, candidate) in outcome.classes.iter().zip(&edited) {
            assert_eq!(
                class.is_some(),
                candidates().contains(candidate),
                "edit {number}, before the refresh"
            );
        }
        embed_missing(&mut exploration);
        exploration.refresh().unwrap();
        assert_eq!(matrices(&exploration), matrices(&explored(edited)), "edit {number}");
        assert_eq!(exploration.outcome().ranking.len(), exploration.candidates().len());

        exploration.set_candidates(candidates());
        assert!(exploration.missing_texts().is_empty(), "edit {number} is undone from what is embedded");
        exploration.refresh().unwrap();
        assert_eq!(matrices(&exploration), before, "edit {number} undone");
    }
}

#[test]
fn a_class_without_smoothing_is_what_a_width_of_zero_gives() {
    for preset in [Preset::Paper, Preset::Released] {
        let method = Method { preset, cell: Cell::Logit, ..Method::default() };
        let settings = Settings { method, smoothing_seconds: 1.0, ..Settings::default() };
        let mut exploration = explored(candidates());
        // Before and after the refresh: the settings count, not what was last aligned.
        exploration.set(settings.clone());
        let early = exploration.unsmoothed(1).unwrap();
        exploration.refresh().unwrap();
        let unsmoothed = exploration.unsmoothed(1).unwrap();
        let smoothed = matrices(&exploration);

        exploration.set(Settings { smoothing_seconds: 0.0, ..settings });
        exploration.refresh().unwrap();
        let expected = exploration.outcome().classes[1].as_ref().unwrap();
        for class in [early, unsmoothed] {
            assert_eq!(class.cells, expected.cells);
            assert_eq!(class.alignment, expected.alignment);
            assert_eq!(class.mean_pool, expected.mean_pool);
            assert_ne!(Some(class.cells), smoothed[1]);
        }
    }
}

#[test]
fn what_cannot_be_aligned_has_no_unsmoothed_matrix_either() {
    let mut exploration = Exploration::new(candidates(), CALIBRATION, DIM, Settings::default());
    assert!(exploration.unsmoothed(0).is_none(), "no text, no frame");
    embed_missing(&mut exploration);
    assert!(exploration.unsmoothed(0).is_none(), "no frame");
    assert!(exploration.unsmoothed(2).is_none(), "no such class");
    exploration.add_frames(frames(&Array2::from_elem((3, DIM), f32::NAN)));
    assert!(exploration.unsmoothed(0).is_none(), "no number");
    assert!(explored(vec![candidate("stalemate", &[])]).unsmoothed(0).is_none(), "no step");
}

#[test]
fn a_new_step_is_missing_until_it_is_embedded() {
    let mut exploration = explored(candidates());
    let mut edited = candidates();
    edited[0].steps.insert(1, "king yawns".into());
    exploration.set_candidates(edited);
    assert_eq!(exploration.missing_texts(), ["This is a video of doing castling in chess with king yawns"]);
    exploration.refresh().unwrap();
    assert_eq!(exploration.outcome().ranking, [1], "the other class is aligned meanwhile");
}

#[test]
fn what_has_no_steps_is_not_aligned_and_nothing_breaks() {
    let mut exploration = explored(vec![candidate("stalemate", &[]), candidates().remove(0)]);
    assert_eq!(exploration.outcome().ranking, [1]);
    assert_eq!(exploration.missing_texts(), [] as [&str; 0]);
    assert_eq!(exploration.report(&Sources::default()).ranking, [1]);

    for candidates in [vec![], vec![candidate("stalemate", &[])]] {
        exploration.set_candidates(candidates.clone());
        embed_missing(&mut exploration);
        exploration.refresh().unwrap();
        let outcome = exploration.outcome();
        assert_eq!((outcome.classes.len(), outcome.ranking.len()), (candidates.len(), 0));
        assert_eq!(exploration.report(&Sources::default()).classes, []);
        exploration.add_frames(frames(&Array2::ones((2, DIM))));
        exploration.refresh().unwrap();
    }
    let mut none = Exploration::new(Vec::new(), CALIBRATION, DIM, Settings::default());
    none.refresh().unwrap();
    assert!(none.missing_texts().is_empty());
}

fn class(score: f64, mean_pool: Option<f64>) -> Option<ClassOutcome> {
    let matrix = ClassMatrix { cosines: array![[score as f32]], mean_pool };
    let method = Method { cell: Cell::Cosine, ..Method::default() };
    align_classes(vec![Some(matrix)], method, CALIBRATION).unwrap().1.pop().unwrap()
}

/// Each effect is what deleting the step from the script does.
#[test]
fn without_a_step_margin_and_rank_are_those_of_the_shorter_script() {
    let rows = Array2::from_shape_fn((9, DIM), |(t, i)| f32::sin((7 * t + 3 * i) as f32));
    for aligner in [Aligner::Dtw, Aligner::Segment] {
        let method = Method { aligner, ..Method::default() };
        let explored = |candidates: Vec<Candidate>| {
            let settings = Settings { method, ..Settings::default() };
            let mut exploration = Exploration::new(candidates, CALIBRATION, DIM, settings);
            exploration.add_frames(frames(&rows));
            embed_missing(&mut exploration);
            exploration.refresh().unwrap();
            exploration.report(&Sources::default()).classes
        };
        let all = [candidates(), vec![candidate("mate", &["king falls", "queen moves"])]].concat();
        for class in explored(all.clone()) {
            let sum = class.contributions.iter().sum::<f64>() + class.background_share;
            assert!((sum - class.score).abs() < 1e-6, "{aligner}: {sum} {}", class.score);
            assert_eq!(class.without_step.len(), all[class.index].steps.len());
            for (step, without) in class.without_step.iter().enumerate() {
                let mut shorter = all.clone();
                shorter[class.index].steps.remove(step);
                let shorter = &explored(shorter)[class.index];
                assert_eq!((without.margin, without.rank), (shorter.margin, Some(shorter.rank)));
            }
        }
    }
}

#[test]
fn scores_without_steps_are_of_the_present_matrices() {
    let mut exploration = Exploration::new(candidates(), CALIBRATION, DIM, Settings::default());
    let rows = Array2::from_shape_fn((9, DIM), |(t, i)| f32::sin((7 * t + 3 * i) as f32));
    exploration.add_frames(frames(&rows));
    embed_missing(&mut exploration);
    exploration.refresh().unwrap();
    let of_first = exploration.find_scores_without(&[0, 1], 0).unwrap();
    exploration.add_scores_without(exploration.find_scores_without(&[1], 0).unwrap().find());
    let found = |exploration: &Exploration| {
        [0, 1].map(|class| exploration.outcome().scores_without_steps(class).len())
    };
    assert_eq!(found(&exploration), [0, 3]);
    exploration.set(Settings { smoothing_seconds: 0.0, ..Settings::default() });
    exploration.refresh().unwrap();
    exploration.add_scores_without(of_first.find());
    assert_eq!(found(&exploration), [0, 0], "those of other matrices are gone, and new ones are not taken");
    // Two steps of nine frames leave out each of two, three each of three.
    let visits = 2 * 2 * 9 + 3 * 3 * 9;
    assert!(exploration.find_scores_without(&[0, 1], visits - 1).is_some());
    assert_eq!(found(&exploration), [0, 0], "too many to find at once");
    assert!(exploration.find_scores_without(&[0, 1], visits).is_none());
    assert_eq!(found(&exploration), [2, 3]);
    let report = exploration.report(&Sources::default());
    let [without, ..] = report.classes[0].without_step[..] else { panic!() };
    assert_eq!(
        without.margin,
        Some(exploration.outcome().scores_without_steps(0)[0].unwrap() - report.classes[1].score)
    );
}

#[test]
fn a_script_of_one_step_has_no_script_without_it() {
    let mut exploration = Exploration::new(
        vec![candidate("castling", &["king moves"]), candidate("fork", &["queen falls"])],
        CALIBRATION,
        DIM,
        Settings::default(),
    );
    exploration.add_frames(frames(&Array2::ones((2, DIM))));
    embed_missing(&mut exploration);
    exploration.refresh().unwrap();
    for class in exploration.report(&Sources::default()).classes {
        assert_eq!(class.without_step, [WithoutStep { margin: None, rank: None }]);
        assert!((class.contributions[0] - class.score).abs() < 1e-9);
    }
}

#[test]
fn a_report_ranks_with_margins_and_baselines_and_leaves_out_what_is_not_aligned() {
    let classes = vec![
        class(0.25, Some(0.1)),
        class(0.5, Some(0.2)),
        None,
        class(0.25, Some(0.4)),
        class(0.125, Some(0.4)),
    ];
    let outcome = Outcome::new(vec![0.0], vec![0], 3, Default::default(), classes);
    let settings = ReportSettings::of_clip(
        &Settings::default(),
        CALIBRATION,
        Default::default(),
        3,
        &Sources::default(),
    );
    let report = Report::new(["walk", "jump", "swim", "run", "fall"], &outcome, settings);

    assert_eq!(report.ranking, [1, 0, 3, 4], "ties in the order given");
    assert_eq!(report.classes.iter().map(|c| c.index).collect::<Vec<_>>(), [0, 1, 3, 4]);
    assert_eq!(report.classes.iter().map(|c| c.rank).collect::<Vec<_>>(), [2, 1, 3, 4]);
    let margins: Vec<f64> = report.classes.iter().map(|c| c.margin.unwrap()).collect();
    assert_eq!(margins, [-0.25, 0.25, -0.25, -0.375]);
    assert_eq!(report.classes.iter().map(|c| c.mean_pool_rank.unwrap()).collect::<Vec<_>>(), [4, 3, 1, 2]);

    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["classes"][2]["name"], "run");
    assert_eq!(json["classes"][2]["path"], serde_json::json!([[0, 0]]));
    for (knob, value) in
        [("preset", "paper"), ("aligner", "dtw"), ("cell", "affinity"), ("template", "context")]
    {
        assert_eq!(json["settings"][knob], value);
    }
    assert_eq!(json["settings"]["smoothing"], 3);
    assert_eq!(json["settings"]["smoothing_seconds"], 1.0);
}

#[test]
fn the_only_class_has_no_margin() {
    let outcome = Outcome::new(vec![0.0], vec![0], 0, Default::default(), vec![class(0.5, None)]);
    assert_eq!((outcome.rank(0), outcome.margin(0), outcome.mean_pool_rank(0)), (Some(1), None, None));
}

fn find(worker: &Worker<EvidenceUpdate>, request: EvidenceRequest) {
    worker.replace(|panic| panic!("{panic}"), move |context| request.find(context));
}

/// All evidence that a worker finds of one exploration, class by class, and then the confidence.
#[expect(clippy::type_complexity, reason = "as the updates have them")]
fn found(exploration: &Exploration) -> (Vec<(u64, usize, Option<OrderEvidence>)>, (u64, Confidence)) {
    let (sender, news) = channel();
    let worker = Worker::new("order evidence", Arc::new(move |update| drop(sender.send(update))));
    let count = exploration.outcome().ranking.len();
    find(&worker, exploration.evidence_request(0));
    let found = news.iter().take(count).map(|update| match update {
        EvidenceUpdate::Found { generation, class, evidence } => (generation, class, evidence),
        other => panic!("{other:?}"),
    });
    let found = found.collect();
    let confidence = match news.recv().unwrap() {
        EvidenceUpdate::Sure { generation, confidence } => (generation, confidence),
        other => panic!("{other:?}"),
    };
    (found, confidence)
}

#[test]
fn order_evidence_is_found_in_the_background_and_kept_while_the_matrices_are_the_same() {
    let mut exploration = explored(candidates());
    let ranking = exploration.outcome().ranking.clone();
    let (found, (generation, confidence)) = found(&exploration);
    exploration.add_confidence(generation - 1, confidence);
    assert_eq!(exploration.outcome().confidence, None, "of other matrices");
    exploration.add_confidence(generation, confidence);
    let mut at_once = explored(candidates());
    at_once.find_evidence(EvidenceLimit::default()).unwrap();
    assert_eq!(exploration.report(&Sources::default()).confidence, at_once.outcome().confidence);
    assert_eq!(exploration.outcome().confidence, Some(confidence));
    assert_eq!(Some(confidence.margin), exploration.outcome().margin(ranking[0]));
    assert_eq!(found.iter().map(|&(_, class, _)| class).collect::<Vec<_>>(), ranking, "the best first");
    for &(generation, class, evidence) in &found {
        let cells = exploration.outcome().classes[class].as_ref().unwrap().cells.clone();
        let seed = exploration.candidates()[class].order_seed();
        assert_eq!(evidence, align::order_evidence(Aligner::Dtw, cells.view(), seed).unwrap());
        exploration.add_evidence(generation - 1, class, evidence);
        assert_eq!(exploration.evidence(class), Evidence::Unknown, "of other matrices");
        exploration.add_evidence(generation, class, evidence);
        assert_eq!(exploration.evidence(class), evidence.into());
    }
    let generation = exploration.generation();
    exploration.refresh().unwrap();
    assert_eq!(exploration.generation(), generation);
    assert!(exploration.evidence_request(0).is_empty(), "nothing is asked for twice");
    assert_eq!(exploration.outcome().confidence, Some(confidence), "kept while the matrices are the same");

    let mut edited = candidates();
    edited[0].steps.swap(0, 1);
    exploration.set_candidates(edited);
    exploration.refresh().unwrap();
    assert_eq!(exploration.outcome().confidence, None, "another class may overtake");
    assert_ne!(
        exploration.evidence(1),
        Evidence::Unknown,
        "the class that was left alone keeps its evidence"
    );
    assert_eq!(exploration.evidence(0), Evidence::Unknown);
    let settings = Settings { smoothing_seconds: 0.0, ..Settings::default() };
    exploration.set(settings);
    exploration.refresh().unwrap();
    assert_eq!([0, 1].map(|class| exploration.evidence(class)), [Evidence::Unknown; 2]);
}

const STEPS: [&str; 8] = [
    "king moves",
    "rook jumps",
    "knight jumps",
    "queen falls",
    "pawn sleeps",
    "bishop stares",
    "clock stops",
    "hands shake",
];

#[test]
fn order_evidence_of_a_class_does_not_depend_on_the_other_candidates() {
    let mate = candidate("mate", &STEPS);
    let mut turned = STEPS;
    turned.rotate_left(3);
    let of_mate = |candidates: Vec<Candidate>| {
        let mut exploration = explored(candidates);
        exploration.find_evidence(EvidenceLimit::ALL).unwrap();
        let report = exploration.report(&Sources::default());
        let class = report.classes.into_iter().find(|class| class.name == "mate").unwrap();
        (class.order_z.unwrap(), class.order_z_error.unwrap(), class.order_p.unwrap(), class.order_n.unwrap())
    };
    let alone = of_mate(vec![mate.clone()]);
    assert!(alone.1 > 0.0 && alone.3 >= 200, "{alone:?}");
    assert_eq!(of_mate([candidates(), vec![mate.clone()]].concat()), alone);
    assert_eq!(of_mate(vec![candidate("stale", &turned), mate, candidate("fork", &STEPS)]), alone);
}

/// Classes of two or three of the steps.
fn many(count: usize) -> Vec<Candidate> {
    let class = |number: usize| {
        let steps = [STEPS[number % 8], STEPS[(number / 8 + number + 3) % 8], STEPS[(3 * number + 5) % 8]];
        candidate(&format!("class {number}"), &steps[..2 + number % 2])
    };
    (0..count).map(class).collect()
}

#[test]
fn order_evidence_is_found_for_as_many_classes_as_asked_for() {
    for (limit, found) in [("none", 0), ("1", 1), ("20", 20), ("all", 30)] {
        let mut exploration = explored(many(30));
        exploration.find_evidence(limit.parse().unwrap()).unwrap();
        let outcome = exploration.outcome();
        let has = |&&class: &&usize| exploration.evidence(class) != Evidence::Unknown;
        assert_eq!(outcome.ranking.iter().take_while(has).count(), found, "{limit}");
        assert_eq!(outcome.ranking.iter().filter(has).count(), found, "{limit}");
        // The margin needs both classes.
        assert_eq!(outcome.confidence.unwrap().margin_order.is_some(), found > 1, "{limit}");
    }
}

#[test]
fn the_explorer_asks_for_the_first_classes_and_the_selected_one() {
    let mut exploration = explored(many(30));
    let ranking = exploration.outcome().ranking.clone();
    let asked = |exploration: &Exploration, selected| {
        let (sender, news) = channel();
        let worker = Worker::new("order evidence", Arc::new(move |update| drop(sender.send(update))));
        find(&worker, exploration.evidence_request(selected));
        let mut found = Vec::new();
        loop {
            match news.recv().unwrap() {
                EvidenceUpdate::Found { generation, class, evidence } => {
                    found.push((generation, class, evidence))
                }
                _ => return found,
            }
        }
    };
    let classes = |found: &[(u64, usize, _)]| found.iter().map(|&(_, class, _)| class).collect::<Vec<_>>();
    assert_eq!(classes(&asked(&exploration, ranking[3])), ranking[..20]);
    let found = asked(&exploration, ranking[25]);
    assert_eq!(classes(&found), [&ranking[..20], &ranking[25..26]].concat());
    for (generation, class, evidence) in found {
        exploration.add_evidence(generation, class, evidence);
    }
    assert_eq!(classes(&asked(&exploration, ranking[26])), ranking[26..27]);
}

#[test]
fn a_newer_request_for_evidence_takes_the_place_of_the_older() {
    let long = explored(candidates());
    let (sender, news) = channel();
    let (gate, opened) = channel::<()>();
    let opened = Mutex::new(opened);
    let send = move |update| {
        // The first class is sent while the second request is on its way.
        let _ = opened.lock().unwrap().recv();
        let _ = sender.send(update);
    };
    let worker = Worker::new("order evidence", Arc::new(send));
    find(&worker, long.evidence_request(0));
    let mut newer = explored(candidates());
    newer.set(Settings { smoothing_seconds: 0.0, ..Settings::default() });
    newer.refresh().unwrap();
    find(&worker, newer.evidence_request(0));
    drop(gate);
    let generations: Vec<u64> = news
        .iter()
        .map(|update| match update {
            EvidenceUpdate::Found { generation, .. } | EvidenceUpdate::Sure { generation, .. } => generation,
            EvidenceUpdate::Failed(report) => panic!("{report}"),
        })
        .take_while(|&generation| generation != newer.generation())
        .collect();
    assert!(generations.len() <= 1, "of the older request at most the class in hand");
    drop(worker);
    assert!(
        news.iter().count() <= 2,
        "the thread ends with its worker, after a class and the confidence at most"
    );
}

#[test]
fn what_only_matrices_are_left_of_ranks_as_it_did_and_takes_other_cells_only() {
    let whole = explored(candidates());
    let outcome = whole.outcome();
    let fixed = Fixed {
        times: outcome.times.clone(),
        ordinals: outcome.ordinals.clone(),
        width: outcome.width,
        cosines: outcome.classes.iter().map(|class| Some(class.as_ref()?.cosines.clone())).collect(),
        mean_pool: outcome.classes.iter().map(|class| class.as_ref()?.mean_pool).collect(),
    };
    let mut frozen = Exploration::frozen(candidates(), CALIBRATION, Settings::default(), fixed);
    frozen.refresh().unwrap();
    assert!(frozen.is_frozen() && !whole.is_frozen());
    assert_eq!(frozen.report(&Sources::default()), whole.report(&Sources::default()));
    assert_eq!((frozen.frame_count(), frozen.missing_texts().len()), (whole.frame_count(), 0));
    assert!(frozen.unsmoothed(0).is_none());

    frozen.set_candidates(Vec::new());
    assert_eq!(frozen.candidates().len(), 2, "the matrices are of these");
    let settings = Settings {
        method: Method { cell: Cell::Logit, ..Method::default() },
        smoothing_seconds: 0.0,
        template: Template::built_in()[1].clone(),
        calibration: Some(Calibration { alpha: 2.0, beta: 1.0 }),
    };
    frozen.set(settings);
    frozen.refresh().unwrap();
    let class = |exploration: &Exploration| exploration.outcome().classes[0].clone().unwrap();
    assert_eq!(class(&frozen).cosines, class(&whole).cosines, "whatever smoothing and template say");
    assert_eq!(class(&frozen).cells, class(&whole).cosines.mapv(|cosine| 2.0 * cosine + 1.0));
}

proptest! {
    /// A frame without a row leaves what would be there if it had never come.
    #[test]
    fn frames_without_a_row_change_nothing(
        values in prop::collection::vec(-1.0f32..1.0, 12 * DIM),
        wanted in prop::collection::vec(any::<bool>(), 12),
        order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let rows = Array2::from_shape_vec((12, DIM), values).unwrap();
        let all = frames(&rows);
        let new = || Exploration::new(candidates(), CALIBRATION, DIM, Settings::default());
        let mut some = new();
        embed_missing(&mut some);
        some.add_frames(order.iter().map(|&index| all[index].clone()));
        some.refresh().unwrap();
        some.choose_rows(|frame| if wanted[frame.ordinal as usize] { frame.shown.rows.clone() } else { Vec::new() });
        some.refresh().unwrap();
        let mut fresh = new();
        embed_missing(&mut fresh);
        fresh.add_frames(all.into_iter().filter(|frame| wanted[frame.ordinal as usize]));
        fresh.refresh().unwrap();
        prop_assert_eq!(&some.outcome().times, &fresh.outcome().times);
        for (class, other) in some.outcome().classes.iter().zip(&fresh.outcome().classes) {
            prop_assert_eq!(class.is_some(), other.is_some());
            if let (Some(class), Some(other)) = (class, other) {
                let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
                prop_assert!(class.cells.iter().zip(&other.cells).all(close));
            }
        }
    }
}

#[test]
fn a_sparing_exploration_finds_the_same_and_keeps_the_best_matrices() {
    let report = |mut exploration: Exploration, limit| {
        embed_missing(&mut exploration);
        exploration.add_frames(frames(&Array2::from_shape_fn((24, DIM), |(t, i)| {
            ((t * 5 + i * 3) % 7) as f32 - 2.5
        })));
        exploration.refresh().unwrap();
        exploration.find_evidence(limit).unwrap();
        let with_matrix = |class: &&Option<ClassOutcome>| !class.as_ref().unwrap().cells.is_empty();
        let kept = exploration.outcome().classes.iter().filter(with_matrix).count();
        (exploration.report(&Sources::default()), kept)
    };
    let methods = [
        Method::default(),
        Method { aligner: Aligner::Segment, cell: Cell::Logit, ..Method::default() },
        Method { aligner: Aligner::MeanPath, preset: Preset::Released, ..Method::default() },
        Method { aligner: Aligner::Drop, background: Background::Level(0.1), ..Method::default() },
        Method { aligner: Aligner::Drop, ..Method::default() },
    ];
    for method in methods {
        let settings = Settings { method, ..Settings::default() };
        let new = || Exploration::new(many(40), CALIBRATION, DIM, settings.clone());
        let limit = EvidenceLimit::default();
        let (whole, all) = report(new(), limit);
        let (same, kept) = report(new().sparing(Kept::for_evidence(limit, true)), limit);
        assert_eq!(same, whole, "{method:?}");
        assert_eq!((all, kept), (40, if method.needs_all_cells() { 40 } else { 20 }), "{method:?}");
        let none = EvidenceLimit::NONE;
        let (brief, kept) = report(new().sparing(Kept::for_evidence(none, false)), none);
        assert_eq!(
            (brief.ranking, kept),
            (whole.ranking.clone(), if method.needs_all_cells() { 40 } else { 10 })
        );
        for (brief, whole) in brief.classes.iter().zip(&whole.classes) {
            assert_eq!((brief.score, &brief.contributions), (whole.score, &whole.contributions));
        }
    }
}
