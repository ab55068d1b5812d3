//! Starting in the middle of a video without changing what comes out.
//!
//! A container's own seek is not always exact, and loses the numbers of pictures. So the packets before the start are
//! read and counted, which costs next to nothing, and only decoding begins late: at a keyframe. Where that cannot be
//! exact, everything is decoded. Only damaged pictures may differ, since what a decoder paints over damage depends on
//! the pictures before.

use std::collections::VecDeque;

use video_rs::ffmpeg::codec::Id;
use video_rs::ffmpeg::ffi::{AV_PKT_FLAG_DISCARD, AVFieldOrder};
use video_rs::ffmpeg::format::stream::Stream;
use video_rs::ffmpeg::packet::Ref;
use video_rs::ffmpeg::{Error, Packet, Rational};

use super::demuxer::Demuxer;
use super::header::seconds;
use super::timeline::may_be_splice;

/// Compressed bytes that may wait for the decoder: a group of pictures is far smaller.
const MAX_WAITING_BYTES: usize = 256 << 20;

/// Where decoding begins.
pub(super) struct SeekPoint {
    /// Packets already read, the first a keyframe; the decoder takes them before it reads on.
    pub(super) packets: VecDeque<Packet>,
    /// Time stamp of the first picture that counts; earlier ones lead up to it.
    pub(super) first_stamp: i64,
    pub(super) ordinal: u64,
}

/// Whether each packet of the stream is one picture, so that packets can be counted in place of
/// pictures. VP8 and packed MPEG-4 have packets that show nothing; interlaced video may have two
/// packets to a picture.
pub(super) fn counts_pictures_by_packets(stream: &Stream) -> bool {
    let parameters = stream.parameters();
    // SAFETY: the pointer is that of live parameters.
    let field_order = unsafe { (*parameters.as_ptr()).field_order };
    matches!(parameters.id(), Id::H264 | Id::HEVC | Id::VP9 | Id::AV1 | Id::FFV1)
        && matches!(field_order, AVFieldOrder::AV_FIELD_UNKNOWN | AVFieldOrder::AV_FIELD_PROGRESSIVE)
}

/// Reads up to the last keyframe at or before `target` (in ticks of the stream) and the packets that follow it.
///
/// `None` if packets or time stamps are too disorderly: then the file must be decoded from its beginning.
pub(super) fn seek(reader: &mut Demuxer, stream: usize, target: i64) -> Option<SeekPoint> {
    let time_base = reader.input.stream(stream)?.time_base();
    let mut skipping = Skipping::new(time_base);
    while skipping.waiting_bytes < MAX_WAITING_BYTES {
        let mut packet = Packet::empty();
        match packet.read(&mut reader.input) {
            Ok(()) if packet.stream() != stream || packet.size() == 0 => {}
            Ok(()) => {
                let past_target = packet.pts()? > target;
                let is_key = packet.is_key();
                skipping.take(packet, is_key && !past_target)?;
                if is_key && past_target {
                    break;
                }
            }
            Err(Error::Eof) => break,
            Err(_) => return None,
        }
    }
    skipping.point()
}

/// Packets before the target, by groups that begin with a keyframe.
struct Skipping {
    time_base: Rational,
    first_stamp: Option<i64>,
    latest_stamp: Option<i64>,
    /// The last two groups that began at or before the target, then what came after.
    packets: VecDeque<Packet>,
    /// Where in `packets` the last group begins.
    last_key: usize,
    waiting_bytes: usize,
    /// Pictures dropped in front of `packets`, and the latest of their time stamps.
    dropped: u64,
    latest_dropped: Option<i64>,
}

impl Skipping {
    fn new(time_base: Rational) -> Self {
        Self {
            time_base,
            first_stamp: None,
            latest_stamp: None,
            packets: VecDeque::new(),
            last_key: 0,
            waiting_bytes: 0,
            dropped: 0,
            latest_dropped: None,
        }
    }

    /// Adds a packet. Where it begins a group, the group before the last one is dropped.
    fn take(&mut self, packet: Packet, begins_group: bool) -> Option<()> {
        let stamp = packet.pts()?;
        let first_stamp = *self.first_stamp.get_or_insert(stamp);
        // Pictures shown before the first keyframe lack what they refer to: decoders drop some.
        let starts_whole = packet.is_key() || !self.packets.is_empty();
        if stamp < first_stamp || !starts_whole || packet.is_corrupt() {
            return None;
        }
        let latest = self.latest_stamp.unwrap_or(stamp);
        if may_be_splice(seconds(stamp.saturating_sub(latest), self.time_base)?) {
            return None;
        }
        self.latest_stamp = Some(latest.max(stamp));
        if begins_group {
            // One group more than needed is kept, since a rolling refresh makes whole pictures only one period later.
            for leaving in self.packets.drain(..self.last_key) {
                self.waiting_bytes -= leaving.size();
                self.dropped += u64::from(is_shown(&leaving));
                self.latest_dropped = self.latest_dropped.max(leaving.pts());
            }
            self.last_key = self.packets.len();
        }
        self.waiting_bytes += packet.size();
        self.packets.push_back(packet);
        Some(())
    }

    fn point(self) -> Option<SeekPoint> {
        if self.last_key == 0 {
            // Nothing was dropped.
            return Some(SeekPoint { packets: self.packets, first_stamp: i64::MIN, ordinal: 0 });
        }
        let first_stamp = self.packets.get(self.last_key)?.pts()?;
        // A picture that precedes the keyframe in the file and follows it on screen would be lost.
        let before_key = self.packets.iter().take(self.last_key).filter_map(Packet::pts).max();
        if self.latest_dropped.max(before_key) >= Some(first_stamp) {
            return None;
        }
        let is_earlier = |packet: &&Packet| is_shown(packet) && packet.pts() < Some(first_stamp);
        let ordinal = self.dropped + self.packets.iter().filter(is_earlier).count() as u64;
        Some(SeekPoint { packets: self.packets, first_stamp, ordinal })
    }
}

/// Whether the packet's picture is shown: an edit list may hide it.
pub(super) fn is_shown(packet: &Packet) -> bool {
    // SAFETY: the pointer is that of a live packet.
    unsafe { (*packet.as_ptr()).flags & AV_PKT_FLAG_DISCARD == 0 }
}
