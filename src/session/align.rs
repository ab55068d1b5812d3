//! Aligns embeddings made elsewhere.

use std::path::{Path, PathBuf};

use color_eyre::eyre::{Result, ensure, eyre};
use ndarray::ArrayView2;

use crate::align::{Calibration, Smoothing, products_of_all, unit_rows};
use crate::embeddings::read_matrix;
use crate::explore::{ClassMatrix, Method, Outcome, Report, ReportSettings, align_classes};

/// Embeddings in `.npy` files, and how to align them.
#[derive(Clone, Debug)]
pub struct AlignRequest {
    /// Frame embeddings, T×d, neither normalised nor smoothed.
    pub frames: PathBuf,
    /// Step embeddings, K×d, a file per class, named after the class.
    pub steps: Vec<PathBuf>,
    /// Logarithm of alpha.
    pub logit_scale: f32,
    /// Beta.
    pub logit_bias: f32,
    /// Smoothing width in frames.
    pub smoothing: usize,
    pub method: Method,
}

impl AlignRequest {
    /// Aligns every class and ranks them.
    ///
    /// # Errors
    /// If a file cannot be read, the embeddings do not fit together, or a class cannot be aligned.
    pub fn run(&self) -> Result<Report> {
        let Self { frames: file, steps: files, method, .. } = self;
        let calibration = Calibration::from_log_scale(self.logit_scale, self.logit_bias);
        ensure!(
            calibration.alpha.is_finite(),
            "exp({}) is too large\nhelp: give --logit-scale as the checkpoint stores it, before its exponential",
            self.logit_scale
        );
        let smoothing = Smoothing { width: self.smoothing, preset: method.preset };
        let frames = read_matrix(file)?;
        ensure!(
            smoothing.output_len(frames.nrows()) > 0,
            "{}: smoothing over {} frames leaves nothing of one frame\nhelp: give an odd --smoothing",
            file.display(),
            self.smoothing
        );
        let prepared = smoothing.prepare(frames.view());
        let norms = smoothing.window_norms(prepared.view());
        let scripts = files.iter().map(|path| {
            let steps = read_matrix(path)?;
            ensure!(
                steps.ncols() == prepared.ncols(),
                "{} has {} dimensions and {} has {}\nhelp: give embeddings of the same model",
                path.display(),
                steps.ncols(),
                file.display(),
                prepared.ncols()
            );
            Ok(unit_rows(steps.view()))
        });
        let scripts = scripts.collect::<Result<Vec<_>>>()?;
        let scripts: Vec<ArrayView2<f32>> = scripts.iter().map(|steps| steps.view()).collect();
        let matrices = products_of_all(&scripts, prepared.view())
            .iter()
            .map(|products| smoothing.cosines(products.view(), &norms))
            .map(|cosines| Some(ClassMatrix { cosines, mean_pool: None }))
            .collect();
        let (rule, classes) = align_classes(matrices, *method, calibration)
            .map_err(|refused| eyre!("cannot align {}: {refused}", files[refused.class].display()))?;
        // The times of the frames are unknown.
        let mut outcome = Outcome::new(Vec::new(), Vec::new(), self.smoothing, rule, classes);
        outcome.find_evidence()?;
        let settings = ReportSettings {
            method: *method,
            background_level: method.leaves_out().then_some(rule.background),
            smoothing: self.smoothing,
            alpha: calibration.alpha,
            beta: calibration.beta,
            clip: None,
        };
        let names: Vec<String> = files.iter().map(|path| class_name(path)).collect();
        Ok(Report::new(names.iter().map(String::as_str), &outcome, settings))
    }
}

/// The file name without its extension.
fn class_name(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
