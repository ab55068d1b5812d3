use std::fmt;

/// A sentence that is longer than the tokenizer's text length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The part that is read.
    pub kept: String,
    /// The rest, from the first word that is not read completely.
    pub lost: String,
}

/// Words shown before the lost part.
const SHOWN_WORDS: usize = 4;

impl fmt::Display for Cut {
    /// The last words that are read, then the lost part in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.kept.split_whitespace().collect();
        let shown = &words[words.len().saturating_sub(SHOWN_WORDS)..];
        let more = if shown.len() < words.len() { "…" } else { "" };
        let space = if shown.is_empty() { "" } else { " " };
        write!(f, "{more}{}{space}[{}]", shown.join(" "), self.lost)
    }
}

/// Where a sentence is cut; `None` if it `fits`, which says whether a text is read completely.
pub fn cut(sentence: &str, fits: impl Fn(&str) -> bool) -> Option<Cut> {
    if fits(sentence) {
        return None;
    }
    let ends = sentence.char_indices().filter(|(_, letter)| letter.is_whitespace()).map(|(end, _)| end);
    let kept = ends.take_while(|&end| fits(&sentence[..end])).last().unwrap_or(0);
    let (kept, lost) = sentence.split_at(kept);
    Some(Cut { kept: kept.trim().to_owned(), lost: lost.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if every word had a token, and `long` two.
    fn of_tokens(most: usize) -> impl Fn(&str) -> bool {
        move |text| text.split_whitespace().map(|word| 1 + usize::from(word == "long")).sum::<usize>() <= most
    }

    #[test]
    fn the_lost_words_are_in_brackets() {
        let sentence = "a video of spinning on the skating leg";
        assert_eq!(cut(sentence, of_tokens(8)), None);
        assert_eq!(cut(sentence, of_tokens(6)).unwrap().to_string(), "…of spinning on the [skating leg]");
        assert_eq!(
            cut(sentence, of_tokens(3)).unwrap().to_string(),
            "a video of [spinning on the skating leg]"
        );
        assert_eq!(cut("Ünï cöde wörds", of_tokens(1)).unwrap().to_string(), "Ünï [cöde wörds]");
    }

    #[test]
    fn a_word_that_is_read_partly_is_lost() {
        assert_eq!(cut("one long word", of_tokens(2)).unwrap().to_string(), "one [long word]");
        assert_eq!(cut("long", of_tokens(1)).unwrap().to_string(), "[long]");
    }
}
