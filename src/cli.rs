//! The command line: arguments, and one file per command.

mod align;
mod cache;
mod classify;
mod completions;
mod doctor;
mod embed;
mod eval;
mod explore;
mod export;
mod find;
mod inputs;
mod keys;
mod llm_args;
mod man;
mod model;
mod progress;
mod quiz;
mod recordings;
mod screen;
mod scripts;
mod table;
mod usage;
mod version;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use color_eyre::config::{HookBuilder, Theme};
use color_eyre::eyre::Result;

use crate::error_chain::error_chain;
use crate::files::folders::Folder;
use crate::log_file;
use crate::output;

/// See why a clip is this action and not that one.
///
/// The frames of a clip are aligned with an ordered script of steps for each candidate class, in the embedding space of
/// an image-text model; the class whose script aligns best wins. Without a command, the explorer opens the clip.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    explore: explore::ExploreArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Classify(classify::ClassifyArgs),
    Embed(embed::EmbedArgs),
    Align(align::AlignArgs),
    Eval(Box<eval::EvalArgs>),
    Find(find::FindArgs),
    Quiz(quiz::QuizArgs),
    Scripts(scripts::ScriptsArgs),
    Export(export::ExportArgs),
    Doctor(doctor::DoctorArgs),
    Cache(cache::CacheArgs),
    Model(model::ModelCommandArgs),
    Keys(keys::KeysArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Runs the program, which was built from this commit, if that is known. The exit status is 0, or 1 after an error message
/// on standard error.
pub fn main(commit: Option<&'static str>) -> ExitCode {
    version::set_commit(commit);
    if let Ok(data) = Folder::Data.path() {
        log_file::open(&data);
    }
    match install_hooks().and_then(|()| run()) {
        Ok(()) => {
            log_file::command_ends(Ok(()));
            ExitCode::SUCCESS
        }
        Err(report) => {
            let error = error_chain(&report);
            log_file::command_ends(Err(&error));
            output::say(format_args!("actalign-tui: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn install_hooks() -> Result<()> {
    // Without colours: `output` escapes control characters.
    let hooks = HookBuilder::default().display_env_section(false).theme(Theme::new());
    let (panics, errors) = hooks.try_into_hooks()?;
    errors.install()?;
    output::report_panics(move |info| panics.panic_report(info).to_string());
    Ok(())
}

/// Runs the command that the arguments name. Wrong usage exits with status 2.
///
/// # Errors
/// Whatever stops the command.
pub fn run() -> Result<()> {
    #[cfg(unix)]
    crate::files::atomic_write::report_size_limit();
    // Without arguments and a terminal there is only help to show.
    if std::env::args_os().len() == 1 && !(output::stdin_is_terminal() && output::stdout_is_terminal()) {
        return Ok(output::print(format!("{}\n", explore::HOW_TO_OPEN))?);
    }
    if let Some(outcome) = explore::run_source() {
        return outcome;
    }
    // clap takes only what lives as long as the program.
    let cli = Cli::command().long_version(&*version::long().leak()).try_get_matches();
    let cli = cli.and_then(|matches| Cli::from_arg_matches(&matches)).unwrap_or_else(|error| {
        let tip = "tip: `--model demo` names the bundled model; `actalign-tui` alone opens the demo.";
        usage::end(&error, (error.kind() == ErrorKind::MissingRequiredArgument).then_some(tip))
    });
    log_file::command_begins();
    match cli.command {
        None => explore::run(&cli.explore),
        Some(Command::Classify(args)) => classify::run(&args),
        Some(Command::Embed(args)) => embed::run(&args),
        Some(Command::Align(args)) => align::run(&args),
        Some(Command::Eval(args)) => eval::run(&args),
        Some(Command::Find(args)) => find::run(&args),
        Some(Command::Quiz(args)) => quiz::run(&args),
        Some(Command::Scripts(args)) => scripts::run(&args),
        Some(Command::Export(args)) => export::run(&args),
        Some(Command::Doctor(args)) => doctor::run(&args),
        Some(Command::Cache(args)) => cache::run(&args),
        Some(Command::Model(args)) => model::run(&args),
        Some(Command::Keys(args)) => keys::run(&args),
        Some(Command::Completions(args)) => completions::run(&args, Cli::command()),
        Some(Command::Man(args)) => man::run(&args, Cli::command()),
    }
}
