//! What OpenCLIP does to a text before its tokenizer.
//!
//! It first repairs the text by the library ftfy. Done here: straight quotes, ligatures taken apart, letters of usual width,
//! control characters left out or read as those of Windows, HTML's entities, composed characters. Not done: text that was decoded
//! by a wrong encoding before, and the rarer names of entities.

use tokenizers::normalizers::{NFC, NFKC};
use tokenizers::{NormalizedString, Normalizer};

/// The rules of a checkpoint; the names are OpenCLIP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cleaning {
    /// Lower case and single spaces.
    Lower,
    /// Single spaces.
    Whitespace,
    /// Lower case and single spaces, without ASCII punctuation; an underscore is a space.
    Canonicalize,
}

impl Cleaning {
    pub fn named(name: &str) -> Result<Self, String> {
        match name {
            "lower" => Ok(Self::Lower),
            "whitespace" => Ok(Self::Whitespace),
            "canonicalize" => Ok(Self::Canonicalize),
            _ => Err(format!(
                "the rule {name:?} for texts is not known here; lower, whitespace and canonicalize are"
            )),
        }
    }

    pub fn apply(self, text: &str) -> String {
        // Twice, as the reference implementation does it.
        let text = unescaped(&unescaped(&normalised(&NFC, &repaired(text))));
        match self {
            Self::Lower => spaced(&text).to_lowercase(),
            Self::Whitespace => spaced(&text),
            Self::Canonicalize => {
                let text = text.replace('_', " ").replace(|c: char| c.is_ascii_punctuation(), "");
                spaced(&text.to_lowercase())
            }
        }
    }
}

/// The words of a text with single spaces between them.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that are letters written together.
const LIGATURES: [(char, &str); 22] = [
    ('Ĳ', "IJ"),
    ('ĳ', "ij"),
    ('ŉ', "'n"),
    ('Ǳ', "DZ"),
    ('ǲ', "Dz"),
    ('ǳ', "dz"),
    ('Ǆ', "DŽ"),
    ('ǅ', "Dž"),
    ('ǆ', "dž"),
    ('Ǉ', "LJ"),
    ('ǈ', "Lj"),
    ('ǉ', "lj"),
    ('Ǌ', "NJ"),
    ('ǋ', "Nj"),
    ('ǌ', "nj"),
    ('ﬀ', "ff"),
    ('ﬁ', "fi"),
    ('ﬂ', "fl"),
    ('ﬃ', "ffi"),
    ('ﬄ', "ffl"),
    ('ﬅ', "ſt"),
    ('ﬆ', "st"),
];

/// U+0080 to U+009F as Windows-1252 has them.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            '\u{80}'..='\u{9f}' => WINDOWS.chars().nth(c as usize - 0x80).unwrap_or(c),
            c => c,
        };
        match c {
            '\u{2bc}' | '\u{2018}'..='\u{201b}' => out.push('\''),
            '\u{201c}'..='\u{201f}' => out.push('"'),
            '\u{3000}' => out.push(' '),
            // Wide and narrow forms.
            '\u{ff01}'..='\u{ffef}' => out.push_str(&normalised(&NFKC, &c.to_string())),
            '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}' => {}
            '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}' => {}
            c => match LIGATURES.iter().find(|(ligature, _)| *ligature == c) {
                Some((_, letters)) => out.push_str(letters),
                None => out.push(c),
            },
        }
    }
    out
}

fn normalised(form: &impl Normalizer, text: &str) -> String {
    let mut normalised = NormalizedString::from(text);
    // These forms cannot fail.
    match form.normalize(&mut normalised) {
        Ok(()) => normalised.get().to_owned(),
        Err(_) => text.to_owned(),
    }
}

/// A text with characters in place of HTML's entities.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest))) {
            Some((c, rest)) => {
                out.push(c);
                out.push_str(rest);
            }
            None => {
                out.push('&');
                out.push_str(part);
            }
        }
    }
    out
}

fn entity(name: &str) -> Option<char> {
    let number = name.strip_prefix('#').map(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    });
    match (number, name) {
        (Some(number), _) => char::from_u32(number.ok()?),
        (None, "amp") => Some('&'),
        (None, "lt") => Some('<'),
        (None, "gt") => Some('>'),
        (None, "quot") => Some('"'),
        (None, "apos") => Some('\''),
        (None, "nbsp") => Some('\u{a0}'),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_repaired_then_cleaned() {
        let text = " \u{201c}Don\u{2019}t\u{201d}\u{7}  &amp;amp; ﬁnal_ＧＯ&#33; &lt; & &x; ";
        assert_eq!(Cleaning::Lower.apply(text), "\"don't\" & final_go! < & &x;");
        assert_eq!(Cleaning::Whitespace.apply(text), "\"Don't\" & ﬁnal_GO! < & &x;".replace('ﬁ', "fi"));
        assert_eq!(Cleaning::Canonicalize.apply(text), "dont final go x");
    }
}
