use std::path::PathBuf;

use thiserror::Error;

/// Why a video or an image could not be read, and what to do about it.
#[derive(Debug, Error)]
pub enum VideoError {
    /// There is nothing at this path.
    #[error("{}: no such file. Check the path.", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The file exists but cannot be opened or read.
    #[error("{}: cannot be read ({source}). Check that it is a file you may read.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file has no bytes.
    #[error("{}: the file is empty. Download or copy it again.", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
    /// A terminal, a disk or another device.
    #[error("{}: is a terminal or another device. Give a file, a folder of images, or pipe a clip in.", path.display())]
    Device {
        /// The device.
        path: PathBuf,
    },
    /// A pipe that ended before anything came.
    #[error("{}: nothing came through the pipe. Check the command that writes to it.", path.display())]
    EmptyPipe {
        /// The pipe.
        path: PathBuf,
    },
    /// What comes through a pipe is kept in a file, and that failed.
    #[error("{}: what comes through the pipe cannot be read and kept in {} ({source}). Make room there, set TMPDIR to another folder, or give a file.", path.display(), std::env::temp_dir().display())]
    PipeNotKept {
        /// The pipe.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A folder in which nothing is named as an image.
    #[error("{}: a folder without images. Give a video file, or a folder of numbered images such as 0001.png.", path.display())]
    NoImages {
        /// The folder.
        path: PathBuf,
    },
    /// A folder of images whose order nobody can tell.
    #[error("{}: its images are not numbered, so their order is unknown. Name them by number, such as 0001.png.", path.display())]
    NoNumbers {
        /// The folder.
        path: PathBuf,
    },
    /// A folder with the frames of more than one clip.
    #[error("{}: holds images of more than one series ({patterns}). Give a folder of one series.", path.display())]
    SeveralSeries {
        /// The folder.
        path: PathBuf,
        /// Names of some of the series, `#` for each number.
        patterns: String,
    },
    /// FFmpeg takes UTF-8 names only.
    #[error("{}: the name is not valid UTF-8. Rename the file or its folder.", path.display())]
    NameNotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// No demuxer recognises the content.
    #[error("{}: not a video, or an incomplete one ({reason}). Check that it plays; if it was downloaded, download it again.", path.display())]
    NotVideo {
        /// The file.
        path: PathBuf,
        /// FFmpeg's reason.
        reason: String,
    },
    /// A media file without moving pictures (audio, subtitles, cover art).
    #[error("{}: has no video stream. Give a file that contains video.", path.display())]
    NoVideoStream {
        /// The file.
        path: PathBuf,
    },
    /// The installed FFmpeg libraries cannot decode this codec.
    #[error("{}: the installed FFmpeg cannot decode {codec} ({reason}). Convert it first, for example `ffmpeg -i INPUT -c:v libx264 OUTPUT.mp4`, or install an FFmpeg built with {codec}.", path.display())]
    NoDecoder {
        /// The file.
        path: PathBuf,
        /// FFmpeg's name of the codec.
        codec: String,
        /// FFmpeg's reason.
        reason: String,
    },
    /// A segment that can hold no frame.
    #[error("{}: start {start} s and end {end} s leave nothing to read. Give 0 <= start < end, in seconds.", path.display())]
    BadSegment {
        /// The file.
        path: PathBuf,
        /// Start asked for, in seconds.
        start: f64,
        /// End asked for, in seconds.
        end: f64,
    },
    /// The video is over before the segment starts.
    #[error("{}: no frame at or after {start} s: the last one is at {last:.3} s. Choose an earlier start.", path.display())]
    StartPastEnd {
        /// The file.
        path: PathBuf,
        /// Start asked for, in seconds.
        start: f64,
        /// Time of the last frame, in seconds.
        last: f64,
    },
    /// The segment lies between two frames, or before the first.
    #[error("{}: no frame from {start} s up to {end} s. Choose a longer segment.", path.display())]
    NoFrameInSegment {
        /// The file.
        path: PathBuf,
        /// Start of the segment, in seconds.
        start: f64,
        /// End of the segment, in seconds.
        end: f64,
    },
    /// A segment that would fill too many rows.
    #[error("{}: this sampling gives more than {most} frames. Take fewer per second (--fps), or a part of the clip (--start, --end).", path.display())]
    TooManyFrames {
        /// The file.
        path: PathBuf,
        /// How many frames are too many.
        most: u64,
    },
    /// A video stream without a picture.
    #[error("{}: no frame is found in it. Check that it plays: it may be incomplete, or of a kind that the installed FFmpeg does not decode; then convert it first, for example `ffmpeg -i INPUT -c:v libx264 OUTPUT.mp4`.", path.display())]
    NoFrames {
        /// The file.
        path: PathBuf,
    },
    /// A video stream of which nothing could be decoded.
    #[error("{}: no frame could be decoded (broken packets: {skipped}). The file is damaged: download or convert it again.", path.display())]
    NothingDecodable {
        /// The file.
        path: PathBuf,
        /// Packets that were tried and failed.
        skipped: usize,
    },
    /// A decoded picture that cannot be turned into RGB.
    #[error("{}: the picture at {time:.3} s cannot be converted to RGB ({reason}). Convert the video first, for example `ffmpeg -i INPUT -pix_fmt yuv420p OUTPUT.mp4`.", path.display())]
    Unconvertible {
        /// The file.
        path: PathBuf,
        /// Presentation time of the picture, in seconds.
        time: f64,
        /// FFmpeg's reason.
        reason: String,
    },
    /// The decoding thread failed; this is a defect of the program.
    #[error("{}: {message}\nhelp: report this with the file", path.display())]
    ThreadFailed {
        /// The file.
        path: PathBuf,
        /// What the thread said.
        message: String,
    },
    /// An image of which not all pixels can be had.
    #[error("{}: not an image that can be read in full ({reason}). Download or convert it again.", path.display())]
    BadImage {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A list of other files that does not say what it is made of, or that names what it may not.
    #[error("{}: {reason}. Join what it names into one file, for example `ffmpeg -i LIST -c copy CLIP.mkv`, and give that.", path.display())]
    BadPlaylist {
        /// The list.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Something else in the place of an image.
    #[error("{}: not a readable image ({reason}). Give PNG, JPEG, or another image that FFmpeg decodes.", path.display())]
    NotImage {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        reason: String,
    },
}
