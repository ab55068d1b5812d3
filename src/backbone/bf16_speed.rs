//! Whether a processor is faster in bf16 than in f32: measured once, and remembered for every processor of its name.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::cpu::Isa;
use super::cpu::bf16::Bf16Kernel;
use super::cpu::linear::{Epilogue, Linear, Packing};
use crate::files::atomic_write::write_atomically;
use crate::files::folders::Folder;
use crate::files::input_file::read_bounded;

/// In the program's cache folder: whether bf16 is faster, by the name of the processor.
const FILE: &str = "bf16-is-faster.json";
const MOST_BYTES: u64 = 1 << 20;

/// The best kernel for bf16 of this processor, if it takes less time than f32 with `isa`.
pub(super) fn faster_kernel(isa: Isa) -> Option<Bf16Kernel> {
    static IS_FASTER: OnceLock<bool> = OnceLock::new();
    let kernel = Bf16Kernel::detect()?;
    let is_faster = || {
        let measure = || time(isa, Packing::Bf16Products(kernel)) < time(isa, Packing::F32);
        match (Folder::Cache.path(), processor()) {
            (Ok(folder), Some(name)) => remembered(&folder, &name, measure),
            _ => measure(),
        }
    };
    (kernel.is_always_faster() || *IS_FASTER.get_or_init(is_faster)).then_some(kernel)
}

/// What is remembered in `folder` for a processor; else what `measure` finds, to be remembered if that is possible.
fn remembered(folder: &Path, processor: &str, measure: impl FnOnce() -> bool) -> bool {
    let path = folder.join(FILE);
    let known = read_bounded(&path, MOST_BYTES).ok();
    let known = known.and_then(|bytes| serde_json::from_slice::<BTreeMap<String, bool>>(&bytes).ok());
    let mut known = known.unwrap_or_default();
    if let Some(is_faster) = known.get(processor) {
        return *is_faster;
    }
    let is_faster = measure();
    known.insert(processor.to_owned(), is_faster);
    let write = || {
        fs::create_dir_all(folder)?;
        write_atomically(&path, &serde_json::to_vec_pretty(&known)?)
    };
    if let Err(error) = write() {
        tracing::warn!(path = %path.display(), %error, "cannot remember the speed of bf16");
    }
    is_faster
}

/// The least time of a product of the size of those in a model.
fn time(isa: Isa, packing: Packing) -> Duration {
    const ROWS: usize = 192;
    const SIDE: usize = 768;
    const RUNS: usize = 5;
    let linear = Linear::new(isa, packing, &vec![0.5; SIDE * SIDE], vec![0.0; SIDE]);
    let (x, mut out) = (vec![1.0; ROWS * SIDE], vec![0.0; ROWS * SIDE]);
    let run = |_| {
        let start = Instant::now();
        linear.apply(black_box(&x), &mut out, Epilogue::Store);
        start.elapsed()
    };
    (0..RUNS).map(run).min().unwrap_or_default()
}

/// The name that the processor gives itself.
#[cfg(target_arch = "x86_64")]
fn processor() -> Option<String> {
    use std::arch::x86_64::__cpuid;
    const NAME: [u32; 3] = [0x8000_0002, 0x8000_0003, 0x8000_0004];
    if __cpuid(0x8000_0000).eax < NAME[2] {
        return None;
    }
    let parts = NAME.map(__cpuid);
    let bytes =
        parts.iter().flat_map(|part| [part.eax, part.ebx, part.ecx, part.edx]).flat_map(u32::to_le_bytes);
    let bytes: Vec<u8> = bytes.take_while(|byte| *byte != 0).collect();
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_processor_is_measured_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("cache");
        assert!(remembered(&folder, "one", || true));
        assert!(!remembered(&folder, "two", || false));
        assert!(remembered(&folder, "one", || unreachable!()));
        assert!(!remembered(&folder, "two", || unreachable!()));
        fs::write(folder.join(FILE), "{").unwrap();
        assert!(!remembered(&folder, "one", || false));
        assert!(!remembered(&folder, "one", || unreachable!()));
    }
}
