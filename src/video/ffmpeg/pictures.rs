use std::collections::{BTreeMap, VecDeque};

use video_rs::ffmpeg::codec::Context;
use video_rs::ffmpeg::error::EAGAIN;
use video_rs::ffmpeg::format::stream::Stream;
use video_rs::ffmpeg::frame::Video as RawFrame;
use video_rs::ffmpeg::frame::side_data::Type as SideData;
use video_rs::ffmpeg::{Dictionary, Error, Packet, decoder};

use super::demuxer::Demuxer;
use super::seek::{SeekPoint, is_shown};
use super::timeline::{TimeScale, Timeline};
use super::truncation::Truncation;
use crate::video::faults::Jump;
use crate::video::orientation::Orientation;

/// Decoded pictures held back to put slightly disordered time stamps in order. Decoders reorder by
/// themselves; this is for files whose stream header states too little reordering.
const REORDER: usize = 4;

/// Failures in a row after which the rest of a file is taken to be unreadable.
const MAX_FAILURES: usize = 1000;

/// A decoded picture in its own pixel format, as stored.
pub(super) struct RawPicture {
    /// Number in presentation order, from 0.
    pub(super) ordinal: u64,
    /// Seconds from time zero; never less than that of the picture before.
    pub(super) time: f64,
    /// Seconds on screen, as the container states it, or else at the mean rate.
    pub(super) duration: f64,
    /// Whether the decoder has made up a part of it.
    pub(super) is_damaged: bool,
    pub(super) raw: RawFrame,
}

/// Every picture of one video stream, each once, in presentation order.
pub(super) struct Pictures {
    demuxer: Demuxer,
    stream: usize,
    decoder: decoder::Video,
    timeline: Timeline,
    /// Packets that were read before decoding began.
    ready: VecDeque<Packet>,
    first_stamp: i64,
    draining: bool,
    refused: usize,
    unreadable: usize,
    /// Pictures that should have followed the last packet of the file.
    missing: usize,
    failures: usize,
    is_whole: bool,
    /// Decoded pictures by jumps back in time before them, time stamp and order of arrival.
    waiting: BTreeMap<(u64, i64, u64), RawFrame>,
    arrived: u64,
    /// How often stamps have jumped back behind a picture that was already handed out.
    jumps: u64,
    last_emitted: Option<i64>,
    emitted: u64,
    /// Packets that should give a picture each; `None` where packets cannot be counted.
    sent: Option<u64>,
    has_damage: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Threads {
    /// As FFmpeg chooses. What is made up over damage then differs from run to run.
    Auto,
    /// The same pictures in every run.
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
    pub(super) fn new(demuxer: Demuxer, stream: usize, decoder: decoder::Video, scale: TimeScale) -> Self {
        let point = SeekPoint { packets: VecDeque::new(), first_stamp: i64::MIN, ordinal: 0 };
        Self { is_whole: true, ..Self::starting_at(point, demuxer, stream, decoder, scale) }
    }

    /// The pictures from `point` on, which `demuxer` has just read up to.
    pub(super) fn starting_at(
        point: SeekPoint,
        demuxer: Demuxer,
        stream: usize,
        decoder: decoder::Video,
        scale: TimeScale,
    ) -> Self {
        let truncation = demuxer.input.stream(stream).map(|stream| Truncation::new(&demuxer.input, &stream));
        Self {
            demuxer,
            stream,
            decoder,
            timeline: Timeline::new(scale, truncation),
            ready: point.packets,
            first_stamp: point.first_stamp,
            draining: false,
            refused: 0,
            unreadable: 0,
            missing: 0,
            failures: 0,
            is_whole: false,
            waiting: BTreeMap::new(),
            arrived: 0,
            jumps: 0,
            last_emitted: None,
            emitted: point.ordinal,
            sent: None,
            has_damage: false,
        }
    }

    pub(super) fn counting_packets(self) -> Self {
        Self { sent: Some(0), ..self }
    }

    /// Whether any damage was met, after which the decoder's threads may give any pictures.
    pub(super) fn has_damage(&self) -> bool {
        // Threads do not report failures among the last few packets, but their pictures are missing.
        let lacks_pictures = self.draining && self.sent.is_some_and(|sent| sent > self.arrived);
        self.has_damage
            || self.refused > 0
            || self.unreadable > 0
            || (lacks_pictures && self.waiting.len() < REORDER)
    }

    pub(super) fn splices(&self) -> &[Jump] {
        self.timeline.splices()
    }

    /// Broken packets passed over so far, and what is missing at the end of a file that was read from its start.
    pub(super) fn skipped(&self) -> usize {
        self.refused.max(self.timeline.holes()) + self.unreadable.max(self.missing)
    }

    /// Whether the first picture of the [`SeekPoint`] came out of the decoder. If not, the ordinals would be wrong.
    pub(super) fn begins_at_seek_point(&mut self) -> bool {
        self.fill();
        let first = self.waiting.first_key_value().map(|(&(_, stamp, _), _)| stamp);
        self.first_stamp == i64::MIN || first == Some(self.first_stamp)
    }

    pub(super) fn orientation(&mut self) -> Option<Orientation> {
        self.fill();
        self.waiting.first_key_value().and_then(|(_, raw)| orientation_of(raw))
    }

    /// Whether time stamps are rounded to milliseconds, by the first few.
    pub(super) fn rounds_to_milliseconds(&mut self) -> bool {
        self.fill();
        let stamps = self.waiting.keys().map(|&(_, stamp, _)| stamp).collect();
        self.timeline.scale().rounds_to_milliseconds(stamps)
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

    /// Gives the decoder one more packet, or the end of the stream.
    fn feed(&mut self) {
        if let Some(packet) = self.ready.pop_front() {
            return self.send(&packet);
        }
        while self.failures < MAX_FAILURES {
            let mut packet = Packet::empty();
            match packet.read(&mut self.demuxer.input) {
                Ok(()) => {
                    if let Some(stream) = self.demuxer.input.stream(packet.stream()) {
                        self.timeline.count(&packet, stream.time_base());
                    }
                    // An empty packet would mean the end to the decoder.
                    if packet.stream() == self.stream && packet.size() > 0 {
                        return self.send(&packet);
                    }
                }
                Err(Error::Eof) => break,
                // The demuxer goes on behind one unreadable packet.
                Err(Error::InvalidData) => self.miss(),
                Err(_) => {
                    self.miss();
                    break;
                }
            }
        }
        self.draining = true;
        self.missing = if self.is_whole { self.timeline.missing_at_end() } else { 0 };
        if self.decoder.send_eof().is_err() {
            self.failures = MAX_FAILURES;
        }
    }

    fn send(&mut self, packet: &Packet) {
        self.has_damage |= packet.is_corrupt();
        self.timeline.expect(packet);
        if let Some(sent) = &mut self.sent {
            *sent += u64::from(is_shown(packet) && packet.pts() >= Some(self.first_stamp));
        }
        if self.decoder.send_packet(packet).is_err() {
            self.refuse();
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

    fn queue(&mut self, raw: RawFrame) {
        let stamp = self.timeline.stamp(&raw);
        if stamp < self.first_stamp {
            return;
        }
        if self.last_emitted.is_some_and(|last| stamp < last) {
            self.jumps += 1;
        }
        self.waiting.insert((self.jumps, stamp, self.arrived), raw);
        self.arrived += 1;
    }
}

impl Iterator for Pictures {
    type Item = RawPicture;

    fn next(&mut self) -> Option<RawPicture> {
        self.fill();
        let ((_, stamp, _), raw) = self.waiting.pop_first()?;
        let (is_last, has_damage) = (self.waiting.is_empty(), self.has_damage());
        let (time, duration) = self.timeline.show(stamp, is_last, has_damage);
        let picture = RawPicture { ordinal: self.emitted, time, duration, is_damaged: is_damaged(&raw), raw };
        self.emitted += 1;
        self.last_emitted = Some(stamp);
        Some(picture)
    }
}

/// The orientation that a picture states, in messages of H.264 and HEVC streams or EXIF of JPEG streams.
pub(super) fn orientation_of(picture: &RawFrame) -> Option<Orientation> {
    let matrix = picture.side_data(SideData::DisplayMatrix)?;
    Some(Orientation::from_display_matrix(matrix.data()))
}

/// Whether the decoder has made up a part of a picture, or lacked pictures that it refers to.
fn is_damaged(picture: &RawFrame) -> bool {
    // SAFETY: the pointer is that of a live frame.
    let errors = unsafe { (*picture.as_ptr()).decode_error_flags };
    picture.is_corrupt() || errors != 0
}
