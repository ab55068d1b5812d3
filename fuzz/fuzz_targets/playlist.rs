//! A list of other files, HLS or FFmpeg's `concat`: whatever it names, what is found is in its own folder.
#![no_main]

use std::cell::RefCell;
use std::fs;

use actalign_fuzz::{Scratch, bounded, fuzz_target};
use actalign_tui::video::named_files;

thread_local! {
    static SCRATCH: RefCell<Option<Scratch>> = RefCell::default();
}

/// A folder with lists and segments, beside a file that no list may name, and links to it.
fn folder() -> Scratch {
    let scratch = Scratch::default();
    for folder in ["in/sub", "in/sub/deep"] {
        fs::create_dir_all(scratch.path().join(folder)).unwrap();
    }
    let nested = "#EXTM3U\n#EXTINF:1,\nb.ts\n#EXTINF:1,\n../a.ts\n#EXT-X-ENDLIST\n";
    let files = [
        ("outside.ts", "x"),
        ("in/a.ts", "a"),
        ("in/sub/b.ts", "b"),
        ("in/sub/deep/c.ts", "c"),
        ("in/sub/n.m3u8", nested),
        ("in/sub/n.ffconcat", "ffconcat version 1.0\nfile b.ts\n"),
    ];
    for (name, text) in files {
        scratch.write(name, text.as_bytes());
    }
    #[cfg(unix)]
    for (link, to) in [("in/out.ts", "../outside.ts"), ("in/sub/up", "..")] {
        std::os::unix::fs::symlink(to, scratch.path().join(link)).unwrap();
    }
    scratch
}

fuzz_target!(|data: &[u8]| {
    SCRATCH.with_borrow_mut(|scratch| {
        let scratch = scratch.get_or_insert_with(folder);
        let list = scratch.write("in/list.m3u8", data);
        let root = scratch.path().join("in").canonicalize().unwrap();
        match bounded(4 << 20 | data.len() * 256, || named_files(&list)) {
            Ok(files) => {
                for file in &files {
                    assert!(file.starts_with(&root) && file.is_file(), "{} is named", file.display());
                    assert_eq!(&file.canonicalize().unwrap(), file);
                }
                let is_list = data.starts_with(b"#EXTM3U") || data.starts_with(b"ffconcat version");
                assert!(files.is_empty() || is_list);
            }
            Err(error) => {
                assert!(error.to_string().contains("list.m3u8"), "an error names the file: {error}")
            }
        }
    });
});
