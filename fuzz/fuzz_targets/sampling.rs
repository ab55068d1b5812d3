//! Which rows the pictures of a clip fill, for any times and any segment: each tick goes to the picture on screen, and to
//! no other.
#![no_main]

use actalign_fuzz::{Unstructured, fuzz_target};
use actalign_tui::video::{Sampling, Segment, Ticks};

fuzz_target!(|data: &[u8]| {
    let mut data = Unstructured::new(data);
    let mut number = || data.arbitrary::<u16>().unwrap_or_default();
    let rate = f64::from(number()) / 100.0;
    let sampling = if rate > 0.0 { Sampling::Fps(rate) } else { Sampling::Native };
    let bound = |value: u16| (value > 0).then(|| f64::from(value) / 1000.0);
    let (start, end) = (bound(number()), bound(number()));
    // As the reader takes them.
    if start.unwrap_or(0.0) >= end.unwrap_or(f64::MAX) {
        return;
    }
    let segment = Segment { start, end };
    let tolerance = f64::from(number() % 50) / 10_000.0;
    // In milliseconds, as Matroska has them; a picture stays for up to a minute.
    let mut now = f64::from(number() as i16) / 1000.0;
    let mut times = vec![now];
    for _ in 0..number() % 50 {
        now += f64::from(number()) / 1000.0;
        times.push(now);
    }

    let ticks = Ticks::new(sampling, segment, tolerance);
    let tolerance = tolerance.max(1e-6);
    let begin = start.unwrap_or(0.0);
    let mut last_row = f64::NEG_INFINITY;
    let mut next_tick = None;
    for pair in times.windows(2) {
        let (time, until) = (pair[0], pair[1]);
        let rows = ticks.rows(time, until);
        assert_eq!(rows.len() as u64, ticks.count(time, until));
        assert_eq!(rows, ticks.rows(time, until));
        for &row in &rows {
            assert!(row.is_finite() && row >= begin - 1e-6 || sampling == Sampling::Native, "{row}");
            assert!(end.is_none_or(|end| row < end), "{row} is past the end");
            let Sampling::Fps(fps) = sampling else { continue };
            assert!(row > last_row, "{row} comes after {last_row}");
            last_row = row;
            assert!(
                time <= row + tolerance + 1e-6 && row < until + 1e-6,
                "{row} is not from {time} to {until}"
            );
            // No tick is left out between two that are taken.
            let tick = ((row - begin) * fps).round();
            assert!(next_tick.is_none_or(|next: f64| next == tick), "tick {tick} and not {next_tick:?}");
            next_tick = Some(tick + 1.0);
        }
        if sampling == Sampling::Native {
            assert!(rows.len() <= 1);
        }
    }
});
