//! Every aligner against every path there is.

use actalign_tui::align::{
    AlignError, Aligner, Alignment, Rule, Shuffles, align, order_evidence, scores_without_steps,
};
use actalign_tui::explain::Shares;
use clap::ValueEnum;
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;

/// Which step each frame is in; none is left out.
type Labels = Vec<Option<usize>>;

fn in_band(rule: &Rule, (steps, frames): (usize, usize), (step, frame): (usize, usize)) -> bool {
    // Bands are of whole hundredths here, so that the comparison is one of whole numbers.
    let hundredths = |band: f64| (band * 100.0).round() as usize;
    let apart = ((frame + 1) * steps).abs_diff((step + 1) * frames);
    rule.band.is_none_or(|band| apart * 100 <= hundredths(band) * steps * frames)
}

/// All ways to put each frame into one step, or into none where the rule lets it: steps in order, none without a frame.
fn labels(rule: &Rule, (steps, frames): (usize, usize)) -> Vec<Labels> {
    let choices = steps + 1;
    let all = (0..choices.pow(frames as u32)).map(|mut number| {
        let mut one = || {
            let choice = number % choices;
            number /= choices;
            choice.checked_sub(1)
        };
        (0..frames).map(|_| one()).collect::<Labels>()
    });
    let is_allowed = |labels: &Labels| {
        let taken: Vec<usize> = labels.iter().flatten().copied().collect();
        let mut begun = taken.clone();
        begun.dedup();
        let place = |found: Option<usize>| found.unwrap_or(frames);
        let before = place(labels.iter().position(Option::is_some));
        let after = place(labels.iter().rev().position(Option::is_some));
        let left_out = frames - taken.len();
        let may_leave_out = match rule.aligner {
            Aligner::Drop => true,
            _ => {
                left_out == before + after
                    && (before == 0 || rule.open_start)
                    && (after == 0 || rule.open_end)
            }
        };
        let inside = labels
            .iter()
            .enumerate()
            .all(|(frame, step)| step.is_none_or(|step| in_band(rule, (steps, frames), (step, frame))));
        begun == (0..steps).collect::<Vec<_>>() && may_leave_out && inside
    };
    all.filter(is_allowed).collect()
}

/// All ways to put a window for each step, in order: together they take two fifths of the frames, rounded.
fn windows(rule: &Rule, (steps, frames): (usize, usize)) -> Vec<Vec<(usize, usize)>> {
    let window = ((0.4 * frames as f64 / steps as f64 + 1e-9).round() as usize).max(1);
    let mut all: Vec<(usize, Vec<(usize, usize)>)> = vec![(0, Vec::new())];
    for step in 0..steps {
        all = all
            .into_iter()
            .flat_map(|(free, path)| {
                (free..=frames.saturating_sub(window)).filter(|_| frames >= window).map(move |start| {
                    let cells = (start..start + window).map(|frame| (step, frame));
                    (start + window, path.iter().copied().chain(cells).collect())
                })
            })
            .collect();
    }
    let inside = |path: &Vec<(usize, usize)>| path.iter().all(|&cell| in_band(rule, (steps, frames), cell));
    all.into_iter().map(|(_, path)| path).filter(inside).collect()
}

/// All warping paths from the first cell to `end`.
fn warps(end: (usize, usize)) -> Vec<Vec<(usize, usize)>> {
    if end == (0, 0) {
        return vec![vec![end]];
    }
    let before = [(1, 1), (0, 1), (1, 0)].into_iter().filter(|(dk, dt)| end.0 >= *dk && end.1 >= *dt);
    let extended = |mut path: Vec<(usize, usize)>| {
        path.push(end);
        path
    };
    before.flat_map(|(dk, dt)| warps((end.0 - dk, end.1 - dt))).map(extended).collect()
}

/// The score of a path by its definition.
fn score_of(rule: &Rule, cells: &Array2<f32>, path: &[(usize, usize)]) -> f64 {
    let sum: f64 = path.iter().map(|&cell| f64::from(cells[cell])).sum();
    let frames = cells.ncols();
    match rule.aligner {
        Aligner::Dtw | Aligner::MeanPath => sum / path.len() as f64,
        Aligner::Windows => {
            sum / path.len() as f64
                - cells.iter().map(|&cell| f64::from(cell)).sum::<f64>() / cells.len() as f64
        }
        Aligner::Segment | Aligner::Drop => {
            (sum + rule.background * (frames - path.len()) as f64) / frames as f64
        }
    }
}

fn all_paths(rule: &Rule, shape: (usize, usize)) -> Vec<Vec<(usize, usize)>> {
    match rule.aligner {
        Aligner::Dtw | Aligner::MeanPath => warps((shape.0 - 1, shape.1 - 1))
            .into_iter()
            .filter(|path| path.iter().all(|&cell| in_band(rule, shape, cell)))
            .collect(),
        Aligner::Windows => windows(rule, shape),
        Aligner::Segment | Aligner::Drop => labels(rule, shape)
            .into_iter()
            .map(|labels| labels.iter().enumerate().filter_map(|(t, step)| Some(((*step)?, t))).collect())
            .collect(),
    }
}

/// The best score there is; none where the rule allows no path. By dtw the sum is what is best, not the mean.
fn brute_force(rule: &Rule, cells: &Array2<f32>) -> Option<f64> {
    let paths = all_paths(rule, cells.dim());
    if rule.aligner == Aligner::Dtw {
        let sum = |path: &Vec<(usize, usize)>| path.iter().map(|&cell| f64::from(cells[cell])).sum::<f64>();
        let highest = paths.iter().map(sum).max_by(f64::total_cmp)?;
        // Of several paths of one sum, any may be told.
        let best = paths.iter().filter(|path| (sum(path) - highest).abs() < 1e-9);
        return best.map(|path| score_of(rule, cells, path)).max_by(f64::total_cmp);
    }
    paths.iter().map(|path| score_of(rule, cells, path)).max_by(f64::total_cmp)
}

fn aligners() -> impl Strategy<Value = Aligner> {
    prop::sample::select(Aligner::value_variants())
}

fn rules() -> impl Strategy<Value = Rule> {
    let band = prop_oneof![2 => Just(None), 1 => (0..100_u8).prop_map(|hundredths| Some(f64::from(hundredths) / 100.0))];
    (aligners(), any::<bool>(), any::<bool>(), -1.0..1.0_f64, band).prop_map(
        |(aligner, open_start, open_end, background, band)| Rule {
            aligner,
            open_start,
            open_end,
            background,
            band,
        },
    )
}

/// Up to 4 steps and 6 frames, at times more steps than frames.
fn matrices() -> impl Strategy<Value = Array2<f32>> {
    (1..=4_usize, 1..=6_usize).prop_flat_map(move |shape| {
        prop::collection::vec(-1.0..1.0_f32, shape.0 * shape.1)
            .prop_map(move |cells| Array2::from_shape_vec(shape, cells).unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_path_scores_higher_and_the_path_scores_what_is_told(rule in rules(), cells in matrices()) {
        let (steps, frames) = cells.dim();
        let best = brute_force(&rule, &cells);
        match align(rule, cells.view()) {
            Ok(Alignment { score, path, frames_per_step, .. }) => {
                prop_assert!((score - best.unwrap()).abs() < 1e-9, "{} {:?}", score, best);
                prop_assert!((score - score_of(&rule, &cells, &path)).abs() < 1e-9);
                prop_assert!(all_paths(&rule, cells.dim()).contains(&path), "{:?}", path);
                let counted = |step| path.iter().filter(|cell| cell.0 == step).count();
                prop_assert_eq!(frames_per_step, (0..steps).map(counted).collect::<Vec<_>>());
            }
            Err(AlignError::TooFewFrames { .. }) => {
                prop_assert!(steps > frames && rule.aligner.counts_frames_once());
            }
            Err(AlignError::Band { .. }) => prop_assert!(best.is_none() && rule.band.is_some()),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn shares_add_up_to_the_score(rule in rules(), cells in matrices()) {
        let Ok(alignment) = align(rule, cells.view()) else { return Ok(()) };
        let shares = Shares::new(rule, cells.view(), &alignment);
        prop_assert_eq!(shares.steps.len(), cells.nrows());
        prop_assert!((shares.steps.iter().sum::<f64>() + shares.background - alignment.score).abs() < 1e-9);
        // A step's share is the sum of its cells over what the score is divided by, less its mean where that is subtracted.
        let divisor = match rule.aligner {
            Aligner::Dtw | Aligner::MeanPath | Aligner::Windows => alignment.path.len(),
            Aligner::Segment | Aligner::Drop => cells.ncols(),
        };
        for (step, share) in shares.steps.iter().enumerate() {
            let of_step = alignment.path.iter().filter(|cell| cell.0 == step);
            let sum: f64 = of_step.map(|&cell| f64::from(cells[cell])).sum();
            let mean = match rule.aligner {
                Aligner::Windows => cells.row(step).iter().map(|&cell| f64::from(cell)).sum::<f64>() / cells.len() as f64,
                _ => 0.0,
            };
            prop_assert!((share - (sum / divisor as f64 - mean)).abs() < 1e-9);
        }
    }

    #[test]
    fn without_a_step_the_score_is_that_of_the_other_rows(rule in rules(), cells in matrices()) {
        let Ok(scores) = scores_without_steps(rule, cells.view()) else { return Ok(()) };
        prop_assert_eq!(scores.len(), cells.nrows());
        for (step, score) in scores.into_iter().enumerate() {
            let kept: Vec<usize> = (0..cells.nrows()).filter(|&row| row != step).collect();
            let others = cells.select(Axis(0), &kept);
            let best = if kept.is_empty() { None } else { brute_force(&rule, &others) };
            match (score, best) {
                (Some(score), Some(best)) => prop_assert!((score - best).abs() < 1e-9, "{} {}", score, best),
                (None, None) => {}
                unlike => prop_assert!(false, "{:?}", unlike),
            }
        }
    }

    /// To the last bit, by every rule.
    #[test]
    fn a_shuffled_score_is_the_score_of_the_shuffled_matrix(rule in rules(), cells in matrices()) {
        let reversed: Vec<usize> = (0..cells.nrows()).rev().collect();
        let Ok(turned) = align(rule, cells.select(Axis(0), &reversed).view()) else { return Ok(()) };
        if cells.nrows() > 1 {
            let mut shuffled = Shuffles::new(rule, cells.view(), 1).unwrap();
            shuffled.draw(usize::MAX);
            prop_assert!(shuffled.scores().iter().any(|score| score.to_bits() == turned.score.to_bits()));
            prop_assert!(order_evidence(rule, cells.view(), 1).unwrap().is_some());
        }
    }

    /// What is added to all cells and to the background is added to the score, and changes no path that counts each frame
    /// once.
    #[test]
    fn segments_do_not_depend_on_the_zero_of_the_cells(rule in rules(), cells in matrices(), more in -4..=4_i8) {
        if matches!(rule.aligner, Aligner::Segment | Aligner::Drop) && let Ok(before) = align(rule, cells.view()) {
            let raised = Rule { background: rule.background + f64::from(more), ..rule };
            let after = align(raised, (&cells + f32::from(more)).view()).unwrap();
            prop_assert!((after.score - before.score - f64::from(more)).abs() < 1e-5);
        }
    }
}

fn rule(aligner: Aligner) -> Rule {
    Rule::from(aligner)
}

#[test]
fn a_late_start_is_found_where_the_ends_are_open() {
    // Thirty frames of nothing, then three steps of ten frames each, then ten of nothing.
    let cells =
        Array2::from_shape_fn(
            (3, 70),
            |(step, frame)| {
                if frame >= 30 && (frame - 30) / 10 == step { 0.9 } else { 0.1 }
            },
        );
    let open = Rule { open_start: true, open_end: true, background: 0.2, ..rule(Aligner::Segment) };
    for rule in [open, Rule { background: 0.2, ..rule(Aligner::Drop) }] {
        let found = align(rule, cells.view()).unwrap();
        assert_eq!(found.path.first(), Some(&(0, 30)), "{rule:?}");
        assert_eq!(found.path.last(), Some(&(2, 59)), "{rule:?}");
        assert_eq!(found.frames_per_step, [10, 10, 10], "{rule:?}");
        assert!((found.score - (30.0 * 0.9 + 40.0 * 0.2) / 70.0).abs() < 1e-6, "{rule:?}");
    }
    let closed = align(Aligner::Segment, cells.view()).unwrap();
    assert_eq!(closed.frames_per_step, [40, 10, 20]);
    assert!(align(Aligner::Dtw, cells.view()).unwrap().path.len() > 70, "dtw counts frames twice");
}

#[test]
fn among_equals_a_step_stays_and_no_frame_is_left_out() {
    let equal = Array2::from_elem((2, 4), 0.5_f32);
    let open = Rule { open_start: true, open_end: true, background: 0.5, ..rule(Aligner::Segment) };
    for rule in [rule(Aligner::Segment), open, Rule { background: 0.5, ..rule(Aligner::Drop) }] {
        let found = align(rule, equal.view()).unwrap();
        assert_eq!(found.path, [(0, 0), (1, 1), (1, 2), (1, 3)], "{rule:?}");
        assert_eq!(found.score, 0.5);
    }
    for aligner in [Aligner::Dtw, Aligner::MeanPath] {
        assert_eq!(align(aligner, equal.view()).unwrap().score, 0.5);
    }
}

#[test]
fn the_smallest_matrices_are_aligned() {
    let one = array![[0.25_f32]];
    let row = array![[0.5_f32, 0.25, 0.75]];
    for aligner in [Aligner::Dtw, Aligner::Segment, Aligner::MeanPath, Aligner::Drop] {
        let rule = Rule { open_start: true, open_end: true, background: -1.0, ..rule(aligner) };
        let found = align(rule, one.view()).unwrap();
        assert_eq!((found.score, found.path), (0.25, vec![(0, 0)]), "{aligner}");
        let found = align(rule, row.view()).unwrap();
        assert_eq!((found.score, found.frames_per_step), (0.5, vec![3]), "{aligner}");
    }
}

#[test]
fn more_steps_than_frames_need_frames_that_are_counted_twice() {
    let cells = Array2::from_elem((4, 2), 0.5_f32);
    for aligner in [Aligner::Dtw, Aligner::MeanPath] {
        assert_eq!(align(aligner, cells.view()).unwrap().score, 0.5);
    }
    for aligner in [Aligner::Windows, Aligner::Segment, Aligner::Drop] {
        let error = align(aligner, cells.view()).unwrap_err();
        assert_eq!(error, AlignError::TooFewFrames { aligner, steps: 4, frames: 2 });
        assert!(error.to_string().contains("4 steps and 2 frames"), "{error}");
    }
}

#[test]
fn what_is_no_number_and_what_leaves_no_path_is_refused() {
    let cells = array![[0.5_f32, 0.25], [f32::NAN, 0.5]];
    for &aligner in Aligner::value_variants() {
        assert!(matches!(align(aligner, cells.view()), Err(AlignError::NotFinite { step: 1, frame: 0, .. })));
        for background in [f64::NAN, f64::INFINITY, 1e308] {
            let refused = align(Rule { background, ..rule(aligner) }, array![[0.5]].view());
            assert!(matches!(refused, Err(AlignError::Background { .. })), "{refused:?}");
        }
        // The first cell is half a clip away from the diagonal: a quarter of it in time, three quarters in the script.
        let narrow = Rule { band: Some(0.0), ..rule(aligner) };
        let refused = align(narrow, Array2::zeros((3, 4)).view());
        assert!(matches!(refused, Err(AlignError::Band { steps: 3, frames: 4, .. })), "{refused:?}");
    }
}

#[test]
fn frames_that_are_exactly_on_the_band_are_in_it() {
    // A single step at place 1; the frame at place 7/10 is 0.3 away, which no binary fraction is.
    let cells = Array2::from_shape_fn((1, 10), |(_, frame)| if frame == 6 { 1.0 } else { 0.0 });
    let drop = Rule { background: 0.5, band: Some(0.3), ..rule(Aligner::Drop) };
    assert_eq!(align(drop, cells.view()).unwrap().path, [(0, 6)]);
}

#[test]
fn the_mean_of_a_path_can_be_higher_than_that_of_the_highest_sum() {
    // By dtw both of the small cells are worth a detour.
    let cells = array![[0.9_f32, 0.1], [0.1, 0.9]];
    let (dtw, mean) =
        (align(Aligner::Dtw, cells.view()).unwrap(), align(Aligner::MeanPath, cells.view()).unwrap());
    assert_eq!((dtw.path.len(), mean.path), (3, vec![(0, 0), (1, 1)]));
    assert!((mean.score - 0.9).abs() < 1e-7 && dtw.score < 0.64);
}

#[test]
fn windows_find_short_steps_far_apart() {
    // Three steps of four frames each in sixty; between them the first step's picture comes again.
    let shown = |step: usize, frame: usize| {
        let start = [20, 35, 50][step];
        (start..start + 4).contains(&frame) || step == 0 && (40..44).contains(&frame)
    };
    let cells =
        Array2::from_shape_fn((3, 60), |(step, frame)| if shown(step, frame) { 0.9_f32 } else { 0.1 });
    let found = align(Aligner::Windows, cells.view()).unwrap();
    assert_eq!(found.frames_per_step, [8, 8, 8]);
    for (step, start) in [20, 35, 50].into_iter().enumerate() {
        for frame in start..start + 4 {
            assert!(found.path.contains(&(step, frame)), "{:?}", found.path);
        }
    }
    // A clip that shows nothing of it, or all of it all the time, scores 0.
    assert!(align(Aligner::Windows, Array2::from_elem((3, 60), 0.9_f32).view()).unwrap().score == 0.0);
}
