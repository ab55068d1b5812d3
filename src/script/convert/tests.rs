use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn item(id: usize, domain: &str, subactions: Value) -> Value {
    json!({
        "youtube_id": "yt", "id": id, "domain": domain, "action": "Fork", "question": "What is it?",
        "cleaned_options": ["pin", "fork"], "correct_answer_index": 1, "subactions": subactions, "start": 1.25,
    })
}

fn own(document: Value) -> ScriptFile {
    match convert(document).unwrap() {
        Converted::Own(file) => file,
        Converted::Authors(items) => panic!("{items:?}"),
    }
}

fn authors(file: &ScriptFile) -> Value {
    match convert(json!(file)).unwrap() {
        Converted::Authors(items) => Value::Array(items),
        Converted::Own(file) => panic!("{file:?}"),
    }
}

#[test]
fn scripts_become_classes_and_other_values_stay_in_their_items() {
    let document = json!([
        item(
            7,
            "Chess",
            json!({"pin in Chess": ["a bishop slides"], "2. Fork in chess": ["a knight jumps", "two fall"]})
        ),
        item(
            8,
            "Chess",
            json!({"fork in Chess": ["a knight jumps", "two fall"], "pin in Chess": ["a rook slides"]})
        ),
        item(9, "Chess", json!({"pin in Chess": "no list", "skewer in Chess": [" "], "loose": ["a step"]})),
        item(10, "Chess", json!("Sure! pin in Chess: …")),
        json!(null),
    ]);
    let file = own(document.clone());
    file.check().unwrap();
    assert_eq!(file.domain.as_deref(), Some("Chess"));
    let classes: Vec<_> = file.classes.iter().map(|class| (&class.name[..], class.steps.len())).collect();
    assert_eq!(classes, [("pin", 1), ("fork", 2)]);
    let items = &file.other["generated_subactions"];
    assert_eq!(items[0]["subactions"]["2. Fork in chess"], json!({"class": "fork"}));
    assert_eq!(
        items[1]["subactions"]["pin in Chess"],
        json!({"kept": ["a rook slides"]}),
        "another script of the class"
    );
    assert_eq!(items[2]["subactions"]["loose"], json!({"kept": ["a step"]}));
    assert_eq!(authors(&file), document);
}

#[test]
fn an_edited_step_changes_in_every_item() {
    let steps = json!({"fork in Chess": ["a knight jumps"]});
    let mut file = own(json!([item(1, "Chess", steps.clone()), item(2, "Chess", steps)]));
    file.classes[0].steps[0] = "a knight leaps".to_owned();
    let changed = json!({"fork in Chess": ["a knight leaps"]});
    assert_eq!(authors(&file), json!([item(1, "Chess", changed.clone()), item(2, "Chess", changed)]));
}

#[test]
fn a_class_without_an_item_survives() {
    let mut file = own(json!([item(1, "Chess", json!({"fork in Chess": ["a knight jumps"]}))]));
    let skewer = Class { name: "skewer".to_owned(), ..file.classes[0].clone() };
    file.classes.push(skewer);
    assert_eq!(own(authors(&file)), file);
}

#[test]
fn a_script_file_becomes_an_item_per_domain_and_comes_back() {
    let document = json!({"licence": "CC0", "domain": "chess", "classes": [
        {"name": "fork", "steps": ["a knight jumps"], "level": 4},
        {"name": "serve", "domain": "tennis", "steps": ["toss", "hit"]},
        {"name": "pin", "domain": "chess", "steps": ["a bishop slides"]}]});
    let file: ScriptFile = serde_json::from_value(document).unwrap();
    let items = authors(&file);
    assert_eq!(items[0]["cleaned_options"], json!(["fork", "pin"]));
    assert_eq!(items[1]["subactions"], json!({"serve in tennis": ["toss", "hit"]}));
    assert_eq!(own(items.clone()), file);

    // What was changed there counts, and still nothing is lost.
    let mut items = items;
    items[1]["subactions"]["serve in tennis"][0] = json!("the ball is tossed");
    let changed = own(items.clone());
    assert_eq!(changed.find("tennis", "serve").unwrap().steps[0], "the ball is tossed");
    assert_eq!(authors(&changed), items);
}

#[test]
fn documents_that_cannot_be_converted_are_explained() {
    let said = |document: Value| convert(document).unwrap_err().to_string();
    assert!(said(json!("text")).contains("neither a script file"));
    assert!(said(json!({"steps": []})).contains("neither a script file"));
    assert!(said(json!([])).contains("no item has a script"));
    assert!(said(json!([item(1, "Chess", json!("Sure!"))])).contains("no item has a script"));
    assert!(said(json!({"domain": "chess", "classes": []})).contains("there are no classes"));
    let mut file = own(json!([item(1, "Chess", json!({"fork in Chess": ["a knight jumps"]}))]));
    file.classes[0].name = "double attack".to_owned();
    let words = "item 1: no class \"fork\" in \"Chess\"";
    assert!(said(json!(file)).contains(words));
    file.other["generated_subactions"][0]["subactions"]["fork in Chess"] = json!(["a step"]);
    assert!(said(json!(file)).contains("\"fork in Chess\" is neither {\"class\": …} nor {\"kept\": …}"));
}

/// Few different words, so that classes meet again.
fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["fork", "Fork", "1. fork", "pin", "chess", "Chess", "pin in chess", " ", ""])
        .prop_map(str::to_owned)
}

fn steps() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::sample::select(vec!["jump", "slide", "fall"]).prop_map(str::to_owned), 1..3)
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let key = prop::sample::select(vec!["class", "kept", "subactions", "script_file", "x"])
            .prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn subactions() -> impl Strategy<Value = Value> {
    let key =
        prop_oneof![(word(), word()).prop_map(|(option, domain)| format!("{option} in {domain}")), word()];
    let script = prop_oneof![3 => steps().prop_map(Value::from), 1 => any_value()];
    prop_oneof![
        4 => prop::collection::vec((key, script), 0..4).prop_map(|all| Value::Object(all.into_iter().collect())),
        1 => any_value(),
    ]
}

fn any_item() -> impl Strategy<Value = Value> {
    let fields = (
        prop_oneof![4 => word().prop_map(Value::from), 1 => any_value()],
        prop::collection::vec(word(), 0..3),
    );
    let item = (fields, subactions(), any_value(), prop::option::of(any_value())).prop_map(
        |((domain, options), subactions, question, file)| {
            let mut item = json!({
                "youtube_id": "yt", "id": 1, "domain": domain, "cleaned_options": options, "question": question,
                "subactions": subactions,
            });
            if let Some(file) = file {
                item[SCRIPT_FILE] = file;
            }
            item
        },
    );
    prop_oneof![6 => item, 1 => any_value()]
}

fn any_own() -> impl Strategy<Value = ScriptFile> {
    let class =
        (word(), prop::option::of(word()), steps(), any_value()).prop_map(|(name, domain, steps, note)| {
            Class { name, domain, steps, other: Map::from_iter([("note".to_owned(), note)]) }
        });
    let other = prop::collection::vec((prop::sample::select(vec!["licence", ITEMS]), any_value()), 0..3);
    (prop::option::of(word()), prop::collection::vec(class, 1..4), other).prop_map(
        |(domain, classes, other)| {
            let other = other.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            ScriptFile { domain, classes, other }
        },
    )
}

proptest! {
    #[test]
    fn items_survive_the_round_trip(items in prop::collection::vec(any_item(), 0..4)) {
        if let Ok(file) = from_authors(items.clone()) {
            prop_assert_eq!(file.check(), Ok(()));
            // As it would be read from disk.
            let file: ScriptFile = serde_json::from_str(&json!(file).to_string()).unwrap();
            prop_assert_eq!(to_authors(&file).unwrap(), items);
        }
    }

    #[test]
    fn script_files_survive_the_round_trip(file in any_own()) {
        prop_assume!(file.check().is_ok());
        if let Ok(items) = to_authors(&file) {
            prop_assert_eq!(from_authors(items).unwrap(), file);
        }
    }

    #[test]
    fn edited_files_survive_the_round_trip(items in prop::collection::vec(any_item(), 1..4), steps in steps()) {
        let Ok(mut file) = from_authors(items) else { return Ok(()) };
        file.classes[0].steps = steps;
        file.other.insert("licence".to_owned(), json!("CC0"));
        prop_assert_eq!(from_authors(to_authors(&file).unwrap()).unwrap(), file);
    }
}

#[test]
fn the_first_of_similar_options_wins() {
    let mut item =
        item(1, "Chess", json!({"1. FORK in chess": ["a knight jumps"], "Fork in Chess": ["two fall"]}));
    item["cleaned_options"] = json!(["fork", "Fork", "2. fork"]);
    let file = own(json!([item.clone()]));
    let names: Vec<_> = file.classes.iter().map(|class| &class.name[..]).collect();
    assert_eq!(names, ["fork", "Fork"]);
    assert_eq!(authors(&file), json!([item]));
}

#[test]
fn ten_thousand_domains_survive_the_round_trip() {
    let class =
        |i: usize| json!({"name": "fork", "domain": format!("chess {i}"), "steps": ["a knight jumps"]});
    let file: ScriptFile =
        serde_json::from_value(json!({"classes": (0..10_000).map(class).collect::<Vec<_>>()})).unwrap();
    assert_eq!(own(authors(&file)), file);
}
