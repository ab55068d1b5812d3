//! Maps of all steps, without and with context (Fig. 3 of the paper): t-SNE of their embeddings.

use std::collections::HashSet;
use std::f64::consts::TAU;

use bhtsne::{Neighbor, tSNE};
use ndarray::{Array1, Array2, Axis};

use crate::explore::candidate::Candidate;
use crate::explore::exploration::Exploration;
use crate::script::Template;

/// Effective number of neighbours, if there are enough steps.
const PERPLEXITY: f64 = 30.0;
/// Accuracy of the Barnes-Hut forces; 0 is exact.
const THETA: f64 = 0.2;
/// Factor on the attraction in the first quarter of the epochs.
const EXAGGERATION: f64 = 4.0;
/// Rounds of the power method, for a start.
const ROUNDS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepPoint {
    pub class: usize,
    pub step: usize,
    /// From -1 to 1; both axes have one scale.
    pub x: f32,
    pub y: f32,
}

/// All steps in the plane, class by class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepMap {
    pub points: Vec<StepPoint>,
    /// For each point, those with the nearest embedding: several if equally near, as identical sentences are.
    pub nearest: Vec<Vec<usize>>,
}

impl StepMap {
    /// Share of steps whose nearest neighbour is in their own group, from 0 to 1. `group` gives the group of a class. Equally
    /// near neighbours share one vote. None if no step has a neighbour.
    pub fn kinship<G: PartialEq>(&self, group: impl Fn(usize) -> G) -> Option<f64> {
        let group_of = |point: usize| group(self.points[point].class);
        let votes = self.nearest.iter().enumerate().filter(|(_, nearest)| !nearest.is_empty());
        let shares = votes.map(|(point, nearest)| {
            let own = nearest.iter().filter(|&&other| group_of(other) == group_of(point)).count();
            own as f64 / nearest.len() as f64
        });
        let (sum, count) = shares.fold((0.0, 0), |(sum, count), share| (sum + share, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    }
}

/// The map without context, and the map with it, turned for the best fit with the first.
#[derive(Clone, Debug, PartialEq)]
pub struct StepMaps {
    pub candidates: Vec<Candidate>,
    pub template: Template,
    pub plain: StepMap,
    pub context: StepMap,
}

impl StepMaps {
    /// Whether neither scripts nor template have changed since.
    pub fn are_of(&self, exploration: &Exploration) -> bool {
        self.candidates == exploration.candidates() && self.template == context(exploration)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct MapRequest {
    candidates: Vec<Candidate>,
    template: Template,
    plain: Array2<f32>,
    context: Array2<f32>,
}

impl MapRequest {
    /// `plain` and `context`: unit embeddings of all steps, N×d, class by class, alone and in `template`.
    pub fn new(
        candidates: Vec<Candidate>,
        template: Template,
        plain: Array2<f32>,
        context: Array2<f32>,
    ) -> Self {
        let steps: usize = candidates.iter().map(|class| class.steps.len()).sum();
        assert_eq!([plain.nrows(), context.nrows()], [steps; 2], "an embedding for each step");
        Self { candidates, template, plain, context }
    }

    /// Computes both maps; the same embeddings give the same maps.
    pub fn compute(self) -> StepMaps {
        let plain = Layout::new(&self.plain);
        let mut context = Layout::new(&self.context);
        context.turn_to(&plain);
        StepMaps {
            plain: plain.into_map(&self.candidates),
            context: context.into_map(&self.candidates),
            candidates: self.candidates,
            template: self.template,
        }
    }
}

impl Exploration {
    /// The input of the maps; none while [`Exploration::map_texts_missing`] are missing.
    pub fn map_request(&self) -> Option<MapRequest> {
        let template = context(self);
        let plain = self.step_embeddings(&without_context())?;
        let context = self.step_embeddings(&template)?;
        Some(MapRequest::new(self.candidates().to_vec(), template, plain, context))
    }

    /// Texts of the maps that are not embedded.
    pub fn map_texts_missing(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        [without_context(), context(self)]
            .iter()
            .flat_map(|template| self.candidates().iter().flat_map(|class| class.sentences(template)))
            .filter(|text| self.texts().number(text).is_none() && seen.insert(text.clone()))
            .collect()
    }

    /// Unit embeddings of all steps in a template, N×d; none if one is missing.
    fn step_embeddings(&self, template: &Template) -> Option<Array2<f32>> {
        let sentences = self.candidates().iter().flat_map(|class| class.sentences(template));
        let numbers: Vec<usize> = sentences.map(|text| self.texts().number(&text)).collect::<Option<_>>()?;
        let units: Vec<_> = numbers.into_iter().map(|number| self.texts().unit(number)).collect();
        if units.is_empty() {
            return Some(Array2::default((0, 0)));
        }
        Some(ndarray::stack(Axis(0), &units).expect("embeddings of one length"))
    }
}

/// The template that leaves steps as they are.
fn without_context() -> Template {
    let [_, step, ..] = Template::built_in();
    step
}

/// The present template, or the default if that leaves steps as they are.
fn context(exploration: &Exploration) -> Template {
    let template = &exploration.settings().template;
    if *template == without_context() { Template::default() } else { template.clone() }
}

/// Places in the plane, in any scale.
struct Layout {
    places: Vec<[f64; 2]>,
    nearest: Vec<Vec<usize>>,
}

impl Layout {
    /// Lays out N×d embeddings.
    fn new(embeddings: &Array2<f32>) -> Self {
        // Embeddings of a broken checkpoint may not be finite.
        let embeddings = embeddings.mapv(|value| if value.is_finite() { f64::from(value) } else { 0.0 });
        let squares = squared_distances(&embeddings);

        // Identical sentences share a place: t-SNE would push them apart.
        let n = embeddings.nrows();
        let first_like = |point: usize| (0..point).find(|&other| squares[(point, other)] == 0.0);
        let mut place_of = Vec::with_capacity(n);
        let mut distinct = Vec::new();
        for point in 0..n {
            place_of.push(first_like(point).map_or(distinct.len(), |other| place_of[other]));
            if place_of[point] == distinct.len() {
                distinct.push(point);
            }
        }
        let flat = principal_coordinates(embeddings.select(Axis(0), &distinct));
        let places = if distinct.len() <= 3 {
            flat // Three points lie in a plane as they are.
        } else {
            tsne(&squares.select(Axis(0), &distinct).select(Axis(1), &distinct), &flat)
        };
        Self {
            places: place_of.into_iter().map(|place| places[place]).collect(),
            nearest: (0..n).map(|point| nearest(&squares, point)).collect(),
        }
    }

    /// Turns and mirrors the layout to fit another (the orthogonal Procrustes problem; both are centred).
    fn turn_to(&mut self, other: &Self) {
        let turn_of = |mirror: f64| {
            let (mut cosine, mut sine) = (0.0, 0.0);
            for (&[x, y], &[u, v]) in self.places.iter().zip(&other.places) {
                let y = y * mirror;
                cosine += x * u + y * v;
                sine += x * v - y * u;
            }
            (mirror, cosine, sine)
        };
        let length = |(_, cosine, sine): &(f64, f64, f64)| cosine.hypot(*sine);
        let [straight, mirrored] = [turn_of(1.0), turn_of(-1.0)];
        let (mirror, cosine, sine) = if length(&mirrored) > length(&straight) { mirrored } else { straight };
        let (sin, cos) = sine.atan2(cosine).sin_cos();
        for [x, y] in &mut self.places {
            let (u, v) = (*x, *y * mirror);
            (*x, *y) = (cos * u - sin * v, sin * u + cos * v);
        }
    }

    /// The map, its larger side scaled to -1 … 1.
    fn into_map(self, candidates: &[Candidate]) -> StepMap {
        let [(left, right), (bottom, top)] = [0, 1].map(|axis| {
            let values = self.places.iter().map(|place| place[axis]);
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
        });
        let half = (right - left).max(top - bottom) / 2.0;
        let scaled = |x: f64, low: f64, high: f64| {
            if half > 0.0 { ((x - low.midpoint(high)) / half) as f32 } else { 0.0 }
        };
        let steps = candidates
            .iter()
            .enumerate()
            .flat_map(|(class, candidate)| (0..candidate.steps.len()).map(move |step| (class, step)));
        let points = steps.zip(&self.places).map(|((class, step), &[x, y])| StepPoint {
            class,
            step,
            x: scaled(x, left, right),
            y: scaled(y, bottom, top),
        });
        StepMap { points: points.collect(), nearest: self.nearest }
    }
}

/// Squared Euclidean distances between the rows, N×N.
fn squared_distances(points: &Array2<f64>) -> Array2<f64> {
    let n = points.nrows();
    let mut squares = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..i {
            let square = points.row(i).iter().zip(points.row(j)).map(|(a, b)| (a - b).powi(2)).sum();
            squares[(i, j)] = square;
            squares[(j, i)] = square;
        }
    }
    squares
}

/// The points nearest to one.
fn nearest(squares: &Array2<f64>, point: usize) -> Vec<usize> {
    let others = || squares.row(point).into_iter().enumerate().filter(|&(other, _)| other != point);
    let least = others().map(|(_, &square)| square).fold(f64::INFINITY, f64::min);
    others().filter(|&(_, &square)| square == least).map(|(other, _)| other).collect()
}

/// Coordinates of the rows on their two principal axes, by the power method.
fn principal_coordinates(mut points: Array2<f64>) -> Vec<[f64; 2]> {
    let Some(mean) = points.mean_axis(Axis(0)) else { return Vec::new() };
    points -= &mean;
    let [x, y] = std::array::from_fn(|_| {
        let length = |row: &Array1<f64>| row.dot(row);
        let rows = points.rows().into_iter().map(|row| row.to_owned());
        let mut axis = rows.max_by(|a, b| length(a).total_cmp(&length(b))).expect("there is a mean");
        for _ in 0..ROUNDS {
            axis = points.t().dot(&points.dot(&axis));
            // Points on a line leave only rounding errors.
            let norm = length(&axis).sqrt();
            axis /= if norm > f64::MIN_POSITIVE { norm } else { 1.0 };
        }
        let along = points.dot(&axis);
        points -= &(along.view().insert_axis(Axis(1)).dot(&axis.insert_axis(Axis(0))));
        along
    });
    x.into_iter().zip(y).map(|(x, y)| [x, y]).collect()
}

/// t-SNE of at least four distinct points, from their squared distances, started at `flat`.
fn tsne(squares: &Array2<f64>, flat: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let n = flat.len();
    // Fewer than two neighbours would give pairs and nothing else.
    let perplexity = ((n - 1) as f64 / 3.0).clamp(1.9, PERPLEXITY);
    let count = (n - 1).min((3.0 * perplexity).ceil() as usize);
    let neighbors: Vec<Vec<Neighbor<f64>>> = squares
        .rows()
        .into_iter()
        .enumerate()
        .map(|(point, row)| {
            let mut others: Vec<(usize, f64)> =
                row.into_iter().copied().enumerate().filter(|&(other, _)| other != point).collect();
            others.sort_by(|a, b| a.1.total_cmp(&b.1));
            // Subtracting the least leaves the Gaussian weights as they are, and keeps the nearest from vanishing.
            let least = others[0].1;
            let near = others.into_iter().take(count);
            near.map(|(index, square)| Neighbor { index, distance: (square - least).sqrt() }).collect()
        })
        .collect();

    let fit = || {
        let mut tsne: tSNE<f64, [f64; 2]> = tSNE::new(flat);
        tsne.perplexity(perplexity)
            .early_exaggeration(EXAGGERATION)
            // For few points, lower rates than this stop early and higher ones swing.
            .learning_rate(n as f64)
            .initial_embedding(start(flat))
            .barnes_hut_with_neighbors(THETA, &neighbors);
        tsne.embedding()
    };
    // One thread: with several, the order of additions and so the maps differ from run to run.
    let values = match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(fit),
        Err(_) => fit(),
    };
    values.as_chunks().0.to_vec()
}

/// The start of t-SNE: flat coordinates scaled down, each moved a little, as points in one place would never part.
fn start(flat: &[[f64; 2]]) -> Vec<f64> {
    let square: f64 = flat.iter().flatten().map(|x| x * x).sum();
    let scale = 0.01 / (square / flat.len() as f64).sqrt();
    let golden = TAU * 0.618_033_988_749_895;
    let moved = |(index, &[x, y]): (usize, &[f64; 2])| {
        let (sin, cos) = (index as f64 * golden).sin_cos();
        [x * scale + 1e-4 * cos, y * scale + 1e-4 * sin]
    };
    flat.iter().enumerate().flat_map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A number from -1 to 1 that only its arguments decide.
    fn noise(row: usize, axis: usize) -> f32 {
        let mut x = (row as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ (axis as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
        for shift in [30, 27, 31] {
            x = (x ^ (x >> shift)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        }
        (x >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// Unit embeddings: `size` steps near each of `classes` directions.
    fn clusters(classes: usize, size: usize) -> Array2<f32> {
        let raw = Array2::from_shape_fn((classes * size, 64), |(row, axis)| {
            noise(row / size, axis) + 0.3 * noise(1000 + row, axis)
        });
        let norms = raw.map_axis(Axis(1), |row| row.dot(&row).sqrt());
        raw / norms.insert_axis(Axis(1))
    }

    fn maps(sizes: &[usize], plain: Array2<f32>, context: Array2<f32>) -> StepMaps {
        let candidate = |(class, &size): (usize, &usize)| Candidate {
            domain: format!("domain {}", class % 2),
            name: format!("class {class}"),
            steps: (0..size).map(|step| format!("step {step}")).collect(),
        };
        let candidates = sizes.iter().enumerate().map(candidate).collect();
        MapRequest::new(candidates, Template::default(), plain, context).compute()
    }

    fn map(sizes: &[usize], points: &Array2<f32>) -> StepMap {
        maps(sizes, points.clone(), points.clone()).plain
    }

    fn distance(a: &StepPoint, b: &StepPoint) -> f32 {
        (a.x - b.x).hypot(a.y - b.y)
    }

    #[test]
    fn the_same_embeddings_give_the_same_maps() {
        let compute = || maps(&[10; 6], clusters(6, 10), clusters(6, 10) + 0.1);
        let first = compute();
        assert!((0..3).all(|_| compute() == first));
    }

    #[test]
    fn nearest_points_are_of_the_same_cluster() {
        for (classes, size) in [(2, 2), (2, 3), (3, 4), (5, 8), (8, 12)] {
            let map = map(&vec![size; classes], &clusters(classes, size));
            for point in &map.points {
                let others = map.points.iter().filter(|other| *other != point);
                let nearest = others.min_by(|a, b| distance(point, a).total_cmp(&distance(point, b)));
                assert_eq!(nearest.unwrap().class, point.class, "{classes} clusters of {size}");
            }
            assert_eq!(map.kinship(|class| class), Some(1.0));
        }
    }

    #[test]
    fn steps_about_equally_distant_do_not_fall_together() {
        for n in 4..=20 {
            let points = Array2::<f32>::eye(n) + Array2::from_shape_fn((n, n), |(i, j)| 0.01 * noise(i, j));
            let map = map(&[n], &points);
            for (place, point) in map.points.iter().enumerate() {
                let least =
                    map.points[..place].iter().map(|other| distance(point, other)).fold(2.0, f32::min);
                assert!(least > 0.1, "{n}: {least}");
            }
        }
    }

    #[test]
    fn identical_sentences_share_a_place_and_a_vote() {
        let points = ndarray::array![[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
        let map = map(&[2, 2], &points);
        assert_eq!(distance(&map.points[0], &map.points[2]), 0.0);
        assert_eq!(map.nearest, [vec![1, 2], vec![0, 2], vec![0, 1], vec![0, 1, 2]]);
        let share = (0.5 + 0.5 + 0.0 + 1.0 / 3.0) / 4.0;
        assert!((map.kinship(|class| class).unwrap() - share).abs() < 1e-12);
        assert_eq!(map.kinship(|_| ()), Some(1.0));
    }

    #[test]
    fn few_steps_and_equal_steps_have_places() {
        assert!(map(&[], &Array2::default((0, 0))).points.is_empty());
        for n in [1, 2, 3, 4, 30] {
            let map = map(&[n], &Array2::from_elem((n, 4), 0.5));
            assert!(map.points.iter().all(|point| (point.x, point.y) == (0.0, 0.0)), "{n}");
        }
        assert_eq!(map(&[1], &clusters(1, 1)).kinship(|class| class), None);
        let two = map(&[2], &clusters(1, 2)).points;
        assert!((distance(&two[0], &two[1]) - 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_turned_and_mirrored_layout_is_turned_back() {
        let places = vec![[1.0, 2.0], [-3.0, 0.5], [2.0, -2.5]];
        let (sin, cos) = 0.7_f64.sin_cos();
        let turned = places.iter().map(|&[x, y]| [cos * x + sin * y, sin * x - cos * y]).collect();
        let mut turned = Layout { places: turned, nearest: Vec::new() };
        turned.turn_to(&Layout { places: places.clone(), nearest: Vec::new() });
        for (a, b) in turned.places.iter().flatten().zip(places.iter().flatten()) {
            assert!((a - b).abs() < 1e-9);
        }
    }

    proptest! {
        #[test]
        fn any_embeddings_have_places(values in prop::collection::vec(
            prop_oneof![8 => -1.0_f32..1.0, 3 => Just(0.0), 1 => Just(f32::NAN), 1 => Just(1e30), 1 => Just(1e-30)],
            0..60,
        )) {
            let n = values.len() / 3;
            let points = Array2::from_shape_vec((n, 3), values[..n * 3].to_vec()).unwrap();
            let maps = maps(&[n], points.clone(), points);
            let points = maps.plain.points.iter().chain(&maps.context.points);
            prop_assert!(points.flat_map(|point| [point.x, point.y]).all(|place| place.abs() <= 1.0 + 1e-6));
        }
    }
}
