//! Texts in, embeddings out: from the cache, or else from the text tower.

use std::collections::HashMap;

use color_eyre::eyre::Report;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::explore::identity::Identity;
use crate::explore::model::Model;
use crate::siglip::Tower;
use crate::store::{Entry, Key, Kind, floats, to_bytes};

/// A text, its raw embedding, and whether it was longer than the checkpoint reads.
pub type EmbeddedText = (String, Vec<f32>, bool);

/// Takes the texts that the cache knows out of `texts`.
pub fn known_texts(model: &Model, texts: &mut Vec<String>) -> Vec<EmbeddedText> {
    let Some((cache, identity)) = model.keeps(Tower::Text).filter(|_| !texts.is_empty()) else {
        return Vec::new();
    };
    let dim = model.checkpoint().dim();
    let mut known = Vec::new();
    texts.retain(|text| {
        let entry = cache.get(&key(identity.ingredients(), text));
        let Some((embedding, cut)) = entry.and_then(|entry| decode(&entry, dim)) else { return true };
        known.push((text.clone(), embedding, cut));
        false
    });
    known
}

/// Embeds texts, and keeps them for the next time.
///
/// # Errors
/// A checkpoint that cannot be loaded, or a failing device.
pub fn embed_texts(model: &Model, texts: Vec<String>) -> Result<Vec<EmbeddedText>, Report> {
    let tower = model.text()?;
    let tokenizer = model.checkpoint().tokenizer()?;
    let tokens: Vec<_> = texts.iter().map(|text| tokenizer.encode(text)).collect();
    let embeddings = tower.embed(&tokens)?;
    let embedded: Vec<EmbeddedText> = texts
        .into_iter()
        .zip(tokens)
        .zip(embeddings.rows())
        .map(|((text, tokens), row)| (text, row.to_vec(), tokens.cut))
        .collect();
    if let Some((cache, identity)) = model.keeps(Tower::Text)
        && identity.is_unchanged()
    {
        for (text, embedding, cut) in &embedded {
            cache.put(&key(identity.ingredients(), text), &encode(embedding, *cut)?);
        }
    }
    Ok(embedded)
}

/// Embeds texts that are padded to the longest of them, and not to the checkpoint's full length; as a whole from the
/// cache, or else from the text tower.
///
/// # Errors
/// A checkpoint that cannot be loaded, or a failing device.
pub fn embed_batch(model: &Model, texts: &[String]) -> Result<Vec<EmbeddedText>, Report> {
    let tokens = model.checkpoint().tokenizer()?.encode_batch(texts);
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
            let (embedding, cut) = decode(&cache.get(&key(identity, text))?, dim)?;
            Some((text.clone(), embedding, cut))
        };
        texts.iter().map(known).collect::<Option<Vec<EmbeddedText>>>()
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let embeddings = model.text()?.embed(&tokens)?;
    let rows = texts.iter().zip(tokens).zip(embeddings.rows());
    let embedded: Vec<EmbeddedText> =
        rows.map(|((text, tokens), row)| (text.clone(), row.to_vec(), tokens.cut)).collect();
    if let Some((cache, identity)) = keeps.filter(|(_, identity)| identity.is_unchanged()) {
        for (text, embedding, cut) in &embedded {
            cache.put(&key(identity, text), &encode(embedding, *cut)?);
        }
    }
    Ok(embedded)
}

fn key<'a>(identity: impl Iterator<Item = &'a [u8]>, text: &'a str) -> Key {
    Key::new(Kind::Text, identity.chain([text.as_bytes()]))
}

fn encode(embedding: &[f32], cut: bool) -> Result<Vec<u8>, Report> {
    let bytes = to_bytes(embedding);
    let view = TensorView::new(Dtype::F32, vec![embedding.len()], &bytes)?;
    let notes = HashMap::from([("cut".to_owned(), cut.to_string())]);
    Ok(serialize([("embedding", view)], Some(notes))?)
}

fn decode(entry: &Entry, dim: usize) -> Option<(Vec<f32>, bool)> {
    let (_, header) = SafeTensors::read_metadata(entry.payload()).ok()?;
    let cut = header.metadata().as_ref()?.get("cut")?.parse().ok()?;
    let tensors = SafeTensors::deserialize(entry.payload()).ok()?;
    let embedding = floats(tensors.tensor("embedding").ok()?.data());
    (embedding.len() == dim).then_some((embedding, cut))
}
