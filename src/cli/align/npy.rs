use ndarray::{Array2, ArrayView2};
use ndarray_npy::{ReadNpyExt, ReadableElement, ViewElement, ViewNpyError, ViewNpyExt};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a file is not a matrix of embeddings.
#[derive(Debug, Error)]
pub(super) enum MatrixError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not a .npy file: {reason}; write it with numpy.save", path.display())]
    NotNpy { path: PathBuf, reason: String },
    #[error(
        "{} holds {found} and not float32 or float64 in little-endian order; convert it with .astype(\"<f4\")",
        path.display()
    )]
    WrongType { path: PathBuf, found: String },
    #[error("{} has {found} dimensions and not 2: one row per embedding is needed", path.display())]
    NotMatrix { path: PathBuf, found: usize },
    #[error("{} is empty: its shape is {rows}×{columns}", path.display())]
    Empty { path: PathBuf, rows: usize, columns: usize },
    #[error(
        "{} holds {value} in row {row}, column {column} (from 0), not a finite number in the range of float32; \
         check how the embeddings were made",
        path.display()
    )]
    NotFinite { path: PathBuf, row: usize, column: usize, value: f64 },
}

/// Reads a matrix of embeddings, one per row, as f32.
pub(super) fn read_matrix(path: &Path) -> Result<Array2<f32>, MatrixError> {
    let bytes = std::fs::read(path).map_err(|source| MatrixError::Read { path: path.to_owned(), source })?;
    let matrix = match decode::<f32>(&bytes) {
        Err(ViewNpyError::WrongDescriptor(_)) => decode::<f64>(&bytes).map(|matrix| narrow(path, &matrix)),
        outcome => outcome.map(|matrix| narrow(path, &matrix)),
    };
    let matrix = matrix.map_err(|error| explain(path, error))??;
    if matrix.is_empty() {
        let (rows, columns) = matrix.dim();
        return Err(MatrixError::Empty { path: path.to_owned(), rows, columns });
    }
    Ok(matrix)
}

/// Decodes a .npy file of one element type.
///
/// The file is viewed before it is copied, because only the view compares the shape in the header with the
/// length of the file: a reader would allocate whatever a broken header claims.
fn decode<A>(bytes: &[u8]) -> Result<Array2<A>, ViewNpyError>
where
    A: ViewElement + ReadableElement + Clone,
{
    match ArrayView2::<A>::view_npy(bytes) {
        Ok(view) => Ok(view.to_owned()),
        Err(ViewNpyError::MisalignedData) => {
            Array2::read_npy(bytes).map_err(|error| ViewNpyError::Io(io::Error::other(error)))
        }
        Err(error) => Err(error),
    }
}

/// Narrows a matrix to finite f32.
fn narrow<A: Copy + Into<f64>>(path: &Path, matrix: &Array2<A>) -> Result<Array2<f32>, MatrixError> {
    let narrow = matrix.mapv(|value| value.into() as f32);
    match narrow.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), _)) => Err(MatrixError::NotFinite {
            path: path.to_owned(),
            row,
            column,
            value: matrix[(row, column)].into(),
        }),
        None => Ok(narrow),
    }
}

/// Says which file is wrong, and how.
fn explain(path: &Path, error: ViewNpyError) -> MatrixError {
    let path = path.to_owned();
    match error {
        ViewNpyError::WrongDescriptor(found) => MatrixError::WrongType { path, found: found.to_string() },
        ViewNpyError::NonNativeEndian => MatrixError::WrongType { path, found: "big-endian numbers".into() },
        ViewNpyError::WrongNdim(_, found) => MatrixError::NotMatrix { path, found },
        other => MatrixError::NotNpy { path, reason: other.to_string() },
    }
}
