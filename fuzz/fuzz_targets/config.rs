//! A configuration: what is accepted is written and read back as it is, and every fault has a place in the text.
#![no_main]

use actalign_fuzz::{bounded, fuzz_target};
use actalign_tui::tui::{Command, Config};

fuzz_target!(|text: &str| {
    match bounded(8 << 20 | text.len() * 512, || Config::from_toml(text)) {
        Ok(config) => {
            let written = config.to_toml();
            assert_eq!(Config::from_toml(&written).map(|config| config.to_toml()).as_ref(), Ok(&written));
            for command in [Command::Quit, Command::Palette, Command::Help] {
                assert!(config.keymap.chords(command).next().is_some());
            }
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            let lines = text.split('\n').count();
            for fault in &faults {
                assert!((1..=lines).contains(&fault.line) && fault.column >= 1, "{fault}");
                assert!(!fault.what.is_empty());
            }
        }
    }
});
