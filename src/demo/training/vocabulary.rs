//! The tokenizer: a unigram vocabulary learned from the captions, in the form of SigLIP's own.

use tokenizers::models::TrainerWrapper;
use tokenizers::models::unigram::{Unigram, UnigramTrainer};
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::{AddedToken, Tokenizer};

use crate::demo::training::{TrainingError, World};
use crate::siglip::canonical;

const CAPTIONS: u64 = 30_000;

/// `tokenizer.json`, with `</s>` at id 1 as the model family has it. Letters and digits are tokens, so that any word
/// can be spelt.
pub fn train(world: &impl World, size: usize, seed: u64) -> Result<String, TrainingError> {
    let failed = |e: &dyn std::fmt::Display| TrainingError::Tokenizer(e.to_string());
    let trainer = UnigramTrainer::builder()
        .show_progress(false)
        .vocab_size(size as u32)
        .special_tokens(["<pad>", "</s>", "<unk>"].map(|token| AddedToken::from(token, true)).to_vec())
        .unk_token(Some("<unk>".to_owned()))
        .initial_alphabet(('a'..='z').chain('0'..='9').collect())
        .build()
        .map_err(|e| failed(&e))?;
    let mut tokenizer = Tokenizer::new(Unigram::default());
    tokenizer.with_pre_tokenizer(Some(Metaspace::new('▁', PrependScheme::Always, true)));
    let captions = (0..CAPTIONS).map(|i| {
        let seed = seed.wrapping_add(i << 20);
        let content = world.content(seed);
        canonical(&world.caption(content, seed).text)
    });
    let captions: Vec<String> = captions.collect();
    tokenizer
        .train(&mut TrainerWrapper::UnigramTrainer(trainer), captions.iter().map(String::as_str))
        .map_err(|e| failed(&e))?;
    tokenizer.to_string(true).map_err(|e| failed(&e))
}
