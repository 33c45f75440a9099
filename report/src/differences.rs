//! What differs between two traffics, and what came of it.

use crate::figures::{KINDS, PERCENTILES, per_s, shown};
use crate::words;
use aside_domain::markup::safe;
use aside_domain::measured::Measured;
use aside_domain::{RunEnd, decimal, grouped};
use std::fmt::Write;

/// Figures that are less apart than this are told to be alike: no two seconds of a machine are alike.
const NOTICED: f64 = 0.05;

/// What differs in what was sent and in what it was sent to, as a list.
pub fn list(measured: &Measured, beside: &Measured) -> String {
    let items: String = sentences(measured, beside).iter().map(|it| format!("<li>{}</li>", safe(it))).collect();
    format!(r#"<ul class="differences">{items}</ul>"#)
}

/// What differs, in sentences; first what was sent, then what it was sent to.
fn sentences(measured: &Measured, beside: &Measured) -> Vec<String> {
    let (one, other) = (&measured.traffic, &beside.traffic);
    let (number, number_beside) = (measured.number, beside.number);
    let fields = [
        ("Users", one.users.to_string(), other.users.to_string()),
        ("Arrival", words::arrival(one), words::arrival(other)),
        ("Duration", format!("{} s", one.duration_s), format!("{} s", other.duration_s)),
        ("Writes", format!("{} %", one.write_percent), format!("{} %", other.write_percent)),
        ("Keys", grouped(one.keys.into()), grouped(other.keys.into())),
        (
            "Key distribution",
            words::distribution(one.distribution).into(),
            words::distribution(other.distribution).into(),
        ),
        ("Seed", one.seed.to_string(), other.seed.to_string()),
    ];
    let differing: Vec<_> = fields.iter().filter(|(_, one, other)| one != other).collect();
    let mut sentences = vec![match differing.is_empty() {
        true => format!("The same traffic, and the same seed ({}): the same requests, in the same order.", one.seed),
        false if one.seed == other.seed => format!("The same seed ({}), but not the same traffic:", one.seed),
        false => "Not the same requests:".to_owned(),
    }];
    for (name, one, other) in differing {
        sentences.push(format!("{name}: {one} in no. {number}, {other} in no. {number_beside}."));
    }
    for one in [measured, beside] {
        if one.end != Some(RunEnd::Completed) {
            sentences.push(format!("No. {}: {}", one.number, words::state(one)));
        }
    }
    let only = |those: &[String], others: &[String], number: u32| -> Vec<String> {
        let only = those.iter().filter(|it| !others.contains(it));
        only.map(|it| format!("Only in no. {number}: {it}")).collect()
    };
    let mut drawing = only(&measured.drawing, &beside.drawing, number);
    drawing.extend(only(&beside.drawing, &measured.drawing, number_beside));
    if measured.title != beside.title {
        let (title, title_beside) = (&measured.title, &beside.title);
        drawing.insert(0, format!("No. {number} was sent to “{title}”, no. {number_beside} to “{title_beside}”."));
    } else if drawing.is_empty() {
        drawing.push("Both were sent to the same servers, with the same settings.".to_owned());
    }
    sentences.extend(drawing);
    sentences
}

/// The figures of both, and what differs in them.
pub fn table(measured: &Measured, beside: &Measured) -> String {
    let (number, number_beside) = (measured.number, beside.number);
    let mut html = format!(
        r#"<table class="compared"><thead><tr><th scope="col">Figure</th><th scope="col">No. {number}</th><th scope="col">No. {number_beside}</th><th scope="col">Change</th></tr></thead><tbody>"#
    );
    for row in rows(measured, beside) {
        let differs = row.change.is_some();
        let change = row.change.unwrap_or_else(|| if row.is_known { "alike" } else { words::NONE }.to_owned());
        // Writing to a string cannot fail.
        let _ = write!(
            html,
            r#"<tr data-differs="{differs}"><th scope="row">{}</th><td>{}</td><td>{}</td><td>{change}</td></tr>"#,
            row.name, row.shown[0], row.shown[1]
        );
    }
    let _ = write!(
        html,
        r#"</tbody></table><p class="quiet">Change: no. {number} against no. {number_beside}. “× 3” is three times as much, “÷ 3” a third; what is less than 5 % apart is alike.</p>"#
    );
    html
}

struct Row {
    name: String,
    /// Both figures.
    shown: [String; 2],
    /// Whether there are both.
    is_known: bool,
    /// What differs, if that can be told.
    change: Option<String>,
}

impl Row {
    fn new(name: impl Into<String>, pair: [Option<f64>; 2], words: fn(f64) -> String) -> Self {
        let both = pair[0].zip(pair[1]);
        let change = both.and_then(|(one, other)| change(one, other, words));
        Self { name: name.into(), shown: pair.map(|it| shown(it, words)), is_known: both.is_some(), change }
    }
}

fn rows(measured: &Measured, beside: &Measured) -> Vec<Row> {
    let both = [measured, beside];
    let count = |count: fn(&Measured) -> u64| both.map(|it| per_s(it, count(it)));
    let hit_rates = both.map(|it| it.totals.hit_rate());
    let hit_rate = Row::new("Hit rate", hit_rates, words::percent);
    let points = hit_rates[0].zip(hit_rates[1]).map(|(one, other)| (one - other) * 100.0);
    let change =
        points.filter(|points| points.abs() >= 1.0).map(|it| signed(it, &format!("{} points", decimal(it.abs(), 0))));
    let mut rows = vec![
        Row::new("Requests/s", count(|it| it.totals.requests), words::rate),
        Row { change, ..hit_rate },
        Row::new("Queries/s", count(|it| it.totals.queries), words::rate),
        Row::new("Errors", both.map(|it| Some(it.totals.errors as f64)), |it| grouped(it as u64)),
    ];
    for (kind, of) in KINDS {
        for (name, percentile) in PERCENTILES {
            let us = both.map(|it| Some(of(it)).filter(|us| us.count > 0).map(|us| percentile(us) as f64));
            rows.push(Row::new(format!("{kind} {name}"), us, |us| words::took(us as u64)));
        }
    }
    rows
}

/// How `one` differs from `other`; none if it does not to speak of.
fn change(one: f64, other: f64, words: fn(f64) -> String) -> Option<String> {
    if (one - other).abs() <= NOTICED * other.abs() {
        return None;
    }
    let ratio = one / other;
    Some(match ratio {
        _ if other == 0.0 || one == 0.0 => signed(one - other, &words((one - other).abs())),
        ratio if ratio >= 2.0 => format!("× {}", times(ratio)),
        ratio if ratio <= 0.5 => format!("÷ {}", times(1.0 / ratio)),
        ratio => signed(ratio - 1.0, &format!("{} %", decimal((ratio - 1.0).abs() * 100.0, 0))),
    })
}

fn signed(difference: f64, text: &str) -> String {
    format!("{}{text}", if difference < 0.0 { '−' } else { '+' })
}

/// `3.1`, `42`.
fn times(ratio: f64) -> String {
    decimal(ratio, u32::from(ratio < 9.95))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_as_people_tell_it() {
        let shown = |one, other| change(one, other, words::rate).unwrap_or_default();
        assert_eq!(shown(104.0, 100.0), "");
        assert_eq!(shown(0.0, 0.0), "");
        assert_eq!(shown(134.0, 100.0), "+34 %");
        assert_eq!(shown(66.0, 100.0), "−34 %");
        assert_eq!(shown(310.0, 100.0), "× 3.1");
        assert_eq!(shown(100.0, 4_200.0), "÷ 42");
        assert_eq!(shown(34.0, 0.0), "+34");
        assert_eq!(shown(0.0, 34.0), "−34");
    }
}
