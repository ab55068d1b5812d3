use std::thread;
use std::time::{Duration, Instant, SystemTime};

use time::OffsetDateTime;

/// The time, and waiting. Tests have a clock of their own, so that they wait for nothing.
pub trait Clock: Send {
    /// The date, for `Retry-After` and for what is written into files.
    fn now(&self) -> SystemTime;
    /// A time that never goes back, to measure how long something takes.
    fn instant(&self) -> Instant;
    fn sleep(&self, time: Duration);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// A time as files hold it: `1994-11-06T08:49:37Z`.
pub fn rfc_3339(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second())
}
