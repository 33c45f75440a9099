mod data_sets;
mod holds;

use crate::support::scenarios::{scenarios, wild_graphs};
use crate::support::{cases, fresh, id, link_id, scenario};
use aside_domain::{Condition, Kind, Link, Method, NodeId, Point, Scenario, Settings, WritePolicy};
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
fn no_new_id_is_that_of_requests_from_outside() {
    assert_eq!(NodeId::outside(), id("outside"));
    for suffix in ["outside", "", "-"] {
        for kind in Kind::ALL {
            let fresh = kind.fresh_id(suffix).unwrap();
            assert!(fresh.as_str().starts_with(kind.word()) && !fresh.is_outside(), "{fresh}");
        }
    }
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
}

#[test]
fn a_link_is_found_by_its_ends_whatever_else_it_is() {
    let mut graph = Scenario::textbook().graph;
    graph.links[1] = Link { delay_ms: 5, condition: Condition::Cut, ..graph.links[1].clone() };
    assert_eq!(graph.link(&link_id("server", "redis")), Some(&graph.links[1]));
    assert!(graph.links[1].is(&graph.links[1].id()) && !graph.links[1].is(&graph.links[0].id()));
    assert_eq!(graph.link(&link_id("redis", "server")), None, "it has a direction");
    assert_eq!(graph.link(&link_id("server", "gone")), None);
}

#[test]
fn conditions_methods_and_policies_are_written_by_their_word_and_differ_for_people() {
    let json = |word: &str| format!("\"{word}\"");
    for condition in Condition::ALL {
        assert_eq!(serde_json::to_string(&condition).unwrap(), json(condition.word()));
    }
    for method in Method::ALL {
        assert_eq!(serde_json::to_string(&method).unwrap(), json(method.word()));
        assert_eq!(method.to_string(), method.word());
    }
    for policy in WritePolicy::ALL {
        assert_eq!(serde_json::to_string(&policy).unwrap(), json(policy.word()));
    }
    assert_eq!(Condition::ALL.map(Condition::label), ["up", "cut", "black hole"]);
    let labels = WritePolicy::ALL.map(WritePolicy::label);
    assert_eq!(labels, ["invalidate", "update the cache", "forget the cache", "invalidate first"]);
}

#[test]
fn only_stores_have_a_switch() {
    for kind in Kind::ALL {
        let mut settings = Settings::of(kind);
        assert!(!settings.is_off(), "a new one is on");
        settings.switch(true);
        assert_eq!(settings.is_off(), kind.is_store(), "{kind}");
        settings.switch(false);
        assert_eq!(settings, Settings::of(kind));
    }
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
            with.graph.links.push(Link::new(from.clone(), to.clone()));
            prop_assert_eq!(scenario.graph.check_link(from, to).is_ok(), with.check().is_ok(), "{} to {}", from, to);
        }
    }
}
