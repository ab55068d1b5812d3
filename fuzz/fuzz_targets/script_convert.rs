//! The authors' `generated_subactions.json` and the program's own script file: converting there and back loses nothing.
#![no_main]

use actalign_fuzz::{bounded, fuzz_target};
use actalign_tui::script::convert::{Converted, convert, from_authors, to_authors};
use serde_json::{Value, json};

fuzz_target!(|data: &[u8]| {
    let Ok(document) = serde_json::from_slice::<Value>(data) else { return };
    match bounded(1 << 20 | data.len() * 4096, || convert(document.clone())) {
        Ok(Converted::Own(file)) => {
            file.check().unwrap();
            assert_eq!(Value::Array(to_authors(&file).unwrap()), document);
        }
        Ok(Converted::Authors(items)) => {
            let file = from_authors(items.clone()).unwrap();
            file.check().unwrap();
            assert_eq!(file, serde_json::from_value(document).unwrap());
            // As a reader of the file sees it.
            let written: Vec<Value> = serde_json::from_str(&json!(items).to_string()).unwrap();
            assert_eq!(from_authors(written).unwrap(), file);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
