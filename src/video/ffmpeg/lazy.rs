//! FFmpeg behind functions of our own.
//!
//! The build script writes a small function under the name of each of FFmpeg's, which jumps to the address in its slot.
//! At first that address leads to [`resolve`], which loads the library and puts the function's true address there.

use std::arch::global_asm;
use std::env;
use std::ffi::{CStr, c_char, c_void};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use libloading::os::unix::{Library, RTLD_LAZY};

use crate::video::VideoError;

include!(concat!(env!("OUT_DIR"), "/ffmpeg.rs"));
global_asm!(include_str!(concat!(env!("OUT_DIR"), "/ffmpeg.s")), options(raw));

// Calls `resolve` and goes on with the function that was called; every register in which arguments may be is kept.
#[cfg(target_arch = "x86_64")]
global_asm!(include_str!("first_call_x86_64.s"), resolve = sym resolve);
#[cfg(target_arch = "aarch64")]
global_asm!(include_str!("first_call_aarch64.s"), resolve = sym resolve);

/// Of the libraries, those that reading and writing videos takes. Devices are not among them: they alone bring eighty of
/// the two hundred libraries behind FFmpeg.
const FOR_VIDEOS: usize = 5;
const CODECS: usize = 2;

static LOADED: [OnceLock<Result<Library, String>>; SONAMES.len()] =
    [const { OnceLock::new() }; SONAMES.len()];

/// Loads what reading a video takes, and looks whether all of it is there: later there is nobody to tell.
// Not inlined: the linker takes the functions in assembly along because it looks for this one, which is beside them.
#[inline(never)]
pub fn load() -> Result<(), VideoError> {
    static CHECKED: [OnceLock<Result<(), String>>; FOR_VIDEOS] = [const { OnceLock::new() }; FOR_VIDEOS];
    for (number, checked) in CHECKED.iter().enumerate() {
        if let Err(reason) = checked.get_or_init(|| check(number)) {
            return Err(VideoError::NoFfmpeg { library: SONAMES[number].to_owned(), reason: reason.clone() });
        }
    }
    Ok(())
}

/// Whether a library has every function that it had when the program was built.
fn check(number: usize) -> Result<(), String> {
    let library = library(number).as_ref().map_err(Clone::clone)?;
    let lacks = |function: &&&str| {
        // SAFETY: the address is not called.
        unsafe { library.get::<*mut c_void>(function.as_bytes()) }.is_err()
    };
    match FUNCTIONS[number].iter().find(lacks) {
        None => Ok(()),
        Some(function) => {
            Err(format!("it has no {function}, and so is older than the program was built for"))
        }
    }
}

/// The version of the codec library that [`load`] would take, where its file tells: `libavcodec.so.59.37.100`.
pub fn codec_version() -> Option<String> {
    let file = fs::canonicalize(file_of(CODECS)?).ok()?;
    let version = file.file_name()?.to_str()?.strip_prefix("libavcodec.so.")?;
    let numbers = version.split('.').filter(|number| number.parse::<u16>().is_ok()).count();
    (numbers == 3 && version.split('.').count() == 3).then(|| version.to_owned())
}

/// The file of a library: the one that the program was built with, or none where the loader must look for it.
fn file_of(number: usize) -> Option<PathBuf> {
    let is_elsewhere = env::var_os("LD_LIBRARY_PATH").is_some_and(|folders| !folders.is_empty());
    let file = PathBuf::from(FOLDER).join(SONAMES[number]);
    (!is_elsewhere && file.is_file()).then_some(file)
}

fn library(number: usize) -> &'static Result<Library, String> {
    LOADED[number].get_or_init(|| {
        let name = file_of(number).unwrap_or_else(|| SONAMES[number].into());
        // SAFETY: FFmpeg's libraries may be loaded at any time and by any thread. They are never unloaded.
        unsafe { Library::open(Some(name), RTLD_LAZY) }.map_err(|error| error.to_string())
    })
}

/// What the functions in assembly keep: see the build script.
#[repr(C)]
struct Slot {
    target: AtomicPtr<c_void>,
    library: usize,
    name: [c_char; 0],
}

/// The address of the function of a slot, which is put there for later calls.
extern "C" fn resolve(slot: &Slot) -> *mut c_void {
    // SAFETY: the name follows, with a zero at its end.
    let name = unsafe { CStr::from_ptr(slot.name.as_ptr()) };
    // SAFETY: the address is not called here.
    let function = library(slot.library).as_ref().map_err(Clone::clone).and_then(|library| {
        unsafe { library.get::<*mut c_void>(name.to_bytes_with_nul()) }.map_err(|error| error.to_string())
    });
    match function {
        Ok(function) => {
            let address = function.into_raw();
            slot.target.store(address, Ordering::Release);
            address
        }
        // Ends the program, for there is nobody to return to. Only who calls FFmpeg without `load` before comes to this.
        Err(reason) => panic!("FFmpeg was called before it was found to be whole: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_tells_the_version_of_the_codecs() {
        if let Some(version) = codec_version() {
            load().unwrap();
            let loaded = video_rs::ffmpeg::codec::version();
            let [major, minor, micro] = [loaded >> 16, loaded >> 8 & 0xff, loaded & 0xff];
            assert_eq!(version, format!("{major}.{minor}.{micro}"));
        }
    }
}
