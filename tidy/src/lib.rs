//! Tidying up: new places for the nodes of a drawing, in layers from left to right along its links.
//!
//! Clients stand left, servers right of them, stores on the right. Which node stands above which is found by
//! `rust-sugiyama` (Sugiyama's layered drawing: barycenters against crossings, Brandes and Köpf's coordinates); where the
//! cards then stand, on the grid and with room between them, is decided here.
//!
//! # Layout
//!
//! - [`tidied`]: the one question, and its answer.
//! - `drawing` takes of a graph what decides the places, and parts it into what hangs together.
//! - `block` lays one such part out in layers; nothing else knows the library.
//! - `sheet` puts the blocks beside and below each other, and nodes without links below them all.
//!
//! *Invariant*: places follow from kinds and links, and from the middle of what is tidied. So the same drawing is always
//! tidied in the same way, and who tidies twice moves nothing the second time.
//!
//! *Invariant*: every graph can be tidied, one that breaks the drawing's rules too: what nobody could draw is no link.

mod block;
mod drawing;
mod sheet;

use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH, GRID};
use aside_domain::{Graph, Node, NodeId, Point, limits};
use drawing::Drawing;
use std::collections::HashSet;

/// From one column of cards to the next, in canvas pixels: a card, and room for a packet to be seen.
const COLUMN: i32 = on_grid(CARD_WIDTH + 5 * GRID, GRID);
/// From one row of cards to the next. Half of it lies on the grid too, so that a card can stand midway between two others.
const ROW: i32 = on_grid(CARD_HEIGHT + 2 * GRID, 2 * GRID);

/// The next multiple of `step`.
const fn on_grid(length: i32, step: i32) -> i32 {
    (length + step - 1) / step * step
}

/// A new place for each of these nodes, or for all if none is named, in the graph's order.
///
/// Only these nodes and the links between them are looked at: another node stays where it is, even where one of these will
/// come to stand. The middle of the smallest rectangle around these stays where it was, as near as the grid and
/// [`limits::CANVAS_REACH`] allow. An id that no node has is passed over.
#[must_use]
pub fn tidied(graph: &Graph, only: &[NodeId]) -> Vec<(NodeId, Point)> {
    let only: HashSet<&NodeId> = only.iter().collect();
    let nodes: Vec<&Node> = graph.nodes.iter().filter(|node| only.is_empty() || only.contains(&node.id)).collect();
    let places = sheet::places(&Drawing::of(&nodes, &graph.links));
    let now = nodes.iter().map(|node| node.at.within_reach());
    let Some((x, y)) = shift(now, &places) else { return Vec::new() };
    let moved = places.into_iter().map(|at| Point::new(at.x + x, at.y + y));
    nodes.iter().map(|node| node.id.clone()).zip(moved).collect()
}

/// How far places have to be moved for their middle to come where that of the nodes is now. None if there are none.
fn shift(now: impl Iterator<Item = Point>, places: &[Point]) -> Option<(i32, i32)> {
    // Of the cards' corners: their size is the same before and after.
    let (now_x, now_y): (Vec<i32>, Vec<i32>) = now.map(|at| (at.x, at.y)).unzip();
    let (new_x, new_y): (Vec<i32>, Vec<i32>) = places.iter().map(|at| (at.x, at.y)).unzip();
    let along = |now: &[i32], new: &[i32]| {
        let (first, last) = (new.iter().min()?, new.iter().max()?);
        let twice = now.iter().min()? + now.iter().max()? - first - last;
        let reach = limits::CANVAS_REACH / GRID * GRID;
        Some(nearest(twice / 2).min(reach - last).max(-reach - first))
    };
    Some((along(&now_x, &new_x)?, along(&now_y, &new_y)?))
}

/// The nearest length on the grid.
fn nearest(length: i32) -> i32 {
    Point::new(length, 0).snapped(GRID).x
}
