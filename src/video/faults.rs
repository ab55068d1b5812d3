use std::fmt;

use serde::{Deserialize, Serialize};

/// Damage to a clip, and what was done about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Faults {
    /// Frames read in the segment, whether or not the sampling takes them.
    pub frames: usize,
    /// How many of those the decoder has made up in part.
    pub damaged: usize,
    /// Packets and images that could not be decoded, and frames missing at the end of the file.
    pub lost: usize,
    pub jumps: Vec<Jump>,
}

/// A jump of time stamps, which was closed: the next frame follows at the usual interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Jump {
    /// Time of the frame before the jump, in seconds.
    pub at: f64,
    /// In seconds; negative for a jump back.
    pub by: f64,
}

impl Faults {
    pub fn is_empty(&self) -> bool {
        self.damaged == 0 && self.lost == 0 && self.jumps.is_empty()
    }

    pub fn damaged_or_lost(&self) -> usize {
        self.damaged + self.lost
    }

    /// A few words for the screen; empty without damage.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        if self.damaged > 0 {
            parts.push(format!("{} of {} frames damaged", self.damaged, self.frames));
        }
        if self.lost > 0 {
            parts.push(format!("{} lost", self.lost));
        }
        match self.jumps.len() {
            0 => {}
            1 => parts.push("1 jump in time closed".to_owned()),
            count => parts.push(format!("{count} jumps in time closed")),
        }
        parts.join(", ")
    }
}

/// One clause per kind of fault, joined by semicolons.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let are = |count: usize| if count == 1 { "is" } else { "are" };
        let mut sentences = Vec::new();
        if self.damaged > 0 {
            let Self { damaged, frames, .. } = self;
            sentences.push(format!(
                "{damaged} of {frames} frames {} damaged and partly made up by the decoder",
                are(*damaged)
            ));
        }
        if self.lost > 0 {
            let frames = if self.lost == 1 { "frame" } else { "frames" };
            sentences.push(format!(
                "{} {frames} could not be decoded or {} missing",
                self.lost,
                are(self.lost)
            ));
        }
        for Jump { at, by } in self.jumps.iter().take(3) {
            sentences.push(format!("the time stamps jump by {by:.1} s at {at:.2} s; the jump is closed"));
        }
        if self.jumps.len() > 3 {
            sentences.push(format!("{} more jumps of the time stamps are closed", self.jumps.len() - 3));
        }
        f.write_str(&sentences.join("; "))
    }
}
