//! Terminals that close, suspend and paste.

use std::fs;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;
use vt100::MouseProtocolMode;

use crate::support::{MODEL, PROGRAM, clip};

/// Far more than any wait here takes; a hanging test fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// Ctrl-Z, as a terminal in raw mode sends it.
const CONTROL_Z: &str = "\x1a";

/// A folder with a clip, its scripts and the program's own files.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    clip::reordered(25).write(&folder.path().join("clip.mp4"), clip::paint_number);
    let scripts =
        r#"{"domain": "chess", "classes": [{"name": "castling", "steps": ["king moves", "rook jumps"]}]}"#;
    fs::write(folder.path().join("scripts.json"), scripts).unwrap();
    folder
}

/// A program in a terminal of 80 by 24, read when the test reads.
struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    reader: Box<dyn Read + Send>,
    writer: Box<dyn Write + Send>,
    screen: vt100::Parser,
}

impl Session {
    /// Runs a shell command. `"$@"` in it is the explorer on the clip of the folder.
    fn shell(script: &str, folder: &Path) -> Self {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", script, "sh", PROGRAM, "clip.mp4", "--scripts", "scripts.json"]);
        command.args(["--model", MODEL, "--device", "cpu", "--image-protocol", "halfblocks"]);
        Self::start(command, folder)
    }

    /// The explorer alone, as the leader of the terminal's session.
    fn explorer(folder: &Path) -> Self {
        Self::shell("exec \"$@\"", folder)
    }

    fn start(mut command: CommandBuilder, folder: &Path) -> Self {
        command.cwd(folder);
        command.env("TERM", "xterm-256color");
        command.env("PS1", "$ ");
        for variable in ["NO_COLOR", "COLORTERM", "TERM_PROGRAM", "ENV"] {
            command.env_remove(variable);
        }
        for variable in ["ACTALIGN_DATA_DIR", "ACTALIGN_CONFIG_DIR", "ACTALIGN_CACHE_DIR"] {
            command.env(variable, folder.join("own"));
        }
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let (reader, writer) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        let screen = vt100::Parser::new(NonZero::new(24).unwrap(), NonZero::new(80).unwrap(), 0);
        Self { child, master: pair.master, reader, writer, screen }
    }

    /// Reads the next output; false when the terminal is closed.
    ///
    /// # Panics
    /// If nothing comes for a minute.
    fn read(&mut self) -> bool {
        let mut master =
            libc::pollfd { fd: self.master.as_raw_fd().unwrap(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry is given, and lives until the call returns.
        let found = unsafe { libc::poll(&mut master, 1, 60_000) };
        assert!(found != 0, "nothing more is printed:\n{}", self.screen.screen().contents());
        let mut chunk = [0; 4096];
        match self.reader.read(&mut chunk) {
            Ok(count @ 1..) => {
                self.screen.process(&chunk[..count]);
                true
            }
            _ => false,
        }
    }

    fn wait(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        while !holds(self.screen.screen()) {
            assert!(self.read(), "ended before {what}: {}", self.screen.screen().contents());
        }
    }

    fn wait_for(&mut self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits until the header counts all frames of the clip as embedded.
    fn wait_until_embedded(&mut self) {
        self.wait("the clip is embedded", is_embedded);
    }

    fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Writes keys from another thread, which returns the writer: more than the terminal takes before the explorer reads.
    fn press_beside(&mut self, keys: String) -> thread::JoinHandle<Box<dyn Write + Send>> {
        let mut writer = std::mem::replace(&mut self.writer, Box::new(std::io::sink()));
        thread::spawn(move || {
            writer.write_all(keys.as_bytes()).unwrap();
            writer
        })
    }

    /// Whether the terminal is as a shell needs it: main screen, cursor, no mouse, no paste brackets, cooked.
    fn assert_whole(&self, when: &str) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "{when}: alternate screen");
        assert!(!screen.hide_cursor(), "{when}: hidden cursor");
        assert!(!screen.bracketed_paste(), "{when}: bracketed paste");
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None, "{when}");
    }

    /// Waits until the explorer has all of the terminal, and has drawn the clip.
    fn wait_until_taken(&mut self) {
        self.wait("the explorer has the terminal", |screen| {
            let is_taken = screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste();
            is_taken
                && screen.mouse_protocol_mode() != MouseProtocolMode::None
                && is_embedded(screen)
                && screen.contents().contains("castling")
        });
    }

    /// Opens the prompt for the first step, which is selected once the clip is aligned.
    fn edit_step(&mut self) {
        self.wait_for("›king moves");
        self.press("e");
        self.wait_for("Step 1");
    }

    /// Waits for the end of the process, in a terminal that stays open.
    fn end(&mut self) -> ExitStatus {
        while self.read() {}
        self.child.wait().unwrap()
    }

    /// Closes the terminal, as a window or a connection that goes away; how the program ends then.
    fn close(self) -> ExitStatus {
        let Self { mut child, master, reader, writer, .. } = self;
        drop((reader, writer, master));
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            if start.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("it goes on without a terminal");
            }
            thread::yield_now();
        }
    }
}

fn is_embedded(screen: &vt100::Screen) -> bool {
    screen.contents().lines().next().is_some_and(|header| header.trim_end().ends_with("10 frames"))
}

fn kill(signal: &str, process: &str) {
    let status = Command::new("kill").args(["-s", signal, process.trim()]).status().unwrap();
    assert!(status.success(), "{signal}");
}

fn drafts(folder: &Path) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(folder.join("own/drafts")) else { return Vec::new() };
    let drafts = files.map(|file| file.unwrap().path());
    drafts.filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
}

#[test]
fn a_closed_terminal_ends_the_explorer_and_keeps_unsaved_edits() {
    let folder = folder();
    let mut session = Session::explorer(folder.path());
    session.edit_step();
    session.press("\x15the king sits\r");
    session.wait_for("the king sits");
    let status = session.close();
    assert_eq!(status.signal(), Some("Hangup"), "{status:?}");
    let kept: String = drafts(folder.path()).iter().map(|draft| fs::read_to_string(draft).unwrap()).collect();
    assert!(kept.contains("the king sits"), "{kept}");
}

/// As with `nohup` and `setsid`: no signal arrives when the terminal closes.
#[test]
fn a_closed_terminal_ends_an_explorer_that_ignores_its_signal() {
    let folder = folder();
    let mut session = Session::shell("trap '' HUP; exec \"$@\"", folder.path());
    session.wait_until_embedded();
    let status = session.close();
    assert_ne!(status.signal(), Some("Aborted"), "{status:?}");
}

#[test]
fn every_fatal_signal_restores_the_terminal_and_is_the_status() {
    let folder = folder();
    let signals = [
        ("TERM", "Terminated"),
        ("INT", "Interrupt"),
        ("QUIT", "Quit"),
        ("HUP", "Hangup"),
        ("USR1", "User defined signal 1"),
        ("ALRM", "Alarm clock"),
        ("XCPU", "CPU time limit exceeded"),
        ("SEGV", "Segmentation fault"),
        ("BUS", "Bus error"),
        ("ABRT", "Aborted"),
    ];
    for (signal, name) in signals {
        let mut session = Session::shell("ulimit -c 0; exec \"$@\"", folder.path());
        session.wait_until_taken();
        kill(signal, &session.child.process_id().unwrap().to_string());
        let status = session.end();
        assert!(status.signal().is_some_and(|found| found.starts_with(name)), "{signal}: {status:?}");
        session.assert_whole(signal);
    }
}

/// An interactive shell, in which the explorer is a job.
fn job(folder: &Path) -> Session {
    let mut command = CommandBuilder::new("sh");
    command.arg("-i");
    let mut session = Session::start(command, folder);
    session.wait_for("$ ");
    session.press(&format!(
        "sh -c 'echo $$ >id; exec \"$0\" \"$@\"' {PROGRAM} clip.mp4 --scripts scripts.json --model {MODEL} \
         --device cpu --image-protocol halfblocks\r"
    ));
    session.wait_until_taken();
    session
}

/// Waits until the shell has reported `times` times that its job is stopped.
fn wait_for_stop(session: &mut Session, times: usize) {
    session.wait("the shell is back", |screen| {
        !screen.alternate_screen() && screen.contents().matches("Stopped").count() == times
    });
}

/// Resumes the explorer, and checks its screen and keys.
fn resume(session: &mut Session) {
    session.press("fg\n");
    // After a stop that left the explorer's screen, the shell has written on it.
    session.wait("the explorer has drawn over the shell's lines", |screen| {
        screen.alternate_screen() && !screen.contents().contains("it is 42")
    });
    session.wait_until_taken();
    // The keys are the explorer's again.
    session.press("?");
    session.wait_for("select the next candidate");
    session.press("?");
    session.wait("the help is closed", |screen| !screen.contents().contains("select the next candidate"));
}

fn leave(session: &mut Session) {
    session.press("q");
    session.wait("the shell is back", |screen| {
        !screen.alternate_screen() && screen.contents().trim_end().ends_with('$')
    });
    session.press("exit\n");
    assert!(session.end().success());
}

#[test]
fn control_z_goes_back_to_the_shell_and_fg_redraws_everything() {
    let folder = folder();
    let mut session = job(folder.path());
    session.press(CONTROL_Z);
    wait_for_stop(&mut session, 1);
    session.press("echo it is $((40 + 2))\n");
    session.wait_for("it is 42");
    session.assert_whole("suspended");
    let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
    session.master.resize(size).unwrap();
    session.screen.screen_mut().set_size(NonZero::new(30).unwrap(), NonZero::new(100).unwrap());
    resume(&mut session);
    // Within a prompt, too.
    session.edit_step();
    session.press(CONTROL_Z);
    wait_for_stop(&mut session, 2);
    session.press("fg\n");
    session.wait_for("Step 1");
    // A key that is seen comes after everything that returning draws.
    session.press("!");
    session.wait_for("king moves!");
    session.press("\x1b");
    session.wait("the prompt is closed", |screen| !screen.contents().contains("Step 1"));
    leave(&mut session);
}

#[test]
fn fg_resumes_a_stop_from_outside() {
    let folder = folder();
    for signal in ["TSTP", "STOP"] {
        let mut session = job(folder.path());
        kill(signal, &fs::read_to_string(folder.path().join("id")).unwrap());
        // The shell prints again, on the screen and in the mode that it was left in.
        session.wait_for("Stopped");
        session.press("echo it is $((40 + 2))\n");
        session.wait_for("it is 42");
        if signal == "TSTP" {
            session.assert_whole(signal);
        }
        resume(&mut session);
        leave(&mut session);
        session.assert_whole(signal);
    }
}

#[test]
fn control_z_without_a_shell_changes_nothing() {
    let folder = folder();
    let mut session = Session::explorer(folder.path());
    session.wait_until_embedded();
    session.press(CONTROL_Z);
    session.press("?");
    session.wait_for("select the next candidate");
    session.press("?q");
    assert!(session.end().success());
    session.assert_whole("quit");
}

/// A paste in brackets, as terminals deliver it.
fn bracketed(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

#[test]
fn a_long_paste_is_cut_at_the_bound_and_reported() {
    let folder = folder();
    let mut session = Session::explorer(folder.path());
    session.edit_step();
    session.press("\x15");
    let writing = session.press_beside(bracketed(&"king ".repeat(200_000)));
    session.wait_for("The last 990000 characters of the paste were cut off");
    session.writer = writing.join().unwrap();
    session.press("\x15a king\r");
    session.wait("the step is changed", |screen| !screen.contents().contains("Step 1"));
    session.wait_for("a king");
    session.press("q");
    session.wait_for("not saved");
    session.press("d");
    assert!(session.end().success());
}

/// As terminals without bracketed paste deliver it.
#[test]
fn a_flood_of_keys_is_a_paste_and_does_not_stall() {
    let folder = folder();
    let mut session = Session::explorer(folder.path());
    session.edit_step();
    session.press("\x15");
    let writing = session.press_beside("king ".repeat(20_000));
    session.wait("it is full", |screen| {
        let shown = screen.contents();
        shown.contains("were cut off") || shown.contains("No more than 10000")
    });
    // Ends only when everything is read, which takes no reading here.
    session.writer = writing.join().unwrap();
    // Twice: one that ends a full buffer waits for what may follow.
    session.press("\x1b\x1b");
    session.wait("the prompt is closed", |screen| !screen.contents().contains("Step 1"));
    session.press("q");
    assert!(session.end().success());
}

#[test]
fn a_paste_presses_no_keys() {
    let folder = folder();
    let mut session = Session::explorer(folder.path());
    session.wait_until_embedded();
    session.press(&bracketed("q\rdD"));
    session.wait_for("There is no text field here");
    assert!(session.screen.screen().contents().contains("castling"));
    session.press("\x1b");
    session.wait("the message is gone", |screen| !screen.contents().contains("no text field"));
    session.wait_for("step 1 · affinity");
    session.edit_step();
    session.press("\x15");
    session.press(&bracketed("the king\x1b]0;title\x07\r\n   castles\r\n"));
    session.wait_for("2 pasted lines were joined into one");
    session.wait_for("the king]0;title castles");
    session.press("\x1b");
    session.wait("the prompt is closed", |screen| !screen.contents().contains("Step 1"));
    session.press("q");
    assert!(session.end().success());
}
