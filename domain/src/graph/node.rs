//! Nodes: their identity, their place, and the settings of their kind.

use super::is_default;
use super::server::Server;
use super::traffic::{DataSet, Traffic};
use crate::limits;
use crate::text::{Key, Name, TextError, Value, checked_text, no_character, not_empty, within};
use serde::{Deserialize, Serialize};
use std::fmt;

checked_text!(
    /// A node's identity: lower-case letters, digits and hyphens. It never changes and, once its node is deleted, never
    /// returns with another meaning, because the data in the stores is found by it.
    NodeId,
    |text| {
        not_empty("node id", text)?;
        within("node id", text.len(), limits::ID_CHARS, "characters")?;
        no_character("node id", text, |c| !matches!(c, 'a'..='z' | '0'..='9' | '-'))
    }
);

/// The id of whoever sends requests from outside.
const OUTSIDE: &str = "outside";

impl NodeId {
    /// Who sends the requests that come from outside, through a live service. No node may have this id.
    #[must_use]
    pub fn outside() -> Self {
        Self::new(OUTSIDE).unwrap_or_else(|problem| unreachable!("{problem}"))
    }

    /// Whether it is [`NodeId::outside`].
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.as_str() == OUTSIDE
    }
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Sends requests.
    Client,
    /// Answers them, by the cache-aside pattern.
    Server,
    /// A cache.
    Redis,
    /// The source of truth.
    Postgres,
}

impl Kind {
    /// All four, in the order in which a request meets them.
    pub const ALL: [Self; 4] = [Self::Client, Self::Server, Self::Redis, Self::Postgres];

    /// The word in code and markup.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Redis => "redis",
            Self::Postgres => "postgres",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Server => "Server",
            Self::Redis => "Redis",
            Self::Postgres => "Postgres",
        }
    }

    /// Whether nodes of this kind hold data.
    #[must_use]
    pub const fn is_store(self) -> bool {
        matches!(self, Self::Redis | Self::Postgres)
    }

    /// The id of a new node of this kind; `suffix` is random, so that no id comes twice.
    ///
    /// # Errors
    /// If the suffix holds anything but lower-case letters and digits, or is too long.
    pub fn fresh_id(self, suffix: &str) -> Result<NodeId, TextError> {
        NodeId::new(format!("{}-{suffix}", self.word()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A place on the canvas, in canvas pixels; a node's place is its upper left corner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: i32,
    /// Downwards.
    pub y: i32,
}

impl Point {
    /// A point from its coordinates.
    #[must_use]
    pub const fn new(x: i32, y: i32) -> Self {
        Self { x, y }
    }

    /// The nearest point of a grid of that many pixels.
    #[must_use]
    pub fn snapped(self, grid: i32) -> Self {
        let snap = |v: i32| (f64::from(v) / f64::from(grid)).round() as i32 * grid;
        Self { x: snap(self.x), y: snap(self.y) }
    }

    /// The nearest point within [`limits::CANVAS_REACH`].
    #[must_use]
    pub fn within_reach(self) -> Self {
        let clamp = |v: i32| v.clamp(-limits::CANVAS_REACH, limits::CANVAS_REACH);
        Self { x: clamp(self.x), y: clamp(self.y) }
    }
}

/// What a client can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Read a key.
    Get,
    /// Write a value under a key, which need not be there yet.
    Put,
    /// Delete a key.
    Delete,
}

impl Method {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Get, Self::Put, Self::Delete];

    /// HTTP's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a client sends: a method on one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// With which key.
    pub key: Key,
    /// What to write: a PUT has a value, and nothing else has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

impl Request {
    /// A read of `key`.
    #[must_use]
    pub const fn get(key: Key) -> Self {
        Self { method: Method::Get, key, value: None }
    }

    /// A write of `value` under `key`.
    #[must_use]
    pub const fn put(key: Key, value: Value) -> Self {
        Self { method: Method::Put, key, value: Some(value) }
    }

    /// A deletion of `key`.
    #[must_use]
    pub const fn delete(key: Key) -> Self {
        Self { method: Method::Delete, key, value: None }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.key)
    }
}

/// A key that a Redis node starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedKey {
    /// The key.
    pub key: Key,
    /// Its value.
    pub value: Value,
    /// Time to live in seconds; without one it stays until it is deleted or evicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_s: Option<u32>,
}

/// A row that a Postgres node starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The primary key.
    pub key: Key,
    /// The value.
    pub value: Value,
}

/// A client's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// What it sends when it runs, in order.
    pub requests: Vec<Request>,
    /// What it sends instead, if it is switched to traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
}

/// A Redis node's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redis {
    /// What it starts with.
    pub keys: Vec<SeedKey>,
    /// Whether it is switched off: then it refuses every connection, and a cache forgets what it held.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_off: bool,
}

/// A Postgres node's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postgres {
    /// What it starts with.
    pub rows: Vec<Row>,
    /// Whether it is switched off: then it refuses every connection.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_off: bool,
    /// The shared rows that lie under its own, if any; see also [`Graph::data_set`](super::Graph::data_set).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_set: Option<DataSet>,
}

/// The settings of a node's kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Settings {
    /// Of a client.
    Client(Client),
    /// Of a server.
    Server(Server),
    /// Of a cache.
    Redis(Redis),
    /// Of a database.
    Postgres(Postgres),
}

impl Settings {
    /// The settings that a new node of a kind has.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Client => Self::Client(Client::default()),
            Kind::Server => Self::Server(Server::default()),
            Kind::Redis => Self::Redis(Redis::default()),
            Kind::Postgres => Self::Postgres(Postgres::default()),
        }
    }

    /// Whether they are those of a store that is switched off.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        match self {
            Self::Redis(redis) => redis.is_off,
            Self::Postgres(postgres) => postgres.is_off,
            Self::Client(_) | Self::Server(_) => false,
        }
    }

    /// Switches a store off or on; others have no switch.
    pub const fn switch(&mut self, off: bool) {
        match self {
            Self::Redis(redis) => redis.is_off = off,
            Self::Postgres(postgres) => postgres.is_off = off,
            Self::Client(_) | Self::Server(_) => {}
        }
    }

    /// The traffic of a client that is switched to it.
    #[must_use]
    pub const fn traffic(&self) -> Option<&Traffic> {
        match self {
            Self::Client(client) => client.traffic.as_ref(),
            Self::Server(_) | Self::Redis(_) | Self::Postgres(_) => None,
        }
    }

    /// The kind of node that these belong to.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Client(_) => Kind::Client,
            Self::Server(_) => Kind::Server,
            Self::Redis(_) => Kind::Redis,
            Self::Postgres(_) => Kind::Postgres,
        }
    }
}

/// A Client, Server, Redis or Postgres placed on the canvas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its identity.
    pub id: NodeId,
    /// What people call it.
    pub name: Name,
    /// Where its upper left corner stands.
    pub at: Point,
    /// The settings of its kind, and with them the kind.
    pub settings: Settings,
}

impl Node {
    /// What this node is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.settings.kind()
    }
}
