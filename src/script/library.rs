//! The bundled script files: `lib:NAME` wherever a script file is expected.

use std::path::Path;

use include_dir::{Dir, include_dir};

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/scripts");

/// Prefix of the names of the library. `./lib:x` is a file.
pub const PREFIX: &str = "lib:";

/// Whether a path is a name of the library, known or not.
pub fn is_name(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.starts_with(PREFIX))
}

/// All names in order, with the prefix.
pub fn names() -> impl Iterator<Item = String> {
    let mut stems: Vec<_> = FILES.files().filter_map(|file| file.path().file_stem()?.to_str()).collect();
    stems.sort_unstable();
    stems.into_iter().map(|stem| format!("{PREFIX}{stem}"))
}

/// The script file of that name.
pub fn bytes(name: &Path) -> Option<&'static [u8]> {
    let stem = name.to_str()?.strip_prefix(PREFIX)?;
    FILES.get_file(format!("{stem}.json")).map(|file| file.contents())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::script::check::check;
    use crate::script::{ScriptFile, Strategy};

    /// Actors and places of each domain: a context-rich step names one of each.
    const CONTEXT: &[(&str, &[&str], &[&str])] = &[
        (
            "artistic gymnastics",
            &["gymnast"],
            &["vault", "vaulting", "table", "springboard", "runway", "mat"],
        ),
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
        names().map(|name| (name.clone(), ScriptFile::load(Path::new(&name)).unwrap())).collect()
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
            assert_eq!(
                (Strategy::of(file), Strategy::of(short)),
                (Strategy::CONTEXT_RICH, Strategy::SHORT_FIXED)
            );
            assert!(file.domain.is_some() && file.domain == short.domain, "{name}");
            let classes =
                |file: &ScriptFile| file.classes.iter().map(|class| class.name.clone()).collect::<Vec<_>>();
            assert!(file.classes.len() >= 6, "{name}");
            assert_eq!(classes(file), classes(short), "{name}");
        }
    }

    #[test]
    fn the_library_has_no_warnings() {
        for (name, file) in files() {
            let findings = check(&file, || {});
            assert!(findings.is_empty(), "{name}: {findings:#?}");
        }
    }

    #[test]
    fn context_rich_steps_name_who_acts_and_where() {
        for (name, file) in
            files().into_iter().filter(|(_, file)| Strategy::of(file) == Strategy::CONTEXT_RICH)
        {
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
    fn the_library_has_the_classes_of_the_docs() {
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
    fn an_unknown_name_lists_the_known_ones() {
        let error = ScriptFile::load(Path::new("lib:ballet")).unwrap_err().to_string();
        assert!(error.starts_with("there is no lib:ballet in the library\nhelp: choose one of "), "{error}");
        assert!(names().all(|name| error.contains(&name)), "{error}");
        assert!(!is_name(Path::new("./lib:tennis")) && !is_name(Path::new("tennis.json")));
    }

    #[test]
    fn nothing_is_written_under_a_name_of_the_library() {
        let file = ScriptFile::load(Path::new("lib:tennis")).unwrap();
        let error = file.save(Path::new("lib:mine")).unwrap_err().to_string();
        assert_eq!(error, "cannot write lib:mine: it is part of the program\nhelp: name a file");
    }
}
