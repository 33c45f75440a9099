use crate::support::scenarios::scenarios;
use crate::support::{cases, client, fresh, key, link, name, node, scenario};
use aside_domain::graph::{Client, Postgres, Redis, Server};
use aside_domain::{
    Graph, Kind, Node, Point, Row, Scenario, ScenarioError, SeedKey, Settings, Value, limits, validate,
};
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
        Err(ScenarioError::Newer { found }) => assert!(found > 1),
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
    let Settings::Redis(Redis { keys }) = &textbook.graph.nodes[2].settings else { panic!("no Redis") };
    let Settings::Postgres(Postgres { rows }) = &textbook.graph.nodes[3].settings else { panic!("no Postgres") };
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
    assert_eq!(error_with("/graph/nodes", json!({})), "graph: invalid type: map, expected a sequence.");
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
    assert_eq!(error_with("/graph/nodes/3/at/x", json!(100_001)), "graph.nodes[3] (postgres): it stands too far out.");
}

#[test]
fn an_error_names_the_link_that_is_wrong() {
    let with = |from: &str, to: &str| error_with("/graph/links/2", json!({ "from": from, "to": to }));
    assert_eq!(with("server", "gone"), "graph.links[2] (server to gone): there is no node gone.");
    assert_eq!(with("server", "redis"), "graph.links[2] (server to redis): this link is there twice.");
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
fn a_newer_format_says_that_a_newer_aside_wrote_it() {
    let newer = "This scenario has format 2; this Aside reads up to format 1. A newer version of Aside wrote it.";
    assert_eq!(error_with("/format", json!(2)), newer);
    assert_eq!(Scenario::from_json("{\"format\": 2}").unwrap_err().to_string(), newer, "whatever else it holds");
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

fn check_of(settings: Settings) -> Result<(), String> {
    let drawing = scenario(vec![node("n", settings)], &[]);
    let checked = drawing.check().map_err(|error| error.to_string());
    let read = Scenario::from_json(&drawing.to_json()).map(drop).map_err(|error| error.to_string());
    assert_eq!(checked, read, "a file is checked like a drawing");
    checked
}

#[test]
fn times_to_live_are_1_second_to_30_days() {
    let server = |ttl_s| check_of(Settings::Server(Server { ttl_s }));
    let seeded = |ttl_s| {
        let seed = SeedKey { key: key("rohan"), value: Value::new("").expect("a value"), ttl_s };
        check_of(Settings::Redis(Redis { keys: vec![seed] }))
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

    let value = || Value::new("v").expect("a value");
    let keys = |count| {
        let seed = |number| SeedKey { key: key(&format!("k{number}")), value: value(), ttl_s: None };
        check_of(Settings::Redis(Redis { keys: (0..count).map(seed).collect() }))
    };
    assert_eq!(keys(200), Ok(()));
    assert_eq!(keys(201).unwrap_err(), "graph.nodes[0] (n).keys: 201 keys, at most 200 are allowed.");

    let rows = |count| {
        let row = |number| Row { key: key(&format!("k{number}")), value: value() };
        check_of(Settings::Postgres(Postgres { rows: (0..count).map(row).collect() }))
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

#[test]
fn an_empty_drawing_is_a_scenario() {
    let empty = Scenario::empty("Mine").unwrap();
    assert_eq!((empty.check(), &empty.title, &empty.graph), (Ok(()), &name("Mine"), &Graph::default()));
    assert!(Scenario::empty("").is_err());
    let Settings::Client(Client { requests }) = Settings::of(Kind::Client) else { panic!("no client") };
    assert_eq!(requests, []);
}
