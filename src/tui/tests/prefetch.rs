//! Texts of the other templates, embedded before they are turned to.

use super::*;

/// News that all is embedded, and what the explorer asks for then.
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
    hear(state, Update::Prefetched((text.to_owned(), text_embedding(text), false)));
}

#[test]
fn the_next_template_comes_first_and_no_text_twice() {
    let mut state = full_state();
    let texts = idle(&mut state);
    assert_eq!(texts.len(), 3 * 6, "six different steps in three more templates");
    assert_eq!(texts[0], "the athlete sleeps");
    assert_eq!(texts[6], "the athlete sleeps in athletics");
    assert_eq!(texts[12], "This is a video of the athlete sleeps");
    for text in &texts {
        prefetched(&mut state, text);
    }
    assert_eq!(idle(&mut state), [] as [&str; 0], "nothing is left");
}

#[test]
fn a_template_whose_texts_are_there_is_turned_to_at_once() {
    let mut state = full_state();
    for text in idle(&mut state) {
        prefetched(&mut state, &text);
    }
    for _ in 0..4 {
        let effects = act(&mut state, Action::Do(Command::NextTemplate));
        assert!(matches!(&effects[..], [Effect::EmbedTexts(texts)] if texts.is_empty()), "{effects:?}");
        assert_eq!(state.clip().exploration.outcome().ranking.len(), 3);
        assert!(!screen(&mut state).contains("to go"));
    }
}

#[test]
fn prefetching_does_not_look_like_work() {
    let mut state = full_state();
    let before = screen(&mut state);
    let texts = idle(&mut state);
    prefetched(&mut state, &texts[0]);
    assert_eq!(screen(&mut state), before);
    assert!(state.clip().progress.idle);
}

#[test]
fn what_is_prefetched_of_the_template_just_turned_to_counts() {
    let mut state = full_state();
    let texts = idle(&mut state);
    let effects = act(&mut state, Action::Do(Command::NextTemplate));
    assert!(matches!(&effects[..], [Effect::EmbedTexts(texts)] if texts.len() == 6), "{effects:?}");
    assert!(screen(&mut state).contains("6 texts to go"));
    // It was on its way.
    prefetched(&mut state, &texts[0]);
    assert!(screen(&mut state).contains("5 texts to go"));
    prefetched(&mut state, &texts[1]);
    assert_eq!(state.clip().exploration.outcome().ranking, [0], "a class with all its steps is ranked");
    embed_missing(&mut state);
    assert_eq!(idle(&mut state).len(), 2 * 6, "the templates that are still missing");
}

#[test]
fn a_clip_out_of_sight_is_not_prefetched_for() {
    let mut state = demo::demo_state();
    embed_all(&mut state);
    let job = state.clip().job.unwrap();
    act(&mut state, Action::Do(Command::NextClip));
    assert!(act(&mut state, Action::Background(job, Update::Idle)).is_empty());
    embed_all(&mut state);
    assert_eq!(idle(&mut state).len(), 3 * 6);
}
