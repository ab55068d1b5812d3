use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use video_rs::ffmpeg::codec::Context;
use video_rs::ffmpeg::error::EAGAIN;
use video_rs::ffmpeg::format::stream::Stream;
use video_rs::ffmpeg::frame::Video as RawFrame;
use video_rs::ffmpeg::{Dictionary, Error, Packet, Rational, decoder};

use super::demuxer::Demuxer;
use super::ending::Ending;
use super::faults::Jump;
use super::info::seconds;
use super::orientation::Orientation;
use super::start::{Start, is_shown};

/// Decoded pictures held back to put slightly disordered time stamps in order. Decoders reorder by
/// themselves; this is for files whose stream header states too little reordering.
const REORDER: usize = 4;

/// Failures in a row after which the rest of a file is taken to be unreadable.
const MAX_FAILURES: usize = 1000;

/// A gap of more seconds is a splice, unless the rate or the duration of the picture explains it.
const SPLICE: f64 = 10.0;

/// A jump back by more seconds is a splice; what jumps back by less is out of order.
const DISORDER: f64 = 1.0;

/// Whether a jump of time stamps by so many seconds may be a splice.
pub(super) fn may_be_splice(jump: f64) -> bool {
    !(-DISORDER..=SPLICE).contains(&jump)
}

/// Durations of packets that are remembered until their pictures come out of the decoder.
const DURATIONS: usize = 256;

/// Seconds between pictures where neither time stamps nor the container tell.
const DEFAULT_STEP: f64 = 1.0 / 25.0;

/// One decoded picture in its own pixel format, stored orientation.
pub(super) struct Picture {
    /// Number in presentation order, from 0.
    pub(super) ordinal: u64,
    /// Seconds from time zero; never less than that of the picture before.
    pub(super) time: f64,
    /// How many seconds it stays on screen, as the container has it, or else at the mean rate.
    pub(super) duration: f64,
    /// Whether the decoder has made up a part of it.
    pub(super) is_damaged: bool,
    /// The pixels.
    pub(super) raw: RawFrame,
}

/// How time stamps of a stream become seconds.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    /// Seconds per tick.
    pub(super) time_base: Rational,
    /// Container time in seconds that counts as time zero.
    pub(super) origin: f64,
    /// Seconds after which time stamps wrap to 0.
    pub(super) wrap: f64,
    /// Pictures per second, to fill in for missing time stamps.
    pub(super) frame_rate: Option<f64>,
}

impl Clock {
    /// Seconds from time zero.
    pub(super) fn time(&self, stamp: i64) -> f64 {
        let time = seconds(stamp, self.time_base).unwrap_or(0.0) - self.origin;
        // FFmpeg rounds the origin to microseconds.
        if time.abs() < 1e-6 { 0.0 } else { time }
    }

    /// The last stamp at or before `time`.
    pub(super) fn stamp(&self, time: f64) -> i64 {
        ((time + self.origin) / self.tick()).floor() as i64
    }

    /// Seconds from one picture to the next.
    fn step(&self) -> f64 {
        self.frame_rate.map_or(DEFAULT_STEP, |rate| 1.0 / rate)
    }

    /// A jump, or the jump the other way that looks the same where stamps begin again at 0.
    fn shortest(&self, jump: f64) -> f64 {
        jump - (jump / self.wrap).round() * self.wrap
    }

    fn tick(&self) -> f64 {
        seconds(1, self.time_base).unwrap_or(1.0)
    }
}

/// Every picture of one video stream, each once, in presentation order.
pub(super) struct Pictures {
    reader: Demuxer,
    stream: usize,
    decoder: decoder::Video,
    clock: Clock,
    /// Packets that were read before decoding began.
    ready: VecDeque<Packet>,
    first_stamp: i64,
    draining: bool,
    /// Packets that the decoder refused.
    refused: usize,
    /// Packets that the demuxer could not read.
    unreadable: usize,
    /// Pictures that are missing between others of a damaged file.
    holes: usize,
    /// Pictures that should have followed the last packet of the file.
    missing: usize,
    /// Failures in a row.
    failures: usize,
    ending: Option<Ending>,
    /// Whether the file is read from its start.
    is_whole: bool,
    waiting: BinaryHeap<Reverse<Waiting>>,
    arrived: u64,
    last_stamp: Option<i64>,
    /// How often stamps have jumped back behind a picture that was already handed out.
    jumps: u64,
    last_emitted: Option<i64>,
    emitted: u64,
    /// Time and duration of the last picture that was handed out.
    last: Option<(f64, f64)>,
    /// Seconds that are added to times since the last splice.
    shift: f64,
    splices: Vec<Jump>,
    /// Durations of packets by their time stamps.
    durations: BTreeMap<i64, i64>,
    /// Decoding times of packets without a presentation time, as AVI has them: pictures take them in turn.
    unstamped: VecDeque<i64>,
    /// Packets that should give a picture each; none where packets cannot be counted.
    sent: Option<u64>,
    has_damage: bool,
}

/// How a decoder shares its work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Threads {
    /// As FFmpeg sees fit. What is made up over damage then differs from run to run.
    Auto,
    /// One thread, with the same pictures in every run.
    One,
}

/// Opens the decoder of a stream. A strict one refuses pictures that are damaged.
pub(super) fn open_decoder(
    stream: &Stream,
    threads: Threads,
    is_strict: bool,
) -> Result<decoder::Video, Error> {
    let mut opening = Context::from_parameters(stream.parameters())?.decoder();
    opening.set_packet_time_base(stream.time_base());
    let codec = decoder::find(stream.parameters().id()).ok_or(Error::DecoderNotFound)?;
    let mut options = Dictionary::new();
    options.set("threads", if threads == Threads::One { "1" } else { "auto" });
    if is_strict {
        options.set("err_detect", "crccheck+explode");
    }
    opening.open_as_with(codec, options)?.video()
}

impl Pictures {
    /// All pictures, from the beginning of the file.
    pub(super) fn new(reader: Demuxer, stream: usize, decoder: decoder::Video, clock: Clock) -> Self {
        let start = Start { packets: VecDeque::new(), first_stamp: i64::MIN, ordinal: 0 };
        Self { is_whole: true, ..Self::starting_at(start, reader, stream, decoder, clock) }
    }

    /// The pictures from `start` on, which `reader` has just read up to.
    pub(super) fn starting_at(
        start: Start,
        reader: Demuxer,
        stream: usize,
        decoder: decoder::Video,
        clock: Clock,
    ) -> Self {
        let ending = reader.input.stream(stream).map(|stream| Ending::stated_by(&reader.input, &stream));
        Self {
            reader,
            stream,
            decoder,
            clock,
            is_whole: false,
            ready: start.packets,
            first_stamp: start.first_stamp,
            draining: false,
            refused: 0,
            unreadable: 0,
            holes: 0,
            missing: 0,
            failures: 0,
            ending,
            waiting: BinaryHeap::new(),
            arrived: 0,
            last_stamp: None,
            jumps: 0,
            last_emitted: None,
            emitted: start.ordinal,
            last: None,
            shift: 0.0,
            splices: Vec::new(),
            durations: BTreeMap::new(),
            unstamped: VecDeque::new(),
            sent: None,
            has_damage: false,
        }
    }

    /// Expects one picture from each packet.
    pub(super) fn counting_packets(self) -> Self {
        Self { sent: Some(0), ..self }
    }

    /// Whether any damage has been met: then what the decoder's threads make of the pictures that follow is not certain.
    /// It is known before the first of them is handed out.
    pub(super) fn has_damage(&self) -> bool {
        // Threads keep quiet about failures among the last few packets, but their pictures are missing.
        let lacks_pictures = self.draining && self.sent.is_some_and(|sent| sent > self.arrived);
        self.has_damage
            || self.refused > 0
            || self.unreadable > 0
            || (lacks_pictures && self.waiting.len() < REORDER)
    }

    /// Splices met so far.
    pub(super) fn splices(&self) -> &[Jump] {
        &self.splices
    }

    /// Broken packets passed over so far, and at the end of a file that was read from its start what is missing of it.
    /// FFmpeg's decoding threads keep quiet about failures among the last few packets.
    pub(super) fn skipped(&self) -> usize {
        self.refused.max(self.holes) + self.unreadable.max(self.missing)
    }

    /// Whether the first picture of the [`Start`] came out of the decoder: if not, the keyframe was
    /// none that decoding can begin at, and the ordinals would be wrong.
    pub(super) fn begins_as_meant(&mut self) -> bool {
        self.fill();
        let first = self.waiting.peek().map(|Reverse(waiting)| waiting.stamp);
        self.first_stamp == i64::MIN || first == Some(self.first_stamp)
    }

    /// How the first picture says that it is turned.
    pub(super) fn orientation(&mut self) -> Option<Orientation> {
        self.fill();
        self.waiting.peek().and_then(|Reverse(first)| Orientation::of_picture(&first.raw))
    }

    /// Whether time stamps are rounded to milliseconds, whatever the unit that the container counts in: so they are where
    /// the stream was copied from Matroska, WebM or FLV.
    pub(super) fn rounds_to_milliseconds(&mut self) -> bool {
        self.fill();
        let mut stamps: Vec<i64> = self.waiting.iter().map(|Reverse(waiting)| waiting.stamp).collect();
        stamps.sort_unstable();
        let (unit, step) = (self.clock.tick(), self.clock.step());
        let off = |seconds: f64, grid: f64| (seconds - (seconds / grid).round() * grid).abs();
        let times: Vec<f64> = stamps.iter().map(|stamp| (stamp - stamps[0]) as f64 * unit).collect();
        unit < 1e-3
            && times.iter().all(|&time| off(time, 1e-3) < unit / 2.0 + 1e-9)
            && times.iter().any(|&time| off(time, step) > 1.5 * unit)
            && times.iter().all(|&time| off(time, step) <= 1.1e-3)
    }

    fn fill(&mut self) {
        while self.waiting.len() < REORDER {
            match self.decode() {
                Some(raw) => self.queue(raw),
                None => break,
            }
        }
    }

    /// The next picture in the decoder's order.
    fn decode(&mut self) -> Option<RawFrame> {
        while self.failures < MAX_FAILURES {
            let mut raw = RawFrame::empty();
            match self.decoder.receive_frame(&mut raw) {
                Ok(()) => {
                    self.failures = 0;
                    self.has_damage |= is_damaged(&raw);
                    return Some(raw);
                }
                Err(Error::Other { errno: EAGAIN }) if !self.draining => self.feed(),
                Err(Error::Eof | Error::Other { errno: EAGAIN }) => return None,
                Err(_) => self.refuse(),
            }
        }
        None
    }

    /// Gives the decoder one more packet, or tells it that there are none.
    fn feed(&mut self) {
        if let Some(packet) = self.ready.pop_front() {
            return self.send(&packet);
        }
        while self.failures < MAX_FAILURES {
            let mut packet = Packet::empty();
            match packet.read(&mut self.reader.input) {
                Ok(()) => {
                    self.note(&packet);
                    // An empty packet would mean the end to the decoder.
                    if packet.stream() == self.stream && packet.size() > 0 {
                        return self.send(&packet);
                    }
                }
                Err(Error::Eof) => break,
                // One unreadable packet; the demuxer goes on behind it.
                Err(Error::InvalidData) => self.miss(),
                Err(_) => {
                    self.miss();
                    break;
                }
            }
        }
        self.draining = true;
        let missing = self.ending.filter(|_| self.is_whole).map_or(0.0, |ending| ending.missing());
        self.missing = (missing / self.clock.step()).round() as usize;
        if self.decoder.send_eof().is_err() {
            self.failures = MAX_FAILURES;
        }
    }

    fn send(&mut self, packet: &Packet) {
        self.has_damage |= packet.is_corrupt();
        let stamp = packet.pts().or(packet.dts());
        if let Some(stamp) = stamp.filter(|_| packet.duration() > 0) {
            self.durations.insert(stamp, packet.duration());
            if self.durations.len() > DURATIONS {
                self.durations.pop_first();
            }
        }
        if packet.pts().is_none() {
            self.unstamped.extend(packet.dts());
        }
        if let Some(sent) = &mut self.sent {
            *sent += u64::from(is_shown(packet) && packet.pts() >= Some(self.first_stamp));
        }
        if self.decoder.send_packet(packet).is_err() {
            self.refuse();
        }
    }

    fn note(&mut self, packet: &Packet) {
        let time_base = self.reader.input.stream(packet.stream()).map(|stream| stream.time_base());
        if let (Some(ending), Some(time_base)) = (&mut self.ending, time_base) {
            ending.see(packet, time_base);
        }
    }

    fn refuse(&mut self) {
        self.refused += 1;
        self.failures += 1;
    }

    fn miss(&mut self) {
        self.unreadable += 1;
        self.failures += 1;
    }

    /// Queues a picture under its time stamp; one without a stamp follows the one before it.
    fn queue(&mut self, raw: RawFrame) {
        let step = (self.clock.step() / self.clock.tick()).round().max(1.0) as i64;
        let in_order = raw.pts().is_none().then(|| self.unstamped.pop_front()).flatten();
        let stamp = in_order.or_else(|| raw.timestamp()).or_else(|| raw.pts()).unwrap_or_else(|| {
            self.last_stamp.map_or(self.clock.stamp(0.0), |last| last.saturating_add(step))
        });
        self.last_stamp = Some(stamp);
        if stamp < self.first_stamp {
            return;
        }
        if self.last_emitted.is_some_and(|last| stamp < last) {
            self.jumps += 1;
        }
        self.waiting.push(Reverse(Waiting { jumps: self.jumps, stamp, arrival: self.arrived, raw }));
        self.arrived += 1;
    }

    /// A stamp in seconds. Time never runs backwards: stamps that are slightly out of order go on by the usual step.
    /// After a splice, all that follows is moved to where the splice is.
    fn time(&mut self, stamp: i64) -> f64 {
        let time = self.clock.time(stamp) + self.shift;
        let Some((last, duration)) = self.last else { return time };
        let step = self.clock.step();
        let gap = time - last;
        let is_explained = gap <= SPLICE.max(10.0 * step) || duration >= gap / 2.0;
        if gap >= 0.0 && is_explained {
            if self.has_damage() && duration < gap / 2.0 {
                self.holes += ((gap / step).round() as usize).saturating_sub(1);
            }
            return time;
        }
        if !(-DISORDER..=0.0).contains(&gap) {
            self.shift += step - gap;
            self.splices.push(Jump { at: last, by: self.clock.shortest(gap) });
        }
        last + step
    }

    /// How many seconds a picture stays: for the last one by what the header says of the end, else by the packet that it
    /// came from.
    fn duration(&mut self, stamp: i64) -> f64 {
        let step = self.clock.step();
        // Containers round durations too.
        let is_usual = |duration: &f64| (duration - step).abs() <= 2.0 * self.clock.tick();
        let stated = self.durations.remove(&stamp).and_then(|ticks| seconds(ticks, self.clock.time_base));
        let duration = stated.filter(|stated| !is_usual(stated)).unwrap_or(step);
        if !self.waiting.is_empty() || !self.splices.is_empty() {
            return duration;
        }
        let time = seconds(stamp, self.clock.time_base).unwrap_or(0.0);
        let duration = self.ending.map_or(duration, |ending| ending.last_duration(time, duration));
        if is_usual(&duration) { step } else { duration }
    }
}

impl Iterator for Pictures {
    type Item = Picture;

    fn next(&mut self) -> Option<Picture> {
        self.fill();
        let Reverse(Waiting { stamp, raw, .. }) = self.waiting.pop()?;
        let (time, duration) = (self.time(stamp), self.duration(stamp));
        let picture = Picture { ordinal: self.emitted, time, duration, is_damaged: is_damaged(&raw), raw };
        self.emitted += 1;
        self.last_emitted = Some(stamp);
        self.last = Some((time, duration));
        Some(picture)
    }
}

/// Whether the decoder says of a picture that it has made up a part of it, or that it refers to pictures that are missing.
fn is_damaged(picture: &RawFrame) -> bool {
    // SAFETY: the pointer is that of a live frame.
    let errors = unsafe { (*picture.as_ptr()).decode_error_flags };
    picture.is_corrupt() || errors != 0
}

/// A decoded picture in the reorder queue: by time stamp, then as it came; after a jump back in
/// time, behind all that came before the jump.
struct Waiting {
    jumps: u64,
    stamp: i64,
    arrival: u64,
    raw: RawFrame,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.jumps, self.stamp, self.arrival).cmp(&(other.jumps, other.stamp, other.arrival))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}
