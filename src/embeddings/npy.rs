//! Matrices of embeddings that other tools wrote.

use ndarray::{Array2, ArrayView2};
use ndarray_npy::{ReadNpyExt, ReadableElement, ViewElement, ViewNpyError, ViewNpyExt};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

use crate::files::input_file::{MOST_DATA, read_bounded};

/// A file that is not a matrix of embeddings, and why. Rows and columns count from 0.
#[derive(Debug, Error)]
#[error("cannot read {}: {problem}", path.display())]
pub struct MatrixError {
    path: PathBuf,
    problem: String,
}

/// Reads a matrix of embeddings from a `.npy` file of float32 or float64, one per row, as f32.
pub fn read_matrix(path: &Path) -> Result<Array2<f32>, MatrixError> {
    let bytes = read_bounded(path, MOST_DATA).map_err(|error| error.to_string());
    bytes.and_then(|bytes| parse(&bytes)).map_err(|problem| MatrixError { path: path.to_owned(), problem })
}

fn parse(bytes: &[u8]) -> Result<Array2<f32>, String> {
    let not_npy = |why: String| format!("not a .npy file: {why}\nhelp: write it with numpy.save");
    let wrong_type = |found: String| {
        format!(
            "it holds {found} and not float32 or float64 in little-endian order\nhelp: convert it with .astype(\"<f4\")"
        )
    };
    if !holds_its_header(bytes) {
        return Err(not_npy("it ends within its header".to_owned()));
    }
    let matrix = match decode::<f32>(bytes) {
        Err(ViewNpyError::WrongDescriptor(_)) => decode::<f64>(bytes).map(|matrix| narrow(&matrix)),
        outcome => outcome.map(|matrix| narrow(&matrix)),
    };
    let matrix = matrix.map_err(|error| match error {
        ViewNpyError::WrongDescriptor(found) => wrong_type(found.to_string()),
        ViewNpyError::NonNativeEndian => wrong_type("big-endian numbers".to_owned()),
        ViewNpyError::WrongNdim(_, found) => {
            format!("{found} dimensions and not 2\nhelp: give one row per embedding")
        }
        other => not_npy(other.to_string()),
    })??;
    if matrix.is_empty() {
        return Err(format!("no embeddings: its shape is {}×{}", matrix.nrows(), matrix.ncols()));
    }
    match matrix.rows().into_iter().position(|row| row.iter().all(|value| *value == 0.0)) {
        Some(row) => Err(format!(
            "only zeros in row {row} (from 0), which have no direction to compare\nhelp: check how the embeddings were \
             made, or leave the row out"
        )),
        None => Ok(matrix),
    }
}

/// Whether the file is as long as its header claims to be: the parser reserves what the header claims.
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
/// It is viewed before it is copied, because only the view compares the shape in the header with the length of the file:
/// a reader would allocate whatever a broken header claims.
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
fn narrow<A: Copy + Into<f64>>(matrix: &Array2<A>) -> Result<Array2<f32>, String> {
    let narrow = matrix.mapv(|value| value.into() as f32);
    match narrow.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), _)) => {
            let value: f64 = matrix[(row, column)].into();
            Err(format!(
                "{value} in row {row}, column {column} (from 0) is not a finite float32\nhelp: check how the embeddings \
                 were made"
            ))
        }
        None => Ok(narrow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_longer_than_its_file_is_refused() {
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
