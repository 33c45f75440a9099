//! The scenario under the visitor's hands: the document, its history, what is selected, and what is to be said about it.
//!
//! The document is one plain [`Scenario`], changed only by [`Change`]s. Around it stand the signals that the screen reads:
//! two for each node, one of them for its place alone, so that a node that moves moves its card and its links, and wakes
//! nothing else.

use crate::notice::Notices;
use crate::selection::{Selected, Selection};
use crate::state::{ArcRwSignal, Memo, RwSignal, StoredValue};
use aside_domain::{Change, Graph, Issue, Link, Name, Node, NodeId, Point, Scenario, Severity, Subject, validate};
use std::collections::HashMap;

/// How many edits can be undone.
const HISTORY: usize = 1_000;

/// How the document has to reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Upload {
    /// Save the drawing; the stores keep what they hold.
    #[default]
    Save,
    /// Another scenario took its place: fill the stores with its data.
    Reset,
}

/// What has to reach the server.
pub struct Load {
    /// The document, or what its stores are to be filled with before it comes.
    pub scenario: Scenario,
    /// In which way it has to.
    pub how: Upload,
    /// Whether it is the document.
    pub is_document: bool,
}

/// The editor: a cheap handle, found in context.
#[derive(Clone, Copy)]
pub struct Editor {
    scenario: StoredValue<Scenario>,
    undo: StoredValue<Vec<Change>>,
    redo: StoredValue<Vec<Change>>,
    nodes: StoredValue<HashMap<NodeId, Shown>>,
    upload: StoredValue<Upload>,
    /// What the stores are to be filled with, if that is not what the document starts them with.
    fill: StoredValue<Option<Scenario>>,
    revision: RwSignal<u64>,
    arrivals: RwSignal<u64>,
    order: RwSignal<Vec<NodeId>>,
    links: RwSignal<Vec<Link>>,
    title: RwSignal<Name>,
    selection: RwSignal<Selection>,
    findings: Memo<Findings>,
    notices: Notices,
}

/// A node as the screen has it.
#[derive(Clone)]
struct Shown {
    /// Its place among the nodes when it came.
    number: usize,
    node: ArcRwSignal<Node>,
    place: ArcRwSignal<Point>,
}

impl Shown {
    fn new(number: usize, node: &Node) -> Self {
        Self { number, node: ArcRwSignal::new(node.clone()), place: ArcRwSignal::new(node.at) }
    }

    fn set(&self, node: &Node) {
        self.place.set(node.at);
        self.node.set(node.clone());
    }
}

/// What validation says of the drawing as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Everything, the gravest first.
    pub issues: Vec<Issue>,
    /// How many requests a run of everything would send.
    pub requests: usize,
    /// The clients that can send their requests, or start their traffic.
    pub clients: Vec<NodeId>,
}

impl Findings {
    fn of(graph: &Graph) -> Self {
        let (plan, issues) = validate(graph);
        let requests = plan.requests();
        let is_blocked = |id: &NodeId| {
            let of = |issue: &Issue| matches!(&issue.subject, Subject::Node(node) if node == id);
            issues.iter().any(|issue| issue.severity == Severity::Blocked && of(issue))
        };
        let traffic = graph.nodes.iter().filter(|node| node.settings.traffic().is_some() && !is_blocked(&node.id));
        let clients = plan.clients.into_iter().map(|client| client.client);
        let clients = clients.chain(traffic.map(|node| node.id.clone())).collect();
        Self { issues, requests, clients }
    }

    /// Why nothing can run, if nothing can.
    #[must_use]
    pub fn obstacle(&self) -> Option<String> {
        let blocked = self.issues.iter().find(|issue| issue.severity == Severity::Blocked);
        (self.requests == 0)
            .then(|| blocked.map_or("Traffic is started at its client.".to_owned(), |issue| issue.message.clone()))
    }

    /// What there is to say about a node.
    #[must_use]
    pub fn about(&self, node: &NodeId) -> Vec<Issue> {
        let same = |issue: &&Issue| matches!(&issue.subject, Subject::Node(id) if id == node);
        self.issues.iter().filter(same).cloned().collect()
    }
}

impl Editor {
    /// An editor of `scenario`.
    #[must_use]
    pub fn new(scenario: Scenario, notices: Notices) -> Self {
        let revision = RwSignal::new(0);
        let title = RwSignal::new(scenario.title.clone());
        let scenario = StoredValue::new(scenario);
        let findings = Memo::new(move || {
            revision.track();
            scenario.with_value(|scenario| Findings::of(&scenario.graph))
        });
        let editor = Self {
            scenario,
            undo: StoredValue::default(),
            redo: StoredValue::default(),
            nodes: StoredValue::default(),
            upload: StoredValue::default(),
            fill: StoredValue::default(),
            revision,
            arrivals: RwSignal::new(0),
            order: RwSignal::default(),
            links: RwSignal::default(),
            title,
            selection: RwSignal::default(),
            findings,
            notices,
        };
        editor.show_all();
        editor
    }

    // What the screen reads.

    /// Counts the edits; whoever tracks it is woken by each.
    #[must_use]
    pub const fn revision(&self) -> RwSignal<u64> {
        self.revision
    }

    /// Counts the documents that took the place of another; whoever tracks it is woken by each.
    #[must_use]
    pub const fn arrivals(&self) -> RwSignal<u64> {
        self.arrivals
    }

    /// The nodes' ids, in the order of the drawing.
    #[must_use]
    pub const fn order(&self) -> RwSignal<Vec<NodeId>> {
        self.order
    }

    /// The links, in their order.
    #[must_use]
    pub const fn links(&self) -> RwSignal<Vec<Link>> {
        self.links
    }

    /// The scenario's title.
    #[must_use]
    pub const fn title(&self) -> RwSignal<Name> {
        self.title
    }

    /// What is selected.
    #[must_use]
    pub const fn selection(&self) -> RwSignal<Selection> {
        self.selection
    }

    /// What validation says.
    #[must_use]
    pub const fn findings(&self) -> Memo<Findings> {
        self.findings
    }

    /// The signal of one node; none if there is no such node. Where it stands, [`Editor::place`] tells.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<ArcRwSignal<Node>> {
        self.shown(id).map(|shown| shown.node)
    }

    /// The signal of one node's place, as it is shown: while the node is being moved, that is not yet the document's.
    #[must_use]
    pub fn place(&self, id: &NodeId) -> Option<ArcRwSignal<Point>> {
        self.shown(id).map(|shown| shown.place)
    }

    /// A node's place among the nodes when it came: whatever comes and goes, it is drawn in the same company.
    #[must_use]
    pub fn number(&self, id: &NodeId) -> usize {
        self.shown(id).map_or(0, |shown| shown.number)
    }

    fn shown(&self, id: &NodeId) -> Option<Shown> {
        self.nodes.with_value(|nodes| nodes.get(id).cloned())
    }

    /// The document as it is, without waking anybody.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        self.scenario.get_value()
    }

    /// Reads the document in place.
    pub fn with<T>(&self, read: impl FnOnce(&Scenario) -> T) -> T {
        self.scenario.with_value(read)
    }

    /// Whether there is anything to undo; tracks edits.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        self.revision.track();
        self.undo.with_value(|changes| !changes.is_empty())
    }

    /// Whether there is anything to redo; tracks edits.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        self.revision.track();
        self.redo.with_value(|changes| !changes.is_empty())
    }

    // What the visitor does.

    /// Makes an edit that can be undone. One that is refused is told to the visitor, and changes nothing.
    pub fn apply(&self, change: Change) -> bool {
        if !self.make(&change) {
            return false;
        }
        self.redo.update_value(Vec::clear);
        self.undo.update_value(|changes| {
            changes.push(change);
            let surplus = changes.len().saturating_sub(HISTORY);
            changes.drain(..surplus);
        });
        self.revision.update(|revision| *revision += 1);
        true
    }

    /// Makes an edit that the builder could or could not find a subject for.
    pub fn apply_if(&self, change: Option<Change>) -> bool {
        change.is_some_and(|change| self.apply(change))
    }

    /// Takes the last edit back.
    pub fn undo(&self) {
        let inverse = self.travel(self.undo, self.redo);
        // Another scenario has left: the stores get back what they held when it came.
        if let Some(Change::Together(parts)) = inverse
            && let Some(Change::Replace { to, .. }) = parts.into_iter().next()
        {
            self.fill.set_value(Some(*to));
        }
    }

    /// Makes the edit again that was taken back last.
    pub fn redo(&self) {
        self.travel(self.redo, self.undo);
    }

    /// Takes the last change of one list back, and puts its inverse, which is what was made, on another.
    fn travel(&self, from: StoredValue<Vec<Change>>, to: StoredValue<Vec<Change>>) -> Option<Change> {
        let inverse = from.try_update_value(Vec::pop).flatten()?.inverse();
        let made = self.make(&inverse).then(|| inverse.clone());
        if made.is_some() {
            to.update_value(|changes| changes.push(inverse));
        }
        self.revision.update(|revision| *revision += 1);
        made
    }

    /// Shows a node elsewhere while it is being moved. The document is not touched until that ends in a change.
    pub fn preview_move(&self, id: &NodeId, at: Point) {
        if let Some(place) = self.place(id) {
            place.set(at.within_reach());
        }
    }

    /// Makes an edit that shows its own end already: nodes that were moved under the visitor's eyes.
    pub fn arrive(&self, places: &[(NodeId, Point)]) -> bool {
        self.apply_if(self.with(|scenario| scenario.move_all(places)))
    }

    /// Selects this, and nothing else.
    pub fn select(&self, selection: impl Into<Selection>) {
        let selection = selection.into();
        if self.selection.with_untracked(|now| *now != selection) {
            self.selection.set(selection);
        }
    }

    /// The places of these nodes, as they are shown.
    #[must_use]
    pub fn places(&self, nodes: &[NodeId]) -> Vec<(NodeId, Point)> {
        let place = |id: &NodeId| Some((id.clone(), self.place(id)?.get_untracked()));
        nodes.iter().filter_map(place).collect()
    }

    /// Deletes what is selected, in one edit.
    pub fn delete_selected(&self) -> bool {
        let Selected { nodes, links } = self.selection.with_untracked(Selection::sorted);
        self.apply_if(self.with(|scenario| scenario.remove_all(&nodes, &links)))
    }

    /// Takes the server's document in place of this one, and forgets the history: another tab changed it.
    pub fn adopt(&self, scenario: Scenario) {
        self.scenario.set_value(scenario);
        self.upload.set_value(Upload::Save);
        self.fill.set_value(None);
        self.undo.update_value(Vec::clear);
        self.redo.update_value(Vec::clear);
        self.show_all();
        self.revision.update(|revision| *revision += 1);
    }

    /// Puts another scenario in the place of this one: an import, a reset. `held` is this one with the data that its
    /// stores hold now, so that undoing brings the data back as well.
    pub fn replace(&self, held: Scenario, with: Scenario) -> bool {
        let change = self.with(|scenario| match same_drawing(scenario, &held) {
            true => Change::Together(vec![scenario.replace(held.clone()), held.replace(with)]),
            false => scenario.replace(with),
        });
        self.apply(change)
    }

    /// What has to reach the server next; asking for it resets how to [`Upload::Save`].
    #[must_use]
    pub fn take_upload(&self) -> Load {
        let how = self.upload.try_update_value(std::mem::take).unwrap_or_default();
        match self.fill.try_update_value(Option::take).flatten() {
            Some(scenario) if how == Upload::Reset => Load { scenario, how, is_document: false },
            _ => Load { scenario: self.scenario(), how, is_document: true },
        }
    }

    /// Remembers that the stores have yet to be filled with what the document starts them with.
    pub fn owe_start(&self) {
        self.owe(Upload::Reset);
        self.fill.set_value(None);
    }

    /// Remembers that the stores have yet to be filled with what this scenario starts them with.
    pub fn owe_fill(&self, fill: Scenario) {
        self.owe(Upload::Reset);
        self.fill.set_value(Some(fill));
    }

    /// Remembers that the document has yet to reach the server in this way.
    pub fn owe(&self, upload: Upload) {
        if upload == Upload::Reset {
            self.upload.set_value(upload);
        }
    }

    // How the signals follow.

    fn make(&self, change: &Change) -> bool {
        match self.scenario.try_update_value(|scenario| scenario.apply(change)) {
            Some(Ok(())) => {
                self.show(change);
                true
            }
            Some(Err(refusal)) => {
                self.notices.warn(refusal.to_string());
                false
            }
            None => false,
        }
    }

    fn show(&self, change: &Change) {
        let (mut gone, mut is_redrawn) = (Vec::new(), false);
        for change in change.parts() {
            match change {
                Change::Insert(placed) => {
                    let node = &placed.node;
                    let shown = Shown::new(placed.at, node);
                    self.nodes.update_value(|nodes| drop(nodes.insert(node.id.clone(), shown)));
                    is_redrawn = true;
                }
                Change::Remove(placed) => {
                    gone.push(placed.node.id.clone());
                    is_redrawn = true;
                }
                Change::Move { node, to, .. } => {
                    if let Some(place) = self.place(node) {
                        place.set(*to);
                    }
                }
                Change::Rename { node, .. } | Change::Configure { node, .. } => {
                    let now = self.with(|scenario| scenario.graph.node(node).cloned());
                    if let (Some(signal), Some(now)) = (self.node(node), now) {
                        signal.set(now);
                    }
                }
                Change::Connect { .. } | Change::Disconnect { .. } | Change::Tune { .. } => is_redrawn = true,
                Change::Retitle { to, .. } => self.title.set(to.clone()),
                Change::Replace { .. } => {
                    self.owe_start();
                    return self.show_all();
                }
                Change::Together(_) => {} // it is told by its parts
            }
        }
        if is_redrawn {
            // Nodes come before their links, and go after them: none looks for one that is not there.
            self.show_links();
            self.show_order();
        }
        self.nodes.update_value(|nodes| gone.iter().for_each(|id| drop(nodes.remove(id))));
        self.drop_dead_selection();
    }

    fn show_all(&self) {
        let scenario = self.scenario.get_value();
        self.nodes.update_value(|nodes| {
            let mut old = std::mem::take(nodes);
            for (number, node) in scenario.graph.nodes.iter().enumerate() {
                let mut shown = old.remove(&node.id).unwrap_or_else(|| Shown::new(number, node));
                shown.number = number;
                shown.set(node);
                nodes.insert(node.id.clone(), shown);
            }
        });
        self.links.set(Vec::new()); // links first, so that none looks for a node that is gone
        self.show_order();
        self.show_links();
        self.title.set(scenario.title);
        self.arrivals.update(|arrivals| *arrivals += 1);
        self.drop_dead_selection();
    }

    fn show_order(&self) {
        let order = self.with(|scenario| scenario.graph.nodes.iter().map(|node| node.id.clone()).collect());
        if self.order.with_untracked(|now| *now != order) {
            self.order.set(order);
        }
    }

    fn show_links(&self) {
        self.links.set(self.with(|scenario| scenario.graph.links.clone()));
    }

    fn drop_dead_selection(&self) {
        let alive = self.with(|scenario| self.selection.with_untracked(|now| now.within(&scenario.graph)));
        self.select(alive);
    }
}

/// Whether two scenarios are the same drawing, perhaps with other data in its stores.
fn same_drawing(a: &Scenario, b: &Scenario) -> bool {
    let same = |a: &Node, b: &Node| {
        let settings = a.settings == b.settings || (a.kind().is_store() && a.kind() == b.kind());
        a.id == b.id && a.name == b.name && a.at == b.at && settings
    };
    a.title == b.title
        && a.graph.links == b.graph.links
        && a.graph.nodes.len() == b.graph.nodes.len()
        && a.graph.nodes.iter().zip(&b.graph.nodes).all(|(a, b)| same(a, b))
}
