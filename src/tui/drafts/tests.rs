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

/// Leaves a draft as an explorer that has ended, and returns its place.
fn leave(folder: &Path, script: Option<&Path>, step: &str) -> PathBuf {
    let mut drafts = Drafts::new(folder);
    drafts.keep(&unsaved(script, step)).unwrap();
    drafts.own[&key(script)].0.clone()
}

fn files(folder: &Path) -> Vec<String> {
    let Ok(found) = fs::read_dir(folder.join("drafts")) else { return Vec::new() };
    let mut names: Vec<String> = found.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn recovered(folder: &Path, path: &Path) -> Option<Draft> {
    Drafts::new(folder).recover(Some(path), &scripts("spins")).draft
}

fn draft(step: &str) -> Option<Draft> {
    Some(Draft { file: scripts(step), is_outdated: false })
}

#[test]
fn edits_of_an_ended_explorer_are_recovered_until_they_are_discarded() {
    let (folder, path) = world();
    let mut drafts = Drafts::new(folder.path());
    drafts.keep(&unsaved(Some(&path), "spins slowly")).unwrap();
    drafts.keep(&unsaved(Some(&path), "spins on one leg")).unwrap();
    assert_eq!(recovered(folder.path(), &path), None, "its explorer still runs");
    drop(drafts);
    assert_eq!(recovered(folder.path(), &path), draft("spins on one leg"));
    let mut next = Drafts::new(folder.path());
    assert_eq!(next.recover(Some(&path), &scripts("spins")).draft, draft("spins on one leg"), "again");
    assert_eq!(recovered(folder.path(), &path), None, "only one explorer has it");
    next.keep(&unsaved(Some(&path), "spins fast")).unwrap();
    assert_eq!(files(folder.path()).len(), 2, "in place of the recovered draft");
    next.discard(Some(&path)).unwrap();
    next.discard(Some(&path)).unwrap();
    drop(next);
    assert_eq!(recovered(folder.path(), &path), None);
    assert_eq!(files(folder.path()), [] as [&str; 0]);
}

#[test]
fn explorers_on_one_file_keep_their_own_drafts_and_the_newest_is_recovered_first() {
    let (folder, path) = world();
    let mut both = [Drafts::new(folder.path()), Drafts::new(folder.path())];
    both[1].keep(&unsaved(Some(&path), "older")).unwrap();
    both[0].keep(&unsaved(Some(&path), "newer")).unwrap();
    drop(both);
    let mut drafts = Drafts::new(folder.path());
    assert_eq!(drafts.recover(Some(&path), &scripts("spins")).draft, draft("newer"));
    drafts.discard(Some(&path)).unwrap();
    assert_eq!(recovered(folder.path(), &path), draft("older"));
}

#[test]
fn drafts_belong_to_their_script_file_whatever_path_leads_to_it() {
    let (folder, path) = world();
    let other = folder.path().join("other.json");
    scripts("spins").save(&other).unwrap();
    leave(folder.path(), Some(&path), "of the one");
    leave(folder.path(), None, "of none");
    assert_eq!(recovered(folder.path(), &other), None);
    assert_eq!(recovered(folder.path(), &folder.path().join("drafts/../scripts.json")), draft("of the one"));
    let of_none = |current| Drafts::new(folder.path()).recover(None, &scripts(current)).draft;
    assert_eq!(of_none("other scripts in no file"), None);
    assert_eq!(of_none("spins"), draft("of none"));
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
    assert!(link.is_symlink());
    assert_eq!(ScriptFile::load(&path).unwrap(), scripts("spins on one leg"));
    assert_eq!(files(folder.path()), [] as [&str; 0]);
}

#[test]
fn a_draft_of_a_changed_file_is_outdated_and_a_saved_one_is_gone() {
    let (folder, path) = world();
    leave(folder.path(), Some(&path), "spins on one leg");
    let recover = |current| Drafts::new(folder.path()).recover(Some(&path), &scripts(current)).draft;
    assert!(recover("by another").unwrap().is_outdated);
    assert_eq!(recover("spins on one leg"), None, "it was saved after all");
    assert_eq!(files(folder.path()), [] as [&str; 0]);
}

#[test]
fn a_damaged_draft_is_set_aside_and_reported_once() {
    let (folder, path) = world();
    for damage in ["", "{", "[]", "{\"format\": \"actalign-draft/1\"}", "\u{0}\u{1}"] {
        let place = leave(folder.path(), Some(&path), "spins on one leg");
        fs::write(&place, damage).unwrap();
        let Recovered { draft, faults } = Drafts::new(folder.path()).recover(Some(&path), &scripts("spins"));
        let aside = place.with_extension("damaged");
        assert!(
            draft.is_none() && faults.len() == 1 && faults[0].contains(aside.to_str().unwrap()),
            "{faults:?}"
        );
        assert_eq!(fs::read_to_string(aside).unwrap(), damage);
        let again = Drafts::new(folder.path()).recover(Some(&path), &scripts("spins"));
        assert!(again.faults.is_empty(), "{again:?}");
    }
}

#[test]
fn what_is_no_draft_hides_none_and_another_version_is_left_alone() {
    let (folder, path) = world();
    leave(folder.path(), Some(&path), "spins on one leg");
    let beside = |mark: &str| folder.path().join("drafts").join(format!("{}-{mark}.json", key(Some(&path))));
    fs::create_dir(beside("folder")).unwrap();
    let later = "{\"format\": \"actalign-draft/2\", \"of\": \"another kind\"}";
    fs::write(beside("later"), later).unwrap();
    let found = Drafts::new(folder.path()).recover(Some(&path), &scripts("spins"));
    assert_eq!((found.draft, found.faults.len()), (draft("spins on one leg"), 1));
    assert_eq!(fs::read_to_string(beside("later")).unwrap(), later);
}

#[test]
fn a_folder_that_cannot_be_used_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("drafts"), "in the way").unwrap();
    let mut drafts = Drafts::new(folder.path());
    let error = drafts.keep(&unsaved(None, "spins on one leg")).unwrap_err().to_string();
    let faults = drafts.recover(None, &scripts("spins")).faults;
    for text in [&error, &faults[0]] {
        assert!(text.contains("drafts") && text.contains("ACTALIGN_DATA_DIR"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn without_locks_a_draft_is_kept_and_recovered() {
    let (folder, path) = world();
    crate::files::lock::tests::with_fault(libc::ENOLCK, || {
        leave(folder.path(), Some(&path), "spins on one leg");
        assert_eq!(recovered(folder.path(), &path), draft("spins on one leg"));
    });
}
