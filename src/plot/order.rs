//! Order evidence in words.

use crate::align::OrderEvidence;
use crate::plot::format::plain;

/// z with its sampling error, and p: `+2.1 ± 0.10, p 0.005`.
pub fn numbers(z: f64, z_error: f64, p: f64) -> String {
    let error = if shows(z_error) { format!(" ± {z_error:.2}") } else { String::new() };
    format!("{z:+.1}{error}, p {p:.3}")
}

/// The numbers of a found evidence, and of how many orders: `z +2.1 ± 0.10, p 0.005, n 200`.
pub fn line(order: &OrderEvidence) -> String {
    format!("z {}, n {}", numbers(order.z, order.z_error, order.p), order.permutations)
}

/// What is left of a margin with both scripts shuffled, in tables.
pub fn margin_line(order: &OrderEvidence) -> String {
    format!("with both scripts shuffled: margin {:.3e} on average, {}", order.mean, line(order))
}

/// The same on the screen.
pub fn margin_heading(order: &OrderEvidence) -> String {
    format!("both scripts shuffled: lead {}, {}", plain(order.mean), line(order))
}

/// The same in a sentence.
pub fn margin_sentence(order: &OrderEvidence) -> String {
    format!("With both scripts shuffled, the margin is {} on average: {}", plain(order.mean), above(order))
}

/// How far a value lies from those in other orders: `it lies 2.1 standard deviations above, give or take 0.10, p 0.005.`
pub fn above(order: &OrderEvidence) -> String {
    let OrderEvidence { z, z_error, p, .. } = *order;
    let side = if z >= 0.0 { "above" } else { "below" };
    let error = if shows(z_error) { format!(", give or take {z_error:.2}") } else { String::new() };
    format!("it lies {:.1} standard deviations {side}{error}, p {p:.3}.", z.abs())
}

/// Whether an error of z is worth a place.
fn shows(z_error: f64) -> bool {
    z_error >= 0.005
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_said_where_there_are_any() {
        let drawn =
            OrderEvidence { mean: 0.00123, z: 2.08, z_error: 0.104, p: 1.0 / 201.0, permutations: 200 };
        assert_eq!(
            margin_line(&drawn),
            "with both scripts shuffled: margin 1.230e-3 on average, z +2.1 ± 0.10, p 0.005, n 200"
        );
        assert_eq!(
            margin_heading(&drawn),
            "both scripts shuffled: lead 0.0012, z +2.1 ± 0.10, p 0.005, n 200"
        );
        assert_eq!(
            margin_sentence(&drawn),
            "With both scripts shuffled, the margin is 0.0012 on average: it lies 2.1 standard deviations above, give or take \
             0.10, p 0.005."
        );
        let all = OrderEvidence { z: -0.31, z_error: 0.0, p: 0.5, permutations: 5, ..drawn };
        assert_eq!(line(&all), "z -0.3, p 0.500, n 5");
        assert_eq!(above(&all), "it lies 0.3 standard deviations below, p 0.500.");
    }
}
