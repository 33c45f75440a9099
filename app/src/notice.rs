//! Short messages to the visitor: shown for a while, and read out by screen readers.

use leptos::prelude::*;
use std::time::Duration;

/// How long a message stays.
const STAYS: Duration = Duration::from_secs(7);

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Notice {
    text: String,
    is_warning: bool,
}

/// Where messages are put: a cheap handle, found in context.
#[derive(Clone, Copy, Default)]
pub struct Notices {
    notice: RwSignal<Option<Notice>>,
    spoken: RwSignal<String>,
    count: RwSignal<u32>,
}

impl Notices {
    /// Tells that something was done.
    pub fn say(&self, text: impl Into<String>) {
        self.put(Notice { text: text.into(), is_warning: false });
    }

    /// Tells that something was not done, and why.
    pub fn warn(&self, text: impl Into<String>) {
        self.put(Notice { text: text.into(), is_warning: true });
    }

    /// Tells it to screen readers alone: whoever looks sees it anyway.
    pub fn announce(&self, text: impl Into<String>) {
        self.spoken.set(text.into());
    }

    fn put(&self, notice: Notice) {
        self.count.update(|count| *count += 1);
        let this = *self;
        let number = self.count.get_untracked();
        self.notice.set(Some(notice));
        set_timeout(
            move || {
                if this.count.try_get_untracked() == Some(number) {
                    this.notice.set(None);
                }
            },
            STAYS,
        );
    }
}

/// The place on the screen where messages appear.
#[component]
pub fn NoticeBoard() -> impl IntoView {
    let notices = expect_context::<Notices>();
    let text = move || notices.notice.get().map(|notice| notice.text).unwrap_or_default();
    let is_warning = move || notices.notice.with(|notice| notice.as_ref().is_some_and(|notice| notice.is_warning));
    view! {
        <div class="notice" role="status" aria-live="polite" class:warning=is_warning class:empty=move || text().is_empty()>
            <span>{text}</span>
            <button type="button" aria-label="Dismiss message" on:click=move |_| notices.notice.set(None)>
                "×"
            </button>
        </div>
        <div class="visually-hidden" aria-live="polite">
            {move || notices.spoken.get()}
        </div>
    }
}
