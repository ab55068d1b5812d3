use std::time::Duration;

use tempfile::TempDir;

use super::*;

fn cache(limit: u64) -> (TempDir, Cache) {
    let folder = TempDir::new().unwrap();
    let cache = Cache::new(folder.path(), Size(limit));
    (folder, cache)
}

fn key(name: &str) -> Key {
    Key::new(Kind::Text, [name.as_bytes()])
}

/// Sets the last use of an entry.
fn used(cache: &Cache, key: &Key, minutes: u64) {
    let file = fs::File::open(cache.folder().join(key.as_str())).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(60 * minutes)).unwrap();
}

#[test]
fn entries_are_read_back() {
    let (_folder, cache) = cache(1000);
    assert!(cache.get(&key("a")).is_none());
    cache.put(&key("a"), b"one");
    cache.put(&key("b"), b"");
    assert_eq!(cache.get(&key("a")).unwrap().payload(), b"one");
    assert_eq!(cache.get(&key("b")).unwrap().payload(), b"");
    cache.put(&key("a"), b"two");
    assert_eq!(cache.get(&key("a")).unwrap().payload(), b"two");
    cache.remove(&key("a"));
    assert!(cache.get(&key("a")).is_none());
    assert_eq!(cache.take_notice(), None);
}

#[test]
fn the_least_recently_used_entry_is_evicted() {
    // Entries of 140 bytes, of which five fit, and four after room was made.
    let (_folder, cache) = cache(700);
    let keys = ["a", "b", "c", "d", "e", "f"].map(key);
    for (minutes, key) in [50, 40, 30, 20, 10].into_iter().zip(&keys) {
        cache.put(key, &[0; 100]);
        used(&cache, key, minutes);
    }
    assert!(cache.get(&keys[0]).is_some(), "reading is a use");
    cache.put(&keys[5], &[0; 100]);
    let left: Vec<bool> = keys.iter().map(|key| cache.path(key).exists()).collect();
    assert_eq!(left, [true, false, false, true, true, true]);
}

#[test]
fn an_entry_larger_than_the_limit_is_not_kept() {
    let (_folder, cache) = cache(200);
    cache.put(&key("a"), &[0; 100]);
    cache.put(&key("b"), &[0; 200]);
    assert!(cache.get(&key("a")).is_some() && cache.get(&key("b")).is_none());
    assert_eq!(cache.take_notice(), None);
}

#[test]
fn a_failed_write_gives_one_notice_and_no_other_try() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("file");
    fs::write(&place, "").unwrap();
    let cache = Cache::new(&place, Size(1000));
    cache.put(&key("a"), b"one");
    let notice = cache.take_notice().unwrap();
    assert!(notice.contains("ACTALIGN_CACHE_DIR") && notice.contains("--no-cache"), "{notice}");
    fs::remove_file(&place).unwrap();
    cache.put(&key("a"), b"one");
    assert_eq!(cache.take_notice(), None);
    assert!(!place.exists());
}

#[test]
fn keys_depend_on_every_ingredient() {
    let keys = [vec!["ab", "c"], vec!["a", "bc"], vec!["abc"], vec!["abc", ""], vec![]];
    let keys: Vec<Key> = keys.iter().map(|k| Key::new(Kind::Strip, k.iter().map(|s| s.as_bytes()))).collect();
    for (i, key) in keys.iter().enumerate() {
        assert!(!keys[..i].contains(key));
        assert_eq!(key.as_str().parse(), Ok(key.clone()));
        assert_eq!(key.kind(), Kind::Strip);
    }
    for name in ["", "strip", "strip-", "strip-12", "other-", "notes.txt", &format!("x{}", keys[0].as_str())]
    {
        assert_eq!(name.parse::<Key>(), Err(()), "{name}");
    }
}

#[test]
fn a_file_is_hashed_again_only_when_it_changed() {
    let (folder, cache) = cache(10_000);
    let path = folder.path().join("clip");
    let write = |text: &str, age: u64| {
        fs::write(&path, text).unwrap();
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    };
    let reads = std::cell::Cell::new(0);
    let digest = || {
        let contents = cache.contents_by(&path, &[], "part", |hasher| {
            reads.set(reads.get() + 1);
            hasher.update(&fs::read(&path)?);
            Ok(())
        });
        contents.unwrap().unwrap().digest().to_owned()
    };
    write("one", 60);
    let one = digest();
    assert_eq!((digest(), reads.get()), (one.clone(), 1));
    write("two", 60);
    assert_ne!(digest(), one, "of the same length, and as old");
    assert_eq!(reads.get(), 2);
    // What was changed just now could change again within the same tick of the clock.
    write("one", 0);
    assert_eq!((digest(), digest(), reads.get()), (one.clone(), one, 4));
}

#[test]
fn a_folder_is_hashed_with_its_names_and_a_device_is_not() {
    let (folder, cache) = cache(10_000);
    let images = folder.path().join("images");
    fs::create_dir(&images).unwrap();
    let digest = || cache.contents(&images, &[]).unwrap().unwrap().digest().to_owned();
    fs::write(images.join("a"), "one").unwrap();
    fs::write(images.join("b"), "two").unwrap();
    let first = digest();
    assert_eq!(digest(), first);
    fs::write(images.join("b"), "three").unwrap();
    let second = digest();
    fs::rename(images.join("b"), images.join("c")).unwrap();
    assert!(first != second && second != digest());
    assert!(cache.contents(&images, &[]).unwrap().unwrap().are_unchanged());
    assert!(cache.contents(Path::new("/dev/null"), &[]).unwrap().is_none());
    assert!(cache.contents(&folder.path().join("missing"), &[]).is_err());
}
