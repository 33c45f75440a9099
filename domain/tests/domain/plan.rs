mod traffic;

use crate::support::scenarios::{scenarios, wild_graphs};
use crate::support::{cases, client, fresh, id, key, scenario};
use aside_domain::graph::{Command, Server};
use aside_domain::plan::ServerPlan;
use aside_domain::{
    Condition, Graph, Hold, Kind, Leg, Node, Plan, Scenario, Settings, Severity, Subject, limits, validate,
};
use proptest::prelude::*;

fn subject_exists(graph: &Graph, subject: &Subject) -> bool {
    match subject {
        Subject::Drawing => true,
        Subject::Node(id) => graph.node(id).is_some(),
        Subject::Link(link) => graph.link(link).is_some(),
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn validation_of_any_graph_ends_and_says_the_same_again(graph in wild_graphs()) {
        prop_assert_eq!(validate(&graph), validate(&graph.clone()));
    }

    #[test]
    fn every_issue_is_about_something_drawn_and_the_gravest_come_first(graph in wild_graphs()) {
        let (_, issues) = validate(&graph);
        for issue in &issues {
            prop_assert!(subject_exists(&graph, &issue.subject), "{:?}", issue);
        }
        prop_assert!(issues.is_sorted_by(|a, b| a.severity >= b.severity));
    }

    #[test]
    fn every_planned_client_has_requests_and_servers(graph in wild_graphs()) {
        for planned in validate(&graph).0.clients {
            prop_assert!(!planned.requests.is_empty() && !planned.servers.is_empty());
        }
    }

    #[test]
    fn the_plan_follows_the_drawn_links_and_their_order(scenario in scenarios()) {
        let graph = &scenario.graph;
        let (plan, issues) = validate(graph);
        let blocked: Vec<_> = issues.iter().filter(|issue| issue.severity == Severity::Blocked).collect();
        for node in graph.nodes.iter().filter(|node| node.kind() == Kind::Client) {
            let planned = plan.clients.iter().find(|planned| planned.client == node.id);
            let is_blocked = blocked.iter().any(|issue| issue.subject == Subject::Node(node.id.clone()));
            let has_traffic = matches!(&node.settings, Settings::Client(client) if client.traffic.is_some());
            prop_assert_eq!(planned.is_none(), is_blocked || has_traffic, "a client runs, or an issue says why not");
        }
        let linked = |from: &Node, kind| {
            let links = graph.links.iter().filter(|link| link.from == from.id);
            let nodes = links.filter_map(|link| graph.node(&link.to));
            nodes.filter(|to| to.kind() == kind).map(|to| to.id.clone()).collect::<Vec<_>>()
        };
        for planned in &plan.clients {
            let client = graph.node(&planned.client).unwrap();
            let servers: Vec<_> = planned.servers.iter().map(|server| server.server.clone()).collect();
            prop_assert_eq!(servers, linked(client, Kind::Server));
            for server in &planned.servers {
                let node = graph.node(&server.server).unwrap();
                prop_assert_eq!(&Settings::Server(server.settings.clone()), &node.settings);
                prop_assert_eq!(&server.caches, &linked(node, Kind::Redis));
                prop_assert_eq!(server.database.clone(), linked(node, Kind::Postgres).first().cloned());
                prop_assert_eq!(server.data_set, server.database.as_ref().and_then(|id| graph.data_set(id)));
            }
        }
    }
}

#[test]
fn the_textbook_is_planned_whole_and_there_is_nothing_to_say() {
    let (plan, issues) = validate(&Scenario::textbook().graph);
    assert_eq!(issues, []);
    let [planned] = &*plan.clients else { panic!("one client: {plan:?}") };
    let requests: Vec<_> = planned.requests.iter().map(ToString::to_string).collect();
    assert_eq!(requests, ["GET rohan", "GET john", "GET doe"]);
    let server = ServerPlan {
        server: id("server"),
        settings: Server::default(),
        caches: vec![id("redis")],
        database: Some(id("postgres")),
        data_set: None,
    };
    assert_eq!((&planned.client, &*planned.servers), (&id("client"), &[server][..]));
    assert_eq!(plan.requests(), 3);
}

#[test]
fn caches_are_asked_in_the_order_of_the_links_not_of_the_nodes() {
    let nodes =
        vec![fresh("near", Kind::Redis), fresh("far", Kind::Redis), fresh("server", Kind::Server), client("client", 1)];
    let drawing = scenario(nodes, &[("server", "far"), ("client", "server"), ("server", "near")]);
    let (plan, _) = validate(&drawing.graph);
    assert_eq!(plan.clients[0].servers[0].caches, [id("far"), id("near")]);
}

/// Every kind once, linked as the pattern wants it, but without these links and with this many requests.
fn without(links: &[(&str, &str)], requests: usize) -> Graph {
    let nodes = vec![
        client("client", requests),
        fresh("server", Kind::Server),
        fresh("redis", Kind::Redis),
        fresh("postgres", Kind::Postgres),
    ];
    let all = [("client", "server"), ("server", "redis"), ("server", "postgres")];
    let kept: Vec<_> = all.into_iter().filter(|link| !links.contains(link)).collect();
    scenario(nodes, &kept).graph
}

/// What is said about a graph: the node or "drawing", how grave, and the sentence.
fn said(graph: &Graph) -> Vec<(String, Severity, String)> {
    let subject = |subject| match subject {
        Subject::Drawing => "drawing".to_owned(),
        Subject::Node(id) => id.to_string(),
        Subject::Link(link) => format!("{} to {}", link.from, link.to),
    };
    let (_, issues) = validate(graph);
    issues.into_iter().map(|issue| (subject(issue.subject), issue.severity, issue.message)).collect()
}

fn assert_said(graph: &Graph, expected: &[(&str, Severity, &str)]) {
    let owned = |&(on, grave, text): &(&str, Severity, &str)| (on.to_owned(), grave, text.to_owned());
    assert_eq!(said(graph), expected.iter().map(owned).collect::<Vec<_>>());
}

const NO_STORE: &str = "This server has no store: every request will end in 404.";
const NO_CACHE: &str = "This server has no cache: every read goes to the database.";
const NO_DATABASE: &str = "This server has no database: a miss will end in 404.";
const NO_CLIENT_LINKED: &str = "No client is linked to this server.";
const NO_SERVER_LINKED: &str = "No server is linked to this store.";

#[test]
fn a_server_without_a_cache_is_worth_a_note() {
    let graph = without(&[("server", "redis")], 1);
    assert_said(&graph, &[("server", Severity::Note, NO_CACHE), ("redis", Severity::Note, NO_SERVER_LINKED)]);
    assert_eq!(validate(&graph).0.requests(), 1);
}

#[test]
fn a_server_without_a_database_is_warned_about() {
    let graph = without(&[("server", "postgres")], 1);
    let expected = [("server", Severity::Warning, NO_DATABASE), ("postgres", Severity::Note, NO_SERVER_LINKED)];
    assert_said(&graph, &expected);
    assert_eq!(validate(&graph).0.requests(), 1);
}

#[test]
fn a_server_without_any_store_is_warned_about() {
    let graph = without(&[("server", "redis"), ("server", "postgres")], 1);
    let expected = [
        ("server", Severity::Warning, NO_STORE),
        ("redis", Severity::Note, NO_SERVER_LINKED),
        ("postgres", Severity::Note, NO_SERVER_LINKED),
    ];
    assert_said(&graph, &expected);
}

#[test]
fn of_several_databases_the_one_linked_first_is_asked() {
    let mut graph = without(&[], 1);
    graph.nodes.insert(0, fresh("second", Kind::Postgres));
    graph.links.push(crate::support::link("server", "second"));
    let sentence = "This server has several databases: only the one linked first is asked.";
    assert_said(&graph, &[("server", Severity::Warning, sentence)]);
    assert_eq!(validate(&graph).0.clients[0].servers[0].database, Some(id("postgres")));
}

#[test]
fn a_client_without_requests_cannot_run() {
    let graph = without(&[], 0);
    let sentence = "This client has no requests: add one in its inspector.";
    assert_said(&graph, &[("client", Severity::Blocked, sentence)]);
    assert_eq!(validate(&graph).0, Plan::default());
}

#[test]
fn a_client_without_a_server_cannot_run() {
    let graph = without(&[("client", "server")], 1);
    let sentence = "This client is not linked to a server: its requests have nowhere to go.";
    let expected = [("client", Severity::Blocked, sentence), ("server", Severity::Note, NO_CLIENT_LINKED)];
    assert_said(&graph, &expected);
    assert_eq!(validate(&graph).0, Plan::default());
}

const OFF: &str = "This store is switched off: it refuses every connection.";
const CUT: &str = "This link is cut: whoever asks along it is refused at once.";
const BLACK_HOLE: &str = "This link is a black hole: no answer ever comes, and whoever asks waits in vain.";

#[test]
fn a_store_that_is_off_is_warned_about_and_still_in_the_plan() {
    let whole = without(&[], 1);
    for store in ["redis", "postgres"] {
        let mut graph = whole.clone();
        let index = graph.index(&id(store)).unwrap();
        graph.nodes[index].settings.switch(true);
        assert_said(&graph, &[(store, Severity::Warning, OFF)]);
        assert_eq!(validate(&graph).0, validate(&whole).0, "it refuses when it is asked, and not before");
    }
}

#[test]
fn a_broken_link_is_warned_about_and_still_in_the_plan() {
    let whole = without(&[], 1);
    for (index, on) in ["client to server", "server to redis", "server to postgres"].into_iter().enumerate() {
        for (condition, sentence) in [(Condition::Cut, CUT), (Condition::BlackHole, BLACK_HOLE)] {
            let mut graph = whole.clone();
            graph.links[index].condition = condition;
            assert_said(&graph, &[(on, Severity::Warning, sentence)]);
            assert_eq!(validate(&graph).0, validate(&whole).0, "it fails when it is used, and not before");
        }
    }
}

#[test]
fn there_is_nothing_to_say_about_a_slow_link() {
    let mut graph = without(&[], 1);
    graph.links[1].delay_ms = limits::DELAY_MS;
    assert_said(&graph, &[]);
}

#[test]
fn a_link_that_holds_packets_says_which_and_still_carries_them() {
    let whole = without(&[], 1);
    let mut graph = whole.clone();
    graph.links[0].hold = Some(Hold { leg: Leg::Reply, command: None, key: None });
    graph.links[1].hold = Some(Hold { leg: Leg::Message, command: Some(Command::Set), key: Some(key("doe")) });
    graph.links[1].condition = Condition::Cut;
    let all = "This link holds packets: every reply waits until somebody lets it go, or for 5 minutes.";
    let one = "This link holds packets: every SET of doe waits until somebody lets it go, or for 5 minutes.";
    let expected = [
        ("server to redis", Severity::Warning, CUT),
        ("client to server", Severity::Note, all),
        ("server to redis", Severity::Note, one),
    ];
    assert_said(&graph, &expected);
    assert_eq!(validate(&graph).0, validate(&whole).0);
}

#[test]
fn everything_that_is_broken_is_said_the_gravest_first_and_of_equals_nodes_before_links() {
    let mut graph = without(&[("server", "redis")], 0);
    graph.nodes[2].settings.switch(true);
    graph.links[1].condition = Condition::Cut;
    graph.links[0].condition = Condition::BlackHole;
    let no_requests = "This client has no requests: add one in its inspector.";
    let expected = [
        ("client", Severity::Blocked, no_requests),
        ("redis", Severity::Warning, OFF),
        ("client to server", Severity::Warning, BLACK_HOLE),
        ("server to postgres", Severity::Warning, CUT),
        ("server", Severity::Note, NO_CACHE),
        ("redis", Severity::Note, NO_SERVER_LINKED),
    ];
    assert_said(&graph, &expected);
}

#[test]
fn an_empty_drawing_and_one_without_clients_say_what_to_add() {
    let sentence = "Nothing is drawn yet: add a client, a server and a store, and link them.";
    assert_said(&Graph::default(), &[("drawing", Severity::Blocked, sentence)]);
    let mut graph = without(&[("client", "server")], 1);
    graph.nodes.remove(0);
    let sentence = "There is no client: add one, it sends the requests.";
    let expected = [("drawing", Severity::Blocked, sentence), ("server", Severity::Note, NO_CLIENT_LINKED)];
    assert_said(&graph, &expected);
}

#[test]
fn a_run_can_have_1000_requests_and_not_one_more() {
    let two = |first, second| {
        let nodes = vec![client("a", first), client("b", second), fresh("server", Kind::Server)];
        scenario(nodes, &[("a", "server"), ("b", "server")]).graph
    };
    assert_eq!(validate(&two(600, 400)).0.requests(), limits::REQUESTS_PER_RUN);
    let graph = two(600, 401);
    let sentence = "The clients have 1001 requests together; a run can have at most 1000.";
    let expected = [("drawing", Severity::Blocked, sentence), ("server", Severity::Warning, NO_STORE)];
    assert_said(&graph, &expected);
    assert_eq!(validate(&graph).0, Plan::default());
}

#[test]
fn clients_that_cannot_run_do_not_count_against_the_limit() {
    let nodes = vec![client("a", 1_000), client("unlinked", 1_000), fresh("server", Kind::Server)];
    let graph = scenario(nodes, &[("a", "server")]).graph;
    assert_eq!(validate(&graph).0.requests(), 1_000);
}

#[test]
fn a_plan_of_only_some_clients_keeps_their_order() {
    let nodes = vec![client("a", 1), client("b", 2), client("c", 4), fresh("server", Kind::Server)];
    let graph = scenario(nodes, &[("a", "server"), ("b", "server"), ("c", "server")]).graph;
    let only = validate(&graph).0.only(&[id("c"), id("a"), id("gone")]);
    let clients: Vec<_> = only.clients.iter().map(|planned| planned.client.as_str()).collect();
    assert_eq!((clients, only.requests()), (vec!["a", "c"], 5));
}
