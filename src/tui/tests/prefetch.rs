//! Texts of the other templates, embedded ahead of time.

use super::*;

/// Sends that all is embedded; the texts that the explorer asks for then come back.
fn idle(state: &mut State) -> Vec<String> {
    let job = state.clip().job.unwrap();
    match &mut act(state, Action::Background(job, Update::Idle))[..] {
        [] => Vec::new(),
        [Effect::PrefetchTexts { clip, texts }] => {
            assert_eq!(*clip, state.shown);
            std::mem::take(texts)
        }
        effects => panic!("{effects:?}"),
    }
}

fn prefetched(state: &mut State, text: &str) {
    send(state, Update::Prefetched((text.to_owned(), text_embedding(text), false)));
}

#[test]
fn the_next_template_comes_first_and_no_text_twice() {
    let mut state = full_state();
    let texts = idle(&mut state);
    assert_eq!(
        texts.len(),
        3 * 6 + 10,
        "six different steps in three more templates, ten in one with the action"
    );
    assert_eq!(texts[0], "the athlete sleeps");
    assert_eq!(texts[6], "the athlete sleeps in athletics");
    assert_eq!(texts[12], "This is a video of the athlete sleeps");
    for text in &texts {
        prefetched(&mut state, text);
    }
    assert_eq!(idle(&mut state), [] as [&str; 0], "nothing is left");
}

#[test]
fn a_prefetched_template_is_ranked_at_once() {
    let mut state = full_state();
    for text in idle(&mut state) {
        prefetched(&mut state, &text);
    }
    for _ in 0..5 {
        let effects = act(&mut state, Action::Do(Command::NextTemplate));
        assert!(matches!(&effects[..], [Effect::EmbedTexts(texts)] if texts.is_empty()), "{effects:?}");
        assert_eq!(state.clip().exploration.outcome().ranking.len(), 3);
        assert!(!screen(&mut state).contains("to go"));
    }
}

#[test]
fn prefetching_is_not_shown_as_progress() {
    let mut state = full_state();
    let before = screen(&mut state);
    let texts = idle(&mut state);
    prefetched(&mut state, &texts[0]);
    assert_eq!(screen(&mut state), before);
    assert!(state.clip().progress.idle);
}

#[test]
fn prefetched_texts_of_the_present_template_count() {
    let mut state = full_state();
    let texts = idle(&mut state);
    let effects = act(&mut state, Action::Do(Command::NextTemplate));
    assert!(matches!(&effects[..], [Effect::EmbedTexts(texts)] if texts.len() == 6), "{effects:?}");
    assert!(state.clip().exploration.outcome().ranking.is_empty());
    assert!(
        screen(&mut state).contains("6 texts to go") && screen(&mut state).contains("waiting for its steps")
    );
    // It was on its way.
    prefetched(&mut state, &texts[0]);
    assert!(screen(&mut state).contains("5 texts to go"));
    prefetched(&mut state, &texts[1]);
    assert_eq!(state.clip().exploration.outcome().ranking, [0], "a class with all its steps is ranked");
    embed_missing(&mut state);
    assert_eq!(idle(&mut state).len(), 2 * 6 + 10, "the templates that are still missing");
}

#[test]
fn only_the_clip_on_the_screen_prefetches() {
    let mut state = demo::demo_state();
    embed_all(&mut state);
    let job = state.clip().job.unwrap();
    act(&mut state, Action::Do(Command::NextClip));
    assert!(act(&mut state, Action::Background(job, Update::Idle)).is_empty());
    embed_all(&mut state);
    assert_eq!(idle(&mut state).len(), 3 * 6 + 10);
}
