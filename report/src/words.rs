//! Numbers, times and traffic, as people read them.

use aside_domain::measured::Measured;
use aside_domain::{Distribution, RunEnd, Traffic, decimal, grouped};
use time::OffsetDateTime;

/// What stands where there is no figure.
pub const NONE: &str = "–";

/// "1 request", "4,096 requests".
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// How many there are in a second: `1,180`, and below ten `7.4`.
pub fn rate(per_s: f64) -> String {
    if per_s == 0.0 || per_s >= 9.95 { grouped(per_s.round() as u64) } else { decimal(per_s, 1) }
}

/// A part of a whole: `92.1 %`. What is not all, or not nothing, does not read so.
pub fn percent(part: f64) -> String {
    match part {
        part if part > 0.0 && part < 0.0005 => "< 0.1 %".to_owned(),
        part if part > 0.9995 && part < 1.0 => "> 99.9 %".to_owned(),
        part if part == 0.0 || part == 1.0 => format!("{} %", decimal(part * 100.0, 0)),
        part => format!("{} %", decimal(part * 100.0, 1)),
    }
}

/// A measured time in three digits: `832 µs`, `1.24 ms`, `12.4 ms`.
pub fn took(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..999_500 => format!("{} ms", three_digits(us as f64 / 1_000.0)),
        _ => format!("{} s", three_digits(us as f64 / 1_000_000.0)),
    }
}

/// A positive number in three digits; what is longer is whole.
fn three_digits(number: f64) -> String {
    let places = if number < 9.995 { 2 } else { u32::from(number < 99.95) };
    decimal(number, places)
}

/// How long something went on: `20.0 s`.
pub fn seconds(ms: u64) -> String {
    format!("{} s", decimal(ms as f64 / 1_000.0, 1))
}

/// A moment: `14 November 2026, 09:26 UTC`. The milliseconds since 1970 of a clock that is out of all bounds say nothing.
pub fn moment(ms: u64) -> String {
    let moment = i64::try_from(ms / 1_000).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    moment.map_or_else(String::new, |at| {
        format!("{} {} {}, {:02}:{:02} UTC", at.day(), at.month(), at.year(), at.hour(), at.minute())
    })
}

/// How keys are drawn, in a word for people.
pub const fn distribution(distribution: Distribution) -> &'static str {
    match distribution {
        Distribution::Uniform => "uniform",
        Distribution::Zipf => "Zipf",
    }
}

/// How requests arrive.
pub fn arrival(traffic: &Traffic) -> String {
    match traffic.rate_per_s {
        Some(rate) => format!("{} requests a second", grouped(rate.into())),
        None => "as fast as answered".to_owned(),
    }
}

/// What is sent, in a sentence.
pub fn sent(traffic: &Traffic) -> String {
    let users = counted(traffic.users.into(), "user", "users");
    let keys = counted(traffic.keys.into(), "key", "keys");
    let (arrival, writes) = (arrival(traffic), traffic.write_percent);
    let drawn = distribution(traffic.distribution);
    format!("{users}, {arrival}, {writes} % writes, {keys} ({drawn}), seed {}.", traffic.seed)
}

/// How far it is, or how it ended, in a sentence.
pub fn state(measured: &Measured) -> String {
    let planned = measured.traffic.duration_s;
    let took = seconds(measured.elapsed_ms);
    match measured.end {
        None if measured.elapsed_ms >= u64::from(planned) * 1_000 => "Waiting for the last answers.".to_owned(),
        None => format!("{} s of {planned} s.", measured.elapsed_ms / 1_000),
        Some(RunEnd::Completed) => format!("Completed after {took}."),
        Some(RunEnd::Stopped) => format!("Stopped after {took} of {planned} s."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        let shown =
            [0, 7, 832, 1_244, 9_996, 12_440, 99_960, 124_400, 999_499, 999_500, 1_240_000, 61_000_000].map(took);
        let expected = [
            "0 µs", "7 µs", "832 µs", "1.24 ms", "10.0 ms", "12.4 ms", "100 ms", "124 ms", "999 ms", "1.00 s",
            "1.24 s", "61.0 s",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_part_that_is_not_all_does_not_read_as_all() {
        let shown = [0.0, 0.0001, 0.5, 0.921, 0.9999, 1.0].map(percent);
        assert_eq!(shown, ["0 %", "< 0.1 %", "50.0 %", "92.1 %", "> 99.9 %", "100 %"]);
    }

    #[test]
    fn rates_below_ten_have_a_decimal() {
        assert_eq!([0.0, 0.04, 7.44, 9.95, 1_180.4].map(rate), ["0", "0.0", "7.4", "10", "1,180"]);
    }

    #[test]
    fn a_moment_is_told_in_universal_time() {
        assert_eq!(moment(0), "1 January 1970, 00:00 UTC");
        assert_eq!(moment(1_794_648_360_000), "14 November 2026, 09:26 UTC");
        assert_eq!(moment(u64::MAX), "");
    }
}
