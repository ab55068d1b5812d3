//! Every aligner on any matrix: numbers that are none are refused, a path keeps the rule's moves and its band, the score is
//! that of the path, and no path of a small matrix has a higher one.
#![no_main]

use actalign_fuzz::{Unstructured, fuzz_target};
use actalign_tui::align::{
    AlignError, Aligner, Alignment, Rule, Shuffles, align, corners, order_evidence, order_free, runs, spans,
};
use ndarray::Array2;

fuzz_target!(|data: &[u8]| {
    let mut data = Unstructured::new(data);
    let Some((rule, cells)) = case(&mut data) else { return };
    let (steps, frames) = cells.dim();
    let is_finite = cells.iter().all(|cell| cell.is_finite());
    let alignment = match align(rule, cells.view()) {
        Ok(alignment) => alignment,
        Err(error) => {
            match error {
                AlignError::NotFinite { .. } => assert!(!is_finite),
                AlignError::TooFewFrames { .. } => assert!(!warps(rule.aligner) && frames < steps),
                AlignError::Band { .. } => assert!(rule.band.is_some()),
                other => panic!("{other} of a matrix of {steps} by {frames}"),
            }
            return;
        }
    };
    assert!(is_finite);
    check_path(rule, &cells, &alignment);
    let largest =
        cells.iter().fold(rule.background.abs(), |largest, cell| largest.max(f64::from(cell.abs())));
    let tolerance = 1e-9 * largest.max(f64::MIN_POSITIVE);
    let sum: f64 = alignment.path.iter().map(|&at| f64::from(cells[at])).sum();
    let left_out = (frames as f64 - alignment.path.len() as f64) * rule.background;
    let score = match rule.aligner {
        Aligner::Dtw | Aligner::MeanPath => sum / alignment.path.len() as f64,
        Aligner::Windows => sum / alignment.path.len() as f64 - order_free(cells.view()),
        Aligner::Segment | Aligner::Drop => (sum + left_out) / frames as f64,
    };
    assert!(
        (alignment.score - score).abs() <= tolerance,
        "{} is not the score of the path, {score}",
        alignment.score
    );
    if let Some(best) = best_of_all(rule, &cells) {
        // Dtw looks for the highest sum and only then divides it.
        let found = if rule.aligner == Aligner::Dtw { sum } else { alignment.score };
        assert!((found - best).abs() <= 100.0 * tolerance, "{found}, but {best} can be had");
    }

    let mean = order_free(cells.view());
    assert!(cells.iter().any(|&cell| f64::from(cell) <= mean + tolerance));
    assert!(cells.iter().any(|&cell| f64::from(cell) >= mean - tolerance));

    assert_eq!(spans(&alignment.path, frames).len(), frames);
    let mut end = 0;
    for (step, run) in runs(&alignment.path, frames) {
        assert!(step < steps && run.start >= end && run.start < run.end && run.end <= frames);
        end = run.end;
    }
    let ends: Vec<(usize, usize)> = corners(&alignment.path).concat();
    assert!(ends.iter().all(|corner| alignment.path.contains(corner)));
    assert_eq!((ends.first(), ends.last()), (alignment.path.first(), alignment.path.last()));

    // Two hundred orders of a large matrix take longer than everything else.
    if steps > 4 && frames > 6 {
        return;
    }
    let mut shuffles = Shuffles::new(rule, cells.view(), 1).unwrap();
    let found = shuffles.evidence(|| false);
    assert!(shuffles.scores().iter().all(|other| other.is_finite()));
    let others = shuffles.scores().len();
    match [0, 1, 5, 23, 119].get(steps - 1) {
        Some(&all) => assert_eq!(others, all),
        None => assert!((200..=6_000).contains(&others)),
    }
    assert_eq!(found, order_evidence(rule, cells.view(), 1).unwrap());
    match found {
        Some(evidence) => {
            assert!(evidence.z.is_finite() && evidence.p > 0.0 && evidence.p <= 1.0, "{evidence:?}");
            assert!(evidence.z_error.is_finite() && evidence.z_error >= 0.0, "{evidence:?}");
            assert_eq!(evidence.permutations, others);
        }
        None => assert_eq!(steps, 1),
    }
});

/// A rule and a matrix; few values, so that many are equal, or any bits.
fn case(data: &mut Unstructured) -> Option<(Rule, Array2<f32>)> {
    let aligners = [Aligner::Dtw, Aligner::Windows, Aligner::Segment, Aligner::MeanPath, Aligner::Drop];
    let aligner = *data.choose(&aligners).ok()?;
    let (steps, frames) = (data.int_in_range(1..=7).ok()?, data.int_in_range(1..=24).ok()?);
    let any_bits = data.ratio(1_u8, 4_u8).ok()?;
    let mut value = || -> Option<f32> {
        if any_bits {
            return Some(f32::from_bits(data.arbitrary().unwrap_or_default()));
        }
        Some(f32::from(data.arbitrary::<i8>().unwrap_or_default()) / 16.0)
    };
    let background = value().map(f64::from).filter(|level| level.abs() <= 1e30).unwrap_or_default();
    let band = value().map(|band| f64::from(band.abs())).filter(|band| *band <= 2.0);
    let bound = value()? > 0.0;
    let (open_start, open_end) = (value()? > 0.0, value()? > 0.0);
    let cells = Array2::from_shape_simple_fn((steps, frames), || value().unwrap_or_default());
    Some((Rule { aligner, open_start, open_end, background, band: band.filter(|_| bound) }, cells))
}

/// Whether the moves of a path are those of its rule.
fn check_path(rule: Rule, cells: &Array2<f32>, alignment: &Alignment) {
    let ((steps, frames), path) = (cells.dim(), &alignment.path);
    let (first, last) = (path[0], path[path.len() - 1]);
    assert!(alignment.score.is_finite());
    assert_eq!((first.0, last.0), (0, steps - 1));
    let (opens_start, opens_end) = match rule.aligner {
        Aligner::Dtw | Aligner::MeanPath => (false, false),
        Aligner::Segment => (rule.open_start, rule.open_end),
        Aligner::Windows | Aligner::Drop => (true, true),
    };
    assert!(opens_start || first.1 == 0);
    assert!(opens_end || last.1 == frames - 1);
    for pair in path.windows(2) {
        let (down, on) = (pair[1].0.wrapping_sub(pair[0].0), pair[1].1.wrapping_sub(pair[0].1));
        assert!(match rule.aligner {
            Aligner::Dtw | Aligner::MeanPath => down <= 1 && on <= 1 && down + on >= 1,
            Aligner::Windows => down <= 1 && on >= 1 && (down == 1 || on == 1),
            Aligner::Segment => down <= 1 && on == 1,
            Aligner::Drop => down <= 1 && (1..=frames).contains(&on),
        });
    }
    for &(step, frame) in path {
        assert!(is_allowed(rule, cells, step, frame));
    }
    assert_eq!(alignment.frames_per_step.len(), steps);
    assert!(alignment.frames_per_step.iter().all(|&count| count >= 1));
    assert_eq!(alignment.frames_per_step.iter().sum::<usize>(), path.len());
}

fn is_allowed(rule: Rule, cells: &Array2<f32>, step: usize, frame: usize) -> bool {
    let (steps, frames) = cells.dim();
    let away = ((frame + 1) as f64 / frames as f64 - (step + 1) as f64 / steps as f64).abs();
    rule.band.is_none_or(|band| away <= band + 1e-9)
}

/// The highest value of all paths, tried one after the other; none where there are too many, or a band that some cells may
/// lie on the edge of.
fn best_of_all(rule: Rule, cells: &Array2<f32>) -> Option<f64> {
    let (steps, frames) = cells.dim();
    if steps > 4 || frames > 6 || rule.band.is_some() || rule.aligner == Aligner::Windows {
        return None;
    }
    let opens = |own: bool| rule.aligner == Aligner::Drop || rule.aligner == Aligner::Segment && own;
    let starts = if opens(rule.open_start) { frames } else { 1 };
    let mut paths: Vec<Vec<(usize, usize)>> = (0..starts).map(|frame| vec![(0, frame)]).collect();
    let mut best = f64::NEG_INFINITY;
    while let Some(path) = paths.pop() {
        let (step, frame) = path[path.len() - 1];
        if step == steps - 1 && (frame == frames - 1 || opens(rule.open_end)) {
            let sum: f64 = path.iter().map(|&at| f64::from(cells[at])).sum();
            let score = match rule.aligner {
                Aligner::Dtw => sum,
                Aligner::MeanPath => sum / path.len() as f64,
                _ => (sum + (frames - path.len()) as f64 * rule.background) / frames as f64,
            };
            best = best.max(score);
        }
        let mut go = |step: usize, frame: usize| {
            if step < steps && frame < frames {
                paths.push(path.iter().copied().chain([(step, frame)]).collect());
            }
        };
        match rule.aligner {
            Aligner::Dtw | Aligner::MeanPath => {
                go(step + 1, frame);
                go(step, frame + 1);
                go(step + 1, frame + 1);
            }
            // Not tried here.
            Aligner::Windows => {}
            Aligner::Segment => {
                go(step, frame + 1);
                go(step + 1, frame + 1);
            }
            Aligner::Drop => (frame + 1..frames).for_each(|later| {
                go(step, later);
                go(step + 1, later);
            }),
        }
    }
    Some(best)
}

/// Whether a frame may count for several steps.
fn warps(aligner: Aligner) -> bool {
    matches!(aligner, Aligner::Dtw | Aligner::MeanPath)
}
