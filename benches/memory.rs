//! Memory and time of loading each half of a checkpoint: what is resident at the peak, and what stays. Pages of the
//! mapped weight files, which the system takes back when it needs them, are counted apart.
//!
//! Needs `ACTALIGN_TEST_CHECKPOINT=FOLDER` and Linux. Each half is loaded in a process of its own.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use actalign_tui::backbone::{Checkpoint, ComputeDevice, DeviceChoice, Precision};

/// Names the half to load, in the process that loads it.
const HALF: &str = "ACTALIGN_BENCH_HALF";

fn main() {
    let Ok(folder) = std::env::var("ACTALIGN_TEST_CHECKPOINT") else {
        eprintln!("memory is left out: ACTALIGN_TEST_CHECKPOINT names no checkpoint");
        return;
    };
    if let Ok(half) = std::env::var(HALF) {
        return load(Path::new(&folder), &half);
    }
    println!(
        "| half, kept in | seconds | anonymous MB at the peak | anonymous MB that stay | MB at the peak, mapped pages too |"
    );
    println!("|---|---:|---:|---:|---:|");
    for half in ["vision f32", "text f32", "vision f16", "text f16"] {
        Command::new(std::env::current_exe().unwrap()).env(HALF, half).status().unwrap();
    }
}

fn load(folder: &Path, half: &str) {
    static DONE: AtomicBool = AtomicBool::new(false);
    static PEAK: AtomicU64 = AtomicU64::new(0);
    let checkpoint = Checkpoint::open(folder).unwrap();
    let precision = if half.ends_with("f16") { Precision::F16 } else { Precision::F32 };
    let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap().with_precision(precision).unwrap();
    let watch = thread::spawn(|| {
        while !DONE.load(Ordering::Relaxed) {
            PEAK.fetch_max(kilobytes("RssAnon"), Ordering::Relaxed);
            thread::sleep(Duration::from_millis(1));
        }
    });
    let start = Instant::now();
    let keep: Box<dyn std::any::Any> = if half.starts_with("vision") {
        Box::new(checkpoint.load_vision(&device).unwrap())
    } else {
        Box::new(checkpoint.load_text(&device).unwrap())
    };
    let seconds = start.elapsed().as_secs_f64();
    DONE.store(true, Ordering::Relaxed);
    watch.join().unwrap();
    let megabytes = |kilobytes: u64| kilobytes / 1000;
    let stays = kilobytes("RssAnon");
    println!(
        "| {half} | {seconds:.2} | {} | {} | {} |",
        megabytes(PEAK.load(Ordering::Relaxed).max(stays)),
        megabytes(stays),
        megabytes(kilobytes("VmHWM"))
    );
    drop(keep);
}

/// A line of the process's own status.
fn kilobytes(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
