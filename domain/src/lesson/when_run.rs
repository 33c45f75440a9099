//! Conditions on what a run did.

use super::effect::Line;
use super::when::one;
use crate::event::{BreakerState, Note, Outcome, Source};
use crate::graph::Kind;
use crate::text::{Key, Value};
use crate::timeline::{Asked, Hop, Run};
use serde::{Deserialize, Serialize};

/// What a run did; what is left out does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunWhen {
    /// Whose run it was: somebody pressed Play, or asked from outside. Samples of traffic are judged by nothing.
    pub source: Source,
    /// Its hops to stores.
    pub hops: Vec<Hops>,
    /// Its answers.
    pub answers: Vec<Answers>,
    /// It had so many requests, or more.
    pub requests: u32,
    /// So many hits were stale, or more.
    pub stale: u32,
    /// No hit was stale.
    pub fresh: bool,
    /// So many requests waited for another one's query, or more.
    pub waited: u32,
    /// A circuit breaker became so.
    pub breaker: Option<BreakerState>,
    /// Some request lasted so long, or longer, in milliseconds, with what was injected.
    pub lasted_ms: u64,
}

/// So many hops to stores of a kind had an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hops {
    /// The kind.
    pub at: Kind,
    /// The outcome; any, if none is given.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// The key; any, if none is given.
    #[serde(default)]
    pub key: Option<Key>,
    /// Only those of which a link held a packet.
    #[serde(default)]
    pub held: bool,
    /// How many, at least.
    #[serde(default = "one")]
    pub times: u32,
    /// How many, at most.
    #[serde(default)]
    pub most: Option<u32>,
}

/// So many requests were answered so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The request; any, if none is given.
    #[serde(default)]
    pub request: Option<Line>,
    /// The status; any, if none is given.
    #[serde(default)]
    pub status: Option<u16>,
    /// The answer; any, if none is given.
    #[serde(default)]
    pub value: Option<Value>,
    /// How many, at least.
    #[serde(default = "one")]
    pub times: u32,
    /// How many, at most.
    #[serde(default)]
    pub most: Option<u32>,
}

/// Whether a number lies between these.
fn between(count: usize, least: u32, most: Option<u32>) -> bool {
    count >= least as usize && most.is_none_or(|most| count <= most as usize)
}

impl RunWhen {
    pub(super) fn fits(&self, run: &Run) -> bool {
        let stale = run.hops.iter().filter(|hop| hop.stale.is_some()).count();
        let waits = |asked: &Asked| asked.notes.iter().any(|note| matches!(note, Note::Waited { .. }));
        let waited = run.requests.iter().filter(|asked| waits(asked)).count();
        // Those before the first frame are how breakers stood when the run began.
        let moved = |state| run.breakers.iter().any(|(frames, now)| *frames > 0 && now.state == state);
        let is_call = |hop: &&Hop| run.kind_asked(hop) == Kind::Server;
        let lasted_us = run
            .hops
            .iter()
            .filter(is_call)
            .filter_map(|hop| Some(hop.receipt.as_ref()?.lasted_us()))
            .max()
            .unwrap_or(0);
        run.source == self.source
            && run.requests.len() >= self.requests as usize
            && stale >= self.stale as usize
            && !(self.fresh && stale > 0)
            && waited >= self.waited as usize
            && self.breaker.is_none_or(moved)
            && lasted_us >= self.lasted_ms * 1_000
            && self.hops.iter().all(|hops| hops.fits(run))
            && self.answers.iter().all(|answers| answers.fits(run))
    }
}

impl Hops {
    fn fits(&self, run: &Run) -> bool {
        let key_of = |request: u32| run.asked(request).map(|asked| &asked.asks.key);
        let hops = run.hops.iter().filter(|hop| {
            let outcome = hop.receipt.as_ref().map(|receipt| receipt.outcome);
            let was_held = hop.receipt.as_ref().is_some_and(|receipt| receipt.held_us > 0);
            run.kind_asked(hop) == self.at
                && (self.outcome.is_none() || self.outcome == outcome)
                && (was_held || !self.held)
                && self.key.as_ref().is_none_or(|key| key_of(hop.request) == Some(key))
        });
        between(hops.count(), self.times, self.most)
    }
}

impl Answers {
    fn fits(&self, run: &Run) -> bool {
        let fits = |asked: &&Asked| {
            let Some((status, answer)) = &asked.answer else { return false };
            self.request.as_ref().is_none_or(|line| line.0 == asked.asks)
                && self.status.is_none_or(|wanted| wanted == *status)
                && self.value.as_ref().is_none_or(|value| value.as_str() == answer)
        };
        between(run.requests.iter().filter(fits).count(), self.times, self.most)
    }
}
