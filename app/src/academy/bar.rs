//! What stands above the sandbox of a lesson.

use super::Reader;
use crate::browser;
use crate::state::RwSignal;
use crate::topbar::{history, saving};
use crate::view::{effect, text, view};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// What fills the screen for a projector.
const STAGE: &str = ".sandbox-pane";

/// The bar: what is saved, undo and redo, back to the start, full screen.
pub fn lesson_bar() -> AnyView {
    let reader = expect_context::<Reader>();
    let is_full = RwSignal::new(false);
    effect(move || {
        let look = move |_| is_full.set(document().fullscreen_element().is_some());
        browser::listen(&document(), "fullscreenchange", Box::new(look));
        browser::listen(&window(), "keydown", Box::new(|event| on_key(event.unchecked_ref())));
    });
    let screen = text(move || if is_full.get() { "Leave full screen" } else { "Full screen" }.to_owned());
    view! {
        <header class="topbar">
            {history()} {saving()}
            <div class="topbar-tools">
                <button
                    type="button"
                    title="Put the drawing and the data back to what this lesson starts with"
                    on:click=move |_| reader.apply(None)
                >
                    "Reset lesson"
                </button>
                <button type="button" title="The sandbox alone, for a projector (F)" on:click=move |_| turn_screen()>
                    {screen}
                </button>
            </div>
        </header>
    }
    .into_any()
}

fn turn_screen() {
    if document().fullscreen_element().is_some() {
        document().exit_fullscreen();
    } else if let Some(stage) = browser::find::<Element>(STAGE) {
        // A browser that does not allow it leaves the page as it is.
        let _ = stage.request_fullscreen();
    }
}

/// F, [ and ], everywhere but in a text.
fn on_key(event: &KeyboardEvent) {
    // Many keyboards have the brackets only together with Alt, or with AltGr, which is Ctrl and Alt.
    let is_command = event.meta_key() || event.ctrl_key() && !event.alt_key();
    if is_command || event.default_prevented() || browser::is_typing(event) {
        return;
    }
    let follow = |rel: &str| {
        if let Some(link) = browser::find::<HtmlElement>(&format!(".neighbours a[rel=\"{rel}\"]")) {
            link.click();
        }
    };
    match event.key().as_str() {
        "f" | "F" if !event.alt_key() => turn_screen(),
        "[" => follow("prev"),
        "]" => follow("next"),
        _ => {}
    }
}
