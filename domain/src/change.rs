//! Every edit of a scenario, applied by one function, each with its inverse.
//!
//! A change carries what was before and what comes after, so its inverse needs no scenario, and applying it to a
//! scenario that is not as the change remembers it is refused and changes nothing.

use crate::graph::{Condition, Hold, Link, LinkId, Node, NodeId, Point, Refusal, Settings};
use crate::limits;
use crate::scenario::{Scenario, ScenarioError, check_delay, check_id, check_reach, check_settings};
use crate::text::Name;
use serde::{Deserialize, Serialize};

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Put a node into the drawing, with links of its own.
    Insert(Box<Placed>),
    /// Take a node out, with all its links.
    Remove(Box<Placed>),
    /// Move a node.
    Move {
        /// Which.
        node: NodeId,
        /// From where.
        from: Point,
        /// To where.
        to: Point,
    },
    /// Call a node something else.
    Rename {
        /// Which.
        node: NodeId,
        /// Its old name.
        from: Name,
        /// Its new name.
        to: Name,
    },
    /// Change the settings of a node; its kind stays.
    Configure {
        /// Which.
        node: NodeId,
        /// Its old settings.
        from: Box<Settings>,
        /// Its new settings.
        to: Box<Settings>,
    },
    /// Draw a link.
    Connect {
        /// Its place in the order of links.
        at: usize,
        /// The link.
        link: Link,
    },
    /// Delete a link.
    Disconnect {
        /// Its place in the order of links.
        at: usize,
        /// The link.
        link: Link,
    },
    /// Change a link's delay or condition, or what it holds; its ends stay.
    Tune {
        /// The link as it was.
        from: Link,
        /// The link as it will be.
        to: Link,
    },
    /// Call the scenario something else.
    Retitle {
        /// Its old title.
        from: Name,
        /// Its new title.
        to: Name,
    },
    /// Put another scenario in the place of this one: an import, a reset.
    Replace {
        /// The old one.
        from: Box<Scenario>,
        /// The new one.
        to: Box<Scenario>,
    },
    /// Several, one after the other, as one edit: all of them are made, or none.
    Together(Vec<Change>),
}

/// A node with its place in the order of nodes, and its links with theirs, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The node's index.
    pub at: usize,
    /// The node.
    pub node: Node,
    /// Its links and their indices.
    pub links: Vec<(usize, Link)>,
}

/// Why a change was not made; the scenario is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The scenario is not as the change remembers it.
    #[error("The drawing has changed since, so this edit no longer fits it.")]
    Stale,
    /// It would break a limit or a rule of the format.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// It would draw a link that the pattern forbids.
    #[error(transparent)]
    Link(#[from] Refusal),
    /// It would draw one link too many.
    #[error("A drawing can have at most {} links.", limits::LINKS)]
    TooManyLinks,
    /// It would add one node too many.
    #[error("A drawing can have at most {} nodes.", limits::NODES)]
    TooManyNodes,
}

impl Change {
    /// The change that undoes this one.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::Insert(placed) => Self::Remove(placed),
            Self::Remove(placed) => Self::Insert(placed),
            Self::Move { node, from, to } => Self::Move { node, from: to, to: from },
            Self::Rename { node, from, to } => Self::Rename { node, from: to, to: from },
            Self::Configure { node, from, to } => Self::Configure { node, from: to, to: from },
            Self::Connect { at, link } => Self::Disconnect { at, link },
            Self::Disconnect { at, link } => Self::Connect { at, link },
            Self::Tune { from, to } => Self::Tune { from: to, to: from },
            Self::Retitle { from, to } => Self::Retitle { from: to, to: from },
            Self::Replace { from, to } => Self::Replace { from: to, to: from },
            Self::Together(changes) => Self::Together(changes.into_iter().rev().map(Self::inverse).collect()),
        }
    }

    /// The single changes that it is made of, in order.
    pub fn parts(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match self {
            Self::Together(changes) => Box::new(changes.iter().flat_map(Self::parts)),
            single => Box::new(std::iter::once(single)),
        }
    }
}

/// The changes that can be made to a scenario as it is now: each takes what is to be, and finds what is.
impl Scenario {
    /// A new node, in front of all others.
    #[must_use]
    pub fn insert(&self, node: Node) -> Change {
        Change::Insert(Box::new(Placed { at: self.graph.nodes.len(), node, links: Vec::new() }))
    }

    /// Take a node out, with its links. None if there is no such node; so with all that name one.
    #[must_use]
    pub fn remove(&self, id: &NodeId) -> Option<Change> {
        let at = self.graph.index(id)?;
        let links = self.graph.links.iter().enumerate().filter(|(_, link)| link.from == *id || link.to == *id);
        let links = links.map(|(index, link)| (index, link.clone())).collect();
        Some(Change::Remove(Box::new(Placed { at, node: self.graph.nodes.get(at)?.clone(), links })))
    }

    /// Take nodes out with their links, and links, in one edit. None if there is none of them.
    #[must_use]
    pub fn remove_all(&self, nodes: &[NodeId], links: &[LinkId]) -> Option<Change> {
        let mut rest = self.clone();
        let mut changes = Vec::new();
        for link in links {
            changes.extend(rest.made(rest.disconnect(link)));
        }
        for node in nodes {
            changes.extend(rest.made(rest.remove(node)));
        }
        together(changes)
    }

    /// Makes a change that was built for it, and gives it.
    fn made(&mut self, change: Option<Change>) -> Option<Change> {
        change.filter(|change| self.apply(change).is_ok())
    }

    /// Move nodes, in one edit. None if none of them moves.
    #[must_use]
    pub fn move_all(&self, places: &[(NodeId, Point)]) -> Option<Change> {
        let moves = places.iter().filter_map(|(id, to)| self.move_to(id, *to));
        together(moves.filter(|change| !matches!(change, Change::Move { from, to, .. } if from == to)).collect())
    }

    /// Move a node.
    #[must_use]
    pub fn move_to(&self, id: &NodeId, to: Point) -> Option<Change> {
        Some(Change::Move { node: id.clone(), from: self.graph.node(id)?.at, to: to.within_reach() })
    }

    /// Call a node something else.
    #[must_use]
    pub fn rename(&self, id: &NodeId, to: Name) -> Option<Change> {
        Some(Change::Rename { node: id.clone(), from: self.graph.node(id)?.name.clone(), to })
    }

    /// Change a node's settings.
    #[must_use]
    pub fn configure(&self, id: &NodeId, to: Settings) -> Option<Change> {
        let from = Box::new(self.graph.node(id)?.settings.clone());
        Some(Change::Configure { node: id.clone(), from, to: Box::new(to) })
    }

    /// Draw a link, last in order.
    #[must_use]
    pub fn connect(&self, from: NodeId, to: NodeId) -> Change {
        Change::Connect { at: self.graph.links.len(), link: Link::new(from, to) }
    }

    /// Delete a link.
    #[must_use]
    pub fn disconnect(&self, link: &LinkId) -> Option<Change> {
        let at = self.graph.links.iter().position(|drawn| drawn.is(link))?;
        Some(Change::Disconnect { at, link: self.graph.links[at].clone() })
    }

    /// Change a link's delay and condition.
    #[must_use]
    pub fn tune(&self, link: &LinkId, delay_ms: u32, condition: Condition) -> Option<Change> {
        let from = self.graph.link(link)?.clone();
        Some(Change::Tune { to: Link { delay_ms, condition, ..from.clone() }, from })
    }

    /// Change which packets a link holds.
    #[must_use]
    pub fn hold(&self, link: &LinkId, hold: Option<Hold>) -> Option<Change> {
        let from = self.graph.link(link)?.clone();
        Some(Change::Tune { to: Link { hold, ..from.clone() }, from })
    }

    /// Switch a store off or on.
    #[must_use]
    pub fn switch(&self, id: &NodeId, off: bool) -> Option<Change> {
        let mut settings = self.graph.node(id)?.settings.clone();
        settings.switch(off);
        self.configure(id, settings)
    }

    /// Call the scenario something else.
    #[must_use]
    pub fn retitle(&self, to: Name) -> Change {
        Change::Retitle { from: self.title.clone(), to }
    }

    /// Put another scenario in the place of this one.
    #[must_use]
    pub fn replace(&self, to: Self) -> Change {
        Change::Replace { from: Box::new(self.clone()), to: Box::new(to) }
    }

    /// Makes a change.
    ///
    /// # Errors
    /// Why it cannot be made; the scenario is then as it was.
    pub fn apply(&mut self, change: &Change) -> Result<(), ChangeError> {
        match change {
            Change::Insert(placed) => self.insert_placed(placed),
            Change::Remove(placed) => self.remove_placed(placed),
            Change::Move { node, from, to } => {
                check_reach(node.as_str(), *to)?;
                let node = self.graph.nodes.iter_mut().find(|n| n.id == *node);
                swap(node.map(|node| &mut node.at), from, to)
            }
            Change::Rename { node, from, to } => {
                let node = self.graph.nodes.iter_mut().find(|n| n.id == *node);
                swap(node.map(|node| &mut node.name), from, to)
            }
            Change::Configure { node, from, to } => {
                check_settings(node.as_str(), to)?;
                if from.kind() != to.kind() {
                    return Err(ChangeError::Stale);
                }
                let node = self.graph.nodes.iter_mut().find(|n| n.id == *node);
                swap(node.map(|node| &mut node.settings), &**from, &**to)
            }
            Change::Connect { at, link } => self.connect_at(*at, link),
            Change::Disconnect { at, link } => {
                if self.graph.links.get(*at) != Some(link) {
                    return Err(ChangeError::Stale);
                }
                self.graph.links.remove(*at);
                Ok(())
            }
            Change::Tune { from, to } => {
                check_delay(&format!("{} to {}", to.from, to.to), to.delay_ms)?;
                if from.id() != to.id() {
                    return Err(ChangeError::Stale);
                }
                swap(self.graph.links.iter_mut().find(|link| *link == from), from, to)
            }
            Change::Retitle { from, to } => swap(Some(&mut self.title), from, to),
            Change::Replace { from, to } => {
                to.check()?;
                swap(Some(self), &**from, &**to)
            }
            Change::Together(changes) => {
                for (index, change) in changes.iter().enumerate() {
                    if let Err(refusal) = self.apply(change) {
                        // What was just made can be taken back.
                        changes[..index].iter().rev().for_each(|done| drop(self.apply(&done.clone().inverse())));
                        return Err(refusal);
                    }
                }
                Ok(())
            }
        }
    }

    fn insert_placed(&mut self, placed: &Placed) -> Result<(), ChangeError> {
        let Placed { at, node, links } = placed;
        check_id(node.id.as_str(), &node.id)?;
        check_reach(node.id.as_str(), node.at)?;
        check_settings(node.id.as_str(), &node.settings)?;
        let own = |(_, link): &(usize, Link)| link.from == node.id || link.to == node.id;
        let orderly = links.iter().all(own) && links.is_sorted_by(|(a, _), (b, _)| a < b); // or it could not be undone
        if !orderly || *at > self.graph.nodes.len() || self.graph.node(&node.id).is_some() {
            return Err(ChangeError::Stale);
        }
        if self.graph.nodes.len() >= limits::NODES {
            return Err(ChangeError::TooManyNodes);
        }
        self.graph.nodes.insert(*at, node.clone());
        for (done, (index, link)) in links.iter().enumerate() {
            if let Err(refusal) = self.connect_at(*index, link) {
                links[..done].iter().rev().for_each(|(index, _)| drop(self.graph.links.remove(*index)));
                self.graph.nodes.remove(*at);
                return Err(refusal);
            }
        }
        Ok(())
    }

    fn connect_at(&mut self, at: usize, link: &Link) -> Result<(), ChangeError> {
        self.graph.check_link(&link.from, &link.to)?;
        check_delay(&format!("{} to {}", link.from, link.to), link.delay_ms)?;
        if at > self.graph.links.len() {
            return Err(ChangeError::Stale);
        }
        if self.graph.links.len() >= limits::LINKS {
            return Err(ChangeError::TooManyLinks);
        }
        self.graph.links.insert(at, link.clone());
        Ok(())
    }

    fn remove_placed(&mut self, placed: &Placed) -> Result<(), ChangeError> {
        if self.remove(&placed.node.id) != Some(Change::Remove(Box::new(placed.clone()))) {
            return Err(ChangeError::Stale);
        }
        self.graph.nodes.remove(placed.at);
        self.graph.links.retain(|link| link.from != placed.node.id && link.to != placed.node.id);
        Ok(())
    }
}

/// Several changes as one; one alone is itself, and none is none.
pub(crate) fn together(mut changes: Vec<Change>) -> Option<Change> {
    match changes.len() {
        0 | 1 => changes.pop(),
        _ => Some(Change::Together(changes)),
    }
}

/// Puts `to` in the place of `from`, if that is what stands there.
fn swap<T: PartialEq + Clone>(place: Option<&mut T>, from: &T, to: &T) -> Result<(), ChangeError> {
    match place {
        Some(value) if value == from => {
            *value = to.clone();
            Ok(())
        }
        _ => Err(ChangeError::Stale),
    }
}
