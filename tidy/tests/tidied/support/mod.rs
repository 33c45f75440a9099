//! Drawings to tidy, and what must be true of them afterwards.

#[path = "../../../../domain/tests/domain/support/scenarios.rs"]
#[expect(dead_code, reason = "the domain's tests use the rest")]
pub mod scenarios;

use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH, GRID};
use aside_domain::{Graph, Key, Kind, Link, Name, Node, NodeId, Point, Settings};
use aside_tidy::tidied;
use std::collections::HashMap;

pub fn id(text: &str) -> NodeId {
    NodeId::new(text).expect("a node id")
}

pub fn key(text: &str) -> Key {
    Key::new(text).expect("a key")
}

/// A drawing of these nodes, named by their kind and number as in `server-1`, and of these links between them.
pub fn graph(counts: [(Kind, usize); 3], links: impl IntoIterator<Item = (String, String)>) -> Graph {
    let node = |kind: Kind, number| Node {
        id: id(&format!("{}-{number}", kind.word())),
        name: Name::new("A node").expect("a name"),
        at: Point::default(),
        settings: Settings::of(kind),
    };
    Graph {
        nodes: counts.into_iter().flat_map(|(kind, count)| (0..count).map(move |number| node(kind, number))).collect(),
        links: links.into_iter().map(|(from, to)| Link::new(id(&from), id(&to))).collect(),
    }
}

/// The ends of links, from text such as `client-0 server-0, server-0 redis-1`.
pub fn links(text: &str) -> Vec<(String, String)> {
    let ends = text.split(", ").filter_map(|link| link.split_once(' '));
    ends.map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
}

/// The graph with its nodes at their new places.
pub fn moved(graph: &Graph, only: &[NodeId]) -> Graph {
    let places: HashMap<NodeId, Point> = tidied(graph, only).into_iter().collect();
    let mut moved = graph.clone();
    for node in &mut moved.nodes {
        node.at = places.get(&node.id).copied().unwrap_or(node.at);
    }
    moved
}

/// What is wrong with a tidied drawing; nothing, if it is as it should be.
pub fn faults(graph: &Graph) -> Vec<String> {
    let mut faults = Vec::new();
    let mut by_column: Vec<&Node> = graph.nodes.iter().collect();
    by_column.sort_by_key(|node| (node.at.x, node.at.y));
    for (nth, node) in by_column.iter().enumerate() {
        if node.at != node.at.snapped(GRID) || node.at != node.at.within_reach() {
            faults.push(format!("{} stands off the grid or too far out: {:?}", node.id, node.at));
        }
        // Whatever stands right of it may come as near as its own column and the gap.
        let near = by_column[nth + 1..].iter().take_while(|other| other.at.x < node.at.x + CARD_WIDTH + 4 * GRID);
        for other in near.filter(|other| (other.at.y - node.at.y).abs() < CARD_HEIGHT + 2 * GRID) {
            faults.push(format!("{} at {:?} and {} at {:?} are too close", node.id, node.at, other.id, other.at));
        }
    }
    let places: HashMap<&NodeId, Point> = graph.nodes.iter().map(|node| (&node.id, node.at)).collect();
    for link in &graph.links {
        let (from, to) = (places[&link.from], places[&link.to]);
        if from.x + CARD_WIDTH + 4 * GRID > to.x {
            faults.push(format!("the link from {} to {} does not point right: {from:?}, {to:?}", link.from, link.to));
        }
    }
    faults
}

/// How many links cross, as straight lines between columns of cards.
pub fn crossings(graph: &Graph) -> usize {
    let place = |node: &NodeId| graph.node(node).expect("an end of a link").at;
    let lines: Vec<(Point, Point)> = graph.links.iter().map(|link| (place(&link.from), place(&link.to))).collect();
    let cross = |(a, b): (Point, Point), (c, d): (Point, Point)| {
        a.x == c.x && b.x == d.x && i64::from(a.y - c.y) * i64::from(b.y - d.y) < 0
    };
    lines.iter().enumerate().map(|(nth, one)| lines[..nth].iter().filter(|other| cross(*one, **other)).count()).sum()
}
