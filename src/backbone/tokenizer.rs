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

use super::cleaning::Cleaning;
use super::error::ModelError;
use super::file;
use super::layout::OPEN_CLIP_CONFIG;
use crate::error_chain::panic_message;

/// A tokenized text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tokens {
    /// Token ids, padded to the model's full length or to that of the longest of a batch.
    pub ids: Vec<i32>,
    /// How many of them stand before the end token.
    pub used: usize,
    /// Whether the text was too long and lost its end.
    pub cut: bool,
}

/// The tokenizer of a checkpoint, with the text rules of its model family.
#[derive(Debug)]
pub struct TextTokenizer {
    path: PathBuf,
    tokenizer: Tokenizer,
    kind: TokenizerKind,
    length: usize,
    /// Rules of the checkpoint's layout, in place of those of the kind.
    cleaning: Option<Cleaning>,
    /// Ids of the tokens before and after a text.
    start: Option<i32>,
    end: i32,
    /// Ids that carry no text: the start, the unknown token, and the mark between words.
    empty: Vec<u32>,
}

/// The kind of a checkpoint's tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenizerKind {
    /// SigLIP: a sentencepiece unigram model; `</s>` ends the text and pads it.
    V1,
    /// SigLIP 2 of fixed resolution: Gemma's tokenizer; `<eos>` ends the text, `<pad>` pads it.
    V2,
    /// CLIP: byte pairs of words in lower case between `<|startoftext|>` and `<|endoftext|>`, which also pads the text.
    Clip,
    /// MetaCLIP 2: the sentencepiece unigram model of XLM-V, between `<s>` and `</s>`, padded with `<pad>`.
    XlmV,
}

impl TokenizerKind {
    pub const ALL: [Self; 4] = [Self::V1, Self::V2, Self::Clip, Self::XlmV];

    pub fn describe(self) -> &'static str {
        match self {
            Self::V1 => "SigLIP (sentencepiece)",
            Self::V2 => "SigLIP 2 (Gemma)",
            Self::Clip => "CLIP (byte pairs)",
            Self::XlmV => "MetaCLIP 2 (XLM-V, sentencepiece)",
        }
    }

    /// Name of the model families that use it.
    fn family(self) -> &'static str {
        match self {
            Self::V1 | Self::V2 => "SigLIP",
            Self::Clip => "CLIP",
            Self::XlmV => "MetaCLIP 2",
        }
    }

    /// Whether a tokenizer has the same kind of model.
    fn fits(self, model: &ModelWrapper) -> bool {
        match (self, model) {
            (Self::V1 | Self::XlmV, ModelWrapper::Unigram(_)) => true,
            (Self::V2, ModelWrapper::BPE(model)) => model.end_of_word_suffix.is_none(),
            (Self::Clip, ModelWrapper::BPE(model)) => model.end_of_word_suffix.as_deref() == Some("</w>"),
            _ => false,
        }
    }

    fn start_token(self) -> Option<&'static str> {
        match self {
            Self::V1 | Self::V2 => None,
            Self::Clip => Some("<|startoftext|>"),
            Self::XlmV => Some("<s>"),
        }
    }

    fn end_token(self) -> &'static str {
        match self {
            Self::V1 | Self::XlmV => "</s>",
            Self::V2 => "<eos>",
            Self::Clip => "<|endoftext|>",
        }
    }

    /// The id of the end token, where all checkpoints have the same.
    fn end_id(self) -> Option<u32> {
        match self {
            Self::V1 | Self::V2 => Some(1),
            Self::XlmV => Some(2),
            Self::Clip => None,
        }
    }

    /// The id that pads a text that ends with `end`.
    fn padding(self, end: i32) -> i32 {
        match self {
            Self::V1 | Self::Clip => end,
            Self::V2 => 0,
            Self::XlmV => 1,
        }
    }

    /// What a tokenizer of the kind must make of two letters, given that it knows them; `None` if it does not.
    fn sample(self, has: impl Fn(&str) -> bool) -> Option<&'static [&'static str]> {
        match self {
            Self::Clip => (has("a</w>") && has("b</w>")).then_some(&["a</w>b</w>"]),
            _ if !has("▁") || !(has("a") || has("▁a")) || !(has("b") || has("▁b")) => None,
            Self::V1 | Self::XlmV => Some(&["▁a▁b"]),
            Self::V2 => Some(&["a▁b", "▁a▁b"]),
        }
    }
}

impl TextTokenizer {
    /// Reads a `tokenizer.json` of one of some kinds, for a model with `length` text positions and `vocabulary` tokens.
    pub fn open(
        path: &Path,
        length: usize,
        vocabulary: usize,
        kinds: &[TokenizerKind],
    ) -> Result<Self, ModelError> {
        let bytes = file::read(path, file::MAX_TOKENIZER)?;
        let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        check_charsmaps(json).map_err(|reason| file::unreadable(path, json, reason))?;
        let mut tokenizer = catch_panics(|| Tokenizer::from_bytes(json).map_err(|error| error.to_string()))
            .map_err(|reason| file::unreadable(path, json, reason))?;
        let unsupported = |reason: String| ModelError::unsupported(path, reason);
        let is_random = match tokenizer.get_model() {
            ModelWrapper::Unigram(model) => model.alpha.is_some() && model.nbest_size.is_some(),
            ModelWrapper::BPE(model) => model.dropout.is_some_and(|dropout| dropout != 0.0),
            _ => false,
        };
        if is_random {
            return Err(unsupported(
                "it cuts texts in random ways, as for training (dropout, or alpha and nbest_size); remove these settings"
                    .into(),
            ));
        }
        let fitting: Vec<TokenizerKind> =
            kinds.iter().copied().filter(|kind| kind.fits(tokenizer.get_model())).collect();
        // Some kinds differ only in the place of the end token.
        let ends = |kind: &TokenizerKind| {
            let id = tokenizer.token_to_id(kind.end_token());
            id.is_some() && kind.end_id().is_none_or(|end| id == Some(end))
        };
        let family = kinds.first().map_or("known", |kind| kind.family());
        let Some(kind) = fitting.iter().copied().find(ends).or(fitting.first().copied()) else {
            return Err(unsupported(format!("not a {family} tokenizer\nhelp: fetch the checkpoint again")));
        };
        if !ends(&kind) {
            let (token, id) = (kind.end_token(), kind.end_id());
            return Err(unsupported(match id {
                Some(id) => {
                    format!("not a {family} tokenizer: the token {token:?} does not have the id {id}")
                }
                None => format!("not a {family} tokenizer: it has no token {token:?}"),
            }));
        }
        let id = |token: &str| tokenizer.token_to_id(token).map(|id| id as i32);
        let end = id(kind.end_token()).unwrap_or_default();
        let start = kind.start_token().map(|token| {
            let missing = || unsupported(format!("not a {family} tokenizer: it has no token {token:?}"));
            id(token).ok_or_else(missing)
        });
        let start = start.transpose()?;
        let tokens = tokenizer.get_vocab_size(true);
        let largest = tokenizer.get_added_tokens_decoder().into_keys().max();
        if tokens > vocabulary || largest.is_some_and(|id| id as usize >= vocabulary) {
            let largest = largest.map_or_else(String::new, |id| format!(" (the largest added one is {id})"));
            return Err(unsupported(format!(
                "it makes {tokens} different tokens{largest} and the model knows {vocabulary}; the files are from two \
                 checkpoints"
            )));
        }
        // `encode` cuts, starts, ends and pads texts itself, whatever the file says.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| ModelError::damaged(path, error))?;
        let mut opened = Self {
            path: path.to_owned(),
            tokenizer,
            kind,
            length,
            cleaning: None,
            start,
            end,
            empty: Vec::new(),
        };
        opened.empty = opened.check_texts()?;
        Ok(opened)
    }

    /// Reads a `tokenizer.json` of any kind, for a model that is not known.
    pub(super) fn open_any(path: &Path) -> Result<Self, ModelError> {
        Self::open(path, 3, usize::MAX, &TokenizerKind::ALL)
    }

    /// Encodes a few texts to refuse a tokenizer that loses parts of them. Returns the ids that carry no text.
    fn check_texts(&self) -> Result<Vec<u32>, ModelError> {
        let family = self.kind.family();
        self.run("a é ａ").map_err(|reason| ModelError::damaged(&self.path, reason))?;
        // No vocabulary has this character, and no normaliser another for it.
        let unknown = self.run(UNKNOWN).map_err(|reason| {
            ModelError::unsupported(
                &self.path,
                format!(
                    "it has no token for unknown text ({reason}), as {family}'s has\nhelp: fetch the checkpoint again"
                ),
            )
        })?;
        let Some((&id, token)) = unknown.get_ids().last().zip(unknown.get_tokens().last()) else {
            return Err(ModelError::unsupported(
                &self.path,
                format!(
                    "it leaves unknown text out without a token for it, which {family}'s has\nhelp: fetch the checkpoint \
                     again"
                ),
            ));
        };
        let is_byte = token.starts_with("<0x") || self.kind == TokenizerKind::Clip;
        let sample = if self.kind == TokenizerKind::Clip { "A b" } else { "a b" };
        let words = self.run(sample).map_err(|reason| ModelError::damaged(&self.path, reason))?;
        let has = |token: &str| self.tokenizer.token_to_id(token).is_some();
        // Without these letters in the vocabulary, the marks between words cannot be checked.
        if let Some(right) = self.kind.sample(has) {
            let made = words.get_tokens().concat();
            if !right.contains(&made.as_str()) {
                return Err(ModelError::unsupported(
                    &self.path,
                    format!(
                        "its normalizer or pre-tokenizer is not that of {}: {sample:?} becomes {made:?}\nhelp: fetch the checkpoint \
                         again",
                        self.kind.describe()
                    ),
                ));
            }
        }
        let unknown = (!is_byte).then_some(id);
        let start = self.start.map(|id| id as u32);
        Ok(unknown.into_iter().chain(self.tokenizer.token_to_id("▁")).chain(start).collect())
    }

    /// Tokenizes a text; one that is too long is cut.
    pub fn encode(&self, text: &str) -> Result<Tokens, ModelError> {
        let made = match (self.cleaning, self.kind) {
            (Some(cleaning), _) => self.run(&cleaning.apply(text)),
            (None, TokenizerKind::V1) => self.run(&canonical(text)),
            // Letter by letter, whatever ends the word, as the reference implementation does it.
            (None, TokenizerKind::V2) => {
                self.run(&text.chars().flat_map(char::to_lowercase).collect::<String>())
            }
            (None, TokenizerKind::Clip | TokenizerKind::XlmV) => self.run(text),
        };
        let made = made.map_err(|reason| {
            let path = self.path.display();
            ModelError::Input(format!("{path} cannot tokenize {}: {reason}", shortened(text)))
        })?;
        let made = made.get_ids();
        let mut ids: Vec<i32> = self.start.into_iter().collect();
        let kept = made.len().min(self.length - 1 - ids.len());
        ids.extend(made[..kept].iter().map(|id| *id as i32));
        let used = ids.len();
        ids.push(self.end);
        ids.resize(self.length, self.padding());
        Ok(Tokens { ids, used, cut: made.len() > kept })
    }

    fn padding(&self) -> i32 {
        match (self.cleaning, self.kind) {
            // OpenCLIP's own tokenizer.
            (Some(Cleaning::Lower), TokenizerKind::Clip) => 0,
            _ => self.kind.padding(self.end),
        }
    }

    /// The same tokenizer with other rules for texts.
    pub(super) fn with_cleaning(self, cleaning: Cleaning) -> Self {
        Self { cleaning: Some(cleaning), ..self }
    }

    fn run(&self, text: &str) -> Result<Encoding, String> {
        catch_panics(|| self.tokenizer.encode(text, false).map_err(|error| error.to_string()))
    }

    /// Whether a text has no known token. To the model all such texts are the same.
    pub fn has_no_known_token(&self, tokens: &Tokens) -> bool {
        tokens.ids[..tokens.used].iter().all(|id| self.empty.contains(&(*id as u32)))
    }

    /// The number of words of a text, and of those that the vocabulary does not have: words with an unknown token, and words of
    /// ASCII letters that are broken into pieces of at most two letters on average.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn count_words(&self, text: &str) -> Result<[usize; 2], ModelError> {
        let text = canonical(text);
        let (mut words, mut unknown) = (0, 0);
        for word in text.split_whitespace() {
            // The space makes it a word within a text.
            let made = self.run(&format!(" {word}")).map_err(|reason| {
                let path = self.path.display();
                ModelError::Input(format!("{path} cannot tokenize {}: {reason}", shortened(word)))
            })?;
            words += 1;
            unknown += usize::from(self.is_unknown(word, &made));
        }
        Ok([words, unknown])
    }

    fn is_unknown(&self, word: &str, made: &Encoding) -> bool {
        let tokens = made.get_ids().iter().zip(made.get_tokens()).filter(|(_, token)| *token != "▁");
        let ids: Vec<&u32> = tokens.map(|(id, _)| id).collect();
        let is_broken =
            ids.len() > 1 && word.len() <= 2 * ids.len() && word.bytes().all(|c| c.is_ascii_alphabetic());
        is_broken || ids.into_iter().any(|id| self.empty.contains(id))
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

    pub fn kind(&self) -> TokenizerKind {
        self.kind
    }

    /// The id that ends a text.
    pub(super) fn end(&self) -> i32 {
        self.end
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
    } else if dir.join(OPEN_CLIP_CONFIG).exists() {
        format!(
            "copy it from the repository that hf_tokenizer_name in {} names, or if there is none, from \
             openai/clip-vit-large-patch14",
            OPEN_CLIP_CONFIG
        )
    } else if dir.join("merges.txt").exists() {
        "vocab.json and merges.txt are not read: open the model in transformers, and save its tokenizer"
            .into()
    } else {
        "fetch the checkpoint again".into()
    };
    Err(ModelError::MissingFile { path, hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_without_a_token_of_their_own_are_counted() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let demo = root.join("assets/demo/model/tokenizer.json");
        let demo = TextTokenizer::open(&demo, 64, 4096, &TokenizerKind::ALL).unwrap();
        assert_eq!(demo.count_words("The athlete, with both arms up.").unwrap(), [6, 0]);
        assert_eq!(demo.count_words("fjqvwz with zyx \u{10fffd}").unwrap(), [4, 3]);
        assert_eq!(demo.count_words(" ").unwrap(), [0, 0]);
        // A word is not broken by letters beyond ASCII.
        let gemma = root.join("tests/fixtures/siglip/gemma/tokenizer.json");
        let gemma = TextTokenizer::open(&gemma, 64, 4096, &TokenizerKind::ALL).unwrap();
        assert_eq!(gemma.count_words("straße \u{10fffd}").unwrap(), [2, 1]);
    }

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
