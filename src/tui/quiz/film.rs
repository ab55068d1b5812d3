//! The pictures of the clip on the screen: those around the present one are kept, further ones decoded when needed.

use std::collections::VecDeque;
use std::sync::Arc;

use image::RgbImage;

/// Bytes of pictures that are kept, as far as those just before and after the present one leave room.
const MOST_BYTES: usize = 96 << 20;
/// Pictures decoded ahead of the present one.
const AHEAD: usize = 30;
/// Pictures kept behind the present one.
const BEHIND: usize = 30;
/// Seconds before a picture from which on is decoded to go back to the one before it.
const LEAD: f64 = 1.0;
/// Seconds that rounding may take from a time.
const TOLERANCE: f64 = 1e-6;
/// Shortest time between two pictures on the screen, in seconds.
const FASTEST: f64 = 0.04;

/// A decoded picture, in the size of the screen.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Number of the picture in the video.
    pub ordinal: u64,
    /// When it is on the screen, in seconds of the video.
    pub time: f64,
    pub until: f64,
    pub picture: Arc<RgbImage>,
}

/// What a decoder answers.
#[derive(Clone, Debug)]
pub enum Decoded {
    Shot(Shot),
    /// As many pictures as it was asked for have come.
    Enough,
    /// The clip has no further picture.
    Ended,
    Failed(String),
}

/// What a decoder is to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// Open the clip and decode from a time on; none for its beginning.
    Open { from: Option<f64> },
    /// Decode further pictures.
    More,
}

/// The clip's own time while it plays.
#[derive(Clone, Copy, Debug)]
struct Playing {
    from: f64,
    since: f64,
}

/// A stretch of a clip's pictures, and the one on the screen.
#[derive(Debug)]
pub struct Film {
    shots: VecDeque<Shot>,
    bytes: usize,
    /// Index of the one on the screen.
    at: usize,
    /// Whether the first shot is the first of the clip, and the last one its last.
    begins: bool,
    ends: bool,
    /// What the decoder is doing; its answers are to another question if the number differs.
    pub job: u64,
    next: Option<Wanted>,
    is_busy: bool,
    /// Show the last picture before this time, once it is decoded; none of them may be passed over.
    goal: Option<f64>,
    is_playing: bool,
    playing: Option<Playing>,
    /// When the picture on the screen was changed.
    changed: f64,
    /// Number of the clip's first picture, from which masks may count.
    pub first: Option<u64>,
    /// When that picture appears.
    start: Option<f64>,
    pub fault: Option<String>,
}

impl Film {
    /// A film that begins to play as soon as it is decoded. `job` differs from that of earlier films.
    pub fn new(job: u64) -> Self {
        Self {
            shots: VecDeque::new(),
            bytes: 0,
            at: 0,
            begins: true,
            ends: false,
            job,
            next: Some(Wanted::Open { from: None }),
            is_busy: false,
            goal: None,
            is_playing: true,
            playing: None,
            changed: f64::NEG_INFINITY,
            first: None,
            start: None,
            fault: None,
        }
    }

    /// The picture on the screen.
    pub fn shot(&self) -> Option<&Shot> {
        self.shots.get(self.at).filter(|_| self.goal.is_none())
    }

    pub fn is_playing(&self) -> bool {
        self.is_playing
    }

    /// Whether the clip's last picture is on the screen.
    pub fn is_at_end(&self) -> bool {
        self.ends && self.at + 1 == self.shots.len()
    }

    /// What the decoder is to do now, once.
    pub fn take_wanted(&mut self) -> Option<Wanted> {
        let ahead: usize = self.shots.range((self.at + 1).min(self.shots.len())..).map(bytes).sum();
        let lacks = self.goal.is_some() || (self.shots.len() <= self.at + AHEAD && ahead < MOST_BYTES / 2);
        if self.next.is_none() && !self.is_busy && !self.ends && self.fault.is_none() && lacks {
            self.next = Some(Wanted::More);
        }
        let wanted = self.next.take();
        self.is_busy |= wanted.is_some();
        wanted
    }

    /// Takes an answer of the decoder.
    pub fn add(&mut self, answer: Decoded, now: f64) {
        match answer {
            Decoded::Shot(shot) => self.add_shot(shot, now),
            Decoded::Enough => self.is_busy = false,
            Decoded::Ended => {
                (self.is_busy, self.ends) = (false, true);
                if self.goal.take().is_some() {
                    self.at = self.shots.len().saturating_sub(1);
                }
                self.play_on(now);
            }
            Decoded::Failed(reason) => {
                (self.is_busy, self.goal, self.fault) = (false, None, Some(reason));
                self.stop();
            }
        }
    }

    fn add_shot(&mut self, shot: Shot, now: f64) {
        // Before it is there, so that the clock waits for it.
        self.play_on(now);
        self.first.get_or_insert(shot.ordinal);
        self.start.get_or_insert(shot.time);
        self.bytes += bytes(&shot);
        self.shots.push_back(shot);
        if let Some(goal) = self.goal {
            let last = self.shots.len() - 1;
            if self.shots[last].time < goal {
                self.at = last;
            } else if last > 0 || self.begins {
                (self.goal, self.changed) = (None, now);
            } else {
                // Seeking went too far, or nothing else is so shortly before.
                self.seek(None, Some(goal));
            }
        }
        if self.is_playing && self.playing.is_none() && self.goal.is_none() {
            self.playing = Some(Playing { from: self.shots[self.at].time, since: now });
            self.changed = now;
        }
        self.drop_surplus();
        self.play_on(now);
    }

    fn drop_surplus(&mut self) {
        while self.bytes > MOST_BYTES && self.at > BEHIND {
            self.bytes -= self.shots.pop_front().as_ref().map_or(0, bytes);
            self.at -= 1;
            self.begins = false;
        }
    }

    /// Decodes anew from a time on. Its pictures are shown once the last one before `goal` is found.
    fn seek(&mut self, from: Option<f64>, goal: Option<f64>) {
        let from = from.filter(|&from| self.start.is_none_or(|start| from > start));
        self.shots.clear();
        (self.bytes, self.at, self.begins, self.ends) = (0, 0, from.is_none(), false);
        (self.job, self.is_busy, self.goal, self.playing) = (self.job + 1, false, goal, None);
        self.next = Some(Wanted::Open { from });
    }

    /// Moves on to the picture of the present time.
    pub fn play_on(&mut self, now: f64) {
        let Some(Playing { from, since }) = self.playing else { return };
        let time = from + (now - since) + TOLERANCE;
        let due = self.shots.partition_point(|shot| shot.time <= time).saturating_sub(1);
        if due > self.at {
            (self.at, self.changed) = (due, now);
        }
        let Some(last) = self.shots.back().filter(|_| self.at + 1 == self.shots.len()) else { return };
        if time >= last.until {
            if self.ends {
                self.stop();
            } else {
                // Decoding is behind: the clip waits for it.
                self.playing = Some(Playing { from: last.until, since: now });
            }
        }
    }

    /// When the next picture is due, or the clip's end.
    pub fn next_tick(&self) -> Option<f64> {
        let Playing { from, since } = self.playing?;
        match self.shots.get(self.at + 1) {
            Some(next) => Some((since + next.time - from).max(self.changed + FASTEST)),
            None if self.ends => self.shots.get(self.at).map(|last| since + last.until - from),
            None => None,
        }
    }

    fn stop(&mut self) {
        (self.is_playing, self.playing) = (false, None);
    }

    /// Pauses, or plays on; at the end from the beginning, which returns true.
    pub fn pause(&mut self, now: f64) -> bool {
        if self.is_playing {
            self.stop();
            return false;
        }
        if self.is_at_end() {
            self.replay(now);
            return true;
        }
        self.is_playing = true;
        self.playing = self.shot().map(|shot| Playing { from: shot.time, since: now });
        false
    }

    /// Plays from the beginning.
    pub fn replay(&mut self, now: f64) {
        if self.fault.take().is_some() || !self.begins || self.goal.is_some() {
            self.seek(None, None);
        }
        (self.at, self.is_playing, self.changed) = (0, true, now);
        self.playing = self.shots.front().map(|shot| Playing { from: shot.time, since: now });
    }

    /// Pauses, and goes to the next picture if it is decoded.
    pub fn forward(&mut self) {
        self.stop();
        if self.goal.is_none() && self.at + 1 < self.shots.len() {
            self.at += 1;
            self.drop_surplus();
        }
    }

    /// Pauses, and goes to the picture before.
    pub fn backward(&mut self) {
        self.stop();
        match self.shots.front() {
            _ if self.goal.is_some() => {}
            Some(_) if self.at > 0 => self.at -= 1,
            Some(first) if !self.begins => {
                let time = first.time;
                self.seek(Some(time - LEAD), Some(time));
            }
            _ => {}
        }
    }

    /// Decodes all again, for another size, and stays where it is.
    pub fn resize(&mut self) {
        let goal = self.goal.or_else(|| self.shot().map(|shot| shot.time + 1e-6));
        let from = goal.map(|time| time - LEAD);
        if self.shots.is_empty() && self.goal.is_none() {
            self.seek(None, None);
        } else {
            self.seek(from, goal);
        }
    }
}

fn bytes(shot: &Shot) -> usize {
    shot.picture.as_raw().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Picture `number` of a clip of 10 pictures a second.
    fn shot(number: u64, side: u32) -> Decoded {
        let time = number as f64 / 10.0;
        let picture = Arc::new(RgbImage::new(side, side));
        Decoded::Shot(Shot { ordinal: number, time, until: time + 0.1, picture })
    }

    fn at(film: &Film) -> Option<u64> {
        film.shot().map(|shot| shot.ordinal)
    }

    /// A film of which pictures are decoded at second `now`.
    fn film(count: u64, now: f64) -> Film {
        let mut film = Film::new(0);
        assert_eq!(film.take_wanted(), Some(Wanted::Open { from: None }));
        (0..count).for_each(|number| film.add(shot(number, 4), now));
        film
    }

    #[test]
    fn a_clip_plays_at_its_own_speed_and_stops_at_its_end() {
        let mut film = film(4, 5.0);
        film.add(Decoded::Ended, 5.0);
        assert_eq!(at(&film), Some(0));
        assert!((film.next_tick().unwrap() - 5.1).abs() < 1e-9);
        film.play_on(5.11);
        assert_eq!(at(&film), Some(1));
        // A late tick passes pictures over.
        film.play_on(5.35);
        assert_eq!((at(&film), film.is_playing()), (Some(3), true));
        film.play_on(5.41);
        assert!(!film.is_playing() && film.is_at_end() && film.next_tick().is_none());
        assert!(film.pause(6.0), "from the end it is a replay");
        assert_eq!((at(&film), film.is_playing()), (Some(0), true));
    }

    #[test]
    fn pictures_are_not_drawn_faster_than_a_screen_shows_them() {
        let mut film = Film::new(0);
        for number in 0..10 {
            let time = number as f64 / 240.0;
            let picture = Arc::new(RgbImage::new(1, 1));
            film.add(Decoded::Shot(Shot { ordinal: number, time, until: time + 1.0 / 240.0, picture }), 0.0);
        }
        assert!((film.next_tick().unwrap() - FASTEST).abs() < 1e-9);
    }

    #[test]
    fn a_clip_waits_for_a_slow_decoder_and_passes_nothing_over() {
        let mut film = film(2, 0.0);
        film.play_on(0.15);
        assert_eq!((at(&film), film.next_tick()), (Some(1), None));
        // The third picture comes a second late, and stays its tenth of a second.
        film.add(shot(2, 4), 1.2);
        film.add(shot(3, 4), 1.2);
        assert_eq!(at(&film), Some(2));
        film.play_on(1.25);
        assert_eq!(at(&film), Some(2));
        film.play_on(1.31);
        assert_eq!(at(&film), Some(3));
    }

    #[test]
    fn steps_pause_and_stay_within_the_clip() {
        let mut film = film(3, 0.0);
        film.add(Decoded::Ended, 0.0);
        film.forward();
        assert_eq!((at(&film), film.is_playing()), (Some(1), false));
        (0..5).for_each(|_| film.forward());
        assert_eq!(at(&film), Some(2));
        (0..5).for_each(|_| film.backward());
        assert_eq!(at(&film), Some(0));
        assert!(!film.pause(3.0));
        film.play_on(3.15);
        assert_eq!(at(&film), Some(1));
    }

    #[test]
    fn memory_is_bounded_and_what_was_dropped_is_decoded_again() {
        // Pictures of 3 MB.
        let mut film = Film::new(0);
        assert_eq!(film.take_wanted(), Some(Wanted::Open { from: None }));
        for number in 0..200 {
            film.add(shot(number, 1000), 0.0);
            film.play_on(number as f64 / 10.0 + 0.05);
            assert!(film.bytes <= MOST_BYTES + 4_000_000, "{} MB", film.bytes >> 20);
        }
        film.add(Decoded::Enough, 19.95);
        assert_eq!((at(&film), film.take_wanted()), (Some(199), Some(Wanted::More)));
        while film.goal.is_none() {
            film.backward();
        }
        let first = 199 - film.job; // No answer of the job before counts.
        assert!(first < 199);
        let Some(Wanted::Open { from: Some(from) }) = film.take_wanted() else { panic!() };
        let goal = film.goal.unwrap();
        assert!((goal - from - LEAD).abs() < 1e-9 && at(&film).is_none());
        let begin = (from * 10.0).ceil() as u64;
        (begin..begin + 15).for_each(|number| film.add(shot(number, 1000), 30.0));
        let expected = (goal * 10.0).round() as u64 - 1;
        assert_eq!((at(&film), film.is_playing()), (Some(expected), false));

        film.replay(40.0);
        assert_eq!(film.take_wanted(), Some(Wanted::Open { from: None }));
    }

    #[test]
    fn decoding_ahead_ends_where_enough_is_there() {
        let mut film = film(AHEAD as u64, 0.0);
        film.add(Decoded::Enough, 0.0);
        assert_eq!(film.take_wanted(), Some(Wanted::More));
        assert_eq!(film.take_wanted(), None, "asked once");
        film.add(shot(AHEAD as u64, 4), 0.0);
        film.add(Decoded::Enough, 0.0);
        assert_eq!(film.take_wanted(), None);
        film.play_on(0.15);
        assert_eq!(film.take_wanted(), Some(Wanted::More));
    }

    #[test]
    fn another_size_keeps_the_picture() {
        let mut film = film(20, 0.0);
        film.play_on(1.55);
        film.resize();
        let Some(Wanted::Open { from: Some(from) }) = film.take_wanted() else { panic!() };
        assert!((from - 0.5).abs() < 1e-3);
        (5..25).for_each(|number| film.add(shot(number, 8), 2.0));
        assert_eq!((at(&film), film.is_playing()), (Some(15), true));
    }
}
