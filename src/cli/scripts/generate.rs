//! `actalign-tui scripts generate`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use color_eyre::eyre::{Report, Result, WrapErr, bail, ensure};

use crate::cli::llm_args::{ServerArgs, prompts_folder, report_wait, temperature};
use crate::cli::progress::Counter;
use crate::eval::read_manifest;
use crate::files::input_file::MOST_TEXT;
use crate::files::text_file;
use crate::llm::{
    AT_ONCE, ClassSet, Event, Generator, LeftOut, LlmError, Prompt, ScriptTarget, script_prompt,
};
use crate::output;
use crate::script::Strategy;

/// Have a language model write scripts from the names of classes
///
/// Works with any OpenAI-compatible server: OpenAI, Ollama, vLLM, llama.cpp. Classes that have to be distinguished are asked
/// for together. Scripts that break the rules are asked for again. The file is written after every answer; the same command
/// resumes where it was ended.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
pub struct GenerateArgs {
    /// Domain of the classes, such as tennis
    #[arg(long, value_name = "TEXT", required_unless_present = "manifest", conflicts_with = "manifest")]
    domain: Option<String>,
    /// Names of the classes
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', group = "what")]
    classes: Vec<String>,
    /// File with the names of the classes, one per line
    #[arg(long, value_name = "FILE", group = "what")]
    classes_file: Option<PathBuf>,
    /// Manifest of clips, as for eval: the candidates of a clip are asked for together, every class once
    #[arg(long, value_name = "FILE", group = "what")]
    manifest: Option<PathBuf>,
    /// How the scripts are asked for
    #[arg(long, value_enum, default_value_t)]
    strategy: Strategy,
    /// The server, such as http://localhost:11434 or https://api.openai.com/v1
    #[arg(long, value_name = "URL", required_unless_present = "dry_run")]
    endpoint: Option<String>,
    /// The model, as the server calls it
    #[arg(long, value_name = "NAME", required_unless_present = "dry_run")]
    llm: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    /// Temperature of the model [default: the server's own]
    #[arg(long, value_name = "T", value_parser = temperature)]
    temperature: Option<f64>,
    /// The script file. Its scripts from the same prompt are kept
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Prompt with {domain} and {classes}, instead of the strategy's [default: prompts/STRATEGY.md in the configuration
    /// folder, if it exists, else the bundled one]
    #[arg(long, value_name = "FILE")]
    prompt_file: Option<PathBuf>,
    /// Print the questions and send nothing
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: &GenerateArgs) -> Result<()> {
    let prompt = script_prompt(args.strategy, args.prompt_file.as_deref(), prompts_folder().as_deref())?;
    let sets = sets(args)?;
    let mut target = ScriptTarget::open(args.out.as_deref(), &sets, args.strategy, &prompt)?;
    let (sets, known) = target.missing(sets);
    if args.dry_run {
        return print_questions(&sets, &prompt);
    }
    let (Some(endpoint), Some(llm)) = (&args.endpoint, &args.llm) else {
        bail!("no server or no model");
    };
    let client = args.server.client(endpoint, llm)?.with_temperature(args.temperature);
    target.check_writable()?;
    let mut generator = Generator::new(client, args.strategy, prompt);
    let asked: usize = sets.iter().map(|set| set.names.len()).sum();
    let mut counter = Counter::new(known + asked, known, "classes");
    if known > 0 {
        counter.say(&format!("{known} of {} classes are in {} and are kept", known + asked, target.name()));
    }
    let mut left_out = Vec::new();
    for set in &sets {
        let mut fault: Option<Report> = None;
        let mut watch = |event: Event| {
            if let Event::Written(classes) = event {
                classes.iter().for_each(|_| counter.count());
                match target.add(classes) {
                    Ok(kept) => kept.iter().for_each(|name| {
                        counter.say(&format!(
                            "{name}: kept the script that another program has written meanwhile"
                        ));
                    }),
                    Err(error) => {
                        fault = Some(error.into());
                        return ControlFlow::Break(());
                    }
                }
            }
            report(&event, &set.domain, &counter);
            report_wait(&event, &counter)
        };
        let generated = generator.generate(&set.domain, &set.names, &mut watch);
        match (generated, fault) {
            (_, Some(fault)) => return Err(fault),
            (Ok(generated), None) => left_out.extend(generated.left_out),
            (Err(error), None) => return Err(interrupted(error, &target, counter.done())),
        }
    }
    drop(counter);
    conclude(&left_out, known + asked, &target)
}

/// An error, after what is already in the file.
fn interrupted(error: LlmError, target: &ScriptTarget, done: usize) -> Report {
    let report = Report::new(error);
    match done {
        0 => report,
        _ => report.wrap_err(format!("{done} scripts are in {}; the same command resumes", target.name())),
    }
}

fn conclude(left_out: &[LeftOut], all: usize, target: &ScriptTarget) -> Result<()> {
    if left_out.is_empty() {
        output::say(format_args!("{all} scripts are in {}", target.name()));
        return Ok(());
    }
    let lines: String =
        left_out.iter().map(|class| format!("\n  {}: {}", class.name, class.reason)).collect();
    let left = left_out.len();
    let rest = match all - left {
        0 => "nothing was written".to_owned(),
        written => format!("the other {written} are in {}", target.name()),
    };
    bail!(
        "{left} of {all} classes have no script: the model broke the rules in three answers; {rest}{lines}\nhelp: run the \
         same command again, use another model, or write them yourself"
    )
}

fn report(event: &Event, domain: &str, counter: &Counter) {
    match event {
        Event::Asking { names } => counter.say(&format!("{domain}: {}", names.join(", "))),
        Event::AskingAgain { faults } => {
            for LeftOut { name, reason } in *faults {
                counter.say(&format!("asking again: {name}: {reason}"));
            }
        }
        Event::Written(_) | Event::Waiting { .. } => {}
    }
}

fn print_questions(sets: &[ClassSet], prompt: &Prompt) -> Result<()> {
    let chunks = sets.iter().flat_map(|set| set.names.chunks(AT_ONCE).map(|names| (&set.domain, names)));
    let questions: Vec<String> =
        chunks.map(|(domain, names)| Generator::question(prompt, domain, names)).collect();
    if questions.is_empty() {
        output::say("no questions: every class has a script");
    }
    Ok(output::print(questions.join("\n----\n\n"))?)
}

/// The classes to ask for, in sets.
fn sets(args: &GenerateArgs) -> Result<Vec<ClassSet>> {
    if let Some(path) = &args.manifest {
        let manifest = read_manifest(path, Path::new(""))?;
        let entries = manifest.clips.into_iter().map(|listed| listed.entry);
        return Ok(entries.map(|entry| ClassSet { domain: entry.domain, names: entry.candidates }).collect());
    }
    let names: Vec<String> = match &args.classes_file {
        Some(path) => {
            let text = text_file::read(path, MOST_TEXT)
                .wrap_err_with(|| format!("cannot read {}", path.display()))?;
            text_file::lines(&text).map(str::to_owned).collect()
        }
        None => args.classes.clone(),
    };
    let names: Vec<String> =
        names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    ensure!(!names.is_empty(), "no class names");
    let domain = args.domain.as_deref().unwrap_or_default().trim().to_owned();
    ensure!(!domain.is_empty(), "the domain is empty");
    Ok(vec![ClassSet { domain, names }])
}
