//! The shared rows under a database's own.

use crate::support::scenarios::wild_graphs;
use crate::support::{cases, client, fresh, id, node, scenario, traffic};
use aside_domain::graph::Postgres;
use aside_domain::plan::ServerPlan;
use aside_domain::{DataSet, Graph, Kind, NodeId, Settings};
use proptest::prelude::*;

/// Two servers and two databases, of which the first server asks the first database, and the second both; and a client of
/// each.
fn drawing(first: Settings, second: Settings) -> Graph {
    let nodes = vec![
        node("first", first),
        node("second", second),
        fresh("near", Kind::Server),
        fresh("far", Kind::Server),
        fresh("redis", Kind::Redis),
        fresh("rows", Kind::Postgres),
        fresh("other", Kind::Postgres),
    ];
    let links =
        [("first", "near"), ("second", "far"), ("near", "redis"), ("near", "rows"), ("far", "rows"), ("far", "other")];
    scenario(nodes, &links).graph
}

fn of_both(graph: &Graph) -> (Option<DataSet>, Option<DataSet>) {
    (graph.data_set(&id("rows")), graph.data_set(&id("other")))
}

fn requests() -> Settings {
    client("client", 1).settings
}

#[test]
fn a_database_that_no_traffic_reaches_has_its_own_rows_only() {
    assert_eq!(of_both(&drawing(requests(), requests())), (None, None));
}

#[test]
fn a_database_that_traffic_reaches_through_a_server_has_the_users() {
    let users = Some(DataSet::Users);
    assert_eq!(of_both(&drawing(traffic(1_000), requests())), (users, None));
    assert_eq!(of_both(&drawing(requests(), traffic(1_000))), (users, users));
}

#[test]
fn traffic_to_a_server_that_does_not_ask_the_database_changes_nothing_for_it() {
    let mut graph = drawing(traffic(1_000), requests());
    graph.links.retain(|link| link.to != id("rows") || link.from != id("near"));
    assert_eq!(of_both(&graph), (None, None));
    graph.links.retain(|link| link.from != id("first"));
    assert_eq!(of_both(&graph), (None, None));
}

#[test]
fn a_database_has_the_set_of_its_setting_whether_or_not_traffic_reaches_it() {
    for client in [requests(), traffic(1_000)] {
        let mut graph = drawing(client, requests());
        let rows = graph.index(&id("rows")).unwrap();
        graph.nodes[rows].settings =
            Settings::Postgres(Postgres { data_set: Some(DataSet::Threads), ..Postgres::default() });
        assert_eq!(of_both(&graph), (Some(DataSet::Threads), None));
    }
}

#[test]
fn nothing_but_a_database_has_a_set() {
    let graph = drawing(traffic(1_000), traffic(1_000));
    for other in ["first", "near", "redis", "gone"] {
        assert_eq!(graph.data_set(&id(other)), None, "{other}");
    }
}

#[test]
fn the_keys_of_a_set_begin_with_its_word_and_count_from_1() {
    assert_eq!(DataSet::Users.key(1), "user:1");
    assert_eq!(DataSet::Threads.key(DataSet::Threads.keys()), "thread:2000");
    assert_eq!(DataSet::ALL.map(DataSet::keys), [200_000, 5_000, 2_000, 20_000]);
    for set in DataSet::ALL {
        assert_eq!(serde_json::to_string(&set).unwrap(), format!("\"{}\"", set.word()));
        assert_eq!(format!("{}s", set.singular()), set.word());
    }
}

#[test]
fn the_servers_of_a_client_are_found_whatever_it_sends_and_each_by_its_id() {
    let graph = drawing(traffic(1_000), requests());
    let behind = ServerPlan::behind(&graph, &id("first"));
    assert_eq!(behind, ServerPlan::of(&graph, &id("near")).into_iter().collect::<Vec<_>>());
    let [near] = &*behind else { panic!("one server: {behind:?}") };
    assert_eq!((&near.server, &*near.caches), (&id("near"), &[id("redis")][..]));
    assert_eq!((&near.database, near.data_set), (&Some(id("rows")), Some(DataSet::Users)));
    let far = ServerPlan::of(&graph, &id("far")).unwrap();
    assert_eq!((far.caches, far.database, far.data_set), (vec![], Some(id("rows")), Some(DataSet::Users)));
    for other in ["first", "redis", "rows", "gone"] {
        assert_eq!(ServerPlan::of(&graph, &id(other)), None, "{other} is no server");
    }
    for other in ["near", "redis", "gone"] {
        assert_eq!(ServerPlan::behind(&graph, &id(other)), [], "{other} is no client");
    }
}

#[test]
fn the_servers_of_a_client_stand_in_the_order_of_its_links() {
    let mut graph = drawing(traffic(1_000), requests());
    graph.links.insert(0, crate::support::link("first", "far"));
    let servers: Vec<NodeId> = ServerPlan::behind(&graph, &id("first")).into_iter().map(|plan| plan.server).collect();
    assert_eq!(servers, [id("far"), id("near")]);
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_set_without_a_setting_is_the_users_exactly_if_traffic_is_two_links_away(graph in wild_graphs()) {
        let kind = |id: &NodeId| graph.node(id).map(|node| node.kind());
        let from = |to: &NodeId| {
            graph.links.iter().filter(|link| link.to == *to).map(|link| link.from.clone()).collect::<Vec<NodeId>>()
        };
        let sends = |id: &NodeId| {
            let settings = graph.node(id).map(|node| &node.settings);
            matches!(settings, Some(Settings::Client(client)) if client.traffic.is_some())
        };
        let ids: std::collections::BTreeSet<_> = graph.nodes.iter().map(|node| node.id.clone()).collect();
        prop_assume!(ids.len() == graph.nodes.len());
        for node in &graph.nodes {
            let mut servers = from(&node.id).into_iter().filter(|id| kind(id) == Some(Kind::Server));
            let is_reached = servers.any(|server| from(&server).iter().any(sends));
            let expected = match &node.settings {
                Settings::Postgres(Postgres { data_set: None, .. }) => is_reached.then_some(DataSet::Users),
                Settings::Postgres(postgres) => postgres.data_set,
                _ => None,
            };
            prop_assert_eq!(graph.data_set(&node.id), expected);
        }
    }
}
