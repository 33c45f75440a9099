//! The inspector's panel.

use crate::charts::{self, NARROW};
use crate::{differences, figures, words};
use aside_domain::markup::safe;
use aside_domain::measured::Measured;

/// What the inspector shows of a traffic, as HTML: how far it is, its figures and its charts; with `beside`, both side by side.
///
/// Once it is over the outer element is the summary: its `data-testid` is `traffic-summary`, and it has its figures as `data-`
/// attributes too.
#[must_use]
pub fn panel(measured: &Measured, beside: Option<&Measured>) -> String {
    let (number, totals) = (measured.number, &measured.totals);
    let (testid, data) = match measured.end {
        None => ("now", String::new()),
        Some(_) => (
            "summary",
            format!(
                r#" data-requests="{}" data-hits="{}" data-errors="{}""#,
                totals.requests, totals.hits, totals.errors
            ),
        ),
    };
    let head = head(measured, beside);
    let figures = match beside {
        None => figures::headline(measured) + &figures::latencies(measured),
        Some(beside) => differences::list(measured, beside) + &differences::table(measured, beside),
    };
    let charts = charts::all(measured, beside, NARROW);
    format!(
        r#"<section class="traffic" data-testid="traffic-{testid}"{data} aria-label="Traffic {number}">{head}{figures}{charts}</section>"#
    )
}

/// What it is, and how far.
fn head(measured: &Measured, beside: Option<&Measured>) -> String {
    let (number, planned) = (measured.number, u64::from(measured.traffic.duration_s) * 1_000);
    let state = words::state(measured);
    let done = measured.elapsed_ms.min(planned);
    let bar = match measured.end {
        None => format!(
            r#"<progress max="{planned}" value="{done}" aria-label="How far traffic {number} is">{state}</progress>"#
        ),
        Some(_) => String::new(),
    };
    let title = match beside {
        None => format!("Traffic no. {number}"),
        Some(beside) => format!("Traffic no. {number} beside no. {}", beside.number),
    };
    let sent = words::sent(&measured.traffic);
    // What differs tells it of two.
    let drawing = if beside.is_none() { measured.drawing.join(" ") } else { String::new() };
    let drawing = if drawing.is_empty() { drawing } else { format!(r#"<p class="quiet">{}</p>"#, safe(&drawing)) };
    format!(r#"<header><h3>{title}</h3><p class="state">{state}</p>{bar}<p class="quiet">{sent}</p>{drawing}</header>"#)
}
