//! What the engine reports: facts, one at a time, numbered.

use crate::graph::{NodeId, Request};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One entry of a sandbox's append-only log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number: 1, 2, 3 … without a gap.
    pub seq: u64,
    /// When, in microseconds of a monotonic clock that started with the log.
    pub at_us: u64,
    /// What happened.
    pub fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A run began.
    RunStarted {
        /// Its number in the sandbox, from 1.
        run: u32,
        /// The clients that send, and how many requests each.
        clients: Vec<(NodeId, u32)>,
    },
    /// A client sent a request.
    RequestStarted {
        /// The run.
        run: u32,
        /// The request's number in the run, from 1.
        request: u32,
        /// Who sent it.
        client: NodeId,
        /// What it asks.
        asks: Request,
    },
    /// A message left for a node.
    HopStarted {
        /// The run.
        run: u32,
        /// The request that it serves.
        request: u32,
        /// The hop's number in the run, from 0, in the order of starting.
        hop: u32,
        /// Who asks.
        from: NodeId,
        /// Who is asked.
        to: NodeId,
        /// The command as a learner would write it.
        shown: String,
    },
    /// The reply came back, or did not.
    HopEnded {
        /// The run.
        run: u32,
        /// The hop's number.
        hop: u32,
        /// The evidence.
        receipt: Receipt,
    },
    /// A request was answered.
    RequestEnded {
        /// The run.
        run: u32,
        /// The request's number in the run.
        request: u32,
        /// HTTP's status code.
        status: u16,
        /// The value, or the reason why there is none; cut for display.
        answer: String,
    },
    /// A run ended.
    RunEnded {
        /// The run.
        run: u32,
        /// How.
        end: RunEnd,
    },
    /// A person changed the data of a store, or a run did: whoever shows it should look again.
    DataChanged {
        /// The store.
        node: NodeId,
    },
    /// A new version of the scenario was saved.
    ScenarioSaved {
        /// The version.
        version: u64,
        /// The browser tab that saved it, as it calls itself.
        by: String,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// Every request was answered.
    Completed,
    /// Somebody pressed Stop.
    Stopped,
}

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
            Self::Deleted => "D",
            Self::Refused => "✕",
            Self::TimedOut => "⧖",
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
    /// is a call inside one process.
    pub sent: Option<String>,
    /// What came back.
    pub reply: Reply,
    /// Microseconds, around the store's call alone; between client and server, around the whole answer.
    pub took_us: u64,
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
