//! The words of captions. The tokenizer has word pieces learned from the captions, in the form of SigLIP's unigram vocabulary.

use std::collections::HashMap;

use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::unigram::Unigram;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::{AddedToken, Tokenizer};

use crate::rendered::Rng;
use crate::training::{TrainingError, World};
use actalign_tui::backbone::canonical;

const CAPTIONS: u64 = 20_000;
const SPECIAL: [&str; 3] = ["<pad>", "</s>", "<unk>"];
const UNKNOWN: usize = 2;

/// `tokenizer.json`, with `</s>` at id 1 as the model family has it. Letters and digits are tokens, so that any word
/// can be spelt.
///
/// The pieces are found by merging pairs: with so few different words, the library's unigram trainer drops whole words for
/// letters, which makes every sentence too long.
pub fn train(world: &impl World, size: usize, seed: u64) -> Result<String, TrainingError> {
    let failed = |e: &dyn std::fmt::Display| TrainingError::Tokenizer(e.to_string());
    let captions: Vec<String> = (0..CAPTIONS)
        .map(|i| {
            let seed = seed.wrapping_add(i << 20);
            canonical(&world.caption(world.content(seed), seed).text)
        })
        .collect();
    let trainer = BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(size)
        .special_tokens(SPECIAL.map(|token| AddedToken::from(token, true)).to_vec())
        .initial_alphabet(('a'..='z').chain('0'..='9').collect())
        .build();
    let mut merging = Tokenizer::new(BPE::default());
    merging.with_pre_tokenizer(Some(words()));
    merging
        .train(&mut TrainerWrapper::BpeTrainer(trainer), captions.iter().map(String::as_str))
        .map_err(|e| failed(&e))?;

    let mut counts: HashMap<u32, usize> = HashMap::new();
    for caption in &captions {
        for &id in merging.encode(caption.as_str(), false).map_err(|e| failed(&e))?.get_ids() {
            *counts.entry(id).or_default() += 1;
        }
    }
    let total = counts.values().sum::<usize>() as f64;
    let pieces = (0..merging.get_vocab_size(true) as u32).filter_map(|id| {
        let piece = merging.id_to_token(id)?;
        // A piece that occurs only within longer ones is for unknown words.
        let count = counts.get(&id).map_or(0.1, |&count| count as f64);
        Some((piece.clone(), if SPECIAL.contains(&piece.as_str()) { 0.0 } else { (count / total).ln() }))
    });
    let unigram = Unigram::from(pieces.collect(), Some(UNKNOWN), false).map_err(|e| failed(&e))?;
    let mut tokenizer = Tokenizer::new(unigram);
    tokenizer.with_pre_tokenizer(Some(words()));
    tokenizer
        .add_special_tokens(SPECIAL.map(|token| AddedToken::from(token, true)))
        .map_err(|e| failed(&e))?;
    tokenizer.to_string(true).map_err(|e| failed(&e))
}

fn words() -> Metaspace {
    Metaspace::new('▁', PrependScheme::Always, true)
}

const SYLLABLES: [&str; 16] = [
    "ba", "tro", "shi", "ler", "qui", "mon", "vex", "dra", "ful", "ing", "pox", "ced", "hy", "wun", "gar",
    "ez",
];

/// For training, since users type words that no caption has: the caption unchanged, with an unknown word, without a word, or with a misspelt one.
pub fn disturb(text: &str, seed: u64) -> String {
    let rng = &mut Rng::new(seed, "noise", 0);
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let at = rng.below(words.len());
    match rng.below(20) {
        0..=2 => {
            let word = (0..1 + rng.below(3)).map(|_| *rng.pick(&SYLLABLES)).collect();
            words.insert(at, word);
        }
        3 => {
            words.remove(at);
        }
        4 => {
            let mut letters: Vec<char> = words[at].chars().collect();
            if letters.len() > 3 {
                letters.swap(1, 2);
            }
            words[at] = letters.into_iter().collect();
        }
        _ => {}
    }
    words.join(" ")
}
