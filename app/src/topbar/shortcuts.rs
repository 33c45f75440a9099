//! Undo and redo from the keyboard, everywhere but in a text field: there the browser's own undo applies.

use super::History;
use crate::browser;
use crate::view::effect;
use leptos::ev;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

/// Listens while the component that calls this is on the page.
pub fn listen(history: History) {
    effect(move || {
        let listener = window_event_listener(ev::keydown, move |event| on_key(&event, history));
        on_cleanup(move || listener.remove());
    });
}

fn on_key(event: &KeyboardEvent, history: History) {
    let is_command = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
    if !is_command || event.default_prevented() || browser::is_typing(event) {
        return;
    }
    match (event.key().to_ascii_lowercase().as_str(), event.shift_key()) {
        ("z", false) => history.undo(),
        ("z", true) | ("y", false) => history.redo(),
        _ => return,
    }
    event.prevent_default();
    browser::catch_focus();
}
