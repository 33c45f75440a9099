//! The numbers of a traffic.

use crate::words;
use aside_domain::grouped;
use aside_domain::measured::{Measured, Quantiles, Second};
use std::fmt::Write;

/// The percentiles that are shown.
pub type Percentile = (&'static str, fn(&Quantiles) -> u64);

/// The percentiles that are shown.
pub const PERCENTILES: [Percentile; 3] = [("p50", |us| us.p50_us), ("p95", |us| us.p95_us), ("p99", |us| us.p99_us)];

/// What took its time, told apart.
pub type Kind = (&'static str, fn(&Measured) -> &Quantiles);

/// What took its time, told apart.
pub const KINDS: [Kind; 3] =
    [("Hits", |it| &it.totals.hit_us), ("Misses", |it| &it.totals.miss_us), ("Writes", |it| &it.totals.write_us)];

/// The whole seconds of a traffic, those without a request too. One that is going on, or in which only the last answers came, is
/// shorter, and would look like a slow one.
pub fn seconds(measured: &Measured) -> Vec<Second> {
    let whole = u32::try_from(measured.elapsed_ms / 1_000).unwrap_or(u32::MAX);
    let mut seconds: Vec<Second> = (0..whole).map(|at_s| Second { at_s, ..Second::default() }).collect();
    for second in &measured.seconds {
        if let Some(place) = seconds.get_mut(second.at_s as usize) {
            *place = *second;
        }
    }
    seconds
}

/// How many there were in a second, on average; none before the first millisecond is over.
pub fn per_s(measured: &Measured, count: u64) -> Option<f64> {
    (measured.elapsed_ms > 0).then(|| count as f64 * 1_000.0 / measured.elapsed_ms as f64)
}

/// A figure as text.
pub fn shown<T>(figure: Option<T>, words: fn(T) -> String) -> String {
    figure.map_or_else(|| words::NONE.to_owned(), words)
}

/// The four figures that are seen first. While traffic goes on, what comes by the second is of the last whole one.
pub fn headline(measured: &Measured) -> String {
    let totals = &measured.totals;
    let now = if measured.end.is_none() { seconds(measured).pop() } else { None };
    let average = |count| shown(per_s(measured, count), words::rate);
    let by_the_second = |now: Option<u64>, count: u64, one: &str, many: &str| match now {
        Some(now) => (grouped(now), format!("{} on average", average(count))),
        None => (average(count), format!("{} in all", words::counted(count, one, many))),
    };
    let requests = by_the_second(now.map(|it| it.requests), totals.requests, "request", "requests");
    let queries = by_the_second(now.map(|it| it.queries), totals.queries, "query", "queries");
    let reads = totals.hits + totals.misses;
    let hit_rate = shown(totals.hit_rate(), words::percent);
    let of_reads = format!("of {}", words::counted(reads, "read", "reads"));
    let failed = totals.errors as f64 / totals.requests.max(1) as f64;
    let of_requests = match totals.errors {
        0 => format!("in {}", words::counted(totals.requests, "request", "requests")),
        _ => format!("{} of requests", words::percent(failed)),
    };
    let errors = (grouped(totals.errors), of_requests);
    let mut html = String::from(r#"<dl class="headline">"#);
    for (name, tone, (figure, note)) in [
        ("Requests a second", "", requests),
        ("Hit rate", "", (hit_rate, of_reads)),
        ("Queries a second", "", queries),
        ("Errors", if totals.errors > 0 { r#" data-tone="refused""# } else { "" }, errors),
    ] {
        // Writing to a string cannot fail.
        let _ = write!(html, r#"<div{tone}><dt>{name}</dt><dd>{figure}</dd><dd class="note">{note}</dd></div>"#);
    }
    html.push_str("</dl>");
    html
}

/// How long hits, misses and writes took.
pub fn latencies(measured: &Measured) -> String {
    let mut html = String::from(r#"<table class="latencies"><thead><tr><th scope="col">How long</th>"#);
    for (name, _) in PERCENTILES {
        let _ = write!(html, r#"<th scope="col">{name}</th>"#);
    }
    html.push_str("</tr></thead><tbody>");
    for (kind, of) in KINDS {
        let _ = write!(html, r#"<tr><th scope="row">{kind}</th>"#);
        for (_, percentile) in PERCENTILES {
            let us = of(measured);
            let _ = write!(html, "<td>{}</td>", shown((us.count > 0).then(|| percentile(us)), words::took));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    html
}
