//! How long a server is waited for, and how much it may say.

use std::thread;
use std::time::{Duration, SystemTime};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// The first wait before a request is sent again; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Bounds of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Time to find the server and to connect to it.
    pub connect: Duration,
    /// Time for a request with its answer: models that think take minutes.
    pub overall: Duration,
    /// Bytes of an answer.
    pub bytes: usize,
    /// How often a request is sent at most, where the server says that it is busy or broken.
    pub attempts: usize,
    /// The longest wait between two of them; a server that asks for more is given up.
    pub longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            overall: Duration::from_secs(600),
            bytes: 4 << 20,
            attempts: 5,
            longest_wait: Duration::from_secs(120),
        }
    }
}

/// What tells the time and lets it pass.
pub trait Clock: Send {
    /// The present time.
    fn now(&self) -> SystemTime;
    /// Lets so much time pass.
    fn sleep(&self, time: Duration);
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// Waits that grow, each shortened by chance so that clients do not come back all at once.
#[derive(Debug)]
pub struct Backoff(Pcg64);

impl Backoff {
    pub fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    /// The wait after so many failures, from 1: between half of its full length and all of it.
    pub fn wait(&mut self, failures: usize, longest: Duration) -> Duration {
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
        let full = FIRST_WAIT.saturating_mul(1 << doublings).min(longest);
        full.mul_f64(0.5 + 0.5 * self.0.random::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_the_same_for_a_seed() {
        let longest = Duration::from_secs(5);
        let waits = |seed| {
            let mut backoff = Backoff::new(seed);
            (1..=6).map(|failures| backoff.wait(failures, longest).as_secs_f64()).collect::<Vec<_>>()
        };
        for (wait, full) in waits(1).into_iter().zip([1.0, 2.0, 4.0, 5.0, 5.0, 5.0]) {
            assert!((full / 2.0..=full).contains(&wait), "{wait} of {full}");
        }
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
        assert!(Backoff::new(1).wait(usize::MAX, longest) <= longest);
    }
}
