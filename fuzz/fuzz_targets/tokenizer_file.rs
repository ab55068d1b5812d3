//! A `tokenizer.json`: what is accepted makes ids that the model has, of any text.
#![no_main]

use std::cell::RefCell;

use actalign_fuzz::{Scratch, bounded, fuzz_target};
use actalign_tui::backbone::{TextTokenizer, TokenizerKind};

const LENGTH: usize = 16;
const VOCABULARY: usize = 1 << 16;
const TEXTS: [&str; 5] =
    ["", "a goalkeeper dives", "Straße, CAFÉ ｆｕｌｌ ▁", "\u{0}\u{1c}\u{202e}\u{10ffff}", "</s><eos><pad>"];

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    SCRATCH.with_borrow(|scratch| {
        let path = scratch.write("tokenizer.json", data);
        let opened = bounded(64 << 20 | data.len() * 4096, || {
            TextTokenizer::open(&path, LENGTH, VOCABULARY, &TokenizerKind::ALL)
        });
        let tokenizer = match opened {
            Ok(tokenizer) => tokenizer,
            Err(error) => {
                assert!(error.to_string().contains("tokenizer.json"), "an error names the file: {error}");
                return;
            }
        };
        for text in TEXTS {
            // The library fails on some texts, which is told.
            let Ok(tokens) = tokenizer.encode(text) else { continue };
            assert_eq!(tokens, tokenizer.encode(text).unwrap());
            assert_eq!(tokens.ids.len(), LENGTH);
            assert!(tokens.used < LENGTH);
            assert!(tokens.ids.iter().all(|&id| (0..VOCABULARY as i32).contains(&id)));
        }
    });
});
