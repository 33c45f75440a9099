//! The drawing by index, so that whoever looks at all of it walks over nodes and links once.

use super::{DataSet, Graph, Kind, NodeId, Settings};
use std::collections::HashMap;

/// A graph with its links by index.
pub(crate) struct Map<'a> {
    pub(crate) graph: &'a Graph,
    out: Vec<Vec<usize>>,
    asked: Vec<bool>,
    /// The servers that a client sends traffic to, and the stores of these.
    busy: Vec<bool>,
}

impl Graph {
    /// Each node's index, by its id.
    #[must_use]
    pub fn by_id(&self) -> HashMap<&NodeId, usize> {
        self.nodes.iter().enumerate().map(|(at, node)| (&node.id, at)).collect()
    }
}

impl<'a> Map<'a> {
    pub(crate) fn of(graph: &'a Graph) -> Self {
        let by_id = graph.by_id();
        let mut out = vec![Vec::new(); graph.nodes.len()];
        let mut asked = vec![false; graph.nodes.len()];
        for link in &graph.links {
            if let (Some(&from), Some(&to)) = (by_id.get(&link.from), by_id.get(&link.to)) {
                out[from].push(to);
                asked[to] = true;
            }
        }
        let mut map = Self { graph, out, asked, busy: vec![false; graph.nodes.len()] };
        let clients = (0..graph.nodes.len()).filter(|&at| graph.nodes[at].settings.traffic().is_some());
        let servers: Vec<usize> = clients.flat_map(|client| map.targets(client, Kind::Server)).collect();
        for server in servers {
            if !std::mem::replace(&mut map.busy[server], true) {
                map.out[server].iter().for_each(|&store| map.busy[store] = true);
            }
        }
        map
    }

    /// The nodes of a kind that the node at `index` is linked to, in link order.
    pub(crate) fn targets(&self, index: usize, kind: Kind) -> impl Iterator<Item = usize> + '_ {
        self.out[index].iter().copied().filter(move |&to| self.graph.nodes[to].kind() == kind)
    }

    /// Whether a link leads to the node at `index`.
    pub(crate) fn is_asked(&self, index: usize) -> bool {
        self.asked[index]
    }

    /// The shared rows that lie under those of the database at `index`: see [`Graph::data_set`].
    pub(crate) fn data_set(&self, index: usize) -> Option<DataSet> {
        match &self.graph.nodes[index].settings {
            Settings::Postgres(postgres) => postgres.data_set.or_else(|| self.busy[index].then_some(DataSet::Users)),
            _ => None,
        }
    }
}
