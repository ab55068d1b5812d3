use std::collections::HashSet;

use super::*;
use actalign_tui::backbone::canonical;

#[test]
fn pictures_are_determined_by_their_seed() {
    let (first, content) = RenderedWorld.picture(7);
    assert_eq!((first.clone(), content), RenderedWorld.picture(7));
    assert_eq!(content, RenderedWorld.content(7), "without painting");
    assert_ne!(first, RenderedWorld.picture(8).0);
}

#[test]
fn every_sport_has_confusable_classes_of_known_steps() {
    for sport in Sport::ALL {
        let classes: Vec<&Action> = ACTIONS.iter().filter(|action| action.sport == sport).collect();
        assert!(classes.len() >= 6, "{sport:?}");
        for action in classes {
            for key in action.steps {
                assert!(step_named(key).sport.is_none_or(|s| s == sport), "{}: {key}", action.name);
            }
            let has = |is: fn(&Action, &Action) -> bool| ACTIONS.iter().any(|other| is(action, other));
            assert!(
                has(Action::is_order_pair) || has(Action::is_near_twin) || has(Action::is_shared_phase),
                "{} resembles no other action",
                action.name
            );
        }
    }
}

/// Every word that captions can have.
fn trained_words() -> HashSet<String> {
    let mut words = HashSet::new();
    for seed in 0..40_000 {
        let caption = RenderedWorld.caption(RenderedWorld.content(seed), seed);
        words.extend(canonical(&caption.text).split(' ').map(str::to_owned));
    }
    words
}

#[test]
fn scripts_are_new_sentences_of_trained_words() {
    const SMALL: [&str; 8] = ["a", "an", "the", "it", "and", "with", "at", "against"];
    let trained = trained_words();
    let scripted = || steps::all().filter(|step| step.key != "wait");
    for step in scripted() {
        assert!(!step.words.captions.contains(&step.words.script), "{}", step.words.script);
        for word in canonical(step.words.script).split(' ') {
            assert!(trained.contains(word), "{word} of {:?}", step.words.script);
        }
        for word in canonical(step.words.unseen).split(' ').filter(|word| !SMALL.contains(word)) {
            assert!(!trained.contains(word), "{word} of {:?}", step.words.unseen);
        }
    }
}

#[test]
fn captions_never_name_a_class() {
    for seed in 0..20_000 {
        let text = RenderedWorld.caption(RenderedWorld.content(seed), seed).text;
        for action in ACTIONS {
            assert!(!text.contains(action.name), "{text}");
        }
    }
    let trained = trained_words();
    for word in ACTIONS.iter().flat_map(|action| action.name.split(' ')) {
        assert!(trained.contains(word), "the name's word {word:?} is trained");
    }
}

#[test]
fn timing_places_the_action() {
    for seed in 0..30 {
        let action = &ACTIONS[seed as usize % ACTIONS.len()];
        let span = |timing| {
            let clip = Clip::random(&mut Rng::new(seed, "test", 0), action, timing);
            let (begin, end) = clip.action_span();
            (begin / clip.seconds(), end / clip.seconds())
        };
        assert!(span(Timing::Late).0 >= 0.5, "{}: {:?}", action.name, span(Timing::Late));
        assert!(span(Timing::Early).1 <= 0.5, "{}: {:?}", action.name, span(Timing::Early));
        let (begin, end) = span(Timing::Whole);
        assert!(begin < 0.3 && end > 0.7, "{}: {begin} {end}", action.name);
    }
}
