//! Links, and which of them the pattern allows.

use super::{Kind, NodeId};
use serde::{Deserialize, Serialize};

/// A directed connection: requests go from `from` to `to`, replies come back along it.
/// There is at most one between the same two nodes, so the pair is its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// The node that asks.
    pub from: NodeId,
    /// The node that answers.
    pub to: NodeId,
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
