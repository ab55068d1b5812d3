use std::collections::HashSet;

use super::*;
use crate::dataset::{Difficulty, Wording, script_file};
use actalign_tui::backbone::canonical;
use actalign_tui::script::Template;

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
        let classes: Vec<&Action> = all_actions().filter(|action| action.sport == sport).collect();
        assert!(classes.len() >= 18, "{sport:?}");
        for action in classes {
            for key in action.steps {
                assert!(step_named(key).sport.is_none_or(|s| s == sport), "{}: {key}", action.name);
            }
            let has = |is: fn(&Action, &Action) -> bool| all_actions().any(|other| is(action, other));
            assert!(
                has(Action::is_order_pair) || has(Action::is_near_twin) || has(Action::is_shared_phase),
                "{} resembles no other action",
                action.name
            );
        }
    }
    let names: HashSet<_> = all_actions().map(|action| action.name).collect();
    assert_eq!(names.len(), all_actions().count(), "no name twice");
    let steps: HashSet<_> = all_actions().map(|action| (action.sport, action.steps)).collect();
    assert_eq!(steps.len(), all_actions().count(), "no steps twice");
}

#[test]
fn a_near_twin_has_one_step_other_more_or_less() {
    let named = |name: &str| all_actions().find(|action| action.name == name).unwrap();
    let twins = |a, b| named(a).is_near_twin(named(b)) && named(b).is_near_twin(named(a));
    assert!(twins("layup", "slam dunk"), "another step");
    assert!(twins("power clean", "hang clean"), "one step more");
    assert!(!twins("layup", "layup"));
    assert!(!twins("skyhook", "drop step hook"), "an order pair differs in two");
    assert!(!twins("chest pass", "free throw"), "one step more, and another one");
}

#[test]
fn a_step_is_dispensable_if_the_others_tell_the_action() {
    let named = |name: &str| all_actions().find(|action| action.name == name).unwrap();
    let axel = named("axel");
    assert_eq!(axel.dispensable(&[axel]), [0, 1, 2, 3]);
    assert_eq!(axel.dispensable(&[axel, named("loop jump")]), [0, 2, 3], "the kick tells them apart");
    let (clean, hang) = (named("power clean"), named("hang clean"));
    assert!(clean.dispensable(&[clean, hang]).is_empty(), "a hang clean has all steps of a power clean");
}

/// Captions as training has them.
fn captions(count: u64) -> impl Iterator<Item = String> {
    (0..count).map(|seed| canonical(&RenderedWorld.caption(RenderedWorld.content(seed), seed).text))
}

/// Every word that captions can have.
fn trained_words() -> HashSet<String> {
    captions(40_000).flat_map(|text| text.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn scripts_are_new_sentences_of_trained_words() {
    const SMALL: [&str; 8] = ["a", "an", "the", "it", "and", "with", "at", "against"];
    let trained = trained_words();
    for step in steps::all().filter(|step| step.key != "wait") {
        let words = &step.words;
        for text in [words.script].iter().chain(&words.short) {
            assert!(!words.captions.contains(text) && !words.brief.contains(text), "{text}");
            for word in canonical(text).split(' ') {
                assert!(trained.contains(word), "{word} of {text:?}");
            }
        }
        for word in canonical(words.unseen).split(' ').filter(|word| !SMALL.contains(word)) {
            assert!(!trained.contains(word), "{word} of {:?}", words.unseen);
        }
    }
}

/// With or without a subject.
#[test]
fn no_step_of_a_script_is_a_caption() {
    let captions: HashSet<String> = captions(60_000).collect();
    let trained: HashSet<&str> =
        steps::all().flat_map(|step| step.words.captions.iter().chain(&step.words.brief)).copied().collect();
    for wording in Wording::ALL {
        for step in script_file(wording, Difficulty::Video).classes.iter().flat_map(|class| &class.steps) {
            assert!(!captions.contains(&canonical(step)), "{step}");
            let bare = ["the player ", "the skater ", "the lifter ", "the athlete "]
                .iter()
                .find_map(|subject| step.strip_prefix(subject))
                .unwrap_or(step);
            assert!(!trained.contains(bare), "{step}");
        }
    }
}

#[test]
fn no_caption_has_the_wording_of_a_template_of_the_program() {
    for template in Template::built_in() {
        // The wording with its placeholders left in place.
        let filled = canonical(&template.fill("{action}", "{domain}", "{step}"));
        assert!(!captions::WORDINGS.iter().any(|wording| canonical(wording) == filled), "{filled}");
    }
    let sentences: HashSet<String> = steps::all()
        .flat_map(|step| step.words.captions.iter().chain(&step.words.brief).chain(&step.words.short))
        .map(|sentence| canonical(sentence))
        .collect();
    for caption in captions(20_000) {
        assert!(!caption.starts_with("this is a video of"), "{caption}");
        assert!(!sentences.contains(&caption), "a bare step: {caption}");
        for domain in Sport::ALL.map(Sport::name) {
            let step = caption.strip_suffix(&format!(" in {domain}"));
            assert!(!step.is_some_and(|step| sentences.contains(step)), "{caption}");
        }
    }
}

#[test]
fn captions_never_name_a_class() {
    let names: Vec<String> = all_actions().map(|action| format!(" {} ", canonical(action.name))).collect();
    for caption in captions(40_000) {
        let padded = format!(" {caption} ");
        assert!(!names.iter().any(|name| padded.contains(name.as_str())), "{caption}");
    }
    for word in captions::FIRST.iter().chain(&captions::SECOND) {
        for action in all_actions() {
            assert!(!action.name.split(' ').any(|of_name| of_name == *word), "{word} of {:?}", action.name);
        }
    }
}

#[test]
fn timing_places_the_action() {
    for seed in 0..60 {
        let action = all_actions().nth(seed as usize % all_actions().count()).unwrap();
        let whole = |clip: Clip| {
            let (begin, end) = clip.action_span();
            (begin / clip.seconds(), end / clip.seconds())
        };
        let easy = |timing| whole(Clip::easy(&mut Rng::new(seed, "test", 0), action, timing));
        let video = |timing| {
            let telling = Telling { timing, skipped: None, repeated: Some(1) };
            whole(Clip::video(&mut Rng::new(seed, "test", 0), action, telling))
        };
        for span in [easy(Timing::Late), video(Timing::Late)] {
            assert!(span.0 >= 0.5, "{}: {span:?}", action.name);
        }
        for span in [easy(Timing::Early), video(Timing::Early)] {
            assert!(span.1 <= 0.5, "{}: {span:?}", action.name);
        }
        for span in [easy(Timing::Whole), video(Timing::Whole)] {
            assert!(span.0 < 0.35 && span.1 > 0.65, "{}: {span:?}", action.name);
        }
    }
}

#[test]
fn a_video_clip_leaves_steps_out_and_repeats_them() {
    let action = all_actions().find(|action| action.name == "clean and jerk").unwrap();
    for seed in 0..20 {
        let telling = Telling { timing: Timing::Whole, skipped: Some(2), repeated: Some(0) };
        let steps = Clip::video(&mut Rng::new(seed, "test", 0), action, telling).told();
        assert_eq!(steps, ["grip", "grip", "front squat", "split", "lockout"]);
    }
}
