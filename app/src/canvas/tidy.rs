//! Tidying up: the server lays the drawing out, and the nodes walk to their places under the visitor's eyes.

use super::actions::Desk;
use crate::selection::Selection;
use crate::{api, browser};
use aside_domain::{NodeId, Point, Scenario};
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
        // Where they stand in the document, even while they walk after another tidying.
        let place =
            |scenario: &Scenario, id: &NodeId| scenario.graph.node(id).map_or_else(Point::default, |node| node.at);
        let from: Vec<(NodeId, Point)> =
            editor.with(|scenario| to.iter().map(|(id, _)| (id.clone(), place(scenario, id))).collect());
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
            from.iter().for_each(|(id, at)| editor.preview_move(id, *at));
            notices.announce("The drawing is tidy already.");
        }
    });
}
