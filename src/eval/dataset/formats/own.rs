//! The program's own manifest: JSON lines, a clip each.

use crate::eval::dataset::format::{Context, Entry, Format, Listed, Object};

pub const FORMAT: Format = Format {
    recognizes: |_| true,
    read,
    allows_list: false,
    is_foreign: false,
    brings_scripts: false,
    benchmark: None,
};

const EXPECTED: &str = "a clip is {\"id\": \"…\", \"video\": \"…\", \"domain\": \"…\", \"candidates\": [\"…\", \"…\"], \"answer\": 0}";

fn read(object: Object, context: &Context) -> Result<Listed, String> {
    let mut entry: Entry = object.fields(EXPECTED)?;
    entry.check(entry.answer, 0)?;
    entry.video = context.folder.join(entry.video);
    Ok(Listed::new(entry))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::eval::dataset::Location;
    use crate::eval::dataset::manifest;
    use crate::video::Segment;

    const CLIP: &str =
        r#"{"id": "a", "video": "v/a.mp4", "domain": "chess", "candidates": ["fork", "pin"], "answer": 1"#;

    fn read_text(text: &str) -> Result<Vec<(Location, Entry)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.jsonl");
        std::fs::write(&path, text).unwrap();
        let manifest = manifest::read(&path, folder.path())
            .map_err(|e| e.to_string().replace(folder.path().to_str().unwrap(), "."))?;
        let clips = manifest.clips.into_iter().map(|listed| (listed.location, listed.entry));
        Ok(clips
            .inspect(|(_, entry)| {
                assert!(entry.video.starts_with(folder.path()) || entry.video.starts_with("/clips"));
            })
            .collect())
    }

    #[test]
    fn lines_are_numbered_and_paths_relative_to_the_manifest() {
        let absolute = r#", "start": 1.5, "groups": ["late"], "note": "kept out"}"#;
        let second = format!("{CLIP}{absolute}").replace("\"a\"", "\"b\"").replace("v/a.mp4", "/clips/b.mp4");
        let entries = read_text(&format!("\u{feff}{CLIP}}}\r\n\n  \n{second}\n")).unwrap();
        let [(Location::Line(1), a), (Location::Line(4), b)] = &entries[..] else { panic!("{entries:?}") };
        assert!(a.video.ends_with("v/a.mp4"));
        assert_eq!((a.answer, a.segment(), a.groups.len()), (1, Segment::default(), 0));
        assert_eq!(b.video, Path::new("/clips/b.mp4"));
        assert_eq!((b.start, b.end, &b.groups[0][..]), (Some(1.5), None, "late"));
    }

    #[test]
    fn errors_name_line_and_column() {
        let good = format!("{CLIP}}}\n\n");
        for (bad, words) in [
            ("{\"id\": oops", "./manifest.jsonl, line 3: expected value at column 8\nhelp: a clip is"),
            ("{\"id\": \"b\"}", "line 3: missing field `video` at column 11"),
            (&format!("{CLIP}}}"), "line 3: the id \"a\" is taken by line 1"),
            (&CLIP.replace(", \"pin\"", "}").replace("\"fork\"}", "\"fork\""), "at least two candidates"),
            (&CLIP.replace("pin", "fork"), "\"fork\" is listed twice"),
            (
                &CLIP.replace("\"answer\": 1", "\"answer\": 2"),
                "the answer is 2, but the 2 candidates count from 0 to 1",
            ),
            (&CLIP.replace("\"answer\": 1", "\"answer\": -1"), "line 3: invalid value"),
        ] {
            let closed =
                if bad.ends_with('}') || bad.ends_with("oops") { bad.to_owned() } else { format!("{bad}}}") };
            let error = read_text(&format!("{good}{closed}")).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(read_text("\n \n").unwrap_err().contains("lists no clip"));
    }
}
