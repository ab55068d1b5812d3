//! Embeddings of texts, from the cache or the text tower.

use std::collections::HashMap;

use color_eyre::eyre::Report;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::backbone::{Tokens, Tower};
use crate::cache::{Entry, Key, Kind};
use crate::embeddings::{floats, to_bytes};
use crate::explore::model::{Identity, Model};

/// A text, its raw embedding, and whether it was longer than the checkpoint reads.
pub type EmbeddedText = (String, Vec<f32>, bool);

/// Removes from `texts` those in the cache, and returns their embeddings.
pub fn known_texts(model: &Model, texts: &mut Vec<String>) -> Vec<EmbeddedText> {
    let mut known = Vec::new();
    texts.retain(|text| {
        let found = known_text(model, text, None);
        let is_missing = found.is_none();
        known.extend(found);
        is_missing
    });
    known
}

/// Embeds texts and caches the embeddings.
pub fn embed_texts(model: &Model, texts: Vec<String>) -> Result<Vec<EmbeddedText>, Report> {
    let tokenizer = model.checkpoint().tokenizer()?;
    let tokens = texts.iter().map(|text| tokenizer.encode(text)).collect::<Result<Vec<_>, _>>()?;
    embed(model, &texts, &tokens, None)
}

/// Embeds texts padded to the longest of them, as the authors' scripts do; all from the cache or all from the text tower.
pub fn embed_batch(model: &Model, texts: &[String]) -> Result<Vec<EmbeddedText>, Report> {
    let tokens = model.checkpoint().tokenizer()?.encode_batch(texts)?;
    let Some(first) = tokens.first() else { return Ok(Vec::new()) };
    let padding = batch_padding(first);
    match texts.iter().map(|text| known_text(model, text, Some(&padding))).collect() {
        Some(known) => Ok(known),
        None => embed(model, texts, &tokens, Some(&padding)),
    }
}

/// Whether all texts are in the cache as [`embed_batch`] embeds them.
pub fn is_batch_known(model: &Model, texts: &[String]) -> Result<bool, Report> {
    let tokens = model.checkpoint().tokenizer()?.encode_batch(texts)?;
    let padding = tokens.first().map(batch_padding);
    Ok(texts.iter().all(|text| known_text(model, text, padding.as_deref()).is_some()))
}

/// What tells the embeddings of a batch from those of texts on their own.
fn batch_padding(first: &Tokens) -> String {
    format!("padded to {}", first.ids.len())
}

/// A text in the cache.
struct Kept {
    embedding: Vec<f32>,
    /// Whether the text was longer than the checkpoint reads.
    cut: bool,
    /// Whether it has no known token.
    is_empty: bool,
}

fn known_text(model: &Model, text: &str, padding: Option<&str>) -> Option<EmbeddedText> {
    let (cache, identity) = model.cache_of(Tower::Text)?;
    let kept = decode(&cache.get(&key(identity, text, padding))?, model.checkpoint().dim())?;
    if kept.is_empty {
        model.note_empty(text);
    }
    Some((text.to_owned(), kept.embedding, kept.cut))
}

fn embed(
    model: &Model,
    texts: &[String],
    tokens: &[Tokens],
    padding: Option<&str>,
) -> Result<Vec<EmbeddedText>, Report> {
    let tokenizer = model.checkpoint().tokenizer()?;
    let embeddings = model.text()?.embed(tokens);
    let embeddings = embeddings.map_err(|error| error.naming(|index| format!("{:?}", texts[index])))?;
    let keeps = model.cache_of(Tower::Text).filter(|(_, identity)| identity.is_unchanged());
    let mut embedded = Vec::new();
    for ((text, tokens), row) in texts.iter().zip(tokens).zip(embeddings.rows()) {
        let is_empty = tokenizer.has_no_known_token(tokens);
        if is_empty {
            model.note_empty(text);
        }
        let kept = Kept { embedding: row.to_vec(), cut: tokens.cut, is_empty };
        if let Some((cache, identity)) = keeps {
            cache.put(&key(identity, text, padding), &encode(&kept)?);
        }
        embedded.push((text.clone(), kept.embedding, kept.cut));
    }
    Ok(embedded)
}

fn key(identity: &Identity, text: &str, padding: Option<&str>) -> Key {
    let own = std::iter::once(text).chain(padding).map(str::as_bytes);
    Key::new(Kind::Text, identity.ingredients().chain(own))
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
