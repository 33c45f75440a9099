//! What of the drawing is selected.

use aside_domain::{Graph, LinkId, NodeId};
use std::fmt;

/// Something that can be selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A node.
    Node(NodeId),
    /// A link.
    Link(LinkId),
}

/// What is selected, in the order in which it was; nothing twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection(Vec<Part>);

/// What is selected, nodes and links apart.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// The nodes.
    pub nodes: Vec<NodeId>,
    /// The links.
    pub links: Vec<LinkId>,
}

impl Selection {
    /// These nodes.
    #[must_use]
    pub fn of_nodes(nodes: impl IntoIterator<Item = NodeId>) -> Self {
        Self(nodes.into_iter().map(Part::Node).collect())
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is selected, if it is one thing.
    #[must_use]
    pub fn only(&self) -> Option<&Part> {
        if let [part] = &self.0[..] { Some(part) } else { None }
    }

    /// Whether that node is selected.
    #[must_use]
    pub fn has_node(&self, id: &NodeId) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Node(node) if node == id))
    }

    /// Whether that link is selected.
    #[must_use]
    pub fn has_link(&self, id: &LinkId) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Link(link) if link == id))
    }

    /// Whether that is selected.
    #[must_use]
    pub fn has(&self, part: &Part) -> bool {
        self.0.contains(part)
    }

    /// The same with that, or without it if it was selected.
    #[must_use]
    pub fn toggled(mut self, part: Part) -> Self {
        match self.0.iter().position(|selected| *selected == part) {
            Some(index) => drop(self.0.remove(index)),
            None => self.0.push(part),
        }
        self
    }

    /// The same with these nodes, too.
    #[must_use]
    pub fn with_nodes(mut self, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        for id in nodes {
            if !self.has_node(&id) {
                self.0.push(Part::Node(id));
            }
        }
        self
    }

    /// What of it is in a drawing.
    #[must_use]
    pub fn within(&self, graph: &Graph) -> Self {
        let is_drawn = |part: &&Part| match part {
            Part::Node(id) => graph.node(id).is_some(),
            Part::Link(link) => graph.link(link).is_some(),
        };
        Self(self.0.iter().filter(is_drawn).cloned().collect())
    }

    /// Nodes and links apart.
    #[must_use]
    pub fn sorted(&self) -> Selected {
        let mut selected = Selected::default();
        for part in &self.0 {
            match part {
                Part::Node(id) => selected.nodes.push(id.clone()),
                Part::Link(link) => selected.links.push(link.clone()),
            }
        }
        selected
    }
}

impl fmt::Display for Selection {
    /// `2 nodes, 1 link selected`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Selected { nodes, links } = self.sorted();
        let count = |count: usize, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            count => Some(format!("{count} {what}s")),
        };
        let counts: Vec<String> = count(nodes.len(), "node").into_iter().chain(count(links.len(), "link")).collect();
        let counts = if counts.is_empty() { "Nothing".to_owned() } else { counts.join(", ") };
        write!(f, "{counts} selected")
    }
}

impl From<Part> for Selection {
    fn from(part: Part) -> Self {
        Self(vec![part])
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Selection};
    use aside_domain::NodeId;

    fn node(id: &str) -> Part {
        Part::Node(NodeId::new(id).unwrap())
    }

    #[test]
    fn what_is_toggled_comes_and_goes_and_never_twice() {
        let one = Selection::from(node("a"));
        assert_eq!(one.only(), Some(&node("a")));
        let two = one.clone().toggled(node("b"));
        assert!(two.only().is_none() && two.has(&node("b")));
        assert_eq!(two.clone().toggled(node("b")), one);
        assert_eq!(two.clone().with_nodes([NodeId::new("a").unwrap()]), two);
        assert!(one.toggled(node("a")).is_empty());
    }
}
