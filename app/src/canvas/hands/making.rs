//! What hands make: nodes and links.

use super::super::focus::focus_node_soon;
use super::{Hands, Preview};
use crate::selection::Part;
use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH, GRID};
use aside_domain::{Kind, Name, Node, NodeId, Point, Settings};

impl Hands {
    /// Starts a link that ends at the node that is chosen next.
    pub fn start_connecting(&self, from: &NodeId) {
        self.preview.set(Some(Preview { from: from.clone(), pointer: None, target: None }));
        self.notices.announce(format!(
            "Linking from {}. Tap the target, or go to it with Tab and press Enter; Escape cancels.",
            self.name(from)
        ));
    }

    /// Ends a link at a node.
    pub fn finish_connecting(&self, to: &NodeId) {
        let Some(preview) = self.preview.get_untracked() else {
            return;
        };
        self.preview.set(None);
        if self.editor.apply(self.editor.with(|scenario| scenario.connect(preview.from.clone(), to.clone()))) {
            self.notices.announce(format!("Linked {} to {}.", self.name(&preview.from), self.name(to)));
        }
    }

    /// Adds a node of a kind in free room near the middle of what is seen. With a pointer, the next click on free
    /// ground puts it there; with the keyboard, it gets the focus and the arrows move it.
    pub fn add_nearby(&self, kind: Kind, with_pointer: bool) {
        let (x, y) = self.viewport.middle();
        let at = self.free_room(centered(x, y, false));
        if let Some(id) = self.add(kind, at)
            && with_pointer
        {
            self.placing.set(Some(id));
        }
    }

    /// Adds a node of a kind around a point of the window.
    pub fn add_at(&self, kind: Kind, (x, y): (f64, f64)) {
        let (x, y) = self.viewport.canvas_point(x, y);
        self.add(kind, centered(x, y, false));
    }

    pub(super) fn add(&self, kind: Kind, at: Point) -> Option<NodeId> {
        let id = kind.fresh_id(&crate::browser::random_suffix()).ok()?;
        let name = Name::new(self.editor.with(|scenario| scenario.graph.fresh_name(kind))).ok()?;
        let announcement = format!("{name} added.");
        let node = Node { id: id.clone(), name, at: at.within_reach(), settings: Settings::of(kind) };
        if !self.editor.apply(self.editor.with(|scenario| scenario.insert(node))) {
            return None;
        }
        self.viewport.reveal(at);
        self.editor.select(Part::Node(id.clone()));
        self.notices.announce(announcement);
        focus_node_soon(&id);
        Some(id)
    }

    /// The first place from `at` on, downwards and then to the right, where a card overlaps no other.
    fn free_room(&self, at: Point) -> Point {
        let gap = GRID;
        let is_free = |at: Point| {
            self.editor.with(|scenario| {
                scenario.graph.nodes.iter().all(|node| {
                    (node.at.x - at.x).abs() >= CARD_WIDTH + gap || (node.at.y - at.y).abs() >= CARD_HEIGHT + gap
                })
            })
        };
        let step = |column: i32, row: i32| {
            Point::new(at.x + column * (CARD_WIDTH + 2 * gap), at.y + row * (CARD_HEIGHT + 2 * gap)).snapped(GRID)
        };
        let near = (0..50).flat_map(|ring| (0..=ring).map(move |column| step(column, ring - column)));
        near.into_iter().find(|&at| is_free(at)).unwrap_or(at)
    }

    pub(super) fn name(&self, id: &NodeId) -> String {
        self.editor.with(|scenario| scenario.graph.node(id).map_or_else(String::new, |node| node.name.to_string()))
    }
}

/// The place of a card whose upper left corner is near a point: on the grid, unless it is to stand freely.
fn snapped(at: (f64, f64), freely: bool) -> Point {
    let at = Point::new(at.0.round() as i32, at.1.round() as i32);
    (if freely { at } else { at.snapped(GRID) }).within_reach()
}

/// The place of a card whose middle is near a point.
pub(super) fn centered(x: f64, y: f64, freely: bool) -> Point {
    snapped((x - f64::from(CARD_WIDTH) / 2.0, y - f64::from(CARD_HEIGHT) / 2.0), freely)
}
