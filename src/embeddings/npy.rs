//! Matrices of embeddings that other tools wrote.

use ndarray::{Array2, ArrayView2};
use ndarray_npy::{ReadNpyExt, ReadableElement, ViewElement, ViewNpyError, ViewNpyExt};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

use crate::input_file::{MOST_DATA, read_bounded};

/// Why a file is not a matrix of embeddings.
#[derive(Debug, Error)]
pub enum MatrixError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is of another format.
    #[error("{} is not a .npy file: {reason}; write it with numpy.save", path.display())]
    NotNpy {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Its numbers are of another type.
    #[error(
        "{} holds {found} and not float32 or float64 in little-endian order; convert it with .astype(\"<f4\")",
        path.display()
    )]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The type.
        found: String,
    },
    /// It is no matrix.
    #[error("{} has {found} dimensions and not 2: one row per embedding is needed", path.display())]
    NotMatrix {
        /// The file.
        path: PathBuf,
        /// Number of dimensions.
        found: usize,
    },
    /// It has no row or no column.
    #[error("{} is empty: its shape is {rows}×{columns}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// Number of rows.
        rows: usize,
        /// Number of columns.
        columns: usize,
    },
    /// A row that has no direction.
    #[error(
        "{} holds nothing but zeros in row {row} (from 0): such an embedding has no direction to compare; check how the \
         embeddings were made, or leave the row out",
        path.display()
    )]
    Zeros {
        /// The file.
        path: PathBuf,
        /// The row, from 0.
        row: usize,
    },
    /// A number that is none, or too large.
    #[error(
        "{} holds {value} in row {row}, column {column} (from 0), not a finite number in the range of float32; \
         check how the embeddings were made",
        path.display()
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Row of the number, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// The number.
        value: f64,
    },
}

/// Reads a matrix of embeddings from a `.npy` file of float32 or float64, one per row, as f32.
///
/// # Errors
/// When the file cannot be read or is no such matrix.
pub fn read_matrix(path: &Path) -> Result<Array2<f32>, MatrixError> {
    let bytes = read_bounded(path, MOST_DATA)
        .map_err(|source| MatrixError::Read { path: path.to_owned(), source })?;
    if !holds_its_header(&bytes) {
        return Err(MatrixError::NotNpy {
            path: path.to_owned(),
            reason: "it ends within its header".into(),
        });
    }
    let matrix = match decode::<f32>(&bytes) {
        Err(ViewNpyError::WrongDescriptor(_)) => decode::<f64>(&bytes).map(|matrix| narrow(path, &matrix)),
        outcome => outcome.map(|matrix| narrow(path, &matrix)),
    };
    let matrix = matrix.map_err(|error| explain(path, error))??;
    if matrix.is_empty() {
        let (rows, columns) = matrix.dim();
        return Err(MatrixError::Empty { path: path.to_owned(), rows, columns });
    }
    match matrix.rows().into_iter().position(|row| row.iter().all(|value| *value == 0.0)) {
        Some(row) => Err(MatrixError::Zeros { path: path.to_owned(), row }),
        None => Ok(matrix),
    }
}

/// Whether a file is as long as its header says that the header is: the parser reserves what it says.
fn holds_its_header(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"\x93NUMPY") else { return true };
    let (length, header) = match rest {
        [1, _, a, b, header @ ..] => (u32::from(u16::from_le_bytes([*a, *b])), header),
        [_, _, a, b, c, d, header @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]), header),
        _ => return true,
    };
    length as usize <= header.len()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_longer_than_the_file_is_refused_before_room_is_made_for_it() {
        let header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n";
        let npy = |length: u32| [b"\x93NUMPY\x02\0", &length.to_le_bytes()[..], header, &[0x3f; 8]].concat();
        assert!(holds_its_header(&npy(header.len() as u32)));
        for length in [header.len() as u32 + 9, 0x00f9_0076, u32::MAX] {
            assert!(!holds_its_header(&npy(length)));
        }
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        std::fs::write(&path, npy(header.len() as u32)).unwrap();
        assert_eq!(read_matrix(&path).unwrap().dim(), (1, 2));
        std::fs::write(&path, npy(u32::MAX)).unwrap();
        assert!(read_matrix(&path).unwrap_err().to_string().contains("it ends within its header"));
    }
}
