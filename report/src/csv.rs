//! Traffic as a table.

use aside_domain::measured::{Measured, Quantiles};

/// The table's first line.
const HEADER: [&str; 17] = [
    "traffic",
    "scenario",
    "client",
    "second",
    "requests",
    "hits",
    "misses",
    "errors",
    "queries",
    "hit_p50_us",
    "hit_p95_us",
    "hit_p99_us",
    "hit_max_us",
    "miss_p50_us",
    "miss_p95_us",
    "miss_p99_us",
    "miss_max_us",
];

/// A row for each second, as CSV (RFC 4180), in UTF-8:
///
/// | column | what it is |
/// |---|---|
/// | `traffic` | the traffic's number in its sandbox, so that two tables can be put together |
/// | `scenario`, `client` | the scenario's title, and the name of the client that sent it |
/// | `second` | which second, from 0; the last one may be shorter |
/// | `requests` | requests that were answered in it, well or not |
/// | `hits`, `misses` | reads that a cache answered, and reads that none could |
/// | `errors` | requests that failed |
/// | `queries` | statements that Postgres was sent |
/// | `hit_…_us`, `miss_…_us` | how long hits and misses took, in microseconds: half of them, 95 and 99 percent no longer than this, and none longer than the last; empty where there were none |
///
/// A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and may carry it out: a title or name that does
/// begins with an apostrophe here.
#[must_use]
pub fn csv(measured: &Measured) -> String {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let (number, title, client) =
        (measured.number.to_string(), no_formula(&measured.title), no_formula(measured.client_name.as_str()));
    // Writing into memory cannot fail, and all rows are as long as the first.
    let _ = table.write_record(HEADER);
    for second in &measured.seconds {
        let counts = [second.requests, second.hits, second.misses, second.errors, second.queries];
        let mut row = vec![number.clone(), title.clone(), client.clone(), second.at_s.to_string()];
        row.extend(counts.map(|count| count.to_string()));
        row.extend([second.hit_us, second.miss_us].into_iter().flat_map(times));
        let _ = table.write_record(row);
    }
    table.into_inner().ok().and_then(|table| String::from_utf8(table).ok()).unwrap_or_default()
}

fn times(us: Quantiles) -> [String; 4] {
    [us.p50_us, us.p95_us, us.p99_us, us.max_us]
        .map(|time| if us.count == 0 { String::new() } else { time.to_string() })
}

/// The text, with an apostrophe before each sign of a formula that a cell could begin with, whatever separates cells.
#[must_use]
pub fn no_formula(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    let mut may_begin = true;
    for c in text.chars() {
        if may_begin && matches!(c, '=' | '+' | '-' | '@') {
            safe.push('\'');
        }
        // Spaces and quotes before its first sign may be dropped when a cell is read.
        let may_be_dropped = c == '"' || c.is_whitespace();
        may_begin = matches!(c, ';' | '\t' | '\r' | '\n') || may_begin && may_be_dropped;
        safe.push(c);
    }
    safe
}
