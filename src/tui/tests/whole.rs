//! Nothing in a box is cut without a way to read it, at any width.

use std::path::PathBuf;

use ratatui::layout::Position;

use super::*;
use crate::eval::{CLUSTERS, ClusterCounts, Facts};
use crate::find::{ClipMoment, ClipMoments, MomentReport, OrderReport};
use crate::plot::candidates;
use crate::tui::action::{EntryKind, FileEntry, Listing};
use crate::tui::commands::Need;
use crate::tui::models::Wanted;
use crate::tui::results::{ClipResult, Prediction, ResultRow, Results};
use crate::tui::state::View;
use crate::tui::tour::TOUR;
use crate::tui::update::show_view;
use crate::tui::view::header;

const WIDTHS: [u16; 5] = [80, 100, 120, 160, 200];

const LONG_NAME: &str = "hand stand on the high bar with a full turn and a half to the other side of it";
const LONG_STEP: &str = "the athlete swings from the high bar with both arms straight, lets go at the highest point, turns once \
                         around the long axis of the body, and takes hold of the bar again";
const LONG_FILE: &str =
    "a recording of the third day of the championships of the year before, from the seats on the left.mp4";

/// A state whose clip, class, step and device have long names.
fn long_state() -> State {
    let mut clip = clip(LONG_FILE, Some(0), &[]);
    let names = [LONG_NAME, "nap", "long jump"];
    let candidates =
        names.map(|name| Candidate { name: name.to_owned(), ..candidate("", &["stands", "runs", "jumps"]) });
    let candidates = candidates.map(|mut candidate| {
        candidate.steps[0] = LONG_STEP.to_owned();
        candidate
    });
    let calibration = Calibration { alpha: 10.0, beta: -10.0 };
    clip.exploration = Exploration::new(candidates.into(), calibration, KINDS.len(), Settings::default());
    clip.sources.device =
        "cpu (an instruction set with a long name, and many threads of one processor)".to_owned();
    let mut state = state_of(vec![clip]);
    state.has_writer = true;
    start(&mut state);
    embed_all(&mut state);
    act(&mut state, Action::Do(Command::Candidate1));
    let long = state.clip().listed().iter().position(|&class| class == 0).unwrap();
    for _ in 0..long {
        act(&mut state, Action::Do(Command::NextCandidate));
    }
    state
}

/// Letters by which the beginning of a text is recognised.
const BEGINNING: usize = 14;

/// Follows a text from each place where it begins, in lines that begin in one column. Gives the place, and what is there
/// instead of the text's next letter; `None` where it is whole.
fn readings(screen: &Buffer, text: &str) -> Vec<(Position, Option<char>)> {
    let text: Vec<char> = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let reading = |Position { x: left, y: top }: Position| {
        let (mut x, mut y) = (left, top);
        for (read, &letter) in text.iter().enumerate() {
            // At most one space between words, else the line has ended.
            if cell(screen, x, y) == ' ' && x > left {
                x += 1;
            }
            let there = cell(screen, x, y);
            if there != letter {
                if read == 0 || there == '…' || cell(screen, left, y + 1) != letter {
                    return (read >= BEGINNING).then_some(Some(there));
                }
                (x, y) = (left, y + 1);
            }
            x += 1;
        }
        Some(None)
    };
    screen.area.positions().filter_map(|at| Some((at, reading(at)?))).collect()
}

fn cell(screen: &Buffer, x: u16, y: u16) -> char {
    screen.cell((x, y)).and_then(|cell| cell.symbol().chars().next()).unwrap_or(' ')
}

fn is_whole(screen: &Buffer, text: &str) -> bool {
    readings(screen, text).iter().any(|(_, end)| end.is_none())
}

/// The screens that one sees while pressing a key.
fn screens(state: &mut State, width: u16, key: char, presses: usize) -> Vec<Buffer> {
    let mut screens = vec![draw(state, ColourDepth::True, width, 24)];
    for _ in 0..presses {
        type_keys(state, &key.to_string());
        screens.push(draw(state, ColourDepth::True, width, 24));
    }
    screens
}

fn assert_whole<T: AsRef<str>>(screens: &[Buffer], texts: impl IntoIterator<Item = T>, width: u16) {
    for wanted in texts {
        let wanted = wanted.as_ref();
        let is_there = screens.iter().any(|screen| is_whole(screen, wanted));
        assert!(is_there, "at {width} columns: {wanted:?} is not in\n{}", text(&screens[0]));
    }
}

/// Asserts that a text is whole or ends in an ellipsis, wherever it begins outside another text.
fn assert_not_silent(screen: &Buffer, whole: &str, width: u16) {
    for (Position { x, y }, end) in readings(screen, whole) {
        let goes_on = |letter: char| letter.is_alphanumeric() || letter == '·';
        let is_within = x >= 2
            && match cell(screen, x - 1, y) {
                ' ' => goes_on(cell(screen, x - 2, y)),
                before => before.is_alphanumeric(),
            };
        let is_fine = is_within || end.is_none_or(|end| end == '…');
        assert!(is_fine, "at {width} columns: {whole:?} ends in {end:?} in\n{}", text(screen));
    }
}

#[test]
fn the_help_is_whole() {
    let helps = || {
        let of_commands =
            COMMANDS.iter().filter(|about| !about.command.is_candidate()).map(|about| about.help);
        of_commands.chain(candidates::help().map(|(_, text)| text))
    };
    for width in WIDTHS {
        let mut state = long_state();
        act(&mut state, Action::Do(Command::Help));
        let screens = screens(&mut state, width, '↓', 120);
        assert_whole(&screens, helps(), width);
        let clip = header::clip_in_words(&state);
        assert_whole(&screens, ["the path has collapsed: most steps hold one frame", &clip], width);
        assert_whole(
            &screens,
            [format!("{LONG_NAME} · athletics"), state.clip().exploration.sentence(0, 0)],
            width,
        );
    }
}

#[test]
fn the_palette_shows_the_selected_command_whole() {
    for width in WIDTHS {
        let mut state = full_state();
        act(&mut state, Action::Do(Command::Palette));
        let screens = screens(&mut state, width, '↓', COMMANDS.len());
        assert_whole(&screens, COMMANDS.iter().map(|about| about.help), width);
        for line in
            screens.iter().flat_map(|screen| text(screen).lines().map(str::to_owned).collect::<Vec<_>>())
        {
            // Behind the border and the key.
            let name = line.chars().skip_while(|letter| *letter != '│').skip(11).collect::<String>();
            let about = COMMANDS.iter().find(|about| name.starts_with(&format!("{} ", about.name)));
            let is_cut = about.is_some_and(|about| !line.contains(about.help));
            assert!(!is_cut || line.contains('…'), "at {width} columns: {line}");
        }
    }
}

#[test]
fn results_and_files_show_the_selected_line_whole() {
    for width in WIDTHS {
        let mut state = long_state();
        state.results = Some(Results {
            name: "results".to_owned(),
            rows: vec![ResultRow {
                name: "dtw:open-start:open-end:background=p98:band=0.2".to_owned(),
                settings: None,
            }],
            row: 0,
            clips: vec![ClipResult::Read(vec![Prediction::Class(1)])],
            facts: vec![vec![Some(Facts::default())]],
        });
        act(&mut state, Action::Do(Command::ShowResults));
        let screen = screens(&mut state, width, '↓', 0);
        let whole = format!("{LONG_FILE} · athletics · {LONG_NAME} · predicted: nap");
        assert_whole(&screen, [&whole, "results · dtw:open-start:open-end:background=p98:band=0.2"], width);
        let counts = ClusterCounts::of([(false, &Facts::default())]);
        for (about, counts) in CLUSTERS.iter().zip(counts) {
            act(&mut state, Action::Key(KeyEvent::from(KeyCode::BackTab)));
            let name =
                if counts.wrong_known > 0 { counts.in_words() } else { format!("{}: not known", about.name) };
            let screens = screens(&mut state, width, '↓', 0);
            assert_whole(&screens, [format!("{name} · {}", about.help)], width);
        }
        let listed = text(&screen[0]).lines().find(|line| line.contains('✗')).unwrap().to_owned();
        let is_fine = |whole: &str| listed.contains(whole) || listed.contains('…');
        assert!(is_fine(LONG_FILE) && is_fine(LONG_NAME), "{listed}");

        type_keys(&mut state, "⎋");
        let effects = act(&mut state, Action::Do(Command::Open));
        let [Effect::List(asked)] = &effects[..] else { panic!("{effects:?}") };
        let entries = vec![FileEntry { kind: EntryKind::File, name: LONG_FILE.to_owned() }];
        let folder = PathBuf::from("/films of the last years/championships/third day");
        act(&mut state, Action::Listed(Listing { asked: asked.clone(), folder: folder.clone(), entries }));
        type_keys(&mut state, "a");
        let screen = screens(&mut state, width, '↓', 0);
        assert_whole(&screen, [folder.join(LONG_FILE).display().to_string()], width);
        let listed = text(&screen[0]).lines().find(|line| line.contains("│  a")).unwrap().to_owned();
        assert!(listed.contains(LONG_FILE) || listed.contains('…'), "{listed}");
    }
}

#[test]
fn the_list_of_moments_shows_the_selected_one_whole() {
    let moment = |class: usize, rival: &str| ClipMoment {
        class,
        found: MomentReport {
            class: LONG_NAME.to_owned(),
            start: 3723.5,
            end: 3731.0,
            score: 2.5,
            margin: Some(-0.25),
            rival: Some(rival.to_owned()),
            steps: vec![[3723.5, 3725.0], [3725.0, 3730.0], [3730.0, 3731.0]],
            order: Some(OrderReport { z: 3.25, p: 0.0123 }),
        },
    };
    for width in WIDTHS {
        let mut state = long_state();
        update(&mut state, Action::Do(Command::FindMoments), 0.0);
        let effects = refresh(&mut state);
        let Some(Effect::FindMoments { number, .. }) = effects.last() else { panic!("{effects:?}") };
        let found = ClipMoments {
            moments: vec![moment(0, "long jump"), moment(1, LONG_NAME)],
            best: vec![Some((0, 2.5)); 8],
            unordered: 7,
            frames: 36_000,
            span: [0.0, 3600.0],
        };
        act(&mut state, Action::MomentsFound(0, *number, Ok(Box::new(found))));
        let screens = screens(&mut state, width, '↓', 1);
        let order = "z +3.2, p 0.012 · 1:02:03.5–1:02:11.0, steps begin at 1:02:03.5 1:02:05.0 1:02:10.0";
        let whole = [("1", "long jump"), ("2", LONG_NAME)]
            .map(|(place, rival)| format!("{place}. {LONG_NAME} · next class: {rival} · {order}"));
        assert_whole(&screens, whole, width);
        let head = "2 moments, best first · 36000 frames of 1:00:00.0 · 7 left out that other orders of the steps explain as \
                    well";
        assert_whole(&screens, [head], width);
        let listed = text(&screens[0]).lines().find(|line| line.contains("│  1 hand")).unwrap().to_owned();
        assert!(listed.contains(LONG_NAME) || listed.contains('…'), "{listed}");
    }
}

#[test]
fn prompts_are_whole() {
    for width in WIDTHS {
        for about in COMMANDS.iter().filter(|about| about.command.needs(Need::Line)) {
            let mut state = long_state();
            act(&mut state, Action::Do(about.command));
            let Some(question) = state.overlay.as_ref().and_then(|overlay| overlay.question(&state)) else {
                continue;
            };
            let title = question.split("? An empty line").next().unwrap_or_default();
            let screen = screens(&mut state, width, ' ', 0);
            assert_whole(&screen, [title], width);
        }
        let mut state = long_state();
        type_keys(&mut state, "e");
        let sentence = state.clip().exploration.sentence(0, 0);
        assert!(sentence.contains(LONG_STEP));
        assert_whole(&screens(&mut state, width, ' ', 0), [sentence], width);
    }
}

#[test]
fn a_proposal_is_whole() {
    for width in WIDTHS {
        let mut state = long_state();
        let class = state.selected_id();
        let domain = state.scripts.domain_of(class.unwrap()).to_owned();
        let wanted = Wanted { class, name: LONG_NAME.to_owned(), domain };
        let steps = vec![format!("{LONG_STEP}, and then {LONG_STEP}"); 6];
        let written = class_of(LONG_NAME, steps.clone());
        act(&mut state, Action::Written(wanted, Ok(Box::new(written))));
        let screens = screens(&mut state, width, '↓', 80);
        assert_whole(&screens, [LONG_NAME, LONG_STEP, &steps[5]], width);
    }
}

fn class_of(name: &str, steps: Vec<String>) -> Class {
    Class { name: name.to_owned(), domain: None, steps, other: Default::default() }
}

#[test]
fn the_question_before_quitting_and_the_tour_are_whole() {
    for width in WIDTHS {
        let mut state = full_state();
        type_keys(&mut state, "d");
        act(&mut state, Action::Do(Command::Quit));
        let texts =
            ["The scripts have changes that are not saved.", "save them and quit", "discard them and quit"];
        assert_whole(&screens(&mut state, width, ' ', 0), texts, width);

        let mut state = full_state();
        state.has_tour = true;
        for (step, tour) in TOUR.iter().enumerate() {
            state.tour = Some(step);
            let whole = tour.text(&state.keymap).replace('`', "");
            assert_whole(&screens(&mut state, width, 'x', 0), [whole], width);
        }
    }
}

#[test]
fn a_long_message_takes_the_rows_it_needs() {
    for width in WIDTHS {
        let mut state = full_state();
        let message = format!("cannot read {LONG_FILE}: {LONG_STEP}; {LONG_STEP}");
        state.complain(message.clone());
        assert_whole(&screens(&mut state, width, '\u{7f}', 0), [message], width);
    }
}

#[test]
fn cut_names_of_candidates_end_in_an_ellipsis_and_the_list_says_what_it_shows() {
    for width in WIDTHS {
        let mut state = long_state();
        for _ in 0..2 {
            let shown = text(&draw(&mut state, ColourDepth::True, width, 24));
            let line = shown.lines().find(|line| line.contains('▶')).unwrap();
            assert!(line.contains(LONG_NAME) || line.contains('…'), "{line}");
            act(&mut state, Action::Do(Command::Pin));
        }
    }
    let mut state = long_state();
    assert!(!screen(&mut state).contains(" of 3"), "all are listed");
    let shown = text(&draw(&mut state, ColourDepth::True, 100, 18));
    assert_eq!(shown.contains("1–2 of 3"), !shown.contains("long jump"), "{shown}");
}

#[test]
fn a_view_cuts_no_text_without_an_ellipsis() {
    for width in WIDTHS {
        for view in View::ALL {
            let mut state = long_state();
            show_view(&mut state, view);
            // That the classes of this state are alike.
            state.message = None;
            let sentence = format!("›1 {}", state.clip().exploration.sentence(0, 0));
            let clip = header::clip_in_words(&state);
            for height in [24, 40] {
                let screen = draw(&mut state, ColourDepth::True, width, height);
                for whole in [LONG_NAME, LONG_STEP, &sentence, &clip] {
                    assert_not_silent(&screen, whole, width);
                }
                assert!(
                    readings(&screen, LONG_NAME).len() + readings(&screen, LONG_STEP).len() > 0,
                    "{view:?}"
                );
            }
        }
    }
}
