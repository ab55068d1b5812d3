//! The pages of docs/reference.

use clap::{Arg, Command};

use crate::plot::table::{Style, Table};
use crate::tui::{COMMANDS, Chord, Config, Group};

/// Stands at the top of every page that the program writes.
const WRITTEN: &str = "<!-- Written by `actalign-tui man --markdown docs/reference`; a test compares it with the program. -->\n\n";

/// Every command with its arguments, as `--help` has them.
pub fn commands(mut program: Command) -> String {
    program.build();
    let mut page = format!(
        "# Commands and flags\n\n{WRITTEN}`actalign-tui COMMAND --help` prints the same in the terminal. Exit status: 0 done, 1 \
         failed with a message, 2 wrong usage.\n"
    );
    section(&program, "actalign-tui", &mut page);
    page
}

/// The keys of every command of the explorer.
pub fn keys(config: &Config) -> String {
    let mut page = format!(
        "# Keys\n\n{WRITTEN}Of the explorer, without a configuration. `actalign-tui keys` prints those in force, and \
         [configuration.md](../configuration.md#keys) says how to change them. Every command is in the palette (`:`), and \
         `--plain` takes its name or its key.\n"
    );
    for &group in Group::ALL {
        let lines = COMMANDS.iter().filter(|about| about.group == group).map(|about| {
            let keys = config.keymap.chords(about.command).map(Chord::written);
            let keys: Vec<String> = keys.map(|key| format!("`{key}`")).collect();
            vec![keys.join(" "), format!("`{}`", about.name), about.help.to_owned()]
        });
        let table = Table::with_words(3, &["keys", "command", "what it does"], lines.collect());
        page += &format!("\n## {}\n\n{}", group.name(), table.draw(Style::Markdown));
    }
    page
}

/// The whole configuration file.
pub fn config(config: &Config) -> String {
    format!(
        "# Configuration file\n\n{WRITTEN}The defaults, as `actalign-tui keys --toml` prints them. \
         [configuration.md](../configuration.md) explains the settings.\n\n```toml\n{}```\n",
        config.to_toml()
    )
}

fn section(command: &Command, name: &str, page: &mut String) {
    *page += &format!("\n## {name}\n\n");
    if let Some(about) = command.get_long_about().or(command.get_about()) {
        *page += &format!("{}\n\n", text(&about.to_string()));
    }
    let usage = command.clone().render_usage().to_string();
    *page += &format!("```text\n{}\n```\n", usage.trim());
    let is_shown = |arg: &&Arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str());
    let shown = || command.get_arguments().filter(is_shown);
    let (positional, named): (Vec<&Arg>, Vec<&Arg>) = shown().partition(|arg| arg.is_positional());
    for arg in positional.into_iter().chain(named) {
        argument(arg, page);
    }
    if let Some(after) = command.get_after_help() {
        *page += &format!("\n```text\n{}\n```\n", after.to_string().trim_end());
    }
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        section(inner, &format!("{name} {}", inner.get_name()), page);
    }
}

fn argument(arg: &Arg, page: &mut String) {
    let takes_values = arg.get_action().takes_values();
    let values: Vec<String> = match arg.get_value_names() {
        Some(names) if takes_values => names.iter().map(|name| format!("<{name}>")).collect(),
        _ => Vec::new(),
    };
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let name: Vec<String> = short.into_iter().chain(long).collect();
    let written = [name.join(", "), values.join(" ")].join(" ");
    *page += &format!("\n- **`{}`**: ", written.trim());
    let help = arg.get_long_help().or(arg.get_help()).map(|help| text(&help.to_string())).unwrap_or_default();
    *page += &help.replace('\n', "\n  ");
    let aliases = arg.get_visible_aliases().unwrap_or_default();
    if !aliases.is_empty() {
        *page += &format!(". Also `--{}`", aliases.join("`, `--"));
    }
    let values = arg.get_possible_values();
    if takes_values && !values.is_empty() {
        let names: Vec<&str> =
            values.iter().filter(|value| !value.is_hide_set()).map(|value| value.get_name()).collect();
        *page += &format!(". One of `{}`", names.join("`, `"));
    }
    if takes_values && !arg.get_default_values().is_empty() {
        let values: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        *page += &format!(". Default: `{}`", values.join(" "));
    }
    if let Some(variable) = arg.get_env() {
        *page += &format!(". Environment: `{}`", variable.to_string_lossy());
    }
    page.push('\n');
}

/// Text that Markdown shows as it is.
fn text(help: &str) -> String {
    help.trim().replace('<', "\\<").replace('*', "\\*")
}
