//! The rows of people, who watched clips in a quiz and said what they show.
//!
//! Answers are no part of an evaluation's identity: they are read when results are computed, and may grow between two runs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use color_eyre::eyre::{Result, bail, ensure, eyre};
use serde::{Deserialize, Serialize};

use crate::eval::answers::{Quiz, median, two_digests};
use crate::eval::record::{ClipOutcome, ClipRecord, Ranking};
use crate::eval::results::EvalSettings;
use crate::eval::rows::{HumanSettings, Row, Score};
use crate::explore::Settings;
use crate::script::Strategy;

/// A person and the answers that results were computed with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    /// See [`Quiz::seed`].
    pub seed: u64,
    /// By id of the clip; skipped clips are left out.
    pub answers: BTreeMap<String, Choice>,
}

/// What a person said that a clip shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub class: String,
    /// Seconds for which the clip was on the screen.
    pub seconds: f64,
}

impl Person {
    /// Reads the folder of a quiz about the manifest with this digest.
    fn load(folder: &Path, manifest: &str, digest: &str) -> Result<Self> {
        let (quiz, answers) = Quiz::read(folder)?;
        ensure!(
            quiz.digest == digest,
            "the answers in {} are about another manifest\n{}\nhelp: name the folder of a quiz about this manifest",
            folder.display(),
            two_digests(&quiz, manifest, digest)
        );
        let answers = answers.into_iter().filter_map(|(clip, answer)| {
            Some((clip, Choice { class: answer.class?, seconds: answer.seconds }))
        });
        Ok(Self { name: quiz.name, seed: quiz.seed, answers: answers.collect() })
    }

    /// Only its first place is meaningful.
    fn row(&self) -> Row {
        let row = Row::new(&self.row_name(), Score::Human, Strategy::CONTEXT_RICH, Settings::default());
        let human = HumanSettings {
            seed: self.seed,
            answered: self.answers.len(),
            median_seconds: median(self.answers.values().map(|choice| choice.seconds).collect()),
        };
        Row { human: Some(human), ..row }
    }

    pub(super) fn row_name(&self) -> String {
        format!("human:{}", self.name)
    }

    /// The ranking of a clip: the chosen candidate alone, none if the clip was not answered.
    fn ranking(&self, clip: &ClipRecord) -> Result<Ranking> {
        let place = |choice: &Choice| {
            clip.candidates.iter().position(|name| *name == choice.class).ok_or_else(|| {
                let (name, class, id) = (&self.name, &choice.class, &clip.id);
                eyre!(
                    "{name} chose \"{class}\" for the clip {id}, which is no candidate of it\nhelp: restore answers.jsonl"
                )
            })
        };
        let chosen = self.answers.get(&clip.id).map(place).transpose()?;
        Ok(Ranking { name: self.row_name(), ranking: chosen.into_iter().collect(), ..Ranking::default() })
    }
}

/// Reads the folders of quizzes about the manifest with this digest.
///
/// # Errors
/// If a folder cannot be read or is about another manifest, or two are of people of the same name.
pub fn load(folders: &[PathBuf], manifest: &str, digest: &str) -> Result<Vec<Person>> {
    let mut people: Vec<Person> = Vec::new();
    for folder in folders {
        let person = Person::load(folder, manifest, digest)?;
        if people.iter().any(|other| other.name == person.name) {
            bail!(
                "two of the folders named with --human hold answers of {}\nhelp: name each person once, or change the \
                 name in {}",
                person.name,
                folder.join("quiz.json").display()
            );
        }
        people.push(person);
    }
    Ok(people)
}

/// Settings and records of an evaluation with a row for each person after the others.
///
/// # Errors
/// If an answer is no candidate of its clip.
pub fn join<'a>(
    people: &[Person],
    settings: &EvalSettings,
    records: &'a [ClipRecord],
) -> Result<(EvalSettings, Cow<'a, [ClipRecord]>)> {
    let mut settings = settings.clone();
    if people.is_empty() {
        return Ok((settings, Cow::Borrowed(records)));
    }
    settings.rows.extend(people.iter().map(Person::row));
    let mut records = records.to_vec();
    for record in &mut records {
        let rankings: Vec<Ranking> =
            people.iter().map(|person| person.ranking(record)).collect::<Result<_>>()?;
        if let ClipOutcome::Read(scores) = &mut record.outcome {
            scores.rows.extend(rankings);
        }
    }
    Ok((settings, Cow::Owned(records)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::results::Results;
    use crate::eval::{Answer, Answers, Asked, sample};
    use crate::plot::table::Style;

    const ROWS: [&str; 2] = ["mean-pool", "+smoothing"];

    /// Six clips; the true class is the first, castling. Predictions of mean-pool and +smoothing.
    fn records() -> Vec<ClipRecord> {
        sample::clips(
            &ROWS,
            &[([0, 0], "late"), ([1, 0], "late"), ([1, 1], ""), ([0, 2], ""), ([1, 0], ""), ([2, 0], "late")],
        )
    }

    fn person(name: &str, answers: &[(usize, &str, f64)]) -> Person {
        let answers = answers.iter().map(|&(clip, class, seconds)| {
            (format!("clip {clip}"), Choice { class: class.to_owned(), seconds })
        });
        Person { name: name.to_owned(), seed: 0, answers: answers.collect() }
    }

    fn results(people: &[Person]) -> Results {
        let records = records();
        let settings = sample::sum_up(&ROWS, &records).settings;
        let (settings, records) = join(people, &settings, &records).unwrap();
        Results::new(&records, settings)
    }

    /// Four of six answered, clips 0, 2, 3 and 5: right, right, right, wrong.
    fn ana() -> Person {
        let answers = [(0, "castling", 2.0), (2, "castling", 3.0), (3, "castling", 9.0), (5, "pin", 4.0)];
        person("ana", &answers)
    }

    #[test]
    fn a_row_counts_the_answered_clips_alone() {
        let results = results(&[ana()]);
        let row = results.rows.last().unwrap();
        assert_eq!((&row.name[..], row.top1, row.n_read, row.n_attempted), ("human:ana", Some(75.0), 4, 4));
        assert_eq!((row.top2, row.top2_ci, row.top3, row.top3_ci), (None, None, None, None));
        assert_eq!(row.top1_attempted, 75.0);
        // Clips 0 and 5 of the late ones are answered, one of them right.
        assert_eq!((row.groups["late"].top1, row.groups["late"].n), (Some(50.0), 2));
        assert_eq!((row.outside["late"].top1, row.outside["late"].n), (Some(100.0), 2));
        let human = results.settings.rows.last().unwrap().human.as_ref().unwrap();
        assert_eq!((human.answered, human.median_seconds), (4, Some(3.5)));
        // The other rows are as without people.
        let records = records();
        let without = sample::sum_up(&ROWS, &records);
        assert_eq!(results.rows[..3], without.rows[..]);
        assert_eq!(results.unaligned, without.unaligned);
    }

    #[test]
    fn comparisons_are_over_common_clips() {
        // On clips 0, 2, 3, 5: ana ✓ ✓ ✓ ✗, +smoothing ✓ ✗ ✗ ✓, mean-pool ✓ ✗ ✓ ✗; bo answers 2 and 4: ✗ ✓.
        let bo = person("bo", &[(2, "fork", 1.0), (4, "castling", 2.0)]);
        let results = results(&[ana(), bo]);
        let against = &results.comparisons[1];
        assert_eq!((&against.row[..], &against.reference[..]), ("human:ana", "+smoothing"));
        let all = &against.all;
        assert_eq!((all.n, all.only_row, all.only_reference), (4, 2, 1));
        assert_eq!((all.top1, all.difference), (Some(75.0), Some(25.0)));
        // 2 (1 + 3) / 8, at most 1.
        assert_eq!(all.p, 1.0);

        let ana: Vec<_> =
            results.against_people.iter().filter(|pair| pair.reference == "human:ana").collect();
        let figures: Vec<_> = ana
            .iter()
            .map(|c| (&c.row[..], c.all.n, c.all.top1, c.all.only_row, c.all.only_reference, c.all.p))
            .collect();
        assert_eq!(
            figures,
            [
                ("mean-pool", 4, Some(50.0), 0, 1, 1.0),
                ("+smoothing", 4, Some(50.0), 1, 2, 1.0),
                ("human:bo", 1, Some(0.0), 0, 1, 1.0),
            ]
        );
        let pair = results.pairs.last().unwrap();
        assert_eq!((&pair.row_a[..], &pair.row_b[..], pair.n), ("human:ana", "human:bo", 1));
        assert_eq!(results.pairs[0].n, 6);
    }

    #[test]
    fn a_decisive_difference_is_tested_on_the_answered_clips() {
        // Seven clips that the model misses; six are answered, all right: 2 / 2^6.
        let records = sample::clips(&["+smoothing"], &[([1], ""); 7]);
        let settings = sample::sum_up(&["+smoothing"], &records).settings;
        let answers: Vec<_> = (0..6).map(|clip| (clip, "castling", 1.0)).collect();
        let (settings, records) = join(&[person("ana", &answers)], &settings, &records).unwrap();
        let results = Results::new(&records, settings);
        let all = &results.comparisons[0].all;
        assert_eq!((all.n, all.difference, all.p, all.p_holm), (6, Some(100.0), 0.03125, 0.03125));
    }

    #[test]
    fn tables_say_how_many_clips_were_answered() {
        let results = results(&[ana()]);
        for style in [Style::Plain, Style::Markdown] {
            let text = results.tables(style);
            for part in [
                "human:ana: 4 of 6 clips answered, 3.5 s per answer in the median",
                "Top-1 against human:ana on the clips that were answered",
                "4 of 6",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
        let classes = results.classes_csv();
        assert_eq!(
            classes,
            "domain,class,n,mean-pool,+smoothing,human:ana,human:ana n\nchess,castling,6,2,4,3,4\n"
        );
        let confusion = results.confusion_csv();
        let mine: Vec<&str> = confusion.lines().filter(|line| line.starts_with("human:ana")).collect();
        assert_eq!(mine, ["human:ana,chess,castling,castling,3", "human:ana,chess,castling,pin,1"]);
    }

    #[test]
    fn folders_are_read_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let asked = |name| Asked {
            manifest: "old.jsonl".to_owned(),
            digest: "5e",
            name: Some(name),
            default_name: String::new(),
            seed: None,
        };
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let mut answers = Answers::open(&one, &asked("ana")).unwrap();
        for (clip, class) in [("clip 0", Some("castling")), ("clip 1", None)] {
            let (clip, class) = (clip.to_owned(), class.map(str::to_owned));
            answers.add(Answer { clip, class, shown: Vec::new(), seconds: 2.0, replays: 0 }).unwrap();
        }
        assert_eq!(
            load(std::slice::from_ref(&one), "m.jsonl", "5e").unwrap(),
            [person("ana", &[(0, "castling", 2.0)])]
        );
        let error = load(std::slice::from_ref(&one), "m.jsonl", "77").unwrap_err().to_string();
        for part in ["old.jsonl, digest 5e", "m.jsonl, digest 77"] {
            assert!(error.contains(part), "{error}");
        }
        drop(Answers::open(&other, &asked("ana")).unwrap());
        let error = load(&[one, other], "m.jsonl", "5e").unwrap_err().to_string();
        assert!(error.contains("hold answers of ana"), "{error}");
        let error = load(&[folder.path().join("none")], "m.jsonl", "5e").unwrap_err().to_string();
        assert!(error.contains("holds no answers"), "{error}");
        let records = records();
        let settings = sample::sum_up(&ROWS, &records).settings;
        let error = join(&[person("ana", &[(0, "skewer", 1.0)])], &settings, &records).unwrap_err();
        assert!(error.to_string().contains("\"skewer\" for the clip clip 0"), "{error}");
    }
}
