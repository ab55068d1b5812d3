//! The template where the user names none.

use std::collections::HashSet;

use crate::backbone::ModelError;
use crate::explore::candidate::Candidate;
use crate::explore::model::Model;
use crate::script::Template;

/// The paper's template is written for models that read at least this many tokens. For those no tokenizer is loaded.
const ENOUGH_TOKENS: usize = 64;

/// The template for these candidates where the user names none: `context`, but `short` where the model reads few tokens
/// and would cut fewer sentences of `short`. A notice of the model then says so.
///
/// # Errors
/// If the tokenizer cannot be read.
pub fn default_template<'a>(
    model: &Model,
    candidates: impl IntoIterator<Item = &'a Candidate>,
) -> Result<Template, ModelError> {
    let context = Template::default();
    let length = model.checkpoint().text_len();
    if length >= ENOUGH_TOKENS {
        return Ok(context);
    }
    let short = Template::short();
    let tokenizer = model.checkpoint().tokenizer()?;
    let mut seen = HashSet::new();
    let (mut cut, mut cut_short) = (0, 0);
    for candidate in candidates {
        for (sentence, shorter) in candidate.sentences(&context).zip(candidate.sentences(&short)) {
            if !seen.contains(&sentence) {
                cut += usize::from(tokenizer.encode(&sentence)?.cut);
                cut_short += usize::from(tokenizer.encode(&shorter)?.cut);
                seen.insert(sentence);
            }
        }
    }
    if cut <= cut_short {
        return Ok(context);
    }
    model.notify(format!(
        "the model reads {length} tokens: the template {} would cut {cut} of {} sentences, so {} is used, which cuts \
         {cut_short}\nhelp: --template {} keeps the former",
        context.name(),
        seen.len(),
        short.name(),
        context.name(),
    ));
    Ok(short)
}
