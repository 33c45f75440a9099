//! What holds for every drawing.

use crate::support::scenarios::{points, scenarios, wild_graphs};
use crate::support::{faults, graph, moved};
use aside_domain::graph::check_kinds;
use aside_domain::{Graph, Kind, NodeId};
use aside_tidy::tidied;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

/// Drawings without settings, of as many nodes and links as would take a person a day.
fn drawings() -> impl Strategy<Value = Graph> {
    let counts = (0..40_usize, 1..40_usize, 0..80_usize);
    let wishes = vec((any::<Index>(), any::<Index>()), 0..160);
    (counts, wishes, vec(points(), 160)).prop_map(|((clients, servers, stores), wishes, points)| {
        let mut drawing = graph([(Kind::Client, clients), (Kind::Server, servers), (Kind::Redis, stores)], []);
        let others = clients + stores;
        for (server, other) in wishes.into_iter().filter(|_| others > 0) {
            let (server, other) = (clients + server.index(servers), other.index(others));
            let ends = if other < clients { (other, server) } else { (server, other + servers) };
            let (from, to) = (drawing.nodes[ends.0].id.clone(), drawing.nodes[ends.1].id.clone());
            if drawing.check_link(&from, &to).is_ok() {
                drawing.links.push(aside_domain::Link::new(from, to));
            }
        }
        drawing.nodes.iter_mut().zip(points).for_each(|(node, at)| node.at = at);
        drawing
    })
}

fn any_drawings() -> impl Strategy<Value = Graph> {
    prop_oneof![scenarios().prop_map(|scenario| scenario.graph), drawings()]
}

/// A drawing, and some of its nodes.
fn parts() -> impl Strategy<Value = (Graph, Vec<NodeId>)> {
    any_drawings().prop_flat_map(|graph| {
        let ids: Vec<NodeId> = graph.nodes.iter().map(|node| node.id.clone()).collect();
        (Just(graph), 0..=ids.len()).prop_flat_map(move |(graph, count)| (Just(graph), subsequence(ids.clone(), count)))
    })
}

/// Those nodes alone, and the links between them; all, if none is named.
fn part(graph: &Graph, only: &[NodeId]) -> Graph {
    let mut part = graph.clone();
    if !only.is_empty() {
        part.nodes.retain(|node| only.contains(&node.id));
        part.links.retain(|link| only.contains(&link.from) && only.contains(&link.to));
    }
    part
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cards_keep_their_distance_on_the_grid_and_links_point_right(drawing in any_drawings()) {
        prop_assert_eq!(faults(&moved(&drawing, &[])), [""; 0]);
    }

    #[test]
    fn so_it_is_with_a_part_of_a_drawing((drawing, only) in parts()) {
        prop_assert_eq!(faults(&part(&moved(&drawing, &only), &only)), [""; 0]);
    }

    #[test]
    fn each_node_gets_one_place_in_the_drawings_order((drawing, only) in parts()) {
        let ids: Vec<NodeId> = part(&drawing, &only).nodes.into_iter().map(|node| node.id).collect();
        prop_assert_eq!(tidied(&drawing, &only).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), ids);
    }

    #[test]
    fn the_same_drawing_is_always_tidied_in_the_same_way((drawing, only) in parts()) {
        prop_assert_eq!(tidied(&drawing, &only), tidied(&drawing, &only));
    }

    #[test]
    fn who_tidies_twice_moves_nothing_the_second_time((drawing, only) in parts()) {
        let once = moved(&drawing, &only);
        prop_assert_eq!(moved(&once, &only), once);
    }

    #[test]
    fn where_nodes_stand_decides_nothing_but_the_middle(drawing in any_drawings(), at in points()) {
        let mut together = drawing.clone();
        together.nodes.iter_mut().for_each(|node| node.at = at);
        let shape = |graph: &Graph| -> Vec<(i32, i32)> {
            let places = tidied(graph, &[]);
            places.iter().map(|(_, place)| (place.x - places[0].1.x, place.y - places[0].1.y)).collect()
        };
        prop_assert_eq!(shape(&drawing), shape(&together));
    }

    #[test]
    fn what_nobody_could_draw_is_tidied_too(wild in wild_graphs()) {
        let tidy = tidied(&wild, &[]);
        prop_assert_eq!(tidy.len(), wild.nodes.len());
        let mut drawn = wild;
        drawn.nodes.iter_mut().zip(tidy).for_each(|(node, (_, at))| node.at = at);
        let kind = |graph: &Graph, id: &NodeId| graph.nodes.iter().find(|node| node.id == *id).map(|node| node.kind());
        let is_unique = |graph: &Graph, id: &NodeId| graph.nodes.iter().filter(|node| node.id == *id).count() == 1;
        let graph = drawn.clone();
        drawn.links.retain(|link| {
            let kinds = kind(&graph, &link.from).zip(kind(&graph, &link.to));
            kinds.is_some_and(|(from, to)| check_kinds(from, to).is_ok())
                && is_unique(&graph, &link.from)
                && is_unique(&graph, &link.to)
        });
        prop_assert_eq!(faults(&drawn), [""; 0]);
    }
}
