//! Clients that send traffic.

use super::{NO_CLIENT_LINKED, NO_DATABASE, assert_said, without};
use crate::support::{client, fresh, id, link, name, node, scenario, traffic};
use aside_domain::graph::{Client, Postgres};
use aside_domain::{DataSet, Graph, Kind, Plan, Request, Settings, Severity, limits, validate};

/// The whole pattern, whose client sends traffic over so many keys.
fn with_traffic(keys: u32) -> Graph {
    let mut graph = without(&[], 0);
    graph.nodes[0].settings = traffic(keys);
    graph
}

fn set(graph: &mut Graph, database: &str, set: DataSet) {
    let index = graph.index(&id(database)).expect("it is drawn");
    graph.nodes[index].settings = Settings::Postgres(Postgres { data_set: Some(set), ..Postgres::default() });
}

#[test]
fn a_client_with_traffic_takes_no_part_in_a_run_and_needs_no_requests() {
    let graph = with_traffic(1_000);
    assert_said(&graph, &[]);
    assert_eq!(validate(&graph).0, Plan::default());
}

#[test]
fn the_requests_of_a_client_with_traffic_wait_and_others_run_without_it() {
    let mut graph = with_traffic(1_000);
    let Settings::Client(Client { requests, .. }) = &mut graph.nodes[0].settings else { panic!("no client") };
    requests.extend(vec![Request::get(crate::support::key("rohan")); limits::REQUESTS_PER_RUN]);
    graph.nodes.push(client("other", 2));
    graph.links.push(link("other", "server"));
    let (plan, issues) = validate(&graph);
    let clients: Vec<_> = plan.clients.iter().map(|planned| planned.client.as_str()).collect();
    assert_eq!((clients, plan.requests(), issues), (vec!["other"], 2, vec![]));
    assert_eq!(plan.clients[0].servers[0].data_set, Some(DataSet::Users), "they have the same database");
}

#[test]
fn traffic_without_a_server_has_nowhere_to_go() {
    let mut graph = with_traffic(1_000);
    graph.links.remove(0);
    let sentence = "This client is not linked to a server: its requests have nowhere to go.";
    let expected = [("client", Severity::Blocked, sentence), ("server", Severity::Note, NO_CLIENT_LINKED)];
    assert_said(&graph, &expected);
}

#[test]
fn traffic_is_warned_about_once_for_each_server_that_reaches_no_database() {
    let nodes = vec![
        node("client", traffic(1_000)),
        fresh("lost", Kind::Server),
        fresh("whole", Kind::Server),
        fresh("redis", Kind::Redis),
        fresh("postgres", Kind::Postgres),
    ];
    let links = [("client", "lost"), ("client", "whole"), ("lost", "redis"), ("whole", "redis"), ("whole", "postgres")];
    let expected = [
        ("client", Severity::Warning, "lost has no database: what no cache holds ends in 404."),
        ("lost", Severity::Warning, NO_DATABASE),
    ];
    assert_said(&scenario(nodes, &links).graph, &expected);
}

#[test]
fn traffic_over_more_keys_than_the_database_has_rows_is_warned_about() {
    let mut graph = with_traffic(5_001);
    assert_said(&graph, &[]);
    set(&mut graph, "postgres", DataSet::Products);
    graph.nodes[3].name = name("Shop");
    let sentence = "This client draws from 5001 keys, and Shop has 5000 products: a read of any other ends in 404.";
    assert_said(&graph, &[("client", Severity::Warning, sentence)]);
    set(&mut graph, "postgres", DataSet::Sessions);
    assert_said(&graph, &[]);
    let mut graph = with_traffic(5_000);
    set(&mut graph, "postgres", DataSet::Products);
    assert_said(&graph, &[]);
}

#[test]
fn two_servers_with_the_same_database_are_fine_and_what_it_lacks_is_said_once() {
    let two = |keys| {
        let mut graph = with_traffic(keys);
        graph.nodes.push(fresh("second", Kind::Server));
        graph.links.extend([link("client", "second"), link("second", "redis"), link("second", "postgres")]);
        set(&mut graph, "postgres", DataSet::Threads);
        graph
    };
    assert_said(&two(2_000), &[]);
    let sentence =
        "This client draws from 200000 keys, and postgres has 2000 threads: a read of any other ends in 404.";
    assert_said(&two(200_000), &[("client", Severity::Warning, sentence)]);
}

#[test]
fn the_largest_drawing_is_validated_with_all_its_traffic() {
    // Every server is sent traffic by every client, and asks every database.
    let part = |prefix: &'static str, settings: Settings| {
        (0..40).map(move |at| node(&format!("{prefix}-{at}"), settings.clone()))
    };
    let nodes: Vec<_> = part("client", traffic(200_000))
        .chain(part("server", fresh("s", Kind::Server).settings))
        .chain(part("postgres", fresh("p", Kind::Postgres).settings))
        .collect();
    let pairs = (0..40).flat_map(|from| (0..40).map(move |to| (from, to)));
    let links = pairs.flat_map(|(from, to)| {
        [
            link(&format!("client-{from}"), &format!("server-{to}")),
            link(&format!("server-{from}"), &format!("postgres-{to}")),
        ]
    });
    let graph = Graph { nodes, links: links.collect() };
    let (plan, issues) = validate(&graph);
    assert_eq!(plan, Plan::default());
    assert_eq!(issues.iter().filter(|issue| issue.severity == Severity::Warning).count(), 40, "several databases");
    assert_eq!(graph.data_set(&id("postgres-39")), Some(DataSet::Users));
}
