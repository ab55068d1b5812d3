//! The published checkpoints that this program runs.

pub use super::facts::KnownModel;
use super::families::FAMILIES;

/// All of them, family by family.
pub fn models() -> Vec<KnownModel> {
    FAMILIES.iter().flat_map(|family| (family.models)()).collect()
}

/// The checkpoint of that name.
pub fn find(id: &str) -> Option<KnownModel> {
    models().into_iter().find(|model| model.id == id)
}

/// The name that a mistyped one was most likely to be.
pub fn like(id: &str) -> Option<&'static str> {
    let likeness = |model: &KnownModel| strsim::normalized_damerau_levenshtein(model.id, id);
    let best = models().into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (best.id != id && likeness(&best) > 0.7).then_some(best.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_mistyped_ones_found() {
        let models = models();
        for (number, model) in models.iter().enumerate() {
            assert_eq!(find(model.id).as_ref(), Some(model));
            assert!(models[..number].iter().all(|other| other.id != model.id));
            assert_eq!(like(model.id), None);
        }
        assert_eq!(like("google/siglip-base-patch16-225"), Some("google/siglip-base-patch16-224"));
        assert_eq!(like("gogle/siglip2-so400m-patch14-384"), Some("google/siglip2-so400m-patch14-384"));
        assert_eq!(like("openai/clip-vit-base-patch32"), None);
    }
}
