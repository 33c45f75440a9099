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

/// Cards at `moving` snap to cards at `standing`, each edge to the same edge and the middle to the middle, if they are no further
/// apart than `reach`; in a direction in which none is near, the first of them snaps to the grid.
#[must_use]
pub fn snapped(moving: &[Point], standing: &[Point], reach: i32) -> Snapped {
    let (Some((low, high)), Some(first)) = (bounds(moving.iter().copied()), moving.first()) else {
        return Snapped::default();
    };
    let on_grid = first.snapped(GRID);
    let (xs, ys) = (lines(low.x, high.x), lines(low.y, high.y));
    let x = nearest(xs, standing.iter().map(|card| lines(card.x, card.x + CARD_WIDTH)), reach);
    let y = nearest(ys, standing.iter().map(|card| lines(card.y, card.y + CARD_HEIGHT)), reach);
    let by = Point::new(x.unwrap_or(on_grid.x - first.x), y.unwrap_or(on_grid.y - first.y));
    let guide = |is_upright: bool, edge: usize| {
        let (at, from, to) = match is_upright {
            true => (xs[edge] + by.x, low.y + by.y, high.y + by.y),
            false => (ys[edge] + by.y, low.x + by.x, high.x + by.x),
        };
        let in_line = standing.iter().filter_map(|card| {
            let [x, y] = [lines(card.x, card.x + CARD_WIDTH), lines(card.y, card.y + CARD_HEIGHT)];
            let (across, along) = if is_upright { (x, y) } else { (y, x) };
            (across[edge] == at).then_some((along[0], along[2]))
        });
        let ends = in_line.fold(None, |ends: Option<(i32, i32)>, (low, high)| {
            let (first, last) = ends.unwrap_or((from, to));
            Some((first.min(low), last.max(high)))
        });
        ends.map(|(from, to)| Guide { is_upright, at, from, to })
    };
    // One line a direction is enough: cards that have one edge in line have all, being of one size.
    let best = |is_upright: bool| [1, 0, 2].into_iter().find_map(|edge| guide(is_upright, edge));
    let upright = x.and_then(|_| best(true));
    Snapped { by, guides: upright.into_iter().chain(y.and_then(|_| best(false))).collect() }
}

/// The edges of what goes from `low` to `high`, and its middle between them.
const fn lines(low: i32, high: i32) -> [i32; 3] {
    [low, i32::midpoint(low, high), high]
}

/// The shortest way that brings one of these lines onto the same line of a card.
fn nearest(own: [i32; 3], cards: impl Iterator<Item = [i32; 3]>, reach: i32) -> Option<i32> {
    let ways = cards.flat_map(|card| [card[0] - own[0], card[1] - own[1], card[2] - own[2]]);
    ways.filter(|way| way.abs() <= reach).min_by_key(|way| (way.abs(), *way))
}
