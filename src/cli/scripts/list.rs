//! `actalign-tui scripts list`.

use std::path::Path;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::{Value, json};

use crate::output;
use crate::plot::table::{Style, Table};
use crate::script::{ScriptFile, Strategy, library};
use crate::visible;

/// List the bundled script files
#[derive(Debug, Args)]
#[command(after_help = "\
Use a name wherever a script file is expected:
  actalign-tui clip.mp4 --scripts lib:figure-skating --model DIR
  actalign-tui classify clip.mp4 --scripts lib:cooking-short --model DIR")]
pub struct ListArgs {
    /// Print one JSON document, with the names of all classes
    #[arg(long)]
    json: bool,
}

pub fn run(args: &ListArgs) -> Result<()> {
    let mut files = Vec::new();
    for name in library::names() {
        let file = ScriptFile::load(Path::new(&name))?;
        files.push((name, file));
    }
    let text = if args.json { visible::json(&document(&files))? } else { table(&files) };
    Ok(output::print(text)?)
}

fn document(files: &[(String, ScriptFile)]) -> Value {
    let files: Vec<_> = files
        .iter()
        .map(|(name, file)| {
            json!({
                "name": name,
                "domain": file.domain,
                "strategy": Strategy::of(file),
                "classes": file.classes.iter().map(|class| &class.name).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!(files)
}

fn table(files: &[(String, ScriptFile)]) -> String {
    let line = |(name, file): &(String, ScriptFile)| {
        let classes: Vec<&str> = file.classes.iter().map(|class| &class.name[..]).collect();
        vec![
            name.clone(),
            file.domain.clone().unwrap_or_default(),
            Strategy::of(file).to_string(),
            format!("{}: {}", classes.len(), classes.join(", ")),
        ]
    };
    let header = ["name", "domain", "strategy", "classes"];
    Table::with_words(header.len(), &header, files.iter().map(line).collect()).draw(Style::Plain)
}
