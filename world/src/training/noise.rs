//! Disturbed captions: who types steps of their own uses words that no caption has.

use crate::rendered::Rng;

const SYLLABLES: [&str; 16] = [
    "ba", "tro", "shi", "ler", "qui", "mon", "vex", "dra", "ful", "ing", "pox", "ced", "hy", "wun", "gar",
    "ez",
];

/// The caption as it is, or with a word that nobody knows, without a word, or with a misspelt one.
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
