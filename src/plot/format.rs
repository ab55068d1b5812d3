//! How numbers are written.

/// Four decimals, or a power of ten where that says little: `0.3419`, `5.07e-4`.
pub fn plain(value: f64) -> String {
    let is_plain = value == 0.0 || (1e-3..1e5).contains(&value.abs());
    if is_plain { format!("{value:.4}") } else { format!("{value:.2e}") }
}

/// As [`plain`], with its sign.
pub fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "" } else { "+" };
    format!("{sign}{}", plain(value))
}

/// A number set for print: `5.07×10⁻⁴`, with a true minus.
pub fn typeset(number: &str) -> String {
    let (digits, exponent) = number.split_once('e').map_or((number, None), |(d, e)| (d, Some(e)));
    let power = exponent.map_or(String::new(), |exponent| {
        let raised = exponent.chars().map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => digit.to_digit(10).and_then(|digit| char::from_u32(0x2070 + digit)).unwrap_or(digit),
        });
        format!("×10{}", raised.collect::<String>())
    });
    digits.replace('-', "−") + &power
}

/// A p-value with three decimals.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// Seconds as on a clock, to a tenth: `0:07.3`, `1:02:03.0`.
pub fn clock(seconds: f64) -> String {
    let tenths = (seconds.abs() * 10.0).round() as u64;
    let (minutes, tenths) = (tenths / 600, tenths % 600);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let sign = if seconds < 0.0 && tenths + minutes + hours > 0 { "-" } else { "" };
    let rest = format!("{:02}.{}", tenths / 10, tenths % 10);
    if hours > 0 { format!("{sign}{hours}:{minutes:02}:{rest}") } else { format!("{sign}{minutes}:{rest}") }
}

/// Seconds in words, to two units: `12 s`, `4 min`, `5 h 20 min`, `3 days 4 h`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.ceil() as u64;
    let (minutes, hours) = (whole.div_ceil(60), whole.div_ceil(60) / 60);
    match (whole, hours) {
        (0..120, _) => format!("{whole} s"),
        (_, 0..2) => format!("{minutes} min"),
        (_, 2..48) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} days {} h", hours / 24, hours % 24),
    }
}

/// Values in per cent with two decimals, as results are published; `-` where there is none.
pub mod percent {
    /// `33.33`
    pub fn number(value: Option<f64>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
    }

    /// `+1.25`
    pub fn signed(value: Option<f64>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:+.2}"))
    }

    /// `[20.00, 40.00]`
    pub fn interval(ends: Option<[f64; 2]>) -> String {
        ends.map_or_else(|| "-".to_owned(), |[low, high]| format!("[{low:.2}, {high:.2}]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_at_every_size() {
        assert_eq!(
            [0.0, 0.34186, -0.0012, 5.068e-4, 1e30].map(plain),
            ["0.0000", "0.3419", "-0.0012", "5.07e-4", "1.00e30"]
        );
        assert_eq!([0.5, 0.0, -0.5].map(signed), ["+0.5000", "+0.0000", "-0.5000"]);
        assert_eq!(["-0.5000", "5.07e-4", "1.00e30"].map(typeset), ["−0.5000", "5.07×10⁻⁴", "1.00×10³⁰"]);
        assert_eq!([0.0031, 0.00099, 1.0, 0.0].map(p_value), ["0.003", "<0.001", "1.000", "<0.001"]);
    }

    #[test]
    fn a_duration_has_two_units_at_most() {
        let seconds = [0.0, 11.2, 119.0, 121.0, 3_700.0, 19_200.0, 273_600.0];
        assert_eq!(
            seconds.map(duration),
            ["0 s", "12 s", "119 s", "3 min", "62 min", "5 h 20 min", "3 days 4 h"]
        );
    }

    #[test]
    fn a_clock_shows_tenths() {
        let seconds = [0.0, 7.25, 59.96, 3723.0, -0.01, -61.5];
        assert_eq!(seconds.map(clock), ["0:00.0", "0:07.3", "1:00.0", "1:02:03.0", "0:00.0", "-1:01.5"]);
    }

    #[test]
    fn per_cent_has_two_decimals_or_a_dash() {
        use percent::{interval, signed};
        assert_eq!([Some(1.005), Some(-2.0), Some(0.0), None].map(signed), ["+1.00", "-2.00", "+0.00", "-"]);
        assert_eq!((interval(Some([1.0, 2.5])), interval(None)), ("[1.00, 2.50]".to_owned(), "-".to_owned()));
    }
}
