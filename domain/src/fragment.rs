//! Parts of a drawing: what is copied, and how it comes into a drawing.
//!
//! A fragment is a scenario of its own, the one that is left if everything else is deleted. So it goes over the clipboard as a
//! scenario file, and a scenario file can be pasted.

use crate::change::{Change, Placed, together};
use crate::graph::{Graph, Link, LinkId, NodeId, Point};
use crate::limits;
use crate::scenario::{Scenario, Seen};
use crate::text::Name;
use std::collections::HashMap;

/// What is pasted: the edit, and the new nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// The edit.
    pub change: Change,
    /// The nodes that it brings, in the fragment's order.
    pub nodes: Vec<NodeId>,
}

impl Scenario {
    /// These nodes of it, with the links among them.
    #[must_use]
    pub fn fragment(&self, nodes: &[NodeId]) -> Self {
        let kept: HashMap<&NodeId, usize> = nodes.iter().zip(0..).collect();
        let Graph { nodes, links } = &self.graph;
        let links = links.iter().filter(|link| kept.contains_key(&link.from) && kept.contains_key(&link.to));
        let graph = Graph {
            nodes: nodes.iter().filter(|node| kept.contains_key(&node.id)).cloned().collect(),
            links: links.cloned().collect(),
        };
        Self { format: self.format, title: self.title.clone(), graph }
    }

    /// Put another scenario's nodes and links into this one, that far from where they stood, in front of all others. Each node
    /// gets a new id from a suffix, and where its name is taken, a number. None if there is nothing to paste.
    #[must_use]
    pub fn paste(&self, fragment: &Self, by: Point, suffix: &mut dyn FnMut() -> String) -> Option<Pasted> {
        let mut names = Names::of(&self.graph);
        let (old, mut nodes) = (fragment.graph.by_id(), Vec::new());
        let mut taken: Seen = self.graph.nodes.iter().map(|node| (node.id.to_string(), 1)).collect();
        let mut changes = Vec::new();
        for (index, node) in fragment.graph.nodes.iter().enumerate() {
            // A suffix that comes twice is not worth more than a few more tries.
            let id = (0..8).find_map(|_| {
                node.kind().fresh_id(&suffix()).ok().filter(|id| taken.insert(id.to_string(), 1).is_none())
            })?;
            let at = Point::new(node.at.x.saturating_add(by.x), node.at.y.saturating_add(by.y)).within_reach();
            let mut copy = node.clone();
            (copy.id, copy.name, copy.at) = (id.clone(), names.free(&node.name), at);
            nodes.push(id);
            let at = self.graph.nodes.len() + index;
            changes.push(Change::Insert(Box::new(Placed { at, node: copy, links: Vec::new() })));
        }
        for (index, link) in fragment.graph.links.iter().enumerate() {
            let LinkId { from, to } = link.id();
            let new = |id: &NodeId| Some(nodes[*old.get(id)?].clone());
            let (from, to) = (new(&from)?, new(&to)?);
            let at = self.graph.links.len() + index;
            changes.push(Change::Connect { at, link: Link { from, to, ..link.clone() } });
        }
        Some(Pasted { change: together(changes)?, nodes })
    }
}

/// The names of a drawing's nodes.
struct Names {
    /// Those that are taken.
    taken: Seen,
    /// The last number that was given after a word.
    numbers: Seen,
}

impl Names {
    fn of(graph: &Graph) -> Self {
        Self { taken: graph.nodes.iter().map(|node| (node.name.to_string(), 1)).collect(), numbers: Seen::default() }
    }

    /// That name if it is free, or else the first free one with a number: "Redis 2".
    fn free(&mut self, name: &Name) -> Name {
        if self.taken.insert(name.to_string(), 1).is_none() {
            return name.clone();
        }
        let digits = |c: char| c.is_ascii_digit();
        let word = name.as_str().trim_end_matches(digits).trim_end();
        let room = limits::NAME_CHARS - " 9999".len();
        let word: String = if word.is_empty() { name.as_str() } else { word }.chars().take(room).collect();
        let number = self.numbers.entry(word.clone()).or_insert(1);
        loop {
            *number += 1;
            let numbered = format!("{} {number}", word.trim_end());
            if self.taken.insert(numbered.clone(), 1).is_none() {
                return Name::new(numbered).unwrap_or_else(|_| name.clone()); // short enough, and made of a name
            }
        }
    }
}
