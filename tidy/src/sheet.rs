//! Blocks beside and below each other, and below them, in rows, the nodes without links.

use crate::block::{Block, block};
use crate::drawing::{Drawing, LAYERS};
use crate::{COLUMN, ROW};
use aside_domain::Point;
use aside_domain::scene::GRID;
use std::cmp::Reverse;

/// How wide a sheet is beside its height, about: as screens are.
const ASPECT: f64 = 1.6;
/// The additional room between blocks, beside each other and below.
const APART: Point = Point::new(4 * GRID, 2 * GRID);

/// A place for each node of a drawing, from about the origin rightwards and downwards.
pub fn places(drawing: &Drawing) -> Vec<Point> {
    let (linked, mut alone): (Vec<_>, Vec<_>) = drawing.components().into_iter().partition(|nodes| nodes.len() > 1);
    let first = linked.iter().flatten().map(|&node| drawing.layers[node]).min().unwrap_or(LAYERS);
    let mut blocks: Vec<Block> = linked.iter().map(|component| block(drawing, component, first)).collect();
    blocks.sort_by_key(|block| Reverse(block.height)); // shelves waste least when the tall come first
    alone.sort_by_key(|nodes| nodes.first().map(|&node| drawing.layers[node]));

    let width = width(&blocks, alone.len());
    let mut places = vec![Point::default(); drawing.layers.len()];
    let (mut corner, mut shelf) = (Point::default(), 0);
    for block in &blocks {
        if corner.x > 0 && corner.x + block.width > width {
            corner = Point::new(0, corner.y + shelf + APART.y);
            shelf = 0;
        }
        for &(node, at) in &block.places {
            places[node] = Point::new(corner.x + at.x, corner.y + at.y);
        }
        corner.x += block.width + APART.x;
        shelf = shelf.max(block.height);
    }
    let top = if blocks.is_empty() { 0 } else { corner.y + shelf + APART.y };
    let columns = (f64::from(width) / f64::from(COLUMN)).round().max(1.0) as i32;
    for (nth, &node) in (0..).zip(alone.iter().flatten()) {
        places[node] = Point::new(nth % columns * COLUMN, top + nth / columns * ROW);
    }
    places
}

/// How wide the sheet should be, for so many nodes without links below these blocks.
fn width(blocks: &[Block], alone: usize) -> i32 {
    let areas = blocks.iter().map(|block| f64::from(block.width + APART.x) * f64::from(block.height + APART.y));
    let area = areas.sum::<f64>() + alone as f64 * f64::from(COLUMN) * f64::from(ROW);
    let widest = blocks.iter().map(|block| block.width).max().unwrap_or_default();
    widest.max((area * ASPECT).sqrt() as i32)
}
