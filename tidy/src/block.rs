//! A component, laid out in layers.
//!
//! The library is asked for one thing: how high each node of a component should stand. The layers are known from the kinds,
//! and it is asked in a way that gives it the same ones: [`RankingType::Up`] puts every node right behind the last that has a
//! link to it, and a server that no client asks gets a stand-in for one. Without cycles and without links that span a layer,
//! the parts of the library that can loop or fail are never reached.

use crate::drawing::{CLIENTS, Drawing, LAYERS, SERVERS};
use crate::{COLUMN, ROW, nearest};
use aside_domain::{Point, limits};
use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};
use rust_sugiyama::from_vertices_and_edges;
use std::collections::HashMap;

/// How many cards stand below each other; a layer of more is folded into several columns.
const TALLEST: usize = 32;

/// Up to so many nodes and links together, the library also swaps neighbours in pairs wherever that saves a crossing. Time
/// for that grows faster than the square, and who sees more cards than these sees no single crossing.
const SWAPPED: usize = 300;

/// Laid out nodes: a part of the sheet.
pub struct Block {
    /// Where each node stands, from the upper left corner of the block.
    pub places: Vec<(usize, Point)>,
    /// Its width, with the room to what stands right of it.
    pub width: i32,
    /// Its height, with the room to what stands below.
    pub height: i32,
}

/// Lays out one component. `first` is the layer that stands leftmost on the sheet, in all blocks.
pub fn block(drawing: &Drawing, component: &[usize], first: usize) -> Block {
    let mut layers: [Vec<usize>; LAYERS] = Default::default();
    for (at, &node) in component.iter().enumerate() {
        layers[drawing.layers[node]].push(at);
    }
    let folds = layers.each_ref().map(|layer| layer.len().div_ceil(TALLEST).max(1));
    let wished = heights(drawing, component, &folds, first);
    for layer in &mut layers {
        layer.sort_by(|&a, &b| wished[a].total_cmp(&wished[b])); // stable: who wishes the same keeps the component's order
    }
    let rows = rows(&layers, folds, &wished);

    let top = rows.iter().flatten().min().copied().unwrap_or_default();
    let bottom = rows.iter().flatten().max().copied().unwrap_or_default();
    let mut places = Vec::with_capacity(component.len());
    let (mut start, mut columns) = (0, 0);
    for layer in first..LAYERS {
        for (nth, &at) in layers[layer].iter().enumerate() {
            let column = start + nth % folds[layer];
            columns = columns.max(column + 1);
            places.push((component[at], Point::new(column as i32 * COLUMN, rows[layer][nth / folds[layer]] - top)));
        }
        start += folds[layer];
    }
    Block { places, width: columns as i32 * COLUMN, height: bottom - top + ROW }
}

/// How high each node of a component should stand, in pixels; the smaller, the higher.
fn heights(drawing: &Drawing, component: &[usize], folds: &[usize; LAYERS], first: usize) -> Vec<f64> {
    let numbers: HashMap<usize, u32> = component.iter().copied().zip(0..).collect();
    let height = |node: usize| f64::from(ROW) / folds[drawing.layers[node]] as f64;
    let mut vertices: Vec<(u32, (f64, f64))> =
        component.iter().copied().zip(0..).map(|(node, number)| (number, (height(node), 1.0))).collect();
    let links = component.iter().flat_map(|node| drawing.links[*node].iter().map(move |to| (node, to)));
    let mut edges: Vec<(u32, u32)> =
        links.filter_map(|(from, to)| Some((*numbers.get(from)?, *numbers.get(to)?))).collect();
    if first == CLIENTS {
        let mut is_asked = vec![false; component.len()];
        edges.iter().for_each(|&(_, to)| is_asked[to as usize] = true);
        for (&node, number) in component.iter().zip(0..) {
            if drawing.layers[node] == SERVERS && !is_asked[number as usize] {
                let stand_in = vertices.len() as u32;
                vertices.push((stand_in, (0.0, 1.0)));
                edges.push((stand_in, number));
            }
        }
    }
    edges.reverse(); // the library begins with the edges that came last

    let config = Config {
        vertex_spacing: 0.0, // it is part of the heights
        ranking_type: RankingType::Up,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: vertices.len() + edges.len() <= SWAPPED,
        ..Config::default()
    };
    let mut wished = vec![0.0; component.len()];
    for (number, (height, _)) in from_vertices_and_edges(&vertices, &edges, &config).into_iter().flat_map(|part| part.0)
    {
        if let Some(wish) = wished.get_mut(number) {
            *wish = height;
        }
    }
    wished
}

/// How high each row of each layer stands: on the grid, as near as can be to what its nodes wish, and clear of the row above.
fn rows(layers: &[Vec<usize>; LAYERS], folds: [usize; LAYERS], wished: &[f64]) -> [Vec<i32>; LAYERS] {
    let mut rows: [Vec<i32>; LAYERS] = Default::default();
    let reach = f64::from(limits::CANVAS_REACH);
    for ((rows, layer), folds) in rows.iter_mut().zip(layers).zip(folds) {
        for row in layer.chunks(folds) {
            let wish = row.iter().map(|&at| wished[at]).sum::<f64>() / row.len() as f64;
            let clear = rows.last().map_or(i32::MIN, |above| above + ROW);
            rows.push(nearest(wish.clamp(-reach, reach) as i32).max(clear));
        }
    }
    let tallest = rows.iter().map(Vec::len).max().unwrap_or_default() as i32;
    let span = rows.iter().flatten().max().zip(rows.iter().flatten().min()).map_or(0, |(low, high)| low - high);
    if span > 2 * tallest * ROW {
        // The library promises no height. It has not come near this one; if it did, order matters more than what it wished.
        for rows in &mut rows {
            let above = (tallest - rows.len() as i32) * ROW / 2;
            rows.iter_mut().zip(0..).for_each(|(row, nth)| *row = above + nth * ROW);
        }
    }
    rows
}
