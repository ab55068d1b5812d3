//! The explorer in a pseudo-terminal: however it ends, it restores the terminal.

use std::fs;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use actalign_tui::tui::{ColourDepth, ImageProtocol, Terminal};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use crate::support::{MODEL, PROGRAM, clip};

const ENTERED: &str = "\u{1b}[?1049h";
const LEFT: &str = "\u{1b}[?1049l";
const CURSOR_SHOWN: &str = "\u{1b}[?25h";

/// Far more than any wait here takes; a test that would hang fails instead.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the program keeps its own files.
const FOLDERS: [&str; 3] = ["ACTALIGN_DATA_DIR", "ACTALIGN_CONFIG_DIR", "ACTALIGN_CACHE_DIR"];

/// The end of the explorer's query for pictures.
const QUESTION_ENDS: &[u8] = b"\x1b[5n";
/// The answer of a terminal without pictures.
const ANSWER: &str = "\x1b[?62;22c\x1b[6;20;10t\x1b[0n";

/// A program in a terminal of 80 by 24.
pub struct Session {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    /// What the program prints, as it comes. Ends with the program.
    printed: Receiver<Vec<u8>>,
    output: Vec<u8>,
    /// The answer to the query for pictures.
    answer: Option<String>,
    screen: vt100::Parser,
    /// Held so that the terminal stays open.
    _master: Box<dyn MasterPty>,
    /// The program's own files, if the session shares none.
    _own: Option<TempDir>,
}

impl Session {
    fn start(command: CommandBuilder) -> Self {
        Self::start_after(command, "")
    }

    /// Starts a program in a terminal in which something was typed before.
    fn start_after(mut command: CommandBuilder, typed: &str) -> Self {
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        // Of the terminal that the tests run in.
        for variable in ["NO_COLOR", "TERM_PROGRAM", "LC_TERMINAL", "KONSOLE_VERSION", "ZELLIJ", "STY"] {
            command.env_remove(variable);
        }
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut writer = pair.master.take_writer().unwrap();
        writer.write_all(typed.as_bytes()).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        // Without this handle the terminal closes when the program ends, which ends the reading.
        drop(pair.slave);
        let (sender, printed) = channel();
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            writer,
            printed,
            output: Vec::new(),
            answer: Some(ANSWER.to_owned()),
            screen: vt100::Parser::new(NonZero::new(24).unwrap(), NonZero::new(80).unwrap(), 0),
            _master: pair.master,
            _own: None,
        }
    }

    fn explorer(folder: &Path, more: &[&str]) -> Self {
        Self::explorer_with(MODEL, folder, more)
    }

    fn explorer_with(model: &str, folder: &Path, more: &[&str]) -> Self {
        Self::explorer_after(model, folder, more, "")
    }

    fn explorer_after(model: &str, folder: &Path, more: &[&str], typed: &str) -> Self {
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(["clip.mp4", "--scripts", "scripts.json", "--model", model]);
        command.args(more);
        command.cwd(folder);
        let own = TempDir::new().unwrap();
        for variable in FOLDERS {
            command.env(variable, own.path());
        }
        Self { _own: Some(own), ..Self::start_after(command, typed) }
    }

    /// The explorer with these arguments, its own files kept in `folder`.
    pub fn program(arguments: &[&str], folder: &Path) -> Self {
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(arguments);
        command.cwd(folder);
        for variable in FOLDERS {
            command.env(variable, folder.join("own"));
        }
        Self::start(command)
    }

    /// The program without arguments, with the demo unpacked into `folder`.
    fn demo(folder: &Path) -> Self {
        let mut command = CommandBuilder::new(PROGRAM);
        command.cwd(folder);
        for variable in FOLDERS {
            command.env(variable, folder);
        }
        Self::start(command)
    }

    /// Shell commands in a folder that is also the user's home, with the program on the path.
    pub fn shell(script: &str, folder: &Path) -> Self {
        let mut command = CommandBuilder::new("sh");
        command.args(["-eux", "-c", script]);
        command.cwd(folder);
        for variable in
            FOLDERS.iter().chain(&["XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "ACTALIGN_MODEL"])
        {
            command.env_remove(variable);
        }
        command.env("HOME", folder);
        let programs = Path::new(PROGRAM).parent().unwrap().display();
        command.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()));
        Self::start(command)
    }

    /// Waits for the end of shell commands, and quits every explorer that they open. The exit status, what was printed, and how
    /// many explorers there were.
    pub fn quit_explorers(mut self) -> (ExitStatus, String, usize) {
        let mut explorers = 0;
        while self.read() {
            let entered = String::from_utf8_lossy(&self.output).matches(ENTERED).count();
            if entered > explorers {
                explorers = entered;
                self.answer = Some(ANSWER.to_owned());
                // Enter leaves the list of an evaluation, which has no other use for letters.
                self.press("\rq");
            }
        }
        let status = self.child.wait().unwrap();
        (status, String::from_utf8_lossy(&self.output).into_owned(), explorers)
    }

    /// Answers the question about pictures with other words.
    fn answering(self, answer: Option<&str>) -> Self {
        Self { answer: answer.map(str::to_owned), ..self }
    }

    /// Takes what is printed next; false when the program has ended.
    pub fn read(&mut self) -> bool {
        match self.printed.recv_timeout(PATIENCE) {
            Ok(bytes) => {
                self.screen.process(&bytes);
                self.output.extend(bytes);
                if self.printed(QUESTION_ENDS)
                    && let Some(answer) = self.answer.take()
                {
                    self.press(&answer);
                }
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => {
                panic!("nothing more is printed: {}", self.screen.screen().contents())
            }
        }
    }

    /// Waits until the header counts all frames of the clip as embedded.
    fn wait_until_embedded(&mut self) {
        let is_embedded = |screen: &vt100::Screen| {
            screen.contents().lines().next().is_some_and(|header| header.trim_end().ends_with("10 frames"))
        };
        while !is_embedded(self.screen.screen()) {
            assert!(self.read(), "ended before all is embedded: {}", self.screen.screen().contents());
        }
    }

    /// Waits until the screen shows `text`.
    pub fn wait_for(&mut self, text: &str) {
        while !self.shows(text) {
            assert!(self.read(), "ended without {text:?}: {}", self.screen.screen().contents());
        }
    }

    /// Waits until the screen no longer shows `text`.
    pub fn wait_without(&mut self, text: &str) {
        while self.shows(text) {
            assert!(self.read(), "ended with {text:?}: {}", self.screen.screen().contents());
        }
    }

    /// Waits until a drawing is complete that shows the first text, but not the second.
    pub fn wait_for_drawing(&mut self, text: &str, without: &str) {
        const DRAWN: &[u8] = b"\x1b[?2026l";
        while !(self.output.ends_with(DRAWN) && self.shows(text) && !self.shows(without)) {
            assert!(self.read(), "ended without {text:?}: {}", self.screen.screen().contents());
        }
    }

    /// Kills the program, which can do nothing about it.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn printed(&self, bytes: &[u8]) -> bool {
        self.output.windows(bytes.len()).any(|window| window == bytes)
    }

    pub fn shows(&self, text: &str) -> bool {
        self.screen.screen().contents().contains(text)
    }

    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits for the end; the exit status and what was printed after the screen was given back.
    pub fn end(mut self) -> (ExitStatus, String) {
        while self.read() {}
        let status = self.child.wait().unwrap();
        let text = String::from_utf8_lossy(&self.output);
        let (screen, after) =
            text.split_once(LEFT).unwrap_or_else(|| panic!("the screen was not left: {text}"));
        assert!(screen.contains(ENTERED));
        assert!(after.contains(CURSOR_SHOWN), "the cursor is shown again");
        (status, after.replace(CURSOR_SHOWN, ""))
    }
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    clip::reordered(25).write(&folder.path().join("clip.mp4"), clip::paint_number);
    let scripts =
        r#"{"domain": "chess", "classes": [{"name": "castling", "steps": ["king moves", "rook jumps"]}]}"#;
    fs::write(folder.path().join("scripts.json"), scripts).unwrap();
    folder
}

#[test]
fn a_session_with_keys_a_snapshot_and_a_quiet_end() {
    let folder = folder();
    let mut session = Session::explorer(folder.path(), &[]);
    session.wait_until_embedded();
    session.press("?");
    session.wait_for(HELP);
    session.press("?[n");
    session.wait_for("= 9 frames");
    session.press("s");
    session.wait_for("Saved");
    session.press("q");
    let (status, after) = session.end();
    assert!(status.success());
    assert_eq!(after, "", "nothing is printed past the interface");
    let snapshot = fs::read(folder.path().join("clip.actalign-1.json")).unwrap();
    let snapshot: serde_json::Value = serde_json::from_slice(&snapshot).unwrap();
    assert_eq!(snapshot["settings"]["smoothing"], 9);
    assert_eq!(snapshot["complete"], true);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no temporary file is left");
}

const CLIP: [&str; 7] = ["clip.mp4", "--scripts", "scripts.json", "--model", MODEL, "--device", "cpu"];

/// Names of the files that begin so, in order.
fn files(folder: &Path, beginning: &str) -> Vec<String> {
    let Ok(found) = fs::read_dir(folder) else { return Vec::new() };
    let names = found.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(beginning)).collect();
    names.sort();
    names
}

#[test]
fn a_whole_exploration_and_the_same_view_again() {
    let folder = folder();
    let scripts = r#"{"domain": "chess", "classes": [{"name": "castling", "steps": ["king moves", "rook jumps"]},
        {"name": "mate", "steps": ["queen moves", "king falls"]}]}"#;
    fs::write(folder.path().join("scripts.json"), scripts).unwrap();
    let mut session = Session::program(&CLIP, folder.path());
    session.wait_until_embedded();
    session.press("c");
    session.wait_for("selected:");
    session.press("[");
    session.wait_for("= 9 frames");
    session.press("e");
    session.wait_for("Enter accepts");
    session.press("\u{15}the king sits\r");
    session.wait_for("the king sits");
    session.wait_without("texts to go");
    session.press("u");
    session.wait_for("Undone: step 2 of mate changed");
    session.press("/zzz");
    session.wait_for("no candidate matches");
    session.press("\u{7f}\u{7f}\u{7f}\r");
    session.wait_for("castling");
    session.press("S");
    session.wait_for("Saved");
    session.press("l");
    session.wait_without("Saved");
    session.press("s");
    session.wait_for("Saved");
    let ranking = |session: &Session| -> Vec<String> {
        let rows = session.screen.screen().contents();
        let rows = rows.lines().filter(|row| row.contains("castling ") || row.contains("mate "));
        rows.map(|row| row.trim_end().to_owned()).collect()
    };
    // The order evidence comes last.
    let wait_for_evidence = |session: &mut Session| {
        while ranking(session).iter().any(|row| row.contains('…')) {
            assert!(session.read(), "{:?}", ranking(session));
        }
    };
    let before = ranking(&session);
    assert!(before.len() >= 2, "{before:?}");
    session.press("d");
    session.wait_without("king falls");
    session.press("q");
    session.wait_for("not saved");
    session.press("d");
    let (status, after) = session.end();
    assert!(status.success());
    assert_eq!(after, "", "nothing is printed past the interface");
    let saved = ["clip.actalign-1.json", "clip.actalign-1.png", "clip.actalign-1.svg"];
    assert_eq!(files(folder.path(), "clip.actalign"), saved);
    assert_eq!(files(&folder.path().join("own/drafts"), "scripts"), [] as [&str; 0]);
    assert_eq!(fs::read_to_string(folder.path().join("scripts.json")).unwrap(), scripts);

    let mut session = Session::program(&["clip.actalign-1.json"], folder.path());
    session.wait_for("with its clip and model");
    session.wait_until_embedded();
    wait_for_evidence(&mut session);
    assert!(session.shows("selected:") && session.shows("= 9 frames"));
    assert_eq!(ranking(&session), before);
    session.press("[");
    session.wait_for("= 8 frames");
    session.press("q");
    assert!(session.end().0.success());

    fs::rename(folder.path().join("clip.mp4"), folder.path().join("gone.mp4")).unwrap();
    let mut session = Session::program(&["clip.actalign-1.json"], folder.path());
    session.wait_for("without embeddings");
    wait_for_evidence(&mut session);
    assert_eq!(ranking(&session), before);
    session.press("[");
    session.wait_for("This needs embeddings");
    session.press("x");
    session.wait_for("x logit");
    session.press("q");
    assert!(session.end().0.success());
}

#[test]
fn edits_survive_a_kill() {
    let folder = folder();
    let mut session = Session::program(&CLIP, folder.path());
    session.wait_until_embedded();
    session.press("e");
    session.wait_for("Step 1");
    session.press("\u{15}the king sits\r");
    session.wait_for("the king sits");
    let drafts = folder.path().join("own/drafts");
    let start = Instant::now();
    while files(&drafts, "scripts").is_empty() {
        assert!(start.elapsed() < PATIENCE, "no draft is kept");
        thread::yield_now();
    }
    session.child.kill().unwrap();
    session.child.wait().unwrap();

    let mut session = Session::program(&CLIP, folder.path());
    session.wait_for("Changes that were not saved are back");
    session.wait_for("the king sits");
    session.press("u");
    session.wait_for("king moves");
    session.press("q");
    assert!(session.end().0.success(), "nothing is left to save");
    assert_eq!(files(&drafts, "scripts"), [] as [&str; 0]);
}

#[test]
fn an_invalid_configuration_ends_the_program_before_the_screen_is_set_up() {
    let folder = folder();
    fs::create_dir(folder.path().join("own")).unwrap();
    fs::write(folder.path().join("own/config.toml"), "[keys]\nnext-candidat = \"x\"\n").unwrap();
    let mut session = Session::program(&CLIP, folder.path());
    while session.read() {}
    let printed = String::from_utf8_lossy(&session.output);
    assert!(printed.contains("config.toml:2:1") && printed.contains("next-candidate"), "{printed}");
    assert!(!printed.contains(ENTERED));
    assert_eq!(session.child.wait().unwrap().exit_code(), 1);
}

#[test]
fn keys_and_themes_are_those_of_the_configuration() {
    let folder = folder();
    fs::create_dir(folder.path().join("own")).unwrap();
    let config = "theme = \"light\"\n[keys]\nhelp = \"f5\"\nquit = \"ctrl-q\"\n";
    fs::write(folder.path().join("own/config.toml"), config).unwrap();
    let mut session = Session::program(&CLIP, folder.path());
    session.wait_until_embedded();
    session.wait_for("F5 help  Ctrl-q quit");
    session.press("\u{11}");
    assert!(session.end().0.success());
}

/// Standard input is the clip, so the keys come from the terminal itself.
#[test]
fn a_clip_through_a_pipe_leaves_the_keys_to_the_terminal() {
    let folder = folder();
    let mut command = CommandBuilder::new("sh");
    let explorer = PROGRAM;
    command.args(["-c", &format!("cat clip.mp4 | '{explorer}' - --scripts scripts.json --model '{MODEL}'")]);
    command.cwd(folder.path());
    let mut session = Session::start(command);
    session.wait_until_embedded();
    session.press("q");
    let (status, after) = session.end();
    assert!(status.success());
    assert_eq!(after, "");
}

#[test]
fn the_bare_program_opens_a_demo_whose_tour_comes_once() {
    const TOUR: &str = "Enter next";
    let folder = TempDir::new().unwrap();
    let mut session = Session::demo(folder.path());
    session.wait_for(TOUR);
    session.press("N");
    session.wait_for("clip 2/");
    session.wait_for("▶ 1");
    session.press("\u{1b}");
    session.wait_without(TOUR);
    session.press("q");
    let (status, after) = session.end();
    assert!(status.success());
    assert_eq!(after, "", "nothing is printed past the interface");

    let mut session = Session::demo(folder.path());
    // The last line is printed last.
    session.wait_for("q quit");
    assert!(session.shows("clip 1/") && !session.shows(TOUR), "{}", session.screen.screen().contents());
    session.press("i");
    session.wait_for(TOUR);
    session.press("q");
    assert!(session.end().0.success());
}

/// What only the help shows.
const HELP: &str = "select the next candidate";

#[test]
fn keys_pressed_during_the_query_are_not_lost() {
    let folder = folder();
    let answer = "\x1b[C\x1b[C\x1b[?62;22c\x1b[C\x1b[6;20;10t\x1b[0n?";
    let mut session = Session::explorer(folder.path(), &[]).answering(Some(answer));
    session.wait_for(HELP);
    session.press("?");
    session.wait_without(HELP);
    session.press("q");
    let (status, after) = session.end();
    assert!(status.success());
    assert_eq!(after, "");
}

#[test]
fn a_terminal_that_never_answers_loses_no_keys() {
    let folder = folder();
    let mut session = Session::explorer(folder.path(), &[]).answering(None);
    session.wait_until_embedded();
    session.press("?");
    session.wait_for(HELP);
    session.press("?q");
    assert!(session.end().0.success());
}

#[test]
fn a_late_answer_presses_no_keys() {
    let folder = folder();
    let mut session = Session::explorer(folder.path(), &[]).answering(None);
    session.wait_until_embedded();
    session.press("\x1b_Gi=31;OK\x1b\\\x1b[?62;4c\x1b[6;20;10t\x1b[0n?");
    session.wait_for(HELP);
    session.press("?");
    session.wait_without(HELP);
    session.press("q");
    assert!(session.end().0.success());
}

#[test]
fn kitty_pictures_are_drawn_and_deleted_at_the_end() {
    let folder = folder();
    // The answer is there before the question, so that it is in time on any machine.
    let answer = "\x1b_Gi=31;OK\x1b\\\x1b[?62c\x1b[6;20;10t\x1b[0n";
    let mut session = Session::explorer_after(MODEL, folder.path(), &[], answer).answering(None);
    session.wait_until_embedded();
    session.wait_for("\u{10EEEE}");
    assert!(session.printed(b"a=T,U=1,c="));
    session.press("q");
    while session.read() {}
    assert!(session.printed(b"\x1b_Ga=d,d=I,q=2,i="));
    let (status, after) = session.end();
    assert!(status.success());
    assert_eq!(after, "");
}

#[test]
fn pictures_are_drawn_as_the_user_asks() {
    let folder = folder();
    for (protocol, payload) in
        [("iterm2", "]1337;File=inline=1;"), ("sixel", "\x1bP"), ("halfblocks", "▀"), ("none", "10 frames")]
    {
        let mut session = Session::explorer(folder.path(), &["--image-protocol", protocol]);
        session.wait_until_embedded();
        while !session.printed(payload.as_bytes()) {
            assert!(session.read(), "{protocol}");
        }
        assert_eq!(
            session.printed(QUESTION_ENDS),
            protocol == "sixel",
            "only Sixels depend on the size of a cell"
        );
        assert_eq!(session.shows("▀"), protocol == "halfblocks");
        session.press("q");
        assert!(session.end().0.success());
    }
}

#[test]
fn a_termination_signal_restores_the_terminal_and_prints_nothing() {
    let folder = folder();
    let mut session = Session::explorer(folder.path(), &[]);
    session.wait_until_embedded();
    let process = session.child.process_id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    let (status, after) = session.end();
    assert!(!status.success(), "the parent learns of the signal");
    assert_eq!(after, "");
}

#[test]
fn a_failure_while_the_screen_is_up_is_shown_and_leaves_it_usable() {
    let folder = folder();
    // The clip opens, and has no frame where it is to start.
    let mut session = Session::explorer(folder.path(), &["--start", "1.5"]);
    session.wait_for("clip.mp4:");
    session.press("q");
    assert!(session.end().0.success());
}

#[test]
fn a_broken_tokenizer_restores_the_terminal_and_is_reported() {
    let folder = folder();
    let model = TempDir::new().unwrap();
    for file in ["config.json", "preprocessor_config.json", "model.safetensors"] {
        fs::copy(Path::new(MODEL).join(file), model.path().join(file)).unwrap();
    }
    fs::write(model.path().join("tokenizer.json"), "{}").unwrap();
    let (status, after) = Session::explorer_with(model.path().to_str().unwrap(), folder.path(), &[]).end();
    assert_eq!(status.exit_code(), 1);
    assert!(after.contains("tokenizer.json"), "{after}");
}

#[test]
fn a_file_that_is_no_video_restores_the_terminal_and_is_reported() {
    let folder = folder();
    fs::write(folder.path().join("clip.mp4"), "no video").unwrap();
    let (status, after) = Session::explorer(folder.path(), &[]).end();
    assert_eq!(status.exit_code(), 1);
    assert!(after.contains("clip.mp4: not a video"), "{after}");
}

#[test]
#[ignore = "for the test below, which runs it in a terminal"]
fn panicking_child() {
    let _terminal = Terminal::set_up(ImageProtocol::Auto, ColourDepth::True).unwrap();
    panic!("a bug");
}

#[test]
fn a_panic_restores_the_terminal_before_it_is_reported() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([
        "explorer::terminal::panicking_child",
        "--exact",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    let (status, after) = Session::start(command).end();
    assert!(!status.success());
    assert!(after.contains("a bug"), "the report is on the screen that stays: {after}");
}
