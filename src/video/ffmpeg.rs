//! The FFmpeg that the program is linked with.

use std::sync::Once;

use video_rs::ffmpeg::{codec, decoder, error, log};

/// Makes FFmpeg ready for use and keeps its own messages off the terminal: failures are reported as `VideoError`.
pub fn start_ffmpeg() {
    static TEXTS: Once = Once::new();
    // Not safe to run twice at a time.
    TEXTS.call_once(error::register_all);
    silence_ffmpeg();
}

/// Keeps FFmpeg's own messages off the terminal.
pub fn silence_ffmpeg() {
    log::set_level(log::Level::Quiet);
}

/// Version of the codec library, such as `libavcodec 59.37.100`.
pub fn ffmpeg_version() -> String {
    let version = codec::version();
    format!("libavcodec {}.{}.{}", version >> 16, (version >> 8) & 0xff, version & 0xff)
}

/// Whether this FFmpeg has a decoder of that name or for that codec.
pub fn can_decode(codec: &str) -> bool {
    start_ffmpeg();
    // Where nothing is registered under the codec's own name, a library decodes it.
    let libraries: &[&str] = if codec == "av1" { &["libdav1d", "libaom-av1"] } else { &[] };
    std::iter::once(&codec).chain(libraries).any(|name| decoder::find_by_name(name).is_some())
}
