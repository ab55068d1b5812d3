//! The state in sentences: one fact a line, every number with its name and unit.

use crate::explore::{Evidence, Seen};
use crate::find::ClipMoment;
use crate::plot::confidence;
use crate::plot::format::{plain, signed};
use crate::plot::order;
use crate::tui::chord::Chord;
use crate::tui::commands::{COMMANDS, Command, Group};
use crate::tui::difference::Difference;
use crate::tui::patches::{self, NoMap, StepPlace};
use crate::tui::plain::line::WORDS;
use crate::tui::state::{State, View};
use crate::tui::view::{explained, ledger_of};

/// Clip, model, device and candidates.
pub fn greeting(state: &State) -> Vec<String> {
    let clip = state.clip();
    let sources = &clip.sources;
    let mut sentences = vec!["actalign-tui, as plain text. help lists the commands.".to_owned()];
    let (_, clips) = state.place();
    if clips > 1 {
        sentences.push(format!("{clips} clips; next-clip turns to the next."));
    }
    if !clip.twins.is_empty() {
        sentences.push(format!("{} models; next-model turns to the next.", clip.twins.len()));
    }
    sentences.push(which_clip(state));
    sentences.push(format!("Model: {}.", sources.model));
    sentences.push(format!("Device: {}.", sources.device));
    sentences.push(format!("Candidates: {}.", clip.exploration.candidates().len()));
    sentences
}

/// Which clip is shown.
pub fn which_clip(state: &State) -> String {
    let clip = state.clip();
    let number = match state.place() {
        (_, 1) => String::new(),
        (place, clips) => format!(" {place} of {clips}"),
    };
    format!("Clip{number}: {}, sampled at {}.", clip.id, clip.sampling.describe())
}

/// That the winner is settled, and after how many frames.
pub fn settled(Seen { frames, of, .. }: Seen, winner: &str) -> String {
    format!("{winner} is settled after {frames} of {of} frames: the others can hardly change the winner.")
}

/// The candidates, best first.
pub fn ranking(state: &State) -> Vec<String> {
    let clip = state.clip();
    let outcome = clip.exploration.outcome();
    if outcome.ranking.is_empty() {
        return vec!["No candidate is aligned yet.".to_owned()];
    }
    let listed = clip.listed();
    let line = |(place, &class): (usize, &usize)| {
        let name = &clip.exploration.candidates()[class].name;
        let score = plain(outcome.score(class).unwrap_or_default());
        let truth = if clip.answer == Some(class) { " This is the true class." } else { "" };
        listed.contains(&class).then(|| format!("{}. {name}, score {score}.{truth}", place + 1))
    };
    let lines = outcome.ranking.iter().enumerate().filter_map(line);
    lines.chain(outcome.confidence.as_ref().map(confidence::sentence)).collect()
}

/// The selected candidate, without its steps.
pub fn candidate(state: &State) -> Vec<String> {
    let clip = state.clip();
    let Some(candidate) = clip.exploration.candidates().get(clip.selected) else {
        return vec!["There is no candidate.".to_owned()];
    };
    let mut sentences = vec![format!("Selected: {}, {}.", candidate.name, candidate.domain)];
    let outcome = clip.exploration.outcome();
    let Some(class) = clip.selected_outcome() else {
        sentences.push("It is not aligned yet.".to_owned());
        return sentences;
    };
    let rank = outcome.rank(clip.selected).unwrap_or_default();
    sentences.push(format!(
        "Rank {rank} of {}, score {}.",
        outcome.ranking.len(),
        plain(class.alignment.score)
    ));
    if let Some(margin) = outcome.margin(clip.selected) {
        let rival = if rank == 1 { "ahead of the next" } else { "behind the first" };
        sentences.push(format!("It is {} {rival}.", plain(margin.abs())));
    }
    sentences.push(format!("Without the order of its steps it scores {}.", plain(class.order_free)));
    match clip.exploration.evidence(clip.selected) {
        Evidence::Found(found) => sentences.push(format!(
            "With its steps shuffled it scores {} on average: {}",
            plain(found.mean),
            order::above(&found)
        )),
        Evidence::NoOtherOrder => sentences.push("Its steps have no other order.".to_owned()),
        Evidence::Unknown => {}
    }
    if let Some(rank) = outcome.mean_pool_rank(clip.selected) {
        sentences.push(format!("By the mean frame and its name alone it has rank {rank}."));
    }
    if class.alignment.collapsed {
        sentences.push("The path has collapsed: most steps hold a single frame.".to_owned());
    }
    if let Some(wide) = outcome.wide_smoothing(clip.selected) {
        let words = wide.in_words(&candidate.name);
        sentences.push(format!("{}{}.", words[..1].to_uppercase(), &words[1..]));
    }
    sentences
}

/// The steps of the selected candidate.
pub fn script(state: &State) -> Vec<String> {
    let clip = state.clip();
    let Some(candidate) = clip.exploration.candidates().get(clip.selected) else { return Vec::new() };
    let times = &clip.exploration.outcome().times;
    let line = |(step, text): (usize, &String)| {
        let Some(class) = clip.selected_outcome() else { return format!("Step {}: {text}.", step + 1) };
        let frames: Vec<usize> =
            class.alignment.path.iter().filter(|&&(k, _)| k == step).map(|&(_, t)| t).collect();
        let span = match (frames.first(), frames.last()) {
            (Some(&first), Some(&last)) => format!(
                "{}, from {:.1} to {:.1} seconds",
                count(frames.len(), "frame"),
                times.get(first).copied().unwrap_or_default(),
                times.get(last).copied().unwrap_or_default()
            ),
            _ => "no frame".to_owned(),
        };
        let cut =
            if clip.exploration.is_cut(clip.selected, step) { " It is too long and was cut." } else { "" };
        format!("Step {}: {text}. {span}.{cut}", step + 1)
    };
    candidate.steps.iter().enumerate().map(line).collect()
}

/// The frame at the cursor.
pub fn frame(state: &State) -> Vec<String> {
    let clip = state.clip();
    let Some(at) = clip.cursor_frame() else { return vec!["No frame is embedded yet.".to_owned()] };
    let outcome = clip.exploration.outcome();
    let mut sentences = vec![format!("{:.2} seconds, frame {}.", outcome.times[at], outcome.ordinals[at])];
    if let (Some(class), Some(step)) = (clip.selected_outcome(), clip.focus_step())
        && let Some(&value) = class.cells.get((step, at))
        && let Some(text) = clip.exploration.candidates()[clip.selected].steps.get(step)
    {
        let cell = clip.exploration.settings().method.cell;
        sentences.push(format!("Step {}: {text}. {cell} {}.", step + 1, plain(value.into())));
    }
    sentences
}

/// Moments that are said.
const MOMENTS: usize = 20;

/// The moments of the clip, best first; empty as long as none are looked for and found.
pub fn moments(state: &State) -> Vec<String> {
    let Some(found) = state.clip().moments.as_ref().and_then(|moments| moments.found.as_ref()) else {
        return Vec::new();
    };
    let line = |(place, moment): (usize, &ClipMoment)| {
        let found = &moment.found;
        let ahead = match (&found.rival, found.margin) {
            (Some(rival), Some(margin)) if margin >= 0.0 => {
                format!(", ahead of {rival} by {}", plain(margin))
            }
            (Some(rival), Some(margin)) => format!(", behind {rival} by {}", plain(-margin)),
            _ => String::new(),
        };
        format!(
            "{}. {}, from {:.1} to {:.1} seconds, score {}{ahead}.",
            place + 1,
            found.class,
            found.start,
            found.end,
            plain(found.score)
        )
    };
    let count = found.moments.len();
    let head = format!("{} in {} frames.", self::count(count, "moment"), found.frames);
    let rest = count.saturating_sub(MOMENTS);
    let rest = (rest > 0).then(|| format!("And {rest} more."));
    [head].into_iter().chain(found.moments.iter().take(MOMENTS).enumerate().map(line)).chain(rest).collect()
}

/// How well the frame at the cursor fits each step.
pub fn frame_values(state: &State) -> Vec<String> {
    let clip = state.clip();
    let mut sentences = frame(state);
    if let (Some(at), Some(class)) = (clip.cursor_frame(), clip.selected_outcome())
        && at < class.cells.ncols()
    {
        let cell = clip.exploration.settings().method.cell;
        let values = class.cells.column(at);
        let steps = values.iter().enumerate();
        sentences.extend(
            steps.map(|(step, &value)| format!("Step {}: {cell} {}.", step + 1, plain(value.into()))),
        );
    }
    sentences
}

/// Name and value of a knob.
pub type Knob = (String, String);

/// All knobs with their values.
pub fn knobs(state: &State) -> Vec<Knob> {
    let clip = state.clip();
    let sampling = ("sampling", clip.sampling.describe());
    let named = clip.knob_values().in_full().into_iter().chain([sampling]);
    named.map(|(name, value)| (name[..1].to_uppercase() + &name[1..], value)).collect()
}

/// Settings, progress, ranking and selection.
pub fn status(state: &State) -> Vec<String> {
    let clip = state.clip();
    let mut sentences = vec![which_clip(state)];
    let progress = &clip.progress;
    let expected = progress.expected_frames.unwrap_or(progress.decoded);
    sentences.push(format!("{} of {expected} frames are embedded.", clip.exploration.frame_count()));
    if !progress.faults.is_empty() {
        sentences.push(format!("The clip is damaged: {}.", progress.faults));
    }
    sentences.extend(knobs(state).into_iter().map(|(name, value)| format!("{name}: {value}.")));
    if !clip.filter.is_empty() {
        sentences.push(format!("Only candidates that match {} are listed.", clip.filter));
    }
    if state.scripts.is_changed() {
        sentences.push("The scripts have changes that are not saved.".to_owned());
    }
    sentences.extend(ranking(state));
    sentences.extend(candidate(state));
    sentences.extend(script(state));
    sentences.extend(frame(state));
    sentences
}

/// The windows that matter most to the similarity of the frame and the step, if a map of it is shown.
pub fn patches(state: &State) -> Vec<String> {
    let found = match patches::shown(state) {
        None => return Vec::new(),
        Some(Err(NoMap::Computing(..))) => return vec!["Patches are being computed.".to_owned()],
        Some(Err(reason)) => return vec![format!("No patches: {reason}.")],
        Some(Ok(found)) => found,
    };
    let step = |place: StepPlace| {
        let class = &state.clip().exploration.candidates()[place.class];
        format!("step {} of {}", place.step + 1, class.name)
    };
    let mut what = format!("Patches of the frame at {:.2} seconds for {}", found.time, step(found.of));
    if let Some(less) = found.less {
        what += &format!(", less those for {}", step(less));
    }
    let (low, high) = found.map.range();
    let mut sentences = vec![
        format!("{what}. Cosine {}.", plain(found.map.cosine.into())),
        format!("A patch adds {} to {}.", signed(low.into()), signed(high.into())),
    ];
    let (rows, columns) = found.map.values.dim();
    let strongest = found.map.strongest(3).into_iter().enumerate();
    sentences.extend(strongest.map(|(rank, ((row, column), value))| {
        let (row, column) = (row + 1, column + 1);
        let value = signed(value.into());
        format!("Strongest {}: row {row} of {rows}, column {column} of {columns}, adds {value}.", rank + 1)
    }));
    sentences
}

/// What the view shows that a command has opened.
pub fn view(state: &State, command: Command) -> Vec<String> {
    match command {
        Command::Compare if state.view == View::Compare => compare(state),
        Command::ShowLedger if state.view == View::Ledger => ledger(state),
        Command::ShowFrame if state.view == View::Frame => frame_values(state),
        Command::ShowSmoothing if state.view == View::Smoothing => smoothing(state),
        _ => Vec::new(),
    }
}

fn compare(state: &State) -> Vec<String> {
    let clip = state.clip();
    let Some(pinned) = clip.compared.filter(|&pinned| pinned != clip.selected) else {
        return vec!["There is no other candidate to compare with.".to_owned()];
    };
    let (Some(of_pinned), Some(selected)) = (clip.outcome_of(pinned), clip.selected_outcome()) else {
        return vec!["Both candidates must be aligned first.".to_owned()];
    };
    let name = |class: usize| &clip.exploration.candidates()[class].name;
    let times = &clip.exploration.outcome().times;
    let difference = Difference::between(of_pinned, selected, times.len());
    let mut sentences = vec![
        format!("Pinned: {}, score {}.", name(pinned), plain(of_pinned.alignment.score)),
        format!("Selected: {}, score {}.", name(clip.selected), plain(selected.alignment.score)),
    ];
    if let Some(frame) = difference.widest
        && let Some(value) = difference.by_frame[frame]
    {
        let better = if value >= 0.0 { clip.selected } else { pinned };
        sentences.push(format!(
            "They differ most at {:.2} seconds, where {} is {} better.",
            times[frame],
            name(better),
            plain(value.abs())
        ));
        let ahead =
            |sign: f64| difference.by_frame.iter().flatten().filter(|&&value| value * sign > 0.0).count();
        sentences.push(format!("{} is better in {}.", name(pinned), count(ahead(-1.0), "frame")));
        sentences.push(format!("{} is better in {}.", name(clip.selected), count(ahead(1.0), "frame")));
    }
    sentences
}

/// The gap between two classes, step by step.
fn ledger(state: &State) -> Vec<String> {
    let reports = explained(state);
    let Some(ledger) = ledger_of(state, &reports) else {
        return vec!["Two candidates must be aligned first.".to_owned()];
    };
    let mut sentences = vec![format!("{}.", ledger.sentence())];
    for side in &ledger.sides {
        sentences.push(format!("{}, score {}:", side.name, plain(side.score)));
        for entry in &side.entries {
            let name = entry.step.map_or(String::new(), |step| format!("Step {}: ", step + 1));
            let without = match (entry.lead_without, entry.rank_without) {
                (Some(lead), Some(rank)) => {
                    let place = if lead >= 0.0 { "ahead" } else { "behind" };
                    format!(" Without it {} is {} {place}, at rank {rank}.", side.name, plain(lead.abs()))
                }
                _ => String::new(),
            };
            sentences.push(format!("{name}{}. It adds {}.{without}", entry.text, plain(entry.share)));
        }
    }
    sentences
}

fn smoothing(state: &State) -> Vec<String> {
    let (Some(before), Some(after)) = (&state.clip().above, state.clip().selected_outcome()) else {
        return vec!["The candidate must be aligned first.".to_owned()];
    };
    let score = |what: &str, outcome: &crate::explore::ClassOutcome| {
        let collapsed = if outcome.alignment.collapsed { ", and the path has collapsed" } else { "" };
        let frames: Vec<String> = outcome.alignment.frames_per_step.iter().map(usize::to_string).collect();
        format!(
            "{what} smoothing: score {}, frames per step {}{collapsed}.",
            plain(outcome.alignment.score),
            frames.join(", ")
        )
    };
    vec![score("Before", &before.outcome), score("After", after)]
}

/// The maps of the steps in numbers.
pub fn map(maps: &crate::explore::StepMaps) -> Vec<String> {
    let share = |what: &str, map: &crate::explore::StepMap| {
        let kinship = map.kinship(|class| class).unwrap_or_default();
        format!(
            "{what}, {:.0} percent of the steps lie nearest to a step of their own class.",
            100.0 * kinship
        )
    };
    vec![share("Without context", &maps.plain), share("With context", &maps.context)]
}

/// All commands, or one.
pub fn help(state: &State, name: Option<&str>) -> Vec<String> {
    let keys = |command| {
        let keys: Vec<String> = state.keymap.chords(command).map(|chord| chord.written()).collect();
        if keys.is_empty() { String::new() } else { format!(" Key: {}.", keys.join(" or ")) }
    };
    let about = |about: &crate::tui::commands::About| {
        format!("{}: {}.{}", about.name, about.help, keys(about.command))
    };
    if let Some(name) = name {
        let word = WORDS.iter().find(|(word, ..)| *word == name);
        let key = || state.keymap.command(name.parse::<Chord>().ok()?);
        let command = Command::named(name).or_else(key).map(|command| about(command.about()));
        let found = word.map(|(word, _, help)| format!("{word}: {help}.")).or(command);
        return vec![found.unwrap_or_else(|| format!("Error: unknown command {name}; help lists all."))];
    }
    let mut sentences = vec![
        "A line is a command's name or its key. A number before it repeats it; words after it answer what it would ask."
            .to_owned(),
        "Words of plain text:".to_owned(),
    ];
    sentences.extend(WORDS.iter().map(|(word, _, help)| format!("{word}: {help}.")));
    for &group in Group::ALL {
        sentences.push(format!("{}:", group.name()));
        sentences.extend(COMMANDS.iter().filter(|about| about.group == group).map(about));
    }
    sentences
}

/// `1 frame`, `2 frames`.
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
