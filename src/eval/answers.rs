//! The folder of a quiz: what a person said that clips show.
//!
//! `quiz.json` names the person and the manifest. Each answer becomes a line of `answers.jsonl`, synced before the next clip
//! is shown. Of several lines of a clip the last one counts; an incomplete last line is left out.
//!
//! A lock keeps a second quiz out of the folder. Reading needs no lock.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use color_eyre::eyre::{Report, Result, bail, ensure, eyre};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::eval::run::damaged;
use crate::files::atomic_write::{explain, write_atomically};
use crate::files::input_file::{MOST_TEXT, read_bounded};
use crate::files::lock::{self, Lock};
use crate::files::text_file;

const QUIZ: &str = "quiz.json";
const ANSWERS: &str = "answers.jsonl";
const LOCK: &str = "quiz.lock";

/// Who answers, and about which clips.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiz {
    /// Of the person; the evaluation calls the row after it.
    pub name: String,
    /// Decides in which order the candidates of each clip are shown.
    pub seed: u64,
    /// The manifest as the person named it.
    pub manifest: String,
    /// Its digest, see [`super::Digests::manifest`].
    pub digest: String,
}

/// An answer, or that a clip was skipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Id of the clip.
    pub clip: String,
    /// The chosen class; none if the clip was skipped.
    pub class: Option<String>,
    /// The candidates in the order in which they were shown.
    pub shown: Vec<String>,
    /// Seconds for which the clip was on the screen before the answer, all visits together.
    pub seconds: f64,
    /// How often the clip was played again.
    pub replays: u32,
}

impl Quiz {
    /// The candidates of a clip, shuffled. The order depends on the seed and the clip's id alone.
    pub fn shuffled(&self, clip: &str, candidates: &[String]) -> Vec<String> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes()).update(clip.as_bytes());
        let mut seed = [0; 8];
        hasher.finalize_xof().fill(&mut seed);
        let mut rng = Pcg64::seed_from_u64(u64::from_le_bytes(seed));
        let mut shown = candidates.to_vec();
        for end in (1..shown.len()).rev() {
            shown.swap(end, rng.random_range(0..=end));
        }
        shown
    }

    /// Reads the quiz and its answers by clip from a folder.
    ///
    /// # Errors
    /// If the folder holds none, or a file was damaged.
    pub fn read(folder: &Path) -> Result<(Self, HashMap<String, Answer>)> {
        let quiz = Self::find(folder)?.ok_or_else(|| {
            let folder = folder.display();
            eyre!(
                "{folder} holds no answers: there is no {QUIZ}\nhelp: name the folder that was given to quiz as --out"
            )
        })?;
        Ok((quiz, read(&folder.join(ANSWERS))?.0))
    }

    /// The median of the seconds per answer; none without answers.
    pub fn median_seconds<'a>(answers: impl IntoIterator<Item = &'a Answer>) -> Option<f64> {
        let answered = answers.into_iter().filter(|answer| answer.class.is_some());
        median(answered.map(|answer| answer.seconds).collect())
    }

    fn find(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(QUIZ);
        let text = match text_file::read(&path, MOST_TEXT) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => bail!("cannot read {}: {error}", path.display()),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| damaged(&path, error))
    }

    /// Refuses to mix the answers of two people, seeds or manifests.
    fn check(&self, folder: &Path, asked: &Asked) -> Result<()> {
        let folder = folder.display();
        ensure!(
            self.digest == asked.digest,
            "the answers in {folder} are about another manifest\n{}\nhelp: choose another --out, or restore the manifest",
            two_digests(self, &asked.manifest, asked.digest)
        );
        if let Some(name) = asked.name.filter(|name| *name != self.name) {
            bail!("{folder} holds the answers of {}, not {name}\nhelp: choose another --out", self.name);
        }
        if let Some(seed) = asked.seed.filter(|seed| *seed != self.seed) {
            bail!(
                "the quiz in {folder} began with seed {}, not {seed}\nhelp: choose another --out, or leave --seed out",
                self.seed
            );
        }
        Ok(())
    }
}

/// None without values.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = *values.get(values.len() / 2)?;
    Some(if values.len() % 2 == 1 { middle } else { (values[values.len() / 2 - 1] + middle) / 2.0 })
}

/// The digests of the manifest of a quiz and of another one, in lines.
pub(super) fn two_digests(quiz: &Quiz, manifest: &str, digest: &str) -> String {
    format!(
        "the quiz was about {}, digest {}\nthis is {manifest}, digest {digest}",
        quiz.manifest, quiz.digest
    )
}

/// The quiz that a person asks for. What is not given is taken from an earlier session, or has a default.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub manifest: String,
    pub digest: &'a str,
    pub name: Option<&'a str>,
    /// Used where neither is there a name nor an earlier session.
    pub default_name: String,
    pub seed: Option<u64>,
}

/// The answers of a running quiz.
#[derive(Debug)]
pub struct Answers {
    folder: PathBuf,
    quiz: Quiz,
    file: File,
    given: HashMap<String, Answer>,
    /// Held until this is dropped or the process ends.
    _lock: Option<File>,
}

impl Answers {
    /// Begins a quiz in a folder, or continues the one that is there.
    ///
    /// # Errors
    /// If the folder cannot be written, is in use, or holds another quiz.
    pub fn open(folder: &Path, asked: &Asked) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|error| {
            eyre!("cannot create the folder {}: {error}\nhelp: choose another --out", folder.display())
        })?;
        let lock = match lock::try_lock(&folder.join(LOCK)) {
            Lock::Held(lock) => Some(lock),
            Lock::Busy(_) => bail!(
                "another quiz is running in {}\nhelp: finish it, or choose another --out",
                folder.display()
            ),
            // One person answers: two quizzes in one folder are unlikely.
            Lock::Unsupported(_) => None,
        };
        let quiz = match Quiz::find(folder)? {
            Some(quiz) => {
                quiz.check(folder, asked)?;
                quiz
            }
            None => {
                let quiz = Quiz {
                    name: asked.name.map_or_else(|| asked.default_name.clone(), str::to_owned),
                    seed: asked.seed.unwrap_or_default(),
                    manifest: asked.manifest.clone(),
                    digest: asked.digest.to_owned(),
                };
                let path = folder.join(QUIZ);
                serde_json::to_string_pretty(&quiz)
                    .map_err(io::Error::from)
                    .and_then(|text| write_atomically(&path, (text + "\n").as_bytes()))
                    .map_err(|error| unwritten(&path, &error))?;
                quiz
            }
        };
        let path = folder.join(ANSWERS);
        let (given, sound) = read(&path)?;
        let open = || -> io::Result<File> {
            let file = lock::no_follow().append(true).create(true).open(&path)?;
            // No line is appended to an incomplete one.
            file.set_len(sound as u64)?;
            Ok(file)
        };
        let file = open().map_err(|error| unwritten(&path, &error))?;
        Ok(Self { folder: folder.to_owned(), quiz, file, given, _lock: lock })
    }

    pub fn quiz(&self) -> &Quiz {
        &self.quiz
    }

    /// What was said about a clip, if it was shown before.
    pub fn of(&self, clip: &str) -> Option<&Answer> {
        self.given.get(clip)
    }

    /// Appends an answer and syncs it to disk. It replaces an earlier one about the same clip.
    ///
    /// # Errors
    /// If it cannot be written. Earlier answers stay.
    pub fn add(&mut self, answer: Answer) -> Result<()> {
        let before = self.file.metadata().map(|found| found.len());
        let written = serde_json::to_string(&answer)
            .map_err(io::Error::from)
            .and_then(|line| self.file.write_all(format!("{line}\n").as_bytes()))
            .and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            let _ = before.and_then(|length| self.file.set_len(length));
            return Err(unwritten(&self.folder.join(ANSWERS), &explain(source, &self.folder)));
        }
        self.given.insert(answer.clip.clone(), answer);
        Ok(())
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Report {
    eyre!(
        "cannot write {}: {error}\nhelp: solve that and run the same command again; earlier answers are kept",
        path.display()
    )
}

/// The answers of a file by clip, none if it does not exist, and the length in bytes of its sound lines. An incomplete last
/// line is left out, also one that a crash of the machine filled with other bytes.
fn read(path: &Path) -> Result<(HashMap<String, Answer>, usize)> {
    let text = match read_bounded(path, MOST_TEXT) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Default::default()),
        Err(error) => bail!("cannot read {}: {error}", path.display()),
    };
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let (mut given, mut sound) = (HashMap::new(), 0);
    for (number, line) in text[..whole].split_inclusive(|&byte| byte == b'\n').enumerate() {
        match serde_json::from_slice::<Answer>(line) {
            _ if line.trim_ascii().is_empty() => {}
            Ok(answer) => drop(given.insert(answer.clip.clone(), answer)),
            Err(_) if sound + line.len() == whole => break,
            Err(error) => return Err(damaged(path, format!("line {}: {error}", number + 1))),
        }
        sound += line.len();
    }
    Ok((given, sound))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(digest: &str) -> Asked<'_> {
        Asked {
            manifest: "m.jsonl".to_owned(),
            digest,
            name: None,
            default_name: "ana".to_owned(),
            seed: Some(7),
        }
    }

    fn answer(clip: &str, class: Option<&str>) -> Answer {
        Answer {
            clip: clip.to_owned(),
            class: class.map(str::to_owned),
            shown: vec!["fork".to_owned(), "pin".to_owned()],
            seconds: 1.5,
            replays: 1,
        }
    }

    fn classes(answers: &Answers) -> [Option<Option<&str>>; 2] {
        ["a", "b"].map(|clip| answers.of(clip).map(|answer| answer.class.as_deref()))
    }

    #[test]
    fn answers_are_kept_and_the_last_one_of_a_clip_counts() {
        let folder = tempfile::tempdir().unwrap();
        let mut answers = Answers::open(folder.path(), &asked("5e")).unwrap();
        answers.add(answer("a", None)).unwrap();
        answers.add(answer("b", Some("fork"))).unwrap();
        answers.add(answer("b", Some("pin"))).unwrap();
        drop(answers);
        let answers = Answers::open(folder.path(), &Asked { seed: None, ..asked("5e") }).unwrap();
        assert_eq!(classes(&answers), [Some(None), Some(Some("pin"))]);
        assert_eq!((&answers.quiz().name[..], answers.quiz().seed), ("ana", 7));
        let (quiz, read) = Quiz::read(folder.path()).unwrap();
        assert_eq!((&quiz, read["b"].class.as_deref()), (answers.quiz(), Some("pin")));
    }

    #[test]
    fn a_torn_last_answer_is_left_out_and_nothing_is_appended_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(ANSWERS);
        for torn in ["{\"clip\": \"b\", \"cla", "\0\0\0\0\n"] {
            let mut answers = Answers::open(folder.path(), &asked("5e")).unwrap();
            answers.add(answer("a", Some("fork"))).unwrap();
            drop(answers);
            let whole = fs::read(&path).unwrap();
            fs::write(&path, [&whole, torn.as_bytes()].concat()).unwrap();
            let mut answers = Answers::open(folder.path(), &asked("5e")).unwrap();
            assert_eq!(classes(&answers), [Some(Some("fork")), None]);
            answers.add(answer("b", Some("pin"))).unwrap();
            assert!(fs::read(&path).unwrap().starts_with(&whole));
            assert_eq!(Quiz::read(folder.path()).unwrap().1.len(), 2);
            fs::remove_file(&path).unwrap();
        }
        fs::write(&path, "nonsense\n{}\n").unwrap();
        let error = Answers::open(folder.path(), &asked("5e")).unwrap_err().to_string();
        assert!(error.contains("answers.jsonl was damaged or edited: line 1"), "{error}");
    }

    #[test]
    fn another_manifest_person_or_seed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        drop(Answers::open(folder.path(), &asked("5e")).unwrap());
        let refused = |asked: Asked| Answers::open(folder.path(), &asked).unwrap_err().to_string();
        let error = refused(asked("77"));
        assert!(error.contains("digest 5e") && error.contains("digest 77"), "{error}");
        let error = refused(Asked { name: Some("bo"), ..asked("5e") });
        assert!(error.contains("answers of ana, not bo"), "{error}");
        let error = refused(Asked { seed: Some(8), ..asked("5e") });
        assert!(error.contains("seed 7, not 8"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_second_quiz_and_a_full_disk_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let mut answers = Answers::open(folder.path(), &asked("5e")).unwrap();
        let error = Answers::open(folder.path(), &asked("5e")).unwrap_err().to_string();
        assert!(error.contains("another quiz is running"), "{error}");
        answers.file = File::options().append(true).open("/dev/full").unwrap();
        let error = answers.add(answer("a", None)).unwrap_err().to_string();
        assert!(error.contains("answers.jsonl") && error.contains("earlier answers are kept"), "{error}");
    }

    #[test]
    fn the_order_of_the_candidates_depends_on_seed_and_clip_alone() {
        let names: Vec<String> = (0..5).map(|number| number.to_string()).collect();
        let quiz = |seed| Quiz { name: String::new(), seed, manifest: String::new(), digest: String::new() };
        assert_eq!(quiz(1).shuffled("a", &names), quiz(1).shuffled("a", &names));
        assert_ne!(quiz(1).shuffled("a", &names), quiz(1).shuffled("b", &names));
        // Each candidate is first equally often: five standard deviations of a share of 2000 with p = 1/5.
        let bound = 5.0 * (2000.0_f64 * 0.2 * 0.8).sqrt();
        for name in &names {
            let first = (0..2000).filter(|&seed| quiz(seed).shuffled("a", &names)[0] == *name).count();
            assert!((first as f64 - 400.0).abs() < bound, "{name} is first {first} times");
        }
        let mut sorted = quiz(3).shuffled("a", &names);
        sorted.sort();
        assert_eq!(sorted, names);
    }
}
