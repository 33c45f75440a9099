//! Links, and which of them the pattern allows.

use super::{Kind, NodeId, is_default};
use crate::text::Key;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A link's identity: its two ends. There is at most one link from one node to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinkId {
    /// The node that asks.
    pub from: NodeId,
    /// The node that answers.
    pub to: NodeId,
}

/// A directed connection: requests go from `from` to `to`, replies come back along it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The node that asks.
    pub from: NodeId,
    /// The node that answers.
    pub to: NodeId,
    /// Injected delay of every exchange, in milliseconds: half of it on the way there, half on the way back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub delay_ms: u32,
    /// Whether it works at all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub condition: Condition,
    /// Which packets it holds until somebody lets them go; none, if it holds none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

/// Which packets a link holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Messages, on their way there, or replies, on their way back.
    pub leg: Leg,
    /// Only those of this command, or replies to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
    /// Only those about this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
}

/// One of a hop's two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leg {
    /// There.
    Message,
    /// Back.
    Reply,
}

/// What a packet asks for, by the first word of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Command {
    /// A client's read, or a cache's.
    Get,
    /// A client's write.
    Put,
    /// A client's deletion, or a row's.
    Delete,
    /// A fill.
    Set,
    /// A cache's deletion.
    Del,
    /// A row's read.
    Select,
    /// A row's write, which is an `INSERT … ON CONFLICT … DO UPDATE`.
    Update,
}

impl Command {
    /// The word in code, in markup and for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Set => "SET",
            Self::Del => "DEL",
            Self::Select => "SELECT",
            Self::Update => "UPDATE",
        }
    }

    /// The command of what was sent, as it is shown. Whatever begins with another word (a query may begin with `WITH`) is a
    /// SELECT.
    #[must_use]
    pub fn of_shown(shown: &str) -> Self {
        match shown.split_whitespace().next() {
            Some("GET") => Self::Get,
            Some("PUT") => Self::Put,
            Some("DELETE") => Self::Delete,
            Some("SET") => Self::Set,
            Some("DEL") => Self::Del,
            Some("INSERT" | "UPDATE") => Self::Update,
            _ => Self::Select,
        }
    }

    /// The kind of store that a server sends it to; none if it is sent to servers only.
    #[must_use]
    pub const fn store(self) -> Option<Kind> {
        match self {
            Self::Get | Self::Set | Self::Del => Some(Kind::Redis),
            Self::Select | Self::Update | Self::Delete => Some(Kind::Postgres),
            Self::Put => None,
        }
    }

    /// Those that travel along links to nodes of that kind.
    #[must_use]
    pub const fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Server => &[Self::Get, Self::Put, Self::Delete],
            Kind::Redis => &[Self::Get, Self::Set, Self::Del],
            Kind::Postgres => &[Self::Select, Self::Update, Self::Delete],
            Kind::Client => &[],
        }
    }
}

impl Hold {
    /// Whether it holds this packet: on that way, of what was sent (as it is shown), about that key.
    #[must_use]
    pub fn catches(&self, leg: Leg, shown: &str, key: &Key) -> bool {
        self.leg == leg
            && self.command.is_none_or(|command| command == Command::of_shown(shown))
            && self.key.as_ref().is_none_or(|held| held == key)
    }
}

impl fmt::Display for Hold {
    /// `every SET of doe`, `every reply`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.leg == Leg::Reply { "reply to " } else { "" };
        let of = match self.command {
            Some(command) => write!(f, "every {to}{}", command.word()).map(|()| "of")?,
            None => write!(f, "every {}", self.leg.word()).map(|()| "about")?,
        };
        self.key.as_ref().map_or(Ok(()), |key| write!(f, " {of} {key}"))
    }
}

impl Leg {
    /// The word in code, in markup and for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Reply => "reply",
        }
    }
}

/// Whether a link works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// It does.
    #[default]
    Up,
    /// Connections are refused.
    Cut,
    /// What is sent gets lost: no answer ever comes.
    BlackHole,
}

impl Condition {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Up, Self::Cut, Self::BlackHole];

    /// The word in code and markup.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Cut => "cut",
            Self::BlackHole => "black-hole",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::BlackHole => "black hole",
            other => other.word(),
        }
    }
}

impl LinkId {
    /// The link between these nodes.
    #[must_use]
    pub const fn new(from: NodeId, to: NodeId) -> Self {
        Self { from, to }
    }
}

impl Link {
    /// A link that works, and is as fast as it is.
    #[must_use]
    pub const fn new(from: NodeId, to: NodeId) -> Self {
        Self { from, to, delay_ms: 0, condition: Condition::Up, hold: None }
    }

    /// Its identity.
    #[must_use]
    pub fn id(&self) -> LinkId {
        LinkId::new(self.from.clone(), self.to.clone())
    }

    /// Whether it joins these two.
    #[must_use]
    pub fn is(&self, id: &LinkId) -> bool {
        self.from == id.from && self.to == id.to
    }
}

/// Why two nodes cannot be linked; the message is meant to teach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One of the two is no longer there.
    #[error("One of these nodes is no longer in the drawing.")]
    Gone,
    /// From a node to itself.
    #[error("A node cannot be linked to itself.")]
    Itself,
    /// The link is there.
    #[error("These two are already linked.")]
    Already,
    /// Client to Redis or Postgres.
    #[error("A client never talks to a store itself: it asks a server, and the server asks the stores.")]
    ClientToStore,
    /// Client to client.
    #[error("Clients do not talk to each other: each one asks a server.")]
    ClientToClient,
    /// Server to client.
    #[error("Draw it from the client to the server: the reply comes back along the same line.")]
    ServerToClient,
    /// Server to server.
    #[error("Servers do not ask each other here: each one reads from its own caches and database.")]
    ServerToServer,
    /// Redis to Postgres, or the other way round.
    #[error("The cache and the database never talk to each other: the server is the go-between.")]
    StoreToStore,
    /// From a store to a client or server.
    #[error("A store only answers, it never asks: draw the link from the server to the store.")]
    FromStore,
}

/// Whether a node of kind `from` may ask one of kind `to`.
///
/// # Errors
/// A sentence that teaches why not.
pub const fn check_kinds(from: Kind, to: Kind) -> Result<(), Refusal> {
    match (from, to) {
        (Kind::Client, Kind::Server) | (Kind::Server, Kind::Redis | Kind::Postgres) => Ok(()),
        (Kind::Client, Kind::Redis | Kind::Postgres) => Err(Refusal::ClientToStore),
        (Kind::Client, Kind::Client) => Err(Refusal::ClientToClient),
        (Kind::Server, Kind::Client) => Err(Refusal::ServerToClient),
        (Kind::Server, Kind::Server) => Err(Refusal::ServerToServer),
        (Kind::Redis | Kind::Postgres, Kind::Redis | Kind::Postgres) => Err(Refusal::StoreToStore),
        (Kind::Redis | Kind::Postgres, Kind::Client | Kind::Server) => Err(Refusal::FromStore),
    }
}
