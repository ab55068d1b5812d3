//! How well moments are found: average precision, errors of step borders, false alarms.

use serde::Serialize;

use super::precision::{Matches, ScoredStretch, Stretch};
use crate::annotation::{AnnotatedMoment, AnnotatedStep, Annotation};
use crate::eval::statistics::interval_of;
use crate::plot::format::percent;
use crate::plot::table::{Style, Table};

/// Least overlaps at which precision is measured.
pub const OVERLAPS: [f64; 3] = [0.3, 0.5, 0.7];
/// Least overlap of a moment whose step borders are compared, and of one that counts as found for false alarms.
const FOUND: f64 = 0.3;

/// One way to find moments: a row of the table. Averages are in per cent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MomentRow {
    pub name: String,
    /// Mean over the classes of their average precision at overlaps of 0.3, 0.5 and 0.7.
    pub map: [Option<f64>; 3],
    /// 95 % bootstrap intervals over the recordings; none with fewer than two.
    pub map_ci: [Option<[f64; 2]>; 3],
    /// Mean distance of step borders from the true ones in found moments, in seconds.
    pub border_error: Option<f64>,
    pub border_error_ci: Option<[f64; 2]>,
    /// Moments per hour and class of classes that do not happen in a recording, above the score of half of the found ones.
    pub false_alarms: Option<f64>,
}

/// The results of all rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MomentResults {
    pub rows: Vec<MomentRow>,
    pub recordings: usize,
    /// Length of all recordings together.
    pub hours: f64,
    /// True moments, and the classes they are of.
    pub moments: usize,
    pub classes: usize,
}

impl MomentRow {
    /// Compares the moments found in each recording with the true ones, whose recordings last so many seconds. `names` are
    /// the classes looked for.
    pub fn new(
        name: &str,
        truth: &[Annotation],
        found: &[Vec<AnnotatedMoment>],
        names: &[String],
        seconds: &[f64],
    ) -> Self {
        let comparison = Scoring { truth, found };
        let classes: Vec<&String> = names.iter().filter(|name| comparison.happens(name)).collect();
        let matches = OVERLAPS
            .map(|least| classes.iter().map(|class| comparison.matches(class, least)).collect::<Vec<_>>());
        let map = |times: &[u32]| matches.each_ref().map(|matches| mean_precision(matches, times));
        let once = vec![1; truth.len()];
        let errors = comparison.border_errors(&classes);
        let error = |times: &[u32]| mean_error(&errors, times);
        let intervals = (truth.len() > 1).then(|| {
            interval_of(truth.len(), |times| {
                let [a, b, c] = map(times).map(|map| map.unwrap_or(0.0));
                [a, b, c, error(times).unwrap_or(0.0)]
            })
        });
        let map_now = map(&once);
        Self {
            name: name.to_owned(),
            map: map_now,
            map_ci: [0, 1, 2].map(|at| intervals.filter(|_| map_now[at].is_some()).map(|ends| ends[at])),
            border_error: error(&once),
            border_error_ci: intervals.filter(|_| error(&once).is_some()).map(|ends| ends[3]),
            false_alarms: comparison.false_alarms(names, seconds),
        }
    }
}

/// True and found moments of each recording.
struct Scoring<'a> {
    truth: &'a [Annotation],
    found: &'a [Vec<AnnotatedMoment>],
}

impl<'a> Scoring<'a> {
    fn happens(&self, class: &str) -> bool {
        self.truth.iter().any(|annotation| annotation.moments.iter().any(|moment| moment.class == class))
    }

    /// True moments of a class with their recordings.
    fn true_moments(&self, class: &str) -> Vec<(usize, &'a AnnotatedMoment)> {
        let of = |(recording, annotation): (usize, &'a Annotation)| {
            annotation.moments.iter().map(move |moment| (recording, moment))
        };
        self.truth.iter().enumerate().flat_map(of).filter(|(_, moment)| moment.class == class).collect()
    }

    fn found_moments(&self, class: &str) -> Vec<(usize, &'a AnnotatedMoment)> {
        let of = |(recording, moments): (usize, &'a Vec<AnnotatedMoment>)| {
            moments.iter().map(move |moment| (recording, moment))
        };
        self.found.iter().enumerate().flat_map(of).filter(|(_, moment)| moment.class == class).collect()
    }

    fn matches(&self, class: &str, least: f64) -> Matches {
        let stretch = |(recording, moment): &(usize, &AnnotatedMoment)| Stretch {
            recording: *recording,
            span: [moment.start, moment.end],
        };
        let truth: Vec<Stretch> = self.true_moments(class).iter().map(stretch).collect();
        let prediction = |found: &(usize, &AnnotatedMoment)| ScoredStretch {
            stretch: stretch(found),
            score: found.1.score.unwrap_or(0.0),
        };
        let predictions: Vec<ScoredStretch> = self.found_moments(class).iter().map(prediction).collect();
        Matches::new(&truth, &predictions, least)
    }

    /// For each found moment with its steps: its recording, and the mean distance of its step borders from the true ones.
    fn border_errors(&self, classes: &[&String]) -> Vec<(usize, f64)> {
        let mut errors = Vec::new();
        for class in classes {
            let (truth, found) = (self.true_moments(class), self.found_moments(class));
            let matches = self.matches(class, FOUND);
            for (&place, &(recording, of)) in matches.places.iter().zip(&matches.found) {
                let Some(of) = of else { continue };
                let (own, true_steps) = (&found[place].1.steps, &truth[of].1.steps);
                if own.is_empty() || own.len() != true_steps.len() {
                    continue;
                }
                let distance = |(a, b): (&AnnotatedStep, &AnnotatedStep)| {
                    (a.start - b.start).abs() + (a.end - b.end).abs()
                };
                let sum: f64 = own.iter().zip(true_steps).map(distance).sum();
                errors.push((recording, sum / (2 * own.len()) as f64));
            }
        }
        errors
    }

    /// Moments of absent classes per hour and class, above the median score of those found.
    fn false_alarms(&self, names: &[String], seconds: &[f64]) -> Option<f64> {
        let mut scores: Vec<f64> = Vec::new();
        for class in names {
            let (found, matches) = (self.found_moments(class), self.matches(class, FOUND));
            let right = matches.places.iter().zip(&matches.found).filter(|(_, (_, of))| of.is_some());
            scores.extend(right.filter_map(|(&place, _)| found[place].1.score));
        }
        scores.sort_by(f64::total_cmp);
        let least = *scores.get(scores.len() / 2)?;
        let (mut alarms, mut hours) = (0, 0.0);
        for ((annotation, found), seconds) in self.truth.iter().zip(self.found).zip(seconds) {
            let is_absent = |class: &str| annotation.moments.iter().all(|moment| moment.class != class);
            let absent = names.iter().filter(|name| is_absent(name)).count();
            hours += absent as f64 * seconds / 3600.0;
            let alarm = |moment: &&AnnotatedMoment| moment.score >= Some(least) && is_absent(&moment.class);
            alarms += found.iter().filter(alarm).count();
        }
        (hours > 0.0).then(|| f64::from(alarms as u32) / hours)
    }
}

/// Mean average precision in per cent over the classes that happen; none if none does.
fn mean_precision(matches: &[Matches], times: &[u32]) -> Option<f64> {
    let precisions: Vec<f64> =
        matches.iter().filter_map(|matches| matches.average_precision(times)).collect();
    (!precisions.is_empty()).then(|| 100.0 * precisions.iter().sum::<f64>() / precisions.len() as f64)
}

fn mean_error(errors: &[(usize, f64)], times: &[u32]) -> Option<f64> {
    let weight: u32 = errors.iter().map(|&(recording, _)| times[recording]).sum();
    let sum: f64 = errors.iter().map(|&(recording, error)| f64::from(times[recording]) * error).sum();
    (weight > 0).then(|| sum / f64::from(weight))
}

impl MomentResults {
    /// Rows over true moments in recordings that last so many seconds; `names` are the classes looked for.
    pub fn new(rows: Vec<MomentRow>, truth: &[Annotation], names: &[String], seconds: &[f64]) -> Self {
        let moments = || truth.iter().flat_map(|annotation| &annotation.moments);
        let happens = |name: &&String| moments().any(|moment| moment.class == **name);
        Self {
            rows,
            recordings: truth.len(),
            hours: seconds.iter().sum::<f64>() / 3600.0,
            moments: moments().filter(|moment| names.contains(&moment.class)).count(),
            classes: names.iter().filter(happens).count(),
        }
    }

    /// The table for people.
    pub fn table(&self) -> String {
        let seconds =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let rows = self.rows.iter().map(|row| {
            let mut cells = vec![row.name.clone()];
            for (map, ends) in row.map.iter().zip(&row.map_ci) {
                cells.extend([percent::number(*map), percent::interval(*ends)]);
            }
            cells.extend([seconds(row.border_error), percent::interval(row.border_error_ci)]);
            cells.push(seconds(row.false_alarms));
            cells
        });
        let header = [
            "",
            "mAP@0.3",
            "95 %",
            "mAP@0.5",
            "95 %",
            "mAP@0.7",
            "95 %",
            "borders, s",
            "95 %",
            "false alarms/h",
        ];
        format!(
            "{}\n{} recordings, {:.2} hours, {} moments of {} classes\n",
            Table::with_words(1, &header, rows.collect()).draw(Style::Plain),
            self.recordings,
            self.hours,
            self.moments,
            self.classes
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(class: &str, start: f64, end: f64, score: Option<f64>) -> AnnotatedMoment {
        let middle = (start + end) / 2.0;
        let step = |name: &str, start, end| AnnotatedStep { name: name.to_owned(), start, end };
        let steps = vec![step("first", start, middle), step("second", middle, end)];
        AnnotatedMoment { class: class.to_owned(), start, end, score, steps }
    }

    fn annotation(moments: &[AnnotatedMoment]) -> Annotation {
        Annotation { moments: moments.to_vec(), ..Annotation::default() }
    }

    #[test]
    fn precision_borders_and_false_alarms_are_measured() {
        let truth = [
            annotation(&[moment("a", 0.0, 10.0, None), moment("b", 20.0, 30.0, None)]),
            annotation(&[moment("a", 0.0, 10.0, None)]),
        ];
        let found = [
            vec![moment("a", 0.0, 10.0, Some(3.0)), moment("b", 22.0, 30.0, Some(2.0))],
            vec![moment("b", 50.0, 60.0, Some(2.5)), moment("a", 30.0, 40.0, Some(1.0))],
        ];
        let names = ["a", "b", "c"].map(str::to_owned);
        let row = MomentRow::new("find", &truth, &found, &names, &[1800.0, 1800.0]);
        // Of a, one of two at full precision; of b, one after a false one.
        assert_eq!(row.map, [Some(50.0), Some(50.0), Some(50.0)]);
        // Borders of a are exact; those of b are off by 2, 1, 1 and 0 seconds.
        assert_eq!(row.border_error, Some(0.5));
        // Above a score of 3 nothing is false: b and c are absent from the second recording, c from the first.
        assert_eq!(row.false_alarms, Some(0.0));
        let [low, high] = row.map_ci[0].unwrap();
        assert!((0.0..=50.0).contains(&low) && (50.0..=100.0).contains(&high));
    }

    #[test]
    fn without_moments_there_is_nothing_to_measure() {
        let names = ["a".to_owned()];
        let row = MomentRow::new(
            "find",
            &[annotation(&[])],
            &[vec![moment("a", 0.0, 1.0, Some(1.0))]],
            &names,
            &[60.0],
        );
        assert_eq!((row.map, row.border_error, row.false_alarms), ([None; 3], None, None));
    }
}
