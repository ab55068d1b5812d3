//! Frame embeddings that were made elsewhere.

use std::path::Path;

use color_eyre::eyre::{Report, ensure};

use crate::embeddings::read_matrix;
use crate::explore::frames::EmbeddedFrame;
use crate::video::Shown;

/// Reads a `.npy` file of raw frame embeddings, T×d: a row per frame, `per_second` of them a second.
pub fn read_rows(path: &Path, per_second: f64, dim: usize) -> Result<Vec<EmbeddedFrame>, Report> {
    let rows = read_matrix(path)?;
    ensure!(
        rows.ncols() == dim,
        "{}: {} dimensions, but the model has {dim}\nhelp: use embeddings of the same checkpoint",
        path.display(),
        rows.ncols()
    );
    let frames = (0..).zip(rows.rows()).map(|(ordinal, row)| EmbeddedFrame {
        ordinal,
        time: ordinal as f64 / per_second,
        shown: Shown { until: (ordinal + 1) as f64 / per_second, rows: vec![ordinal as f64 / per_second] },
        embedding: row.to_vec().into(),
    });
    Ok(frames.collect())
}
