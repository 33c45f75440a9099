//! Autosave: every edit reaches the server by itself, a moment after it was made.
//!
//! When the server is away the document stays in the browser and is sent when it is back, also after the page was closed
//! in between. When another tab saved first, its version is taken over: the server's document is the one that runs.

use crate::api::{self, ApiError, Opened};
use crate::browser;
use crate::editor::{Editor, Load, Upload};
use crate::live::Live;
use crate::notice::Notices;
use crate::state::{RwSignal, StoredValue};
use aside_domain::{Place, Saved, Scenario, json};
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the hands must rest before a save.
const REST: Duration = Duration::from_millis(300);
/// How often to look whether all was sent.
const TURN: Duration = Duration::from_millis(20);
/// How long to wait before trying again when the server is away.
const RETRY: Duration = Duration::from_secs(2);

/// Where the latest edit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveState {
    /// On the server.
    Saved,
    /// On its way.
    Saving,
    /// In this browser, until the server is back.
    Kept,
}

/// The autosave: a cheap handle, found in context.
#[derive(Clone, Copy)]
pub struct Saver {
    editor: Editor,
    live: Live,
    notices: Notices,
    state: RwSignal<SaveState>,
    version: StoredValue<u64>,
    saved_revision: StoredValue<u64>,
    is_busy: StoredValue<bool>,
    place: StoredValue<Place>,
    sandbox: StoredValue<Option<String>>,
    tab: StoredValue<String>,
}

/// A document that has not reached the server, as the browser keeps it.
#[derive(Serialize, Deserialize)]
struct Unsaved {
    base: u64,
    resets: bool,
    scenario: Scenario,
}

impl Saver {
    /// The autosave of an editor whose document is version `version`.
    #[must_use]
    pub fn new(editor: Editor, live: Live, notices: Notices, place: Place, version: u64) -> Self {
        Self {
            editor,
            live,
            notices,
            state: RwSignal::new(SaveState::Saved),
            version: StoredValue::new(version),
            saved_revision: StoredValue::new(editor.revision().get_untracked()),
            is_busy: StoredValue::new(false),
            place: StoredValue::new(place),
            sandbox: StoredValue::default(),
            tab: StoredValue::default(),
        }
    }

    /// Where the latest edit is.
    #[must_use]
    pub const fn state(&self) -> RwSignal<SaveState> {
        self.state
    }

    /// Starts to watch the editor, and takes over the document that the server has, or the one that it has not got yet.
    pub fn start(self, opened: Opened) {
        let known = self.sandbox.try_update_value(|sandbox| sandbox.replace(opened.sandbox)).flatten();
        if known.is_some() {
            return self.go_on(known != self.sandbox.get_value(), opened.saved.version);
        }
        let mine = self.recall();
        self.version.set_value(opened.saved.version);
        self.tab.set_value(browser::random_suffix());
        match mine {
            Some(unsaved) if unsaved.base == opened.saved.version => {
                self.editor.adopt(unsaved.scenario);
                self.editor.owe(if unsaved.resets { Upload::Reset } else { Upload::Save });
                self.send_soon();
            }
            unsaved => {
                if unsaved.is_some() {
                    self.notices
                        .warn("This drawing was changed elsewhere while the server was away; that version is shown.");
                    self.forget();
                }
                self.take_over(opened.saved);
            }
        }
    }

    /// The sandbox was opened again while the drawing was on the screen. A new one, because the old one was swept, gets
    /// the drawing and its data.
    fn go_on(self, is_new: bool, version: u64) {
        if is_new {
            self.version.set_value(version);
            self.editor.owe(Upload::Reset);
            self.saved_revision.set_value(u64::MAX);
            self.send_soon();
        }
    }

    /// To be called when there was an edit.
    pub fn send_soon(self) {
        self.begin(REST);
    }

    /// Waits until the server has every edit. False if it cannot be reached now; they are sent when it is back.
    pub async fn flush(self) -> bool {
        self.begin(Duration::ZERO);
        while !self.is_clean() {
            if self.state.get_untracked() == SaveState::Kept {
                return false;
            }
            browser::sleep(TURN).await;
        }
        true
    }

    /// Begins to send after a rest, unless that is under way or there is nothing to send.
    fn begin(self, rest: Duration) {
        if self.is_clean() || self.is_busy.get_value() {
            return;
        }
        self.state.set(SaveState::Saving);
        self.is_busy.set_value(true);
        spawn_local(async move {
            browser::sleep(rest).await;
            self.send_all().await;
        });
    }

    /// Has the stores filled with the data that the scenario starts with. False if the server cannot be reached now: then
    /// it is done when it is back.
    pub async fn refill(self) -> bool {
        self.editor.owe_start();
        self.editor.revision().update(|revision| *revision += 1); // the document is the same, and has to be sent again
        self.flush().await
    }

    /// To be called when a saved version was announced: takes it over if another tab made it and nothing is lost by that.
    pub fn heard_of(self, version: u64, by: &str) {
        if version > self.version.get_value() && self.tab.with_value(|tab| tab != by) && !self.is_busy.get_value() {
            self.take_theirs();
        }
    }

    fn is_clean(&self) -> bool {
        self.editor.revision().get_untracked() == self.saved_revision.get_value()
    }

    /// Sends until nothing is left to send.
    async fn send_all(self) {
        while !self.is_clean() {
            let revision = self.editor.revision().get_untracked();
            let Load { scenario, how, is_document } = self.editor.take_upload();
            let arrivals = self.editor.arrivals().get_untracked();
            match self.send(scenario.clone(), how).await {
                Ok(version) => {
                    self.version.set_value(version);
                    if is_document {
                        self.saved_revision.set_value(revision);
                    }
                    self.forget();
                }
                Err(error) if error.is_conflict() => {
                    self.notices.warn(
                        "Another tab changed this drawing first: its version is shown, your last edit is not in it.",
                    );
                    self.saved_revision.set_value(revision);
                    self.forget();
                    self.take_theirs();
                }
                Err(error) if error.is_passing() => {
                    self.keep(self.editor.scenario(), how);
                    if is_document {
                        self.editor.owe(how);
                    } else if self.editor.arrivals().get_untracked() == arrivals {
                        self.editor.owe_fill(scenario);
                    }
                    self.state.set(SaveState::Kept);
                    browser::sleep(RETRY).await;
                }
                Err(error) => {
                    // The server will never take this one: say so once, and keep what is drawn.
                    self.notices.warn(error.to_string());
                    if is_document {
                        self.saved_revision.set_value(revision);
                    }
                }
            }
        }
        self.is_busy.set_value(false);
        self.state.set(SaveState::Saved);
    }

    async fn send(&self, scenario: Scenario, upload: Upload) -> Result<u64, ApiError> {
        let sandbox = self.live.sandbox().get_untracked().ok_or(ApiError::Away)?;
        let (base, by) = (self.version.get_value(), self.tab.get_value());
        api::save(sandbox, scenario, base, by, upload == Upload::Reset).await
    }

    fn take_theirs(self) {
        self.live.ask(|sandbox| api::load(sandbox, false), move |saved| self.take_over(saved));
    }

    /// The name by which this tab saves.
    #[must_use]
    pub fn tab(&self) -> String {
        self.tab.get_value()
    }

    /// Lets no edit out while the server itself changes the drawing, and takes over what it makes of it.
    pub async fn while_busy(self, work: impl Future<Output = Option<Saved>>) {
        self.is_busy.set_value(true);
        let saved = work.await;
        self.is_busy.set_value(false);
        match saved {
            Some(saved) => self.take_over(saved),
            None => self.send_soon(),
        }
    }

    /// Takes over what the server has saved in place of what is drawn, unless a later version is known already.
    fn take_over(self, saved: Saved) {
        if saved.version < self.version.get_value() {
            return;
        }
        self.version.set_value(saved.version);
        if self.editor.with(|scenario| *scenario != saved.scenario) {
            self.editor.adopt(saved.scenario);
        }
        self.saved_revision.set_value(self.editor.revision().get_untracked());
    }

    // What the browser keeps while the server is away.

    /// The place whose drawing it saves.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place.get_value()
    }

    fn drawer(&self) -> String {
        self.place.with_value(|place| format!("aside:unsaved:{place}"))
    }

    fn keep(&self, scenario: Scenario, upload: Upload) {
        let unsaved = Unsaved { base: self.version.get_value(), resets: upload == Upload::Reset, scenario };
        browser::keep(&self.drawer(), Some(&json::write(&unsaved)));
    }

    fn recall(&self) -> Option<Unsaved> {
        json::read(&browser::recall(&self.drawer())?).ok()
    }

    fn forget(&self) {
        browser::keep(&self.drawer(), None);
    }
}
