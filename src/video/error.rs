use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::FFMPEG_IS_INSIDE;

/// Who decodes, and how to have more decoded.
const FFMPEG: &str = if FFMPEG_IS_INSIDE { "the FFmpeg inside this program" } else { "the installed FFmpeg" };
const MORE_CODECS: &str = if FFMPEG_IS_INSIDE {
    "install actalign-tui as a Debian package or build it: both use the system's FFmpeg"
} else {
    "install an FFmpeg built with that codec"
};

/// A clip or an image that cannot be read.
#[derive(Debug, Error)]
#[error("cannot read {}: {problem}", path.display())]
pub struct VideoError {
    /// The path as it was given, or `standard input`.
    pub path: PathBuf,
    pub problem: Problem,
}

impl VideoError {
    pub(super) fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem }
    }
}

/// Why a clip or an image cannot be read, and what to do. Reasons are FFmpeg's words or our own; times are in seconds.
#[derive(Debug, Error)]
pub enum Problem {
    #[error("no such file\nhelp: check the path")]
    NotFound,
    #[error("{0}\nhelp: check that it is a file you may read")]
    Unreadable(io::Error),
    #[error("the file is empty\nhelp: download or copy it again")]
    EmptyFile,
    #[error("a terminal or another device\nhelp: give a file, a folder of images, or pipe a clip in")]
    Device,
    #[error("nothing came through the pipe\nhelp: check the command that writes to it")]
    EmptyPipe,
    /// The contents of a pipe are kept in a temporary file.
    #[error("cannot keep what comes through the pipe in {}: {error}\nhelp: make room there, set TMPDIR to another folder, or give a file", std::env::temp_dir().display())]
    PipeNotKept { error: io::Error },
    #[error(
        "a folder without images\nhelp: give a video file, or a folder of numbered images such as 0001.png"
    )]
    NoImages,
    #[error("images without numbers have no order\nhelp: number them, such as 0001.png")]
    NoNumbers,
    /// Patterns of names, with `#` for each number.
    #[error("images of several series: {patterns}\nhelp: give a folder of one series")]
    SeveralSeries { patterns: String },
    /// FFmpeg takes UTF-8 names only.
    #[error("the name is not valid UTF-8\nhelp: rename the file or its folder")]
    NameNotUtf8,
    #[error(
        "not a video, or an incomplete one: {0}\nhelp: check that it plays; if it was downloaded, download it again"
    )]
    NotVideo(String),
    #[error("no video stream\nhelp: give a file that contains video")]
    NoVideoStream,
    #[error(
        "{FFMPEG} cannot decode {codec}: {reason}\nhelp: convert it with ffmpeg -i INPUT -c:v libx264 OUTPUT.mp4, or {MORE_CODECS}"
    )]
    NoDecoder { codec: String, reason: String },
    #[error("nothing between start {start} s and end {end} s\nhelp: give 0 <= start < end, in seconds")]
    BadSegment { start: f64, end: f64 },
    #[error("no frame at or after {start} s; the last one is at {last:.3} s\nhelp: choose an earlier start")]
    StartPastEnd { start: f64, last: f64 },
    #[error("no frame number {ordinal}\nhelp: the file was changed: open it again")]
    FrameGone { ordinal: u64 },
    #[error("no frame from {start} s to {end} s\nhelp: choose a longer segment")]
    NoFrameInSegment { start: f64, end: f64 },
    #[error(
        "more than {most} frames at this rate\nhelp: take fewer per second (--fps), or a part of the clip (--start, --end)"
    )]
    TooManyFrames { most: u64 },
    #[error(
        "no frames\nhelp: check that it plays; if it does, convert it with ffmpeg -i INPUT -c:v libx264 OUTPUT.mp4"
    )]
    NoFrames,
    #[error("no frame could be decoded; broken packets: {skipped}\nhelp: download or convert it again")]
    NothingDecodable { skipped: usize },
    #[error(
        "cannot convert the frame at {time:.3} s to RGB: {reason}\nhelp: convert the video with ffmpeg -i INPUT -pix_fmt yuv420p OUTPUT.mp4"
    )]
    Unconvertible { time: f64, reason: String },
    #[error("{0}\nhelp: report this as a bug, with the file")]
    ThreadFailed(String),
    #[error("damaged image: {0}\nhelp: download or convert it again")]
    DamagedImage(String),
    #[error("{0}\nhelp: join the files into one with ffmpeg -i LIST -c copy CLIP.mkv")]
    BadPlaylist(String),
    #[error("not a readable image: {0}\nhelp: give PNG, JPEG, or another image that FFmpeg decodes")]
    NotImage(String),
}
