//! Script files and templates.

use actalign_tui::script::{Class, Fault, ScriptError, ScriptFile, Template, TemplateError};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Writes a script file and loads it.
fn load(text: &str) -> Result<ScriptFile, ScriptError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("scripts.json");
    fs::write(&path, text).unwrap();
    ScriptFile::load(&path)
}

/// The message for a file that must not load; it names the file.
#[track_caller]
fn refusal(text: &str) -> String {
    let message = load(text).unwrap_err().to_string();
    assert!(message.contains("scripts.json"), "{message}");
    message
}

/// The broken rule of a file that must not load.
#[track_caller]
fn fault(file: &Value) -> Fault {
    match load(&file.to_string()) {
        Err(ScriptError::Invalid { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

fn example() -> Value {
    json!({
        "source": "by hand",
        "domain": "skating",
        "classes": [
            {"name": "spin", "steps": ["pushes off", "turns on one foot"], "weight": 2.5},
            {"name": "spin", "domain": "gymnastics", "steps": ["lifts one leg"]},
        ],
        "revision": {"number": 3, "by": null},
    })
}

#[test]
fn a_class_may_have_its_own_domain() {
    let file = load(&example().to_string()).unwrap();
    let domains: Vec<_> = file.classes.iter().map(|class| file.domain_of(class)).collect();
    assert_eq!(domains, ["skating", "gymnastics"]);
    assert_eq!(file.find("gymnastics", "spin"), Some(&file.classes[1]));
    assert_eq!(file.find("skating", "spin"), Some(&file.classes[0]));
    assert_eq!(file.find("diving", "spin"), None);
    assert_eq!(file.classes[0].steps, ["pushes off", "turns on one foot"]);
}

#[test]
fn what_is_loaded_is_saved_with_its_unknown_fields() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy.json");
    let file = load(&example().to_string()).unwrap();
    file.save(&path).unwrap();
    assert_eq!(ScriptFile::load(&path).unwrap(), file);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), example());
    assert!(text.ends_with("}\n"));
}

#[test]
fn saving_replaces_the_file_and_leaves_nothing_beside_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("scripts.json");
    fs::write(&path, "old").unwrap();
    load(&example().to_string()).unwrap().save(&path).unwrap();
    assert!(ScriptFile::load(&path).is_ok());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_could_not_be_loaded_again_is_not_saved() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("scripts.json");
    fs::write(&path, "precious").unwrap();
    let mut file = load(&example().to_string()).unwrap();
    file.classes[1].steps.clear();
    let error = file.save(&path).unwrap_err();
    assert!(
        matches!(error, ScriptError::Invalid { fault: Fault::NoSteps { class: 2, .. }, .. }),
        "{error:?}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[cfg(unix)]
#[test]
fn a_saved_file_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
    fs::write(folder.path().join("ordinary"), "").unwrap();
    load(&example().to_string()).unwrap().save(&folder.path().join("saved")).unwrap();
    assert_eq!(mode("saved"), mode("ordinary"));
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("nowhere").join("scripts.json");
    let error = ScriptFile::load(&missing).unwrap_err();
    assert!(matches!(error, ScriptError::Read { .. }), "{error:?}");
    assert!(error.to_string().contains(&*missing.to_string_lossy()), "{error}");
    let error = load(&example().to_string()).unwrap().save(&missing).unwrap_err();
    assert!(matches!(error, ScriptError::Write { .. }), "{error:?}");
    assert!(error.to_string().contains(&*missing.to_string_lossy()), "{error}");
}

#[test]
fn invalid_json_is_refused_with_its_place() {
    let message = refusal("{\n  \"domain\": \"skating\",\n  \"classes\": [}\n");
    assert!(message.contains("not valid JSON") && message.contains("line 3 column 15"), "{message}");
    let cut_short = refusal("{\"classes\": [");
    assert!(cut_short.contains("not valid JSON") && cut_short.contains("line 1 column 13"), "{cut_short}");
    assert!(refusal("").contains("not valid JSON"));
}

#[test]
fn json_of_another_form_is_refused_with_its_place() {
    let message = refusal("{\"domain\": \"d\",\n\"classes\": [{\"name\": \"spin\", \"steps\": [3]}]}");
    assert!(message.contains("line 2") && message.contains("expected a string"), "{message}");
    for text in ["[]", "{}", "{\"domain\": \"d\", \"classes\": [{\"name\": \"spin\"}]}"] {
        assert!(refusal(text).contains("not a script file"), "{text}");
    }
}

#[test]
fn a_byte_order_mark_is_accepted() {
    assert!(load(&format!("\u{feff}{}", example())).is_ok());
}

#[test]
fn broken_rules_are_reported_with_their_place() {
    let class = |name: &str, steps: Value| json!({"name": name, "steps": steps});
    let file = |classes: Value| json!({"domain": "skating", "classes": classes});

    assert_eq!(fault(&file(json!([]))), Fault::NoClasses);
    let spin = class("spin", json!(["turns"]));
    assert_eq!(fault(&file(json!([spin, class(" ", json!(["x"]))]))), Fault::NoName { class: 2 });
    assert_eq!(
        fault(&file(json!([spin, class("jump", json!([]))]))),
        Fault::NoSteps { class: 2, name: "jump".into() }
    );
    assert_eq!(
        fault(&file(json!([spin, class("jump", json!(["bends", "\t "]))]))),
        Fault::EmptyStep { step: 2, class: 2, name: "jump".into() }
    );
    assert_eq!(
        fault(&file(json!([spin, class("jump", json!(["bends"])), spin]))),
        Fault::Duplicate { first: 1, second: 3, name: "spin".into(), domain: "skating".into() }
    );
    let own = json!({"name": "spin", "domain": "skating", "steps": ["turns"]});
    assert!(matches!(fault(&file(json!([spin, own]))), Fault::Duplicate { first: 1, second: 2, .. }));
    assert_eq!(fault(&json!({"classes": [spin]})), Fault::NoDomain { class: 1, name: "spin".into() });
}

#[test]
fn a_file_saves_to_the_current_folder() {
    let class = Class {
        name: "spin".into(),
        domain: None,
        steps: vec!["turns".into()],
        other: serde_json::Map::new(),
    };
    let file =
        ScriptFile { domain: Some("skating".into()), classes: vec![class], other: serde_json::Map::new() };
    let folder = TempDir::new_in(".").unwrap();
    let name = folder.path().file_name().unwrap();
    let path = Path::new(name).with_extension("json");
    file.save(&path).unwrap();
    let text = fs::read_to_string(&path);
    fs::remove_file(&path).unwrap();
    let expected = json!({"domain": "skating", "classes": [{"name": "spin", "steps": ["turns"]}]});
    assert_eq!(serde_json::from_str::<Value>(&text.unwrap()).unwrap(), expected);
}

#[test]
fn the_built_in_templates_are_those_of_the_paper() {
    let filled: Vec<_> = Template::built_in()
        .map(|template| (template.name().to_owned(), template.fill("camel spin", "skating", "she turns")))
        .into();
    let expected = [
        ("context", "This is a video of doing camel spin in skating with she turns"),
        ("step", "she turns"),
        ("domain", "she turns in skating"),
        ("plain", "This is a video of she turns"),
        ("short", "camel spin, skating: she turns"),
    ];
    assert_eq!(filled, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    assert_eq!(Template::default().name(), "context");
}

#[test]
fn a_template_is_a_name_or_a_text() {
    assert_eq!(Template::parse("plain"), Ok(Template::built_in()[3].clone()));
    let own = Template::parse("{step}, then {step}: {action}").unwrap();
    assert_eq!((own.name(), own.text()), ("custom", "{step}, then {step}: {action}"));
    assert_eq!(own.fill("spin", "skating", "turns"), "turns, then turns: spin");
    assert_eq!(Template::custom("plain"), Err(TemplateError::NoStep { text: "plain".into() }));
}

#[test]
fn braces_in_a_value_are_not_placeholders() {
    let filled = Template::default().fill("{step}", "{action}", "a {domain}");
    assert_eq!(filled, "This is a video of doing {step} in {action} with a {domain}");
}

#[test]
fn a_lone_closing_brace_is_text() {
    assert_eq!(Template::custom("{step} :}").unwrap().fill("", "", "turns"), "turns :}");
}

#[test]
fn invalid_templates_say_what_is_wrong() {
    let message = |text| Template::custom(text).unwrap_err().to_string();
    assert!(message("{action} in {domain}").contains("has no {step}"));
    assert!(message("contxt").contains("context, step, domain, plain"));
    assert!(message("{step} by {actor}").contains("unknown {actor}"));
    assert!(message("{Step}").contains("unknown {Step}"));
    assert!(message("{{step}}").contains("unknown {{step}"));
    assert!(message("{step} {").contains("not closed"));
}
