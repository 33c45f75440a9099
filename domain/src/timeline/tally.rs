//! What nodes did, in counts.

use crate::Outcome;
use crate::graph::NodeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a node did, in counts. Which of them mean something depends on its kind: a store's are of its hops, and a server's
/// hits and misses are of whole reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Exchanges in which it was asked.
    pub asked: u64,
    /// Reads that a cache answered.
    pub hits: u64,
    /// Reads that it could not, or that no cache could.
    pub misses: u64,
    /// Values that it was given.
    pub stored: u64,
    /// Exchanges that failed.
    pub failures: u64,
    /// Hits that the observer found stale.
    pub stale: u64,
    /// The longest that any of them had been, in microseconds.
    pub stalest_us: u64,
}

impl Tally {
    /// Counts one exchange.
    pub const fn count(&mut self, outcome: Outcome) {
        self.asked += 1;
        match outcome {
            Outcome::Hit => self.hits += 1,
            Outcome::Miss => self.misses += 1,
            Outcome::Stored => self.stored += 1,
            Outcome::Refused | Outcome::TimedOut => self.failures += 1,
            Outcome::Found | Outcome::NotFound | Outcome::NotStored | Outcome::Deleted => {}
        }
    }

    /// Adds what another counted.
    pub fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.hits += other.hits;
        self.misses += other.misses;
        self.stored += other.stored;
        self.failures += other.failures;
        self.stale += other.stale;
        self.stalest_us = self.stalest_us.max(other.stalest_us);
    }

    /// Reads that were answered.
    #[must_use]
    pub const fn reads(&self) -> u64 {
        self.hits + self.misses
    }

    /// The part of the reads that a cache answered, from 0 to 1; none before the first.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        (self.reads() > 0).then(|| self.hits as f64 / self.reads() as f64)
    }

    pub(super) fn count_stale(&mut self, stale_us: Option<u64>) {
        self.stale += 1;
        self.stalest_us = self.stalest_us.max(stale_us.unwrap_or(0));
    }
}

/// Adds what others counted.
pub(super) fn add_all<'a>(
    tallies: &mut BTreeMap<NodeId, Tally>,
    more: impl IntoIterator<Item = (&'a NodeId, &'a Tally)>,
) {
    for (node, tally) in more {
        tallies.entry(node.clone()).or_default().add(tally);
    }
}
