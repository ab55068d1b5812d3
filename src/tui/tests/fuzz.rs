//! No sequence of actions panics, on a screen of any size.

use std::path::PathBuf;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::*;
use crate::explain::{FramePatches, Grid};
use crate::explore::{EvidenceUpdate, Fixed};
use crate::tui::action::{EntryKind, FileEntry, Listing, TokenCount};
use crate::tui::patches::EmbeddedPatches;
use crate::tui::state::View;

/// A name for failures, and the action, which may depend on the state.
struct Happening(String, Choice);

/// An action, if there is one in a state.
type Choice = Box<dyn Fn(&State) -> Option<Action>>;

impl std::fmt::Debug for Happening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An action made from a random value and the state.
fn happens<T: Clone + std::fmt::Debug + 'static>(
    name: &'static str,
    values: impl Strategy<Value = T> + 'static,
    action: impl Fn(&State, T) -> Option<Action> + Copy + 'static,
) -> BoxedStrategy<Happening> {
    let happening = move |value: T| {
        Happening(format!("{name} {value:?}"), Box::new(move |state| action(state, value.clone())))
    };
    values.prop_map(happening).boxed()
}

/// An update of the job of the clip on the screen.
fn sends<T: Clone + std::fmt::Debug + 'static>(
    name: &'static str,
    values: impl Strategy<Value = T> + 'static,
    its_update: impl Fn(&State, T) -> Update + Copy + 'static,
) -> BoxedStrategy<Happening> {
    happens(name, values, move |state, value| {
        Some(Action::Background(state.clip().job?, its_update(state, value)))
    })
}

fn key() -> impl Strategy<Value = KeyEvent> {
    use KeyCode::*;
    let named = vec![Enter, Esc, Backspace, Tab, BackTab, Up, Down, Left, Right, Home, End, PageDown, F(1)];
    let code = prop_oneof![
        any::<char>().prop_map(Char),
        proptest::char::range(' ', '~').prop_map(Char),
        prop::sample::select(named),
    ];
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::SHIFT,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
    ]);
    (code, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

fn mouse() -> impl Strategy<Value = MouseEvent> {
    let kind = prop::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
        MouseEventKind::Moved,
    ]);
    let place = (prop_oneof![0u16..130, 0u16..400], prop_oneof![0u16..45, 0u16..120]);
    (kind, place).prop_map(|(kind, (column, row))| MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

fn happening() -> impl Strategy<Value = Happening> {
    let size = prop_oneof![(1u16..400, 1u16..120), (55u16..130, 15u16..45)];
    prop_oneof![
        8 => happens("command", 0..COMMANDS.len(), |_, at| Some(Action::Do(COMMANDS[at].command))),
        6 => happens("key", key(), |_, key| Some(Action::Key(key))),
        1 => happens("paste", ".{0,20}", |_, text| Some(Action::Paste(text))),
        3 => happens("mouse", mouse(), |_, mouse| Some(Action::Mouse(mouse))),
        2 => happens("resize", size, |_, (columns, rows)| Some(Action::Resize(columns, rows))),
        2 => sends("frames", (0..FRAMES, 1..FRAMES), |_, (first, count)| {
            Update::Frames((first..(first + count).min(FRAMES)).rev().map(frame).collect())
        }),
        2 => sends("decoded", 0..FRAMES, |_, index| {
            let EmbeddedFrame { ordinal, time, .. } = frame(index);
            let picture = RgbImage::from_pixel(16, 9, Rgb([index as u8, 9, 9]));
            Update::Decoded { ordinal, time, thumbnail: Thumbnail::new(ordinal, time, &picture) }
        }),
        1 => sends("all decoded", Just(()), |_, ()| {
            Update::AllDecoded { frames: FRAMES, faults: Faults { lost: 1, ..Faults::default() } }
        }),
        3 => sends("texts", Just(()), |state, ()| {
            let missing = state.clip().exploration.missing_texts().into_iter();
            Update::Texts(missing.map(|text| (text.clone(), text_embedding(&text), text.len() > 60)).collect())
        }),
        1 => sends("prefetched", Just(()), |state, ()| {
            let missing = state.clip().exploration.missing_texts_in(&Template::built_in()[1]);
            let text = missing.into_iter().next().unwrap_or_default();
            let embedding = text_embedding(&text);
            Update::Prefetched((text, embedding, false))
        }),
        2 => sends("idle", Just(()), |_, ()| Update::Idle),
        1 => sends("failed", Just(()), |_, ()| Update::Failed(color_eyre::eyre::eyre!("the disk\nis gone"))),
        1 => happens("evidence", any::<bool>(), |state, is_new| {
            let generation = state.clip().exploration.generation() - u64::from(!is_new);
            let order = crate::align::OrderEvidence { mean: 0.1, z: -3.0, z_error: 0.1, p: 0.5, permutations: 5 };
            let evidence = is_new.then_some(order);
            Some(Action::Evidence(EvidenceUpdate::Found { generation, class: 1, evidence }))
        }),
        1 => happens("maps", Just(()), |state, ()| {
            let request = state.clip().exploration.map_request()?;
            Some(Action::Mapped(state.shown, Box::new(request.compute())))
        }),
        2 => happens("moments", any::<bool>(), |state, works| {
            let number = state.next_job.checked_sub(1)?;
            let found = crate::find::MomentSearch::new(&state.clip().exploration, &[]).ok()?.run(|| false);
            let found = if works { Ok(Box::new(found.ok()??)) } else { Err("not finite".to_owned()) };
            Some(Action::MomentsFound(state.shown, number, found))
        }),
        1 => happens("patches", any::<bool>(), |state, works| {
            let place = state.patches_asked?;
            let rows = ndarray::Array2::from_shape_fn((17, KINDS.len()), |(row, axis)| ((row + axis) % 3) as f32);
            let patches = FramePatches::of(Grid::new(40, 40, 10), rows.view());
            let patches = if works { Ok(patches) } else { Err("no patches".to_owned()) };
            Some(Action::PatchesEmbedded(EmbeddedPatches { place, patches }))
        }),
        1 => happens("tokens", Just(()), |_, ()| {
            let sentence = "a sentence".to_owned();
            Some(Action::Tokens(TokenCount { sentence, used: 3, most: 31, cut: false }))
        }),
        1 => happens("listed", Just(()), |_, ()| {
            let entry = |kind, name: &str| FileEntry { kind, name: name.to_owned() };
            let entries = vec![entry(EntryKind::Folder, "more"), entry(EntryKind::File, "clip.mp4")];
            Some(Action::Listed(Listing { asked: "clips".into(), folder: "/clips".into(), entries }))
        }),
        // Every clip more makes the others slower.
        1 => happens("clip found", Just(()), |state, ()| {
            (state.clips.len() < 5).then(|| Action::ClipFound { path: "another.mp4".into(), like: state.shown })
        }),
        1 => happens("scripts read", 0usize..4, |_, count| {
            let names = ["class 0", "class 1", "class 2", "class 3"];
            let classes = (0..=count).map(|place| class(names[place], &KINDS[..=place])).collect();
            Some(Action::ScriptsRead("own.json".into(), Box::new(script_file("own", classes))))
        }),
        1 => happens("scripts saved", any::<bool>(), |state, quits| {
            let file = Box::new(state.scripts.file().clone());
            Some(Action::ScriptsSaved { path: PathBuf::from("own.json"), file, quits })
        }),
    ]
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
        happenings in prop::collection::vec((happening(), 0..10, 0.0..9.0f64), 1..60),
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
            let action = match happening {
                (_, 0, later) => {
                    now += later;
                    Some(Action::Tick)
                }
                (Happening(_, action), ..) => action(&state),
            };
            if let Some(action) = action {
                update(&mut state, action, now);
                refresh(&mut state);
            }
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
