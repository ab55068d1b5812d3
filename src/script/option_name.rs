//! Names of options, as multiple-choice questions and language models write them.

/// An option without its number: `fork` for `2. fork`.
pub fn without_option_number(option: &str) -> &str {
    let option = option.trim();
    let after = option.trim_start_matches(|c: char| c.is_ascii_digit());
    match after.strip_prefix(". ") {
        Some(name) if after.len() < option.len() => name.trim_start(),
        _ => option,
    }
}

/// A name in lower case without option number, to compare names that a language model rewrote.
pub fn plain_name(name: &str) -> String {
    without_option_number(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_with_full_stop_and_space_is_removed() {
        for (option, name) in [
            ("1. Fork", "Fork"),
            (" 12.  fork trick ", "fork trick"),
            ("360 flip", "360 flip"),
            ("1.5 twist", "1.5 twist"),
            (". fork", ". fork"),
            ("2. 3. fork", "3. fork"),
        ] {
            assert_eq!(without_option_number(option), name);
        }
        assert_eq!(plain_name("3. Queen's Gambit"), "queen's gambit");
    }
}
