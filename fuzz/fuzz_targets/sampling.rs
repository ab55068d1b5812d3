//! Which frames of a clip a sampling takes, for any times and any segment.
#![no_main]

use actalign_fuzz::{Unstructured, fuzz_target};
use actalign_tui::video::{Sampling, Segment};

fuzz_target!(|data: &[u8]| {
    let mut data = Unstructured::new(data);
    let mut number = || data.arbitrary::<u16>().unwrap_or_default();
    let rate = f64::from(number()) / 100.0;
    let sampling = if rate > 0.0 { Sampling::Fps(rate) } else { Sampling::Native };
    let bound = |value: u16| (value > 0).then(|| f64::from(value) / 1000.0);
    let segment = Segment { start: bound(number()), end: bound(number()) };
    // In milliseconds, as Matroska has them; gaps of up to a minute.
    let mut now = f64::from(number() as i16) / 1000.0;
    let mut times = Vec::new();
    for _ in 0..number() % 200 {
        times.push(now);
        now += f64::from(number()) / 1000.0;
    }
    let taken = sampling.thin(&times, segment);
    assert_eq!(taken.len(), times.len());
    assert_eq!(sampling.thin(&times, segment), taken);
    let chosen: Vec<f64> =
        times.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(time, _)| *time).collect();
    let end = segment.end.unwrap_or(f64::INFINITY);
    assert!(chosen.iter().all(|&time| time < end + 1e-5));
    // No more frames than ticks.
    if let (Sampling::Fps(fps), Some(first), Some(last)) = (sampling, chosen.first(), chosen.last()) {
        let ticks = (last - first.min(segment.start.unwrap_or(0.0))) * fps + 2.0;
        assert!(chosen.len() as f64 <= ticks + 1e-3, "{} frames for {ticks} ticks", chosen.len());
    }
    // What was taken is what is taken of it.
    let again = sampling.thin(&chosen, segment);
    assert!(again.iter().all(|taken| *taken));
});
