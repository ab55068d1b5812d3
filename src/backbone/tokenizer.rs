//! Text to token ids, as the models were trained on it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::{Path, PathBuf};
use std::sync::Once;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use tokenizers::{Encoding, ModelWrapper, Tokenizer};

use super::error::ModelError;
use super::file;
use crate::error_chain::panic_message;

/// A tokenized text.
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
    path: PathBuf,
    tokenizer: Tokenizer,
    family: TokenizerKind,
    length: usize,
    /// Ids that carry no text: the unknown token, and the mark between words.
    empty: Vec<u32>,
}

/// The kind of a checkpoint's tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenizerKind {
    /// SigLIP: a sentencepiece unigram model; `</s>` ends the text and pads it.
    V1,
    /// SigLIP 2 of fixed resolution: Gemma's tokenizer; `<eos>` ends the text, `<pad>` pads it.
    V2,
}

/// The id that ends a text, in both families.
const END: i32 = 1;

impl TokenizerKind {
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

    /// The token with the id [`END`].
    fn end_token(self) -> &'static str {
        match self {
            Self::V1 => "</s>",
            Self::V2 => "<eos>",
        }
    }
}

impl TextTokenizer {
    /// Reads a `tokenizer.json` for a model with `length` text positions and `vocabulary` tokens.
    pub fn open(path: &Path, length: usize, vocabulary: usize) -> Result<Self, ModelError> {
        let bytes = file::read(path, file::MAX_TOKENIZER)?;
        let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        check_charsmaps(json).map_err(|reason| file::unreadable(path, json, reason))?;
        let mut tokenizer = catch_panics(|| Tokenizer::from_bytes(json).map_err(|error| error.to_string()))
            .map_err(|reason| file::unreadable(path, json, reason))?;
        let unsupported = |reason: String| ModelError::unsupported(path, reason);
        let (family, is_random) = match tokenizer.get_model() {
            ModelWrapper::Unigram(model) => {
                (TokenizerKind::V1, model.alpha.is_some() && model.nbest_size.is_some())
            }
            ModelWrapper::BPE(model) => {
                (TokenizerKind::V2, model.dropout.is_some_and(|dropout| dropout != 0.0))
            }
            _ => return Err(unsupported("not a SigLIP tokenizer\nhelp: fetch the checkpoint again".into())),
        };
        if is_random {
            return Err(unsupported(
                "it cuts texts in random ways, as for training (dropout, or alpha and nbest_size); remove these settings"
                    .into(),
            ));
        }
        if tokenizer.token_to_id(family.end_token()) != Some(END as u32) {
            return Err(unsupported(format!(
                "not a SigLIP tokenizer: the token {:?} does not have the id {END}",
                family.end_token()
            )));
        }
        let tokens = tokenizer.get_vocab_size(true);
        let largest = tokenizer.get_added_tokens_decoder().into_keys().max();
        if tokens > vocabulary || largest.is_some_and(|id| id as usize >= vocabulary) {
            let largest = largest.map_or_else(String::new, |id| format!(" (the largest added one is {id})"));
            return Err(unsupported(format!(
                "it makes {tokens} different tokens{largest} and the model knows {vocabulary}; the files are from two \
                 checkpoints"
            )));
        }
        // `encode` cuts, ends and pads texts itself, whatever the file says.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| ModelError::damaged(path, error))?;
        let mut opened = Self { path: path.to_owned(), tokenizer, family, length, empty: Vec::new() };
        opened.empty = opened.check_texts()?;
        Ok(opened)
    }

    /// Encodes a few texts to refuse a tokenizer that loses parts of them. Returns the ids that carry no text.
    fn check_texts(&self) -> Result<Vec<u32>, ModelError> {
        self.run("a é ａ").map_err(|reason| ModelError::damaged(&self.path, reason))?;
        // No vocabulary has this character, and no normaliser another for it.
        let unknown = self.run(UNKNOWN).map_err(|reason| {
            ModelError::unsupported(
                &self.path,
                format!(
                    "it has no token for unknown text ({reason}), as SigLIP's has\nhelp: fetch the checkpoint again"
                ),
            )
        })?;
        let Some((&id, token)) = unknown.get_ids().last().zip(unknown.get_tokens().last()) else {
            return Err(ModelError::unsupported(
                &self.path,
                "it leaves unknown text out without a token for it, which SigLIP's has\nhelp: fetch the checkpoint again",
            ));
        };
        let is_byte = token.starts_with("<0x");
        let words = self.run("a b").map_err(|reason| ModelError::damaged(&self.path, reason))?;
        let has = |token: &str| self.tokenizer.token_to_id(token).is_some();
        // Without these letters in the vocabulary, the marks between words cannot be checked.
        if has("▁") && (has("a") || has("▁a")) && (has("b") || has("▁b")) {
            let made = words.get_tokens().concat();
            let is_right = match self.family {
                TokenizerKind::V1 => made == "▁a▁b",
                TokenizerKind::V2 => made == "a▁b" || made == "▁a▁b",
            };
            if !is_right {
                return Err(ModelError::unsupported(
                    &self.path,
                    format!(
                        "its normalizer or pre-tokenizer is not that of {}: \"a b\" becomes {made:?}\nhelp: fetch the checkpoint \
                         again",
                        self.family.describe()
                    ),
                ));
            }
        }
        let unknown = (!is_byte).then_some(id);
        Ok(unknown.into_iter().chain(self.tokenizer.token_to_id("▁")).collect())
    }

    /// Tokenizes a text; one that is too long is cut.
    pub fn encode(&self, text: &str) -> Result<Tokens, ModelError> {
        let made = match self.family {
            TokenizerKind::V1 => self.run(&canonical(text)),
            // Letter by letter, whatever ends the word, as the reference implementation does it.
            TokenizerKind::V2 => self.run(&text.chars().flat_map(char::to_lowercase).collect::<String>()),
        };
        let made = made.map_err(|reason| {
            let path = self.path.display();
            ModelError::Input(format!("{path} cannot tokenize {}: {reason}", shortened(text)))
        })?;
        let ids = made.get_ids();
        let used = ids.len().min(self.length - 1);
        let cut = ids.len() > used;
        let mut ids: Vec<i32> = ids[..used].iter().map(|id| *id as i32).collect();
        ids.push(END);
        ids.resize(self.length, self.family.padding());
        Ok(Tokens { ids, used, cut })
    }

    fn run(&self, text: &str) -> Result<Encoding, String> {
        catch_panics(|| self.tokenizer.encode(text, false).map_err(|error| error.to_string()))
    }

    /// Whether a text has no known token. To the model all such texts are the same.
    pub fn has_no_known_token(&self, tokens: &Tokens) -> bool {
        tokens.ids[..tokens.used].iter().all(|id| self.empty.contains(&(*id as u32)))
    }

    /// The ids of texts, padded to the longest of them. The models were trained on texts of full length: this is for
    /// results that are to be compared with those of scripts that pad so.
    pub fn encode_batch(&self, texts: &[String]) -> Result<Vec<Tokens>, ModelError> {
        let mut batch = texts.iter().map(|text| self.encode(text)).collect::<Result<Vec<Tokens>, _>>()?;
        let longest = batch.iter().map(|tokens| tokens.used + 1).max().unwrap_or_default();
        for tokens in &mut batch {
            tokens.ids.truncate(longest);
        }
        Ok(batch)
    }

    pub fn family(&self) -> TokenizerKind {
        self.family
    }

    pub fn length(&self) -> usize {
        self.length
    }
}

/// Refuses a character table that states a larger size than it has: the library reserves the stated size, up to 8 GB.
fn check_charsmaps(json: &[u8]) -> Result<(), String> {
    const KEY: &str = "precompiled_charsmap";
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        normalizer: Value,
    }
    fn find<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get(KEY).and_then(Value::as_str));
                fields.values().for_each(|value| find(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| find(value, found)),
            _ => {}
        }
    }
    let text = str::from_utf8(json).map_err(|error| error.to_string())?;
    if !text.contains(KEY) {
        return Ok(());
    }
    // The library would read the table before it finds a fault in the JSON.
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut charsmaps = Vec::new();
    find(&file.normalizer, &mut charsmaps);
    for charsmap in charsmaps {
        let start = charsmap.get(..8).and_then(|start| STANDARD.decode(start).ok()).unwrap_or_default();
        let Some(size) = start.first_chunk() else { continue };
        if u32::from_le_bytes(*size) as usize > charsmap.len() {
            return Err(format!("its {KEY} is cut off"));
        }
    }
    Ok(())
}

/// A character of the last private plane.
const UNKNOWN: &str = "\u{10fffd}";

/// A text for a message: its start where it is long.
fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    let start: String = text.chars().take(MOST).collect();
    if start.len() < text.len() { format!("{start:?}…") } else { format!("{text:?}") }
}

/// Runs the tokenizer library, which panics on some files and texts: makes a panic an error and prints nothing.
fn catch_panics<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    thread_local! { static QUIET: Cell<bool> = const { Cell::new(false) } }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.get() {
                report(info);
            }
        }));
    });
    QUIET.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(false);
    outcome.unwrap_or_else(|panic| Err(panic_message(&*panic)))
}

/// The text rules of SigLIP: lower case, no ASCII punctuation, single spaces (also for the word mark), none at the ends.
pub fn canonical(text: &str) -> String {
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

/// The `tokenizer.json` of a checkpoint. The error says what to do if there is only sentencepiece's own file.
pub(super) fn tokenizer_file(dir: &Path) -> Result<PathBuf, ModelError> {
    let path = dir.join("tokenizer.json");
    if file::is_there(&path)? {
        return Ok(path);
    }
    let hint = if dir.join("spiece.model").exists() {
        "spiece.model alone is not enough: fetch tokenizer.json from the same repository".into()
    } else {
        "fetch the checkpoint again".into()
    };
    Err(ModelError::MissingFile { path, hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_tables_that_overstate_their_size_are_refused() {
        let file = |normalizer: &str| {
            format!(r#"{{"model": {{"vocab": [["a", 0.0]]}}, "normalizer": {normalizer}}}"#)
        };
        let table = |size: u32, rest: &[u8]| {
            let charsmap = STANDARD.encode([&size.to_le_bytes(), rest].concat());
            format!(r#"{{"type": "Precompiled", "precompiled_charsmap": "{charsmap}"}}"#)
        };
        for sound in
            [table(8, &[0; 9]), table(0, b""), "null".to_owned(), r#"{"precompiled_charsmap": 3}"#.to_owned()]
        {
            assert_eq!(check_charsmaps(file(&sound).as_bytes()), Ok(()), "{sound}");
        }
        let nested = format!(r#"{{"type": "Sequence", "normalizers": [{}]}}"#, table(0x4100_0000, b""));
        let no_json = file(&table(0, b"")) + "J";
        assert!(check_charsmaps(no_json.as_bytes()).unwrap_err().contains("trailing characters"));
        assert!(check_charsmaps(b"{\"normalizer\": \"\xff\"}").unwrap_err().contains("utf-8"));
        for broken in [table(u32::MAX, &[0; 40]), table(0x4100_0000, b""), nested] {
            assert!(check_charsmaps(file(&broken).as_bytes()).unwrap_err().contains("cut off"), "{broken}");
        }
    }
}
