//! Counts the tokens of a sentence while it is typed, on a thread of its own: reading a tokenizer takes a moment.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::explore::Model;
use crate::tui::action::{Action, Tell};
use crate::tui::overlay::TokenCount;

/// A thread that counts one sentence after the other.
pub struct Counter(Sender<(Arc<Model>, String)>);

impl Counter {
    /// Starts the thread, which calls `tell`.
    pub fn start(tell: Tell) -> Self {
        let (sender, sentences) = channel();
        thread::spawn(move || count(&sentences, &tell));
        Self(sender)
    }

    /// Counts a sentence. Of several that wait, only the last is counted.
    pub fn count(&self, model: Arc<Model>, sentence: String) {
        // The thread ends only with the sender.
        let _ = self.0.send((model, sentence));
    }
}

fn count(sentences: &Receiver<(Arc<Model>, String)>, tell: &Tell) {
    while let Ok(first) = sentences.recv() {
        let (model, sentence) = sentences.try_iter().last().unwrap_or(first);
        // Errors of the tokenizer are reported when the sentence is embedded.
        let tokenizer = model.checkpoint().tokenizer();
        if let Ok((tokenizer, tokens)) =
            tokenizer.and_then(|tokenizer| Ok((tokenizer, tokenizer.encode(&sentence)?)))
        {
            let most = tokenizer.length() - 1;
            tell(Action::Tokens(TokenCount { sentence, used: tokens.used, most, cut: tokens.cut }));
        }
    }
}
