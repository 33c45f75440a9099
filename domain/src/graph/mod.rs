//! The drawing: nodes, and the links between them.

mod link;
mod map;
mod node;
mod server;
mod traffic;

pub use link::{Command, Condition, Hold, Leg, Link, LinkId, Refusal, check_kinds};
pub(crate) use map::Map;
pub use node::{Client, Kind, Method, Node, NodeId, Point, Postgres, Redis, Request, Row, SeedKey, Settings};
pub use server::{Breaker, Resource, Server, WritePolicy};
pub use traffic::{DataSet, Distribution, Traffic};

use serde::{Deserialize, Serialize};

/// Nodes and links. The order of both is part of the drawing: nodes are stacked, and caches are asked, in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    /// The nodes, the first at the back.
    pub nodes: Vec<Node>,
    /// The links, in the order in which a server asks its caches.
    pub links: Vec<Link>,
}

impl Graph {
    /// The node of that id.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == *id)
    }

    /// Where the node of that id stands in [`Graph::nodes`].
    #[must_use]
    pub fn index(&self, id: &NodeId) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == *id)
    }

    /// The link between these nodes, if it is drawn.
    #[must_use]
    pub fn link(&self, id: &LinkId) -> Option<&Link> {
        self.links.iter().find(|link| link.is(id))
    }

    /// The shared rows that lie under a database's own: those of its setting; without one, the users, if traffic reaches it
    /// through one of its servers.
    #[must_use]
    pub fn data_set(&self, database: &NodeId) -> Option<DataSet> {
        Map::of(self).data_set(self.index(database)?)
    }

    /// Whether `from` may be linked to `to` now.
    ///
    /// # Errors
    /// A sentence that teaches why not.
    pub fn check_link(&self, from: &NodeId, to: &NodeId) -> Result<(), Refusal> {
        let source = self.node(from).ok_or(Refusal::Gone)?;
        let target = self.node(to).ok_or(Refusal::Gone)?;
        if from == to {
            return Err(Refusal::Itself);
        }
        check_kinds(source.kind(), target.kind())?;
        if self.links.iter().any(|link| link.from == *from && link.to == *to) {
            return Err(Refusal::Already);
        }
        Ok(())
    }

    /// The first free name for a new node of a kind: "Redis", then "Redis 2" and so on.
    #[must_use]
    pub fn fresh_name(&self, kind: Kind) -> String {
        let taken = |name: &str| self.nodes.iter().any(|node| node.name.as_str() == name);
        let label = kind.label();
        if !taken(label) {
            return label.to_owned();
        }
        let mut number = 2;
        loop {
            let name = format!("{label} {number}");
            if !taken(&name) {
                return name;
            }
            number += 1;
        }
    }
}

/// Whether a setting is as it is where nothing is said about it: then a file need not say it.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
