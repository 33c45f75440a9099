//! What the visitor has done in the lessons: kept in this browser, and merged with what other tabs and devices have kept.
//!
//! What is kept only ever merges ([`Progress::merge`]), so it makes no difference who writes last.

use crate::api::{self, ApiError};
use crate::browser;
use crate::state::{RwSignal, StoredValue};
use crate::view::effect;
use aside_domain::lesson::{Mark, Progress};
use leptos::prelude::window;
use leptos::task::spawn_local;
use std::time::Duration;

/// Where the browser keeps progress, and the code that it is synced under.
const DRAWER: &str = "aside:progress";
const CODE_DRAWER: &str = "aside:sync-code";
/// How long nothing more happens before what was done is told to the server.
const REST: Duration = Duration::from_secs(1);

/// The keeper of progress: a cheap handle.
#[derive(Clone, Copy)]
pub struct Keeper {
    progress: RwSignal<Progress>,
    code: RwSignal<Option<String>>,
    changes: StoredValue<u64>,
}

impl Keeper {
    /// Reads what is kept once the page is alive, listens to other tabs, and fetches what another device did.
    #[must_use]
    pub fn new() -> Self {
        let keeper = Self { progress: RwSignal::default(), code: RwSignal::default(), changes: StoredValue::default() };
        effect(move || {
            keeper.look();
            spawn_local(async move {
                // A code that is no longer known is told of where codes are managed; elsewhere it is no news.
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

    /// Takes in progress, and tells whether there was anything new in it.
    fn take(self, more: &Progress) -> bool {
        let mut merged = self.progress.get_untracked();
        merged.merge(more);
        let is_news = self.progress.with_untracked(|progress| *progress != merged);
        if is_news {
            self.progress.set(merged);
        }
        is_news
    }

    /// Takes in what was done, here or elsewhere, and keeps it; other devices hear of it a moment later.
    pub fn add(self, marks: &[Mark]) {
        let mut more = stored();
        marks.iter().for_each(|mark| more.add(mark));
        self.merge(&more);
    }

    /// Takes in and keeps the progress of another device, or of a file.
    pub fn merge(self, more: &Progress) {
        self.take(&stored());
        if !self.take(more) {
            return;
        }
        browser::keep(DRAWER, Some(&self.progress.with_untracked(Progress::to_json)));
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
        self.keep_code(Some(code.to_ascii_uppercase()));
        self.merge(&theirs);
        Ok(())
    }

    /// Brings this device up to date with the others, if it is synced. A code that is no longer known is let go of.
    ///
    /// # Errors
    /// If the server does not do it.
    pub async fn sync(self) -> Result<(), ApiError> {
        let Some(code) = self.code.get_untracked() else { return Ok(()) };
        let answer = api::sync(code, self.progress.get_untracked()).await;
        match answer {
            Ok(theirs) => {
                if self.take(&theirs) {
                    browser::keep(DRAWER, Some(&self.progress.with_untracked(Progress::to_json)));
                }
                Ok(())
            }
            Err(error) => {
                if matches!(error, ApiError::Refused { status: 404, .. }) {
                    self.keep_code(None);
                }
                Err(error)
            }
        }
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
            api::end_sync(code).await?;
        }
        self.keep_code(None);
        Ok(())
    }

    fn keep_code(self, code: Option<String>) {
        browser::keep(CODE_DRAWER, code.as_deref());
        self.code.set(code);
    }
}

/// What the browser keeps. What cannot be read is as good as nothing, and is left alone until something is done.
fn stored() -> Progress {
    browser::recall(DRAWER).and_then(|text| Progress::read(&text).ok()).unwrap_or_default()
}
