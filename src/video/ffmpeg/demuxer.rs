//! Opening files with FFmpeg, which may open no file or address but those that are permitted.

use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;

use video_rs::ffmpeg::error::EPERM;
use video_rs::ffmpeg::ffi::{
    AVDictionary, AVERROR, AVFormatContext, AVIOContext, av_demuxer_iterate, avformat_alloc_context,
    avformat_close_input, avformat_find_stream_info, avformat_open_input,
};
use video_rs::ffmpeg::format::context::Input as RawInput;
use video_rs::ffmpeg::{Dictionary, Error};

use super::start_ffmpeg;
use crate::video::input::Input;
use crate::video::playlist::{ListKind, Playlist};
use crate::video::{Problem, VideoError};

/// Demuxers whose input names other files or addresses.
const OPEN_OTHERS: &str =
    "concat,hls,dash,webm_dash_manifest,imf,sdp,rtsp,rtp,sap,mlv,vobsub,dvdvideo,avisynth,vapoursynth";

type OpenFile = unsafe extern "C" fn(
    *mut AVFormatContext,
    *mut *mut AVIOContext,
    *const c_char,
    c_int,
    *mut *mut AVDictionary,
) -> c_int;

pub(super) struct Demuxer {
    pub(super) input: RawInput,
    /// `input` points to it, and is dropped before it.
    _permit: Box<Permit>,
}

/// The files that may be opened.
struct Permit {
    clip: CString,
    list: Option<Playlist>,
    open: Option<OpenFile>,
    /// The first file that was refused.
    refused: OnceLock<String>,
}

impl Demuxer {
    /// Opens a file and reads what it states about its streams.
    pub(super) fn open(input: &Input) -> Result<Self, VideoError> {
        start_ffmpeg();
        let list = Playlist::read(&input.path, &input.name)?;
        // Absolute, or FFmpeg would take the start of a name such as `12:30.mp4` for a protocol. The files of a list are
        // looked for beside the list itself, not beside a link to it.
        let path = match &list {
            Some(_) => input.path.canonicalize(),
            None => std::path::absolute(&input.path),
        };
        let path = path.map_err(|error| input.unreadable(error))?;
        let clip = path.to_str().and_then(|name| CString::new(name).ok());
        let clip = clip.ok_or_else(|| input.error(Problem::NameNotUtf8))?;
        let mut options = Dictionary::new();
        // Take `%d` in an image's file name literally, not as a pattern.
        options.set("pattern_type", "none");
        options.set("protocol_whitelist", "file");
        options.set("format_whitelist", formats(list.as_ref().map(|list| list.kind)));
        let mut permit = Box::new(Permit { clip, list, open: None, refused: OnceLock::new() });
        match open(&mut permit, options) {
            Ok(opened) => Ok(Self { input: opened, _permit: permit }),
            Err(error) => Err(input.error(match permit.refused.get() {
                Some(named) => Problem::BadPlaylist(format!("entry {named} is not permitted")),
                None => Problem::NotVideo(error.to_string()),
            })),
        }
    }
}

fn open(permit: &mut Permit, options: Dictionary) -> Result<RawInput, Error> {
    // SAFETY: the calls of FFmpeg's documentation, which frees the context on failure; the boxed permit outlives the context.
    unsafe {
        let mut context = avformat_alloc_context();
        if context.is_null() {
            return Err(Error::from(AVERROR(video_rs::ffmpeg::error::ENOMEM)));
        }
        permit.open = (*context).io_open;
        (*context).opaque = ptr::from_mut(permit).cast();
        (*context).io_open = Some(open_if_permitted);
        let mut options = options.disown();
        let opened = avformat_open_input(&mut context, permit.clip.as_ptr(), ptr::null_mut(), &mut options);
        drop(Dictionary::own(options));
        if opened < 0 {
            return Err(Error::from(opened));
        }
        let found = avformat_find_stream_info(context, ptr::null_mut());
        if found < 0 {
            avformat_close_input(&mut context);
            return Err(Error::from(found));
        }
        Ok(RawInput::wrap(context))
    }
}

/// FFmpeg's callback for each file that a demuxer opens.
unsafe extern "C" fn open_if_permitted(
    context: *mut AVFormatContext,
    file: *mut *mut AVIOContext,
    url: *const c_char,
    flags: c_int,
    options: *mut *mut AVDictionary,
) -> c_int {
    // SAFETY: `open` has set the pointer to a permit that outlives the context; the address is a C string.
    let (permit, address) = unsafe { (&*(*context).opaque.cast::<Permit>(), CStr::from_ptr(url)) };
    match permit.open {
        // SAFETY: FFmpeg's own callback with its own arguments.
        Some(open) if permit.covers(address) => unsafe { open(context, file, url, flags, options) },
        _ => {
            let _ = permit.refused.set(address.to_string_lossy().into_owned());
            AVERROR(EPERM)
        }
    }
}

impl Permit {
    fn covers(&self, address: &CStr) -> bool {
        if address == self.clip.as_c_str() {
            return true;
        }
        let (Some(list), Ok(address)) = (&self.list, address.to_str()) else { return false };
        let path = Path::new(address.strip_prefix("file:").unwrap_or(address));
        path.canonicalize().is_ok_and(|file| list.files.contains(&file))
    }
}

/// Demuxers that may be used, separated by commas: of those that open other files, only that of `list`.
fn formats(list: Option<ListKind>) -> &'static str {
    static FORMATS: OnceLock<[String; 3]> = OnceLock::new();
    let [none, hls, concat] = FORMATS.get_or_init(|| {
        let mut names = Vec::new();
        let mut position = ptr::null_mut();
        // SAFETY: the position belongs to the iteration; formats and their names are static data.
        while let Some(format) = unsafe { av_demuxer_iterate(&mut position).as_ref() } {
            let name = unsafe { CStr::from_ptr(format.name) }.to_string_lossy().into_owned();
            if !name.split(',').any(|name| OPEN_OTHERS.split(',').any(|other| other == name)) {
                names.push(name);
            }
        }
        let names = names.join(",");
        let with = |kind: ListKind| format!("{names},{}", kind.demuxer());
        [names.clone(), with(ListKind::Hls), with(ListKind::Concat)]
    });
    match list {
        None => none,
        Some(ListKind::Hls) => hls,
        Some(ListKind::Concat) => concat,
    }
}
