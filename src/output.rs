//! Standard output and standard error. Everything is printed through here.
//!
//! Names, paths and messages come from files and servers, so control characters in them are escaped, see [`visible`].
//! Nothing here panics.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::panic;

use crate::log_file;
use crate::visible::visible;

/// Writes text for people on standard output.
///
/// # Errors
/// If it cannot be written, unless the reader has closed the pipe, as `head` does.
pub fn print(text: impl AsRef<str>) -> io::Result<()> {
    print_bytes(visible(text.as_ref()).as_bytes())
}

/// Writes bytes on standard output unchanged: a document, or the program's own escape sequences.
///
/// # Errors
/// As [`print`].
pub fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    match write(bytes) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Writes a line for people on standard output.
///
/// # Errors
/// If it cannot be written, also where the reader has closed the pipe.
pub fn print_line(line: &str) -> io::Result<()> {
    write(format!("{}\n", visible(line)).as_bytes())
}

/// Writes a line for people on standard error. Failures, such as a log on a full disk, are ignored.
pub fn say(text: impl Display) {
    write_error(&format!("{}\n", visible(&text.to_string())));
}

/// Writes a question on standard error, to be answered on the same line.
pub fn ask(question: impl Display) {
    write_error(&format!("{} ", visible(&question.to_string())));
}

/// Logs panics and reports them by [`say`]: the standard hook panics itself where standard error cannot be written, which
/// aborts the process.
pub fn report_panics(report: impl Fn(&panic::PanicHookInfo<'_>) -> String + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |info| {
        log_file::panicked(info);
        say(report(info));
    }));
}

pub fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

#[allow(clippy::disallowed_methods)]
pub fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

#[allow(clippy::disallowed_methods)]
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

#[allow(clippy::disallowed_methods)]
fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(stdout_error)
}

/// An error of standard output, with what to do.
pub fn stdout_error(error: io::Error) -> io::Error {
    let what = format!(
        "cannot write standard output: {error}\nhelp: free space, or send the output to another file or program"
    );
    io::Error::new(error.kind(), what)
}

/// In one call, so that lines of several processes do not mix in a log.
#[allow(clippy::disallowed_methods)]
fn write_error(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::env;
    use std::fs::{self, File};
    use std::path::Path;
    use std::process::Command;
    use std::thread;

    use crate::background::catch_panic;
    use crate::log_file;

    /// Panics and reports it, in the process that the test below starts.
    #[test]
    #[ignore = "for the test below alone"]
    fn panics() {
        log_file::open(Path::new(&env::var("LOG_FOLDER").unwrap()));
        super::report_panics(|_| "reported".to_owned());
        let error = catch_panic("the job", || panic!("of a test")).unwrap_err();
        thread::spawn(|| panic!("of a thread")).join().unwrap_err();
        super::say(error);
    }

    #[test]
    fn a_panic_is_logged_and_caught_also_where_standard_error_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "output::tests::panics", "--ignored", "--nocapture"]);
        command.env("LOG_FOLDER", folder.path()).env_remove(log_file::VARIABLE);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let log = folder.path().join("actalign.log");
        let expected = format!(
            "reported\nreported\nthe job stopped unexpectedly: of a test\nhelp: see {}\n",
            log.display()
        );
        assert!(output.status.success() && said.contains(&expected), "{said}");
        let log = fs::read_to_string(log).unwrap();
        for text in ["of a test", "of a thread", "output::tests::panics"] {
            assert!(log.contains(text), "{text}: {log}");
        }
        let full = File::options().write(true).open("/dev/full").unwrap();
        assert!(command.stderr(full).status().unwrap().success());
    }
}
