//! Guides: what moves snaps into line with what stands near.

use crate::graph::Point;
use crate::scene::{CARD_HEIGHT, CARD_WIDTH, GRID, bounds};

/// A line along which cards are in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guide {
    /// Whether it goes from top to bottom; else it goes from left to right.
    pub is_upright: bool,
    /// Where it stands, across its way.
    pub at: i32,
    /// From where to where it goes, from the first card that is in line to the last.
    pub from: i32,
    /// See `from`.
    pub to: i32,
}

/// Where something that is being moved comes to stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapped {
    /// By how much it goes beside the pointer, to the right and downwards.
    pub by: Point,
    /// The lines along which it is then in line.
    pub guides: Vec<Guide>,
}

/// Cards at `moving` snap to cards at `standing`, edges to edges and middles to middles, if they are no further apart than
/// `reach`; in a direction in which none is near, the first of them snaps to the grid.
#[must_use]
pub fn snapped(moving: &[Point], standing: &[Point], reach: i32) -> Snapped {
    let (Some((low, high)), Some(first)) = (bounds(moving.iter().copied()), moving.first()) else {
        return Snapped::default();
    };
    let on_grid = first.snapped(GRID);
    let x = nearest([low.x, i32::midpoint(low.x, high.x), high.x], standing.iter().map(|at| at.x), CARD_WIDTH, reach);
    let y = nearest([low.y, i32::midpoint(low.y, high.y), high.y], standing.iter().map(|at| at.y), CARD_HEIGHT, reach);
    let by = Point::new(x.unwrap_or(on_grid.x - first.x), y.unwrap_or(on_grid.y - first.y));
    let (low, high) = (Point::new(low.x + by.x, low.y + by.y), Point::new(high.x + by.x, high.y + by.y));
    let mut guides = Vec::new();
    for at in [low.x, i32::midpoint(low.x, high.x), high.x].into_iter().filter(|_| x.is_some()) {
        let beside = standing.iter().filter(|card| edges(card.x, CARD_WIDTH).contains(&at)).map(|card| card.y);
        guides.extend(guide(true, at, beside, (low.y, high.y), CARD_HEIGHT));
    }
    for at in [low.y, i32::midpoint(low.y, high.y), high.y].into_iter().filter(|_| y.is_some()) {
        let beside = standing.iter().filter(|card| edges(card.y, CARD_HEIGHT).contains(&at)).map(|card| card.x);
        guides.extend(guide(false, at, beside, (low.x, high.x), CARD_WIDTH));
    }
    Snapped { by, guides }
}

/// A card's two edges, and its middle.
const fn edges(at: i32, length: i32) -> [i32; 3] {
    [at, at + length / 2, at + length]
}

/// The shortest way that brings one of these lines onto one of the cards' lines; the same edge first where several are as near.
fn nearest(lines: [i32; 3], cards: impl Iterator<Item = i32>, length: i32, reach: i32) -> Option<i32> {
    let ways = cards.flat_map(|card| {
        let own = edges(card, length);
        lines.into_iter().flat_map(move |line| own.into_iter().map(move |to| to - line))
    });
    ways.filter(|way| way.abs() <= reach).min_by_key(|way| (way.abs(), *way))
}

fn guide(
    is_upright: bool,
    at: i32,
    cards: impl Iterator<Item = i32>,
    (low, high): (i32, i32),
    length: i32,
) -> Option<Guide> {
    let ends = cards.fold(None, |ends: Option<(i32, i32)>, card| {
        let (from, to) = ends.unwrap_or((low, high));
        Some((from.min(card), to.max(card + length)))
    });
    ends.map(|(from, to)| Guide { is_upright, at, from, to })
}
