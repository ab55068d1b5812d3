//! The text rules of all model families, on the tokenizers that the tests have: lengths, padding and ends hold, and
//! SigLIP's rules are those of a plain second implementation.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use actalign_fuzz::fuzz_target;
use actalign_tui::backbone::{TextTokenizer, TokenizerKind};

const LENGTH: usize = 64;
const VOCABULARY: usize = 1 << 16;

static TOKENIZERS: LazyLock<Vec<TextTokenizer>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let open = |(name, kind)| {
        TextTokenizer::open(&folder.join(name).join("tokenizer.json"), LENGTH, VOCABULARY, &[kind]).unwrap()
    };
    [
        ("siglip/tiny", TokenizerKind::V1),
        ("siglip/gemma", TokenizerKind::V2),
        ("clip/quick", TokenizerKind::Clip),
        ("clip/metaclip2", TokenizerKind::XlmV),
    ]
    .map(open)
    .into()
});

/// As the reference implementation has it: lower case, no ASCII punctuation, words with single spaces.
fn canonical(text: &str) -> String {
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c) || c == '▁';
    let kept = text.to_lowercase().replace(|c: char| c.is_ascii_punctuation(), "");
    let words: Vec<&str> = kept.split(is_space).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fuzz_target!(|text: &str| {
    for tokenizer in TOKENIZERS.iter() {
        let tokens = tokenizer.encode(text).unwrap();
        assert_eq!(tokens.ids.len(), LENGTH);
        assert!(tokens.used < LENGTH);
        assert!(tokens.ids.iter().all(|&id| (0..VOCABULARY as i32).contains(&id)));
        let (end, padding) = match tokenizer.kind() {
            TokenizerKind::V1 => (1, 1),
            TokenizerKind::V2 => (1, 0),
            TokenizerKind::Clip => (856, 856),
            TokenizerKind::XlmV => (2, 1),
        };
        assert_eq!(tokens.ids[tokens.used], end, "the end token follows the text");
        assert!(tokens.ids[tokens.used + 1..].iter().all(|&id| id == padding));
        assert!(!tokens.cut || tokens.used == LENGTH - 1);
        if tokenizer.kind() == TokenizerKind::V1 {
            assert_eq!(tokens, tokenizer.encode(&canonical(text)).unwrap(), "{:?}", canonical(text));
        }
        // Beside another text of a batch nothing changes but the padding.
        let batch = tokenizer.encode_batch(&[text.to_owned(), "a goalkeeper dives".to_owned()]).unwrap();
        let length = batch[0].ids.len();
        assert!(batch[1].ids.len() == length && length > tokens.used);
        assert_eq!(batch[0].ids, tokens.ids[..length]);
    }
});
