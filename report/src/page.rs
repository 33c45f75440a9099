//! A report that stands by itself.

use crate::charts::{self, WIDE};
use crate::{differences, figures, words};
use aside_domain::grouped;
use aside_domain::markup::safe;
use aside_domain::measured::Measured;
use std::fmt::Write;

/// The tokens and the charts look as they do in the app; the rest is the report's own.
const STYLE: &str =
    concat!(include_str!("../../style/tokens.css"), include_str!("../../style/traffic.css"), include_str!("page.css"));

/// A report of a traffic, or of two side by side: one HTML document that needs nothing else, with no script, to be kept, shared
/// and printed.
#[must_use]
pub fn page(measured: &Measured, beside: Option<&Measured>) -> String {
    let title = safe(&measured.title);
    let heading = match beside {
        None => format!("Traffic no. {}", measured.number),
        Some(beside) => format!("Traffic no. {} beside no. {}", measured.number, beside.number),
    };
    let both = || [Some(measured), beside].into_iter().flatten();
    let sent: String = both().map(|it| sent(it, beside.is_some())).collect();
    let figures = match beside {
        None => figures::headline(measured) + &figures::latencies(measured),
        Some(beside) => {
            let differ = differences::list(measured, beside);
            format!("{}<h2>What differs</h2>{differ}", differences::table(measured, beside))
        }
    };
    let charts = charts::all(measured, beside, WIDE);
    let how = how(measured, beside);
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{heading}: {title}</title>
<style>{STYLE}</style>
</head>
<body>
<main class="traffic">
<header><p class="kicker">Aside traffic report</p><h1>{title}</h1><p class="state">{heading}</p></header>
<section><h2>Figures</h2>{figures}</section>
<section><h2>Second by second</h2>{charts}</section>
<section><h2>What was sent, and to what</h2><div class="sent">{sent}</div></section>
<section class="how"><h2>How it was measured</h2>{how}</section>
</main>
</body>
</html>
"#
    )
}

/// What was sent and what it was sent to, as a list of terms.
fn sent(measured: &Measured, is_one_of_two: bool) -> String {
    let traffic = &measured.traffic;
    let rows = [
        ("When", words::moment(measured.began_ms)),
        ("How it ended", words::state(measured)),
        ("Scenario", safe(&measured.title)),
        ("Client", safe(measured.client_name.as_str())),
        ("Users", grouped(traffic.users.into())),
        ("Arrival", words::arrival(traffic)),
        ("Duration", format!("{} s", traffic.duration_s)),
        ("Writes", format!("{} %", traffic.write_percent)),
        ("Keys", format!("{}, {}", grouped(traffic.keys.into()), words::distribution(traffic.distribution))),
        ("Seed", traffic.seed.to_string()),
        ("Answered", answered(measured)),
    ];
    let mut html = String::from("<div>");
    // Writing to a string cannot fail.
    if is_one_of_two {
        let _ = write!(html, "<h3>No. {}</h3>", measured.number);
    }
    html.push_str(r#"<dl class="terms">"#);
    for (term, what) in rows {
        let _ = write!(html, "<div><dt>{term}</dt><dd>{what}</dd></div>");
    }
    html.push_str("<div><dt>Sent to</dt><dd>");
    for sentence in &measured.drawing {
        let _ = write!(html, "<p>{}</p>", safe(sentence));
    }
    html.push_str("</dd></div></dl></div>");
    html
}

fn answered(measured: &Measured) -> String {
    let totals = &measured.totals;
    format!(
        "{}: {}, {}, {}, {}",
        words::counted(totals.requests, "request", "requests"),
        words::counted(totals.hits, "hit", "hits"),
        words::counted(totals.misses, "miss", "misses"),
        words::counted(totals.writes, "write", "writes"),
        words::counted(totals.errors, "error", "errors"),
    )
}

/// How the figures came about.
fn how(measured: &Measured, beside: Option<&Measured>) -> String {
    const RATE: &str = "a rate was set: a request's time counts from the moment in which it should have been sent, so that \
        those that had to wait for a slow answer count with their wait (corrected for coordinated omission)";
    const NO_RATE: &str = "each user sent its next request as soon as the last one was answered, or as this Aside's limit for a \
        sandbox let it: a slow system is asked \
        less often, and there is no moment in which a request should have been sent to correct its time by";
    let way = |it: &Measured| if it.traffic.rate_per_s.is_some() { RATE } else { NO_RATE };
    let ways = match beside {
        Some(beside) if way(measured) != way(beside) => {
            format!("<p>In no. {}, {}. In no. {}, {}.</p>", measured.number, way(measured), beside.number, way(beside))
        }
        _ => format!("<p>In this traffic, {}.</p>", way(measured)),
    };
    format!(
        "<p>Every request was really sent, through a real Redis and a real PostgreSQL, by Aside, which plays client and server \
         in one process: there is no network between these two. Times were taken by a monotonic clock and collected in \
         histograms (HdrHistogram, exact to three digits), those of hits, misses and writes apart: p99 is the time that 99 percent of them did not \
         exceed. Failed requests are in none of them.</p>{ways}<p>Queries are the SQL statements that were sent to Postgres on \
         the way of these requests. Charts show whole seconds. The figures tell of the machine that this ran on; what they \
         tell of another is how two drawings compare.</p>"
    )
}
