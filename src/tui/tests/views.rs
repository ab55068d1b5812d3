//! Views and overlays on screens of two sizes, and playing.

use super::*;
use crate::align::OrderEvidence;
use crate::explain::Confidence;
use crate::explore::EvidenceUpdate;
use crate::script::ScriptFile;
use crate::tui::action::{EntryKind, FileEntry, Listing, TokenCount};
use crate::tui::state::View;
use crate::tui::update::next_tick;

#[test]
fn comparing_two_classes() {
    let mut state = full_state();
    type_keys(&mut state, "c");
    assert_eq!((state.view, state.clip().compared, state.clip().selected), (View::Compare, Some(1), 2));
    assert_screens!("compare", &mut state);
    type_keys(&mut state, "j");
    assert_eq!((state.clip().compared, state.clip().selected), (Some(1), 0), "another to compare with");
    type_keys(&mut state, "c");
    assert_eq!(state.view, View::Script);
}

#[test]
fn the_ledger_of_two_classes() {
    let mut state = full_state();
    type_keys(&mut state, "C");
    assert_eq!((state.view, state.clip().compared, state.clip().selected), (View::Ledger, Some(1), 2));
    assert_screens!("ledger", &mut state);
    // The deciding step changes with the knobs, and with what is compared.
    let before = screen(&mut state);
    type_keys(&mut state, "{");
    assert_ne!(screen(&mut state), before);
    type_keys(&mut state, "j");
    assert!(screen(&mut state).contains("long jump leads nap by"), "{}", screen(&mut state));
    type_keys(&mut state, "C");
    assert_eq!(state.view, View::Script);
}

#[test]
fn shares_have_bars_in_proportion() {
    let mut state = full_state();
    type_keys(&mut state, "C");
    let buffer = draw(&mut state, ColourDepth::True, 120, 40);
    let good = state.theme.good().fg;
    let is_bar = |at| buffer[at].symbol() == "█" && Some(buffer[at].fg) == good;
    let length = |row: u16| (0..60).filter(|&x| is_bar((x, row))).count();
    let rows: Vec<usize> = (0..40).map(length).filter(|&length| length > 0).collect();
    assert_eq!(rows.len(), 4, "a bar for each step of the long jump");
    assert!(rows[0] > rows[1] && rows[0] > rows[3], "{rows:?}");
}

/// Colours of the cells of a matrix on the screen, each step's first row.
fn colours(state: &mut State, panel: usize, step: usize) -> Vec<Color> {
    let area = ratatui::layout::Rect::new(0, 0, 120, 40);
    let screen = crate::tui::view::layout::Screen::of(state, area).unwrap();
    let panel = &screen.panels[panel];
    let row = panel.top_of(step).unwrap();
    let buffer = draw(state, ColourDepth::True, 120, 40);
    (panel.matrix.x..panel.matrix.right()).map(|x| buffer[(x, row)].bg).collect()
}

#[test]
fn two_matrices_have_the_colours_of_one_scale() {
    let mut state = full_state();
    // Backwards has the same steps from the last to the first, in sentences that are embedded alike.
    type_keys(&mut state, "c");
    for step in 0..4 {
        assert_eq!(colours(&mut state, 0, step), colours(&mut state, 1, 3 - step), "step {step}");
    }
    // Beside a class that nothing fits, all of the first one's cells are bright.
    let alone = colours(&mut full_state(), 0, 0);
    type_keys(&mut state, "j");
    assert_eq!(state.clip().selected, 0);
    assert_ne!(colours(&mut state, 0, 0), alone, "the scale is of both");
}

#[test]
fn the_difference_of_two_classes_is_coloured_and_described() {
    let mut state = full_state();
    type_keys(&mut state, "c");
    let buffer = draw(&mut state, ColourDepth::True, 120, 40);
    let area = ratatui::layout::Rect::new(0, 0, 120, 40);
    let bars = crate::tui::view::layout::Screen::of(&state, area).unwrap().difference;
    let [pinned, _, _] = state.theme.palette.difference;
    let pinned = state.theme.colour(pinned);
    let upper: Vec<_> = (bars.x..bars.right()).map(|x| &buffer[(x, bars.y)]).collect();
    assert!(upper.iter().filter(|cell| cell.fg == pinned && cell.symbol() == "█").count() > 3);
    assert!(text(&buffer).contains("for long jump"));
}

#[test]
fn before_and_after_smoothing() {
    let mut state = full_state();
    type_keys(&mut state, "b");
    assert_screens!("smoothing", &mut state);
    let before = colours(&mut state, 0, 1);
    type_keys(&mut state, "}");
    assert_eq!(state.clip().exploration.outcome().width, 20);
    type_keys(&mut state, "{{{");
    assert_eq!(colours(&mut state, 0, 1), colours(&mut state, 1, 1), "without smoothing both are the same");
    let colours: std::collections::HashSet<Color> = before.into_iter().collect();
    assert!(colours.len() > 3);
}

#[test]
fn a_pin_shows_which_classes_move() {
    let mut state = full_state();
    type_keys(&mut state, "w");
    assert!(screen(&mut state).contains("1 = +0.0000"), "{}", screen(&mut state));
    // Cosines rank the nap before the jump backwards.
    let class = |state: &State, place: usize| state.clip().exploration.outcome().ranking[place];
    let then = class(&state, 1);
    type_keys(&mut state, "[[[[x");
    assert!(screen(&mut state).contains("(pinned 1.00 s = 10 frames)"));
    assert!(screen(&mut state).contains("(pinned affinity)"));
    assert_screens!("pinned", &mut state);
    let moved = class(&state, 1) != then;
    let buffer = draw(&mut state, ColourDepth::True, 120, 40);
    let coloured = |colour: Color, mark: &str| {
        buffer.content.iter().any(|cell| cell.symbol() == mark && cell.fg == colour)
    };
    assert_eq!(coloured(state.theme.colour(state.theme.palette.good), "▲"), moved);
    assert_eq!(coloured(state.theme.colour(state.theme.palette.bad), "▼"), moved);
    type_keys(&mut state, "w");
    assert!(!screen(&mut state).contains("pinned 1.00 s"));
}

#[test]
fn the_map_asks_for_its_texts_and_its_points() {
    let mut state = full_state();
    assert!(update(&mut state, Action::Do(Command::ShowMap), 0.0).is_empty());
    let effects = refresh(&mut state);
    let [.., Effect::EmbedTexts(texts)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(texts.len(), 6, "the steps without context");
    let texts = texts.iter().map(|text| (text.clone(), text_embedding(text), false)).collect();
    send(&mut state, Update::Texts(texts));
    let request = state.clip().exploration.map_request().expect("all texts are there");
    act(&mut state, Action::Mapped(0, Box::new(request.compute())));
    assert_screens!("map", &mut state);
    type_keys(&mut state, "M");
    assert!(screen(&mut state).contains(" a  athletics"));
    type_keys(&mut state, "MD");
    let screen = screen(&mut state);
    assert!(
        screen.contains("as it was") && screen.contains(" c  long jump backwards"),
        "still of three classes: {screen}"
    );
}

#[test]
fn the_palette_finds_and_runs_commands() {
    let mut state = full_state();
    type_keys(&mut state, ":smth");
    assert_screens!("palette", &mut state);
    type_keys(&mut state, "⌫⌫⌫⌫compare⏎");
    assert_eq!((state.view, state.overlay.is_none()), (View::Compare, true));
}

#[test]
fn the_template_prompt_shows_its_sentence() {
    let mut state = full_state();
    let effects = type_keys(&mut state, "y");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::CountTokens(_))), "{effects:?}");
    type_keys(&mut state, &"⌫".repeat(60));
    type_keys(&mut state, "now {step}!");
    let sentence = "now the athlete stands!".to_owned();
    let tokens = TokenCount { sentence, used: 5, most: 63, cut: false };
    act(&mut state, Action::Tokens(tokens));
    assert_screens!("template", &mut state);
    let effects = type_keys(&mut state, "⏎");
    let [Effect::EmbedTexts(texts)] = &effects[..] else { panic!("{effects:?}") };
    assert!(texts.contains(&"now the athlete runs!".to_owned()));
    assert!(screen(&mut state).contains("template custom"));
    type_keys(&mut state, "t");
    assert!(screen(&mut state).contains("template context"), "it can be turned to like the others");
}

#[test]
fn alpha_and_beta_are_overridden_and_restored() {
    let mut state = full_state();
    let own = state.clip().exploration.outcome().score(1);
    type_keys(&mut state, "=");
    assert!(screen(&mut state).contains("10 -10"));
    type_keys(&mut state, "⌫⌫⌫⌫⌫⌫20 -8⏎");
    assert_eq!(state.clip().exploration.calibration_in_force(), Calibration { alpha: 20.0, beta: -8.0 });
    assert_ne!(state.clip().exploration.outcome().score(1), own);
    assert!(screen(&mut state).contains("α 20.00 β -8.00 (own)"));
    type_keys(&mut state, "=⌫⌫⌫⌫⌫x⏎");
    assert!(screen(&mut state).contains("Give alpha and beta"));
    type_keys(&mut state, "⌫⌫⏎");
    assert_eq!(state.clip().exploration.outcome().score(1), own);
}

#[test]
fn only_candidates_that_match_are_listed() {
    let mut state = full_state();
    type_keys(&mut state, "/back");
    assert_screens!("filter", &mut state);
    assert_eq!(state.clip().listed(), [2]);
    type_keys(&mut state, "⏎j");
    assert_eq!(state.clip().selected, 2);
    type_keys(&mut state, "⎋");
    assert_eq!(state.clip().listed().len(), 3, "Esc lists all again");
    type_keys(&mut state, "/xyz");
    assert!(screen(&mut state).contains("no candidate matches “xyz”"));
}

#[test]
fn a_file_is_picked_by_its_name() {
    let mut state = full_state();
    let effects = act(&mut state, Action::Do(Command::Open));
    let [Effect::List(asked)] = &effects[..] else { panic!("{effects:?}") };
    let file = |name: &str| FileEntry { kind: EntryKind::File, name: name.to_owned() };
    let folder = FileEntry { kind: EntryKind::Folder, name: "more".to_owned() };
    let entries = vec![file("run.mp4"), file("jump.json"), folder, file("jump.mp4")];
    act(&mut state, Action::Listed(Listing { asked: asked.clone(), folder: "/films".into(), entries }));
    assert_screens!("files", &mut state);
    let effects = type_keys(&mut state, "jump↓⏎");
    let [Effect::OpenClip(path)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(path.to_str(), Some("/films/jump.mp4"));
    let effects = act(&mut state, Action::ClipFound { path: path.clone(), like: 0 });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Start { clip: 1, .. })), "{effects:?}");
    assert!(screen(&mut state).starts_with("clip 2/2 · /films/jump.mp4"));
    assert!(state.clip().exploration.missing_texts().is_empty(), "texts are shared");
    embed_all(&mut state);
    type_keys(&mut state, "e");
    let screen = screen(&mut state);
    assert!(screen.contains("Step 1 · Enter accepts"), "it has scripts to edit: {screen}");
}

#[test]
fn scripts_of_the_library_are_picked_like_files() {
    let mut state = full_state();
    act(&mut state, Action::Do(Command::Open));
    type_keys(&mut state, "⏎");
    assert_screens!("library", &mut state);
    let effects = type_keys(&mut state, "skating-short⏎");
    let [Effect::OpenScripts(path)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(path.to_str(), Some("lib:figure-skating-short"));

    let file = Box::new(ScriptFile::load(path).unwrap());
    act(&mut state, Action::ScriptsRead(path.clone(), file));
    assert_eq!(state.clip().sources.scripts, "lib:figure-skating-short");
    assert_eq!(state.scripts.path(), None, "the library is not the user's to change");
    let saving = act(&mut state, Action::Do(Command::SaveScripts));
    assert!(screen(&mut state).contains("scripts.json"), "a file is asked for: {saving:?}");
    type_keys(&mut state, "⎋");

    act(&mut state, Action::Do(Command::Open));
    type_keys(&mut state, "lib:te");
    let library = screen(&mut state);
    assert!(library.contains("lib:tennis-short") && !library.contains("lib:diving"), "{library}");
    type_keys(&mut state, "←");
    let folder = screen(&mut state);
    assert!(
        folder.contains("scripts that come with the program") && folder.contains("reading the folder"),
        "{folder}"
    );
    type_keys(&mut state, "run");
    assert!(!screen(&mut state).contains("lib:"), "the library is in the way of no file that is looked for");
}

#[test]
fn the_comparison_stays_on_another_clip() {
    let mut state = state_of(vec![clip("a", None, &[]), clip("b", None, &[])]);
    start(&mut state);
    embed_all(&mut state);
    type_keys(&mut state, "cN");
    embed_all(&mut state);
    let clip = state.clip();
    let ranking = &clip.exploration.outcome().ranking;
    assert_eq!((state.shown, clip.selected, clip.compared), (1, ranking[0], Some(ranking[1])));
    assert!(screen(&mut state).contains("differ most at"));
}

#[test]
fn one_key_goes_to_the_largest_difference() {
    let mut state = full_state();
    type_keys(&mut state, ".");
    assert!(screen(&mut state).contains("Compare two classes first: c"));
    type_keys(&mut state, "c.");
    let screen = screen(&mut state);
    assert!(screen.contains("differ most at 3.70 s") && screen.contains("frame 38/40 · 3.70 s"), "{screen}");
}

#[test]
fn the_clip_plays_by_the_clock_and_drops_frames_that_come_too_late() {
    let mut state = full_state();
    let at = |state: &State| state.clip().cursor_frame();
    update(&mut state, Action::Do(Command::Play), 100.0);
    let tick = next_tick(&state).unwrap();
    assert!((tick - 100.1).abs() < 1e-9, "{tick}");
    update(&mut state, Action::Tick, tick);
    assert_eq!(at(&state), Some(1));
    update(&mut state, Action::Tick, 101.04);
    assert_eq!(at(&state), Some(10), "nine frames later in one go");
    assert!(screen(&mut state).contains("playing"));
    update(&mut state, Action::Do(Command::Play), 101.1);
    assert_eq!((next_tick(&state), at(&state)), (None, Some(10)));
    update(&mut state, Action::Do(Command::Play), 200.0);
    update(&mut state, Action::Tick, 999.0);
    assert_eq!((next_tick(&state), at(&state)), (None, Some(FRAMES - 1)), "it ends with the clip");
    update(&mut state, Action::Do(Command::Play), 1000.0);
    assert_eq!(at(&state), Some(0), "and begins again");
}

#[test]
fn order_evidence_is_requested_once_per_ranking_after_embedding() {
    let asks = |effects: Vec<Effect>| effects.iter().any(|effect| matches!(effect, Effect::FindEvidence(_)));
    let mut state = empty_state();
    embed_missing(&mut state);
    let job = state.clip().job.unwrap();
    update(&mut state, Action::Background(job, Update::Frames((0..FRAMES).map(frame).collect())), 0.0);
    assert!(!asks(refresh(&mut state)), "frames may still come");
    update(&mut state, Action::Background(job, Update::Idle), 0.0);
    assert!(asks(refresh(&mut state)));
    assert!(!asks(refresh(&mut state)));
    update(&mut state, Action::Do(Command::FrameForward), 0.0);
    assert!(!asks(refresh(&mut state)));
    update(&mut state, Action::Do(Command::SmoothLess), 0.0);
    assert!(asks(refresh(&mut state)));
    assert!(screen(&mut state).contains('…'), "not yet found");

    let generation = state.clip().exploration.generation();
    let order = crate::align::OrderEvidence { mean: 0.1, z: 2.44, z_error: 0.0, p: 0.04, permutations: 23 };
    let news = |generation| {
        let evidence = Some(order);
        Action::Evidence(crate::explore::EvidenceUpdate::Found { generation, class: 1, evidence })
    };
    act(&mut state, news(generation - 1));
    assert!(!screen(&mut state).contains("+2.4*"), "of the ranking before");
    act(&mut state, news(generation));
    assert!(screen(&mut state).contains("+2.4*"));
}

#[test]
fn a_winner_that_is_too_close_to_call_is_marked_above_the_ranking() {
    let mut state = full_state();
    let generation = state.clip().exploration.generation();
    let sure = Confidence {
        margin: 0.2385,
        interval: [0.2, 0.25],
        too_close: false,
        spread: 0.01,
        won: 1.0,
        block: 10,
        margin_order: None,
    };
    let close = Confidence { interval: [-0.1, 0.3], too_close: true, ..sure };
    let news = |generation, confidence| Action::Evidence(EvidenceUpdate::Sure { generation, confidence });
    act(&mut state, news(generation - 1, sure));
    assert!(!screen(&mut state).contains("margin +0.2385"), "of the ranking before");
    act(&mut state, news(generation, sure));
    let row = |state: &mut State, width| {
        let screen = text(&draw(state, ColourDepth::True, width, 40));
        screen.lines().find(|line| line.contains("candidate ")).unwrap().to_owned()
    };
    assert!(row(&mut state, 120).starts_with("     candidate margin +0.2385 in [+0.2000, +0.2500], 95 %  "));
    let narrow = row(&mut state, 80);
    assert!(narrow.starts_with("     candidate       "), "no room: {narrow}");

    act(&mut state, news(generation, close));
    assert!(
        row(&mut state, 120).contains("candidate too close to call: margin +0.2385 in [-0.1000, +0.3000]")
    );
    let buffer = draw(&mut state, ColourDepth::True, 80, 24);
    let lines = text(&buffer);
    let (y, line) = lines.lines().enumerate().find(|(_, line)| line.contains("too close to call")).unwrap();
    let x = line.find("too close").unwrap();
    assert!(line.ends_with("score    margin   unordered  order  pool"), "{line}");
    assert_eq!(Some(buffer[(x as u16, y as u16)].fg), state.theme.bad().fg);

    // Another width aligns anew: nothing is known until it is asked for again.
    type_keys(&mut state, "[");
    assert!(!screen(&mut state).contains("too close"));
}

#[test]
fn views_are_a_ring_and_escape_leads_back() {
    let mut state = full_state();
    let mut seen = vec![state.view];
    for _ in 1..View::ALL.len() {
        type_keys(&mut state, "⇥");
        seen.push(state.view);
    }
    assert_eq!(seen, View::ALL);
    type_keys(&mut state, "⎋");
    assert_eq!(state.view, View::Script);
}

#[test]
fn the_theme_command_cycles_through_the_themes() {
    let mut state = full_state();
    state.themes = crate::tui::theme::Palette::built_in().into();
    let before = draw(&mut state, ColourDepth::True, 80, 24);
    act(&mut state, Action::Do(Command::NextTheme));
    assert_eq!(state.theme.palette.name, "light");
    assert_ne!(draw(&mut state, ColourDepth::True, 80, 24), before);
    act(&mut state, Action::Do(Command::NextTheme));
    act(&mut state, Action::Do(Command::NextTheme));
    assert_eq!(state.theme.palette.name, "dark");
}

#[test]
fn smoothing_that_is_wider_than_the_median_step_is_marked_and_explained() {
    let mut state = full_state();
    let marked = |state: &mut State, depth, (width, height)| {
        let screen = text(&draw(state, depth, width, height));
        let knob = screen.lines().find(|line| line.contains("smoothing ")).unwrap().contains("frames ⚠");
        let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        (knob, words.contains("⚠ smoothing blurs steps"))
    };
    for depth in [ColourDepth::True, ColourDepth::None] {
        assert_eq!(marked(&mut state, depth, (80, 24)), (false, false));
    }
    // Steps of about ten frames: two frames more are too many.
    type_keys(&mut state, "]]]");
    for depth in [ColourDepth::True, ColourDepth::None] {
        for size in [(80, 24), (120, 40)] {
            assert_eq!(marked(&mut state, depth, size), (true, true), "{depth:?} {size:?}");
        }
    }
    assert_screens!("wide_smoothing", &mut state);
    type_keys(&mut state, "[[[");
    assert_eq!(marked(&mut state, ColourDepth::True, (120, 40)), (false, false));
}

#[test]
fn the_ledger_says_what_the_order_of_the_steps_does() {
    let mut state = full_state();
    act(&mut state, Action::Do(Command::ShowLedger));
    let words = |state: &mut State, width, height| {
        let screen = text(&draw(state, ColourDepth::None, width, height));
        screen.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(!words(&mut state, 80, 24).contains("shuffled"), "not yet found");
    let exploration = &state.clip().exploration;
    let (generation, ranking) = (exploration.generation(), exploration.outcome().ranking.clone());
    let order = |z| OrderEvidence { mean: 0.2, z, z_error: 0.12, p: 0.005, permutations: 6000 };
    for (class, z) in [(ranking[0], 2.44), (ranking[1], -1.5)] {
        let evidence = Some(order(z));
        act(&mut state, Action::Evidence(EvidenceUpdate::Found { generation, class, evidence }));
    }
    let confidence = Confidence {
        margin: 0.2385,
        interval: [0.2, 0.25],
        too_close: false,
        spread: 0.01,
        won: 1.0,
        block: 10,
        margin_order: Some(order(3.2)),
    };
    act(&mut state, Action::Evidence(EvidenceUpdate::Sure { generation, confidence }));
    for (width, height) in [(80, 24), (120, 40)] {
        let words = words(&mut state, width, height);
        let of_classes =
            "steps shuffled: #1 z +2.4 ± 0.12, p 0.005, n 6000 · #2 z -1.5 ± 0.12, p 0.005, n 6000";
        assert!(words.contains(of_classes), "{width}: {words}");
        assert!(
            words.contains("both scripts shuffled: lead 0.2000, z +3.2 ± 0.12, p 0.005, n 6000"),
            "{width}: {words}"
        );
    }
}
