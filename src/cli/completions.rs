//! `actalign-tui completions`: shell completions.

use clap::Args;
use clap_complete::Shell;
use color_eyre::eyre::Result;

use crate::output;

/// Print a shell's completion script for this program
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, mut program: clap::Command) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "actalign-tui", &mut script);
    Ok(output::print_bytes(&script)?)
}
