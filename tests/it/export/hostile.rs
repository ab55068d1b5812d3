//! Files that someone else made.

use actalign_tui::export::{Ink, classes_shown, csv, figure, markdown, text};
use actalign_tui::snapshot::Snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::export::world::{candidates, exploration, snapshot};

/// A small valid document.
fn document() -> Value {
    let taken = snapshot(&exploration(candidates(), 6, 10.0), |input| {
        input.pictures = &input.pictures[..2];
    });
    serde_json::to_value(taken).unwrap()
}

/// Exports a document in every way, if it can be read.
fn use_it(bytes: &[u8]) -> bool {
    let Ok(read) = Snapshot::read(bytes) else { return false };
    assert!(read.exploration().is_some());
    markdown(&read);
    csv(&read);
    if let Ok(classes) = classes_shown(&read) {
        text(&read, &classes, 80, Ink::Ansi).unwrap();
        figure(&read).unwrap();
    }
    true
}

/// Pointers to every value of a document.
fn places(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| self::places(item, &format!("{at}/{i}"), places));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, field)| self::places(field, &format!("{at}/{key}"), places));
        }
        _ => {}
    }
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0..8_u64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[0, 1], [7, 5]])),
        Just(json!([0.1, 1e30, -1e-30, 1e300])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn changed_values_are_refused_or_shown(
        changes in prop::collection::vec((any::<prop::sample::Index>(), values(), 0..4_u8), 1..4),
    ) {
        let mut document = document();
        for (place, value, kind) in changes {
            let mut all = Vec::new();
            places(&document, "", &mut all);
            let place = &all[place.index(all.len())];
            let Some(target) = document.pointer_mut(place) else { continue };
            match (kind, target) {
                (0, Value::Array(items)) => items.extend(items.clone()),
                (1, Value::Array(items)) => { items.pop(); }
                (2, Value::Object(fields)) => { fields.shift_remove(&fields.keys().next().cloned().unwrap_or_default()); }
                (_, target) => *target = value,
            }
        }
        use_it(&serde_json::to_vec(&document).unwrap());
    }

    #[test]
    fn changed_bytes_are_refused_or_shown(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..5),
    ) {
        let mut bytes = serde_json::to_vec(&document()).unwrap();
        for (place, byte, kind) in changes {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                2 => { bytes.remove(place); }
                // Numbers stay numbers this way.
                _ => bytes[place] = if bytes[place].is_ascii_digit() { b'0' + byte % 10 } else { bytes[place] },
            }
        }
        use_it(&bytes);
    }

    #[test]
    fn a_truncated_document_is_refused(share in 0.0..1.0_f64) {
        let bytes = serde_json::to_vec(&document()).unwrap();
        let length = (share * bytes.len() as f64) as usize;
        prop_assert!(!use_it(&bytes[..length]));
    }
}

#[test]
fn the_unchanged_document_is_shown() {
    assert!(use_it(&serde_json::to_vec(&document()).unwrap()));
}
