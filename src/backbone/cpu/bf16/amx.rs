//! Intel AMX, whose tiles multiply 16 × 32 by 32 × 16 values at a time. Rust has no stable functions for it, so it is
//! written in assembly.

use std::arch::asm;
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::OnceLock;

use super::lines::{COLUMNS, GROUP, Line, Sums};

/// Whether the processor has tiles for bf16 and the system lets this process use them.
pub fn is_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| has_tiles() && is_permitted())
}

fn has_tiles() -> bool {
    const BF16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    let most = std::arch::x86_64::__cpuid(0).eax;
    most >= 7 && std::arch::x86_64::__cpuid_count(7, 0).edx & (BF16 | TILES) == BF16 | TILES
}

/// Linux saves the tiles of a process only once it has asked for them.
#[cfg(target_os = "linux")]
fn is_permitted() -> bool {
    const REQUEST_PERMISSION: libc::c_long = 0x1023;
    const TILE_DATA: libc::c_long = 18;
    // SAFETY: the call takes two numbers and touches no memory of the program.
    unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn is_permitted() -> bool {
    false
}

/// The configured tiles of this thread.
pub struct Tiles(PhantomData<*const ()>);

/// Calls `f` with the thread's tiles configured.
///
/// # Panics
/// If there are none, or within `f`.
pub fn with_tiles<T>(f: impl FnOnce(&Tiles) -> T) -> T {
    /// Frees the tiles, also after a panic.
    struct Release;
    impl Drop for Release {
        fn drop(&mut self) {
            // SAFETY: only `with_tiles` configures tiles, so the processor has the instruction.
            unsafe { asm!("tilerelease", options(nostack, nomem)) };
            IN_USE.set(false);
        }
    }
    thread_local! {
        static IN_USE: Cell<bool> = const { Cell::new(false) };
    }
    assert!(is_available() && !IN_USE.replace(true), "tiles that are missing or in use");
    let all = Configuration::all();
    // SAFETY: the processor has the instruction, and reads 64 bytes.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const all, options(nostack, readonly)) };
    let _release = Release;
    f(&Tiles(PhantomData))
}

/// What `ldtilecfg` reads.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

impl Configuration {
    /// All eight tiles, as large as they can be.
    fn all() -> Self {
        let (mut row_bytes, mut rows) = ([0; 16], [0; 16]);
        row_bytes[..8].fill(size_of::<Line>() as u16);
        rows[..8].fill(GROUP as u8);
        Self { palette: 1, start: 0, reserved: [0; 14], row_bytes, rows }
    }
}

impl Tiles {
    /// [`Multiplier::multiply`](super::kernel::Multiplier::multiply).
    ///
    /// # Safety
    /// The lengths belong together.
    pub unsafe fn multiply(&self, first: &[Line], second: &[Line], b: &[Line], sums: &mut Sums) {
        let (steps, sums) = (first.len() / GROUP, sums.0.as_mut_ptr());
        // SAFETY: tiles are configured; a group holds `steps` tiles, `b` twice as many, and `sums` four.
        unsafe {
            if second.is_empty() {
                multiply_one(steps, first.as_ptr(), b.as_ptr(), sums);
            } else {
                multiply_two(steps, first.as_ptr(), second.as_ptr(), b.as_ptr(), sums);
            }
        }
    }
}

const LINE_BYTES: usize = size_of::<Line>();
/// Bytes of a tile, and from a line of a panel to the next of the same columns.
const TILE_BYTES: usize = GROUP * LINE_BYTES;
const SUM_BYTES: usize = COLUMNS * size_of::<f32>();

/// 32 × 32 sums: four tiles of them, made of two tiles of `a` and two of `b` at a time.
///
/// # Safety
/// Tiles are configured; `a0` and `a1` point to `steps` tiles, `b` to twice as many, `sums` to 32 × 32 values.
unsafe fn multiply_two(steps: usize, a0: *const Line, a1: *const Line, b: *const Line, sums: *mut f32) {
    // SAFETY: as the caller vouches.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm6, [{b} + {pair}]",
            "tileloadd tmm4, [{a0} + {line}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{b} + {pair} + {line_bytes}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{a1} + {line}]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {b}, 2 * {tile_bytes}",
            "add {a0}, {tile_bytes}",
            "add {a1}, {tile_bytes}",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {pair}], tmm0",
            "tilestored [{sums} + {pair} + {line_bytes}], tmm1",
            "tilestored [{lower} + {pair}], tmm2",
            "tilestored [{lower} + {pair} + {line_bytes}], tmm3",
            steps = inout(reg) steps => _,
            a0 = inout(reg) a0 => _,
            a1 = inout(reg) a1 => _,
            b = inout(reg) b => _,
            sums = in(reg) sums,
            lower = in(reg) sums.add(GROUP * COLUMNS),
            line = in(reg) LINE_BYTES,
            pair = in(reg) SUM_BYTES,
            line_bytes = const LINE_BYTES,
            tile_bytes = const TILE_BYTES,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

/// 16 × 32 sums.
///
/// # Safety
/// As of [`multiply_two`], for one tile of rows.
unsafe fn multiply_one(steps: usize, a: *const Line, b: *const Line, sums: *mut f32) {
    // SAFETY: as the caller vouches.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "2:",
            "tileloadd tmm4, [{a} + {line}]",
            "tileloadd tmm6, [{b} + {pair}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{b} + {pair} + {line_bytes}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "add {b}, 2 * {tile_bytes}",
            "add {a}, {tile_bytes}",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {pair}], tmm0",
            "tilestored [{sums} + {pair} + {line_bytes}], tmm1",
            steps = inout(reg) steps => _,
            a = inout(reg) a => _,
            b = inout(reg) b => _,
            sums = in(reg) sums,
            line = in(reg) LINE_BYTES,
            pair = in(reg) SUM_BYTES,
            line_bytes = const LINE_BYTES,
            tile_bytes = const TILE_BYTES,
            out("tmm0") _, out("tmm1") _, out("tmm4") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}
