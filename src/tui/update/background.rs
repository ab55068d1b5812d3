//! Updates of background jobs.

use crate::align::AlignError;
use crate::error_chain::error_chain;
use crate::explore::{EvidenceUpdate, Look, ScoresWithout, Seen, StepMaps, Update};
use crate::tui::action::Effect;
use crate::tui::clip::Clip;
use crate::tui::state::State;
use crate::tui::update::clips::prefetch;

/// Handles an update of a clip's job. `now` is the time since the start, in seconds.
pub fn handle(state: &mut State, job: u64, update: Update, now: f64) {
    // A job that was stopped may have sent more.
    let Some(index) = state.clips.iter().position(|clip| clip.job == Some(job)) else { return };
    let clip = &mut state.clips[index];
    let progress = &mut clip.progress;
    match update {
        Update::Opened { info, expected_frames } => {
            if clip.info.is_none()
                && let Some(rate) = info.assumed_rate()
            {
                clip.sources.sampling += &format!(" of images at {rate} fps");
            }
            clip.info = Some(info);
            progress.expected_frames = expected_frames;
        }
        Update::Decoded { ordinal, thumbnail, .. } => {
            clip.sampled.insert(ordinal);
            progress.decoded += 1;
            if let Some(thumbnail) = thumbnail {
                clip.thumbnails.push(thumbnail);
            }
        }
        Update::Ticks(ticks) => progress.ticks = ticks,
        // For jobs that wait to be told, which those of the explorer do not.
        Update::Choose => {}
        Update::AllDecoded { frames, faults } => {
            progress.all_decoded = true;
            progress.decoded = frames;
            progress.expected_frames = Some(frames);
            progress.faults = faults;
            // Frames of the sampling before that this one leaves out.
            clip.thumbnails.retain(|ordinal| clip.sampled.contains(&ordinal));
            let before = clip.exploration.frame_count();
            let sampled = &clip.sampled;
            clip.exploration.choose_rows(|frame| {
                if sampled.contains(&frame.ordinal) { frame.shown.rows.clone() } else { Vec::new() }
            });
            clip.stale |= clip.exploration.frame_count() < before;
        }
        Update::Frames(frames) => {
            match &mut progress.embedding_span {
                Some((_, last)) => {
                    *last = now;
                    progress.embedded_in_span += frames.len();
                }
                none => *none = Some((now, now)),
            }
            progress.idle = false;
            clip.sampled.extend(frames.iter().map(|frame| frame.ordinal));
            clip.exploration.add_frames(frames);
            clip.stale = true;
        }
        Update::Texts(texts) => {
            clip.exploration.add_texts(texts);
            progress.texts_missing = clip.exploration.missing_texts().len();
            progress.idle = false;
            clip.stale = true;
            if progress.texts_missing == 0 {
                match clip.exploration.check_distinct() {
                    Err(reason) => state.complain(reason),
                    Ok(Some(warning)) => state.say(warning),
                    Ok(None) => {}
                }
            }
        }
        Update::Prefetched(text) => {
            clip.exploration.add_texts([text]);
            progress.texts_to_prefetch = progress.texts_to_prefetch.saturating_sub(1);
            // Its template may be in use by now.
            if progress.texts_missing > 0 {
                let missing = clip.exploration.missing_texts().len();
                clip.stale |= missing != progress.texts_missing;
                progress.texts_missing = missing;
            }
        }
        Update::Idle => {
            progress.idle = true;
            if index == state.shown {
                prefetch(state);
            }
        }
        Update::Notice(text) => state.say(text),
        Update::Failed(report) => {
            clip.job = None;
            state.complain(error_chain(&report));
        }
    }
}

/// Adds order evidence or confidence to the clip with these alignments.
pub fn handle_evidence(state: &mut State, update: EvidenceUpdate) {
    match update {
        EvidenceUpdate::Found { generation, class, evidence } => {
            for clip in &mut state.clips {
                clip.exploration.add_evidence(generation, class, evidence);
            }
        }
        EvidenceUpdate::Sure { generation, confidence } => {
            for clip in &mut state.clips {
                clip.exploration.add_confidence(generation, confidence);
            }
        }
        EvidenceUpdate::Failed(report) => state.complain(error_chain(&report)),
    }
}

/// Takes up what a look at the frames so far says, unless knobs or candidates have changed since, and has the frames embedded
/// that say most.
pub fn handle_look(state: &mut State, clip: usize, asked: u64, look: Result<Look, AlignError>) {
    let Some(clip_looked_at) = state.clips.get_mut(clip) else { return };
    let Clip { early, progress, exploration, .. } = clip_looked_at;
    early.is_asked = false;
    let (Ok(look), true) = (look, early.asked == Some(asked)) else { return };
    if early.settling.add(&look) {
        let frames = exploration.frame_count();
        let of = progress.expected_frames.unwrap_or(frames);
        early.settled = Some((look.leader, Seen { frames, of, settled: true }));
    } else {
        let ordinals = look.next.iter().filter_map(|&row| Some(progress.ticks.get(row)?.1)).collect();
        state.effects.push(Effect::EmbedNext { clip, ordinals });
    }
}

/// Adds scores without each step to the clip with these alignments.
pub fn handle_without(state: &mut State, found: ScoresWithout) {
    for clip in &mut state.clips {
        clip.exploration.add_scores_without(found.clone());
    }
}

/// Adds the maps of a clip's steps.
pub fn handle_maps(state: &mut State, clip: usize, maps: Box<StepMaps>) {
    if let Some(clip) = state.clips.get_mut(clip) {
        clip.maps_asked = false;
        clip.maps = Some(maps);
    }
}
