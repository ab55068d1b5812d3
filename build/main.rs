//! Sees to it that the program starts without FFmpeg.
//!
//! FFmpeg's libraries pull in two hundred others, which the system's loader takes 60 to 90 ms to find and to bind, also
//! for `--help` and for a clip whose embeddings are known. So the linker is given a small function of our own for each of
//! FFmpeg's: with every name defined, it records no need of the libraries. `src/video/ffmpeg/lazy.rs` has the other half.
//!
//! Done where it is known to work: Linux with glibc, x86-64 and ARM64, shared libraries that pkg-config or `FFMPEG_DIR`
//! names, as `ffmpeg-sys-next` takes them. Elsewhere the program is linked against FFmpeg as usual.

#[allow(dead_code)] // A test reads the rest.
mod elf;

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use elf::Elf;

/// Those that reading a video takes come first, each after those that it depends on.
const LIBRARIES: [&str; 7] =
    ["avutil", "swresample", "avcodec", "swscale", "avformat", "avfilter", "avdevice"];

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rustc-check-cfg=cfg(lazy_ffmpeg)");
    for variable in ["FFMPEG_DIR", "VCPKG_ROOT", "PKG_CONFIG_PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    if let Some((rust, assembly)) = folder().as_deref().and_then(generate) {
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
        fs::write(out.join("ffmpeg.rs"), rust).expect("the build folder can be written");
        fs::write(out.join("ffmpeg.s"), assembly).expect("the build folder can be written");
        println!("cargo::rustc-cfg=lazy_ffmpeg");
    }
}

/// The folder whose FFmpeg the linker would take.
fn folder() -> Option<PathBuf> {
    let is = |what: &str, value: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).as_deref() == Ok(value);
    // vcpkg's libraries are static.
    if !is("OS", "linux") || !is("ENV", "gnu") || env::var_os("VCPKG_ROOT").is_some() {
        return None;
    }
    let Some(ffmpeg) = env::var_os("FFMPEG_DIR").map(PathBuf::from) else {
        return pkg_config::get_variable("libavcodec", "libdir").ok().map(PathBuf::from);
    };
    let special = ffmpeg.join(if is("ARCH", "x86_64") { "lib/amd64" } else { "lib/arm64" });
    Some(if special.exists() { special } else { ffmpeg.join("lib") })
}

/// Constants in Rust, and the functions in assembly.
fn generate(folder: &Path) -> Option<(String, String)> {
    let trampoline = match env::var("CARGO_CFG_TARGET_ARCH").ok()?.as_str() {
        "x86_64" => {
            "NAME: jmp qword ptr [rip + .Lslot_NAME]
.Lfirst_NAME:
    lea r11, [rip + .Lslot_NAME]
    jmp actalign_ffmpeg_first_call"
        }
        "aarch64" => {
            "NAME:
    adrp x16, .Lslot_NAME
    ldr x16, [x16, #:lo12:.Lslot_NAME]
    br x16
.Lfirst_NAME:
    adrp x16, .Lslot_NAME
    add x16, x16, #:lo12:.Lslot_NAME
    b actalign_ffmpeg_first_call"
        }
        _ => return None,
    };
    let mut assembly = String::new();
    let (mut sonames, mut functions) = (Vec::new(), Vec::new());
    for (number, name) in LIBRARIES.iter().enumerate() {
        let path = folder.join(format!("lib{name}.so"));
        println!("cargo::rerun-if-changed={}", path.display());
        let library = Elf::read(&path)?;
        sonames.push(library.soname()?);
        let of_library = library.functions()?;
        // Those that FFmpeg's libraries have for one another come and go.
        functions
            .push(of_library.iter().filter(|name| !name.starts_with("avpriv_")).cloned().collect::<Vec<_>>());
        for function in of_library {
            // A section each, so that the linker leaves out those that nothing calls. Hidden, so that FFmpeg's
            // libraries go on calling each other, and not us.
            let text = format!(
                ".section .text.NAME, \"ax\", %progbits
.globl NAME
.hidden NAME
.type NAME, %function
{trampoline}
.section .data.NAME, \"aw\", %progbits
.balign 8
.Lslot_NAME: .quad .Lfirst_NAME, {number}
    .asciz \"NAME\"
"
            );
            assembly.push_str(&text.replace("NAME", &function));
        }
    }
    assembly.push_str(".text\n");
    let mut rust = String::new();
    writeln!(rust, "const FOLDER: &str = {:?};", folder.to_str()?).ok()?;
    writeln!(rust, "const SONAMES: [&str; {}] = {sonames:?};", sonames.len()).ok()?;
    let functions: String = functions.iter().map(|names| format!("&{names:?}, ")).collect();
    writeln!(rust, "const FUNCTIONS: [&[&str]; {}] = [{functions}];", sonames.len()).ok()?;
    Some((rust, assembly))
}
