//! `actalign-tui completions`: what shells complete.

use clap::Args;
use clap_complete::Shell;
use color_eyre::eyre::Result;

use crate::output;

/// Print a script that completes this program's arguments in a shell
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, mut program: clap::Command) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "actalign-tui", &mut script);
    Ok(output::print_bytes(&script)?)
}
