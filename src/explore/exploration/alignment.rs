//! From the products of texts and frames to alignments.

use ndarray::Array2;
use rayon::prelude::*;

use super::Exploration;
use crate::align::{self, AlignError, Rule, Smoothing, Windows};
use crate::explore::candidate::Candidate;
use crate::explore::evidence::next_generation;
use crate::explore::outcome::{ClassMatrix, ClassOutcome, Kept, Outcome, align_classes, align_in_turn};
use crate::explore::settings::Settings;
use crate::explore::workers;

impl Exploration {
    /// A class without smoothing under otherwise the same settings; `None` if it cannot be aligned. It has a column for
    /// every frame, while [`Exploration::outcome`] may lack the last.
    pub fn unsmoothed(&self, class: usize) -> Option<ClassOutcome> {
        if self.is_frozen() {
            return None;
        }
        workers::install(|| {
            let method = self.settings.method;
            let windows = Windows::new(
                Smoothing { width: 0, preset: method.preset },
                &self.frames.scaled_by_time(method.preset),
            );
            let mean_pools = self.mean_pool_scores();
            let scales = self.frames.scales_by_time(method.preset);
            let matrix = |(at, candidate): (usize, &Candidate)| {
                // Other classes matter only to the background.
                if at != class && !method.leaves_out() {
                    return None;
                }
                let script = self.script(candidate)?.into_iter();
                let sums: Vec<_> =
                    script.map(|number| self.texts.prefix_sums(number, method.preset, &scales)).collect();
                class_matrix(&windows, &sums, mean_pools[at])
            };
            let matrices = self.candidates.par_iter().enumerate().map(matrix).collect();
            let (_, mut classes) = align_classes(matrices, method, self.calibration_in_force()).ok()?;
            classes.get_mut(class)?.take()
        })
    }

    pub(super) fn align(&mut self) -> Result<(), AlignError> {
        let Settings { method, smoothing_seconds, .. } = self.settings;
        if let Some(fixed) = &self.fixed {
            let matrix = |(cosines, &mean_pool): (&Option<Array2<f32>>, &Option<f64>)| {
                Some(ClassMatrix { cosines: cosines.clone()?, mean_pool })
            };
            let matrices = fixed.cosines.iter().zip(&fixed.mean_pool).map(matrix).collect();
            self.calibration_in_force().check()?;
            let (rule, classes) = align_classes(matrices, method, self.calibration_in_force())?;
            let (times, ordinals, width) = (fixed.times.clone(), fixed.ordinals.clone(), fixed.width);
            self.replace_outcome(Outcome::new(times, ordinals, width, rule, classes));
            return Ok(());
        }
        let mut times = self.frames.row_times();
        let mut ordinals = self.frames.row_ordinals();
        let width = align::width_in_frames(smoothing_seconds, align::mean_rate(&times));
        let smoothing = Smoothing { width, preset: method.preset };
        let windows = match self.windows.take() {
            Some(windows) if windows.are_of(smoothing) => windows,
            _ => Windows::new(smoothing, &self.frames.scaled_by_time(method.preset)),
        };
        times.truncate(windows.len());
        ordinals.truncate(windows.len());

        let scripts: Vec<Option<Vec<usize>>> =
            self.candidates.iter().map(|class| self.script(class)).collect();
        if let Some(kept) = self.kept {
            let (rule, classes) = self.align_in_turn(&scripts, &windows, kept)?;
            self.outcome = Outcome::new(times, ordinals, width, rule, classes);
            self.generation = next_generation();
            return Ok(());
        }
        let scales = self.frames.scales_by_time(method.preset);
        self.texts.sum(scripts.iter().flatten().flatten().copied(), &self.frames, method.preset);
        let matrix = |(script, mean_pool): (&Option<Vec<usize>>, Option<f64>)| {
            let script = script.as_ref()?.iter();
            let sums: Vec<_> =
                script.map(|&number| self.texts.prefix_sums(number, method.preset, &scales)).collect();
            class_matrix(&windows, &sums, mean_pool)
        };
        let matrices: Vec<_> = scripts.par_iter().zip(self.mean_pool_scores()).map(matrix).collect();
        self.calibration = self.own.fitted(matrices.iter().flatten().map(|class| &class.cosines));
        self.calibration_in_force().check()?;
        let aligned = align_classes(matrices, method, self.calibration_in_force());
        self.windows = Some(windows);
        let (rule, classes) = aligned?;
        self.replace_outcome(Outcome::new(times, ordinals, width, rule, classes));
        Ok(())
    }

    /// Aligns scripts without keeping more than is asked for.
    fn align_in_turn(
        &self,
        scripts: &[Option<Vec<usize>>],
        windows: &Windows,
        kept: Kept,
    ) -> Result<(Rule, Vec<Option<ClassOutcome>>), AlignError> {
        let method = self.settings.method;
        let calibration = self.calibration_in_force();
        calibration.check()?;
        let mean_pools = self.mean_pool_scores();
        let scales = self.frames.scales_by_time(method.preset);
        let matrix = |class: usize| {
            let sums = self.texts.fresh_sums(scripts[class].as_ref()?, &self.frames, &scales);
            class_matrix(windows, &sums, mean_pools[class])
        };
        Ok(align_in_turn(scripts.len(), matrix, method, calibration, kept)?)
    }

    /// Keeps the order evidence of classes whose alignment has not changed. If any has changed, a new generation begins.
    fn replace_outcome(&mut self, mut outcome: Outcome) {
        let is_same_rule = outcome.rule == self.outcome.rule;
        let mut all_kept = outcome.width == self.outcome.width;
        for (class, before) in outcome.classes.iter_mut().zip(&self.outcome.classes) {
            match (class, before) {
                (Some(class), Some(before)) if is_same_rule && class.cells == before.cells => {
                    class.order = before.order;
                    class.without_steps.clone_from(&before.without_steps);
                }
                (None, None) => {}
                _ => all_kept = false,
            }
        }
        if all_kept {
            outcome.confidence = self.outcome.confidence;
        } else {
            self.generation = next_generation();
        }
        self.outcome = outcome;
    }

    /// The mean-pool score of each class whose name is embedded.
    fn mean_pool_scores(&self) -> Vec<Option<f64>> {
        let preset = self.settings.method.preset;
        let sum = self.frames.sum(preset);
        let names: Vec<Option<usize>> =
            self.candidates.iter().map(|class| self.texts.number(&class.name)).collect();
        let norms: Vec<f64> =
            names.iter().map(|name| name.map_or(0.0, |name| self.texts.norm(name))).collect();
        let scores = names.into_iter().zip(align::name_weights(preset, &norms));
        scores
            .map(|(name, weight)| Some(weight * align::cosine_of_sum(sum, self.texts.unit(name?))))
            .collect()
    }
}

/// The matrix of a class from the prefix sums of its steps; `None` without frames.
fn class_matrix(
    windows: &Windows,
    sums: &[impl AsRef<[f64]>],
    mean_pool: Option<f64>,
) -> Option<ClassMatrix> {
    let sums: Vec<&[f64]> = sums.iter().map(AsRef::as_ref).collect();
    (!windows.is_empty()).then(|| ClassMatrix { cosines: windows.cosines(&sums), mean_pool })
}
