//! Traffic, measured.

use crate::event::RunEnd;
use crate::graph::{NodeId, Traffic};
use crate::text::Name;
use serde::{Deserialize, Serialize};

/// What a client's traffic came to, or comes to so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Its number in the sandbox, from 1.
    pub number: u32,
    /// The scenario's title.
    pub title: String,
    /// The client.
    pub client: NodeId,
    /// What the client is called.
    pub client_name: Name,
    /// What was sent.
    pub traffic: Traffic,
    /// What it was sent to: a sentence for each server.
    pub drawing: Vec<String>,
    /// When it began, in milliseconds since 1970.
    pub began_ms: u64,
    /// How long it took, or takes so far, in milliseconds.
    pub elapsed_ms: u64,
    /// How it ended; none while it goes on.
    pub end: Option<RunEnd>,
    /// Everything together.
    pub totals: Totals,
    /// Second by second.
    pub seconds: Vec<Second>,
}

/// Everything together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Requests that were answered, well or not.
    pub requests: u64,
    /// Of these, PUTs.
    pub writes: u64,
    /// Reads that a cache answered.
    pub hits: u64,
    /// Reads that no cache could answer, and that were answered.
    pub misses: u64,
    /// Requests that failed: status 5xx, or never reached their server.
    pub errors: u64,
    /// Statements that Postgres was sent.
    pub queries: u64,
    /// How long hits took.
    pub hit_us: Quantiles,
    /// How long misses took.
    pub miss_us: Quantiles,
    /// How long writes took.
    pub write_us: Quantiles,
}

/// One second of traffic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// Its number, from 0.
    pub at_s: u32,
    /// Requests that were answered in it.
    pub requests: u64,
    /// Reads that a cache answered.
    pub hits: u64,
    /// Reads that no cache could answer.
    pub misses: u64,
    /// Requests that failed.
    pub errors: u64,
    /// Statements that Postgres was sent.
    pub queries: u64,
    /// How long hits took.
    pub hit_us: Quantiles,
    /// How long misses took.
    pub miss_us: Quantiles,
}

/// How long some requests took, in microseconds, from a histogram; where a rate was set, counted from the moment in which each
/// should have been sent (Gil Tene's coordinated omission). All zero if there were none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// How many.
    pub count: u64,
    /// Half of them took no longer.
    pub p50_us: u64,
    /// 95 percent of them took no longer.
    pub p95_us: u64,
    /// 99 percent of them took no longer.
    pub p99_us: u64,
    /// None took longer.
    pub max_us: u64,
}

impl Totals {
    /// The part of the reads that a cache answered, from 0 to 1; none before the first.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        let reads = self.hits + self.misses;
        (reads > 0).then(|| self.hits as f64 / reads as f64)
    }
}
