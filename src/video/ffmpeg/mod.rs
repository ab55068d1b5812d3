//! FFmpeg's libraries: loaded with the first video, where the build script could arrange for that.

#[cfg(lazy_ffmpeg)]
mod lazy;

use std::sync::Once;

use video_rs::ffmpeg::{codec, decoder, error, log};

use super::VideoError;

/// Makes FFmpeg ready for use: loads its libraries and keeps its own messages off the terminal.
///
/// # Errors
/// If a library is missing.
pub fn start_ffmpeg() -> Result<(), VideoError> {
    #[cfg(lazy_ffmpeg)]
    lazy::load()?;
    static TEXTS: Once = Once::new();
    // Not safe to run twice at a time.
    TEXTS.call_once(error::register_all);
    silence_ffmpeg();
    Ok(())
}

/// Keeps FFmpeg's own messages off the terminal. What goes wrong is reported through [`VideoError`].
pub fn silence_ffmpeg() {
    log::set_level(log::Level::Quiet);
}

/// FFmpeg's version, as its codec library names it. Most often this is known without loading the library.
///
/// # Errors
/// If a library is missing.
pub fn ffmpeg_version() -> Result<String, VideoError> {
    #[cfg(lazy_ffmpeg)]
    if let Some(version) = lazy::codec_version() {
        return Ok(format!("libavcodec {version}"));
    }
    start_ffmpeg()?;
    let version = codec::version();
    Ok(format!("libavcodec {}.{}.{}", version >> 16, (version >> 8) & 0xff, version & 0xff))
}

/// Whether this FFmpeg has a decoder of that name or for that codec.
///
/// # Errors
/// If a library is missing.
pub fn can_decode(codec: &str) -> Result<bool, VideoError> {
    start_ffmpeg()?;
    // Where nothing is registered under the codec's own name, a library decodes it.
    let libraries: &[&str] = if codec == "av1" { &["libdav1d", "libaom-av1"] } else { &[] };
    Ok(std::iter::once(&codec).chain(libraries).any(|name| decoder::find_by_name(name).is_some()))
}
