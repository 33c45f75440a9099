//! Nodes over the clipboard: as plain JSON, a scenario of its own. So they go from tab to tab, into a file and out of one.
//!
//! The browser tells of its own keys with an event of its own, which may read and write the clipboard without asking anybody.
//! A menu may write it, too; to read it, it has to ask, and where that is refused it takes what this browser copied last.

use super::actions::Desk;
use super::focus::focus_node_soon;
use crate::browser;
use crate::selection::Selection;
use crate::state::StoredValue;
use crate::view::effect;
use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH, GRID, bounds};
use aside_domain::{Point, Scenario, json};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ClipboardEvent, Event, HtmlDocument};

/// Keys of which the browser tells by an event of its own.
pub const IS_TOLD_BY_BROWSER: [&str; 3] = ["Ctrl+X", "Ctrl+C", "Ctrl+V"];

/// Where the browser keeps what was copied last.
const LAST: &str = "aside-clipboard";

/// How far a copy lies beside what it was made of, in canvas pixels.
const BESIDE: i32 = 2 * GRID;

/// Listens to copying and pasting, as long as the canvas is there.
pub fn listen(desk: StoredValue<Desk>) {
    effect(move || {
        for kind in ["copy", "cut", "paste"] {
            let hear = move |event: Event| {
                if let Some(desk) = desk.try_get_value() {
                    on_event(desk, kind, event.unchecked_ref());
                }
            };
            browser::listen(&document(), kind, Box::new(hear));
        }
    });
}

/// Has the browser tell of copying or cutting, as if its key had been pressed.
pub fn ask_browser_to(command: &str) {
    // A browser that knows no such command copies nothing, and the key still works.
    let _ = document().unchecked_into::<HtmlDocument>().exec_command(command);
}

fn on_event(desk: Desk, kind: &str, event: &ClipboardEvent) {
    let is_typing = document().active_element().is_some_and(|element| browser::takes_text(&element));
    let is_reading = window().get_selection().ok().flatten().is_some_and(|text| !text.is_collapsed());
    let Some(clipboard) = event.clipboard_data().filter(|_| !is_typing && !browser::is_covered()) else { return };
    if kind == "paste" {
        let text = clipboard.get_data("text/plain").unwrap_or_default();
        event.prevent_default();
        return paste(desk, &text, None);
    }
    let nodes = desk.bench.editor.selection().with_untracked(Selection::sorted).nodes;
    if nodes.is_empty() || is_reading {
        return;
    }
    let text = json::write(&desk.bench.editor.with(|scenario| scenario.fragment(&nodes)));
    browser::keep(LAST, Some(&text));
    if clipboard.set_data("text/plain", &text).is_ok() {
        event.prevent_default();
        let count = nodes.len();
        if kind == "cut" {
            desk.bench.editor.delete_selected();
            browser::catch_focus();
        }
        desk.bench.notices.announce(format!("{count} {} {kind}.", if count == 1 { "node" } else { "nodes" }));
    }
}

/// Pastes what is on the clipboard, where the context menu is open if it is.
pub fn paste_from_browser(desk: Desk) {
    let at = desk.hands.menu_was();
    spawn_local(async move {
        let read = match browser::clipboard() {
            Some(clipboard) => JsFuture::from(clipboard.read_text()).await.ok(),
            None => None,
        };
        let text = read.and_then(|text| text.as_string()).or_else(|| browser::recall(LAST));
        paste(desk, &text.unwrap_or_default(), at);
    });
}

/// Puts a second one beside each node that is selected.
pub fn duplicate(desk: Desk) {
    let nodes = desk.bench.editor.selection().with_untracked(Selection::sorted).nodes;
    let copy = desk.bench.editor.with(|scenario| scenario.fragment(&nodes));
    put(desk, &copy, Point::new(BESIDE, BESIDE), "duplicated");
}

/// Puts a text's nodes into the drawing: around a point of the window, or beside those that they were copied from.
fn paste(desk: Desk, text: &str, at: Option<(f64, f64)>) {
    let notices = desk.bench.notices;
    if !text.trim_start().starts_with('{') {
        return notices.warn("There are no nodes on the clipboard: copy some first.");
    }
    match Scenario::from_json(text) {
        Ok(copied) => {
            let by = way(desk, &copied, at);
            put(desk, &copied, by, "pasted");
        }
        Err(error) => notices.warn(error.to_string()),
    }
}

/// How far what is pasted moves.
fn way(desk: Desk, copied: &Scenario, at: Option<(f64, f64)>) -> Point {
    let places: Vec<Point> = copied.graph.nodes.iter().map(|node| node.at).collect();
    let Some((low, high)) = bounds(places.iter().copied()) else { return Point::default() };
    let around = |(x, y): (f64, f64)| {
        let middle = (f64::from(low.x + high.x) / 2.0, f64::from(low.y + high.y) / 2.0);
        Point::new((x - middle.0) as i32, (y - middle.1) as i32).snapped(GRID)
    };
    if let Some((x, y)) = at {
        return around(desk.viewport.canvas_point(x, y));
    }
    let is_seen = desk.viewport.seen().is_none_or(|seen| places.iter().any(|at| seen.meets(*at)));
    let mut by = if is_seen { Point::default() } else { around(desk.viewport.middle()) };
    // Beside those that stand there already.
    let is_taken = |by: Point| {
        desk.bench.editor.with(|scenario| {
            let stands =
                |at: &Point| scenario.graph.nodes.iter().any(|node| node.at == Point::new(at.x + by.x, at.y + by.y));
            places.iter().any(stands)
        })
    };
    for _ in 0..CARD_WIDTH.min(CARD_HEIGHT) {
        if !is_taken(by) {
            break;
        }
        by = Point::new(by.x + BESIDE, by.y + BESIDE);
    }
    by
}

fn put(desk: Desk, copied: &Scenario, by: Point, done: &str) {
    let editor = desk.bench.editor;
    let Some(pasted) = editor.with(|scenario| scenario.paste(copied, by, &mut browser::random_suffix)) else { return };
    if !editor.apply(pasted.change) {
        return;
    }
    if let Some(first) = pasted.nodes.first() {
        if let Some(place) = editor.place(first) {
            desk.viewport.reveal(place.get_untracked());
        }
        focus_node_soon(first);
    }
    let count = pasted.nodes.len();
    editor.select(Selection::of_nodes(pasted.nodes));
    desk.bench.notices.announce(format!("{count} {} {done}.", if count == 1 { "node" } else { "nodes" }));
}
