//! Short messages to the visitor: shown for a while, and read out by screen readers.

use crate::state::RwSignal;
use crate::view::{text, view, when};
use crate::workbench::bench;
use leptos::prelude::*;
use std::time::Duration;

/// How long a message stays.
const STAYS: Duration = Duration::from_secs(7);

/// Where messages are put: a cheap handle, found in context.
#[derive(Clone, Copy, Default)]
pub struct Notices {
    /// The message that is shown; empty if there is none.
    shown: RwSignal<String>,
    is_warning: RwSignal<bool>,
    spoken: RwSignal<String>,
    count: RwSignal<u64>,
}

impl Notices {
    /// Tells that something was done.
    pub fn say(&self, text: impl Into<String>) {
        self.put(text.into(), false);
    }

    /// Tells that something was not done, and why.
    pub fn warn(&self, text: impl Into<String>) {
        self.put(text.into(), true);
    }

    /// Tells it to screen readers alone: whoever looks sees it anyway.
    pub fn announce(&self, text: impl Into<String>) {
        self.spoken.set(text.into());
    }

    fn put(&self, text: String, is_warning: bool) {
        self.count.update(|count| *count += 1);
        let this = *self;
        let number = self.count.get_untracked();
        self.is_warning.set(is_warning);
        self.shown.set(text);
        set_timeout(
            move || {
                if this.count.try_get_untracked() == Some(number) {
                    this.dismiss();
                }
            },
            STAYS,
        );
    }

    fn dismiss(&self) {
        self.is_warning.set(false);
        self.shown.set(String::new());
    }
}

/// The place on the screen where messages appear.
#[component]
pub fn NoticeBoard() -> impl IntoView {
    let notices = bench().notices;
    let (shown, spoken) = (notices.shown, notices.spoken);
    let is_warning = when(move || notices.is_warning.get());
    let is_empty = when(move || shown.with(String::is_empty));
    view! {
        <div class="notice" role="status" aria-live="polite" class:warning=is_warning class:empty=is_empty>
            <span>{text(move || shown.get())}</span>
            <button type="button" aria-label="Dismiss message" on:click=move |_| notices.dismiss()>
                "×"
            </button>
        </div>
        <div class="visually-hidden" aria-live="polite">
            {text(move || spoken.get())}
        </div>
    }
}
