//! The program's own manifest: JSON lines, a clip each.

use std::path::Path;

use super::{Entry, Fault, in_line};

/// The clip of one line. `folder` is put before a relative path; fields that are not known are ignored.
pub fn parse(line: &str, folder: &Path) -> Result<Entry, Fault> {
    let mut entry: Entry =
        serde_json::from_str(line).map_err(|error| Fault::NotAClip { reason: in_line(&error) })?;
    entry.check_candidates()?;
    let count = entry.candidates.len();
    if entry.answer >= count {
        return Err(Fault::AnswerOutOfRange { answer: entry.answer, count });
    }
    entry.video = folder.join(entry.video);
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::manifest::{Place, read};
    use crate::video::Segment;

    const CLIP: &str =
        r#"{"id": "a", "video": "v/a.mp4", "domain": "chess", "candidates": ["fork", "pin"], "answer": 1"#;

    fn read_text(text: &str) -> Result<Vec<(Place, Entry)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.jsonl");
        std::fs::write(&path, text).unwrap();
        let manifest = read(&path, folder.path())
            .map_err(|e| e.to_string().replace(folder.path().to_str().unwrap(), "."))?;
        let clips = manifest.clips.into_iter().map(|listed| (listed.place, listed.entry));
        Ok(clips
            .inspect(|(_, entry)| {
                assert!(entry.video.starts_with(folder.path()) || entry.video.starts_with("/clips"));
            })
            .collect())
    }

    #[test]
    fn clips_are_read_with_their_lines_and_paths_beside_the_manifest() {
        let absolute = r#", "start": 1.5, "groups": ["late"], "note": "kept out"}"#;
        let second = format!("{CLIP}{absolute}").replace("\"a\"", "\"b\"").replace("v/a.mp4", "/clips/b.mp4");
        let entries = read_text(&format!("\u{feff}{CLIP}}}\r\n\n  \n{second}\n")).unwrap();
        let [(Place::Line(1), a), (Place::Line(4), b)] = &entries[..] else { panic!("{entries:?}") };
        assert!(a.video.ends_with("v/a.mp4"));
        assert_eq!((a.answer, a.segment(), a.groups.len()), (1, Segment::default(), 0));
        assert_eq!(b.video, Path::new("/clips/b.mp4"));
        assert_eq!((b.start, b.end, &b.groups[0][..]), (Some(1.5), None, "late"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let good = format!("{CLIP}}}\n\n");
        for (bad, words) in [
            ("{\"id\": oops", "./manifest.jsonl, line 3: expected value at column 8; it should be"),
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
