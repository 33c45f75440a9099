//! The evidence of a hop: what was sent, what came back, and what that means.

use crate::graph::is_default;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What came of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The cache had the key.
    Hit,
    /// It had not.
    Miss,
    /// The database, or the server, had an answer.
    Found,
    /// It had none.
    NotFound,
    /// The cache took the value.
    Stored,
    /// The cache did not take the value, because its lease had ended: the key was invalidated meanwhile.
    NotStored,
    /// The key was deleted.
    Deleted,
    /// The link or the store is down, or answered with an error.
    Refused,
    /// No answer came in time.
    TimedOut,
}

impl Outcome {
    /// The word in markup: `not-found`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Found => "found",
            Self::NotFound => "not-found",
            Self::Stored => "stored",
            Self::NotStored => "not-stored",
            Self::Deleted => "deleted",
            Self::Refused => "refused",
            Self::TimedOut => "timed-out",
        }
    }

    /// The words for people: `not found`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::NotStored => "not stored",
            Self::TimedOut => "timed out",
            other => other.word(),
        }
    }

    /// A sign that tells outcomes apart without colour.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Hit => "H",
            Self::Miss => "M",
            Self::Found => "✓",
            Self::NotFound => "∅",
            Self::Stored => "S",
            Self::NotStored => "L",
            Self::Deleted => "D",
            Self::Refused => "✕",
            Self::TimedOut => "T",
        }
    }

    /// Whether the hop failed, as opposed to answering "no".
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Refused | Self::TimedOut)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// The evidence of a hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What came of it.
    pub outcome: Outcome,
    /// The exact command that a store was sent. None between client and server: both are parts of Aside, and that hop
    /// is a call inside one process. None also where a link's condition kept it from being sent.
    pub sent: Option<String>,
    /// What came back.
    pub reply: Reply,
    /// Microseconds, around the store's call alone; between client and server, around the whole answer. Injected delays
    /// are not in it.
    pub took_us: u64,
    /// Microseconds of injected delay, this link's, and between client and server also those of the hops within.
    #[serde(default, skip_serializing_if = "is_default")]
    pub injected_us: u64,
    /// Microseconds for which it was held, on both ways; between client and server also those of the hops within.
    #[serde(default, skip_serializing_if = "is_default")]
    pub held_us: u64,
}

impl Receipt {
    /// Microseconds from the message to the reply: what was measured, and what was injected. How long it was held is the
    /// person's, who did it, and is in no figure.
    #[must_use]
    pub const fn lasted_us(&self) -> u64 {
        self.took_us + self.injected_us
    }
}

/// What a cache tells differs from its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    /// For how long it has, in microseconds; none if nobody saw the row change.
    pub for_us: Option<u64>,
}

/// What came back, cut to [`limits::REPLY_BYTES`](crate::limits::REPLY_BYTES) for display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The reply, or its beginning.
    pub text: String,
    /// The length of the whole reply, in bytes.
    pub bytes: u64,
}

impl Reply {
    /// A reply as a receipt shows it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let cut = text.floor_char_boundary(crate::limits::REPLY_BYTES);
        Self { text: text[..cut].to_owned(), bytes: text.len() as u64 }
    }

    /// Whether [`Reply::text`] is not the whole.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.bytes > self.text.len() as u64
    }
}
