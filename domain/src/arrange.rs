//! Nodes brought into line: aligned with each other, or spread evenly.

use crate::graph::{Graph, NodeId, Point};
use crate::scene::{CARD_HEIGHT, CARD_WIDTH, bounds};

/// A way to bring nodes into line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    /// All as far left as the leftmost.
    Left,
    /// All in the middle between left and right.
    Center,
    /// All as far right as the rightmost.
    Right,
    /// All as high as the highest.
    Top,
    /// All in the middle between top and bottom.
    Middle,
    /// All as low as the lowest.
    Bottom,
    /// From left to right with equal gaps; the outermost stay.
    Across,
    /// From top to bottom with equal gaps; the outermost stay.
    Down,
}

impl Arrangement {
    /// How many nodes it takes to make a difference.
    #[must_use]
    pub const fn least(self) -> usize {
        match self {
            Self::Across | Self::Down => 3,
            _ => 2,
        }
    }
}

/// The places of these nodes once they are in line; of those that there are.
#[must_use]
pub fn arranged(graph: &Graph, nodes: &[NodeId], how: Arrangement) -> Vec<(NodeId, Point)> {
    let mut places: Vec<(NodeId, Point)> =
        nodes.iter().filter_map(|id| Some((id.clone(), graph.node(id)?.at))).collect();
    let Some((low, high)) = bounds(places.iter().map(|(_, at)| *at)) else { return places };
    let (right, bottom) = (high.x - CARD_WIDTH, high.y - CARD_HEIGHT);
    match how {
        Arrangement::Left => places.iter_mut().for_each(|(_, at)| at.x = low.x),
        Arrangement::Center => places.iter_mut().for_each(|(_, at)| at.x = i32::midpoint(low.x, right)),
        Arrangement::Right => places.iter_mut().for_each(|(_, at)| at.x = right),
        Arrangement::Top => places.iter_mut().for_each(|(_, at)| at.y = low.y),
        Arrangement::Middle => places.iter_mut().for_each(|(_, at)| at.y = i32::midpoint(low.y, bottom)),
        Arrangement::Bottom => places.iter_mut().for_each(|(_, at)| at.y = bottom),
        Arrangement::Across => spread(&mut places, |at| &mut at.x),
        Arrangement::Down => spread(&mut places, |at| &mut at.y),
    }
    places
}

/// Puts the nodes between the outermost two at equal steps, in the order in which they stand.
fn spread(places: &mut [(NodeId, Point)], axis: fn(&mut Point) -> &mut i32) {
    let before: Vec<i32> = places.iter_mut().map(|(_, at)| *axis(at)).collect();
    let (Some(&first), Some(&last)) = (before.iter().min(), before.iter().max()) else { return };
    let steps = places.len().saturating_sub(1).max(1) as i64;
    for (index, (_, at)) in places.iter_mut().enumerate() {
        // Its rank; sorting would be much code for the browser.
        let is_ahead = |(other, it): (usize, &i32)| (*it, other) < (before[index], index);
        let rank = before.iter().enumerate().filter(|it| is_ahead(*it)).count() as i64;
        *axis(at) = first + (i64::from(last - first) * rank / steps) as i32;
    }
}
