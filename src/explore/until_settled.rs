//! Embeds a clip until its winner is settled.

use std::collections::HashSet;
use std::fmt;

use color_eyre::eyre::Report;
use serde::{Deserialize, Serialize};

use crate::explore::exploration::Exploration;
use crate::explore::job::{Job, Update};
use crate::explore::pipeline::embed_chosen;
use crate::explore::settled::Settling;

/// How much of a clip was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Frames embedded, now or by an earlier run.
    pub frames: usize,
    /// Frames that the sampling takes.
    pub of: usize,
    /// Whether the others were left out, as they cannot plausibly change the winner.
    pub settled: bool,
}

impl Seen {
    /// The share of the frames that was seen, in whole per cent.
    pub fn percent(self) -> usize {
        (100 * self.frames).div_ceil(self.of.max(1))
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, of, settled } = self;
        if *settled {
            write!(f, "settled at {} %: {frames} of {of} frames seen, the others filled in", self.percent())
        } else {
            write!(f, "not settled early: all {of} frames seen")
        }
    }
}

/// Embeds frames of a clip until they settle the winner of `exploration`, and fills in the others from their neighbours. Its texts
/// must be those of the job, or be there already. Each update goes to `take` too. Without a tick, the clip is seen as a whole.
///
/// # Errors
/// If the clip cannot be embedded, or its candidates cannot be aligned.
pub fn embed_until_settled(
    job: Job,
    exploration: &mut Exploration,
    take: impl FnMut(&Update),
) -> Result<Seen, Report> {
    let mut run = Run { exploration, ticks: Vec::new(), settling: Settling::default(), settled: false, take };
    embed_chosen(job, &mut run, Run::take, Run::choose)?;
    let Run { exploration, ticks, settled, .. } = run;
    let frames = exploration.frame_count();
    let of = ticks.iter().map(|&(_, ordinal)| ordinal).collect::<HashSet<_>>().len().max(frames);
    if settled {
        exploration.fill_in(&ticks);
    }
    Ok(Seen { frames, of, settled })
}

struct Run<'a, F> {
    exploration: &'a mut Exploration,
    ticks: Vec<(f64, u64)>,
    settling: Settling,
    settled: bool,
    take: F,
}

impl<F: FnMut(&Update)> Run<'_, F> {
    fn take(&mut self, update: Update) {
        (self.take)(&update);
        match update {
            Update::Frames(frames) => self.exploration.add_frames(frames),
            Update::Texts(texts) => self.exploration.add_texts(texts),
            Update::Ticks(ticks) => self.ticks = ticks,
            _ => {}
        }
    }

    /// Ordinals of the frames to embed next; `None` once the winner is settled.
    fn choose(&mut self) -> Result<Option<Vec<u64>>, Report> {
        let Some(clip) = self.exploration.sparse_clip(&self.ticks) else {
            return Ok(Some(self.ticks.iter().map(|&(_, ordinal)| ordinal).collect()));
        };
        let ordinals = |rows: Vec<usize>| rows.into_iter().map(|row| self.ticks[row].1).collect();
        let first = clip.first_rows();
        if !first.is_empty() {
            return Ok(Some(ordinals(first)));
        }
        let look = clip.look()?;
        self.settled = self.settling.add(&look);
        Ok((!self.settled).then(|| ordinals(look.next)))
    }
}
