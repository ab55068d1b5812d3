//! Rows of a matrix.

/// Rows of a matrix that lie `stride` values apart.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub values: &'a [f32],
    pub stride: usize,
    pub count: usize,
    pub length: usize,
}

impl<'a> Rows<'a> {
    /// All values, in rows of `length`.
    pub fn of(values: &'a [f32], length: usize) -> Self {
        Self { values, stride: length, count: values.len() / length, length }
    }

    /// Rows of `length` that start `stride` values apart.
    pub fn within(values: &'a [f32], stride: usize, length: usize) -> Self {
        Self { values, stride, count: values.len().div_ceil(stride), length }
    }

    /// `count` rows from row `first` on.
    pub fn part(self, first: usize, count: usize) -> Self {
        Self { values: &self.values[first * self.stride..], count, ..self }
    }

    pub fn row(self, index: usize) -> &'a [f32] {
        &self.values[index * self.stride..][..self.length]
    }
}
