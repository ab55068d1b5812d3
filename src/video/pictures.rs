use std::cmp::Reverse;
use std::collections::BinaryHeap;

use video_rs::Reader;
use video_rs::ffmpeg::codec::Context;
use video_rs::ffmpeg::error::EAGAIN;
use video_rs::ffmpeg::format::stream::Stream;
use video_rs::ffmpeg::frame::Video as RawFrame;
use video_rs::ffmpeg::{Dictionary, Error, Packet, Rational, decoder};

use super::info::seconds;

/// Decoded pictures held back to put slightly disordered time stamps in order. Decoders reorder by
/// themselves; this is for files whose stream header states too little reordering.
const REORDER: usize = 4;

/// Failures in a row after which the rest of a file is taken to be unreadable.
const MAX_FAILURES: usize = 1000;

/// Seconds between pictures where neither time stamps nor the container tell.
const DEFAULT_STEP: f64 = 1.0 / 25.0;

/// One decoded picture in its own pixel format, stored orientation.
pub(super) struct Picture {
    /// Number in presentation order, from 0.
    pub(super) ordinal: u64,
    /// Seconds from time zero; never less than that of the picture before.
    pub(super) time: f64,
    /// The pixels.
    pub(super) raw: RawFrame,
}

/// Every picture of one video stream, each once, in presentation order.
pub(super) struct Pictures {
    reader: Reader,
    stream: usize,
    decoder: decoder::Video,
    time_base: Rational,
    origin: f64,
    step: f64,
    draining: bool,
    skipped: usize,
    failures: usize,
    waiting: BinaryHeap<Reverse<Waiting>>,
    arrived: u64,
    last_stamp: Option<i64>,
    emitted: u64,
    last_time: Option<f64>,
}

/// Opens the decoder of a stream, with as many threads as FFmpeg sees fit.
pub(super) fn open_decoder(stream: &Stream) -> Result<decoder::Video, Error> {
    let mut opening = Context::from_parameters(stream.parameters())?.decoder();
    opening.set_packet_time_base(stream.time_base());
    let codec = decoder::find(stream.parameters().id()).ok_or(Error::DecoderNotFound)?;
    let mut options = Dictionary::new();
    options.set("threads", "auto");
    opening.open_as_with(codec, options)?.video()
}

impl Pictures {
    /// `origin` is the container time in seconds that counts as time zero; `frame_rate` fills in for
    /// missing time stamps.
    pub(super) fn new(
        reader: Reader,
        stream: usize,
        time_base: Rational,
        decoder: decoder::Video,
        origin: f64,
        frame_rate: Option<f64>,
    ) -> Self {
        Self {
            reader,
            stream,
            decoder,
            time_base,
            origin,
            step: frame_rate.map_or(DEFAULT_STEP, |rate| 1.0 / rate),
            draining: false,
            skipped: 0,
            failures: 0,
            waiting: BinaryHeap::new(),
            arrived: 0,
            last_stamp: None,
            emitted: 0,
            last_time: None,
        }
    }

    /// Broken packets passed over so far.
    pub(super) fn skipped(&self) -> usize {
        self.skipped
    }

    /// The next picture in the decoder's order.
    fn decode(&mut self) -> Option<RawFrame> {
        while self.failures < MAX_FAILURES {
            let mut raw = RawFrame::empty();
            match self.decoder.receive_frame(&mut raw) {
                Ok(()) => {
                    self.failures = 0;
                    return Some(raw);
                }
                Err(Error::Other { errno: EAGAIN }) if !self.draining => self.feed(),
                Err(Error::Eof | Error::Other { errno: EAGAIN }) => return None,
                Err(_) => self.skip(),
            }
        }
        None
    }

    /// Gives the decoder one more packet, or tells it that there are none.
    fn feed(&mut self) {
        while self.failures < MAX_FAILURES {
            let mut packet = Packet::empty();
            match packet.read(&mut self.reader.input) {
                // An empty packet would mean the end to the decoder.
                Ok(()) if packet.stream() != self.stream || packet.size() == 0 => {}
                Ok(()) => {
                    if self.decoder.send_packet(&packet).is_err() {
                        self.skip();
                    }
                    return;
                }
                Err(Error::Eof) => break,
                // One unreadable packet; the demuxer goes on behind it.
                Err(Error::InvalidData) => self.skip(),
                Err(_) => {
                    self.skip();
                    break;
                }
            }
        }
        self.draining = true;
        if self.decoder.send_eof().is_err() {
            self.failures = MAX_FAILURES;
        }
    }

    fn skip(&mut self) {
        self.skipped += 1;
        self.failures += 1;
    }

    /// Queues a picture under its time stamp; one without a stamp follows the one before it.
    fn queue(&mut self, raw: RawFrame) {
        let step = (self.step / seconds(1, self.time_base).unwrap_or(1.0)).round().max(1.0) as i64;
        let stamp = raw
            .timestamp()
            .or_else(|| raw.pts())
            .unwrap_or_else(|| self.last_stamp.map_or(0, |last| last.saturating_add(step)));
        self.last_stamp = Some(stamp);
        self.waiting.push(Reverse(Waiting { stamp, arrival: self.arrived, raw }));
        self.arrived += 1;
    }

    /// A stamp in seconds. Where stamps jump backwards (a broken or a spliced file) time goes on by
    /// the usual step, so that it never runs backwards.
    fn time(&self, stamp: i64) -> f64 {
        let time = seconds(stamp, self.time_base).unwrap_or(0.0) - self.origin;
        match self.last_time {
            Some(last) if time < last => last + self.step,
            _ => time,
        }
    }
}

impl Iterator for Pictures {
    type Item = Picture;

    fn next(&mut self) -> Option<Picture> {
        while self.waiting.len() < REORDER {
            match self.decode() {
                Some(raw) => self.queue(raw),
                None => break,
            }
        }
        let Reverse(Waiting { stamp, raw, .. }) = self.waiting.pop()?;
        let picture = Picture { ordinal: self.emitted, time: self.time(stamp), raw };
        self.emitted += 1;
        self.last_time = Some(picture.time);
        Some(picture)
    }
}

/// A decoded picture in the reorder queue: by time stamp, then as it came.
struct Waiting {
    stamp: i64,
    arrival: u64,
    raw: RawFrame,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.stamp, self.arrival).cmp(&(other.stamp, other.arrival))
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
