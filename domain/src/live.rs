//! What a sandbox holds at this moment, as the server tells the browser.

use crate::event::Stale;
use crate::graph::NodeId;
use crate::limits;
use crate::scenario::Scenario;
use crate::text::{Key, Value, checked_text, no_character, not_empty, within};
use serde::{Deserialize, Serialize};

checked_text!(
    /// Which of a visitor's sandboxes: the free one, the one on the front page, or a lesson's, by its slug.
    Place,
    |text| {
        not_empty("place", text)?;
        within("place", text.len(), limits::ID_CHARS, "characters")?;
        no_character("place", text, |c| !matches!(c, 'a'..='z' | '0'..='9' | '-'))
    }
);

/// A scenario as it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The scenario.
    pub scenario: Scenario,
    /// How often it was saved. A save names the version that it changes, and is refused if another came first.
    pub version: u64,
}

/// A key of a Redis node, or a row of a Postgres node, as it is in its store now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryNow {
    /// The key. Somebody may have written it with a tool of his own: it need not be within the limits.
    pub key: String,
    /// The value.
    pub value: String,
    /// Time to live in milliseconds, if it expires; rows never do.
    pub ttl_ms: Option<u64>,
    /// By how many seconds jitter lengthened or shortened the time to live, if this is a fill with jitter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_s: Option<i32>,
    /// What the observer says of a key: whether it differs from its row, and if so since how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale>,
}

/// What a cache is given by negative caching: no value that a person can write, because of its first byte.
pub const NOT_THERE: &str = "\0not there";

/// How much a store node holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The store.
    pub node: NodeId,
    /// Its keys or rows.
    pub entries: u64,
    /// How many of its keys differ from their rows, as the observer sees it.
    pub stale: u64,
}

/// What a person does to the data of a store node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataEdit {
    /// Put an entry in, over one of the same key.
    Put {
        /// The key.
        key: Key,
        /// The value.
        value: Value,
        /// Time to live in seconds, if it is to expire; only a cache's entries can.
        ttl_s: Option<u32>,
    },
    /// Delete an entry. The key need not be within the limits.
    Delete {
        /// The key.
        key: String,
    },
    /// Delete every entry.
    Flush,
}

/// A store as it reports itself, beside what the receipts say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreNow {
    /// What it calls itself: "Redis", "Valkey", "PostgreSQL".
    pub name: String,
    /// Its version, as it reports it; none if it does not answer.
    pub version: Option<String>,
    /// For how long it has been counted, in seconds: since this Aside started, or since the store did, if that was later.
    pub since_s: u64,
    /// What was sent to it in requests, by kind of command.
    pub counts: Vec<Counted>,
}

/// How often a command was sent: by the receipts, and by the store's own count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The command: "GET", "SELECT".
    pub command: String,
    /// Receipts of hops that sent it, of all sandboxes of this Aside.
    pub receipts: u64,
    /// What the store itself counted meanwhile; none if it keeps no such count, or does not answer.
    pub store: Option<u64>,
}
