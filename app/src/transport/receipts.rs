//! The log of receipts: the evidence of a run, one line for each hop that ended.
//!
//! A run can have thousands. Lines are rendered by pages around the playhead, and what lies after it is dimmed by the
//! stylesheet. The frame of the log is a component; the [`Lines`] in it are kept by two effects.

use super::Player;
use super::lines::{Lines, Marks, Window};
use super::words::Names;
use crate::editor::Editor;
use crate::selection::Part;
use crate::state::{Memo, RwSignal, StoredValue};
use crate::view::{dynamic, effect, view, when};
use crate::workbench::{Bench, Pane, bench};
use aside_domain::{Leg, PlaybackCommand, grouped};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

/// Lines that are rendered or let go together.
const PAGE: usize = 200;

/// How far the visitor looked beyond the pages around the playhead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct More {
    run: u32,
    page: usize,
    before: usize,
    after: usize,
}

/// What the visitor does with the log.
#[derive(Debug, Clone, Copy, Default)]
struct Reading {
    more: More,
    /// The line that shows its details: run and rank.
    open: Option<(u32, usize)>,
    /// The line that had the keyboard last: run and rank.
    focused: Option<(u32, usize)>,
}

/// The log: a cheap handle.
#[derive(Clone, Copy)]
struct Log {
    player: Player,
    editor: Editor,
    pane: Pane,
    reading: RwSignal<Reading>,
    /// The rank of the receipt that was reached last; 0 before the first.
    reached: Memo<usize>,
    window: Memo<Window>,
}

/// The log of receipts.
#[component]
pub fn Receipts() -> impl IntoView {
    let log = Log::of(bench());
    log.keep_lines();
    view! {
        <div
            role="log"
            aria-label="Receipts"
            class="receipts"
            class:at-start=when(move || log.reached.get() == 0)
            on:click=move |event| log.press(&event)
            on:focusin=move |event| log.focus(&event)
            on:keydown=move |event| log.on_key(&event)
        >
            <div class="receipts-head receipt-grid" aria-hidden="true">
                <span class="number">"#"</span>
                <span class="number">"request"</span>
                <span>"from → to"</span>
                <span>"command"</span>
                <span>"outcome"</span>
                <span class="number">"took"</span>
            </div>
            {dynamic(move || log.empty())}
            {dynamic(move || log.more_pages(true))}
            <div class="receipt-lines"></div>
            {dynamic(move || log.more_pages(false))}
        </div>
    }
}

impl Log {
    fn of(Bench { player, editor, pane, .. }: Bench) -> Self {
        let view = player.view();
        let reading = RwSignal::new(Reading::default());
        let reached = Memo::new(move || {
            view.edition.track();
            view.run.track();
            let frame = view.frame.get() as usize;
            let seen = player
                .with_shown(|run, _, _| run.frames.iter().take(frame).filter(|frame| frame.leg == Leg::Reply).count());
            seen.unwrap_or_default()
        });
        let window = Memo::new(move || {
            view.edition.track();
            view.run.track();
            let (run, total) = player.with_shown(|run, _, _| (run.run, run.ended().count())).unwrap_or_default();
            let more = beyond(reading.get().more, run, reached.get());
            let first = more.page.saturating_sub(1 + more.before) * PAGE;
            Window { run, total, first: first.min(total), end: ((more.page + 2 + more.after) * PAGE).min(total) }
        });
        Self { player, editor, pane, reading, reached, window }
    }

    /// Keeps the lines as they have to be, and the current one in view.
    fn keep_lines(self) {
        let Self { player, window, pane, .. } = self;
        let names = Names::of(self.editor);
        let lines = StoredValue::new(Lines::default());
        effect(move || {
            player.view().edition.track();
            let window = window.get();
            let Some(list) = list(pane) else { return };
            lines.update_value(|lines| {
                let rendered = player.with_shown(|run, _, _| lines.render(&list, run, window, names));
                if rendered.is_none() {
                    lines.clear(&list);
                }
            });
        });
        let marked = StoredValue::new(None::<Marks>);
        effect(move || {
            let marks = self.marks();
            let before = marked.try_update_value(|marked| marked.replace(marks)).flatten();
            let Some(list) = list(pane) else { return };
            lines.update_value(|lines| {
                player.with_shown(|run, _, _| lines.mark(&list, run, marks));
            });
            // The place of the Tab key moves with the keyboard, where the browser sees to the scrolling.
            let has_moved = before.is_none_or(|before| Marks { stop: marks.stop, ..before } != marks);
            if has_moved {
                // After the lines have been rendered, which the other effect does.
                request_animation_frame(move || {
                    if let Some(scroller) = pane.find::<HtmlElement>(".receipts") {
                        keep_in_view(&scroller);
                    }
                });
            }
        });
    }

    /// The lines that differ from the others; tracks all that it depends on.
    fn marks(self) -> Marks {
        let (Window { run, first, end, .. }, current, reading) =
            (self.window.get(), self.reached.get(), self.reading.get());
        let here = |place: Option<(u32, usize)>| place.filter(|(of, _)| *of == run).map(|(_, rank)| rank);
        let focused = here(reading.focused).filter(|rank| (first + 1..=end).contains(rank));
        Marks {
            run,
            current,
            stop: focused.unwrap_or_else(|| current.max(first + 1)),
            open: here(reading.open).unwrap_or_default(),
        }
    }

    /// What stands in the place of lines while there are none.
    fn empty(self) -> AnyView {
        if self.window.get().total > 0 {
            return ().into_any();
        }
        let text = match self.player.view().run.get() {
            None => "No receipts yet: press Play.".to_owned(),
            Some(run) => format!("Run {run} has no receipts yet."),
        };
        view! { <p class="receipts-empty">{text}</p> }.into_any()
    }

    /// How many receipts are not rendered on this side, and a button for some of them.
    fn more_pages(self, is_before: bool) -> AnyView {
        let window = self.window.get();
        let count = if is_before { window.first } else { window.total - window.end };
        if count == 0 {
            return ().into_any();
        }
        let which = if is_before { "earlier" } else { "later" };
        let receipts = if count == 1 { "receipt" } else { "receipts" };
        view! {
            <p class="receipts-more">
                {format!("… {} {which} {receipts}", grouped(count as u64))}
                <button type="button" on:click=move |_| self.show_more(is_before)>
                    {format!("Show {}", count.min(PAGE))}
                </button>
            </p>
        }
        .into_any()
    }

    fn show_more(self, is_before: bool) {
        let (run, reached) = (self.window.get_untracked().run, self.reached.get_untracked());
        self.reading.update(|reading| {
            reading.more = beyond(reading.more, run, reached);
            *(if is_before { &mut reading.more.before } else { &mut reading.more.after }) += 1;
        });
    }

    /// A line was pressed: it shows its details and the moment of its reply, or hides them again.
    fn press(self, event: &Event) {
        let Some(rank) = rank_of(event) else { return };
        let place = Some((self.window.get_untracked().run, rank));
        if self.reading.get_untracked().open == place {
            return self.open(None);
        }
        self.open(place);
        let hop = self.player.with_shown(|run, _, _| {
            let hop = run.ended().nth(rank - 1)?;
            Some((hop.link(), hop.reply_frame?))
        });
        let Some((link, reply_frame)) = hop.flatten() else { return };
        self.player.apply(PlaybackCommand::Seek(f64::from(reply_frame) + 1.0));
        if self.editor.with(|scenario| scenario.graph.link(&link).is_some()) {
            self.editor.select(Part::Link(link));
        }
    }

    fn open(self, place: Option<(u32, usize)>) {
        self.reading.update(|reading| reading.open = place);
    }

    fn focus(self, event: &Event) {
        if let Some(rank) = rank_of(event) {
            let run = self.window.get_untracked().run;
            self.reading.update(|reading| reading.focused = Some((run, rank)));
        }
    }

    /// Up and Down go from line to line, Escape closes the details.
    fn on_key(self, event: &KeyboardEvent) {
        let is_down = match event.key().as_str() {
            "ArrowDown" => true,
            "ArrowUp" => false,
            "Escape" if self.reading.get_untracked().open.is_some() => {
                self.open(None);
                event.prevent_default();
                event.stop_propagation();
                return;
            }
            _ => return,
        };
        let receipt = closest(event, ".receipt");
        let neighbour =
            receipt.and_then(
                |receipt| {
                    if is_down { receipt.next_element_sibling() } else { receipt.previous_element_sibling() }
                },
            );
        let line = neighbour.and_then(|neighbour| neighbour.query_selector(".receipt-line").ok().flatten());
        if let Some(line) = line.and_then(|line| line.dyn_into::<HtmlElement>().ok()) {
            event.prevent_default();
            // An element that cannot take the focus leaves it where it is.
            let _ = line.focus();
        }
    }
}

/// The element in which the lines are.
fn list(pane: Pane) -> Option<Element> {
    pane.find(".receipt-lines")
}

/// More pages were asked for at one place in one run: elsewhere they are forgotten.
fn beyond(more: More, run: u32, reached: usize) -> More {
    let here = More { run, page: reached.saturating_sub(1) / PAGE, ..More::default() };
    if (more.run, more.page) == (here.run, here.page) { more } else { here }
}

/// The element around the event's target that matches.
fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// The rank of the line whose button the event is about.
fn rank_of(event: &Event) -> Option<usize> {
    closest(event, ".receipt-line")?.get_attribute("data-rank")?.parse().ok()
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
