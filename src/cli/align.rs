//! `actalign-tui align`: aligns embeddings made elsewhere.

use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, ensure, eyre};

use crate::align::{OwnCalibration, Smoothing, products, unit_rows};
use crate::cli::inputs::MethodArgs;
use crate::cli::table;
use crate::embeddings::read_matrix;
use crate::explore::{
    Candidate, ClassMatrix, EvidenceLimit, Kept, Method, Outcome, Report, ReportSettings, align_classes,
    align_in_turn,
};

/// Align embeddings made elsewhere and rank the classes
#[derive(Args, Clone, Debug)]
pub struct AlignArgs {
    /// Frame embeddings, T×d, neither normalised nor smoothed (.npy, float32 or float64)
    #[arg(long, value_name = "Z.npy")]
    frames: PathBuf,
    /// Step embeddings, K×d, a file per class, named after the class
    #[arg(long, value_name = "U.npy", num_args = 1.., required = true)]
    steps: Vec<PathBuf>,
    /// The checkpoint's logit_scale as stored: the logarithm of alpha
    // Hyphens: clap takes -1.5 for a number but not -1e-5, as NumPy may print it.
    #[arg(long, value_name = "S", allow_hyphen_values = true, value_parser = finite)]
    logit_scale: f32,
    /// The checkpoint's logit_bias: beta [default: none, as CLIP; cells are then cosines, and beta of affinities is fitted]
    #[arg(long, value_name = "B", allow_hyphen_values = true, value_parser = finite)]
    logit_bias: Option<f32>,
    /// Width of the smoothing window in frames; 0 and 1 are off
    #[arg(long, value_name = "W", default_value_t = 0)]
    smoothing: usize,
    #[command(flatten)]
    method: MethodArgs,
    /// Classes that get order evidence: all, none, or how many from the best
    #[arg(long, value_name = "N|all|none", default_value_t)]
    order_evidence: EvidenceLimit,
    /// Print one JSON document instead of a table
    #[arg(long)]
    json: bool,
}

pub fn run(args: &AlignArgs) -> Result<()> {
    table::print(&args.report()?, args.order_evidence, args.json)
}

impl AlignArgs {
    /// Aligns every class and ranks them.
    fn report(&self) -> Result<Report> {
        let Self { frames: file, steps: files, .. } = self;
        let own = OwnCalibration::from_log_scale(self.logit_scale, self.logit_bias);
        let method = Method { cell: self.method.cell.unwrap_or(own.usual_cell()), ..self.method.method() };
        ensure!(
            own.alpha.is_finite(),
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
        let matrix = |class: usize| {
            let cosines = smoothing.cosines(products(scripts[class].view(), prepared.view()).view(), &norms);
            Some(ClassMatrix { cosines, mean_pool: None })
        };
        let (calibration, aligned) = if own.beta.is_none() || method.needs_all_cells() {
            let matrices: Vec<_> = (0..scripts.len()).map(matrix).collect();
            let calibration = own.fitted(matrices.iter().flatten().map(|class| &class.cosines));
            (calibration, align_classes(matrices, method, calibration))
        } else {
            let calibration = own.fitted([]);
            let kept = Kept::for_evidence(self.order_evidence, self.json);
            (calibration, align_in_turn(scripts.len(), matrix, method, calibration, kept))
        };
        let (rule, classes) =
            aligned.map_err(|refused| eyre!("cannot align {}: {refused}", files[refused.class].display()))?;
        // The times of the frames are unknown.
        let mut outcome = Outcome::new(Vec::new(), Vec::new(), self.smoothing, rule, classes);
        // The steps are known as numbers alone: a script is named by its file.
        let script =
            |path: &PathBuf| Candidate { domain: String::new(), name: class_name(path), steps: Vec::new() };
        let seeds: Vec<u64> = files.iter().map(|path| script(path).order_seed()).collect();
        outcome.find_evidence(&seeds, self.order_evidence)?;
        let settings = ReportSettings {
            method,
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

fn finite(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err("must be a finite number".into()),
        Err(error) => Err(error.to_string()),
    }
}
