//! How files name the tensors that a model asks for.

use super::facts::Tower;

/// The configuration in the layout of transformers.
pub(super) const CONFIG: &str = "config.json";
/// The configuration in the layout of OpenCLIP.
pub(super) const OPEN_CLIP_CONFIG: &str = "open_clip_config.json";

/// The names of the tensors in the files of a checkpoint.
#[derive(Debug)]
pub(super) struct WeightLayout {
    /// The file with all weights. If there are several, their index is called so, with `.index.json` after it.
    pub file: &'static str,
    /// How the names of the image tower's and the text tower's tensors begin.
    pub towers: [&'static [&'static str]; 2],
    /// Tensors that every checkpoint has: what stands before their names is a prefix of all names.
    pub anchors: [&'static str; 2],
    /// Where the values of a tensor lie that the model asks for.
    pub source: fn(&str) -> Source,
}

/// Where the values of a tensor lie.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In a tensor of the same values, whatever it is called. It may have more dimensions of size 1.
    Whole(String),
    /// In one of `of` equal parts of the rows of a tensor, counted from 0.
    Part { name: String, part: usize, of: usize },
    /// In the rows of several tensors one after another. Each has a share of all rows.
    Joined(Vec<(String, usize)>),
    /// In a matrix whose rows are the columns here.
    Transposed(String),
}

impl Source {
    /// The tensors in the files, and the shapes they must have for a tensor of this shape.
    pub fn stored(&self, shape: &[usize]) -> Vec<(&str, Vec<usize>)> {
        let with_rows =
            |rows: usize| shape.iter().take(1).map(|_| rows).chain(shape.iter().skip(1).copied()).collect();
        let rows = shape.first().copied().unwrap_or(1);
        match self {
            Self::Whole(name) => vec![(name, shape.to_vec())],
            Self::Part { name, of, .. } => vec![(name, with_rows(rows * of))],
            Self::Joined(parts) => {
                let all: usize = parts.iter().map(|(_, share)| share).sum();
                parts.iter().map(|(name, share)| (name.as_str(), with_rows(rows / all * share))).collect()
            }
            Self::Transposed(name) => vec![(name, shape.iter().rev().copied().collect())],
        }
    }
}

impl WeightLayout {
    /// The layout of transformers for a family whose towers' tensors begin so. Its models ask for what is in the files.
    pub const fn of_transformers(towers: [&'static [&'static str]; 2]) -> Self {
        Self {
            file: "model.safetensors",
            towers,
            anchors: [
                "vision_model.embeddings.patch_embedding.weight",
                "text_model.embeddings.token_embedding.weight",
            ],
            source: |name| Source::Whole(name.to_owned()),
        }
    }

    /// Whether a tensor of the files belongs to a tower.
    pub fn is_of(&self, tower: Tower, tensor: &str) -> bool {
        self.towers[tower as usize].iter().any(|start| tensor.starts_with(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_state_the_shapes_in_the_files() {
        let whole = Source::Whole("a".into());
        assert_eq!(whole.stored(&[2, 3]), [("a", vec![2, 3])]);
        let part = Source::Part { name: "a".into(), part: 1, of: 3 };
        assert_eq!(part.stored(&[2, 3]), [("a", vec![6, 3])]);
        assert_eq!(part.stored(&[2]), [("a", vec![6])]);
        let joined = Source::Joined(vec![("a".into(), 1), ("b".into(), 2)]);
        assert_eq!(joined.stored(&[6, 3]), [("a", vec![2, 3]), ("b", vec![4, 3])]);
        assert_eq!(Source::Transposed("a".into()).stored(&[2, 3]), [("a", vec![3, 2])]);
    }
}
