mod format;
mod limits;

use crate::support::scenarios::scenarios;
use crate::support::{cases, fresh, name, scenario};
use aside_domain::graph::{Client, Postgres, Redis};
use aside_domain::{Graph, Kind, Scenario, ScenarioError, Settings, validate};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value as Json, json};

/// The pointers to everything in a document.
fn pointers(json: &Json) -> Vec<String> {
    let children: Vec<(String, &Json)> = match json {
        Json::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        Json::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        _ => Vec::new(),
    };
    let mut all = vec![String::new()];
    for (name, child) in children {
        all.extend(pointers(child).into_iter().map(|below| format!("/{name}{below}")));
    }
    all
}

/// Takes what a pointer names out of a document.
fn delete(json: &mut Json, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        *json = Json::Null;
        return;
    };
    match json.pointer_mut(parent) {
        Some(Json::Object(fields)) => drop(fields.remove(name)),
        Some(Json::Array(items)) => drop(items.remove(name.parse().expect("an index"))),
        _ => unreachable!("{pointer} is not in the document"),
    }
}

/// Values of every kind, many of them wrong wherever they stand.
fn odd_json() -> impl Strategy<Value = Json> {
    select(vec![
        Json::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("client"),
        json!("redis"),
        json!("\u{0}"),
        json!("x".repeat(5_000)),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "from": "client", "to": "redis" }),
        json!("cut"),
        json!("PUT"),
        json!("update"),
    ])
}

/// Whatever was read, it is a valid scenario, or a sentence that names a place.
fn assert_read_or_explained(text: &str) {
    match Scenario::from_json(text) {
        Ok(scenario) => {
            assert_eq!(scenario.check(), Ok(()));
            assert_eq!(Scenario::from_json(&scenario.to_json()), Ok(scenario));
        }
        Err(ScenarioError::Broken { place, problem }) => {
            let known = ["format", "title", "graph"];
            assert!(known.iter().any(|known| place.starts_with(known)), "{place} is no place");
            assert!(!problem.is_empty() && !problem.ends_with('.'), "{problem}");
        }
        Err(ScenarioError::NotJson(problem)) => assert!(!problem.is_empty()),
        Err(ScenarioError::Newer { found }) => assert!(found > 3),
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn any_scenario_is_within_the_rules_and_is_read_as_it_was_written(scenario in scenarios()) {
        prop_assert_eq!(scenario.check(), Ok(()));
        let text = scenario.to_json();
        prop_assert!(text.ends_with('\n'), "a file ends with a line end");
        prop_assert_eq!(&Scenario::from_json(&text), &Ok(scenario.clone()));
        prop_assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
    }

    #[test]
    fn a_file_with_odd_or_missing_parts_is_read_or_explained(
        scenario in prop_oneof![Just(Scenario::textbook()), scenarios()],
        damages in vec((any::<Index>(), proptest::option::of(odd_json())), 1..4)
    ) {
        let mut json = serde_json::to_value(&scenario).unwrap();
        for (at, odd) in damages {
            let pointer = at.get(&pointers(&json)).clone();
            match odd {
                Some(odd) => *json.pointer_mut(&pointer).unwrap() = odd,
                None => delete(&mut json, &pointer),
            }
        }
        assert_read_or_explained(&json.to_string());
    }

    #[test]
    fn a_file_with_odd_bytes_is_read_or_explained(
        scenario in prop_oneof![Just(Scenario::textbook()), scenarios()],
        damages in vec((any::<Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<Index>())
    ) {
        let mut bytes = scenario.to_json().into_bytes();
        for (at, byte) in damages {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        assert_read_or_explained(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_text_at_all_is_read_or_explained(text in "(?s).{0,60}") {
        assert_read_or_explained(&text);
    }

    #[test]
    fn a_missing_part_of_a_node_or_link_is_named(scenario in scenarios(), at in any::<Index>()) {
        let mut json = serde_json::to_value(&scenario).unwrap();
        let parts: Vec<String> = pointers(&json)
            .into_iter()
            .filter(|pointer| pointer.matches('/').count() == 4 && !pointer.contains("//"))
            .filter(|pointer| !["/delay_ms", "/condition", "/hold"].iter().any(|usual| pointer.ends_with(usual))) // those have a default
            .collect();
        prop_assume!(!parts.is_empty());
        let pointer = at.get(&parts);
        delete(&mut json, pointer);
        let mut steps = pointer.split('/').skip(2);
        let (list, index, field) = (steps.next().unwrap(), steps.next().unwrap(), steps.next().unwrap());
        let error = Scenario::from_json(&json.to_string()).unwrap_err().to_string();
        prop_assert_eq!(error, format!("graph.{list}[{index}]: missing field `{field}`."));
    }
}

#[test]
fn the_textbook_reads_rohan_john_and_doe_of_which_redis_knows_two() {
    let textbook = Scenario::textbook();
    assert_eq!(textbook.check(), Ok(()));
    assert_eq!(textbook.title.as_str(), "Cache-aside");
    let (plan, issues) = validate(&textbook.graph);
    let requests: Vec<_> = plan.clients[0].requests.iter().map(ToString::to_string).collect();
    assert_eq!((requests, issues), (["GET rohan", "GET john", "GET doe"].map(String::from).to_vec(), vec![]));
    let Settings::Redis(Redis { keys, .. }) = &textbook.graph.nodes[2].settings else { panic!("no Redis") };
    let Settings::Postgres(Postgres { rows, .. }) = &textbook.graph.nodes[3].settings else { panic!("no Postgres") };
    let known: Vec<_> = keys.iter().map(|seed| seed.key.as_str()).collect();
    let stored: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!((known, stored), (vec!["rohan", "john"], vec!["rohan", "john", "doe"]));
}

/// The error of the textbook's file with one thing else.
fn error_with(pointer: &str, value: Json) -> String {
    let mut json = serde_json::to_value(Scenario::textbook()).expect("the textbook as JSON");
    *json.pointer_mut(pointer).expect("a place in the textbook") = value;
    Scenario::from_json(&json.to_string()).expect_err("it should be refused").to_string()
}

fn error_without(pointer: &str) -> String {
    let mut json = serde_json::to_value(Scenario::textbook()).expect("the textbook as JSON");
    delete(&mut json, pointer);
    Scenario::from_json(&json.to_string()).expect_err("it should be refused").to_string()
}

#[test]
fn an_error_names_the_place_that_lacks_something() {
    assert_eq!(error_without("/graph/nodes/1/name"), "graph.nodes[1]: missing field `name`.");
    assert_eq!(error_without("/graph/nodes/0/settings"), "graph.nodes[0]: missing field `settings`.");
    assert_eq!(error_without("/graph/nodes/0/settings/client/requests/1/key"), "graph.nodes[0]: missing field `key`.");
    assert_eq!(error_without("/graph/links/2/to"), "graph.links[2]: missing field `to`.");
    assert_eq!(error_without("/graph/links"), "graph.links: missing.");
    assert_eq!(error_without("/graph"), "graph.nodes: missing.");
    assert_eq!(error_without("/title"), "title: missing.");
    assert_eq!(error_without("/format"), "format: missing, or not a whole number.");
}

#[test]
fn an_error_names_the_place_of_what_is_wrong() {
    let long = |length| json!("x".repeat(length));
    let node = "/graph/nodes/0";
    let at = |pointer: &str| format!("{node}{pointer}");
    let error = error_with("/graph/nodes/2/settings", json!({ "memcached": {} }));
    assert!(error.starts_with("graph.nodes[2]: unknown variant `memcached`"), "{error}");
    let error = error_with(&at("/settings/client/requests/0/method"), json!("POST"));
    assert!(error.starts_with("graph.nodes[0]: unknown variant `POST`"), "{error}");
    let too_long = "can have at most";
    assert_eq!(
        error_with(&at("/settings/client/requests/0/key"), long(129)),
        format!("graph.nodes[0]: a key {too_long} 128 bytes, this one has 129.")
    );
    assert_eq!(
        error_with("/graph/nodes/2/settings/redis/keys/0/value", long(4_097)),
        format!("graph.nodes[2]: a value {too_long} 4096 bytes, this one has 4097.")
    );
    assert_eq!(
        error_with(&at("/name"), long(65)),
        format!("graph.nodes[0]: a name {too_long} 64 characters, this one has 65.")
    );
    assert_eq!(error_with("/title", json!(" ")), "title: a name cannot be empty.");
    assert_eq!(error_with(&at("/id"), json!("A")), "graph.nodes[0]: a node id cannot hold 'A'.");
    assert_eq!(error_with("/graph/nodes", json!({})), "graph.nodes: not a list.");
    assert_eq!(
        error_with("/graph/nodes/1/settings/server/ttl_s", json!(0)),
        "graph.nodes[1] (server).ttl_s: a time to live is 1 to 2592000 seconds."
    );
    assert_eq!(
        error_with("/graph/nodes/2/settings/redis/keys/1/ttl_s", json!(0)),
        "graph.nodes[2] (redis).keys[1].ttl_s: a time to live is 1 to 2592000 seconds."
    );
    assert_eq!(
        error_with("/graph/nodes/3/settings/postgres/rows/2/key", json!("john")),
        "graph.nodes[3] (postgres).rows: the key john is there twice."
    );
    let resource = |name: &str| error_with("/graph/nodes/1/settings/server", json!({ "ttl_s": 60, "resource": name }));
    assert_eq!(resource("To do"), "graph.nodes[1]: a resource cannot hold 'T'.");
    assert_eq!(resource("users/1"), "graph.nodes[1]: a resource cannot hold '/'.");
    assert_eq!(resource(""), "graph.nodes[1]: a resource cannot be empty.");
    assert_eq!(error_with("/graph/nodes/3/at/x", json!(100_001)), "graph.nodes[3] (postgres): it stands too far out.");
}

#[test]
fn an_error_names_the_link_that_is_wrong() {
    let with = |from: &str, to: &str| error_with("/graph/links/2", json!({ "from": from, "to": to }));
    assert_eq!(with("server", "gone"), "graph.links[2] (server to gone): there is no node gone.");
    assert_eq!(with("server", "redis"), "graph.links[2] (server to redis): this link is there twice.");
    let twice = json!({ "from": "server", "to": "redis", "delay_ms": 5, "condition": "cut" });
    let error = error_with("/graph/links/2", twice);
    assert_eq!(error, "graph.links[2] (server to redis): this link is there twice.", "its ends are what it is");
    assert_eq!(
        with("redis", "postgres"),
        "graph.links[2] (redis to postgres): The cache and the database never talk to each other: \
         the server is the go-between."
    );
}

#[test]
fn ids_are_unique() {
    let drawing = scenario(vec![fresh("a", Kind::Redis), fresh("a", Kind::Server)], &[]);
    let error = drawing.check().unwrap_err().to_string();
    assert_eq!(error, "graph.nodes[1] (a): another node has the same id.");
}

#[test]
fn no_node_has_the_id_of_requests_from_outside() {
    let error = "graph.nodes[1] (outside): this id is kept for requests from outside.";
    for kind in Kind::ALL {
        let drawing = scenario(vec![fresh("a", Kind::Server), fresh("outside", kind)], &[]);
        assert_eq!(drawing.check().unwrap_err().to_string(), error);
        assert_eq!(Scenario::from_json(&drawing.to_json()).unwrap_err().to_string(), error);
    }
    let near = scenario(vec![fresh("outside-1", Kind::Client), fresh("client-outside", Kind::Client)], &[]);
    assert_eq!(near.check(), Ok(()));
}

#[test]
fn a_newer_format_says_that_a_newer_aside_wrote_it() {
    let newer = "This scenario has format 4; this Aside reads up to format 3. A newer version of Aside wrote it.";
    assert_eq!(error_with("/format", json!(4)), newer);
    assert_eq!(Scenario::from_json("{\"format\": 4}").unwrap_err().to_string(), newer, "whatever else it holds");
    assert_eq!(error_with("/format", json!(0)), "format: there is no format 0.");
    assert_eq!(error_with("/format", json!(1.5)), "format: missing, or not a whole number.");
}

#[test]
fn what_is_not_json_is_no_scenario_file() {
    for text in ["", "hello", "{", "{\"format\": 1,}"] {
        let error = Scenario::from_json(text).unwrap_err();
        assert!(error.to_string().starts_with("This is not a scenario file: "), "{error}");
    }
    assert!(matches!(Scenario::from_json(&"[".repeat(100_000)), Err(ScenarioError::NotJson(_))));
}

#[test]
fn an_empty_drawing_is_a_scenario() {
    let empty = Scenario::empty("Mine").unwrap();
    assert_eq!((empty.check(), &empty.title, &empty.graph), (Ok(()), &name("Mine"), &Graph::default()));
    assert!(Scenario::empty("").is_err());
    assert_eq!(Settings::of(Kind::Client), Settings::Client(Client { requests: Vec::new(), traffic: None }));
}
