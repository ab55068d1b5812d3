//! The folder of an evaluation: what is accepted is the same when it is written and read again, and going on with what a
//! killed run has left keeps what was done.
#![no_main]

use std::cell::RefCell;
use std::path::Path;

use actalign_fuzz::{Scratch, bounded, choice, fuzz_target};
use actalign_tui::eval::{Journal, Run, load, write_run};

/// An evaluation of two clips, of which one part is replaced.
const RUN: &[u8] = include_bytes!("../seeds/run_folder/run");
const CLIPS: &[u8] = include_bytes!("../seeds/run_folder/clips");

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    let Some((form, rest)) = choice(data, 2) else { return };
    let (run, clips) = if form == 0 { (rest, &CLIPS[1..]) } else { (&RUN[1..], rest) };
    SCRATCH.with_borrow(|scratch| {
        scratch.remove("clips.part.jsonl");
        scratch.write("run.json", run);
        scratch.write("clips.jsonl", clips);
        let most = 4 << 20 | rest.len() * 512;
        let Ok(run) = bounded(most, || Run::load(scratch.path())) else { return };
        let loaded = bounded(most, || load(scratch.path()));
        if let Ok((same, records)) = &loaded {
            assert_eq!((same, records.len()), (&run, run.share()));
            let again = Scratch::default();
            write_run(again.path(), &run, records).unwrap();
            assert_eq!(load(again.path()).unwrap(), (run.clone(), records.clone()));
        }
        // Going on, with the records where a killed run has them.
        scratch.remove("clips.jsonl");
        scratch.write("clips.part.jsonl", clips);
        if let Ok(mut journal) = bounded(most, || Journal::open(scratch.path(), &run, |_| true)) {
            let (before, records) = (journal.known(), records_of(loaded));
            let known = records.iter().filter(|record| journal.take(&record.id).is_some()).count();
            assert!(known <= before);
            if !records.is_empty() {
                assert_eq!(known, before, "only what was read is known");
                journal.finish(&run, &records).unwrap();
                assert_eq!(load(scratch.path()).unwrap().1, records);
                assert!(!Path::new(&scratch.path().join("clips.part.jsonl")).exists());
            }
        }
    });
});

fn records_of<E>(
    loaded: Result<(Run, Vec<actalign_tui::eval::ClipRecord>), E>,
) -> Vec<actalign_tui::eval::ClipRecord> {
    loaded.map(|(_, records)| records).unwrap_or_default()
}
