//! What the visitor has done in the lessons: kept in this browser, and merged with what other tabs and devices have kept.
//!
//! What is kept only ever merges ([`Progress::merge`]), so it makes no difference who writes last.

use crate::api::{self, ApiError};
use crate::browser;
use crate::state::{RwSignal, StoredValue};
use crate::view::effect;
use aside_domain::lesson::{Mark, Progress, ProgressError};
use leptos::prelude::window;
use leptos::task::spawn_local;
use std::time::Duration;

/// Where the browser keeps progress, and the code that it is synced under.
const DRAWER: &str = "aside:progress";
const CODE_DRAWER: &str = "aside:sync-code";
/// Where progress goes that cannot be read.
const UNREAD_DRAWER: &str = "aside:progress:unread";
/// How long nothing more happens before what was done is told to the server.
const REST: Duration = Duration::from_secs(1);

/// The keeper of progress: a cheap handle.
#[derive(Clone, Copy)]
pub struct Keeper {
    progress: RwSignal<Progress>,
    code: RwSignal<Option<String>>,
    lost_code: RwSignal<bool>,
    changes: StoredValue<u64>,
}

impl Keeper {
    /// Reads what is kept once the page is alive, listens to other tabs, and fetches what another device did.
    #[must_use]
    pub fn new() -> Self {
        let keeper = Self {
            progress: RwSignal::default(),
            code: RwSignal::default(),
            lost_code: RwSignal::default(),
            changes: StoredValue::default(),
        };
        effect(move || {
            keeper.look();
            spawn_local(async move {
                // The next change, or the next page, tries again; a code that is no longer known is let go of.
                let _ = keeper.sync().await;
            });
            browser::listen(&window(), "storage", Box::new(move |_| keeper.look()));
        });
        keeper
    }

    /// What was done; tracks it.
    pub fn with<T>(self, read: impl FnOnce(&Progress) -> T) -> T {
        self.progress.with(read)
    }

    /// What was done, without waking anybody.
    pub fn with_untracked<T>(self, read: impl FnOnce(&Progress) -> T) -> T {
        self.progress.with_untracked(read)
    }

    /// The code that this device is synced under, if it is; tracks it.
    pub fn code(self) -> Option<String> {
        self.code.get()
    }

    /// Takes in what is kept, and what another tab did.
    fn look(self) {
        self.take(&stored());
        self.code.set(browser::recall(CODE_DRAWER));
    }

    /// Takes in what is written down already.
    fn take(self, more: &Progress) {
        let merged = self.merged_with(more);
        if self.progress.with_untracked(|progress| *progress != merged) {
            self.progress.set(merged);
        }
    }

    fn merged_with(self, more: &Progress) -> Progress {
        let mut merged = self.progress.get_untracked();
        merged.merge(more);
        merged
    }

    /// The time of something that is done in a lesson now.
    pub fn now_ms(self, lesson: &str) -> u64 {
        self.with_untracked(|progress| progress.now_ms(lesson, browser::clock_ms()))
    }

    /// Takes in what was done and keeps it, and tells whether there was anything new in it; other devices hear of it a moment
    /// later.
    pub fn add(self, marks: &[Mark]) -> bool {
        let mut more = Progress::default();
        marks.iter().for_each(|mark| more.add(mark));
        self.merge(&more).unwrap_or(false) // there is room for all that the lessons have
    }

    /// Takes in and keeps the progress of another device, or of a file; tells whether there was anything new in it.
    ///
    /// # Errors
    /// If that would be more than can be kept; nothing is changed then.
    pub fn merge(self, more: &Progress) -> Result<bool, ProgressError> {
        let is_news = self.keep(more)?;
        if is_news {
            let number = self.changes.try_update_value(|changes| {
                *changes += 1;
                *changes
            });
            spawn_local(async move {
                browser::sleep(REST).await;
                if self.changes.try_get_value() == number {
                    let _ = self.sync().await; // the next change, or the next page, tries again
                }
            });
        }
        Ok(is_news)
    }

    /// Takes in progress and writes down what there is now, with what another tab may have written in between.
    fn keep(self, more: &Progress) -> Result<bool, ProgressError> {
        self.take(&stored());
        let merged = self.merged_with(more);
        merged.check()?;
        let is_news = self.progress.with_untracked(|progress| *progress != merged);
        if is_news {
            write_down(&merged);
            self.progress.set(merged);
        }
        Ok(is_news)
    }

    /// Makes a code, and keeps progress under it.
    ///
    /// # Errors
    /// If the server does not make one.
    pub async fn begin_sync(self) -> Result<(), ApiError> {
        let code = api::begin_sync(self.progress.get_untracked()).await?;
        self.keep_code(Some(code));
        Ok(())
    }

    /// Takes up a code of another device.
    ///
    /// # Errors
    /// If there is no such code, or the server does not answer.
    pub async fn join(self, code: String) -> Result<(), ApiError> {
        let theirs = api::sync(code.clone(), self.progress.get_untracked()).await?;
        self.keep_code(Some(written(&code)));
        let _ = self.keep(&theirs); // what the server keeps has room here
        Ok(())
    }

    /// Brings this device up to date with the others, if it is synced. A code that is no longer known is let go of.
    ///
    /// # Errors
    /// If the server does not do it.
    pub async fn sync(self) -> Result<(), ApiError> {
        let Some(code) = self.code.get_untracked() else { return Ok(()) };
        match api::sync(code.clone(), self.progress.get_untracked()).await {
            Ok(theirs) => {
                let _ = self.keep(&theirs); // what the server keeps has room here
                Ok(())
            }
            Err(error) => {
                if is_unknown(&error) && self.code.get_untracked() == Some(code) {
                    self.keep_code(None);
                    self.lost_code.set(true);
                }
                Err(error)
            }
        }
    }

    /// Whether a code was let go of because the server no longer knows it; tracks it.
    pub fn has_lost_code(self) -> bool {
        self.lost_code.get()
    }

    /// Lets go of the code on this device.
    pub fn leave(self) {
        self.keep_code(None);
    }

    /// Deletes the code for all devices.
    ///
    /// # Errors
    /// If the server does not do it.
    pub async fn end_sync(self) -> Result<(), ApiError> {
        if let Some(code) = self.code.get_untracked() {
            match api::end_sync(code).await {
                Err(error) if !is_unknown(&error) => return Err(error),
                _ => {} // it is gone, by this or by another device
            }
        }
        self.keep_code(None);
        Ok(())
    }

    fn keep_code(self, code: Option<String>) {
        browser::keep(CODE_DRAWER, code.as_deref());
        self.code.set(code);
    }
}

/// Whether the server does not know a code.
fn is_unknown(error: &ApiError) -> bool {
    matches!(error, ApiError::Refused { status: 404, .. })
}

/// A code as it is shown, however it was typed: `ABCD-EFGH-JKLM`.
fn written(code: &str) -> String {
    let letters: Vec<char> = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    letters.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What the browser keeps; nothing, if that cannot be read.
fn stored() -> Progress {
    browser::recall(DRAWER).and_then(|text| Progress::read(&text).ok()).unwrap_or_default()
}

/// Writes down what there is now. What cannot be read, because a newer Aside wrote it, is put aside and not lost.
fn write_down(progress: &Progress) {
    if let Some(text) = browser::recall(DRAWER).filter(|text| Progress::read(text).is_err()) {
        browser::keep(UNREAD_DRAWER, Some(&text));
    }
    browser::keep(DRAWER, Some(&progress.to_json()));
}
