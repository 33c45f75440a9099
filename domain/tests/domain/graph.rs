use crate::support::scenarios::{scenarios, wild_graphs};
use crate::support::{cases, fresh, id, scenario};
use aside_domain::{Kind, NodeId, Point, Scenario};
use proptest::prelude::*;

#[test]
fn a_new_node_gets_the_first_free_name_of_its_kind() {
    let mut drawing = scenario(Vec::new(), &[]);
    let mut named = |text: &str, name: &str| {
        let mut node = fresh(text, Kind::Redis);
        node.name = crate::support::name(name);
        drawing.graph.nodes.push(node);
        drawing.graph.fresh_name(Kind::Redis)
    };
    assert_eq!(named("a", "Cache"), "Redis");
    assert_eq!(named("b", "Redis"), "Redis 2");
    assert_eq!(named("c", "Redis 3"), "Redis 2");
    assert_eq!(named("d", "Redis 2"), "Redis 4");
}

#[test]
fn a_new_id_begins_with_the_kind_and_holds_no_odd_suffix() {
    assert_eq!(Kind::Postgres.fresh_id("4f2a"), NodeId::new("postgres-4f2a"));
    assert!(Kind::Client.fresh_id("{x}:").is_err());
}

#[test]
fn points_snap_to_the_nearest_line_of_the_grid() {
    let snapped = |x, y| Point::new(x, y).snapped(24);
    assert_eq!(snapped(11, 13), Point::new(0, 24));
    assert_eq!(snapped(-11, -13), Point::new(0, -24));
    assert_eq!(snapped(48, -72), Point::new(48, -72));
}

#[test]
fn a_node_is_found_by_its_id() {
    let graph = Scenario::textbook().graph;
    assert_eq!(graph.index(&id("redis")), Some(2));
    assert_eq!(graph.node(&id("redis")).map(|node| node.kind()), Some(Kind::Redis));
    assert_eq!(graph.index(&id("gone")), None);
    assert!(graph.has_link(&id("server"), &id("redis")));
    assert!(!graph.has_link(&id("redis"), &id("server")));
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_fresh_name_is_taken_by_no_node(graph in wild_graphs(), kind in crate::support::scenarios::kinds()) {
        let fresh = graph.fresh_name(kind);
        prop_assert!(graph.nodes.iter().all(|node| node.name.as_str() != fresh));
    }

    #[test]
    fn a_link_is_allowed_exactly_if_the_scenario_with_it_is_within_the_rules(scenario in scenarios()) {
        let ids: Vec<_> = scenario.graph.nodes.iter().map(|node| &node.id).collect();
        for (from, to) in ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to))) {
            let mut with = scenario.clone();
            with.graph.links.push(aside_domain::Link { from: from.clone(), to: to.clone() });
            prop_assert_eq!(scenario.graph.check_link(from, to).is_ok(), with.check().is_ok(), "{} to {}", from, to);
        }
    }
}
