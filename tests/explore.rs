//! One clip and its candidates, without a model: embeddings are made up.

use actalign_tui::align::{self, Alignment, Calibration, Cell, Preset, Smoothing};
use actalign_tui::explore::{
    Candidate, ClassOutcome, EmbeddedFrame, Exploration, Method, Outcome, Report, ReportSettings, Settings,
    Sources,
};
use actalign_tui::script::Template;
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
        embedding: row.to_vec(),
    };
    rows.rows().into_iter().enumerate().map(frame).collect()
}

/// What an exploration computes, without keeping anything: all frames at once, one class after the other.
fn at_once(rows: &Array2<f32>, class: &Candidate, settings: &Settings) -> (Array2<f32>, Alignment, f64) {
    of_width(align::width_in_frames(settings.smoothing_seconds, 4.0), rows, class, settings)
}

fn of_width(
    width: usize,
    rows: &Array2<f32>,
    class: &Candidate,
    settings: &Settings,
) -> (Array2<f32>, Alignment, f64) {
    let smoothing = Smoothing { width, preset: settings.method.preset };
    let sentences = class.steps.iter().map(|step| settings.template.fill(&class.name, &class.domain, step));
    let steps: Vec<f32> = sentences.flat_map(|sentence| text_embedding(&sentence)).collect();
    let steps = Array2::from_shape_vec((class.steps.len(), DIM), steps).unwrap();
    let prepared = smoothing.prepare(rows.view());
    let products = align::products(align::unit_rows(steps.view()).view(), prepared.view());
    let cosines = smoothing.cosines(products.view(), &smoothing.window_norms(prepared.view()));
    let cells = align::cells(&cosines, settings.method.cell, CALIBRATION);
    let alignment = align::align(settings.method.aligner, cells.view()).unwrap();
    let name = Array2::from_shape_vec((1, DIM), text_embedding(&class.name)).unwrap();
    (cells, alignment, align::mean_pool(settings.method.preset, rows.view(), name.view())[0])
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
    },
}

fn events() -> impl Strategy<Value = Event> {
    let cells = prop_oneof![Just(Cell::Affinity), Just(Cell::Logit), Just(Cell::Cosine)];
    prop_oneof![
        (1..9_usize).prop_map(Event::Frames),
        (1..9_usize, prop::option::of(0..4_usize)).prop_map(|(count, of)| Event::Texts(count, of)),
        (0.0..3.0_f64, 0..4_usize, any::<bool>(), cells).prop_map(
            |(smoothing_seconds, template, released, cell)| Event::Turn {
                smoothing_seconds,
                template,
                released,
                cell
            }
        ),
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
                Event::Turn { smoothing_seconds, template, released, cell } => exploration.set(Settings {
                    method: Method {
                        preset: if released { Preset::Released } else { Preset::Paper },
                        cell,
                        ..Method::default()
                    },
                    smoothing_seconds,
                    template: Template::built_in()[template].clone(),
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
            for (found, class) in outcome.classes.iter().zip(exploration.candidates()) {
                let is_known = class.sentences(&settings.template).all(|text| !missing.contains(&text));
                prop_assert_eq!(found.is_some(), is_known && columns > 0);
                let Some(found) = found else { continue };
                let (cells, alignment, mean_pool) = of_width(width, &rows, class, &settings);
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

fn class(score: f64, mean_pool: Option<f64>) -> Option<ClassOutcome> {
    let cells = array![[score as f32]];
    let alignment = align::dtw(cells.view()).unwrap();
    Some(ClassOutcome {
        cosines: cells.clone(),
        order_free: align::order_free(cells.view()),
        cells,
        alignment,
        mean_pool,
    })
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
    let outcome = Outcome::new(vec![0.0], vec![0], 3, classes);
    let settings = ReportSettings::of_clip(&Settings::default(), CALIBRATION, 3, &Sources::default());
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
    let outcome = Outcome::new(vec![0.0], vec![0], 0, vec![class(0.5, None)]);
    assert_eq!((outcome.rank(0), outcome.margin(0), outcome.mean_pool_rank(0)), (Some(1), None, None));
}
