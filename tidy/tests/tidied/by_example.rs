//! Drawings that a person would draw, and what comes of them.

use crate::support::{crossings, faults, graph, id, links, moved};
use aside_domain::{Graph, Kind, NodeId, Point, Scenario};
use aside_tidy::tidied;

const FEW: [(Kind, usize); 3] = [(Kind::Client, 2), (Kind::Server, 2), (Kind::Redis, 3)];

fn at(graph: &Graph, node: &str) -> Point {
    graph.node(&id(node)).expect("a node").at
}

#[test]
fn an_empty_drawing_stays_empty() {
    assert_eq!(tidied(&Graph::default(), &[]), []);
}

#[test]
fn a_single_node_snaps_to_the_grid() {
    let mut alone = graph([(Kind::Client, 1), (Kind::Server, 0), (Kind::Redis, 0)], []);
    alone.nodes[0].at = Point::new(100, -35);
    assert_eq!(tidied(&alone, &[]), [(id("client-0"), Point::new(96, -24))]);
}

#[test]
fn the_textbook_stands_in_three_columns_with_the_server_midway() {
    let textbook = Scenario::textbook().graph;
    let tidy = moved(&textbook, &[]);
    let place = |kind| tidy.nodes.iter().find(|node| node.kind() == kind).expect("a node of each kind").at;
    let [client, server, redis, postgres] = Kind::ALL.map(place);
    assert_eq!(server.x - client.x, redis.x - server.x);
    assert_eq!(redis.x, postgres.x);
    assert_eq!(client.y, server.y);
    assert_eq!(redis.y + postgres.y, 2 * server.y);
    assert!(redis.y < postgres.y, "what is asked first stands above");
}

#[test]
fn what_is_linked_in_a_muddle_is_untangled() {
    let counts = [(Kind::Client, 1), (Kind::Server, 4), (Kind::Redis, 8)];
    let muddle = "client-0 server-2, client-0 server-0, client-0 server-3, client-0 server-1, \
                  server-0 redis-7, server-1 redis-0, server-2 redis-4, server-3 redis-2, \
                  server-0 redis-1, server-1 redis-5, server-2 redis-6, server-3 redis-3";
    let tidy = moved(&graph(counts, links(muddle)), &[]);
    assert_eq!(crossings(&tidy), 0);
    assert_eq!(faults(&tidy), [""; 0]);
}

#[test]
fn a_server_that_no_client_asks_stands_with_the_servers() {
    let drawing = graph(FEW, links("client-0 server-0, server-0 redis-0, server-1 redis-0, server-1 redis-1"));
    let tidy = moved(&drawing, &[]);
    assert_eq!(at(&tidy, "server-0").x, at(&tidy, "server-1").x);
    assert_eq!(at(&tidy, "redis-0").x, at(&tidy, "redis-1").x);
}

#[test]
fn a_server_that_asks_nothing_stands_with_the_servers() {
    let tidy = moved(&graph(FEW, links("client-0 server-0, client-0 server-1, server-0 redis-0")), &[]);
    assert_eq!(at(&tidy, "server-0").x, at(&tidy, "server-1").x);
    assert!(at(&tidy, "server-1").x < at(&tidy, "redis-0").x);
}

#[test]
fn parts_that_do_not_hang_together_share_their_columns() {
    let tidy = moved(&graph(FEW, links("client-0 server-0, server-0 redis-0, server-1 redis-1")), &[]);
    assert_eq!(at(&tidy, "server-0").x, at(&tidy, "server-1").x);
    assert_eq!(at(&tidy, "redis-0").x, at(&tidy, "redis-1").x);
}

#[test]
fn nodes_without_links_stand_below_all_others() {
    let tidy = moved(&graph(FEW, links("client-0 server-0, server-0 redis-0, server-0 redis-1")), &[]);
    let lowest = ["client-0", "server-0", "redis-0", "redis-1"].map(|node| at(&tidy, node).y).into_iter().max();
    let alone = ["client-1", "server-1", "redis-2"].map(|node| at(&tidy, node));
    assert!(alone.iter().all(|place| Some(place.y) > lowest && place.y == alone[0].y));
    assert!(alone.is_sorted_by_key(|place| place.x));
}

#[test]
fn only_what_is_named_moves() {
    let drawing = graph(FEW, links("client-0 server-0, client-1 server-1, server-0 redis-0, server-1 redis-0"));
    let only: Vec<NodeId> = ["server-1", "redis-0", "gone"].map(id).into();
    let places = tidied(&drawing, &only);
    assert_eq!(places.iter().map(|(node, _)| node.as_str()).collect::<Vec<_>>(), ["server-1", "redis-0"]);
    assert!(places[0].1.x < places[1].1.x);
}

#[test]
fn the_middle_stays_where_it_was() {
    let mut drawing = graph(FEW, links("client-0 server-0, client-1 server-0, server-0 redis-0"));
    drawing.nodes.iter_mut().zip(0..).for_each(|(node, nth)| node.at = Point::new(24_000 + 48 * nth, 9_600 - 96 * nth));
    let middle = |graph: &Graph| {
        let (low, high) = aside_domain::scene::bounds(graph.nodes.iter().map(|node| node.at)).expect("nodes");
        (low.x + high.x, low.y + high.y)
    };
    let (before, after) = (middle(&drawing), middle(&moved(&drawing, &[])));
    assert!((before.0 - after.0).abs() <= 24 && (before.1 - after.1).abs() <= 24, "{before:?}, {after:?}");
}

#[test]
fn what_stands_at_the_edge_of_the_canvas_stays_within_it() {
    let mut drawing = graph(FEW, links("client-0 server-0, client-1 server-0, server-0 redis-0"));
    drawing.nodes.iter_mut().for_each(|node| node.at = Point::new(100_000, -100_000));
    assert_eq!(faults(&moved(&drawing, &[])), [""; 0]);
}
