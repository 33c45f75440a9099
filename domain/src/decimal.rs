//! Numbers as text.
//!
//! The standard library's way to write a float serves every float there is, and is 25 KB of the browser's module; what
//! stands in styles, curves and captions needs a few places only.

/// `value`, rounded to that many decimal places (at most nine). What is no number, or beyond nine million million, is
/// brought to the nearest that is not.
#[must_use]
pub fn decimal(value: f64, places: u32) -> String {
    let unit = 10_i64.pow(places.min(9));
    let value = if value.is_nan() { 0.0 } else { clamped(value, -9e12, 9e12) };
    let scaled = (value * unit as f64).round() as i64;
    let (sign, scaled) = (if scaled < 0 { "-" } else { "" }, scaled.unsigned_abs());
    let (whole, rest) = (scaled / unit.unsigned_abs(), scaled % unit.unsigned_abs());
    match places.min(9) as usize {
        0 => format!("{sign}{whole}"),
        places => format!("{sign}{whole}.{rest:0places$}"),
    }
}

/// A whole number with its thousands told apart: `4,096`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `value`, or the nearest that is neither below `low` nor above `high`. The standard library's `clamp` panics in some cases,
/// and writes the floats then, so that all that this module is to save would be there.
#[must_use]
pub const fn clamped(value: f64, low: f64, high: f64) -> f64 {
    value.max(low).min(high)
}

#[cfg(test)]
mod tests {
    use super::{decimal, grouped};

    #[test]
    fn a_number_is_written_as_the_standard_library_writes_it() {
        for value in [0.0, 0.04, 0.06, 1.0, 1.25, -1.26, -0.04, 99.99, 100_000.0, -123_456.789, 1e12] {
            for places in 0..4 {
                let written = decimal(value, places);
                let back: f64 = written.parse().unwrap();
                assert!((back - value).abs() <= 0.5 * 0.1_f64.powi(places as i32) + 1e-9, "{value} became {written}");
                assert_eq!(written.split_once('.').map_or(0, |(_, rest)| rest.len()), places as usize);
            }
        }
        assert_eq!(decimal(2.5, 1), "2.5");
        assert_eq!(decimal(-0.04, 1), "0.0");
        assert_eq!(decimal(12.0, 0), "12");
        assert_eq!(decimal(0.05, 2), "0.05");
    }

    #[test]
    fn what_is_no_number_is_written_as_one() {
        assert_eq!(decimal(f64::NAN, 1), "0.0");
        assert_eq!(decimal(f64::INFINITY, 0), "9000000000000");
    }

    #[test]
    fn thousands_are_told_apart() {
        let shown = [0, 999, 1_000, 4_096, 1_234_567].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "4,096", "1,234,567"]);
    }
}
