//! What can be done with traffic that is over.

use crate::words;
use aside_domain::markup::safe;
use aside_domain::measured::Measured;
use std::fmt::Write;

/// The id of the choice what to compare with.
const BESIDE: &str = "traffic-beside";

/// What stands below a panel, as HTML: with which of all the others to compare it, and where to get it as a table and as a report.
/// `base` is the address of what was measured. Nothing while it goes on.
#[must_use]
pub fn choices(measured: &Measured, beside: Option<&Measured>, all: &[Measured], base: &str) -> String {
    if measured.end.is_none() {
        return String::new();
    }
    let number = measured.number;
    let chosen = beside.map(|beside| beside.number);
    let mut html = String::from(r#"<footer class="traffic-foot">"#);
    let mut others = all.iter().rev().filter(|it| it.number != number && it.end.is_some()).peekable();
    if others.peek().is_some() {
        // Writing to a string cannot fail.
        let _ = write!(
            html,
            r#"<div class="field"><label for="{BESIDE}">Compare with</label><select id="{BESIDE}"><option value="">nothing</option>"#
        );
        for other in others {
            let selected = if chosen == Some(other.number) { r#" selected="selected""# } else { "" };
            let (other, sent) = (other.number, about(other));
            let _ = write!(html, r#"<option value="{other}"{selected}>No. {other}: {sent}</option>"#);
        }
        html.push_str("</select></div>");
    }
    let query = chosen.map_or_else(String::new, |chosen| format!("?beside={chosen}"));
    let _ = write!(
        html,
        r#"<p><a class="button" href="{base}/{number}/csv" download="{}">CSV</a> <a class="button" href="{base}/{number}/report{query}" download="{}">Report</a></p></footer>"#,
        file_name(measured, "csv"),
        file_name(measured, "html"),
    );
    html
}

/// The name of a file with what was measured.
#[must_use]
pub fn file_name(measured: &Measured, extension: &str) -> String {
    format!("aside-traffic-{}.{extension}", measured.number)
}

/// What tells a traffic from others, in few words.
fn about(measured: &Measured) -> String {
    let title = safe(&measured.title);
    let hit_rate =
        measured.totals.hit_rate().map_or_else(String::new, |rate| format!(", {} hits", words::percent(rate)));
    format!("{title}{hit_rate}, seed {}", measured.traffic.seed)
}
