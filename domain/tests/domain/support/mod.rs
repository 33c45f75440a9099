//! What the tests are made of: scenarios, edits, and logs as an engine would write them.

mod courses;
pub mod edits;
pub mod logs;
pub mod scenarios;
mod thread;

use aside_domain::graph::Client;
use aside_domain::{Key, Kind, Link, LinkId, Name, Node, NodeId, Point, Request, Scenario, Settings, Traffic, Value};
use proptest::test_runner::Config;

/// So many cases of a property.
pub fn cases(count: u32) -> Config {
    Config::with_cases(count)
}

pub fn id(text: &str) -> NodeId {
    NodeId::new(text).expect("a node id")
}

pub fn key(text: &str) -> Key {
    Key::new(text).expect("a key")
}

pub fn value(text: &str) -> Value {
    Value::new(text).expect("a value")
}

pub fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

/// A node whose name is its id.
pub fn node(node: &str, settings: Settings) -> Node {
    Node { id: id(node), name: name(node), at: Point::default(), settings }
}

/// A node with the settings of a new one.
pub fn fresh(text: &str, kind: Kind) -> Node {
    node(text, Settings::of(kind))
}

/// A client that reads the same key so many times.
pub fn client(text: &str, requests: usize) -> Node {
    let requests = vec![Request::get(key("rohan")); requests];
    node(text, Settings::Client(Client { requests, traffic: None }))
}

/// The settings of a client that sends traffic over so many keys, and has no requests.
pub fn traffic(keys: u32) -> Settings {
    Settings::Client(Client { requests: Vec::new(), traffic: Some(Traffic { keys, ..Traffic::default() }) })
}

/// A scenario of these nodes and links; it need not be valid.
pub fn scenario(nodes: Vec<Node>, links: &[(&str, &str)]) -> Scenario {
    let mut scenario = Scenario::empty("Test").expect("a title");
    scenario.graph.nodes = nodes;
    scenario.graph.links = links.iter().map(|(from, to)| link(from, to)).collect();
    scenario
}

/// A link that works, and is as fast as it is.
pub fn link(from: &str, to: &str) -> Link {
    Link::new(id(from), id(to))
}

pub fn link_id(from: &str, to: &str) -> LinkId {
    LinkId::new(id(from), id(to))
}
