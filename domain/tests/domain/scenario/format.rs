//! What the formats mean: what older Asides wrote, and what this one writes.

use crate::support::{key, link, link_id};
use aside_domain::graph::{Breaker, Client, Command, Postgres, Redis, Server};
use aside_domain::scenario::FORMAT;
use aside_domain::{
    Condition, DataSet, Distribution, Graph, Hold, Kind, Leg, Link, Method, Resource, Scenario, Settings, Traffic,
    WritePolicy,
};
use serde_json::{Value as Json, json};

/// The textbook, as the Aside that wrote format 1 exported it.
const TEXTBOOK_1: &str = include_str!("textbook-1.json");

/// All that format 2 can say, as the Aside that wrote it exported it.
const EVERYTHING_2: &str = include_str!("everything-2.json");

/// The textbook as JSON.
fn textbook() -> Json {
    serde_json::from_str(&Scenario::textbook().to_json()).expect("the textbook as JSON")
}

fn read(json: &Json) -> Scenario {
    Scenario::from_json(&json.to_string()).expect("a scenario")
}

/// The settings of the textbook's server, with these in their place.
fn server_of(settings: &Json) -> Result<Server, String> {
    let mut json = textbook();
    json["graph"]["nodes"][1]["settings"]["server"] = settings.clone();
    let read = Scenario::from_json(&json.to_string()).map_err(|error| error.to_string())?;
    match &read.graph.nodes[1].settings {
        Settings::Server(server) => Ok(server.clone()),
        other => panic!("no server: {other:?}"),
    }
}

/// The settings of a server as a file has them.
fn written(server: Server) -> Json {
    let json = serde_json::to_value(Settings::Server(server)).expect("settings as JSON");
    json["server"].clone()
}

#[test]
fn a_file_of_format_1_means_what_it_meant() {
    let stored: Json = serde_json::from_str(TEXTBOOK_1).unwrap();
    assert_eq!(stored["format"], 1, "the fixture is what was written then");
    let read = Scenario::from_json(TEXTBOOK_1).unwrap();
    let Graph { nodes, links } = &read.graph;
    assert_eq!(*links, [link("client", "server"), link("server", "redis"), link("server", "postgres")]);
    assert!(links.iter().all(|link| link.delay_ms == 0 && link.condition == Condition::Up), "links just worked");
    assert!(nodes.iter().all(|node| !node.settings.is_off()), "stores were always on");
    let Settings::Client(Client { requests, traffic: None }) = &nodes[0].settings else { panic!("no client") };
    assert!(requests.iter().all(|asks| asks.method == Method::Get && asks.value.is_none()), "clients only read");
    let Settings::Server(server) = &nodes[1].settings else { panic!("no server") };
    let then = Server {
        ttl_s: 3_600,
        policy: WritePolicy::Invalidate,
        redis_timeout_ms: Some(100),
        negative_ttl_s: None,
        jitter_percent: None,
        single_flight: false,
        breaker: None,
        lease: false,
        early_refresh: false,
        is_private: false,
        resource: Resource::new("users").unwrap(),
    };
    assert_eq!(*server, then);
}

#[test]
fn a_file_of_format_2_means_what_it_meant() {
    let stored: Json = serde_json::from_str(EVERYTHING_2).unwrap();
    assert_eq!(stored["format"], 2, "the fixture is what was written then");
    let read = Scenario::from_json(EVERYTHING_2).unwrap();
    let Graph { nodes, links } = &read.graph;
    assert!(links.iter().all(|link| link.hold.is_none()), "packets just flew");
    assert_eq!(links[0], Link { delay_ms: 20, ..link("client", "server") });
    let cut = Link { delay_ms: 2_000, condition: Condition::Cut, ..link("server", "redis") };
    assert_eq!(read.graph.link(&link_id("server", "redis")), Some(&cut));
    assert_eq!(links[2], Link { condition: Condition::BlackHole, ..link("server", "postgres") });

    let Settings::Client(Client { requests, traffic: None }) = &nodes[0].settings else {
        panic!("no list of requests")
    };
    let asked: Vec<_> = requests.iter().map(ToString::to_string).collect();
    assert_eq!(asked, ["PUT rohan", "DELETE doe", "GET rohan"]);
    let values: Vec<_> = requests.iter().map(|asks| asks.value.as_ref().map(|value| value.as_str())).collect();
    assert_eq!(values, [Some("Rohan, Pune"), None, None]);
    let Settings::Server(server) = &nodes[1].settings else { panic!("no server") };
    let then = Server {
        ttl_s: 5,
        policy: WritePolicy::Update,
        redis_timeout_ms: None,
        negative_ttl_s: Some(30),
        jitter_percent: Some(10),
        single_flight: true,
        breaker: Some(Breaker { failures: 3, open_s: 10 }),
        ..Server::default()
    };
    assert_eq!(*server, then);
    let Settings::Redis(Redis { keys, is_off: true }) = &nodes[2].settings else { panic!("no Redis that is off") };
    assert_eq!(keys[0].ttl_s, Some(60));
    let Settings::Postgres(Postgres { rows, is_off: true, data_set: None }) = &nodes[3].settings else {
        panic!("no Postgres that is off and holds nothing but its own");
    };
    assert_eq!(rows.len(), 1);
}

#[test]
fn a_file_of_an_older_format_is_written_again_with_format_3_and_nothing_else_differs() {
    for older in [TEXTBOOK_1, EVERYTHING_2] {
        let again: Json = serde_json::from_str(&Scenario::from_json(older).unwrap().to_json()).unwrap();
        let mut stored: Json = serde_json::from_str(older).unwrap();
        stored["format"] = json!(3);
        assert_eq!((again, FORMAT), (stored, 3));
    }
}

#[test]
fn the_textbook_is_the_one_of_format_1() {
    assert_eq!(Scenario::from_json(TEXTBOOK_1).unwrap(), Scenario::textbook());
    let stored = include_str!("../../../src/textbook.json");
    assert_eq!(Scenario::textbook().to_json(), stored, "it stands there as it would be written");
}

#[test]
fn what_is_as_usual_is_not_written() {
    assert_eq!(written(Server::default()), json!({ "ttl_s": 3600 }));
    let of = |kind| serde_json::to_value(Settings::of(kind)).unwrap();
    assert_eq!(of(Kind::Client), json!({ "client": { "requests": [] } }));
    assert_eq!(of(Kind::Redis), json!({ "redis": { "keys": [] } }));
    assert_eq!(of(Kind::Postgres), json!({ "postgres": { "rows": [] } }));
    assert_eq!(serde_json::to_value(link("a", "b")).unwrap(), json!({ "from": "a", "to": "b" }));
}

#[test]
fn every_option_of_a_server_is_written_by_its_name_and_read_again() {
    let options = json!({
        "ttl_s": 60,
        "policy": "invalidate-first",
        "redis_timeout_ms": 250,
        "negative_ttl_s": 5,
        "jitter_percent": 20,
        "single_flight": true,
        "breaker": { "failures": 4, "open_s": 7 },
        "lease": true,
        "early_refresh": true,
        "is_private": true,
        "resource": "todos",
    });
    let server = Server {
        ttl_s: 60,
        policy: WritePolicy::InvalidateFirst,
        redis_timeout_ms: Some(250),
        negative_ttl_s: Some(5),
        jitter_percent: Some(20),
        single_flight: true,
        breaker: Some(Breaker { failures: 4, open_s: 7 }),
        lease: true,
        early_refresh: true,
        is_private: true,
        resource: Resource::new("todos").unwrap(),
    };
    assert_eq!(server_of(&options), Ok(server.clone()));
    assert_eq!(written(server), options);
}

#[test]
fn a_server_without_a_timeout_says_so_and_one_that_says_nothing_has_the_usual_one() {
    let timeout = |settings: Json| server_of(&settings).unwrap().redis_timeout_ms;
    assert_eq!(timeout(json!({ "ttl_s": 60 })), Some(100));
    assert_eq!(timeout(json!({ "ttl_s": 60, "redis_timeout_ms": 100 })), Some(100));
    assert_eq!(timeout(json!({ "ttl_s": 60, "redis_timeout_ms": null })), None);
    let patient = Server { ttl_s: 60, redis_timeout_ms: None, ..Server::default() };
    assert_eq!(written(patient), json!({ "ttl_s": 60, "redis_timeout_ms": null }));
}

#[test]
fn each_option_that_is_missing_is_as_usual_whatever_the_others_are() {
    let whole = Server {
        ttl_s: 60,
        policy: WritePolicy::Forget,
        redis_timeout_ms: None,
        negative_ttl_s: Some(5),
        jitter_percent: Some(20),
        single_flight: true,
        breaker: Some(Breaker { failures: 4, open_s: 7 }),
        lease: true,
        early_refresh: true,
        is_private: true,
        resource: Resource::new("todos").unwrap(),
    };
    let without = |option: &str| {
        let mut json = written(whole.clone());
        assert!(json.as_object_mut().unwrap().remove(option).is_some(), "{option} is written");
        server_of(&json).unwrap()
    };
    let usual = Server::default;
    assert_eq!(without("policy"), Server { policy: usual().policy, ..whole.clone() });
    assert_eq!(without("redis_timeout_ms"), Server { redis_timeout_ms: Some(100), ..whole.clone() });
    assert_eq!(without("negative_ttl_s"), Server { negative_ttl_s: None, ..whole.clone() });
    assert_eq!(without("jitter_percent"), Server { jitter_percent: None, ..whole.clone() });
    assert_eq!(without("single_flight"), Server { single_flight: false, ..whole.clone() });
    assert_eq!(without("breaker"), Server { breaker: None, ..whole.clone() });
    assert_eq!(without("lease"), Server { lease: false, ..whole.clone() });
    assert_eq!(without("early_refresh"), Server { early_refresh: false, ..whole.clone() });
    assert_eq!(without("is_private"), Server { is_private: false, ..whole.clone() });
    assert_eq!(without("resource"), Server { resource: usual().resource, ..whole.clone() });
}

#[test]
fn a_file_of_format_3_is_read_and_written_again_as_it_was() {
    let mut json = textbook();
    let graph = &mut json["graph"];
    let traffic = json!({
        "users": 100,
        "rate_per_s": 400,
        "duration_s": 60,
        "write_percent": 20,
        "keys": 5000,
        "distribution": "uniform",
        "seed": 7,
    });
    graph["nodes"][0]["settings"]["client"]["traffic"] = traffic;
    graph["nodes"][3]["settings"]["postgres"]["data_set"] = json!("products");
    graph["links"] = json!([
        { "from": "client", "to": "server", "hold": { "leg": "reply" } },
        { "from": "server", "to": "redis", "hold": { "leg": "message", "command": "SET", "key": "doe" } },
        { "from": "server", "to": "postgres" },
    ]);
    let scenario = read(&json);
    assert_eq!(serde_json::from_str::<Json>(&scenario.to_json()).unwrap(), json);
    assert_eq!(Scenario::from_json(&scenario.to_json()).unwrap(), scenario);

    let Graph { nodes, links } = &scenario.graph;
    let Settings::Client(Client { requests, traffic }) = &nodes[0].settings else { panic!("no client") };
    assert_eq!(requests.len(), 3, "they wait for the client to be switched back");
    let expected = Traffic {
        users: 100,
        rate_per_s: Some(400),
        duration_s: 60,
        write_percent: 20,
        keys: 5_000,
        distribution: Distribution::Uniform,
        seed: 7,
    };
    assert_eq!(*traffic, Some(expected));
    let Settings::Postgres(Postgres { data_set, .. }) = &nodes[3].settings else { panic!("no Postgres") };
    assert_eq!(*data_set, Some(DataSet::Products));
    assert_eq!(links[0].hold, Some(Hold { leg: Leg::Reply, command: None, key: None }));
    let set = Hold { leg: Leg::Message, command: Some(Command::Set), key: Some(key("doe")) };
    assert_eq!(links[1], Link { hold: Some(set), ..link("server", "redis") });
    assert_eq!(links[2], link("server", "postgres"));
}

#[test]
fn traffic_without_a_rate_goes_as_fast_as_it_is_answered_and_says_nothing_of_it() {
    let mut json = textbook();
    let usual = serde_json::to_value(Traffic::default()).unwrap();
    assert!(usual.get("rate_per_s").is_none() && usual["distribution"] == "zipf", "{usual}");
    json["graph"]["nodes"][0]["settings"]["client"]["traffic"] = usual;
    let Settings::Client(client) = &read(&json).graph.nodes[0].settings else { panic!("no client") };
    assert_eq!(client.traffic, Some(Traffic::default()));
}

#[test]
fn a_word_that_is_not_known_is_refused_with_its_place() {
    let error = |pointer: &str, value: Json| {
        let mut json = textbook();
        *json.pointer_mut(pointer).expect("a place in the textbook") = value;
        Scenario::from_json(&json.to_string()).expect_err("it should be refused").to_string()
    };
    let link = json!({ "from": "server", "to": "redis", "condition": "broken" });
    let said = error("/graph/links/1", link);
    assert!(said.starts_with("graph.links[1]: unknown variant `broken`, expected one of `up`, `cut`"), "{said}");
    let said = error("/graph/nodes/1/settings/server", json!({ "ttl_s": 5, "policy": "write-back" }));
    assert!(said.starts_with("graph.nodes[1]: unknown variant `write-back`, expected one of `invalidate`"), "{said}");
    let said = error("/graph/nodes/1/settings/server", json!({ "ttl_s": 5, "breaker": { "failures": 3 } }));
    assert_eq!(said, "graph.nodes[1]: missing field `open_s`.");
    let hold = |hold: Json| error("/graph/links/1", json!({ "from": "server", "to": "redis", "hold": hold }));
    let said = hold(json!({ "leg": "both" }));
    assert!(said.starts_with("graph.links[1]: unknown variant `both`, expected `message` or `reply`"), "{said}");
    let said = hold(json!({ "leg": "message", "command": "HGET" }));
    assert!(said.starts_with("graph.links[1]: unknown variant `HGET`, expected one of `GET`, `PUT`"), "{said}");
    assert_eq!(hold(json!({ "leg": "reply", "key": "" })), "graph.links[1]: a key cannot be empty.");
    assert_eq!(hold(json!({})), "graph.links[1]: missing field `leg`.");
    let said = error("/graph/nodes/3/settings/postgres", json!({ "rows": [], "data_set": "films" }));
    assert!(said.starts_with("graph.nodes[3]: unknown variant `films`, expected one of `users`"), "{said}");
    let said = error("/graph/links/1", json!({ "from": "server", "to": "redis", "delay_ms": -1 }));
    assert!(said.starts_with("graph.links[1]: invalid value: integer `-1`"), "{said}");
}
