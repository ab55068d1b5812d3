//! How long a server is waited for, and how much it may say.

use std::thread;
use std::time::{Duration, SystemTime};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use time::{Date, Month, OffsetDateTime, Time};

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
    /// The longest wait between two of them, whatever the server asks for.
    pub longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            overall: Duration::from_secs(600),
            bytes: 4 << 20,
            attempts: 5,
            longest_wait: Duration::from_secs(60),
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

/// What a header `Retry-After` asks for: seconds, or a date.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = http_date(value)?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// A date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<SystemTime> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, day, month, year, time, "GMT"] = words[..] else { return None };
    let number = |text: &str| text.parse::<u8>().ok();
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = (1..).zip(names).find(|(_, name)| *name == month)?.0;
    let date =
        Date::from_calendar_date(year.parse().ok()?, Month::try_from(month).ok()?, number(day)?).ok()?;
    let mut parts = time.split(':').map(number);
    let time = Time::from_hms(parts.next()??, parts.next()??, parts.next()??).ok()?;
    Some(OffsetDateTime::new_utc(date, time).into())
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

    #[test]
    fn a_server_names_seconds_or_a_date() {
        let epoch = SystemTime::UNIX_EPOCH;
        // As `date -d 'Sun, 06 Nov 1994 08:49:37 GMT' +%s` tells it.
        let now = epoch + Duration::from_secs(784_111_777 - 30);
        let seconds = |text: &str| retry_after(text, now).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds(" 7 "), Some(7.0));
        assert_eq!(seconds("0.25"), Some(0.25));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:48:37 GMT"), Some(0.0));
        for text in
            ["", "soon", "-1", "nan", "inf", "Sun, 36 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
