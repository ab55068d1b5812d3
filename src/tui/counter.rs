//! Counts the tokens of sentences while they are typed: reading a tokenizer may take a moment.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::explore::Model;
use crate::tui::action::{Action, Tell, TokenCount};

/// A thread that counts one sentence after the other.
pub struct Counter(Sender<(Arc<Model>, String)>);

impl Counter {
    /// Starts the thread, from which `tell` is called.
    pub fn start(tell: Tell) -> Self {
        let (sender, sentences) = channel();
        thread::spawn(move || count(&sentences, &tell));
        Self(sender)
    }

    /// Asks for a sentence's tokens. Only the last of those that wait is counted.
    pub fn count(&self, model: Arc<Model>, sentence: String) {
        // The thread ends only when nobody can ask it.
        let _ = self.0.send((model, sentence));
    }
}

fn count(sentences: &Receiver<(Arc<Model>, String)>, tell: &Tell) {
    while let Ok(first) = sentences.recv() {
        let (model, sentence) = sentences.try_iter().last().unwrap_or(first);
        // A tokenizer that cannot be read, and a sentence that it fails on, are reported by whoever embeds.
        let tokenizer = model.checkpoint().tokenizer();
        if let Ok((tokenizer, tokens)) =
            tokenizer.and_then(|tokenizer| Ok((tokenizer, tokenizer.encode(&sentence)?)))
        {
            let most = tokenizer.length() - 1;
            tell(Action::Tokens(TokenCount { sentence, used: tokens.used, most, cut: tokens.cut }));
        }
    }
}
