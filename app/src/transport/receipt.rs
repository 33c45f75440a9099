//! One receipt as HTML: a line of the log, and its details.
//!
//! A run has thousands of receipts, and a line hardly ever changes: it is written as text, which costs the browser far
//! less than a tree of components would. Whatever was not written here is made [`safe`] before it is put in.

use super::words::{Names, about, took};
use aside_domain::markup::safe;
use aside_domain::timeline::{Asked, Hop, Run};
use aside_domain::{Note, Released, Stale, grouped};

/// The inside of a line's button. It changes with the nodes' names, and with the status of the request.
pub(super) fn inside(run: &Run, hop: &Hop, rank: usize, names: Names) -> String {
    let Some(receipt) = &hop.receipt else { return String::new() };
    // A call between client and server ends with the status of the request's answer, which comes a moment later.
    let asked = call_of(run, hop);
    let answer = asked.and_then(|asked| asked.answer.as_ref()).filter(|(status, _)| *status > 0);
    let apart = |us: u64, sign: &str, what: &str| match us {
        0 => String::new(),
        us => format!(r#"<small class="{what}">{sign}{} {what}</small>"#, about(us)),
    };
    format!(
        r#"<span class="number">{rank}</span><span class="number">{request}</span><span class="path">{from} → {to}</span><code class="command">{shown}</code><span class="came"><span class="badge"><span aria-hidden="true">{sign}</span>{label}</span><span class="status">{status}</span>{remarks}</span><span class="number took">{took}{injected}{held}</span>"#,
        rank = grouped(rank as u64),
        request = hop.request,
        from = safe(&names.get(&hop.from)),
        to = safe(&names.get(&hop.to)),
        shown = safe(&hop.shown),
        sign = receipt.outcome.sign(),
        label = receipt.outcome.label(),
        status = answer.map(|(status, _)| status.to_string()).unwrap_or_default(),
        remarks = remarks(hop, asked, names),
        took = took(receipt.took_us),
        injected = apart(receipt.injected_us, "+", "injected"),
        held = apart(receipt.held_us, "‖ ", "held"),
    )
}

/// What there is to say beside the outcome: that the observer found it stale, that it waited, that something was not sent.
fn remarks(hop: &Hop, asked: Option<&Asked>, names: Names) -> String {
    let mut remarks: Vec<(&str, String)> = Vec::new();
    if let Some(Stale { for_us }) = hop.stale {
        remarks.push(("stale", for_us.map_or_else(|| "stale".to_owned(), |us| format!("stale for {}", about(us)))));
    }
    if hop.released == Some(Released::InTime) {
        remarks.push(("waited", "let go by itself".to_owned()));
    }
    for note in asked.iter().flat_map(|asked| &asked.notes) {
        remarks.push(match note {
            Note::Waited { leader, waited_us } => {
                ("waited", format!("waited {} for request {leader}", about(*waited_us)))
            }
            Note::RefreshedEarly { left_us } => ("waited", format!("refreshed {} early", about(*left_us))),
            Note::NotSent { cache, shown } if shown.starts_with("GET ") => {
                ("not-sent", format!("breaker open: {} not asked", names.get(cache)))
            }
            Note::NotSent { shown, .. } => ("not-sent", format!("breaker open: {shown} not sent")),
            Note::NotFilled { cache } => ("not-sent", format!("{} not filled", names.get(cache))),
        });
    }
    let remark = |(class, words): (&str, String)| format!(r#"<small class="{class}">{}</small>"#, safe(&words));
    remarks.into_iter().map(remark).collect()
}

/// The request, if this hop is the call between its client and its server.
fn call_of<'a>(run: &'a Run, hop: &Hop) -> Option<&'a Asked> {
    asked(run, hop.request).filter(|asked| asked.client == hop.from)
}

/// A line around its button's inside: neither current nor open, and not where the Tab key goes.
pub(super) fn line(run: &Run, hop: &Hop, rank: usize, inside: &str) -> String {
    format!(
        r#"<div class="receipt"><button type="button" class="receipt-line receipt-grid" data-outcome="{outcome}" data-request="{request}" data-run="{run}" data-rank="{rank}"{stale} aria-expanded="false" tabindex="-1">{inside}</button></div>"#,
        outcome = hop.receipt.as_ref().map_or("", |receipt| receipt.outcome.word()),
        request = hop.request,
        run = run.run,
        stale = if hop.stale.is_some() { r#" data-stale="true""# } else { "" },
    )
}

/// The evidence, whole.
pub(super) fn details(run: &Run, hop: &Hop) -> String {
    let Some(receipt) = &hop.receipt else { return String::new() };
    let reply = &receipt.reply;
    let (title, sent, answer) = match (&receipt.sent, call_of(run, hop)) {
        (Some(sent), _) => ("Sent", pre(sent), String::new()),
        (None, None) => ("Sent", "<p>Nothing reached the store: the reply says why.</p>".to_owned(), String::new()),
        (None, Some(asked)) => {
            let call = format!(
                "<p><code>{}</code> is a call inside Aside's own process, so there is no command on a wire. Its time \
                 spans the whole answer, with every hop that the server made for it.</p>",
                safe(&hop.shown)
            );
            let answered = |(status, answer): &(u16, String)| match status {
                0 => format!("<dt>Answer</dt><dd>{}</dd>", pre(&format!("none: {answer}"))),
                _ => format!("<dt>Answer</dt><dd>{}</dd>", pre(&format!("{status} {answer}"))),
            };
            let answer = asked.answer.as_ref().map(answered);
            ("Call", call, answer.unwrap_or_default())
        }
    };
    let text = pre(if reply.text.is_empty() { "(empty)" } else { &reply.text });
    let length = if reply.is_cut() {
        let (shown, all) = (grouped(reply.text.len() as u64), grouped(reply.bytes));
        format!(r#"<span class="length">{shown} of {all} bytes</span>"#)
    } else {
        String::new()
    };
    let (us, begun) = (grouped(receipt.took_us), took(began_us(run, hop)));
    let mut more = String::new();
    if receipt.injected_us > 0 {
        let injected = grouped(receipt.injected_us);
        more += &format!("<dt>Injected</dt><dd>{injected} µs of delay, beside what was measured</dd>");
    }
    if receipt.held_us > 0 {
        let why = if hop.released == Some(Released::InTime) { ", until it was let go by itself" } else { "" };
        more += &format!("<dt>Held</dt><dd>{}{why}: beside what was measured</dd>", took(receipt.held_us));
    }
    if let Some(Stale { for_us }) = hop.stale {
        let since = for_us.map_or_else(String::new, |us| format!(", for {}", took(us)));
        more += &format!(
            "<dt>Observer</dt><dd>Stale: its row had another value when the cache answered{since}. The comparison was made \
             beside the request, and is neither timed nor counted.</dd>"
        );
    }
    format!(
        r#"<dl class="receipt-details"><dt>{title}</dt><dd>{sent}</dd><dt>Reply</dt><dd>{text}{length}</dd>{answer}<dt>Measured</dt><dd>{us} µs, begun {begun} into the run</dd>{more}</dl>"#
    )
}

/// A text as it stands. The parser drops one line break behind the tag: this one.
fn pre(text: &str) -> String {
    format!("<pre>\n{}</pre>", safe(text))
}

/// The request of that number.
fn asked(run: &Run, request: u32) -> Option<&Asked> {
    let asked = run.requests.get((request as usize).checked_sub(1)?).filter(|asked| asked.request == request);
    asked.or_else(|| run.asked(request))
}

/// How long after the start of the run the hop began.
fn began_us(run: &Run, hop: &Hop) -> u64 {
    let began = run.frames.get(hop.message_frame as usize).map(|frame| frame.at_us);
    began.unwrap_or(run.started_us).saturating_sub(run.started_us)
}

#[cfg(test)]
mod tests {
    use super::pre;

    #[test]
    fn a_text_keeps_its_line_breaks() {
        assert_eq!(pre("\n$1\r\n"), "<pre>\n\n$1&#13;\n</pre>");
    }
}
