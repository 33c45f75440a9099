//! What a checkpoint does: to the drawing, here; to the data, as instructions for whoever has the stores.

use crate::graph::{
    Breaker, Command, Condition, DataSet, Hold, Leg, Link, LinkId, Method, NodeId, Request, Resource, Server, Settings,
    Traffic, WritePolicy,
};
use crate::scenario::{Scenario, ScenarioError};
use crate::text::{Key, Value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One step of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Delete all keys of a Redis node.
    Empty(NodeId),
    /// Write a key or a row.
    Put {
        /// The store.
        node: NodeId,
        /// The key.
        key: Key,
        /// The value.
        value: Value,
        /// Time to live of a key, in seconds.
        #[serde(default)]
        ttl_s: Option<u32>,
    },
    /// Delete a key or a row.
    Delete {
        /// The store.
        node: NodeId,
        /// The key.
        key: Key,
    },
    /// Change settings of a server.
    Configure(ServerChange),
    /// What a client sends, one request after the other.
    Requests {
        /// The client.
        node: NodeId,
        /// Its requests, in order.
        send: Vec<Line>,
    },
    /// The traffic that a client sends instead. Nothing starts it but the learner.
    Traffic {
        /// The client.
        node: NodeId,
        /// Its traffic.
        send: Traffic,
    },
    /// The shared rows that lie under a database's own.
    DataSet {
        /// The database.
        node: NodeId,
        /// Which.
        set: DataSet,
    },
    /// A link's delay and condition.
    Link {
        /// The node that asks.
        from: NodeId,
        /// The node that answers.
        to: NodeId,
        /// The delay, in milliseconds.
        #[serde(default)]
        delay_ms: u32,
        /// The condition.
        #[serde(default)]
        condition: Condition,
    },
    /// Which packets a link holds from now on.
    Hold {
        /// The node that asks.
        from: NodeId,
        /// The node that answers.
        to: NodeId,
        /// On which way.
        leg: Leg,
        /// Only those of this command, or replies to it.
        #[serde(default)]
        command: Option<Command>,
        /// Only those about this key.
        #[serde(default)]
        key: Option<Key>,
    },
    /// Have a link hold nothing any more, and let go what hangs there.
    Release {
        /// The node that asks.
        from: NodeId,
        /// The node that answers.
        to: NodeId,
    },
    /// Switch a store off or on.
    Power {
        /// The store.
        node: NodeId,
        /// Whether it is on then.
        on: bool,
    },
    /// Another scenario of the lesson's folder, by its file's name, with all its data.
    Replace(String),
}

/// Settings of a server that change; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerChange {
    /// The server.
    pub node: NodeId,
    /// Its time to live, in seconds.
    #[serde(default)]
    pub ttl_s: Option<u32>,
    /// Its write policy.
    #[serde(default)]
    pub policy: Option<WritePolicy>,
    /// Its patience with Redis, in milliseconds; 0 for none.
    #[serde(default)]
    pub redis_timeout_ms: Option<u32>,
    /// Negative caching, in seconds; 0 switches it off.
    #[serde(default)]
    pub negative_ttl_s: Option<u32>,
    /// Jitter, in percent; 0 switches it off.
    #[serde(default)]
    pub jitter_percent: Option<u32>,
    /// Single-flight.
    #[serde(default)]
    pub single_flight: Option<bool>,
    /// The circuit breaker.
    #[serde(default)]
    pub breaker: Option<BreakerChange>,
    /// Leases.
    #[serde(default)]
    pub lease: Option<bool>,
    /// Early refresh.
    #[serde(default)]
    pub early_refresh: Option<bool>,
    /// What its live service calls its keys.
    #[serde(default)]
    pub resource: Option<Resource>,
}

/// A circuit breaker; one that opens after no failure is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerChange {
    /// How many failures in a row open it; 0 switches it off.
    pub failures: u32,
    /// How long it stays open, in seconds.
    pub open_s: u32,
}

impl ServerChange {
    fn apply(&self, server: &mut Server) {
        let unless_zero = |number: u32| (number > 0).then_some(number);
        server.ttl_s = self.ttl_s.unwrap_or(server.ttl_s);
        server.policy = self.policy.unwrap_or(server.policy);
        server.redis_timeout_ms = self.redis_timeout_ms.map_or(server.redis_timeout_ms, unless_zero);
        server.negative_ttl_s = self.negative_ttl_s.map_or(server.negative_ttl_s, unless_zero);
        server.jitter_percent = self.jitter_percent.map_or(server.jitter_percent, unless_zero);
        server.single_flight = self.single_flight.unwrap_or(server.single_flight);
        if let Some(BreakerChange { failures, open_s }) = self.breaker {
            server.breaker = (failures > 0).then_some(Breaker { failures, open_s });
        }
        server.lease = self.lease.unwrap_or(server.lease);
        server.early_refresh = self.early_refresh.unwrap_or(server.early_refresh);
        if let Some(resource) = &self.resource {
            server.resource = resource.clone();
        }
    }
}

/// A request as a writer of lessons writes it: `GET rohan`, `PUT rohan Rohan, Pune`, `DELETE rohan`. The value of a PUT is
/// everything behind the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line(pub Request);

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut words = text.splitn(3, ' ');
        let method = words.next().and_then(|word| Method::ALL.into_iter().find(|method| method.word() == word));
        let method = method.ok_or_else(|| format!("{text:?} begins with none of GET, PUT and DELETE"))?;
        let key = Key::new(words.next().unwrap_or_default()).map_err(|error| error.to_string())?;
        let value = words.next().map(|value| Value::new(value).map_err(|error| error.to_string())).transpose()?;
        if (method == Method::Put) != value.is_some() {
            return Err(format!("{text:?}: a PUT has a value, and nothing else has"));
        }
        Ok(Self(Request { method, key, value }))
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.to_string()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.0.value.as_ref().map_or(Ok(()), |value| write!(f, " {value}"))
    }
}

impl Effect {
    /// Carries out what this does to a drawing; `scenarios` finds another scenario by the name of its file. What it does
    /// to data is left to whoever has the stores, but for a replacement, which brings its own.
    ///
    /// # Errors
    /// If it names what is not there, or breaks a rule of scenarios.
    pub fn draw(
        &self,
        scenario: &mut Scenario,
        scenarios: &dyn Fn(&str) -> Option<Scenario>,
    ) -> Result<(), EffectError> {
        match self {
            Self::Empty(node) => expect(scenario, node, |settings| matches!(settings, Settings::Redis(_)))?,
            Self::Put { node, ttl_s: Some(_), .. } => {
                expect(scenario, node, |settings| matches!(settings, Settings::Redis(_)))?;
            }
            Self::Put { node, .. } | Self::Delete { node, .. } => {
                expect(scenario, node, |settings| settings.kind().is_store())?;
            }
            Self::Configure(change) => match settings_mut(scenario, &change.node)? {
                Settings::Server(server) => change.apply(server),
                _ => return Err(EffectError::WrongKind(change.node.clone())),
            },
            Self::Requests { node, send } => match settings_mut(scenario, node)? {
                Settings::Client(client) => {
                    client.requests = send.iter().map(|line| line.0.clone()).collect();
                    client.traffic = None;
                }
                _ => return Err(EffectError::WrongKind(node.clone())),
            },
            Self::Traffic { node, send } => match settings_mut(scenario, node)? {
                Settings::Client(client) => client.traffic = Some(send.clone()),
                _ => return Err(EffectError::WrongKind(node.clone())),
            },
            Self::DataSet { node, set } => match settings_mut(scenario, node)? {
                Settings::Postgres(postgres) => postgres.data_set = Some(*set),
                _ => return Err(EffectError::WrongKind(node.clone())),
            },
            Self::Link { from, to, delay_ms, condition } => {
                let link = link_mut(scenario, from, to)?;
                (link.delay_ms, link.condition) = (*delay_ms, *condition);
            }
            Self::Hold { from, to, leg, command, key } => {
                let asks = scenario.graph.node(to).map_or(&[][..], |node| Command::of(node.kind()));
                if let Some(command) = command.filter(|command| !asks.contains(command)) {
                    return Err(EffectError::NotSent { to: to.clone(), command });
                }
                let hold = Hold { leg: *leg, command: *command, key: key.clone() };
                link_mut(scenario, from, to)?.hold = Some(hold);
            }
            Self::Release { from, to } => link_mut(scenario, from, to)?.hold = None,
            Self::Power { node, on } => {
                expect(scenario, node, |settings| settings.kind().is_store())?;
                settings_mut(scenario, node)?.switch(!on);
            }
            Self::Replace(file) => {
                *scenario = scenarios(file).ok_or_else(|| EffectError::NoSuchScenario(file.clone()))?;
            }
        }
        Ok(scenario.check()?)
    }
}

/// Why a checkpoint cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// It names a node that is not in the drawing.
    #[error("there is no node {0} in the drawing")]
    NoSuchNode(NodeId),
    /// It names a node of another kind than it needs.
    #[error("{0} is not of the kind that this is for")]
    WrongKind(NodeId),
    /// It names a link that is not in the drawing.
    #[error("there is no link from {} to {} in the drawing", .0.from, .0.to)]
    NoSuchLink(LinkId),
    /// It is to hold what never travels along that link.
    #[error("no {} is ever sent to {to}", command.word())]
    NotSent {
        /// The node at the link's end.
        to: NodeId,
        /// What it is to hold.
        command: Command,
    },
    /// It names a scenario that the lesson does not have.
    #[error("the lesson has no scenario {0}")]
    NoSuchScenario(String),
    /// It would break a rule.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
}

fn settings_mut<'a>(scenario: &'a mut Scenario, node: &NodeId) -> Result<&'a mut Settings, EffectError> {
    let found = scenario.graph.nodes.iter_mut().find(|other| other.id == *node);
    found.map(|node| &mut node.settings).ok_or_else(|| EffectError::NoSuchNode(node.clone()))
}

fn link_mut<'a>(scenario: &'a mut Scenario, from: &NodeId, to: &NodeId) -> Result<&'a mut Link, EffectError> {
    let id = LinkId::new(from.clone(), to.clone());
    let found = scenario.graph.links.iter_mut().find(|link| link.is(&id));
    found.ok_or(EffectError::NoSuchLink(id))
}

fn expect(scenario: &Scenario, node: &NodeId, is_right: impl Fn(&Settings) -> bool) -> Result<(), EffectError> {
    let found = scenario.graph.node(node).ok_or_else(|| EffectError::NoSuchNode(node.clone()))?;
    if is_right(&found.settings) { Ok(()) } else { Err(EffectError::WrongKind(node.clone())) }
}
