//! What a store node holds now: read from the real store when it is looked at, and again whenever its data changed.

use super::content::{Content, Entry, Holds, State};
use super::settled;
use crate::api::{self, ApiError};
use crate::browser;
use crate::editor::Editor;
use crate::live::Live;
use crate::notice::Notices;
use crate::saver::{SaveState, Saver};
use crate::state::{RwSignal, StoredValue};
use crate::view::{effect, when};
use crate::workbench::bench;
use aside_domain::{DataEdit, EntryNow, Key, NodeId, Value};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long to wait before looking again while data changes faster than it can be read.
const REST: Duration = Duration::from_millis(100);
/// How long to wait before asking a store again that did not answer.
const RETRY: Duration = Duration::from_secs(3);
/// How often times to live are counted down.
const TICK: Duration = Duration::from_secs(1);

/// The content of one store node: a cheap handle.
#[derive(Clone, Copy)]
pub struct Shelf {
    /// What it holds.
    pub holds: Holds,
    node: StoredValue<NodeId>,
    content: StoredValue<Content>,
    /// Counts the answers.
    answers: RwSignal<u64>,
    /// Counts the ticks of the clock.
    ticks: RwSignal<u64>,
    editor: Editor,
    live: Live,
    notices: Notices,
    saver: Saver,
}

impl Shelf {
    /// Looks into a store node, for as long as the caller's part of the screen is there.
    #[must_use]
    pub fn new(holds: Holds, node: NodeId) -> Self {
        let shelf = Self {
            holds,
            node: StoredValue::new(node),
            content: StoredValue::default(),
            answers: RwSignal::new(0),
            ticks: RwSignal::new(0),
            editor: bench().editor,
            live: bench().live,
            notices: bench().notices,
            saver: bench().saver,
        };
        let seen = StoredValue::new(String::new());
        effect(move || {
            // Whether a key is stale is told by another store's rows.
            let data = shelf.live.data_version();
            let Some(sandbox) = shelf.live.sandbox().get() else { return seen.set_value(String::new()) };
            if shelf.saver.state().get() == SaveState::Saving {
                return; // a node that was just drawn is not known to the server yet
            }
            let now = format!("{sandbox} {data} {}", shelf.is_off().is_some());
            if seen.with_value(|seen| *seen != now) {
                seen.set_value(now);
                shelf.ask();
            }
        });
        let expires = |content: &Content| {
            content.entries.iter().any(|(_, entry)| entry.expires_ms.is_some() || entry.stale.is_some())
        };
        shelf.every(TICK, when(move || shelf.read(expires)), Self::tick);
        let has_failed = |content: &Content| matches!(content.state, State::Failed(_));
        shelf.every(RETRY, when(move || shelf.read(has_failed)), Self::ask);
        shelf
    }

    // What the screen reads; each tracks the answers.

    fn read<T>(self, read: impl FnOnce(&Content) -> T) -> T {
        self.answers.track();
        self.content.with_value(read)
    }

    /// How far the looking is.
    #[must_use]
    pub fn state(self) -> State {
        self.read(|content| content.state.clone())
    }

    /// How many entries there are, if it is known.
    #[must_use]
    pub fn count(self) -> Option<usize> {
        self.read(|content| (content.state == State::There).then_some(content.entries.len()))
    }

    /// The keys that contain a text, in any case.
    #[must_use]
    pub fn keys(self, part: &str) -> Vec<String> {
        let fits = |key: &&String| part.is_empty() || browser::contains(key, part);
        self.read(|content| content.entries.iter().map(|(key, _)| key).filter(fits).cloned().collect())
    }

    /// An entry.
    #[must_use]
    pub fn entry(self, key: &str) -> Option<Entry> {
        self.read(|content| content.entry(key).cloned())
    }

    /// In how many seconds an entry expires; tracks the clock too.
    #[must_use]
    pub fn left_s(self, key: &str) -> Option<u64> {
        let expires_ms = self.entry(key)?.expires_ms?;
        self.ticks.track();
        let now_ms = self.content.with_value(|content| content.now_ms);
        Some(((expires_ms - now_ms) / 1_000.0).ceil().max(0.0) as u64)
    }

    /// For how long an entry has been stale, in seconds, if it is; tracks the clock too.
    #[must_use]
    pub fn stale_s(self, key: &str) -> Option<Option<u64>> {
        let stale = self.entry(key)?.stale?;
        self.ticks.track();
        let now_ms = self.content.with_value(|content| content.now_ms);
        Some(stale.map(|since_ms| ((now_ms - since_ms) / 1_000.0).max(0.0) as u64))
    }

    // How it is looked at.

    /// Why the store cannot be read, if it is switched off; tracks that.
    fn is_off(self) -> Option<String> {
        let node = self.editor.node(&self.node.try_get_value()?)?;
        node.with(|node| node.settings.is_off().then(|| format!("{} is switched off: switch it on first.", node.name)))
    }

    /// Reads the store, if it is on. While an answer is awaited, one more question is kept for after it.
    pub fn ask(self) {
        if let Some(reason) = untrack(move || self.is_off()) {
            self.content.update_value(|content| content.state = State::Failed(reason));
            self.answers.try_update(|answers| *answers += 1);
            return;
        }
        let is_idle = self.content.try_update_value(|content| {
            content.is_outdated |= content.is_asking;
            !std::mem::replace(&mut content.is_asking, true)
        });
        // Without content, another node is shown by now.
        if is_idle == Some(true) {
            spawn_local(self.look());
        }
    }

    async fn look(self) {
        while self.is_shown() {
            let answer = self.contents().await;
            if !self.take(answer) {
                return;
            }
            browser::sleep(REST).await;
        }
    }

    async fn contents(self) -> Result<Vec<EntryNow>, ApiError> {
        let sandbox = self.live.sandbox().try_get_untracked().flatten().ok_or(ApiError::Away)?;
        let node = self.node.try_get_value().ok_or(ApiError::Away)?;
        api::contents(sandbox, node, self.holds.kind()).await
    }

    /// Shows an answer, and tells whether to ask once more.
    fn take(self, answer: Result<Vec<EntryNow>, ApiError>) -> bool {
        let is_outdated = self.content.try_update_value(|content| {
            content.take(answer, browser::now_ms());
            content.is_asking = content.is_outdated;
            std::mem::take(&mut content.is_outdated)
        });
        self.answers.try_update(|answers| *answers += 1);
        is_outdated == Some(true)
    }

    /// Counts the times to live down; when one has run out, the store is asked what it has left.
    fn tick(self) {
        let now_ms = browser::now_ms();
        let is_over = |entry: &Entry| entry.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms);
        let is_any_over = self.content.try_update_value(|content| {
            content.now_ms = now_ms;
            content.entries.iter().any(|(_, entry)| is_over(entry))
        });
        self.ticks.try_update(|ticks| *ticks += 1);
        if is_any_over == Some(true) {
            self.ask();
        }
    }

    /// Does something again and again while a condition holds.
    fn every(self, pause: Duration, condition: Signal<bool>, act: fn(Self)) {
        let condition = settled(condition);
        effect(move || {
            if condition.get()
                && let Ok(timer) = set_interval_with_handle(move || act(self), pause)
            {
                on_cleanup(move || timer.clear());
            }
        });
    }

    /// Whether this is still on the screen.
    fn is_shown(self) -> bool {
        self.content.try_with_value(|_| ()).is_some()
    }

    // What the visitor does. Each looks again when it is done; a refusal is told to the visitor.

    /// Writes an entry.
    pub fn put(self, key: Key, value: Value, ttl_s: Option<u32>, then: impl FnOnce() + 'static) {
        let name = key.to_string();
        self.change(DataEdit::Put { key, value, ttl_s }, Box::new(move |stale| self.tell(stale, &name, then)));
    }

    /// Deletes an entry.
    pub fn delete(self, key: String, then: impl FnOnce() + 'static) {
        let name = key.clone();
        self.change(DataEdit::Delete { key }, Box::new(move |stale| self.tell(stale, &name, then)));
    }

    /// A row was changed behind the caches' backs: tells it, if so many of them now hold something else.
    fn tell(self, stale: u64, key: &str, then: impl FnOnce()) {
        if self.holds == Holds::Rows && stale > 0 {
            let caches = if stale == 1 { "a cache still has" } else { "caches still have" };
            let words = "This is the script that forgot the cache: the row has changed, and";
            self.notices.warn(format!("{words} {caches} something else under {key}."));
        }
        then();
    }

    /// Deletes every key, and tells how many there were.
    pub fn flush(self, then: impl FnOnce(u64) + 'static) {
        self.change(DataEdit::Flush, Box::new(then));
    }

    fn change(self, edit: DataEdit, then: Box<dyn FnOnce(u64)>) {
        let Some(node) = self.node.try_get_value() else { return };
        let change = move |sandbox| async move {
            // A node that was just drawn has to be known to the server first.
            if !self.saver.flush().await {
                return Err(ApiError::Away);
            }
            api::edit(sandbox, node, self.holds.kind(), edit).await
        };
        self.live.ask(change, move |count| {
            if self.is_shown() {
                self.ask();
                then(count);
            }
        });
    }
}
