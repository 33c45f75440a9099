//! What is known of a store's content, and how an answer of the store's changes it.

use crate::api::ApiError;
use aside_domain::live::NOT_THERE;
use aside_domain::{EntryNow, Kind};

/// What is shown for a key under which a cache remembers that there is no row.
pub const NO_VALUE: &str = "(not there)";

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
    /// Whether it differs from its row, as the observer says, and since when, on the browser's clock, if that is known.
    pub stale: Option<Option<f64>>,
    /// By how many seconds jitter changed its time to live.
    pub jitter_s: Option<i32>,
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// The store was not heard yet.
    #[default]
    Asking,
    /// What is shown is what it said last.
    There,
    /// It did not answer, for this reason.
    Failed(String),
}

/// What is known of a store node.
#[derive(Default)]
pub struct Content {
    /// The entries with their keys, in the keys' order.
    pub entries: Vec<(String, Entry)>,
    /// How far the looking is.
    pub state: State,
    /// The browser's clock as of the last tick.
    pub now_ms: f64,
    /// Whether an answer is awaited.
    pub is_asking: bool,
    /// Whether to ask once more when it is there.
    pub is_outdated: bool,
}

/// The entry of a key.
fn find<'a>(entries: &'a [(String, Entry)], key: &str) -> Option<&'a Entry> {
    let at = entries.partition_point(|(before, _)| before.as_str() < key);
    entries.get(at).filter(|(found, _)| found == key).map(|(_, entry)| entry)
}

impl Content {
    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        find(&self.entries, key)
    }

    /// Takes an answer of the store's in, and marks what changed since the one before.
    pub fn take(&mut self, answer: Result<Vec<EntryNow>, ApiError>, now_ms: f64) {
        let list = match answer {
            Ok(list) => list,
            Err(error) => {
                self.state = State::Failed(error.to_string());
                return;
            }
        };
        let is_first = self.state == State::Asking;
        let old = std::mem::take(&mut self.entries);
        for EntryNow { key, value, ttl_ms, jitter_s, stale } in list {
            let expires_ms = ttl_ms.map(|ttl_ms| now_ms + ttl_ms as f64);
            let stale = stale.map(|stale| stale.for_us.map(|for_us| now_ms - for_us as f64 / 1_000.0));
            let value = if value == NOT_THERE { NO_VALUE.to_owned() } else { value };
            let mut entry = Entry { value, expires_ms, stale, jitter_s, changes: (0, 0.0) };
            match find(&old, &key) {
                Some(before) if before.was_rewritten(&entry) => entry.changes = (before.changes.0 + 1, now_ms),
                Some(before) => entry.changes = before.changes,
                None if !is_first => entry.changes = (1, now_ms),
                None => {}
            }
            let at = self.entries.partition_point(|(before, _)| *before < key);
            match self.entries.get_mut(at).filter(|(found, _)| *found == key) {
                Some((_, twice)) => *twice = entry,
                None => self.entries.insert(at, (key, entry)),
            }
        }
        self.now_ms = now_ms;
        self.state = State::There;
    }
}
