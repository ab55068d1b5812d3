//! The moments of a clip's candidates: what is asked for, and what is found.

use crate::explore::{Candidate, Exploration, Settings};
use crate::find::{ClipMoment, ClipMoments, FIRST_SEARCH, next_search, without_overlaps};

/// The search for the moments of a clip. It begins anew with other knobs or scripts, and while frames arrive.
#[derive(Debug, Default)]
pub struct Moments {
    /// What the last search is about.
    asked: Option<Question>,
    /// Number of the search whose answer is to come.
    running: Option<u64>,
    /// What was found last.
    pub found: Option<ClipMoments>,
    /// The candidates that the classes of what was found are indices of.
    among: Vec<Candidate>,
    /// Why the last search failed.
    pub failed: Option<String>,
    /// Whether only the best of moments that overlap is shown, of whatever class.
    pub competes: bool,
    /// Index of the moment that was gone to last, and the cursor there.
    pub at: Option<(usize, f64)>,
}

/// What moments depend on.
#[derive(Debug)]
struct Question {
    settings: Settings,
    candidates: Vec<Candidate>,
    frames: usize,
}

impl Question {
    /// Whether knobs and candidates are those of an exploration. Cell, aligner and calibration do not matter.
    fn is_of(&self, exploration: &Exploration) -> bool {
        let (own, now) = (&self.settings, exploration.settings());
        let are_same = (&own.template, own.smoothing_seconds) == (&now.template, now.smoothing_seconds);
        are_same && self.candidates == exploration.candidates()
    }
}

impl Moments {
    /// Whether a search is under way.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether a search should start: the first one; one for other knobs or candidates, which replaces a running search; or one
    /// for a quarter more frames. `is_whole`: all frames are embedded.
    pub fn are_due(&self, exploration: &Exploration, is_whole: bool) -> bool {
        let frames = exploration.outcome().times.len();
        if frames == 0 {
            return false;
        }
        match &self.asked {
            Some(asked) if !asked.is_of(exploration) => true,
            Some(_) if self.is_running() => false,
            Some(asked) => frames >= next_search(asked.frames) || is_whole && frames != asked.frames,
            None => is_whole || frames >= FIRST_SEARCH,
        }
    }

    /// Records that a search has begun.
    pub fn ask(&mut self, number: u64, exploration: &Exploration) {
        self.running = Some(number);
        self.asked = Some(Question {
            settings: exploration.settings().clone(),
            candidates: exploration.candidates().to_vec(),
            frames: exploration.outcome().times.len(),
        });
    }

    /// Forgets a search whose answer may not come, since another clip asks in its place.
    pub fn forget_search(&mut self) {
        if self.running.take().is_some() {
            self.asked = None;
        }
    }

    /// Takes up the answer of a search, unless it is stale.
    pub fn take(&mut self, number: u64, answer: Result<ClipMoments, String>, exploration: &Exploration) {
        if self.running != Some(number) {
            return;
        }
        self.running = None;
        let Some(asked) = self.asked.as_ref().filter(|asked| asked.is_of(exploration)) else { return };
        match answer {
            Ok(found) => {
                self.among.clone_from(&asked.candidates);
                self.at = None;
                (self.found, self.failed) = (Some(found), None);
            }
            Err(reason) => self.failed = Some(reason),
        }
    }

    /// Follows candidates that were added, renamed, deleted or moved, until the next answer.
    pub fn follow(&mut self, candidates: &[Candidate]) {
        if self.among == candidates {
            return;
        }
        let is_same = |a: &Candidate, b: &Candidate| (&a.name, &a.domain) == (&b.name, &b.domain);
        let among = std::mem::replace(&mut self.among, candidates.to_vec());
        let place = |class: usize| {
            among.get(class).and_then(|old| candidates.iter().position(|new| is_same(old, new)))
        };
        if let Some(found) = &mut self.found {
            self.at = None;
            found.moments.retain_mut(|moment| {
                let class = place(moment.class);
                moment.class = class.unwrap_or_default();
                class.is_some()
            });
            for best in &mut found.best {
                *best = best.and_then(|(class, score)| Some((place(class)?, score)));
            }
        }
    }

    /// Why there is nothing to show.
    pub fn waiting(&self) -> String {
        match &self.failed {
            Some(reason) => format!("cannot look for moments: {reason}"),
            None if self.is_running() => "looking for moments …".to_owned(),
            None => "moments appear with the frames and steps that are embedded".to_owned(),
        }
    }

    /// The moments that are shown, best first, with their places among all that were found.
    pub fn shown(&self) -> Vec<(usize, &ClipMoment)> {
        let all = self.list().iter().enumerate().collect();
        if self.competes {
            without_overlaps(all, |(_, moment)| moment.found.start..moment.found.end)
        } else {
            all
        }
    }

    /// The moments found, best first.
    pub fn list(&self) -> &[ClipMoment] {
        self.found.as_ref().map_or(&[], |found| &found.moments)
    }
}
