//! Text to token ids, as the models were trained on it.

use std::path::{Path, PathBuf};

use tokenizers::{ModelWrapper, Tokenizer};

use super::error::ModelError;

/// A text as the model takes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tokens {
    /// Token ids, padded to the model's full length or to that of the longest of a batch.
    pub ids: Vec<i32>,
    /// How many of them are text, the end token not counted.
    pub used: usize,
    /// Whether the text was too long and lost its end.
    pub cut: bool,
}

/// The tokenizer of a checkpoint, with the text rules of its model family.
#[derive(Debug)]
pub struct TextTokenizer {
    tokenizer: Tokenizer,
    family: Family,
    length: usize,
}

/// Who the checkpoint's tokenizer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// SigLIP: a sentencepiece unigram model; `</s>` ends the text and pads it.
    V1,
    /// SigLIP 2 of fixed resolution: Gemma's tokenizer; `<eos>` ends the text, `<pad>` pads it.
    V2,
}

/// The id that ends a text, in both families.
const END: i32 = 1;

impl Family {
    /// The family and its tokenizer, in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::V1 => "SigLIP (sentencepiece)",
            Self::V2 => "SigLIP 2 (Gemma)",
        }
    }

    fn padding(self) -> i32 {
        match self {
            Self::V1 => END,
            Self::V2 => 0,
        }
    }

    /// The name of the end token, to be found at [`END`].
    fn end_token(self) -> &'static str {
        match self {
            Self::V1 => "</s>",
            Self::V2 => "<eos>",
        }
    }
}

impl TextTokenizer {
    /// Reads a `tokenizer.json` for a model with `length` text positions and `vocabulary` tokens.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or belongs to another model.
    pub fn open(path: &Path, length: usize, vocabulary: usize) -> Result<Self, ModelError> {
        let bytes = std::fs::read(path).map_err(|e| ModelError::read(path, e))?;
        let mut tokenizer = parse(&bytes).map_err(|reason| ModelError::damaged(path, reason))?;
        let family = match tokenizer.get_model() {
            ModelWrapper::Unigram(_) => Family::V1,
            ModelWrapper::BPE(_) => Family::V2,
            _ => {
                return Err(ModelError::unsupported(
                    path,
                    "this is no SigLIP tokenizer; fetch the checkpoint again",
                ));
            }
        };
        if tokenizer.token_to_id(family.end_token()) != Some(END as u32) {
            return Err(ModelError::unsupported(
                path,
                format!(
                    "the token {:?} has not the id {END}, so this is no SigLIP tokenizer",
                    family.end_token()
                ),
            ));
        }
        let tokens = tokenizer.get_vocab_size(true);
        if tokens > vocabulary {
            return Err(ModelError::unsupported(
                path,
                format!(
                    "it makes {tokens} different tokens and the model knows {vocabulary}; the files are from two checkpoints"
                ),
            ));
        }
        // Length and end are dealt with here, whatever the file says.
        tokenizer.with_padding(None);
        let _ = tokenizer.with_truncation(None);
        Ok(Self { tokenizer, family, length })
    }

    /// The ids of a text. It is never refused: what is too long is cut, which [`Tokens::cut`] tells.
    pub fn encode(&self, text: &str) -> Tokens {
        let text = match self.family {
            Family::V1 => canonical(text),
            // Letter by letter, without a regard to the end of the word, as that family's reference does it.
            Family::V2 => text.chars().flat_map(char::to_lowercase).collect(),
        };
        // The library fails only on a vocabulary without an unknown token, which such a file does not have.
        let ids = self.tokenizer.encode(text, false).map(|e| e.get_ids().to_vec()).unwrap_or_default();
        let used = ids.len().min(self.length - 1);
        let cut = ids.len() > used;
        let mut ids: Vec<i32> = ids[..used].iter().map(|id| *id as i32).collect();
        ids.push(END);
        ids.resize(self.length, self.family.padding());
        Tokens { ids, used, cut }
    }

    /// The ids of texts, padded to the longest of them. The models were trained on texts of full length: this is for
    /// results that are to be compared with those of scripts that pad so.
    pub fn encode_batch(&self, texts: &[String]) -> Vec<Tokens> {
        let mut batch: Vec<Tokens> = texts.iter().map(|text| self.encode(text)).collect();
        let longest = batch.iter().map(|tokens| tokens.used + 1).max().unwrap_or_default();
        for tokens in &mut batch {
            tokens.ids.truncate(longest);
        }
        batch
    }

    /// Whose tokenizer it is.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Text positions of the model.
    pub fn length(&self) -> usize {
        self.length
    }
}

/// Reads the file and tries it. The library panics on some broken files.
fn parse(bytes: &[u8]) -> Result<Tokenizer, String> {
    std::panic::catch_unwind(|| {
        let tokenizer = Tokenizer::from_bytes(bytes).map_err(|e| e.to_string())?;
        tokenizer.encode("a é ａ", false).map_err(|e| e.to_string())?;
        Ok(tokenizer)
    })
    .unwrap_or_else(|_| Err("it is no tokenizer that can be read".into()))
}

/// The text rules of SigLIP: lower case, no ASCII punctuation, single spaces, none at the ends. The word
/// mark of the vocabulary counts as a space.
pub(crate) fn canonical(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()) {
        if !is_space(c) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// White space as the reference implementation's language sees it.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c) || c == '▁'
}

/// The tokenizer file of a checkpoint, or what to do where only sentencepiece's own file is there.
pub(super) fn tokenizer_file(dir: &Path) -> Result<PathBuf, ModelError> {
    let path = dir.join("tokenizer.json");
    if path.exists() {
        return Ok(path);
    }
    let hint = if dir.join("spiece.model").exists() {
        "spiece.model alone is not enough: fetch tokenizer.json from the same repository"
    } else {
        "fetch the checkpoint again"
    };
    Err(ModelError::MissingFile { path, hint: hint.into() })
}
