//! A cache shared with other users: planted links, damaged files, folders that cannot be written.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::hub::site::{COMMIT, etag};
use crate::hub::world::{FILES, ID, World, fixture};

const WEIGHTS: &str = "model.safetensors";

fn blob(world: &World, name: &str) -> PathBuf {
    world.repo().join("blobs").join(etag(name, &fixture(name)))
}

/// Other bytes of the same length.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.iter_mut().for_each(|byte| *byte ^= 1);
    fs::write(path, bytes).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn set_age(path: &Path, age: Duration) {
    fs::File::options().append(true).open(path).unwrap().set_modified(SystemTime::now() - age).unwrap();
}

#[test]
fn a_blob_of_the_right_size_and_a_wrong_hash_is_fetched_again() {
    let world = World::new();
    world.succeed(&format!("model fetch {ID}"));
    for name in FILES {
        damage(&blob(&world, name));
        world.site.seen();
        let text = world.succeed(&format!("model fetch {ID}"));
        assert!(text.contains(&format!("{name}: ")) && text.contains("is damaged"), "{text}");
        assert_eq!(fs::read(world.snapshot().join(name)).unwrap(), fixture(name));
        let got = world.site.seen().into_iter().filter(|request| request.method == "GET");
        assert!(got.into_iter().all(|request| request.file() == name), "only what is damaged is fetched");
    }
}

#[test]
fn a_damaged_file_is_found_without_the_network() {
    let world = World::new();
    world.succeed(&format!("model fetch {ID}"));
    let offline = || {
        let mut command = world.command(&format!("model fetch {ID}"));
        command.env("HF_HUB_OFFLINE", "1");
        command
    };
    let (output, text) = world.finish(offline());
    assert!(output.status.success(), "{text}");
    damage(&blob(&world, WEIGHTS));
    world.fail_with(offline(), &["is damaged", "unset HF_HUB_OFFLINE", ID]);
}

#[test]
fn checked_files_are_remembered_until_they_change() {
    let world = World::new();
    world.succeed(&format!("model fetch {ID}"));
    for name in FILES {
        set_age(&blob(&world, name), Duration::from_secs(60));
    }
    world.succeed(&format!("model fetch {ID}"));
    let kept = fs::read_dir(world.home.path().join("cache/embeddings")).unwrap().count();
    assert_eq!(kept, FILES.len());
    // Of the same length and with the same time of change.
    damage(&blob(&world, WEIGHTS));
    set_age(&blob(&world, WEIGHTS), Duration::from_secs(60));
    let text = world.succeed(&format!("model fetch {ID}"));
    assert!(text.contains("is damaged"), "{text}");
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A file of the user's that no fetch may change, and a link to it at `place`.
    fn plant(world: &World, place: &Path) -> PathBuf {
        let mine = world.home.path().join("mine");
        fs::write(&mine, "my own").unwrap();
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let _ = fs::remove_file(place);
        symlink(&mine, place).unwrap();
        mine
    }

    #[test]
    fn nothing_is_written_through_a_link_in_the_place_of_a_file() {
        let locks = "hf/hub/.locks/models--google--siglip-base-patch16-224";
        let weights = etag(WEIGHTS, &fixture(WEIGHTS));
        let places: [&dyn Fn(&World) -> PathBuf; 5] = [
            &|world| blob(world, WEIGHTS),
            &|world| blob(world, WEIGHTS).with_extension("incomplete"),
            &|world| world.home.path().join(locks).join(format!("{weights}.lock")),
            &|world| world.repo().join("refs/main"),
            &|world| world.snapshot().join(WEIGHTS),
        ];
        for place in places {
            let world = World::new();
            let mine = plant(&world, &place(&world));
            world.succeed(&format!("model fetch {ID}"));
            assert_eq!(fs::read_to_string(&mine).unwrap(), "my own", "{}", place(&world).display());
            assert_eq!(fs::read(world.snapshot().join(WEIGHTS)).unwrap(), fixture(WEIGHTS));
            assert_eq!(fs::read_to_string(world.repo().join("refs/main")).unwrap(), COMMIT);
        }
    }

    #[test]
    fn a_dangling_link_makes_no_file_elsewhere() {
        for name in [format!("blobs/{}.incomplete", etag(WEIGHTS, &fixture(WEIGHTS))), "refs/main".into()] {
            let world = World::new();
            let elsewhere = world.home.path().join("elsewhere");
            let place = world.repo().join(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            symlink(&elsewhere, &place).unwrap();
            world.succeed(&format!("model fetch {ID}"));
            assert!(!elsewhere.exists());
        }
    }

    #[test]
    fn a_hard_link_to_a_users_file_is_not_appended_to() {
        let world = World::new();
        let mine = world.home.path().join("mine");
        fs::write(&mine, "my own").unwrap();
        let partial = blob(&world, WEIGHTS).with_extension("incomplete");
        fs::create_dir_all(partial.parent().unwrap()).unwrap();
        fs::hard_link(&mine, &partial).unwrap();
        world.succeed(&format!("model fetch {ID}"));
        assert_eq!(fs::read_to_string(&mine).unwrap(), "my own");
    }

    #[test]
    fn linked_folders_inside_a_model_are_refused() {
        for name in ["blobs", "refs", "snapshots", &format!("snapshots/{COMMIT}")] {
            let world = World::new();
            let elsewhere = world.home.path().join("elsewhere");
            fs::create_dir(&elsewhere).unwrap();
            let place = world.repo().join(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            symlink(&elsewhere, &place).unwrap();
            world.fail(&format!("model fetch {ID}"), &[place.to_str().unwrap(), "is a link"]);
            assert_eq!(names(&elsewhere), [] as [&str; 0], "{name}");
        }
    }

    #[test]
    fn a_models_folder_may_be_a_link_of_the_user() {
        let world = World::new();
        let elsewhere = world.home.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::create_dir_all(world.repo().parent().unwrap()).unwrap();
        symlink(&elsewhere, world.repo()).unwrap();
        world.succeed(&format!("model fetch {ID}"));
        assert_eq!(names(&elsewhere), ["blobs", "refs", "snapshots"]);
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_is_replaced() {
        for name in ["", ".incomplete"] {
            let world = World::new();
            let place = PathBuf::from(format!("{}{name}", blob(&world, WEIGHTS).display()));
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            let mode = rustix::fs::Mode::RWXU;
            rustix::fs::mknodat(rustix::fs::CWD, &place, rustix::fs::FileType::Fifo, mode, 0).unwrap();
            world.succeed(&format!("model fetch {ID}"));
            assert_eq!(fs::read(world.snapshot().join(WEIGHTS)).unwrap(), fixture(WEIGHTS));
        }
    }
}

/// No file or folder is made, changed or removed: not by commands that a read-only file system would refuse either.
#[test]
fn a_complete_model_takes_no_write() {
    let world = World::new();
    world.succeed(&format!("model fetch {ID}"));
    let hub = world.home.path().join("hf/hub");
    // As where another user's tools filled the cache.
    fs::remove_dir_all(hub.join(".locks")).unwrap();
    let listing = || {
        let mut found: Vec<(PathBuf, SystemTime)> = Vec::new();
        let mut folders = vec![hub.clone()];
        while let Some(folder) = folders.pop() {
            found.push((folder.clone(), fs::metadata(&folder).unwrap().modified().unwrap()));
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                match fs::symlink_metadata(&path).unwrap() {
                    facts if facts.is_dir() => folders.push(path),
                    facts => found.push((path, facts.modified().unwrap())),
                }
            }
        }
        found.sort();
        found
    };
    let before = listing();
    for command in ["model fetch", "model info", "doctor --model"] {
        world.succeed(&format!("{command} {ID}"));
        assert_eq!(listing(), before, "{command}");
    }
    world.succeed("model list");
    assert_eq!(listing(), before);
}

/// Without symbolic links the hub's own tools put files into snapshots themselves.
#[test]
fn files_in_the_snapshot_itself_replace_blobs() {
    let world = World::new();
    world.succeed(&format!("model fetch {ID}"));
    for name in FILES {
        fs::remove_file(world.snapshot().join(name)).unwrap();
        fs::rename(blob(&world, name), world.snapshot().join(name)).unwrap();
    }
    world.site.seen();
    world.succeed(&format!("model fetch {ID}"));
    assert!(world.site.seen().iter().all(|request| request.method == "HEAD"));
    assert_eq!(names(&world.repo().join("blobs")), [] as [&str; 0]);
    damage(&world.snapshot().join(WEIGHTS));
    world.succeed(&format!("model fetch {ID}"));
    assert_eq!(fs::read(world.snapshot().join(WEIGHTS)).unwrap(), fixture(WEIGHTS));
}

#[test]
fn leftovers_of_killed_programs_are_removed_once_the_model_is_complete() {
    let world = World::new();
    world.succeed(&format!("model fetch {ID}"));
    let blobs = world.repo().join("blobs");
    let day = Duration::from_secs(24 * 3600);
    let old_commit = format!("{}.incomplete", "a".repeat(64));
    let going_on = format!("{}.incomplete", "b".repeat(64));
    let of_tools = format!("{}.1a2b3c4d.incomplete", etag(WEIGHTS, &fixture(WEIGHTS)));
    let complete = format!("{}.incomplete", etag("config.json", &fixture("config.json")));
    for (name, age) in
        [(&old_commit, 2 * day), (&going_on, day / 2), (&of_tools, 2 * day), (&complete, 2 * day)]
    {
        fs::write(blobs.join(name), "part").unwrap();
        set_age(&blobs.join(name), age);
    }
    let temporary = [world.snapshot().join(".actalign-x.part"), world.repo().join("refs/.actalign-y.part")];
    for path in &temporary {
        fs::write(path, "part").unwrap();
        set_age(path, 2 * day);
    }
    world.succeed(&format!("model fetch {ID}"));
    let left: Vec<String> = names(&blobs).into_iter().filter(|name| name.ends_with(".incomplete")).collect();
    assert_eq!(left, [going_on]);
    assert!(temporary.iter().all(|path| !path.exists()));
}
