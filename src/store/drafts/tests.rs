use std::time::Duration;

use serde_json::Map;

use super::*;
use crate::script::Class;

fn scripts(step: &str) -> ScriptFile {
    let class =
        Class { name: "camel spin".into(), domain: None, steps: vec![step.into()], other: Map::new() };
    ScriptFile { domain: Some("figure skating".into()), classes: vec![class], other: Map::new() }
}

fn unsaved(path: Option<&Path>, step: &str) -> Unsaved {
    Unsaved { path: path.map(Path::to_owned), saved: scripts("spins"), file: scripts(step) }
}

/// A folder with a script file.
fn world() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scripts.json");
    scripts("spins").save(&path).unwrap();
    (folder, path)
}

fn files(folder: &Path) -> Vec<String> {
    let Ok(found) = fs::read_dir(folder.join("drafts")) else { return Vec::new() };
    let mut names: Vec<String> = found.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn recovered(folder: &Path, path: &Path) -> Option<Draft> {
    Drafts::new(folder).recover(Some(path), Some(&scripts("spins"))).unwrap()
}

#[test]
fn what_an_explorer_that_is_gone_did_not_save_is_recovered() {
    let (folder, path) = world();
    let mut drafts = Drafts::new(folder.path());
    drafts.keep(&unsaved(Some(&path), "spins slowly")).unwrap();
    drafts.keep(&unsaved(Some(&path), "spins on one leg")).unwrap();
    assert_eq!(recovered(folder.path(), &path), None, "it runs, and its draft is its own");
    drop(drafts);
    let mut other = Drafts::new(folder.path());
    let draft = other.recover(Some(&path), Some(&scripts("spins"))).unwrap().unwrap();
    assert_eq!((&draft.file, draft.is_outdated), (&scripts("spins on one leg"), false));
    assert!(draft.saved_at.elapsed().unwrap_or_default() < Duration::from_secs(600));
    assert_eq!(recovered(folder.path(), &path), None, "it is not handed out twice");
    other.remove(&draft).unwrap();
    drop(other);
    assert_eq!(recovered(folder.path(), &path), None);
    drop(Drafts::new(folder.path()));
    assert_eq!(files(folder.path()), [] as [&str; 0], "and nothing is left behind");
}

#[test]
fn a_draft_that_was_not_decided_about_is_offered_again() {
    let (folder, path) = world();
    let mut drafts = Drafts::new(folder.path());
    drafts.keep(&unsaved(Some(&path), "spins on one leg")).unwrap();
    drop(drafts);
    assert!(recovered(folder.path(), &path).is_some());
    assert!(recovered(folder.path(), &path).is_some());
}

#[test]
fn of_several_the_newest_counts() {
    let (folder, path) = world();
    for (seconds, step) in [(5, "second"), (9, "third"), (1, "first")] {
        let mut drafts = Drafts::new(folder.path());
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        drafts.keep_at(&unsaved(Some(&path), step), then).unwrap();
    }
    assert_eq!(recovered(folder.path(), &path).unwrap().file, scripts("third"));
}

#[test]
fn what_was_discarded_does_not_come_back() {
    let (folder, path) = world();
    let mut drafts = Drafts::new(folder.path());
    drafts.keep(&unsaved(Some(&path), "spins on one leg")).unwrap();
    drafts.discard(Some(&path)).unwrap();
    drafts.discard(Some(&path)).unwrap();
    drop(drafts);
    assert_eq!(recovered(folder.path(), &path), None);
    assert_eq!(files(folder.path()), [] as [&str; 0]);
}

#[test]
fn drafts_belong_to_their_script_file_wherever_it_is_named_from() {
    let (folder, path) = world();
    let other = folder.path().join("other.json");
    scripts("spins").save(&other).unwrap();
    let mut drafts = Drafts::new(folder.path());
    drafts.keep(&unsaved(Some(&path), "of the one")).unwrap();
    drafts.keep(&unsaved(None, "of none")).unwrap();
    drop(drafts);
    assert_eq!(recovered(folder.path(), &other), None);
    let roundabout = folder.path().join("drafts/../scripts.json");
    assert_eq!(recovered(folder.path(), &roundabout).unwrap().file, scripts("of the one"));
    let of_none = Drafts::new(folder.path()).recover(None, Some(&scripts("spins"))).unwrap();
    assert_eq!(of_none.unwrap().file, scripts("of none"));
}

#[cfg(unix)]
#[test]
fn saving_through_a_link_leaves_no_draft() {
    let (folder, path) = world();
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let mut drafts = Drafts::new(folder.path());
    drafts.keep(&unsaved(Some(&link), "spins on one leg")).unwrap();
    scripts("spins on one leg").save(&link).unwrap();
    drafts.discard(Some(&link)).unwrap();
    drop(drafts);
    assert!(link.is_symlink());
    assert_eq!(ScriptFile::load(&path).unwrap(), scripts("spins on one leg"));
    assert_eq!(files(folder.path()), [] as [&str; 0]);
}

#[test]
fn a_script_file_that_has_changed_since_is_told() {
    let (folder, path) = world();
    let mut drafts = Drafts::new(folder.path());
    drafts.keep(&unsaved(Some(&path), "spins on one leg")).unwrap();
    drop(drafts);
    let draft = Drafts::new(folder.path()).recover(Some(&path), Some(&scripts("by another"))).unwrap();
    assert!(draft.unwrap().is_outdated);
    let saved = Drafts::new(folder.path()).recover(Some(&path), Some(&scripts("spins on one leg")));
    assert_eq!(saved.unwrap(), None, "it was saved after all");
    assert_eq!(recovered(folder.path(), &path), None);
}

#[test]
fn a_damaged_draft_is_set_aside_and_said_once() {
    let (folder, path) = world();
    for damage in ["", "{", "{\"format\": \"actalign-draft/1\"}", "\u{0}\u{1}"] {
        let mut drafts = Drafts::new(folder.path());
        drafts.keep(&unsaved(Some(&path), "spins on one leg")).unwrap();
        let own = drafts.own(Some(&path));
        drop(drafts);
        fs::write(&own, damage).unwrap();
        let mut drafts = Drafts::new(folder.path());
        assert_eq!(drafts.recover(Some(&path), Some(&scripts("spins"))).unwrap(), None, "{damage:?}");
        let notices = drafts.take_notices();
        assert_eq!(notices.len(), 1, "{damage:?}: {notices:?}");
        let aside = own.with_extension("damaged");
        assert!(notices[0].contains(&aside.display().to_string()));
        assert_eq!(fs::read_to_string(aside).unwrap(), damage);
        assert_eq!(recovered(folder.path(), &path), None);
        assert!(drafts.take_notices().is_empty());
    }
}

#[test]
fn what_is_no_file_does_not_hide_a_good_draft() {
    let (folder, path) = world();
    let mut drafts = Drafts::new(folder.path());
    let own = drafts.own(Some(&path));
    drafts.keep(&unsaved(Some(&path), "spins on one leg")).unwrap();
    drop(drafts);
    let odd = own.with_file_name(format!("{}-a.json", key(Some(&path))));
    fs::create_dir(&odd).unwrap();
    let mut drafts = Drafts::new(folder.path());
    let draft = drafts.recover(Some(&path), Some(&scripts("spins"))).unwrap();
    assert_eq!(draft.unwrap().file, scripts("spins on one leg"));
    let notices = drafts.take_notices();
    assert!(notices[0].contains(&odd.display().to_string()), "{notices:?}");
}

#[test]
fn a_draft_of_a_later_version_is_left_alone() {
    let (folder, path) = world();
    let mut drafts = Drafts::new(folder.path());
    drafts.keep(&unsaved(Some(&path), "spins on one leg")).unwrap();
    let own = drafts.own(Some(&path));
    drop(drafts);
    let later = "{\"format\": \"actalign-draft/2\", \"of\": \"another kind\"}";
    fs::write(&own, later).unwrap();
    assert_eq!(recovered(folder.path(), &path), None);
    assert_eq!(fs::read_to_string(own).unwrap(), later);
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("drafts"), "in the way").unwrap();
    let mut drafts = Drafts::new(folder.path());
    let error = drafts.keep(&unsaved(None, "spins on one leg")).unwrap_err().to_string();
    assert!(error.contains("would not survive a crash") && error.contains("ACTALIGN_DATA_DIR"), "{error}");
    let error = drafts.recover(None, None).unwrap_err().to_string();
    assert!(error.contains("ACTALIGN_DATA_DIR"), "{error}");
}

#[cfg(unix)]
#[test]
fn without_locks_a_draft_is_kept_and_recovered() {
    use crate::lock::tests::with_fault;
    let (folder, path) = world();
    with_fault(libc::ENOLCK, || {
        let mut drafts = Drafts::new(folder.path());
        drafts.keep(&unsaved(Some(&path), "spins slowly")).unwrap();
        drafts.keep(&unsaved(Some(&path), "spins on one leg")).unwrap();
        let notices = drafts.take_notices();
        assert!(notices.len() == 1 && notices[0].contains("cannot be locked"), "{notices:?}");
        drop(drafts);
        assert_eq!(recovered(folder.path(), &path).unwrap().file, scripts("spins on one leg"));
    });
}
