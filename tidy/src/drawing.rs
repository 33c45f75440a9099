//! What decides where nodes will stand: their layers, and the links between these.

use aside_domain::graph::check_kinds;
use aside_domain::{Kind, Link, Node, NodeId};
use std::collections::{HashMap, HashSet};

/// Layers, from left to right.
pub const LAYERS: usize = 3;
/// The layer of clients.
pub const CLIENTS: usize = 0;
/// The layer of servers.
pub const SERVERS: usize = 1;

/// Nodes and links by number, without all that does not matter here. Each link leads from one layer to the next: the rules
/// of a drawing allow no other, so there is no cycle to break and no link that spans a layer.
pub struct Drawing {
    /// The layer of each node.
    pub layers: Vec<usize>,
    /// Where the links of each node lead, in their order, each once.
    pub links: Vec<Vec<usize>>,
}

impl Drawing {
    /// What matters of these nodes, and of the links between them.
    pub fn of(nodes: &[&Node], links: &[Link]) -> Self {
        let numbers: HashMap<&NodeId, usize> = nodes.iter().enumerate().map(|(at, node)| (&node.id, at)).collect();
        let mut drawn = HashSet::new();
        let mut drawing = Self { layers: nodes.iter().map(|node| layer(node.kind())).collect(), links: Vec::new() };
        drawing.links.resize(nodes.len(), Vec::new());
        for link in links {
            if let (Some(&from), Some(&to)) = (numbers.get(&link.from), numbers.get(&link.to))
                && check_kinds(nodes[from].kind(), nodes[to].kind()).is_ok()
                && drawn.insert((from, to))
            {
                drawing.links[from].push(to);
            }
        }
        drawing
    }

    /// What hangs together by links, each part in the order of a walk along these, there and back. So neighbours come close
    /// to each other from the beginning, and few crossings are left to be found.
    pub fn components(&self) -> Vec<Vec<usize>> {
        let mut neighbours = self.links.clone();
        for (from, heads) in self.links.iter().enumerate() {
            heads.iter().for_each(|&to| neighbours[to].push(from));
        }
        let mut is_seen = vec![false; neighbours.len()];
        let mut components = Vec::new();
        for start in 0..neighbours.len() {
            let (mut component, mut ahead) = (Vec::new(), vec![start]);
            while let Some(node) = ahead.pop() {
                if !std::mem::replace(&mut is_seen[node], true) {
                    component.push(node);
                    ahead.extend(neighbours[node].iter().rev());
                }
            }
            components.push(component);
        }
        components.retain(|component| !component.is_empty());
        components
    }
}

const fn layer(kind: Kind) -> usize {
    match kind {
        Kind::Client => CLIENTS,
        Kind::Server => SERVERS,
        Kind::Redis | Kind::Postgres => LAYERS - 1,
    }
}
