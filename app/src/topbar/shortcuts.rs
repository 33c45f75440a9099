//! Undo and redo from the keyboard, everywhere but in a text field: there the browser's own undo applies.

use super::History;
use crate::browser;
use crate::view::effect;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// Inputs in which nothing is typed.
const NOT_TYPED: [&str; 9] = ["range", "checkbox", "radio", "button", "submit", "reset", "file", "color", "image"];

/// Listens while the component that calls this is on the page.
pub fn listen(history: History) {
    effect(move || {
        let listener = window_event_listener(ev::keydown, move |event| on_key(&event, history));
        on_cleanup(move || listener.remove());
    });
}

fn on_key(event: &KeyboardEvent, history: History) {
    let is_command = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
    if !is_command || event.default_prevented() || is_typing(event) {
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

/// Whether the key goes into a text.
fn is_typing(event: &KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    match target.tag_name().to_ascii_lowercase().as_str() {
        "textarea" | "select" => true,
        "input" => {
            let kind = target.get_attribute("type").unwrap_or_default().to_ascii_lowercase();
            !NOT_TYPED.contains(&kind.as_str())
        }
        _ => target.closest("[contenteditable]").is_ok_and(|editable| editable.is_some()),
    }
}
