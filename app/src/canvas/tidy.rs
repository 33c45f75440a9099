//! Tidying up: the server lays the drawing out, and the nodes walk to their places under the visitor's eyes.

use super::actions::Desk;
use crate::selection::Selection;
use crate::{api, browser};
use aside_domain::{NodeId, Point};
use leptos::task::spawn_local;

/// How long they walk, in milliseconds.
const WALK_MS: f64 = 280.0;

/// Lays out what is selected, if that is more than one node, or else the whole drawing: one edit.
pub fn tidy(desk: Desk) {
    let (editor, notices) = (desk.bench.editor, desk.bench.notices);
    let selected = editor.selection().with_untracked(Selection::sorted).nodes;
    let nodes: Vec<NodeId> = if selected.len() > 1 { selected } else { editor.order().get_untracked() };
    let graph = editor.with(|scenario| scenario.graph.clone());
    spawn_local(async move {
        let to = match api::tidy(graph, nodes.clone()).await {
            Ok(to) => to,
            Err(error) => return notices.warn(error.to_string()),
        };
        let from = editor.places(&to.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>());
        let (began, is_still) = (browser::now_ms(), browser::prefers_reduced_motion());
        loop {
            let way = (browser::now_ms() - began) / WALK_MS;
            if is_still || way >= 1.0 {
                break;
            }
            let eased = way * way * (3.0 - 2.0 * way);
            let between = |a: i32, b: i32| a + (f64::from(b - a) * eased).round() as i32;
            for ((id, a), (_, b)) in from.iter().zip(&to) {
                editor.preview_move(id, Point::new(between(a.x, b.x), between(a.y, b.y)));
            }
            browser::next_frame().await;
        }
        if editor.arrive(&to) {
            notices.announce("The drawing is tidy.");
        } else {
            let places = editor.with(|scenario| {
                let place = |(id, _): &(NodeId, Point)| scenario.graph.node(id).map(|node| (node.id.clone(), node.at));
                to.iter().filter_map(place).collect::<Vec<_>>()
            });
            places.iter().for_each(|(id, at)| editor.preview_move(id, *at));
            notices.announce("The drawing is tidy already.");
        }
    });
}
