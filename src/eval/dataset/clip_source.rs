//! The file that the frames of a clip come from.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::{Result, eyre};

use super::format::{Entry, Listed};
use crate::align::Preset;
use crate::eval::released;
use crate::video::Masks;

/// Endings of video files, by preference.
const ENDINGS: [&str; 3] = ["mp4", "mkv", "webm"];

/// What a clip's frames come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ClipSource {
    /// The segment of [`Entry::video`], with some areas blurred.
    Video(Arc<Masks>),
    /// A `.npy` file of raw frame embeddings, one row per frame of the clip.
    Embeddings(PathBuf),
    /// Why the clip cannot be evaluated.
    Missing(String),
}

/// The names of the files of a folder, read once for all clips.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    names: BTreeSet<String>,
}

impl Folder {
    /// Reads the names in a folder of `what`.
    pub fn open(path: &Path, what: &str) -> Result<Self> {
        let error = |source: io::Error| {
            let path = path.display();
            eyre!("cannot read the folder {path}: {source}\nhelp: name the folder that holds the {what}")
        };
        let mut names = BTreeSet::new();
        for file in path.read_dir().map_err(error)? {
            // Ids are text, so other names cannot match.
            names.extend(file.map_err(error)?.file_name().into_string());
        }
        Ok(Self { path: path.to_owned(), names })
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        self.names.contains(name).then(|| self.path.join(name))
    }

    /// A clip's embeddings: named after the clip, else after its part of the video, else after the video unless it `shares`
    /// that with other clips.
    pub fn embeddings(&self, listed: &Listed, shares: bool) -> ClipSource {
        let Listed { entry, youtube_id, .. } = listed;
        let mut stems = vec![entry.id.clone()];
        let whole = match youtube_id {
            Some(id) => {
                let part = part(id, entry);
                // Without bounds the video itself is the clip.
                let whole = Some(id.clone()).filter(|_| !(shares && part.is_some()));
                stems.extend(part);
                whole
            }
            None => entry.video.file_stem().map(|stem| stem.to_string_lossy().into_owned()),
        };
        stems.extend(whole);
        stems.dedup();
        let names: Vec<String> = stems.iter().map(|stem| format!("{stem}.npy")).collect();
        if let Some(path) = names.iter().find_map(|name| self.find(name)) {
            return ClipSource::Embeddings(path);
        }
        let (names, folder) = (names.join(" or "), self.path.display());
        let of_video = youtube_id.as_ref().map(|id| format!("{id}.npy"));
        ClipSource::Missing(match of_video.filter(|name| self.find(name).is_some()) {
            Some(name) => {
                format!("{name} could be of several clips of the video; put {names} into {folder}")
            }
            None => format!("{names} is not in {folder}"),
        })
    }

    /// The video of a clip that is listed by its YouTube id: a file of its part alone, else of the whole video, which is
    /// then cut. The authors' scripts take the whole video first.
    pub fn video(&self, youtube_id: &str, listed: &mut Listed, preset: Preset) -> ClipSource {
        let protocol = released::protocol(preset);
        let masks = Arc::new(listed.masks.clone());
        let entry = &mut listed.entry;
        let whole = self.video_named(youtube_id);
        let part = match part(youtube_id, entry) {
            Some(part) => self.video_named(&part).ok_or(part),
            None => match self.parts(youtube_id).as_slice() {
                [] => Err(format!("{youtube_id}_START_END")),
                [part] => Ok(self.path.join(part)),
                [one, other, ..] => {
                    let folder = self.path.display();
                    return ClipSource::Missing(format!(
                        "{one} and {other} are both in {folder}; keep one of them"
                    ));
                }
            },
        };
        let whole_first = protocol.whole_video_first && entry.start.is_some();
        let (video, is_part) = match (part, whole) {
            (Err(_), Some(whole)) => (whole, false),
            (Ok(_), Some(whole)) if whole_first => (whole, false),
            (Ok(part), _) => (part, true),
            (Err(part), None) => {
                return ClipSource::Missing(format!(
                    "neither {part}.mp4 nor {youtube_id}.mp4 is in {} (.mkv and .webm would do as well)",
                    self.path.display()
                ));
            }
        };
        if is_part && protocol.masks_count_from_video && !masks.is_empty() {
            return ClipSource::Missing(format!(
                "its masks count the frames of the whole video; put {youtube_id}.mp4 into {}",
                self.path.display()
            ));
        }
        if is_part {
            (entry.start, entry.end) = (None, None);
        }
        entry.video = video;
        ClipSource::Video(masks)
    }

    fn video_named(&self, stem: &str) -> Option<PathBuf> {
        ENDINGS.into_iter().find_map(|ending| self.find(&format!("{stem}.{ending}")))
    }

    /// Names of files of parts of a video.
    fn parts(&self, youtube_id: &str) -> Vec<&str> {
        let prefix = format!("{youtube_id}_");
        let is_part = |name: &&str| {
            let stem = name[prefix.len()..].rsplit_once('.').filter(|(_, end)| ENDINGS.contains(end));
            let bounds = stem.and_then(|(bounds, _)| bounds.split_once('_'));
            bounds.is_some_and(|(start, end)| start.parse::<f64>().is_ok() && end.parse::<f64>().is_ok())
        };
        let names = self.names.range(prefix.clone()..).map(String::as_str);
        names.take_while(|name| name.starts_with(&prefix)).filter(is_part).collect()
    }
}

/// What ActionAtlas calls the file of a part of a video, without its ending: bounds are rounded to tenths.
fn part(youtube_id: &str, entry: &Entry) -> Option<String> {
    Some(format!("{youtube_id}_{:.1}_{:.1}", entry.start?, entry.end?))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn listed(start: Option<f64>, end: Option<f64>) -> Listed {
        let entry = Entry {
            id: "7".into(),
            video: PathBuf::new(),
            start,
            end,
            domain: "chess".into(),
            candidates: vec!["fork".into(), "pin".into()],
            answer: 0,
            groups: Vec::new(),
        };
        Listed { youtube_id: Some("a_b".into()), ..Listed::new(entry) }
    }

    fn folder(names: &[&str]) -> Folder {
        Folder { path: "clips".into(), names: names.iter().map(|&name| name.to_owned()).collect() }
    }

    /// What is found, and whether it is cut.
    fn found(names: &[&str], bounds: Option<(f64, f64)>, preset: Preset) -> Result<(String, bool), String> {
        let mut listed = listed(bounds.map(|b| b.0), bounds.map(|b| b.1));
        match folder(names).video("a_b", &mut listed, preset) {
            ClipSource::Missing(reason) => Err(reason),
            _ => Ok((listed.entry.video.display().to_string(), listed.entry.start.is_some())),
        }
    }

    #[test]
    fn bounds_are_rounded_and_printed_as_in_python() {
        for (bounds, name) in [
            ((1.0, 12.34), "a_b_1.0_12.3"),
            ((0.25, 0.75), "a_b_0.2_0.8"),
            ((0.35, 2.25), "a_b_0.3_2.2"),
            ((0.05, 99.96), "a_b_0.1_100.0"),
            ((0.0, 123456.0), "a_b_0.0_123456.0"),
        ] {
            assert_eq!(part("a_b", &listed(Some(bounds.0), Some(bounds.1)).entry).unwrap(), name);
        }
    }

    #[test]
    fn a_part_is_used_whole_and_a_whole_video_is_cut() {
        let bounds = Some((1.0, 2.5));
        let both = ["a_b.webm", "a_b.mp4", "a_b_1.0_2.5.mkv", "a_b_1.0_2.6.mp4"];
        assert_eq!(found(&both, bounds, Preset::Paper), Ok(("clips/a_b_1.0_2.5.mkv".into(), false)));
        assert_eq!(found(&both, bounds, Preset::Released), Ok(("clips/a_b.mp4".into(), true)));
        assert_eq!(found(&both[..1], bounds, Preset::Paper), Ok(("clips/a_b.webm".into(), true)));
        assert!(!found(&both[2..3], bounds, Preset::Released).unwrap().1);
        let reason = found(&["a_b_1.0_2.6.mp4"], bounds, Preset::Paper).unwrap_err();
        assert!(reason.contains("neither a_b_1.0_2.5.mp4 nor a_b.mp4 is in clips"), "{reason}");
    }

    #[test]
    fn without_bounds_the_only_part_is_taken() {
        let names = ["a_b.mp4", "a_b_1.0_2.5.mp4", "a_b_c_1.0_2.0.mp4", "a_b_1.0_2.5.txt"];
        assert_eq!(found(&names, None, Preset::Paper).unwrap().0, "clips/a_b_1.0_2.5.mp4");
        assert_eq!(found(&names[..1], None, Preset::Paper).unwrap().0, "clips/a_b.mp4");
        let two = ["a_b_1.0_2.5.mp4", "a_b_3.0_4.5.webm"];
        assert!(found(&two, None, Preset::Paper).unwrap_err().contains("are both in clips"));
        assert!(found(&names[2..], None, Preset::Paper).unwrap_err().contains("neither a_b_START_END.mp4"));
    }

    #[test]
    fn embeddings_are_named_after_the_clip_its_part_or_its_video() {
        let names = ["7.npy", "a_b_1.0_2.5.npy", "a_b.npy"];
        for (first, name) in names.into_iter().enumerate() {
            let found = folder(&names[first..]).embeddings(&listed(Some(1.0), Some(2.5)), false);
            assert_eq!(found, ClipSource::Embeddings(Path::new("clips").join(name)));
        }
        let ClipSource::Missing(reason) = folder(&[]).embeddings(&listed(None, None), false) else {
            panic!()
        };
        assert_eq!(reason, "7.npy or a_b.npy is not in clips");
    }

    #[test]
    fn embeddings_of_a_video_with_several_clips_belong_to_none() {
        let clip = listed(Some(1.0), Some(2.5));
        let ClipSource::Missing(reason) = folder(&["a_b.npy"]).embeddings(&clip, true) else { panic!() };
        assert!(
            reason.contains("a_b.npy could be of several clips")
                && reason.ends_with("put 7.npy or a_b_1.0_2.5.npy into clips"),
            "{reason}"
        );
        for name in ["7.npy", "a_b_1.0_2.5.npy"] {
            let found = folder(&["a_b.npy", name]).embeddings(&clip, true);
            assert_eq!(found, ClipSource::Embeddings(Path::new("clips").join(name)));
        }
    }
}
