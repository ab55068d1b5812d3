use std::collections::HashMap;
use std::path::Path;

use crate::script::check::check;
use crate::script::{ScriptFile, Strategy, library};

/// Words that name who acts and where, for each domain: a context-rich step has one of each.
const CONTEXT: &[(&str, &[&str], &[&str])] = &[
    ("artistic gymnastics", &["gymnast"], &["vault", "vaulting", "table", "springboard", "runway", "mat"]),
    (
        "basketball",
        &["player", "teammate", "defender"],
        &["court", "hoop", "basket", "rim", "backboard", "lane", "line", "arc", "floor"],
    ),
    ("contests at a table", &["opponent", "opponents", "opponent's", "people"], &["table"]),
    ("cooking", &["cook", "cook's"], &["kitchen", "stove", "pan", "bowl", "wok", "wok's", "counter"]),
    ("diving", &["diver"], &["pool", "board", "springboard", "water", "platform"]),
    ("figure skating", &["skater"], &["ice", "rink", "skate"]),
    ("rock climbing", &["climber"], &["wall", "rock", "rock's", "ledge", "crack", "cliff", "hold"]),
    ("skateboarding", &["skater", "skater's"], &["skateboard", "board", "ground", "rail"]),
    ("tennis", &["player", "player's"], &["court", "net", "racket", "baseline"]),
    ("weightlifting", &["lifter"], &["barbell", "bench", "rack", "platform"]),
];

fn files() -> Vec<(String, ScriptFile)> {
    library::names().map(|name| (name.clone(), ScriptFile::load(Path::new(&name)).unwrap())).collect()
}

fn words(step: &str) -> Vec<String> {
    step.split(|c: char| !c.is_alphanumeric() && c != '\'').map(str::to_lowercase).collect()
}

#[test]
fn every_domain_has_six_classes_and_more_in_both_strategies() {
    let files: HashMap<String, ScriptFile> = files().into_iter().collect();
    let (short, rich): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| name.ends_with("-short"));
    assert!(rich.len() >= 8 && rich.len() == short.len(), "{:?}", files.keys());
    for (name, file) in rich {
        let short = &files[&format!("{name}-short")];
        assert_eq!((Strategy::of(file), Strategy::of(short)), (Strategy::ContextRich, Strategy::ShortFixed));
        assert!(file.domain.is_some() && file.domain == short.domain, "{name}");
        let classes =
            |file: &ScriptFile| file.classes.iter().map(|class| class.name.clone()).collect::<Vec<_>>();
        assert!(file.classes.len() >= 6, "{name}");
        assert_eq!(classes(file), classes(short), "{name}");
    }
}

#[test]
fn nothing_in_the_library_is_doubtful() {
    for (name, file) in files() {
        let findings: Vec<String> = check(&file, || {})
            .into_iter()
            .map(|finding| {
                format!("{} {:?}: {}", file.classes[finding.class].name, finding.step, finding.warning)
            })
            .collect();
        assert!(findings.is_empty(), "{name}: {findings:#?}");
    }
}

#[test]
fn context_rich_steps_name_who_acts_and_where() {
    for (name, file) in files().into_iter().filter(|(_, file)| Strategy::of(file) == Strategy::ContextRich) {
        let domain = file.domain.as_deref().unwrap();
        let (_, actors, places) = CONTEXT.iter().find(|(of, ..)| *of == domain).expect(domain);
        let mut counts = Vec::new();
        for class in &file.classes {
            counts.push(class.steps.len());
            assert!((5..=12).contains(&class.steps.len()), "{name}, {}", class.name);
            for step in &class.steps {
                let words = words(step);
                let has = |any: &[&str]| words.iter().any(|word| any.contains(&&word[..]));
                assert!(has(actors) && has(places), "{name}, {}: {step}", class.name);
                assert!((6..=20).contains(&step.split(' ').count()), "{name}, {}: {step}", class.name);
            }
        }
        counts.sort_unstable();
        counts.dedup();
        assert!(counts.len() > 1, "{name}: as many steps as an action needs, not always the same number");
    }
}

#[test]
fn the_library_has_what_clips_of_today_show() {
    for (name, class) in [
        ("lib:figure-skating", "Biellmann spin"),
        ("lib:figure-skating", "flying camel spin"),
        ("lib:table-contests", "arm wrestling"),
        ("lib:cooking", "flipping a pancake"),
    ] {
        let file = ScriptFile::load(Path::new(name)).unwrap();
        assert!(file.classes.iter().any(|found| found.name == class), "{name}: {class}");
    }
}

#[test]
fn an_unknown_name_tells_those_that_are_there() {
    let error = ScriptFile::load(Path::new("lib:ballet")).unwrap_err().to_string();
    assert!(error.starts_with("there is no lib:ballet in the library; it has "), "{error}");
    assert!(library::names().all(|name| error.contains(&name)), "{error}");
    assert!(!library::is_name(Path::new("./lib:tennis")) && !library::is_name(Path::new("tennis.json")));
}

#[test]
fn nothing_is_written_under_a_name_of_the_library() {
    let file = ScriptFile::load(Path::new("lib:tennis")).unwrap();
    let error = file.save(Path::new("lib:mine")).unwrap_err().to_string();
    assert_eq!(error, "lib:mine is part of the program and cannot be written; name a file");
}
