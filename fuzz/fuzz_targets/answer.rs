//! What a language model answers: scripts keep the rules, a choice is a candidate, and thoughts before the answer change
//! nothing.
#![no_main]

use actalign_fuzz::{bounded, choice, fuzz_target};
use actalign_tui::llm::{Answer, Choice, choice_in, scripts_in};
use actalign_tui::script::Strategy;

fuzz_target!(|data: &[u8]| {
    let Some((form, rest)) = choice(data, 4) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let names = match form {
        0 | 1 => vec!["fork".to_owned()],
        _ => ["Fork", "absolute pin", "pin", "skewer"].map(str::to_owned).into(),
    };
    let strategy = if form % 2 == 0 { Strategy::CONTEXT_RICH } else { Strategy::SHORT_FIXED };
    let answer = |text: &str| Answer { text: text.to_owned(), is_cut: false };
    let scripts = |text: &str| scripts_in(&answer(text), &names, strategy);
    let found = bounded(4 << 20 | text.len() * 512, || scripts(text));
    assert_eq!(found.len(), names.len());
    for script in &found {
        match script {
            Ok(steps) => {
                let (fewest, most) = if strategy == Strategy::SHORT_FIXED { (10, 10) } else { (4, 15) };
                assert!((fewest..=most).contains(&steps.len()));
                for step in steps {
                    assert!(!step.trim().is_empty() && step.chars().count() <= 500);
                    assert!(!step.contains(char::is_control));
                }
            }
            Err(reason) => assert!(!reason.is_empty() && !reason.contains(char::is_control), "{reason:?}"),
        }
    }
    let chosen = bounded(4 << 20 | text.len() * 512, || choice_in(&answer(text), &names));
    assert!(!matches!(chosen, Choice::One(place) if place >= names.len()));

    // Whatever a model thinks before, even of a finished answer, does not count.
    let has_tags = ["think", "thought", "reason", "reflect", "analysis", "scratchpad", "channel"];
    if !text.trim().is_empty() && !has_tags.iter().any(|tag| text.to_lowercase().contains(tag)) {
        let thoughts = r#"<think>{"answer": 1} ["one", "two", "three", "four"] fork</think>"#;
        let thought = format!("{thoughts}{text}");
        // The reasons quote the answer.
        for (after, found) in scripts(&thought).into_iter().zip(found) {
            assert_eq!(after.ok(), found.ok());
        }
        assert_eq!(choice_in(&answer(&thought), &names), chosen);
    }
});
