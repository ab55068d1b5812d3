//! When a request that failed is sent again, and when no more.

use std::time::Duration;

/// Failures in a row before giving up.
const MOST: u32 = 5;
/// Longer the user should not wait without being asked.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The failures of one request so far.
#[derive(Debug, Default)]
pub struct Retries {
    failed: u32,
}

impl Retries {
    /// The pause after another failure: as the hub says, else one that grows. None where it is time to give up.
    pub fn next(&mut self, asked_for: Option<Duration>) -> Option<Duration> {
        self.failed += 1;
        let pause = asked_for.unwrap_or(back_off(self.failed));
        (self.failed < MOST && pause <= LONGEST_WAIT).then_some(pause)
    }
}

/// None at first, then 1, 2, 4 … seconds.
fn back_off(failed: u32) -> Duration {
    Duration::from_secs(if failed <= 1 { 0 } else { 1 << (failed - 2) })
}

/// What comes next, in words.
pub fn again_in(wait: Duration) -> String {
    if wait.is_zero() { "trying again".into() } else { format!("trying again in {} s", wait.as_secs()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_or_are_those_that_the_hub_says_and_come_to_an_end() {
        let seconds = |asked_for: [Option<u64>; 5]| {
            let mut retries = Retries::default();
            asked_for.map(|wait| retries.next(wait.map(Duration::from_secs)).map(|pause| pause.as_secs()))
        };
        assert_eq!(seconds([None; 5]), [Some(0), Some(1), Some(2), Some(4), None]);
        assert_eq!(
            seconds([Some(7), Some(120), None, Some(0), Some(0)]),
            [Some(7), Some(120), Some(2), Some(0), None]
        );
        assert_eq!(seconds([Some(121), None, None, None, None])[0], None);
    }
}
