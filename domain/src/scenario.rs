//! The document: what is saved, shared, exported and imported.

use crate::graph::{Client, Graph, Method, NodeId, Point, Postgres, Redis, Row, SeedKey, Server, Settings, Traffic};
use crate::json::{self, Tree};
use crate::limits;
use crate::text::{Key, Name};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// The format that this version writes, and the newest that it reads.
///
/// - 1: nodes and links; clients that only read.
/// - 2: PUT and DELETE, write policies and read options of a server, conditions of links, stores that are off. What a
///   file of format 1 does not say is as it was then.
/// - 3: links that hold packets; leases, early refresh and the live service of a server; traffic of a client; data sets.
pub const FORMAT: u32 = 3;

/// A graph, the data its stores start with, the requests its clients send, and a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// The version of the format: [`FORMAT`].
    pub format: u32,
    /// What the scenario is called.
    pub title: Name,
    /// The drawing; data and requests are settings of its nodes.
    pub graph: Graph,
}

/// Why a scenario cannot be used: a sentence that names the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// It is not JSON.
    #[error("This is not a scenario file: {0}.")]
    NotJson(String),
    /// A newer Aside wrote it.
    #[error(
        "This scenario has format {found}; this Aside reads up to format {FORMAT}. A newer version of Aside wrote it."
    )]
    Newer {
        /// The format that it names.
        found: u64,
    },
    /// Something in it is missing or wrong.
    #[error("{place}: {problem}.")]
    Broken {
        /// Where, as a path such as `graph.nodes[2] (redis)`.
        place: String,
        /// What is wrong there.
        problem: String,
    },
}

/// Texts that have been seen, and numbers to them. One type for all that is seen: each is code of its own.
pub(crate) type Seen = HashMap<String, u32>;

fn broken(place: impl Into<String>, problem: impl ToString) -> ScenarioError {
    ScenarioError::Broken { place: place.into(), problem: problem.to_string() }
}

impl Scenario {
    /// An empty drawing.
    ///
    /// # Errors
    /// If the title is not a valid name.
    pub fn empty(title: &str) -> Result<Self, crate::TextError> {
        Ok(Self { format: FORMAT, title: Name::new(title)?, graph: Graph::default() })
    }

    /// The textbook's example: three reads through one server, of which Redis knows two.
    #[must_use]
    pub fn textbook() -> Self {
        Self::from_json(include_str!("textbook.json"))
            .unwrap_or_else(|problem| unreachable!("the example is checked by a test: {problem}"))
    }

    /// Reads a scenario file, and checks it.
    ///
    /// # Errors
    /// A sentence that names the place.
    pub fn from_json(text: &str) -> Result<Self, ScenarioError> {
        // In stages, so that what is wrong can be told with its place.
        let file = json::tree(text).map_err(|error| ScenarioError::NotJson(error.to_string()))?;
        Self::of_tree(&file)
    }

    /// The same, of a file that was read as a tree.
    ///
    /// # Errors
    /// A sentence that names the place.
    pub fn of_tree(file: &Tree) -> Result<Self, ScenarioError> {
        if !file.is_object() {
            return Err(ScenarioError::NotJson("it is no JSON object".to_owned()));
        }
        if file.get("recording").is_some() {
            return Err(ScenarioError::NotJson("it is a recording, to be opened as one".to_owned()));
        }
        let format = file.get("format").and_then(Tree::as_u64);
        let format = format.ok_or_else(|| broken("format", "missing, or not a whole number"))?;
        if format > u64::from(FORMAT) {
            return Err(ScenarioError::Newer { found: format });
        }
        if format == 0 {
            return Err(broken("format", "there is no format 0"));
        }
        let title = read(part(file, "title", "title")?, || "title".to_owned())?;
        let graph = part(file, "graph", "graph.nodes")?;
        let nodes = read_list(part(graph, "nodes", "graph.nodes")?, "graph.nodes")?;
        let links = read_list(part(graph, "links", "graph.links")?, "graph.links")?;
        let scenario = Self { format: FORMAT, title, graph: Graph { nodes, links } };
        scenario.check()?;
        Ok(scenario)
    }

    /// The scenario as a file: JSON, indented, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default(); // strings and integers: it cannot fail
        text.push('\n');
        text
    }

    /// Checks what the types cannot: that ids are unique, links join nodes that may be joined, and all is within limits.
    ///
    /// # Errors
    /// A sentence that names the first place that is wrong.
    pub fn check(&self) -> Result<(), ScenarioError> {
        if self.format != FORMAT {
            return Err(ScenarioError::Newer { found: self.format.into() });
        }
        let Graph { nodes, links } = &self.graph;
        at_most("graph.nodes", nodes.len(), limits::NODES, "nodes")?;
        at_most("graph.links", links.len(), limits::LINKS, "links")?;
        let mut by_id = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            let place = format!("graph.nodes[{index}] ({})", node.id);
            if by_id.insert(&node.id, index).is_some() {
                return Err(broken(place, "another node has the same id"));
            }
            check_id(&place, &node.id)?;
            check_reach(&place, node.at)?;
            check_settings(&place, &node.settings)?;
        }
        let mut drawn = Seen::default();
        for (index, link) in links.iter().enumerate() {
            let place = format!("graph.links[{index}] ({} to {})", link.from, link.to);
            let kind = |id: &NodeId| {
                let index = by_id.get(id).ok_or_else(|| broken(&place, format!("there is no node {id}")))?;
                Ok(nodes[*index].kind())
            };
            crate::graph::check_kinds(kind(&link.from)?, kind(&link.to)?)
                .map_err(|refusal| broken(&place, refusal.to_string().trim_end_matches('.')))?;
            check_delay(&place, link.delay_ms)?;
            if drawn.insert(format!("{} {}", link.from, link.to), 1).is_some() {
                return Err(broken(place, "this link is there twice"));
            }
        }
        Ok(())
    }
}

/// Checks that one node does not call itself what only requests from outside may; `place` names it.
pub(crate) fn check_id(place: &str, id: &NodeId) -> Result<(), ScenarioError> {
    if id.is_outside() { Err(broken(place, "this id is kept for requests from outside")) } else { Ok(()) }
}

/// Checks where one node stands; `place` names it.
pub(crate) fn check_reach(place: &str, at: Point) -> Result<(), ScenarioError> {
    if at == at.within_reach() { Ok(()) } else { Err(broken(place, "it stands too far out")) }
}

/// Checks the injected delay of one link; `place` names it.
pub(crate) fn check_delay(place: &str, delay_ms: u32) -> Result<(), ScenarioError> {
    between(place, "a delay", delay_ms, 0..=limits::DELAY_MS, "milliseconds")
}

/// Checks the settings of one node; `place` names it.
pub(crate) fn check_settings(place: &str, settings: &Settings) -> Result<(), ScenarioError> {
    match settings {
        Settings::Client(Client { requests, traffic }) => {
            if let Some(traffic) = traffic {
                check_traffic(&format!("{place}.traffic"), traffic)?;
            }
            at_most(&format!("{place}.requests"), requests.len(), limits::REQUESTS_PER_RUN, "requests")?;
            requests.iter().enumerate().try_for_each(|(index, request)| {
                let place = || format!("{place}.requests[{index}]");
                match (request.method, &request.value) {
                    (Method::Put, None) => Err(broken(place(), "a PUT needs a value")),
                    (Method::Get | Method::Delete, Some(_)) => {
                        Err(broken(place(), format!("a {} has no value", request.method)))
                    }
                    _ => Ok(()),
                }
            })
        }
        Settings::Server(server) => check_server(place, server),
        Settings::Redis(Redis { keys, .. }) => {
            at_most(&format!("{place}.keys"), keys.len(), limits::ENTRIES_PER_STORE, "keys")?;
            distinct(&format!("{place}.keys"), keys.iter().map(|seed: &SeedKey| &seed.key))?;
            keys.iter().enumerate().try_for_each(|(index, seed)| {
                seed.ttl_s.map_or(Ok(()), |ttl_s| check_ttl(&format!("{place}.keys[{index}].ttl_s"), ttl_s))
            })
        }
        Settings::Postgres(Postgres { rows, .. }) => {
            at_most(&format!("{place}.rows"), rows.len(), limits::ENTRIES_PER_STORE, "rows")?;
            distinct(&format!("{place}.rows"), rows.iter().map(|row: &Row| &row.key))
        }
    }
}

fn check_traffic(place: &str, traffic: &Traffic) -> Result<(), ScenarioError> {
    let part = |part: &str| format!("{place}.{part}");
    between(&part("users"), "the number of users", traffic.users, 1..=Traffic::USERS, "users")?;
    if let Some(rate) = traffic.rate_per_s {
        between(&part("rate_per_s"), "a rate", rate, 1..=Traffic::RATE_PER_S, "requests a second")?;
    }
    between(&part("duration_s"), "a duration", traffic.duration_s, 1..=Traffic::DURATION_S, "seconds")?;
    between(&part("write_percent"), "the share of writes", traffic.write_percent, 0..=100, "percent")?;
    between(&part("keys"), "the number of keys", traffic.keys, Traffic::KEYS, "keys")
}

fn check_server(place: &str, server: &Server) -> Result<(), ScenarioError> {
    let part = |part: &str| format!("{place}.{part}");
    check_ttl(&part("ttl_s"), server.ttl_s)?;
    if let Some(timeout_ms) = server.redis_timeout_ms {
        between(&part("redis_timeout_ms"), "a timeout", timeout_ms, 1..=limits::REQUEST_MS, "milliseconds")?;
    }
    if let Some(ttl_s) = server.negative_ttl_s {
        let what = "how long \"not there\" is remembered";
        between(&part("negative_ttl_s"), what, ttl_s, 1..=limits::NEGATIVE_TTL_S, "seconds")?;
    }
    if let Some(percent) = server.jitter_percent {
        between(&part("jitter_percent"), "jitter", percent, 1..=limits::JITTER_PERCENT, "percent")?;
    }
    if let Some(breaker) = server.breaker {
        let counts = 1..=limits::BREAKER_FAILURES;
        between(&part("breaker.failures"), "what opens a breaker", breaker.failures, counts, "failures")?;
        between(&part("breaker.open_s"), "a breaker's rest", breaker.open_s, 1..=limits::BREAKER_OPEN_S, "seconds")?;
    }
    Ok(())
}

fn check_ttl(place: &str, ttl_s: u32) -> Result<(), ScenarioError> {
    between(place, "a time to live", ttl_s, 1..=limits::TTL_S, "seconds")
}

fn between(place: &str, what: &str, value: u32, allowed: RangeInclusive<u32>, unit: &str) -> Result<(), ScenarioError> {
    let (low, high) = (allowed.start(), allowed.end());
    if allowed.contains(&value) { Ok(()) } else { Err(broken(place, format!("{what} is {low} to {high} {unit}"))) }
}

fn at_most(place: &str, count: usize, limit: usize, what: &str) -> Result<(), ScenarioError> {
    if count > limit { Err(broken(place, format!("{count} {what}, at most {limit} are allowed"))) } else { Ok(()) }
}

fn distinct<'a>(place: &str, mut keys: impl Iterator<Item = &'a Key>) -> Result<(), ScenarioError> {
    let mut seen = Seen::default();
    match keys.find(|key| seen.insert(key.to_string(), 1).is_some()) {
        Some(twice) => Err(broken(place, format!("the key {twice} is there twice"))),
        None => Ok(()),
    }
}

fn part<'a>(json: &'a Tree, name: &str, place: &str) -> Result<&'a Tree, ScenarioError> {
    json.get(name).filter(|part| !part.is_null()).ok_or_else(|| broken(place, "missing"))
}

fn read<T: DeserializeOwned>(json: &Tree, place: impl Fn() -> String) -> Result<T, ScenarioError> {
    json::of(json).map_err(|error| broken(place(), error))
}

fn read_list<T: DeserializeOwned>(json: &Tree, place: &str) -> Result<Vec<T>, ScenarioError> {
    let items = json.as_array().ok_or_else(|| broken(place, "not a list"))?;
    items.iter().enumerate().map(|(index, item)| read(item, || format!("{place}[{index}]"))).collect()
}
