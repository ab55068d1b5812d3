//! Round numbers along an axis.

/// Values to label from `start` up to `end` and not at it, at round distances, `least` apart or more, with as many
/// decimals as they need.
pub fn ticks(start: f64, end: f64, least: f64) -> Vec<(f64, String)> {
    let magnitude = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].iter().map(|m| m * magnitude).find(|&step| step >= least);
    let step = step.unwrap_or(10.0 * magnitude);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let first = (start / step - 1e-9).ceil();
    let values = (0..).map(|i| (first + f64::from(i)) * step).take_while(|&value| value < end - 1e-9);
    // No axis is so long: a guard against values too large for their steps.
    values.take(100).map(|value| (value, format!("{value:.decimals$}"))).collect()
}
