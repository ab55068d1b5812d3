//! No sequence of actions panics, on a screen of any size.

use std::path::PathBuf;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::*;
use crate::explore::{EvidenceUpdate, Fixed};
use crate::tui::action::{EntryKind, FileEntry, Listing, TokenCount};
use crate::tui::state::View;

/// Stands for an [`Action`], which is not `Clone`.
#[derive(Clone, Debug)]
enum Happening {
    Command(usize),
    Key(KeyCode, KeyModifiers),
    Paste(String),
    Mouse(MouseEventKind, u16, u16),
    Resize(u16, u16),
    Tick(f64),
    Frames(usize, usize),
    Decoded(usize),
    AllDecoded,
    Texts,
    Prefetched,
    Idle,
    Failed,
    Evidence(bool),
    Maps,
    Tokens,
    Listed,
    ClipFound,
    ScriptsRead(usize),
    ScriptsSaved(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    let size = prop_oneof![(1u16..400, 1u16..120), (55u16..130, 15u16..45)];
    let code = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        prop::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Backspace,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::PageDown,
            KeyCode::F(1),
        ]),
    ];
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::SHIFT,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
    ]);
    let mouse = prop::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
        MouseEventKind::Moved,
    ]);
    prop_oneof![
        8 => (0..COMMANDS.len()).prop_map(H::Command),
        6 => (code, modifiers).prop_map(|(code, modifiers)| H::Key(code, modifiers)),
        1 => ".{0,20}".prop_map(H::Paste),
        3 => (mouse, prop_oneof![0u16..130, 0u16..400], prop_oneof![0u16..45, 0u16..120]).prop_map(|(kind, x, y)| H::Mouse(kind, x, y)),
        2 => size.prop_map(|(columns, rows)| H::Resize(columns, rows)),
        1 => (0.0..9.0f64).prop_map(H::Tick),
        2 => (0..FRAMES, 1..FRAMES).prop_map(|(first, count)| H::Frames(first, count)),
        2 => (0..FRAMES).prop_map(H::Decoded),
        1 => Just(H::AllDecoded),
        3 => Just(H::Texts),
        1 => Just(H::Prefetched),
        2 => Just(H::Idle),
        1 => Just(H::Failed),
        1 => any::<bool>().prop_map(H::Evidence),
        1 => Just(H::Maps),
        1 => Just(H::Tokens),
        1 => Just(H::Listed),
        1 => Just(H::ClipFound),
        1 => (0usize..4).prop_map(H::ScriptsRead),
        1 => any::<bool>().prop_map(H::ScriptsSaved),
    ]
}

/// Applies the action that it stands for.
fn happen(state: &mut State, happening: Happening, now: f64) {
    use Happening as H;
    let background = |state: &State, update| state.clip().job.map(|job| Action::Background(job, update));
    let action = match happening {
        H::Command(command) => Some(Action::Do(COMMANDS[command].command)),
        H::Key(code, modifiers) => Some(Action::Key(KeyEvent::new(code, modifiers))),
        H::Paste(text) => Some(Action::Paste(text)),
        H::Mouse(kind, column, row) => {
            Some(Action::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
        }
        H::Resize(columns, rows) => Some(Action::Resize(columns, rows)),
        H::Tick(_) => Some(Action::Tick),
        H::Frames(first, count) => {
            let frames = (first..(first + count).min(FRAMES)).rev().map(frame).collect();
            background(state, Update::Frames(frames))
        }
        H::Decoded(index) => {
            let EmbeddedFrame { ordinal, time, .. } = frame(index);
            let picture = RgbImage::from_pixel(16, 9, Rgb([index as u8, 9, 9]));
            let thumbnail = Thumbnail::new(ordinal, time, &picture);
            background(state, Update::Decoded { ordinal, time, thumbnail })
        }
        H::AllDecoded => background(
            state,
            Update::AllDecoded { frames: FRAMES, faults: Faults { lost: 1, ..Faults::default() } },
        ),
        H::Texts => {
            let missing = state.clip().exploration.missing_texts();
            let texts =
                missing.into_iter().map(|text| (text.clone(), text_embedding(&text), text.len() > 60));
            background(state, Update::Texts(texts.collect()))
        }
        H::Prefetched => {
            let missing = state.clip().exploration.missing_texts_in(&Template::built_in()[1]);
            let text = missing.into_iter().next().unwrap_or_default();
            let embedding = text_embedding(&text);
            background(state, Update::Prefetched((text, embedding, false)))
        }
        H::Idle => background(state, Update::Idle),
        H::Failed => background(state, Update::Failed(color_eyre::eyre::eyre!("the disk\nis gone"))),
        H::Evidence(is_new) => {
            let generation = state.clip().exploration.generation() - u64::from(!is_new);
            let order = crate::align::OrderEvidence { z: -3.0, p: 0.5, permutations: 5 };
            let evidence = is_new.then_some(order);
            Some(Action::Evidence(EvidenceUpdate::Found { generation, class: 1, evidence }))
        }
        H::Maps => {
            let request = state.clip().exploration.map_request();
            request.map(|request| Action::Mapped(state.shown, Box::new(request.compute())))
        }
        H::Tokens => {
            let sentence = "a sentence".to_owned();
            Some(Action::Tokens(TokenCount { sentence, used: 3, most: 31, cut: false }))
        }
        H::Listed => Some(Action::Listed(Listing {
            asked: "clips".into(),
            folder: "/clips".into(),
            entries: vec![
                FileEntry { kind: EntryKind::Folder, name: "more".to_owned() },
                FileEntry { kind: EntryKind::File, name: "clip.mp4".to_owned() },
            ],
        })),
        // Every clip more makes the others slower.
        H::ClipFound if state.clips.len() < 5 => {
            Some(Action::ClipFound { path: "another.mp4".into(), like: state.shown })
        }
        H::ClipFound => None,
        H::ScriptsRead(count) => {
            let class = |place: usize| Class {
                name: format!("class {place}"),
                domain: None,
                steps: KINDS[..=place].iter().map(|kind| (*kind).to_owned()).collect(),
                other: Default::default(),
            };
            let classes = (0..=count).map(class).collect();
            let file = ScriptFile { domain: Some("own".to_owned()), classes, other: Default::default() };
            Some(Action::ScriptsRead("own.json".into(), Box::new(file)))
        }
        H::ScriptsSaved(quits) => {
            let file = Box::new(state.scripts.file().clone());
            Some(Action::ScriptsSaved { path: PathBuf::from("own.json"), file, quits })
        }
    };
    if let Some(action) = action {
        update(state, action, now);
        refresh(state);
    }
}

/// A clip of which only matrices are left.
fn frozen_state() -> State {
    let full = full_state();
    let exploration = &full.clip().exploration;
    let outcome = exploration.outcome();
    let fixed = Fixed {
        times: outcome.times.clone(),
        ordinals: outcome.ordinals.clone(),
        width: outcome.width,
        cosines: outcome.classes.iter().map(|class| Some(class.as_ref()?.cosines.clone())).collect(),
        mean_pool: vec![None; outcome.classes.len()],
    };
    let frozen = Exploration::frozen(
        exploration.candidates().to_vec(),
        exploration.calibration(),
        exploration.settings().clone(),
        fixed,
    );
    let sources = full.clip().sources.clone();
    let clip = Clip::new("frozen".to_owned(), None, Vec::new(), frozen, sources, Sampling::Fps(10.0));
    let mut state = state_of(vec![clip]);
    start(&mut state);
    refresh(&mut state);
    state
}

#[test]
fn a_snapshot_without_embeddings_shows_the_same_ranking() {
    let (full, frozen) = (full_state(), frozen_state());
    assert_eq!(frozen.clip().exploration.outcome().ranking, full.clip().exploration.outcome().ranking);
    let mut frozen = frozen;
    for command in [Command::SmoothMore, Command::NextTemplate, Command::EditStep, Command::ShowMap] {
        act(&mut frozen, Action::Do(command));
        assert!(frozen.message.take().is_some_and(|message| message.text.contains("embeddings")));
        assert_eq!((frozen.view, frozen.overlay.is_none()), (View::Script, true));
    }
    let file = Box::new(ScriptFile { classes: Vec::new(), ..frozen.scripts.file().clone() });
    act(&mut frozen, Action::ScriptsRead("other.json".into(), file));
    assert_eq!(frozen.clip().exploration.candidates().len(), 3, "its matrices are of its own scripts");
    frozen.message = None;
    act(&mut frozen, Action::Do(Command::NextCell));
    assert!(text(&draw(&mut frozen, ColourDepth::True, 80, 24)).contains("x logit"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn no_sequence_of_actions_panics(
        which in 0..4,
        happenings in prop::collection::vec(happening(), 1..60),
    ) {
        let mut state = match which {
            0 => demo::demo_state(),
            1 => full_state(),
            2 => frozen_state(),
            _ => empty_state(),
        };
        state.area = Rect::new(0, 0, 80, 24);
        let mut now = 0.0;
        for (number, happening) in happenings.into_iter().enumerate() {
            if let Happening::Tick(by) = happening {
                now += by;
            }
            happen(&mut state, happening, now);
            let depth = [ColourDepth::True, ColourDepth::Indexed, ColourDepth::None][number % 3];
            let Rect { width, height, .. } = state.area;
            draw(&mut state, depth, width, height);
        }
        for (width, height) in SIZES {
            draw(&mut state, ColourDepth::True, width, height);
            draw(&mut state, ColourDepth::None, width, height);
        }
    }
}
