//! How much of everything there may be.

use crate::support::{client, fresh, key, link, node, scenario, value};
use aside_domain::graph::{Breaker, Client, Postgres, Redis, Server};
use aside_domain::{Kind, Link, Method, Node, Point, Request, Row, Scenario, SeedKey, Settings, Traffic, limits};

fn check_of(settings: Settings) -> Result<(), String> {
    let drawing = scenario(vec![node("n", settings)], &[]);
    let checked = drawing.check().map_err(|error| error.to_string());
    let read = Scenario::from_json(&drawing.to_json()).map(drop).map_err(|error| error.to_string());
    assert_eq!(checked, read, "a file is checked like a drawing");
    checked
}

fn check_server(server: Server) -> Result<(), String> {
    check_of(Settings::Server(server))
}

/// Checks that a number of a server is good from `low` to `high`, and what is said of others.
fn assert_limit(place: &str, sentence: &str, (low, high): (u32, u32), with: impl Fn(u32) -> Server) {
    for good in [low, high] {
        assert_eq!(check_server(with(good)), Ok(()), "{place} of {good}");
    }
    for bad in [low - 1, high + 1, u32::MAX] {
        let error = format!("graph.nodes[0] (n).{place}: {sentence}.");
        assert_eq!(check_server(with(bad)), Err(error), "{place} of {bad}");
    }
}

#[test]
fn the_options_of_a_server_have_limits_and_each_is_named() {
    let usual = Server::default;
    assert_limit("redis_timeout_ms", "a timeout is 1 to 30000 milliseconds", (1, 30_000), |timeout_ms| Server {
        redis_timeout_ms: Some(timeout_ms),
        ..usual()
    });
    let negative = "how long \"not there\" is remembered is 1 to 300 seconds";
    assert_limit("negative_ttl_s", negative, (1, 300), |ttl_s| Server { negative_ttl_s: Some(ttl_s), ..usual() });
    assert_limit("jitter_percent", "jitter is 1 to 50 percent", (1, 50), |percent| Server {
        jitter_percent: Some(percent),
        ..usual()
    });
    assert_limit("breaker.failures", "what opens a breaker is 1 to 100 failures", (1, 100), |failures| Server {
        breaker: Some(Breaker { failures, ..Breaker::default() }),
        ..usual()
    });
    assert_limit("breaker.open_s", "a breaker's rest is 1 to 600 seconds", (1, 600), |open_s| Server {
        breaker: Some(Breaker { open_s, ..Breaker::default() }),
        ..usual()
    });
}

#[test]
fn a_server_needs_none_of_its_options_and_what_is_usual_is_within_the_limits() {
    let none = Server { redis_timeout_ms: None, ..Server::default() };
    assert_eq!((check_server(none), check_server(Server::default())), (Ok(()), Ok(())));
    let all = Server {
        negative_ttl_s: Some(Server::USUAL_NEGATIVE_TTL_S),
        jitter_percent: Some(Server::USUAL_JITTER_PERCENT),
        single_flight: true,
        breaker: Some(Breaker::default()),
        ..Server::default()
    };
    assert_eq!(check_server(all), Ok(()));
}

#[test]
fn the_numbers_of_traffic_have_limits_and_each_is_named() {
    let check = |traffic| check_of(Settings::Client(Client { requests: Vec::new(), traffic: Some(traffic) }));
    let assert_limit = |place: &str, sentence: &str, (low, high): (u32, u32), with: &dyn Fn(u32) -> Traffic| {
        for good in [low, high] {
            assert_eq!(check(with(good)), Ok(()), "{place} of {good}");
        }
        for bad in [low.checked_sub(1), Some(high + 1), Some(u32::MAX)].into_iter().flatten() {
            let error = format!("graph.nodes[0] (n).traffic.{place}: {sentence}.");
            assert_eq!(check(with(bad)), Err(error), "{place} of {bad}");
        }
    };
    let usual = Traffic::default;
    assert_eq!(check(usual()), Ok(()));
    let users = "the number of users is 1 to 500 users";
    assert_limit("users", users, (1, 500), &|users| Traffic { users, ..usual() });
    let rate = "a rate is 1 to 2000 requests a second";
    assert_limit("rate_per_s", rate, (1, 2_000), &|rate| Traffic { rate_per_s: Some(rate), ..usual() });
    let duration = "a duration is 1 to 600 seconds";
    assert_limit("duration_s", duration, (1, 600), &|duration_s| Traffic { duration_s, ..usual() });
    let writes = "the share of writes is 0 to 100 percent";
    assert_limit("write_percent", writes, (0, 100), &|write_percent| Traffic { write_percent, ..usual() });
    let keys = "the number of keys is 100 to 200000 keys";
    assert_limit("keys", keys, (100, 200_000), &|keys| Traffic { keys, ..usual() });
    assert_eq!(check(Traffic { seed: u32::MAX, rate_per_s: None, ..usual() }), Ok(()));
}

#[test]
fn a_put_has_a_value_and_nothing_else_has() {
    let second = |method, value: Option<&str>| {
        let second = Request { method, key: key("john"), value: value.map(crate::support::value) };
        check_of(Settings::Client(Client { requests: vec![Request::get(key("rohan")), second], traffic: None }))
    };
    let error = |problem: &str| Err(format!("graph.nodes[0] (n).requests[1]: {problem}."));
    assert_eq!(second(Method::Put, Some("John, Leeds")), Ok(()));
    assert_eq!(second(Method::Put, Some("")), Ok(()), "an empty value is one");
    assert_eq!(second(Method::Put, None), error("a PUT needs a value"));
    assert_eq!((second(Method::Get, None), second(Method::Delete, None)), (Ok(()), Ok(())));
    assert_eq!(second(Method::Get, Some("v")), error("a GET has no value"));
    assert_eq!(second(Method::Delete, Some("")), error("a DELETE has no value"));
}

#[test]
fn a_link_is_slowed_down_by_up_to_2000_milliseconds() {
    let with = |delay_ms| {
        let mut drawing = scenario(vec![client("a", 1), fresh("b", Kind::Server)], &[]);
        drawing.graph.links = vec![Link { delay_ms, ..link("a", "b") }];
        let checked = drawing.check().map_err(|error| error.to_string());
        let read = Scenario::from_json(&drawing.to_json()).map(drop).map_err(|error| error.to_string());
        assert_eq!(checked, read, "a file is checked like a drawing");
        checked
    };
    assert_eq!((with(0), with(2_000)), (Ok(()), Ok(())));
    let error = "graph.links[0] (a to b): a delay is 0 to 2000 milliseconds.";
    assert_eq!((with(2_001), with(u32::MAX)), (Err(error.to_owned()), Err(error.to_owned())));
}

#[test]
fn times_to_live_are_1_second_to_30_days() {
    let server = |ttl_s| check_server(Server { ttl_s, ..Server::default() });
    let seeded = |ttl_s| {
        let seed = SeedKey { key: key("rohan"), value: value(""), ttl_s };
        check_of(Settings::Redis(Redis { keys: vec![seed], is_off: false }))
    };
    assert_eq!((server(1), server(2_592_000)), (Ok(()), Ok(())));
    assert_eq!((seeded(Some(1)), seeded(Some(2_592_000)), seeded(None)), (Ok(()), Ok(()), Ok(())));
    for ttl_s in [0, 2_592_001, u32::MAX] {
        assert!(server(ttl_s).is_err() && seeded(Some(ttl_s)).is_err(), "{ttl_s}");
    }
}

#[test]
fn a_client_has_up_to_1000_requests_and_a_store_up_to_200_entries() {
    let requests = |count| check_of(client("n", count).settings);
    assert_eq!(requests(1_000), Ok(()));
    let error = "graph.nodes[0] (n).requests: 1001 requests, at most 1000 are allowed.";
    assert_eq!(requests(1_001).unwrap_err(), error);

    let value = || value("v");
    let keys = |count| {
        let seed = |number| SeedKey { key: key(&format!("k{number}")), value: value(), ttl_s: None };
        check_of(Settings::Redis(Redis { keys: (0..count).map(seed).collect(), is_off: false }))
    };
    assert_eq!(keys(200), Ok(()));
    assert_eq!(keys(201).unwrap_err(), "graph.nodes[0] (n).keys: 201 keys, at most 200 are allowed.");

    let rows = |count| {
        let row = |number| Row { key: key(&format!("k{number}")), value: value() };
        check_of(Settings::Postgres(Postgres { rows: (0..count).map(row).collect(), ..Postgres::default() }))
    };
    assert_eq!(rows(200), Ok(()));
    assert_eq!(rows(201).unwrap_err(), "graph.nodes[0] (n).rows: 201 rows, at most 200 are allowed.");
}

#[test]
fn a_node_stands_up_to_100000_pixels_out() {
    let at = |x, y| {
        let mut node = fresh("n", Kind::Redis);
        node.at = Point::new(x, y);
        scenario(vec![node], &[]).check()
    };
    assert_eq!((at(100_000, -100_000), at(-100_000, 100_000)), (Ok(()), Ok(())));
    assert!(at(100_001, 0).is_err() && at(0, -100_001).is_err() && at(i32::MIN, i32::MAX).is_err());
}

#[test]
fn a_drawing_has_up_to_2000_nodes_and_4000_links() {
    let nodes = |count| (0..count).map(|number| fresh(&format!("s{number}"), Kind::Server)).collect::<Vec<Node>>();
    assert_eq!(scenario(nodes(limits::NODES), &[]).check(), Ok(()));
    let error = scenario(nodes(limits::NODES + 1), &[]).check().unwrap_err().to_string();
    assert_eq!(error, "graph.nodes: 2001 nodes, at most 2000 are allowed.");

    let mut drawing = scenario(nodes(100), &[]);
    drawing.graph.nodes.extend((0..41).map(|number| fresh(&format!("r{number}"), Kind::Redis)));
    let pairs = (0..41).flat_map(|to| (0..100).map(move |from| link(&format!("s{from}"), &format!("r{to}"))));
    drawing.graph.links = pairs.take(limits::LINKS + 1).collect();
    let error = drawing.check().unwrap_err().to_string();
    assert_eq!(error, "graph.links: 4001 links, at most 4000 are allowed.");
    drawing.graph.links.pop();
    assert_eq!(drawing.check(), Ok(()));
}
