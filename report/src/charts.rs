//! Which lines are drawn of what was measured.

use crate::chart::{Chart, Ink, Line, Scale};
use crate::{figures, words};
use aside_domain::measured::{Measured, Quantiles, Second};
use aside_domain::{decimal, grouped};
use std::fmt::Write;

/// How wide a panel's charts are where they are narrowest, in pixels; wider, all of them grows.
pub const NARROW: u32 = 260;
/// How wide a report's are.
pub const WIDE: u32 = 320;

/// What is said where no second is over yet.
const TOO_SHORT: &str = r#"<p class="quiet">The charts begin with the first whole second.</p>"#;

/// All charts of a traffic, or of two.
pub fn all(measured: &Measured, beside: Option<&Measured>, width: u32) -> String {
    let both = Both { measured, beside, width };
    if both.each().all(|one| one.measured.elapsed_ms < 1_000) {
        return TOO_SHORT.to_owned();
    }
    let mut html = String::from(r#"<div class="charts">"#);
    both.requests(&mut html);
    both.hit_rate(&mut html);
    both.latencies(&mut html);
    both.queries(&mut html);
    html.push_str("</div>");
    html
}

/// What is drawn, and how wide.
#[derive(Clone, Copy)]
struct Both<'a> {
    measured: &'a Measured,
    beside: Option<&'a Measured>,
    width: u32,
}

/// One of two.
#[derive(Clone, Copy)]
struct One<'a> {
    measured: &'a Measured,
    is_beside: bool,
}

/// How a line is drawn: alone or first, and if it is the one beside.
type Inks = [Ink; 2];

impl<'a> One<'a> {
    /// A value of each second, in its middle.
    fn points<T>(self, value: impl Fn(&Second) -> T) -> Vec<(f64, T)> {
        figures::seconds(self.measured).iter().map(|second| (f64::from(second.at_s) + 0.5, value(second))).collect()
    }

    fn line(self, inks: Inks, value: impl Fn(&Second) -> Option<f64>) -> Line {
        Line { ink: inks[usize::from(self.is_beside)], points: self.points(value) }
    }

    /// When its chart ends: as planned while it goes on, so that its lines grow towards that.
    fn end(self) -> f64 {
        let taken = (self.measured.elapsed_ms / 1_000) as f64;
        let planned = f64::from(self.measured.traffic.duration_s);
        if self.measured.end.is_none() { taken.max(planned) } else { taken }
    }
}

impl<'a> Both<'a> {
    fn each(self) -> impl Iterator<Item = One<'a>> + Clone {
        let beside = self.beside.map(|measured| One { measured, is_beside: true });
        beside.into_iter().chain([One { measured: self.measured, is_beside: false }])
    }

    fn end(self) -> f64 {
        self.each().map(One::end).fold(1.0, f64::max)
    }

    fn chart(self, scale: Scale, label: fn(f64) -> String, lines: Vec<Line>, alt: String) -> Chart {
        let size = (self.width, self.width * 2 / 5);
        Chart { alt, size, seconds: self.end(), scale, label, bands: Vec::new(), lines }
    }

    /// What a line stands for: its number where there are two.
    fn key(self, inks: Inks, what: &str) -> Vec<(Ink, String)> {
        match self.beside {
            None => vec![(inks[0], what.to_owned())],
            Some(beside) => vec![
                (inks[0], format!("{what} no. {}", self.measured.number)),
                (inks[1], format!("{what} no. {}", beside.number)),
            ],
        }
    }

    /// Between what the lines lie, a line for each of the traffics, in words.
    fn told(self, what: &str, lines: &[Line], label: fn(f64) -> String) -> String {
        let mut told = what.to_owned();
        for (one, line) in self.each().zip(lines) {
            let mut values = line.points.iter().filter_map(|(_, value)| *value);
            let number = if self.beside.is_some() { format!(" in no. {}", one.measured.number) } else { String::new() };
            let range = values.next().map_or_else(
                || "none".to_owned(),
                |first| {
                    let (low, high) = values.fold((first, first), |(low, high), it| (low.min(it), high.max(it)));
                    format!("between {} and {}", label(low), label(high))
                },
            );
            let comma = if one.is_beside { ";" } else { "." };
            let _ = write!(told, "{number}: {range}{comma}");
        }
        told
    }

    fn requests(self, html: &mut String) {
        let inks = [Ink::Requests, Ink::RequestsBeside];
        let error_inks = [Ink::Errors, Ink::ErrorsBeside];
        let has_errors = self.each().any(|one| one.measured.totals.errors > 0);
        let mut lines: Vec<Line> = self.each().map(|one| one.line(inks, |it| Some(it.requests as f64))).collect();
        let mut key = self.key(inks, "answered");
        let alt = self.told("Requests a second", &lines, per_s);
        if has_errors {
            lines.extend(self.each().map(|one| one.line(error_inks, |it| Some(it.errors as f64))));
            key.extend(self.key(error_inks, "errors"));
        }
        let chart = self.chart(Scale::up_to(highest(&lines)), per_s, lines, alt);
        figure(html, "Requests a second", &key.chunks(2).map(<[_]>::to_vec).collect::<Vec<_>>(), &[chart.svg()]);
    }

    fn hit_rate(self, html: &mut String) {
        let inks = [Ink::HitRate, Ink::HitRateBeside];
        let rate = |second: &Second| {
            let reads = second.hits + second.misses;
            (reads > 0).then(|| second.hits as f64 / reads as f64 * 100.0)
        };
        let lines: Vec<Line> = self.each().map(|one| one.line(inks, rate)).collect();
        let scale = Scale::Even(vec![0.0, 25.0, 50.0, 75.0, 100.0]);
        let alt = self.told("Hit rate", &lines, hundredths);
        let svg = self.chart(scale, hundredths, lines, alt).svg();
        figure(html, "Hit rate", &[self.key(inks, "hits of all reads")], &[svg]);
    }

    fn queries(self, html: &mut String) {
        let inks = [Ink::Queries, Ink::QueriesBeside];
        let lines: Vec<Line> = self.each().map(|one| one.line(inks, |it| Some(it.queries as f64))).collect();
        let alt = self.told("Queries a second at Postgres", &lines, per_s);
        let svg = self.chart(Scale::up_to(highest(&lines)), per_s, lines, alt).svg();
        figure(html, "Queries a second at Postgres", &[self.key(inks, "statements")], &[svg]);
    }

    /// How long hits and misses took; of two, each in a chart of its own by the same scale.
    fn latencies(self, html: &mut String) {
        let times = self.each().flat_map(|one| figures::seconds(one.measured));
        let times = times.flat_map(|it| [it.hit_us, it.miss_us]).filter(|us| us.count > 0);
        let times: Vec<f64> = times.flat_map(|us| [us.p50_us as f64, us.p99_us as f64]).collect();
        let Some(scale) = Scale::log(times.into_iter()) else { return };
        let svg = |one: One| one.latencies(self, scale.clone());
        let this = One { measured: self.measured, is_beside: false };
        let mut svgs = vec![svg(this)];
        if let Some(measured) = self.beside {
            let name = |number: u32, svg: &str| format!(r#"<div><p class="chart-of">No. {number}</p>{svg}</div>"#);
            svgs = vec![
                name(self.measured.number, &svgs[0]),
                name(measured.number, &svg(One { measured, is_beside: true })),
            ];
        }
        let key = [
            [(Ink::Hit50, "hits p50"), (Ink::Hit95, "p95"), (Ink::Hit99, "p99")],
            [(Ink::Miss50, "misses p50"), (Ink::Miss95, "p95"), (Ink::Miss99, "p99")],
        ];
        let key = key.map(|row| row.map(|(ink, what)| (ink, what.to_owned())).into());
        figure(html, "How long reads took", &key, &svgs);
    }
}

impl One<'_> {
    fn latencies(self, both: Both, scale: Scale) -> String {
        type Which = fn(&Second) -> Quantiles;
        let kinds: [(Which, [Ink; 4]); 2] = [
            (|it| it.miss_us, [Ink::Miss50, Ink::Miss95, Ink::Miss99, Ink::MissBand]),
            (|it| it.hit_us, [Ink::Hit50, Ink::Hit95, Ink::Hit99, Ink::HitBand]),
        ];
        let lowest = if let Scale::Log(at) = &scale { at.first().copied().unwrap_or(1.0) } else { 1.0 };
        // What took less than a microsecond is drawn at the lower edge: zero has no logarithm.
        let time = |us: u64| (us as f64).max(lowest);
        let (mut lines, mut bands) = (Vec::new(), Vec::new());
        for (which, [p50, p95, p99, band]) in kinds {
            let some = |it: &Second| Some(which(it)).filter(|us| us.count > 0);
            bands.push((band, self.points(|it| some(it).map(|us| (time(us.p50_us), time(us.p99_us))))));
            let mut line = |ink, value: fn(Quantiles) -> u64| {
                lines.push(Line { ink, points: self.points(|it| some(it).map(|us| time(value(us)))) });
            };
            line(p99, |us| us.p99_us);
            line(p95, |us| us.p95_us);
            line(p50, |us| us.p50_us);
        }
        let totals = &self.measured.totals;
        let told = |what: &str, us: Quantiles| match us.count {
            0 => format!("no {what}"),
            _ => format!("{what} p50 {}, p99 {}", words::took(us.p50_us), words::took(us.p99_us)),
        };
        let (hits, misses) = (told("hits", totals.hit_us), told("misses", totals.miss_us));
        let alt = format!("How long reads took, second by second; in all: {hits}; {misses}.");
        let chart = both.chart(scale, time_label, lines, alt);
        Chart { size: (both.width, both.width * 3 / 5), bands, ..chart }.svg()
    }
}

/// One or two charts with their name above them, and what their lines stand for, row by row.
fn figure(html: &mut String, name: &str, key: &[Vec<(Ink, String)>], svgs: &[String]) {
    let class = if svgs.len() > 1 { r#" class="pair""# } else { "" };
    // Writing to a string cannot fail.
    let _ = write!(html, "<figure{class}><figcaption><strong>{name}</strong>");
    for row in key {
        html.push_str(r#"<ul class="chart-key">"#);
        for (ink, what) in row {
            let _ = write!(html, "<li>{}{what}</li>", ink.sample());
        }
        html.push_str("</ul>");
    }
    let _ = write!(html, "</figcaption>{}</figure>", svgs.concat());
}

fn highest(lines: &[Line]) -> f64 {
    lines.iter().flat_map(|line| line.points.iter().filter_map(|(_, value)| *value)).fold(0.0, f64::max)
}

/// `500/s`, `20k/s`.
fn per_s(value: f64) -> String {
    match value {
        value if value >= 10_000.0 => format!("{}k/s", decimal(value / 1_000.0, u32::from(value % 1_000.0 != 0.0))),
        value if value % 1.0 != 0.0 => format!("{}/s", decimal(value, 1)),
        value => format!("{}/s", grouped(value as u64)),
    }
}

/// `75 %`
fn hundredths(value: f64) -> String {
    format!("{} %", decimal(value, 0))
}

/// A power of ten of microseconds: `100 µs`, `1 ms`.
fn time_label(us: f64) -> String {
    match us {
        us if us < 1_000.0 => format!("{} µs", decimal(us, 0)),
        us if us < 1_000_000.0 => format!("{} ms", decimal(us / 1_000.0, 0)),
        us => format!("{} s", decimal(us / 1_000_000.0, 0)),
    }
}
