//! Queries the terminal for what it can draw.

use std::io::{self, Write, stdin, stdout};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_image::picker::cap_parser::{Parser, QueryStdioOptions, Response};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

/// How long to wait for the answer. Terminals answer within a few milliseconds, or a round trip.
const TIMEOUT: Duration = Duration::from_millis(200);

/// The answer, and keys that were pressed meanwhile.
#[derive(Debug, Default)]
pub struct Answer {
    pub kitty: bool,
    pub sixel: bool,
    /// Width and height of a cell in pixels.
    pub cell: Option<(u16, u16)>,
    pub is_whole: bool,
    /// Keys between its parts.
    pub keys: Vec<KeyEvent>,
}

/// Queries the terminal and waits a little for the answer. Standard input must be the terminal, in raw mode, and read by
/// nobody else.
///
/// Query and parser are ratatui-image's. Its reader is not used: it swallows keys that are pressed before the answer, and
/// the first key if there is none.
///
/// # Errors
/// If the terminal is gone.
pub fn query(in_tmux: bool) -> io::Result<Answer> {
    let mut out = stdout().lock();
    out.write_all(Parser::query(in_tmux, QueryStdioOptions::default()).as_bytes())?;
    out.flush()?;

    let before = tcgetattr(stdin())?;
    let mut timed = before.clone();
    // A read returns with what there is, or with nothing after a tenth of a second.
    timed.special_codes[SpecialCodeIndex::VMIN] = 0;
    timed.special_codes[SpecialCodeIndex::VTIME] = 1;
    tcsetattr(stdin(), OptionalActions::Now, &timed)?;
    let answer = read_answer();
    tcsetattr(stdin(), OptionalActions::Now, &before)?;
    answer
}

fn read_answer() -> io::Result<Answer> {
    let mut reader = Reader::default();
    let mut end = Instant::now() + TIMEOUT;
    while !reader.answer.is_whole && Instant::now() < end {
        let mut bytes = [0; 256];
        match rustix::io::read(stdin(), &mut bytes) {
            // The rest of an answer must not be taken for keys: wait for it.
            Ok(count) if reader.feed(&bytes[..count]) => end = Instant::now() + TIMEOUT,
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(reader.answer())
}

/// Separates answers from keys.
#[derive(Default)]
struct Reader {
    answer: Answer,
    parser: Parser,
    begun: Vec<u8>,
}

impl Reader {
    /// Takes bytes, and returns whether an answer is under way.
    fn feed(&mut self, bytes: &[u8]) -> bool {
        self.begun.extend(bytes);
        let mut is_answering = false;
        while let Some(length) = first_length(&self.begun) {
            let piece: Vec<u8> = self.begun.drain(..length).collect();
            if is_answer(&piece) {
                is_answering = true;
                self.parse(&piece);
            } else {
                self.answer.keys.extend(key(&piece));
            }
        }
        is_answering || self.begun.starts_with(b"\x1b")
    }

    fn parse(&mut self, piece: &[u8]) {
        for response in piece.iter().flat_map(|&byte| self.parser.push(char::from(byte))).collect::<Vec<_>>()
        {
            match response {
                Response::Kitty => self.answer.kitty = true,
                Response::Sixel => self.answer.sixel = true,
                Response::CellSize(Some(cell)) => self.answer.cell = Some(cell),
                Response::Status => self.answer.is_whole = true,
                _ => {}
            }
        }
    }

    fn answer(mut self) -> Answer {
        if self.begun == b"\x1b" {
            self.answer.keys.push(KeyCode::Esc.into());
        }
        self.answer
    }
}

/// Length of the first key or answer in bytes; none while it is incomplete.
fn first_length(bytes: &[u8]) -> Option<usize> {
    let after =
        |begin: usize, is_end: fn(&[u8]) -> bool| (begin..=bytes.len()).find(|&end| is_end(&bytes[..end]));
    match bytes {
        [] | [0x1b] => None,
        [0x1b, 0x1b, ..] => Some(1),
        [0x1b, b'[', ..] => after(3, |bytes| matches!(bytes.last(), Some(0x40..=0x7e))),
        [0x1b, b'O', ..] => (bytes.len() >= 3).then_some(3),
        [0x1b, b'_' | b'P' | b']', ..] => {
            after(3, |bytes| bytes.ends_with(b"\x1b\\") || bytes.ends_with(b"\x07"))
        }
        [0x1b, rest @ ..] => first_length(rest).map(|length| 1 + length),
        [first, ..] => {
            let length = match first {
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf7 => 4,
                _ => 1,
            };
            (bytes.len() >= length).then_some(length)
        }
    }
}

fn is_answer(piece: &[u8]) -> bool {
    match piece {
        [0x1b, b'_' | b'P' | b']', ..] => true,
        [0x1b, b'[', .., last] => matches!(last, b'c' | b'n' | b't'),
        _ => false,
    }
}

/// Keys that a user may press during the start. crossterm knows all of them, but parses no bytes that others read.
fn key(piece: &[u8]) -> Option<KeyEvent> {
    let code = match piece {
        b"\r" => KeyCode::Enter,
        b"\t" => KeyCode::Tab,
        b"\x7f" => KeyCode::Backspace,
        b"\x1b" => KeyCode::Esc,
        b"\x1b[A" | b"\x1bOA" => KeyCode::Up,
        b"\x1b[B" | b"\x1bOB" => KeyCode::Down,
        b"\x1b[C" | b"\x1bOC" => KeyCode::Right,
        b"\x1b[D" | b"\x1bOD" => KeyCode::Left,
        b"\x1b[H" | b"\x1bOH" => KeyCode::Home,
        b"\x1b[F" | b"\x1bOF" => KeyCode::End,
        b"\x1b[Z" => KeyCode::BackTab,
        &[control @ 1..=26] => {
            let letter = char::from(control - 1 + b'a');
            return Some(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
        }
        [0x1b, b'[' | b'O', ..] => return None,
        [0x1b, rest @ ..] => {
            let key = key(rest)?;
            return Some(KeyEvent { modifiers: key.modifiers | KeyModifiers::ALT, ..key });
        }
        text => KeyCode::Char(str::from_utf8(text).ok()?.chars().next().filter(|c| !c.is_control())?),
    };
    Some(code.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of foot, an old xterm, and kitty.
    const SIXEL: &str = "\x1b[?62;4;22c\x1b[6;20;10t\x1b[0n";
    const PLAIN: &str = "\x1b[?1;2c\x1b[0n";
    const KITTY: &str = "\x1b_Gi=31;OK\x1b\\\x1b[?62;c\x1b[6;38;17t\x1b[0n";

    fn answer_to(pieces: &[&str]) -> Answer {
        let mut reader = Reader::default();
        for piece in pieces {
            reader.feed(piece.as_bytes());
        }
        reader.answer()
    }

    #[test]
    fn answers_are_parsed() {
        let sixel = answer_to(&[SIXEL]);
        assert!(sixel.sixel && !sixel.kitty && sixel.is_whole);
        assert_eq!(sixel.cell, Some((10, 20)));
        let kitty = answer_to(&[KITTY]);
        assert!(kitty.kitty && !kitty.sixel && kitty.is_whole);
        let plain = answer_to(&[PLAIN]);
        assert!(!plain.kitty && !plain.sixel && plain.cell.is_none() && plain.is_whole);
        let refused = answer_to(&["\x1b_Gi=31;EINVAL:no\x1b\\\x1b[0n"]);
        assert!(!refused.kitty && refused.is_whole);
        assert!(!answer_to(&["\x1b_Gi=31;OK\x1b\\\x1b[?62;c"]).is_whole, "something is still to come");
    }

    #[test]
    fn an_answer_may_come_in_any_pieces() {
        for cut in 0..=KITTY.len() {
            let (first, second) = KITTY.split_at(cut);
            let answer = answer_to(&[first, second]);
            assert!(answer.kitty && answer.is_whole && answer.keys.is_empty(), "{cut}");
        }
    }

    #[test]
    fn keys_before_within_and_after_the_answer_are_kept_in_order() {
        let answer = answer_to(&[
            "j",
            "\x1b[C\x1b_Gi=31;OK\x1b\\ü\x1b[?62",
            "c\x03\r\x1bx\x1b[6;38;17t\x1bOA\x1b[0n?q",
            "\x1b",
        ]);
        let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        let plain = [KeyCode::Char('j'), KeyCode::Right, KeyCode::Char('ü')].map(KeyEvent::from);
        let alt_x = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT);
        let after = [KeyCode::Up, KeyCode::Char('?'), KeyCode::Char('q'), KeyCode::Esc];
        let expected: Vec<KeyEvent> = plain
            .into_iter()
            .chain([control_c, KeyCode::Enter.into(), alt_x])
            .chain(after.map(KeyEvent::from))
            .collect();
        assert_eq!(answer.keys, expected);
        assert!(answer.kitty && answer.is_whole);
    }
}
