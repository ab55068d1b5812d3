use std::cell::RefCell;
use std::io::{self, Write};
use std::num::NonZero;
use std::process;
use std::rc::Rc;

use image::Rgb;
use proptest::prelude::*;
use ratatui::backend::CrosstermBackend;
use ratatui::text::Line;
use ratatui::widgets::Clear;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::*;
use crate::tui::theme::ColourDepth;

const GRAPHICS: [Graphics; 3] = [Graphics::Kitty, Graphics::Iterm2, Graphics::Sixel];
const PLACEHOLDER: char = '\u{10EEEE}';

/// Keeps what a backend writes.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal, on this side and on the other.
struct Screen {
    images: Images,
    inner: Terminal<CrosstermBackend<Wire>>,
    wire: Wire,
    seen: vt100::Parser,
    area: Rect,
}

impl Screen {
    fn new(rendering: Rendering, in_tmux: bool) -> Self {
        Self::sized(rendering, in_tmux, Rect::new(0, 0, 40, 12))
    }

    fn sized(rendering: Rendering, in_tmux: bool, area: Rect) -> Self {
        let wire = Wire::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let inner = Terminal::with_options(CrosstermBackend::new(wire.clone()), options).unwrap();
        let [rows, columns] = [area.height, area.width].map(|length| NonZero::new(length).unwrap());
        let seen = vt100::Parser::new(rows, columns, 0);
        Self { images: Images::new(rendering, Some((8, 16)), in_tmux), inner, wire, seen, area }
    }

    /// Draws a screen and returns what was sent.
    fn draw(&mut self, draw: impl FnOnce(&mut Images, &mut Frame)) -> String {
        self.inner
            .draw(|frame| {
                draw(&mut self.images, frame);
                self.images.finish(frame);
            })
            .unwrap();
        let sent = std::mem::take(&mut *self.wire.0.borrow_mut());
        self.seen.process(&sent);
        String::from_utf8(sent).unwrap()
    }

    fn put(&mut self, microsecond: i64) -> String {
        self.draw(|images, frame| put(images, frame, microsecond, AREA))
    }

    fn shows(&self, text: &str) -> bool {
        self.seen.screen().contents().contains(text)
    }

    fn cell(&self, x: u16, y: u16) -> String {
        self.seen.screen().cell(y, x).unwrap().contents().trim().to_owned()
    }

    fn background(&self, x: u16, y: u16) -> vt100::Color {
        self.seen.screen().cell(y, x).unwrap().bgcolor()
    }
}

fn key(microsecond: i64) -> PictureKey {
    PictureKey { clip: 0, job: Some(0), microsecond, version: 0 }
}

/// Pictures of different times look different.
fn picture(microsecond: i64) -> RgbImage {
    RgbImage::from_fn(32, 18, |x, y| Rgb([(x * 8) as u8, (y * 14) as u8, microsecond as u8]))
}

fn theme() -> Theme {
    Theme::new(ColourDepth::True)
}

/// A screen for each protocol, and what only a picture has in it.
fn screens(in_tmux: bool) -> impl Iterator<Item = (Graphics, &'static str, Screen)> {
    GRAPHICS.into_iter().zip(["a=T,U=1", "1337;File=inline=1", "\"1;1;"]).map(move |(graphics, payload)| {
        (graphics, payload, Screen::new(Rendering::Pixels(graphics), in_tmux))
    })
}

fn put(images: &mut Images, frame: &mut Frame, microsecond: i64, area: Rect) {
    images.draw(key(microsecond), || Some(picture(microsecond)), &theme(), frame, area);
}

fn cover(frame: &mut Frame, area: Rect) {
    frame.render_widget(Clear, area);
    frame.render_widget(Line::raw("overlay"), area);
}

/// Takes 16 columns and 5 rows (4.5 of them) of it.
const AREA: Rect = Rect::new(2, 1, 16, 6);
const PLACE: Rect = Rect::new(2, 1, 16, 5);
const OVERLAY: Rect = Rect::new(10, 3, 12, 3);

#[test]
fn each_protocol_sends_a_picture_once() {
    for (graphics, payload, mut screen) in screens(false) {
        assert!(screen.put(1).contains(payload), "{graphics:?}");
        let again = screen.put(1);
        assert!(!again.contains(payload), "{graphics:?}: {again}");
        let other = screen.put(2);
        assert!(other.contains(payload), "{graphics:?}");
        assert!(!screen.shows("▀"), "half blocks are for what is covered");
        let mut larger = Screen::sized(Rendering::Pixels(graphics), false, Rect::new(0, 0, 50, 20));
        larger.images = screen.images;
        assert!(larger.put(2).contains(payload), "{graphics:?}: another size of the screen");
    }
}

#[test]
fn within_tmux_every_picture_passes_through() {
    for (graphics, payload, mut screen) in screens(true) {
        let sent = screen.put(1);
        let (before, _) = sent.split_once(payload).unwrap();
        let (_, within) = before.rsplit_once("\x1bPtmux;").unwrap();
        assert!(within.contains("\x1b\x1b") && !within.contains("\x1b\\"), "{graphics:?}: {within:?}");
        if graphics == Graphics::Sixel {
            let (within, _) =
                sent.split_once("-\x1b\x1b\\\x1b\\").expect("Sixels end, and then what passes through");
            assert!(!within.contains("\x1b\\"), "and not before");
        }
    }
}

#[test]
fn kitty_is_sent_the_small_picture_and_told_the_cells() {
    let mut screen = Screen::new(Rendering::Pixels(Graphics::Kitty), false);
    let sent = screen.put(1);
    let id = process::id() << 8;
    let start = format!("\x1b_Gq=2,i={id},a=T,U=1,c=16,r=5,f=32,t=d,s=32,v=18,m=0;");
    assert!(sent.contains(&start), "{sent}");
    for at in PLACE.positions() {
        assert!(screen.cell(at.x, at.y).starts_with(PLACEHOLDER), "{at}");
    }
    assert_eq!(screen.seen.screen().contents().matches(PLACEHOLDER).count(), PLACE.area() as usize);
}

#[test]
fn iterm2_is_sent_the_small_picture_and_told_the_cells() {
    let mut screen = Screen::new(Rendering::Pixels(Graphics::Iterm2), false);
    let sent = screen.put(1);
    assert!(sent.contains(";width=16;height=5;doNotMoveCursor=1:"), "{sent}");
    assert_eq!(screen.seen.screen().contents().trim(), "", "nothing is written into the picture");
}

#[test]
fn sixels_have_the_size_of_the_cells() {
    let mut screen = Screen::new(Rendering::Pixels(Graphics::Sixel), false);
    let sent = screen.put(1);
    assert!(sent.contains("\"1;1;128;80"), "16 columns of 8 pixels, 5 rows of 16: {sent}");
    screen.images.set_cell((10, 20));
    let sent = screen.put(1);
    assert!(sent.contains("\"1;1;160;100"), "another font: {sent}");
}

#[test]
fn a_picture_under_an_overlay_is_in_half_blocks_and_comes_back() {
    for (graphics, payload, mut screen) in screens(false) {
        screen.draw(|images, frame| {
            put(images, frame, 1, AREA);
            cover(frame, Rect::new(0, 0, 40, 12));
        });
        assert!(screen.put(1).contains(payload), "{graphics:?}: covered at first");
        let sent = screen.draw(|images, frame| {
            put(images, frame, 1, AREA);
            cover(frame, OVERLAY);
        });
        assert!(!sent.contains(payload) && !screen.shows(&PLACEHOLDER.to_string()), "{graphics:?}");
        assert!(screen.shows("overlay"));
        for at in PLACE.positions() {
            let expected = match OVERLAY.contains(at) {
                false => at.y == PLACE.y + 4 || screen.cell(at.x, at.y) == "▀",
                true => screen.cell(at.x, at.y) != "▀",
            };
            assert!(expected, "{graphics:?} {at}: {:?}", screen.cell(at.x, at.y));
        }
        let sent = screen.put(1);
        assert!(!screen.shows("overlay") && !screen.shows("▀"), "{graphics:?}");
        match graphics {
            Graphics::Kitty => {
                assert!(screen.cell(PLACE.x, PLACE.y).starts_with(PLACEHOLDER));
                assert!(!sent.contains(payload), "kitty still has it");
            }
            _ => assert!(sent.contains(payload), "{graphics:?}: {sent}"),
        }
    }
}

#[test]
fn the_last_row_is_never_drawn_into() {
    for (_, _, mut screen) in screens(false) {
        let mut frames = |area: Rect| {
            screen.draw(|images, frame| {
                put(images, frame, 1, area);
                assert!(images.painted.iter().all(|painted| painted.place.bottom() < 12), "{area}");
            });
        };
        frames(Rect::new(0, 0, 40, 12));
        frames(Rect::new(3, 10, 9, 9));
        frames(Rect::new(3, 11, 9, 1));
    }
}

#[test]
fn playing_keeps_few_pictures_here_and_in_the_terminal() {
    let mut screen = Screen::new(Rendering::Pixels(Graphics::Kitty), false);
    let mut calls = 0;
    let mut numbers = Vec::new();
    for time in 0..300 {
        let sent = screen.draw(|images, frame| {
            put(images, frame, -1, Rect::new(20, 1, 16, 6));
            images.draw(
                key(time),
                || {
                    calls += 1;
                    Some(picture(time))
                },
                &theme(),
                frame,
                AREA,
            );
        });
        assert!(sent.contains("a=T"));
        assert!(screen.images.kept.len() <= KEPT);
        numbers.extend(screen.images.pixels().map(|pixels| pixels.number));
    }
    assert_eq!(calls, 300, "each once");
    assert!(numbers.into_iter().max().unwrap() <= KEPT as u8 + 1, "numbers are used again");
    let back = screen.draw(|images, frame| {
        put(images, frame, -1, Rect::new(20, 1, 16, 6));
        images.draw(key(299 - 8), || panic!("it was drawn lately"), &theme(), frame, AREA);
    });
    assert!(!back.contains("a=T"), "the terminal has it, too");
    let deleted = screen.images.delete_all();
    assert_eq!(deleted.matches("\x1b_Ga=d,d=I,q=2,i=").count(), screen.images.kept.len());
}

#[test]
fn more_pictures_at_once_than_are_kept_are_all_drawn() {
    let mut screen = Screen::sized(Rendering::Pixels(Graphics::Kitty), false, Rect::new(0, 0, 200, 40));
    let film = |images: &mut Images, frame: &mut Frame| {
        for time in 0..60 {
            put(images, frame, time, Rect::new(time as u16 % 20 * 10, time as u16 / 20 * 4, 9, 3));
        }
    };
    assert_eq!(screen.draw(film).matches("a=T").count(), 60);
    assert!(!screen.draw(film).contains("a=T"), "each once");
}

#[test]
fn a_large_picture_is_drawn_once_it_is_encoded() {
    let large = || Some(RgbImage::from_pixel(640, 360, Rgb([200, 100, 50])));
    for (graphics, payload, mut screen) in screens(false) {
        let (encoded, waits) = std::sync::mpsc::channel();
        screen.images.wake_by(move || encoded.send(()).unwrap());
        let put = |screen: &mut Screen| {
            let mut place = None;
            let sent = screen.draw(|images, frame| place = images.draw(key(1), large, &theme(), frame, AREA));
            (place, sent.contains(payload))
        };
        let (place, is_sent) = put(&mut screen);
        assert_eq!((place, is_sent), (None, false), "{graphics:?}");
        waits.recv().unwrap();
        assert_eq!(put(&mut screen), (Some(PLACE), true), "{graphics:?}");
        assert_eq!(put(&mut screen), (Some(PLACE), false), "{graphics:?}: once");
    }
}

#[test]
fn half_blocks_need_no_terminal_and_the_outline_no_picture() {
    let mut screen = Screen::new(Rendering::Mosaic(Mosaic::Halves), false);
    screen.put(1);
    assert_eq!(screen.cell(PLACE.x, PLACE.y), "▀");
    assert_eq!(screen.images.delete_all(), "");

    let mut screen = Screen::new(Rendering::Outline, false);
    let mut outline = |area: Rect| {
        screen.draw(|images, frame| {
            images.draw(key(1_230_000), || panic!("nobody looks at it"), &theme(), frame, area);
        });
        screen.seen.screen().contents()
    };
    let shown = outline(AREA);
    assert!(shown.contains("1.23 s") && shown.contains('┌') && shown.contains('┘'), "{shown}");
    assert_eq!(outline(Rect::new(2, 1, 16, 2)).trim(), "", "there is no room");
    assert_eq!(outline(Rect::new(2, 1, 7, 6)).trim(), "", "there is no room");
}

#[test]
fn where_there_is_no_picture_nothing_is_drawn() {
    let mut screen = Screen::new(Rendering::Pixels(Graphics::Kitty), false);
    let sent = screen.draw(|images, frame| _ = images.draw(key(1), || None, &theme(), frame, AREA));
    assert!(!sent.contains("a=T"));
    assert!(screen.put(1).contains("a=T"), "it may come later");
}

/// What is drawn in one screen: pictures, each with its time and place, a text, an overlay.
type Drawing = (Vec<(i64, Rect)>, String, Option<Rect>);

fn drawing() -> impl Strategy<Value = Drawing> {
    let area = (0u16..38, 0u16..11, 1u16..20, 1u16..9).prop_map(|(x, y, width, height)| {
        Rect::new(x, y, width, height).intersection(Rect::new(0, 0, 40, 12))
    });
    // Beside each other, as pictures are in a film strip.
    let pictures = (0i64..4, 1u16..6, 1u16..20).prop_map(|(time, places, height)| {
        let width = 40 / places;
        (0..places)
            .map(|place| (time + i64::from(place), Rect::new(place * width, 2, width, height)))
            .collect()
    });
    (pictures, "[a-z]{0,40}", prop::option::of(area))
}

fn show(drawing: &Drawing, images: &mut Images, frame: &mut Frame) {
    let (pictures, text, overlay) = drawing;
    for &(time, area) in pictures {
        put(images, frame, time, area);
    }
    let below = pictures.iter().map(|(_, area)| area.bottom()).max().unwrap_or(0).min(11);
    for y in [0, below] {
        frame.render_widget(Line::raw(text.as_str()), Rect::new(0, y, 40, 1));
    }
    if let Some(area) = overlay {
        cover(frame, *area);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was on the screen before, it looks as if it had been drawn on an empty one.
    #[test]
    fn nothing_is_left_of_what_was_there(drawings in prop::collection::vec(drawing(), 1..6)) {
        for graphics in GRAPHICS {
            let mut screen = Screen::new(Rendering::Pixels(graphics), false);
            for drawing in &drawings {
                screen.draw(|images, frame| show(drawing, images, frame));
                let mut fresh = Screen::new(Rendering::Pixels(graphics), false);
                fresh.draw(|images, frame| show(drawing, images, frame));
                for at in screen.area.positions() {
                    prop_assert_eq!(screen.cell(at.x, at.y), fresh.cell(at.x, at.y), "{:?} {}", graphics, at);
                    let backgrounds = (screen.background(at.x, at.y), fresh.background(at.x, at.y));
                    prop_assert_eq!(backgrounds.0, backgrounds.1, "{:?} {}", graphics, at);
                }
            }
        }
    }
}
