//! Conditions on what traffic came to.

use crate::measured::{Measured, Second};
use serde::{Deserialize, Serialize};

/// How many seconds a cold cache is given to fill.
const COLD_S: u32 = 2;

/// What traffic came to; what is left out does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrafficWhen {
    /// How many users sent it.
    pub users: Bounds,
    /// How many seconds it went on.
    pub seconds: Bounds,
    /// Requests that were answered.
    pub requests: Bounds,
    /// Of these, PUTs.
    pub writes: Bounds,
    /// Reads that no cache could answer.
    pub misses: Bounds,
    /// Of a hundred reads, those that a cache answered; the fraction is cut off.
    pub hit_percent: Bounds,
    /// Statements at Postgres.
    pub queries: Bounds,
    /// Statements at Postgres in the second that had the most of them, but for the first two, in which a cold cache fills.
    pub busiest: Bounds,
    /// Requests that failed.
    pub errors: Bounds,
}

/// Between which numbers something is to lie, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// At least.
    pub least: u64,
    /// At most.
    pub most: Option<u64>,
}

impl Bounds {
    /// Whether a number lies between them.
    #[must_use]
    pub fn contain(self, number: u64) -> bool {
        number >= self.least && self.most.is_none_or(|most| number <= most)
    }

    /// Whether some number can.
    #[must_use]
    pub fn contain_any(self) -> bool {
        self.most.is_none_or(|most| self.least <= most)
    }
}

impl TrafficWhen {
    /// All its bounds.
    #[must_use]
    pub const fn bounds(&self) -> [Bounds; 9] {
        let Self { users, seconds, requests, writes, misses, hit_percent, queries, busiest, errors } = *self;
        [users, seconds, requests, writes, misses, hit_percent, queries, busiest, errors]
    }

    pub(super) fn fits(&self, measured: &Measured) -> bool {
        let totals = &measured.totals;
        let reads = totals.hits + totals.misses;
        let hit_percent = (totals.hits * 100).checked_div(reads);
        let warm = measured.seconds.iter().filter(|second| second.at_s >= COLD_S);
        let busiest = warm.map(|Second { queries, .. }| *queries).max().unwrap_or(0);
        self.users.contain(measured.traffic.users.into())
            && self.seconds.contain(measured.traffic.duration_s.into())
            && self.requests.contain(totals.requests)
            && self.writes.contain(totals.writes)
            && self.misses.contain(totals.misses)
            && hit_percent.map_or(self.hit_percent == Bounds::default(), |percent| self.hit_percent.contain(percent))
            && self.queries.contain(totals.queries)
            && self.busiest.contain(busiest)
            && self.errors.contain(totals.errors)
    }
}
