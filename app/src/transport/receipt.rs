//! One receipt: a line of the log, and its details.

use super::receipts::{Entry, Log};
use super::words::{grouped, took};
use crate::editor::Selection;
use aside_domain::timeline::{Hop, Run};
use aside_domain::{Link, PlaybackCommand, Receipt};
use leptos::prelude::*;

/// The line of one hop that ended. What it says never changes, but for the nodes' names and the request's status.
#[component]
pub(super) fn Line(entry: Entry, log: Log) -> impl IntoView {
    let Log { player, editor, names, current, stop, focused, open, opened } = log;
    let (hop, receipt) = player.with_shown(|run, _, _| read(run, entry))??;
    let link = Link { from: hop.from.clone(), to: hop.to.clone() };
    let reply_frame = hop.reply_frame?;
    let outcome = receipt.outcome;

    let press = move |_| {
        if open.get_untracked() == Some(entry) {
            open.set(None);
            return;
        }
        open.set(Some(entry));
        player.apply(PlaybackCommand::Seek(f64::from(reply_frame) + 1.0));
        if editor.with(|scenario| scenario.graph.has_link(&link.from, &link.to)) {
            editor.select(Some(Selection::Link(link.clone())));
        }
    };
    // A call between client and server ends with the status of the request's answer, which comes a moment later.
    let status = receipt.sent.is_none().then(|| {
        let view = player.view();
        Memo::new(move |_| {
            view.edition.track();
            player.with_shown(|run, _, _| answer(run, entry, hop.request).map(|(status, _)| *status)).flatten()
        })
    });
    let status = move || status.and_then(|status| status.get());
    let is_current = Memo::new({
        let current = current.clone();
        move |_| current.selected(&entry.rank)
    });
    let is_open = Memo::new(move |_| opened.selected(&Some(entry)));
    let (from, to) = (hop.from.clone(), hop.to.clone());
    let details_hop = hop.clone();
    Some(view! {
        <div class="receipt" class:current=move || is_current.get()>
            <button
                type="button"
                class="receipt-line receipt-grid"
                data-outcome=outcome.word()
                data-request=hop.request
                data-run=entry.run
                aria-current=move || is_current.get().then_some("true")
                aria-expanded=move || is_open.get().to_string()
                tabindex=move || if stop.selected(&entry.rank) { "0" } else { "-1" }
                on:focus=move |_| focused.set(Some((entry.run, entry.rank)))
                on:click=press
            >
                <span class="number">{grouped(entry.rank as u64)}</span>
                <span class="number">{hop.request}</span>
                <span class="path">{move || names.get(&from)}" → "{move || names.get(&to)}</span>
                <code class="command">{hop.shown.clone()}</code>
                <span class="came">
                    <span class="badge">
                        <span aria-hidden="true">{outcome.sign()}</span>
                        {outcome.label()}
                    </span>
                    <span class="status">{status}</span>
                </span>
                <span class="number took">{took(receipt.took_us)}</span>
            </button>
            {move || {
                is_open.get().then(|| {
                    let answer = player.with_shown(|run, _, _| answer(run, entry, details_hop.request).cloned()).flatten();
                    let began_us = player.with_shown(|run, _, _| began_us(run, &details_hop)).unwrap_or_default();
                    view! { <Details shown=details_hop.shown.clone() receipt=receipt.clone() answer began_us /> }
                })
            }}
        </div>
    })
}

/// The evidence, whole.
#[component]
fn Details(shown: String, receipt: Receipt, answer: Option<(u16, String)>, began_us: u64) -> impl IntoView {
    let reply = &receipt.reply;
    let length =
        reply.is_cut().then(|| format!("{} of {} bytes", grouped(reply.text.len() as u64), grouped(reply.bytes)));
    let text = if reply.text.is_empty() { "(empty)".to_owned() } else { reply.text.clone() };
    let measured = format!("{} µs, begun {} into the run", grouped(receipt.took_us), took(began_us));
    let is_call = receipt.sent.is_none();
    let sent = receipt.sent.map_or_else(
        || {
            view! {
                <p>
                    <code>{shown}</code>
                    " is a call inside Aside's own process, so there is no command on a wire. Its time spans the whole answer, with every hop that the server made for it."
                </p>
            }
            .into_any()
        },
        |sent| view! { <pre>{sent}</pre> }.into_any(),
    );
    let status = answer.filter(|_| is_call).map(|(status, answer)| {
        view! {
            <dt>"Answer"</dt>
            <dd>
                <pre>{format!("{status} {answer}")}</pre>
            </dd>
        }
    });
    view! {
        <dl class="receipt-details">
            <dt>{if is_call { "Call" } else { "Sent" }}</dt>
            <dd>{sent}</dd>
            <dt>"Reply"</dt>
            <dd>
                <pre>{text}</pre>
                {length.map(|length| view! { <span class="length">{length}</span> })}
            </dd>
            {status}
            <dt>"Measured"</dt>
            <dd>{measured}</dd>
        </dl>
    }
}

fn read(run: &Run, entry: Entry) -> Option<(Hop, Receipt)> {
    let mut hop = run.hops.get(entry.hop as usize).filter(|_| run.run == entry.run)?.clone();
    let receipt = hop.receipt.take()?;
    Some((hop, receipt))
}

/// The status and answer of a request of the entry's run.
fn answer(run: &Run, entry: Entry, request: u32) -> Option<&(u16, String)> {
    let asked = run.requests.get((request as usize).checked_sub(1)?).filter(|asked| asked.request == request);
    let asked = asked.or_else(|| run.requests.iter().find(|asked| asked.request == request));
    asked.filter(|_| run.run == entry.run)?.answer.as_ref()
}

/// How long after the start of the run the hop began.
fn began_us(run: &Run, hop: &Hop) -> u64 {
    let began = run.frames.get(hop.message_frame as usize).map(|frame| frame.at_us);
    began.unwrap_or(run.started_us).saturating_sub(run.started_us)
}
