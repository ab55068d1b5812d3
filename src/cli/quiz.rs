//! `actalign-tui quiz`: a person says what the clips of a dataset show.

use std::env;
use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, ensure};

use crate::cli::screen::LookArgs;
use crate::eval::{Answers, Asked, ClipSource, DatasetPaths, Quiz, Videos};
use crate::output;
use crate::tui::{self, QuizClip};

/// Watch the clips of a dataset and say what they show, to compare people with the model
///
/// The clips play in the terminal, without any score, and their candidates are shuffled. Each answer is kept at once: the
/// same command continues where you stopped. `actalign-tui eval MANIFEST --human DIR` then adds the row human:NAME.
#[derive(Debug, Args)]
#[command(after_help = tui::quiz_keys())]
pub struct QuizArgs {
    /// List of clips, as for `eval`
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// Folder for the answers: quiz.json and answers.jsonl
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Folder of the videos, as for `eval` [default: the manifest's]
    #[arg(long, value_name = "DIR")]
    clips: Option<PathBuf>,
    /// Who answers [default: the login name, or the name of the folder]
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
    /// Decides how the candidates of each clip are shuffled [default: 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    look: LookArgs,
}

pub fn run(args: &QuizArgs) -> Result<()> {
    tui::check_terminal("the quiz", "run it where a person can see the clips and press keys")?;
    let config = args.look.load()?;
    let paths = DatasetPaths { clips: args.clips.clone(), ..DatasetPaths::of(&args.manifest) };
    let Videos { clips, digest } = Videos::open(&paths)?;
    let all = clips.len();
    let clips: Vec<QuizClip> = clips
        .into_iter()
        .filter_map(|(entry, source)| {
            let ClipSource::Video(masks) = source else { return None };
            let segment = entry.segment();
            let (id, domain, candidates, video) = (entry.id, entry.domain, entry.candidates, entry.video);
            Some(QuizClip { id, domain, candidates, video, segment, masks })
        })
        .collect();
    ensure!(
        !clips.is_empty(),
        "{}: none of its {all} clips has a video\nhelp: name the folder of the videos with --clips",
        args.manifest.display()
    );
    let asked = Asked {
        manifest: args.manifest.display().to_string(),
        digest: &digest,
        name: args.name.as_deref(),
        default_name: default_name(&args.out),
        seed: args.seed,
    };
    let answers = Answers::open(&args.out, &asked)?;
    let shown = clips.len();
    let progress = tui::run_quiz(clips, answers, &config)?;

    let (quiz, given) = Quiz::read(&args.out)?;
    let mut text = format!("{} answered {} of {shown} clips", quiz.name, progress.answered);
    if progress.skipped > 0 {
        text += &format!(", {} skipped", progress.skipped);
    }
    if let Some(seconds) = Quiz::median_seconds(given.values()) {
        text += &format!("; {seconds:.1} s per answer in the median");
    }
    text.push('\n');
    if shown < all {
        text += &format!("{} clips have no video and were left out\n", all - shown);
    }
    if progress.answered < shown {
        text += "the same command continues\n";
    }
    let folder =
        args.clips.as_ref().map_or_else(String::new, |folder| format!(" --clips {}", folder.display()));
    text += &format!(
        "to compare: actalign-tui eval {}{folder} --model DIR --human {}\n",
        args.manifest.display(),
        args.out.display()
    );
    Ok(output::print(text)?)
}

/// The login name, or the name of the folder.
fn default_name(folder: &Path) -> String {
    let login = ["USER", "LOGNAME"].into_iter().filter_map(|variable| env::var(variable).ok());
    let of_folder = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    login.chain(of_folder).find_map(|text| name(&text).ok()).unwrap_or_else(|| "someone".to_owned())
}

/// A name, which becomes part of the name of a row.
fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    match name.is_empty() || name.chars().any(char::is_control) || name.chars().count() > 60 {
        true => Err("expected a name of at most 60 characters".to_owned()),
        false => Ok(name.to_owned()),
    }
}
