//! A script file: what is accepted keeps the rules, and comes back as it was written.
#![no_main]

use std::path::Path;

use actalign_fuzz::{bounded, fuzz_target};
use actalign_tui::script::{ScriptFile, Template, check};

fuzz_target!(|data: &[u8]| {
    let path = Path::new("scripts.json");
    let parsed = bounded(1 << 20 | data.len() * 256, || ScriptFile::parse(path, data));
    let file = match parsed {
        Ok(file) => file,
        Err(error) => {
            assert!(error.to_string().contains("scripts.json"), "an error names the file: {error}");
            return;
        }
    };
    file.check().unwrap();
    for class in &file.classes {
        assert_eq!(file.find(file.domain_of(class), &class.name), Some(class));
        let sentence = Template::default().fill(&class.name, file.domain_of(class), &class.steps[0]);
        assert!(sentence.ends_with(&class.steps[0]));
    }
    let written = serde_json::to_vec_pretty(&file).unwrap();
    assert_eq!(ScriptFile::parse(path, &written).unwrap(), file);
    for finding in check::check(&file, || ()) {
        let class = &file.classes[finding.class];
        assert!(finding.step.is_none_or(|step| step < class.steps.len()));
        assert!(!finding.warning.to_string().is_empty());
    }
});
