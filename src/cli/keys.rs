//! `actalign-tui keys`: prints the keymap.

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::{Value, json};

use crate::cli::screen::ConfigArgs;
use crate::output;
use crate::tui::{About, COMMANDS, Chord, Config, Group, Keymap};
use crate::visible;

/// Print the keys of every command, as configured
#[derive(Debug, Args)]
pub struct KeysArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
    /// Print a complete configuration file to start from
    #[arg(long, conflicts_with = "json")]
    toml: bool,
}

pub fn run(args: &KeysArgs) -> Result<()> {
    let config = args.config.load()?;
    let text = if args.toml {
        config.to_toml()
    } else if args.json {
        visible::json(&Value::from_iter(COMMANDS.iter().map(|about| document(&config.keymap, about))))?
    } else {
        table(&config)
    };
    Ok(output::print(&text)?)
}

fn keys(keymap: &Keymap, about: &About) -> Vec<String> {
    keymap.chords(about.command).map(Chord::written).collect()
}

fn document(keymap: &Keymap, about: &About) -> Value {
    json!({
        "command": about.name,
        "group": about.group.name(),
        "keys": keys(keymap, about),
        "help": about.help,
    })
}

/// A table of the commands by group.
fn table(config: &Config) -> String {
    let keys = |about| keys(&config.keymap, about).join(" ");
    let widest = |texts: &dyn Fn(&'static About) -> usize| COMMANDS.iter().map(texts).max().unwrap_or(0);
    let key_width = widest(&|about| keys(about).chars().count());
    let name_width = widest(&|about| about.name.chars().count());
    let mut table = String::new();
    for &group in Group::ALL {
        table += &format!("{}\n", group.name());
        for about in COMMANDS.iter().filter(|about| about.group == group) {
            let keys = keys(about);
            table += &format!("  {keys:<key_width$}  {:<name_width$}  {}\n", about.name, about.help);
        }
        table += "\n";
    }
    table
        + &match Config::file() {
            Some(file) => format!(
                "`actalign-tui keys --toml` begins a configuration; it belongs in {}\n",
                file.display()
            ),
            None => "`actalign-tui keys --toml` begins a configuration; --config names it\n".to_owned(),
        }
}
