//! What a store node holds now: read from the real store when it is looked at, and again whenever its data changed.

use crate::api::{self, ApiError};
use crate::browser;
use crate::live::Live;
use crate::saver::{SaveState, Saver};
use aside_domain::{DataEdit, EntryNow, Key, Kind, NodeId, Value};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long to wait before looking again while data changes faster than it can be read.
const REST: Duration = Duration::from_millis(100);
/// How long to wait before asking a store again that did not answer.
const RETRY: Duration = Duration::from_secs(3);
/// How often times to live are counted down.
const TICK: Duration = Duration::from_secs(1);
/// By how much a time to live may differ from what was expected, and still be the same one.
const TTL_SLACK_MS: f64 = 1_500.0;

/// What a store node holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Keys, in Redis.
    Keys,
    /// Rows, in Postgres.
    Rows,
}

impl Holds {
    /// The kind of node that holds them.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Keys => Kind::Redis,
            Self::Rows => Kind::Postgres,
        }
    }

    /// The word for one.
    pub const fn one(self) -> &'static str {
        match self {
            Self::Keys => "key",
            Self::Rows => "row",
        }
    }

    /// The word for several.
    pub const fn many(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Rows => "rows",
        }
    }
}

/// A key or a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its value.
    pub value: String,
    /// When it expires, on the browser's clock.
    pub expires_ms: Option<f64>,
    /// How often it was seen to change, and when last, on the browser's clock.
    pub changes: (u32, f64),
}

impl Entry {
    /// Whether `later` was written in between.
    fn was_rewritten(&self, later: &Self) -> bool {
        let is_same_expiry = match (self.expires_ms, later.expires_ms) {
            (Some(before), Some(after)) => (before - after).abs() <= TTL_SLACK_MS,
            (before, after) => before.is_none() && after.is_none(),
        };
        self.value != later.value || !is_same_expiry
    }
}

/// How far the looking is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The store was not heard yet.
    Asking,
    /// What is shown is what it said last.
    There,
    /// It did not answer, for this reason.
    Failed(String),
}

/// The content of one store node: a cheap handle.
#[derive(Clone, Copy)]
pub struct Shelf {
    /// What it holds.
    pub holds: Holds,
    /// The entries by key.
    pub entries: RwSignal<BTreeMap<String, Entry>>,
    /// How far the looking is.
    pub state: RwSignal<State>,
    /// The browser's clock as of the last tick.
    pub now_ms: RwSignal<f64>,
    node: StoredValue<NodeId>,
    live: Live,
    saver: Saver,
    is_asking: StoredValue<bool>,
    is_outdated: StoredValue<bool>,
}

impl Shelf {
    /// Looks into a store node, for as long as the caller's part of the screen is there.
    #[must_use]
    pub fn new(holds: Holds, node: NodeId) -> Self {
        let shelf = Self {
            holds,
            entries: RwSignal::default(),
            state: RwSignal::new(State::Asking),
            now_ms: RwSignal::new(0.0),
            node: StoredValue::new(node.clone()),
            live: expect_context(),
            saver: expect_context(),
            is_asking: StoredValue::new(false),
            is_outdated: StoredValue::new(false),
        };
        Effect::new(move |seen: Option<Option<(String, u64)>>| {
            let seen = seen.flatten();
            let data = shelf.live.data_version(&node);
            let sandbox = shelf.live.sandbox().get()?;
            if shelf.saver.state().get() == SaveState::Saving {
                return seen; // a node that was just drawn is not known to the server yet
            }
            let now = Some((sandbox, data));
            if now != seen {
                shelf.ask();
            }
            now
        });
        let expires =
            Memo::new(move |_| shelf.entries.with(|all| all.values().any(|entry| entry.expires_ms.is_some())));
        every(TICK, move || expires.get(), move || shelf.tick());
        let has_failed = Memo::new(move |_| shelf.state.with(|state| matches!(state, State::Failed(_))));
        every(RETRY, move || has_failed.get(), move || shelf.ask());
        shelf
    }

    /// How many entries there are, if it is known.
    #[must_use]
    pub fn count(&self) -> Option<usize> {
        let is_there = self.state.with(|state| *state == State::There);
        is_there.then(|| self.entries.with(BTreeMap::len))
    }

    /// Reads the store. While an answer is awaited, one more question is kept for after it.
    pub fn ask(self) {
        match self.is_asking.try_get_value() {
            None => {} // another node is shown by now
            Some(true) => self.is_outdated.set_value(true),
            Some(false) => {
                self.is_asking.set_value(true);
                spawn_local(self.look());
            }
        }
    }

    async fn look(self) {
        loop {
            let answer = self.read().await;
            if !self.is_shown() {
                return;
            }
            self.take(answer);
            if !self.is_outdated.get_value() {
                break;
            }
            self.is_outdated.set_value(false);
            browser::sleep(REST).await;
            if !self.is_shown() {
                return;
            }
        }
        self.is_asking.set_value(false);
    }

    async fn read(self) -> Result<Vec<EntryNow>, ApiError> {
        let sandbox = self.live.sandbox().try_get_untracked().flatten().ok_or(ApiError::Away)?;
        let node = self.node.try_get_value().ok_or(ApiError::Away)?;
        api::contents(sandbox, node, self.holds.kind()).await
    }

    fn take(&self, answer: Result<Vec<EntryNow>, ApiError>) {
        let list = match answer {
            Ok(list) => list,
            Err(error) => return self.state.set(State::Failed(error.to_string())),
        };
        let now_ms = browser::now_ms();
        let is_first = self.state.with_untracked(|state| *state == State::Asking);
        let entries = self.entries.with_untracked(|old| {
            let entry = |EntryNow { key, value, ttl_ms }| {
                let expires_ms = ttl_ms.map(|ttl_ms| now_ms + ttl_ms as f64);
                let mut entry = Entry { value, expires_ms, changes: (0, 0.0) };
                match old.get(&key) {
                    Some(before) if before.was_rewritten(&entry) => entry.changes = (before.changes.0 + 1, now_ms),
                    Some(before) => entry.changes = before.changes,
                    None if !is_first => entry.changes = (1, now_ms),
                    None => {}
                }
                (key, entry)
            };
            list.into_iter().map(entry).collect()
        });
        self.now_ms.set(now_ms);
        self.entries.set(entries);
        if self.state.with_untracked(|state| *state != State::There) {
            self.state.set(State::There);
        }
    }

    /// Counts the times to live down; when one has run out, the store is asked what it has left.
    fn tick(self) {
        let now_ms = browser::now_ms();
        self.now_ms.set(now_ms);
        let is_over = |entry: &Entry| entry.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms);
        if self.entries.with_untracked(|entries| entries.values().any(is_over)) {
            self.ask();
        }
    }

    /// Whether this is still on the screen.
    fn is_shown(&self) -> bool {
        self.is_asking.try_get_value().is_some()
    }

    // What the visitor does. Each looks again when it is done; a refusal is told to the visitor.

    /// Writes an entry.
    pub fn put(self, key: Key, value: Value, ttl_s: Option<u32>, then: impl FnOnce() + 'static) {
        self.change(DataEdit::Put { key, value, ttl_s }, move |_| then());
    }

    /// Deletes an entry.
    pub fn delete(self, key: String, then: impl FnOnce() + 'static) {
        self.change(DataEdit::Delete { key }, move |_| then());
    }

    /// Deletes every key, and tells how many there were.
    pub fn flush(self, then: impl FnOnce(u64) + 'static) {
        self.change(DataEdit::Flush, then);
    }

    fn change(self, edit: DataEdit, then: impl FnOnce(u64) + 'static) {
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

/// Does something again and again while a condition holds.
fn every(pause: Duration, while_: impl Fn() -> bool + 'static, act: impl Fn() + Copy + 'static) {
    Effect::new(move |_| {
        if while_()
            && let Ok(timer) = set_interval_with_handle(act, pause)
        {
            on_cleanup(move || timer.clear());
        }
    });
}
