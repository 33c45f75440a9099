//! Conditions on what was drawn, what the stores hold, and what happened. Pure: nothing is asked, everything is given.

use super::effect::Line;
use super::when_run::RunWhen;
use super::when_traffic::TrafficWhen;
use crate::event::Source;
use crate::graph::{Command, Condition, Graph, Kind, Link, NodeId, Server, Settings, WritePolicy};
use crate::measured::Measured;
use crate::text::{Key, Value};
use crate::timeline::Run;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a condition is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The drawing.
    pub graph: &'a Graph,
    /// What each store node holds: keys or rows, with their values.
    pub data: &'a BTreeMap<NodeId, BTreeMap<String, String>>,
    /// The runs that came to their end, in the order in which they did. The last of them is the one that `run` speaks of.
    pub runs: &'a [&'a Run],
    /// The traffic that came to its end, the oldest first. The last is the one that `traffic` speaks of.
    pub traffic: &'a [&'a Measured],
    /// How many requests came from outside, of those that are remembered.
    pub outside: u64,
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
    /// A link to a node of that kind holds packets.
    Hold(HoldWhen),
    /// A store of that kind is switched off.
    Off(Kind),
    /// The latest run that completed did all of this.
    Run(Box<RunWhen>),
    /// Completed runs did this, in this order, perhaps with others between them.
    Runs(Vec<RunWhen>),
    /// The latest traffic that came to its end did all of this.
    Traffic(Box<TrafficWhen>),
    /// Traffic did this, in this order, perhaps with other traffic between.
    Traffics(Vec<TrafficWhen>),
    /// So many requests came from outside in the last moments, or more.
    Outside(u64),
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
    /// Whether it takes leases.
    pub lease: Option<bool>,
    /// Whether it refreshes early.
    pub early_refresh: Option<bool>,
}

/// A link to a node of a kind holds packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldWhen {
    /// The kind.
    pub to: Kind,
    /// Of this command; whichever it is, if none is given.
    #[serde(default)]
    pub command: Option<Command>,
}

pub(super) const fn one() -> u32 {
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

    /// What it is judged by: runs of Play, requests from outside, traffic. Nothing of these, if it speaks of none; what speaks
    /// of several is judged by the first.
    #[must_use]
    pub fn speaks_of(&self) -> Option<Source> {
        match self {
            Self::Run(run) => Some(run.source),
            Self::Runs(runs) => runs.first().map(|run| run.source),
            Self::Traffic(_) | Self::Traffics(_) => Some(Source::Traffic),
            Self::Outside(_) => Some(Source::Outside),
            Self::All(all) | Self::Any(all) => all.iter().find_map(Self::speaks_of),
            Self::Not(when) => when.speaks_of(),
            _ => None,
        }
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, evidence: Evidence<'_>) -> bool {
        let Evidence { graph, data, runs, traffic, outside } = evidence;
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
            Self::Hold(wanted) => graph.links.iter().any(|link| wanted.fits(link, kind_of(graph, &link.to))),
            Self::Off(kind) => nodes(*kind).any(|node| node.settings.is_off()),
            Self::Run(wanted) => runs.last().is_some_and(|run| wanted.fits(run)),
            Self::Runs(wanted) => {
                let mut runs = runs.iter();
                wanted.iter().all(|wanted| runs.any(|run| wanted.fits(run)))
            }
            Self::Traffic(wanted) => traffic.last().is_some_and(|traffic| wanted.fits(traffic)),
            Self::Traffics(wanted) => {
                let mut traffic = traffic.iter();
                wanted.iter().all(|wanted| traffic.any(|traffic| wanted.fits(traffic)))
            }
            Self::Outside(requests) => outside >= *requests,
            Self::All(all) => all.iter().all(|when| when.holds(evidence)),
            Self::Any(any) => any.iter().any(|when| when.holds(evidence)),
            Self::Not(when) => !when.holds(evidence),
        }
    }
}

fn kind_of(graph: &Graph, id: &NodeId) -> Option<Kind> {
    graph.node(id).map(crate::graph::Node::kind)
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
            && is(self.lease, server.lease)
            && is(self.early_refresh, server.early_refresh)
    }
}

impl HoldWhen {
    fn fits(&self, link: &Link, to: Option<Kind>) -> bool {
        let holds = |command: Option<Command>| self.command.is_none() || self.command == command;
        to == Some(self.to) && link.hold.as_ref().is_some_and(|hold| holds(hold.command))
    }
}
