//! Conditions on what was drawn, what the stores hold, and what happened. Pure: nothing is asked, everything is given.

use super::effect::Line;
use crate::event::{BreakerState, Note, Outcome};
use crate::graph::{Condition, Graph, Kind, NodeId, Server, Settings, WritePolicy};
use crate::text::{Key, Value};
use crate::timeline::{Asked, Hop, Run};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a condition is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The drawing.
    pub graph: &'a Graph,
    /// What each store node holds: keys or rows, with their values.
    pub data: &'a BTreeMap<NodeId, BTreeMap<String, String>>,
    /// The runs that came to their end, the oldest first. The last of them is the one that `run` speaks of.
    pub runs: &'a [&'a Run],
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// So many nodes of a kind are drawn, or more.
    Drawn {
        /// The kind.
        kind: Kind,
        /// How many.
        #[serde(default = "one")]
        times: u32,
    },
    /// A node of one kind is linked to one of another.
    Linked {
        /// The kind that asks.
        from: Kind,
        /// The kind that answers.
        to: Kind,
    },
    /// Some client has that request.
    Sends(Line),
    /// A store of that kind holds the key.
    Holds {
        /// The kind.
        kind: Kind,
        /// The key.
        key: Key,
        /// With this value, if it is given.
        #[serde(default)]
        value: Option<Value>,
    },
    /// There is a store of that kind, and none holds the key.
    Lacks {
        /// The kind.
        kind: Kind,
        /// The key.
        key: Key,
    },
    /// Some server has these settings.
    Server(ServerWhen),
    /// A link to a node of that kind has that condition.
    Condition {
        /// The kind.
        to: Kind,
        /// The condition.
        is: Condition,
    },
    /// A store of that kind is switched off.
    Off(Kind),
    /// The latest run that completed did all of this.
    Run(Box<RunWhen>),
    /// Completed runs did this, in this order, perhaps with others between them.
    Runs(Vec<RunWhen>),
    /// All of it holds.
    All(Vec<Self>),
    /// Some of it holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
}

/// Settings of a server; what is left out does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerWhen {
    /// Its write policy.
    pub policy: Option<WritePolicy>,
    /// Whether it caches what is not there.
    pub negative: Option<bool>,
    /// Whether it has jitter.
    pub jitter: Option<bool>,
    /// Whether misses share a query.
    pub single_flight: Option<bool>,
    /// Whether it has a circuit breaker.
    pub breaker: Option<bool>,
    /// Whether it waits for Redis for a limited time only.
    pub timeout: Option<bool>,
}

/// What a run did; what is left out does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunWhen {
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

const fn one() -> u32 {
    1
}

impl When {
    /// Whether it can be judged only by what the stores hold.
    #[must_use]
    pub fn needs_data(&self) -> bool {
        match self {
            Self::Holds { .. } | Self::Lacks { .. } => true,
            Self::All(all) | Self::Any(all) => all.iter().any(Self::needs_data),
            Self::Not(when) => when.needs_data(),
            _ => false,
        }
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, evidence: Evidence<'_>) -> bool {
        let Evidence { graph, data, runs } = evidence;
        let nodes = |kind: Kind| graph.nodes.iter().filter(move |node| node.kind() == kind);
        let found = |kind: Kind, key: &Key| nodes(kind).filter_map(|node| data.get(&node.id)?.get(key.as_str())).next();
        match self {
            Self::Drawn { kind, times } => nodes(*kind).count() >= *times as usize,
            Self::Linked { from, to } => graph
                .links
                .iter()
                .any(|link| kind_of(graph, &link.from) == Some(*from) && kind_of(graph, &link.to) == Some(*to)),
            Self::Sends(line) => nodes(Kind::Client).any(|node| match &node.settings {
                Settings::Client(client) => client.requests.contains(&line.0),
                _ => false,
            }),
            Self::Holds { kind, key, value } => {
                found(*kind, key).is_some_and(|held| value.as_ref().is_none_or(|value| value.as_str() == held))
            }
            Self::Lacks { kind, key } => nodes(*kind).next().is_some() && found(*kind, key).is_none(),
            Self::Server(wanted) => nodes(Kind::Server).any(|node| match &node.settings {
                Settings::Server(server) => wanted.fits(server),
                _ => false,
            }),
            Self::Condition { to, is } => {
                graph.links.iter().any(|link| link.condition == *is && kind_of(graph, &link.to) == Some(*to))
            }
            Self::Off(kind) => nodes(*kind).any(|node| node.settings.is_off()),
            Self::Run(wanted) => runs.last().is_some_and(|run| wanted.fits(run)),
            Self::Runs(wanted) => {
                let mut runs = runs.iter();
                wanted.iter().all(|wanted| runs.any(|run| wanted.fits(run)))
            }
            Self::All(all) => all.iter().all(|when| when.holds(evidence)),
            Self::Any(any) => any.iter().any(|when| when.holds(evidence)),
            Self::Not(when) => !when.holds(evidence),
        }
    }
}

fn kind_of(graph: &Graph, id: &NodeId) -> Option<Kind> {
    graph.node(id).map(crate::graph::Node::kind)
}

/// Whether a number lies between these.
fn between(count: usize, least: u32, most: Option<u32>) -> bool {
    count >= least as usize && most.is_none_or(|most| count <= most as usize)
}

impl ServerWhen {
    fn fits(&self, server: &Server) -> bool {
        let is = |wanted: Option<bool>, has: bool| wanted.is_none_or(|wanted| wanted == has);
        self.policy.is_none_or(|policy| policy == server.policy)
            && is(self.negative, server.negative_ttl_s.is_some())
            && is(self.jitter, server.jitter_percent.is_some())
            && is(self.single_flight, server.single_flight)
            && is(self.breaker, server.breaker.is_some())
            && is(self.timeout, server.redis_timeout_ms.is_some())
    }
}

impl RunWhen {
    fn fits(&self, run: &Run) -> bool {
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
        run.requests.len() >= self.requests as usize
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
            run.kind_asked(hop) == self.at
                && (self.outcome.is_none() || self.outcome == outcome)
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
