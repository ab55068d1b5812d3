//! Printing clap's help and usage errors.

use std::env;
use std::process::exit;

use clap::error::ErrorKind;

use crate::output;
use crate::visible::{is_obeyed, visible};

/// Prints help or a usage error, then a tip, and exits: with 0 for help, 2 for wrong usage, 1 if help cannot be written.
pub fn end(error: &clap::Error, tip: Option<&str>) -> ! {
    // clap repeats arguments and environment variables between its own colours. If they hold control characters, all are
    // escaped, and the colours with them.
    let printed = match (is_any_argument_obeyed(), error.use_stderr()) {
        (false, true) => error.print().or(Ok(())),
        (false, false) => error.print().map_err(output::stdout_error).and_then(|()| output::print("")),
        (true, true) => {
            output::say(visible(&error.render().to_string()).trim_end());
            Ok(())
        }
        (true, false) => output::print(error.render().to_string()),
    };
    if let Err(error) = printed
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        output::say(format_args!("actalign-tui: {error}"));
        exit(1);
    }
    if let Some(tip) = tip {
        output::say(tip);
    }
    exit(error.exit_code())
}

/// Exits with a usage error.
pub fn misused(kind: ErrorKind, message: &str) -> ! {
    end(&clap::Error::raw(kind, format!("{message}\n")), None)
}

/// Whether the arguments, or the variables in place of some, hold control characters.
fn is_any_argument_obeyed() -> bool {
    let variables = env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ACTALIGN"));
    let mut texts = env::args_os().chain(variables.map(|(_, value)| value));
    texts.any(|text| text.to_string_lossy().contains(is_obeyed))
}
