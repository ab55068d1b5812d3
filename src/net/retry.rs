use std::time::{Duration, SystemTime};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use time::{Date, Month, OffsetDateTime, Time};

/// Failures in a row before giving up.
const ATTEMPTS: u32 = 5;
/// A server that asks for a longer wait is given up.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The failures in a row of one request.
#[derive(Debug)]
pub struct Retry {
    failures: u32,
    /// Shortens each wait by up to half, so that clients do not all return at the same time. Without it the first retry
    /// comes at once, as for a download that was cut.
    jitter: Option<Pcg64>,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send the request again after this time.
    Retry(Duration),
    /// The server asks for a wait that is too long.
    TooLong(Duration),
    /// It failed too often.
    GiveUp,
}

impl Retry {
    /// The first retry comes at once, later ones after 1, 2, 4 … seconds.
    pub fn at_once() -> Self {
        Self { failures: 0, jitter: None }
    }

    /// Retries come after 1, 2, 4 … seconds, each wait shortened by up to half. The waits depend on the seed alone.
    pub fn with_jitter(seed: u64) -> Self {
        Self { failures: 0, jitter: Some(Pcg64::seed_from_u64(seed)) }
    }

    /// Counts a failure. The wait is the one of `Retry-After`, if there is one.
    pub fn next(&mut self, retry_after: Option<Duration>) -> Next {
        self.failures += 1;
        match retry_after {
            Some(wait) if wait > LONGEST_WAIT => Next::TooLong(wait),
            _ if self.failures >= ATTEMPTS => Next::GiveUp,
            Some(wait) => Next::Retry(wait),
            None => Next::Retry(self.back_off()),
        }
    }

    fn back_off(&mut self) -> Duration {
        let seconds = 1 << (self.failures - 1);
        match &mut self.jitter {
            Some(random) => Duration::from_secs(seconds).mul_f64(0.5 + 0.5 * random.random::<f64>()),
            None => Duration::from_secs(seconds / 2),
        }
    }

    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Forgets the failures: the request made progress.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Whether the same request may succeed later, by the status of its answer.
pub fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599) && status != 501
}

/// The wait that a header `Retry-After` asks for, in seconds or until a date.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = http_date(value)?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Parses a date of HTTP: `Sun, 06 Nov 1994 08:49:37 GMT`.
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
    // Dates before 1970 have passed, and not every system can represent them.
    let seconds = OffsetDateTime::new_utc(date, time).unix_timestamp();
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_or_are_those_the_server_asks_for_until_it_is_given_up() {
        let seconds = |asked: [Option<u64>; 5]| {
            let mut retry = Retry::at_once();
            asked.map(|wait| match retry.next(wait.map(Duration::from_secs)) {
                Next::Retry(wait) => Some(wait.as_secs()),
                Next::TooLong(wait) => panic!("{wait:?}"),
                Next::GiveUp => None,
            })
        };
        assert_eq!(seconds([None; 5]), [Some(0), Some(1), Some(2), Some(4), None]);
        let asked = [Some(7), Some(120), None, Some(0), Some(0)];
        assert_eq!(seconds(asked), [Some(7), Some(120), Some(2), Some(0), None]);
        let long = Duration::from_secs(121);
        assert_eq!(Retry::at_once().next(Some(long)), Next::TooLong(long));
    }

    #[test]
    fn jitter_shortens_waits_by_up_to_half_and_depends_on_the_seed() {
        let waits = |seed| {
            let mut retry = Retry::with_jitter(seed);
            [(); 4].map(|()| match retry.next(None) {
                Next::Retry(wait) => wait.as_secs_f64(),
                other => panic!("{other:?}"),
            })
        };
        for (wait, full) in waits(1).into_iter().zip([1.0, 2.0, 4.0, 8.0]) {
            assert!((full / 2.0..=full).contains(&wait), "{wait} of {full}");
        }
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let epoch = SystemTime::UNIX_EPOCH;
        // `date -d 'Sun, 06 Nov 1994 08:49:37 GMT' +%s`
        let now = epoch + Duration::from_secs(784_111_777 - 30);
        let seconds = |text: &str| retry_after(text, now).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds(" 7 "), Some(7.0));
        assert_eq!(seconds("0.25"), Some(0.25));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:48:37 GMT"), Some(0.0));
        assert_eq!(seconds("Sun, 06 Nov 0001 08:49:37 GMT"), Some(0.0));
        assert_eq!(seconds("Sun, 06 Nov -9999 08:49:37 GMT"), Some(0.0));
        for text in
            ["", "soon", "-1", "nan", "inf", "Sun, 36 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
