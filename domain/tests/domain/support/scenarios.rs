//! Any scenario that a person could draw, and graphs that nobody could.

use aside_domain::graph::{Client, Postgres, Redis, Server, check_kinds};
use aside_domain::scenario::FORMAT;
use aside_domain::{
    Graph, Key, Kind, Link, Name, Node, NodeId, Point, Request, Row, Scenario, SeedKey, Settings, Value, limits,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

pub fn names() -> impl Strategy<Value = Name> {
    "\\PC{1,64}".prop_filter_map("a name", |text| Name::new(text).ok())
}

pub fn keys() -> impl Strategy<Value = Key> {
    let any = "\\PC{1,32}".prop_filter_map("a key", |text| Key::new(text).ok());
    prop_oneof![
        3 => select(vec!["rohan", "john", "doe"]).prop_filter_map("a key", |text| Key::new(text).ok()),
        1 => any,
    ]
}

pub fn values() -> impl Strategy<Value = Value> {
    "(?s).{0,40}".prop_filter_map("a value", |text| Value::new(text).ok())
}

pub fn points() -> impl Strategy<Value = Point> {
    let reach = -limits::CANVAS_REACH..=limits::CANVAS_REACH;
    (reach.clone(), reach).prop_map(|(x, y)| Point::new(x, y))
}

/// Points that may stand too far out.
pub fn wild_points() -> impl Strategy<Value = Point> {
    prop_oneof![points(), (any::<i32>(), any::<i32>()).prop_map(|(x, y)| Point::new(x, y))]
}

pub fn kinds() -> impl Strategy<Value = Kind> {
    select(&Kind::ALL[..])
}

fn settings_with(ttl_s: BoxedStrategy<u32>) -> impl Strategy<Value = Settings> {
    let requests = vec(keys().prop_map(Request::get), 0..5);
    let seeds = btree_map(keys(), (values(), proptest::option::of(ttl_s.clone())), 0..4);
    let rows = btree_map(keys(), values(), 0..4);
    prop_oneof![
        requests.prop_map(|requests| Settings::Client(Client { requests })),
        ttl_s.prop_map(|ttl_s| Settings::Server(Server { ttl_s })),
        seeds.prop_map(|seeds| {
            let seed = |(key, (value, ttl_s))| SeedKey { key, value, ttl_s };
            let keys = seeds.into_iter().map(seed).collect();
            Settings::Redis(Redis { keys })
        }),
        rows.prop_map(|rows| {
            let rows = rows.into_iter().map(|(key, value)| Row { key, value }).collect();
            Settings::Postgres(Postgres { rows })
        }),
    ]
}

pub fn settings() -> impl Strategy<Value = Settings> {
    settings_with((1..=limits::TTL_S).boxed())
}

/// Settings that may break a rule.
pub fn wild_settings() -> impl Strategy<Value = Settings> {
    let ttl_s = prop_oneof![4 => 1..=limits::TTL_S, 1 => Just(0), 1 => Just(limits::TTL_S + 1)];
    let requests = vec![Request::get(super::key("rohan")); limits::REQUESTS_PER_RUN + 1];
    prop_oneof![
        20 => settings_with(ttl_s.boxed()),
        1 => Just(Settings::Client(Client { requests })),
    ]
}

/// Any scenario within the rules, with its links in any order.
pub fn scenarios() -> impl Strategy<Value = Scenario> {
    let nodes = vec(("[a-z0-9-]{0,6}", names(), points(), settings()), 0..9);
    let links = vec((any::<Index>(), any::<Index>()), 0..40);
    (names(), nodes, links).prop_map(|(title, nodes, wishes)| {
        let nodes: Vec<Node> = nodes
            .into_iter()
            .enumerate()
            .map(|(index, (prefix, name, at, settings))| Node {
                id: super::id(&format!("{prefix}-{index}")),
                name,
                at,
                settings,
            })
            .collect();
        let mut links = Vec::new();
        for (from, to) in wishes {
            if nodes.is_empty() {
                break;
            }
            let (from, to) = (from.get(&nodes), to.get(&nodes));
            let link = Link { from: from.id.clone(), to: to.id.clone() };
            if check_kinds(from.kind(), to.kind()).is_ok() && !links.contains(&link) {
                links.push(link);
            }
        }
        Scenario { format: FORMAT, title, graph: Graph { nodes, links } }
    })
}

/// Graphs that nobody could draw: ids that come twice, links to nowhere, to itself, twice, and between any kinds.
pub fn wild_graphs() -> impl Strategy<Value = Graph> {
    let ids = || select(vec!["a", "b", "c", "d", "e", "f"]).prop_map(super::id);
    let nodes = (ids(), names(), wild_points(), wild_settings()).prop_map(|(id, name, at, settings)| Node {
        id,
        name,
        at,
        settings,
    });
    let links = (ids(), ids()).prop_map(|(from, to): (NodeId, NodeId)| Link { from, to });
    (vec(nodes, 0..9), vec(links, 0..16)).prop_map(|(nodes, links)| Graph { nodes, links })
}
