//! Moving through the results of an evaluation.

use crate::eval::{CLUSTERS, clusters_of};
use crate::tui::clip::Clip;
use crate::tui::results::{ClipResult, Results, Shown};
use crate::tui::state::{State, View};
use crate::tui::update::{clips, views};

/// Shows the next or the previous clip that the row has wrong.
pub fn turn(state: &mut State, forward: bool) {
    let Some(results) = &state.results else { return no_results(state) };
    let count = results.clips.len();
    let is_wrong = |clip: &usize| {
        *clip < state.clips.len() && results.is_wrong(*clip, &state.clips[*clip]) == Some(true)
    };
    let around =
        (1..=count).map(|step| if forward { state.shown + step } else { state.shown + count - step });
    match around.map(|clip| clip % count).find(is_wrong) {
        Some(clip) => show_clip(state, clip),
        None => state.say(format!("{} has every clip right.", results.rows[results.row].name)),
    }
}

/// Shows a clip with the knobs of the row: the predicted class, compared with the true one if that is another.
pub fn show_clip(state: &mut State, index: usize) {
    let Some(results) = &state.results else { return };
    let row = results.rows[results.row].clone();
    let prediction = state.clips.get(index).and_then(|clip| results.prediction(index, clip));
    let clusters = clusters_in_words(results, index);
    let unread = match results.clips.get(index) {
        Some(ClipResult::Unread(reason)) => Some(reason.clone()),
        _ => None,
    };
    clips::show(state, index);
    let clip = state.clip_mut();
    if let Some(settings) = row.settings.clone()
        && *clip.exploration.settings() != settings
    {
        clip.exploration.set(settings);
        clip.stale = true;
        clips::embed(state);
    }
    let clip = state.clip_mut();
    let answer = clip.answer;
    clip.filter.clear();
    clip.step = None;
    if let Some(class) = prediction {
        clip.select(class);
    }
    clip.compared = answer.filter(|_| prediction.is_some_and(|class| Some(class) != answer));
    let clip_is_wrong = clip.compared.is_some();
    let view = if clip_is_wrong { View::Compare } else { View::Script };
    views::show(state, view);
    match unread {
        Some(reason) => state.complain(format!("The evaluation could not read it: {reason}")),
        None => {
            let is_left_out = state.results.as_ref().is_some_and(|results| results.is_left_out(index));
            let mut text = match is_left_out {
                true => format!("{} has not answered this clip.", row.name),
                false => words(&row.name, prediction, state.clip()),
            };
            if clip_is_wrong {
                text += &clusters;
            }
            if row.settings.is_none() {
                text += " These matrices are not those of the row.";
            }
            state.say(text);
        }
    }
}

/// The clusters of a clip as another sentence; empty if they are not known.
fn clusters_in_words(results: &Results, index: usize) -> String {
    let clusters = results.facts(index).map(clusters_of).unwrap_or_default();
    if clusters.is_empty() { String::new() } else { format!(" Clusters: {}.", clusters.join(", ")) }
}

/// The prediction of a row for a clip, in a sentence.
fn words(row: &str, prediction: Option<usize>, clip: &Clip) -> String {
    let name = |class: usize| clip.exploration.candidates().get(class).map_or("", |class| &class.name);
    match (prediction, clip.answer) {
        (None, _) => format!("{row} cannot compare this clip."),
        (Some(class), Some(answer)) if class != answer => {
            format!("{row} says {}; it is {}.", name(class), name(answer))
        }
        (Some(class), _) => format!("{row} says {}, and is right.", name(class)),
    }
}

/// Says that there are no results, and how to open some.
pub fn no_results(state: &mut State) {
    state.say("No results are open: actalign-tui FOLDER opens those of eval --out FOLDER.");
}

/// Accuracy of the row, its clusters of failures, and the clips that it has wrong, in sentences.
pub fn in_words(results: &Results, clips: &[Clip]) -> Vec<String> {
    let (accuracy, read) = results.accuracy(clips);
    let wrong = results.listed("", Shown { wrong_only: true, cluster: None }, clips);
    let row = &results.rows[results.row].name;
    let unread = results.clips.iter().filter(|clip| matches!(clip, ClipResult::Unread(_))).count();
    let missed = wrong.len().saturating_sub(unread);
    let mut sentences = vec![format!(
        "Row {row}: {accuracy:.2} % of {read} clips are right, {missed} are wrong; {unread} could not be read."
    )];
    let counts = results.clusters(clips);
    let clusters = CLUSTERS.iter().zip(counts).filter(|(_, counts)| counts.wrong > 0);
    sentences
        .extend(clusters.map(|(about, counts)| format!("Cluster {}: {}.", counts.in_words(), about.help)));
    let unanswered = (0..results.clips.len()).filter(|&clip| results.is_left_out(clip)).count();
    if unanswered > 0 {
        sentences.push(format!("{row} leaves out {unanswered} clips, which were not answered."));
    }
    sentences.extend(wrong.into_iter().map(|clip| {
        let [id, _, answer, prediction] = results.line(clip, &clips[clip]);
        format!("{id}: {prediction}; it is {answer}.{}", clusters_in_words(results, clip))
    }));
    sentences
}
