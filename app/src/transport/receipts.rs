//! The log of receipts: the evidence of a run, one line for each hop that ended.
//!
//! A run can have thousands. Lines are rendered by pages around the playhead, and marking the current one wakes two lines
//! and no others: what lies after it is dimmed by the stylesheet.

use super::Player;
use super::receipt::Line;
use super::words::{Names, grouped};
use crate::editor::Editor;
use aside_domain::timeline::Leg;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// Lines that are rendered or let go together.
const PAGE: usize = 200;

/// Which line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    /// The run's number.
    pub run: u32,
    /// The hop's index in it.
    pub hop: u32,
    /// Its place in the order of ending, from 1.
    pub rank: usize,
}

/// The hops of the shown run that ended, in that order, with the frames in which their replies fly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Ended {
    run: u32,
    hops: Vec<(u32, u32)>,
}

/// How far the visitor looked beyond the pages around the playhead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct More {
    run: u32,
    page: usize,
    before: usize,
    after: usize,
}

/// What the lines share.
#[derive(Clone)]
pub(super) struct Log {
    pub player: Player,
    pub editor: Editor,
    pub names: Names,
    /// The rank of the receipt that was reached last; 0 before the first.
    pub current: Selector<usize>,
    /// The rank of the line that the Tab key goes to.
    pub stop: Selector<usize>,
    /// The rank of the line that had the keyboard last.
    pub focused: RwSignal<Option<(u32, usize)>>,
    /// The line that shows its details.
    pub open: RwSignal<Option<Entry>>,
    pub opened: Selector<Option<Entry>>,
}

/// The log of receipts.
#[component]
pub fn Receipts() -> impl IntoView {
    let player = expect_context::<Player>();
    let editor = expect_context::<Editor>();
    let view = player.view();

    let ended = Memo::new(move |_| {
        view.edition.track();
        view.run.track();
        let read = |run: &aside_domain::timeline::Run| {
            let replies = run.frames.iter().zip(0..).filter(|(frame, _)| frame.leg == Leg::Reply);
            Ended { run: run.run, hops: replies.map(|(frame, index)| (frame.hop, index)).collect() }
        };
        player.with_shown(|run, _, _| read(run)).unwrap_or_default()
    });
    let reached = Memo::new(move |_| {
        let frame = view.frame.get();
        ended.with(|ended| ended.hops.partition_point(|(_, reply)| (*reply as usize) < frame))
    });
    let more = RwSignal::new(More::default());
    let page = Memo::new(move |_| reached.get().saturating_sub(1) / PAGE);
    // More pages were asked for at one place in one run: elsewhere they are forgotten.
    let beyond = move || {
        let here = More { run: ended.with(|ended| ended.run), page: page.get(), ..More::default() };
        let more = more.get();
        if (more.run, more.page) == (here.run, here.page) { more } else { here }
    };
    let window = Memo::new(move |_| {
        let (more, total) = (beyond(), ended.with(|ended| ended.hops.len()));
        let first = more.page.saturating_sub(1 + more.before) * PAGE;
        (first.min(total), ((more.page + 2 + more.after) * PAGE).min(total))
    });
    let entries = move || {
        let (first, end) = window.get();
        ended.with(|ended| {
            let entry = |(rank, (hop, _)): (usize, &(u32, u32))| Entry { run: ended.run, hop: *hop, rank: rank + 1 };
            ended.hops.iter().enumerate().take(end).skip(first).map(entry).collect::<Vec<_>>()
        })
    };

    let focused = RwSignal::new(None::<(u32, usize)>);
    let stop = move || {
        let (first, end) = window.get();
        let run = ended.with(|ended| ended.run);
        let focused = focused.get().filter(|(of, rank)| *of == run && (first + 1..=end).contains(rank));
        focused.map_or_else(|| reached.get().max(first + 1), |(_, rank)| rank)
    };
    let open = RwSignal::new(None);
    let log = Log {
        player,
        editor,
        names: Names::of(editor),
        current: Selector::new(move || reached.get()),
        stop: Selector::new(stop),
        focused,
        open,
        opened: Selector::new(move || open.get()),
    };

    let element = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        reached.track();
        view.run.track();
        open.track();
        // After the lines have been marked, which other effects do.
        request_animation_frame(move || {
            if let Some(element) = element.try_get_untracked().flatten() {
                keep_in_view(&element);
            }
        });
    });

    let earlier = move || window.get().0;
    let later = move || ended.with(|ended| ended.hops.len()) - window.get().1;
    let is_empty = move || ended.with(|ended| ended.hops.is_empty());
    let empty = move || match view.run.get() {
        None => "No receipts yet: press Play.".to_owned(),
        Some(run) => format!("Run {run} has no receipts yet."),
    };
    view! {
        <div
            role="log"
            aria-label="Receipts"
            class="receipts"
            class:at-start=move || reached.get() == 0
            node_ref=element
            on:keydown=move |event| on_key(&event, open)
        >
            <div class="receipts-head receipt-grid" aria-hidden="true">
                <span class="number">"#"</span>
                <span class="number">"request"</span>
                <span>"from → to"</span>
                <span>"command"</span>
                <span>"outcome"</span>
                <span class="number">"took"</span>
            </div>
            <Show when=is_empty>
                <p class="receipts-empty">{empty}</p>
            </Show>
            <Show when=move || { earlier() > 0 }>
                <MorePages count=Signal::derive(earlier) which="earlier" ask=move || more.set(beyond_before(beyond())) />
            </Show>
            <For each=entries key=|entry| *entry let:entry>
                <Line entry log=log.clone() />
            </For>
            <Show when=move || { later() > 0 }>
                <MorePages count=Signal::derive(later) which="later" ask=move || more.set(beyond_after(beyond())) />
            </Show>
        </div>
    }
}

const fn beyond_before(more: More) -> More {
    More { before: more.before + 1, ..more }
}

const fn beyond_after(more: More) -> More {
    More { after: more.after + 1, ..more }
}

/// How many receipts are not rendered, and a button for some of them.
#[component]
fn MorePages(#[prop(into)] count: Signal<usize>, which: &'static str, ask: impl Fn() + 'static) -> impl IntoView {
    view! {
        <p class="receipts-more">
            {move || {
                let count = count.get();
                let receipts = if count == 1 { "receipt" } else { "receipts" };
                format!("… {} {which} {receipts}", grouped(count as u64))
            }}
            <button type="button" on:click=move |_| ask()>
                {move || format!("Show {}", count.get().min(PAGE))}
            </button>
        </p>
    }
}

/// Scrolls the log, and never the page, until the current line is seen, with its details if they are shown and fit in.
fn keep_in_view(log: &HtmlElement) {
    let find = |selector: &str| log.query_selector(selector).ok().flatten()?.dyn_into::<HtmlElement>().ok();
    let Some(line) = find(".receipt.current > .receipt-line") else {
        log.set_scroll_top(0);
        return;
    };
    let head = find(".receipts-head").map_or(0, |head| head.offset_height());
    let details = find(".receipt.current > .receipt-details").map_or(0, |details| details.offset_height());
    let room = log.client_height() - head;
    let (top, height) = (line.offset_top(), (line.offset_height() + details).min(room));
    let bottom = top + height;
    if top < log.scroll_top() + head {
        log.set_scroll_top(top - head);
    } else if bottom > log.scroll_top() + log.client_height() {
        log.set_scroll_top(bottom - log.client_height());
    }
}

/// Up and Down go from line to line, Escape closes the details.
fn on_key(event: &KeyboardEvent, open: RwSignal<Option<Entry>>) {
    let is_down = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        "Escape" if open.with_untracked(Option::is_some) => {
            open.set(None);
            event.prevent_default();
            event.stop_propagation();
            return;
        }
        _ => return,
    };
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let receipt = target.and_then(|target| target.closest(".receipt").ok().flatten());
    let neighbour = receipt
        .and_then(|receipt| if is_down { receipt.next_element_sibling() } else { receipt.previous_element_sibling() });
    let line = neighbour.and_then(|neighbour| neighbour.query_selector(".receipt-line").ok().flatten());
    if let Some(line) = line.and_then(|line| line.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        // An element that cannot take the focus leaves it where it is.
        let _ = line.focus();
    }
}
