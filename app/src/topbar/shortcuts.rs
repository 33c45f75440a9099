//! What the keyboard does everywhere but in a text field: undo and redo, for which a field has the browser's own, and
//! letting all held packets go.

use super::History;
use crate::browser;
use crate::canvas::release;
use crate::live::Live;
use crate::view::effect;
use crate::workbench::bench;
use leptos::ev;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

/// Listens while the component that calls this is on the page.
pub fn listen(history: History) {
    let live = bench().live;
    effect(move || {
        let listener = window_event_listener(ev::keydown, move |event| on_key(&event, history, live));
        on_cleanup(move || listener.remove());
    });
}

fn on_key(event: &KeyboardEvent, history: History, live: Live) {
    if event.alt_key() || event.default_prevented() || browser::is_typing(event) {
        return;
    }
    let is_command = event.ctrl_key() || event.meta_key();
    match (event.key().to_ascii_lowercase().as_str(), is_command, event.shift_key()) {
        ("z", true, false) => history.undo(),
        ("z", true, true) | ("y", true, false) => history.redo(),
        ("r", false, _) if live.with_timeline(|timeline| !timeline.held.is_empty()) => return release(live, None),
        _ => return,
    }
    event.prevent_default();
    browser::catch_focus();
}
