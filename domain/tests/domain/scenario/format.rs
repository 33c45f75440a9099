//! What the formats mean: what older Asides wrote, and what this one writes.

use crate::support::{id, link, link_id};
use aside_domain::graph::{Breaker, Client, Server};
use aside_domain::scenario::FORMAT;
use aside_domain::{Condition, Graph, Kind, Link, Method, Scenario, Settings, WritePolicy};
use serde_json::{Value as Json, json};

/// The textbook, as the Aside that wrote format 1 exported it.
const TEXTBOOK_1: &str = include_str!("textbook-1.json");

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
    let Settings::Client(Client { requests }) = &nodes[0].settings else { panic!("no client") };
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
    };
    assert_eq!(*server, then);
}

#[test]
fn a_file_of_format_1_is_written_again_with_format_2_and_nothing_else_differs() {
    let again: Json = serde_json::from_str(&Scenario::from_json(TEXTBOOK_1).unwrap().to_json()).unwrap();
    let mut stored: Json = serde_json::from_str(TEXTBOOK_1).unwrap();
    stored["format"] = json!(2);
    assert_eq!((again, FORMAT), (stored, 2));
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
    });
    let server = Server {
        ttl_s: 60,
        policy: WritePolicy::InvalidateFirst,
        redis_timeout_ms: Some(250),
        negative_ttl_s: Some(5),
        jitter_percent: Some(20),
        single_flight: true,
        breaker: Some(Breaker { failures: 4, open_s: 7 }),
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
}

#[test]
fn a_file_of_format_2_is_read_and_written_again_as_it_was() {
    let mut json = textbook();
    let graph = &mut json["graph"];
    graph["nodes"][0]["settings"]["client"]["requests"] = json!([
        { "method": "PUT", "key": "rohan", "value": "Rohan, Pune" },
        { "method": "DELETE", "key": "doe" },
        { "method": "GET", "key": "rohan" },
    ]);
    graph["nodes"][1]["settings"]["server"] = json!({ "ttl_s": 5, "policy": "update", "redis_timeout_ms": null });
    graph["nodes"][2]["settings"]["redis"]["is_off"] = json!(true);
    graph["nodes"][3]["settings"]["postgres"]["is_off"] = json!(true);
    graph["links"] = json!([
        { "from": "client", "to": "server", "delay_ms": 20 },
        { "from": "server", "to": "postgres", "condition": "black-hole" },
        { "from": "server", "to": "redis", "delay_ms": 2000, "condition": "cut" },
    ]);
    let scenario = read(&json);
    assert_eq!(serde_json::from_str::<Json>(&scenario.to_json()).unwrap(), json);
    assert_eq!(Scenario::from_json(&scenario.to_json()).unwrap(), scenario);

    let Graph { nodes, links } = &scenario.graph;
    let Settings::Client(Client { requests }) = &nodes[0].settings else { panic!("no client") };
    let asked: Vec<_> = requests.iter().map(ToString::to_string).collect();
    assert_eq!(asked, ["PUT rohan", "DELETE doe", "GET rohan"]);
    let values: Vec<_> = requests.iter().map(|asks| asks.value.as_ref().map(|value| value.as_str())).collect();
    assert_eq!(values, [Some("Rohan, Pune"), None, None]);
    let off = |node: &str| scenario.graph.node(&id(node)).unwrap().settings.is_off();
    assert!(off("redis") && off("postgres"));
    assert_eq!(links[0], Link { delay_ms: 20, ..link("client", "server") });
    assert_eq!(links[1], Link { condition: Condition::BlackHole, ..link("server", "postgres") });
    let cut = Link { delay_ms: 2_000, condition: Condition::Cut, ..link("server", "redis") };
    assert_eq!(scenario.graph.link(&link_id("server", "redis")), Some(&cut));
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
    let said = error("/graph/links/1", json!({ "from": "server", "to": "redis", "delay_ms": -1 }));
    assert!(said.starts_with("graph.links[1]: invalid value: integer `-1`"), "{said}");
}
