//! Nodes that follow the hand, together, and snap into line with those that stand.

use crate::editor::Editor;
use aside_domain::guides::{Guide, snapped};
use aside_domain::{NodeId, Point};

/// How near an edge has to come to another to snap to it, in pixels of the window.
const REACH: f64 = 6.0;

/// Nodes that are being dragged, from a press on.
#[derive(Debug, PartialEq)]
pub struct Drag {
    /// Where they stood; the one under the pointer first, for that one goes on the grid.
    from: Vec<(NodeId, Point)>,
    /// Where the others stand that can be seen.
    standing: Vec<Point>,
    /// Where the pointer was, on the canvas.
    grabbed: (f64, f64),
}

impl Drag {
    /// These nodes, taken at a point of the canvas by the first of them. Whatever `is_seen` can be snapped to.
    pub fn of(editor: Editor, nodes: &[NodeId], grabbed: (f64, f64), is_seen: impl Fn(Point) -> bool) -> Self {
        let standing = editor.with(|scenario| {
            let others = scenario.graph.nodes.iter().filter(|node| !nodes.contains(&node.id));
            others.map(|node| node.at).filter(|at| is_seen(*at)).collect()
        });
        Self { from: editor.places(nodes), standing, grabbed }
    }

    /// Shows them where the hand has them now; tells what they are in line with. Freely, they snap to nothing.
    pub fn to(&self, editor: Editor, hand: (f64, f64), zoom: f64, freely: bool) -> Vec<Guide> {
        let by = |of: Point, by: (f64, f64)| Point::new(of.x + by.0.round() as i32, of.y + by.1.round() as i32);
        let way = (hand.0 - self.grabbed.0, hand.1 - self.grabbed.1);
        let moving: Vec<Point> = self.from.iter().map(|(_, at)| by(*at, way)).collect();
        let there = if freely { Default::default() } else { snapped(&moving, &self.standing, (REACH / zoom) as i32) };
        for ((id, _), at) in self.from.iter().zip(moving) {
            editor.preview_move(id, Point::new(at.x + there.by.x, at.y + there.by.y));
        }
        there.guides
    }

    /// Shows them where they stood.
    pub fn back(&self, editor: Editor) {
        self.from.iter().for_each(|(id, at)| editor.preview_move(id, *at));
    }

    /// Makes an edit of it.
    pub fn arrive(&self, editor: Editor) -> bool {
        let nodes: Vec<NodeId> = self.from.iter().map(|(id, _)| id.clone()).collect();
        editor.arrive(&editor.places(&nodes))
    }
}
