//! Embeddings of texts, from the cache or the text tower.

use std::collections::HashMap;

use color_eyre::eyre::Report;
use ndarray::ArrayView2;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::backbone::{TextTokenizer, Tokens, Tower};
use crate::cache::{Entry, Key, Kind};
use crate::embeddings::{floats, to_bytes};
use crate::explore::model::{Identity, Model};

/// A text, its raw embedding, and whether it was longer than the checkpoint reads.
pub type EmbeddedText = (String, Vec<f32>, bool);

/// Removes from `texts` those in the cache, and returns their embeddings.
pub fn known_texts(model: &Model, texts: &mut Vec<String>) -> Vec<EmbeddedText> {
    let Some((cache, identity)) = model.keeps(Tower::Text).filter(|_| !texts.is_empty()) else {
        return Vec::new();
    };
    let dim = model.checkpoint().dim();
    let mut known = Vec::new();
    texts.retain(|text| {
        let entry = cache.get(&key(identity.ingredients(), text));
        let Some(Kept { embedding, cut, is_empty }) = entry.and_then(|entry| decode(&entry, dim)) else {
            return true;
        };
        if is_empty {
            model.note_empty([text.as_str()]);
        }
        known.push((text.clone(), embedding, cut));
        false
    });
    known
}

/// Embeds texts and caches the embeddings.
///
/// # Errors
/// A checkpoint that cannot be loaded, or a failing device.
pub fn embed_texts(model: &Model, texts: Vec<String>) -> Result<Vec<EmbeddedText>, Report> {
    let tower = model.text()?;
    let tokenizer = model.checkpoint().tokenizer()?;
    let tokens = texts.iter().map(|text| tokenizer.encode(text)).collect::<Result<Vec<_>, _>>()?;
    let embeddings =
        tower.embed(&tokens).map_err(|error| error.naming(|index| format!("{:?}", texts[index])))?;
    let kept = Kept::of(model, tokenizer, &texts, &tokens, embeddings.view());
    if let Some((cache, identity)) = model.keeps(Tower::Text)
        && identity.is_unchanged()
    {
        for (text, kept) in texts.iter().zip(&kept) {
            cache.put(&key(identity.ingredients(), text), &encode(kept)?);
        }
    }
    Ok(texts.into_iter().zip(kept).map(Kept::with_text).collect())
}

/// Embeds texts padded to the longest of them instead of the full length, as the authors' scripts do; all from the cache
/// or all from the text tower.
///
/// # Errors
/// A checkpoint that cannot be loaded, or a failing device.
pub fn embed_batch(model: &Model, texts: &[String]) -> Result<Vec<EmbeddedText>, Report> {
    let tokenizer = model.checkpoint().tokenizer()?;
    let tokens = tokenizer.encode_batch(texts)?;
    let Some(first) = tokens.first() else { return Ok(Vec::new()) };
    let dim = model.checkpoint().dim();
    let padding = format!("padded to {}", first.ids.len());
    let key = |identity: &Identity, text: &str| {
        let ingredients = identity.ingredients().chain([text.as_bytes(), padding.as_bytes()]);
        Key::new(Kind::Text, ingredients)
    };
    let keeps = model.keeps(Tower::Text);
    let known = keeps.and_then(|(cache, identity)| {
        let known = |text: &String| {
            let kept = decode(&cache.get(&key(identity, text))?, dim)?;
            if kept.is_empty {
                model.note_empty([text.as_str()]);
            }
            Some(Kept::with_text((text.clone(), kept)))
        };
        texts.iter().map(known).collect::<Option<Vec<EmbeddedText>>>()
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let embeddings = model.text()?.embed(&tokens);
    let embeddings = embeddings.map_err(|error| error.naming(|index| format!("{:?}", texts[index])))?;
    let kept = Kept::of(model, tokenizer, texts, &tokens, embeddings.view());
    if let Some((cache, identity)) = keeps.filter(|(_, identity)| identity.is_unchanged()) {
        for (text, kept) in texts.iter().zip(&kept) {
            cache.put(&key(identity, text), &encode(kept)?);
        }
    }
    Ok(texts.iter().cloned().zip(kept).map(Kept::with_text).collect())
}

/// A text in the cache.
struct Kept {
    embedding: Vec<f32>,
    /// Whether the text was longer than the checkpoint reads.
    cut: bool,
    /// Whether it has no known token.
    is_empty: bool,
}

impl Kept {
    /// Embedded texts. Those without a known token are reported.
    fn of(
        model: &Model,
        tokenizer: &TextTokenizer,
        texts: &[String],
        tokens: &[Tokens],
        embeddings: ArrayView2<f32>,
    ) -> Vec<Self> {
        let rows = tokens.iter().zip(embeddings.rows()).map(|(tokens, row)| Self {
            embedding: row.to_vec(),
            cut: tokens.cut,
            is_empty: tokenizer.says_nothing(tokens),
        });
        let kept: Vec<Self> = rows.collect();
        let empty = texts.iter().zip(&kept).filter(|(_, kept)| kept.is_empty);
        model.note_empty(empty.map(|(text, _)| text.as_str()));
        kept
    }

    fn with_text((text, kept): (String, Self)) -> EmbeddedText {
        (text, kept.embedding, kept.cut)
    }
}

fn key<'a>(identity: impl Iterator<Item = &'a [u8]>, text: &'a str) -> Key {
    Key::new(Kind::Text, identity.chain([text.as_bytes()]))
}

fn encode(Kept { embedding, cut, is_empty }: &Kept) -> Result<Vec<u8>, Report> {
    let bytes = to_bytes(embedding);
    let view = TensorView::new(Dtype::F32, vec![embedding.len()], &bytes)?;
    let notes =
        HashMap::from([("cut".to_owned(), cut.to_string()), ("empty".to_owned(), is_empty.to_string())]);
    Ok(serialize([("embedding", view)], Some(notes))?)
}

fn decode(entry: &Entry, dim: usize) -> Option<Kept> {
    let (_, header) = SafeTensors::read_metadata(entry.payload()).ok()?;
    let note = |name: &str| header.metadata().as_ref()?.get(name)?.parse().ok();
    let (cut, is_empty) = (note("cut")?, note("empty")?);
    let tensors = SafeTensors::deserialize(entry.payload()).ok()?;
    let embedding = floats(tensors.tensor("embedding").ok()?.data());
    let is_sound = embedding.len() == dim && embedding.iter().all(|value| value.is_finite());
    is_sound.then_some(Kept { embedding, cut, is_empty })
}
