//! The live service by its letter: a table of requests, and what each is answered.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use aside_domain::limits;
use common::live::{Answer, Service};
use common::server;
use serde_json::json;
use sfv::{BareItem, List, ListEntry, Parser};

/// A request, and what its answer has to be.
struct Case {
    /// The method, and what comes after the address.
    line: &'static str,
    content_type: &'static str,
    body: &'static str,
    status: u16,
    /// Headers, as they have to be.
    told: &'static [(&'static str, &'static str)],
    /// What the body has to contain.
    says: &'static str,
}

const JSON: &str = "application/json";

const fn ask(line: &'static str, status: u16, says: &'static str) -> Case {
    Case { line, content_type: "", body: "", status, told: &[], says }
}

const fn send(line: &'static str, body: &'static str, status: u16, says: &'static str) -> Case {
    Case { line, content_type: JSON, body, status, told: &[], says }
}

impl Case {
    const fn typed(mut self, content_type: &'static str) -> Self {
        self.content_type = content_type;
        self
    }

    const fn with(mut self, told: &'static [(&'static str, &'static str)]) -> Self {
        self.told = told;
        self
    }
}

const ITEM: &str = "GET, HEAD, PUT, DELETE, OPTIONS";
const ALL: &str = "POST, OPTIONS";
const HIT: (&str, &str) = ("cache-status", "redis; hit; ttl=");
const FILL: (&str, &str) = ("cache-status", "redis; fwd=miss; stored");
const MISS: (&str, &str) = ("cache-status", "redis; fwd=miss");
const INVALIDATED: (&str, &str) = ("cache-status", "redis; fwd=method; detail=invalidated");

/// In order: what one writes another reads.
const CASES: &[Case] = &[
    // Reading.
    ask("GET server/users/rohan", 200, r#"{"key":"rohan","value":"Rohan, Mumbai"}"#).with(&[HIT]),
    ask("GET server/users/doe", 200, r#"{"key":"doe","value":"Doe, Toronto"}"#).with(&[FILL]),
    ask("GET server/users/doe", 200, r#"{"key":"doe","value":"Doe, Toronto"}"#).with(&[HIT]),
    ask("GET server/users/d%6fe?any=query", 200, r#"{"key":"doe","value":"Doe, Toronto"}"#).with(&[HIT]),
    ask("HEAD server/users/doe", 200, "").with(&[HIT]),
    ask("GET server/users/nobody", 404, "The database has no row for nobody.").with(&[MISS]),
    ask("HEAD server/users/nobody", 404, "").with(&[MISS]),
    // Writing.
    send("PUT server/users/doe", r#"{"value": "Doe, Oslo"}"#, 200, r#"{"key":"doe","value":"Doe, Oslo"}"#)
        .with(&[INVALIDATED]),
    ask("GET server/users/doe", 200, r#"{"key":"doe","value":"Doe, Oslo"}"#).with(&[FILL]),
    send("PUT server/users/new", r#"{"value": ""}"#, 201, r#"{"key":"new","value":""}"#).with(&[INVALIDATED]),
    send("PUT server/users/new", r#"{"value": {"n": 1.0, "a": [true]}}"#, 200, r#""value":{"n": 1.0, "a": [true]}"#),
    ask("GET server/users/new", 200, r#"{"key":"new","value":{"n": 1.0, "a": [true]}}"#).with(&[FILL]),
    send("PUT server/users/new", "[]", 422, r#"Send {\"value\": \"some text\"}"#),
    send("PUT server/users/a%2Fb%20%C3%BC", r#"{"value":[1,2]}"#, 201, r#"{"key":"a/b ü","value":[1,2]}"#),
    ask("GET server/users/a%2Fb%20%C3%BC", 200, r#"{"key":"a/b ü","value":[1,2]}"#),
    ask("DELETE server/users/new", 200, r#"{"key":"new","deleted":true}"#).with(&[INVALIDATED]),
    ask("DELETE server/users/new", 404, "There was no such row."),
    ask("GET server/users/new", 404, "The database has no row for new."),
    // What is sent.
    send("PUT server/users/k", r#"{"value":1}"#, 415, "Content-Type: application/json").typed(""),
    send("PUT server/users/k", "value=1", 415, "").typed("application/x-www-form-urlencoded"),
    send("PUT server/users/k", "1", 415, "").typed("text/plain"),
    send("PUT server/users/k", "1", 415, "").typed("application/json; charset=latin1"),
    send("PUT server/users/k", r#"{"value":"1"}"#, 201, "").typed("Application/JSON; charset=UTF-8"),
    send("PUT server/users/k", "", 400, "The body is not JSON: EOF while parsing a value at line 1 column 0."),
    send("PUT server/users/k", "{\"value\":\n 'a'}", 400, "line 2 column 2"),
    send("PUT server/users/k", r#"{"value":"a"} "b""#, 400, "trailing characters at line 1 column 15"),
    send("PUT server/users/k", r#"{"vlaue":"a"}"#, 422, "unknown field `vlaue`, expected `value`"),
    send("PUT server/users/k", r#"{"value":null}"#, 422, "neither a text nor an object nor an array"),
    send("PUT server/users/k", r#"{"value":"\u0000"}"#, 422, r"A value cannot hold '\\0'."),
    send("POST server/users", "", 415, "").typed("text/plain"),
    send("POST server/users", "{}", 422, "missing field `value`"),
    // Methods.
    ask("POST server/users/doe", 405, "POST goes to the address before the key").with(&[("allow", ITEM)]),
    ask("PATCH server/users/doe", 405, "").with(&[("allow", ITEM)]),
    ask("INVENTED server/users/doe", 405, "").with(&[("allow", ITEM)]),
    ask("GET server/users", 405, "POST makes a key here").with(&[("allow", ALL)]),
    ask("PUT server/users", 405, "").with(&[("allow", ALL)]),
    ask("DELETE server/users", 405, "").with(&[("allow", ALL)]),
    ask("OPTIONS server/users", 204, "").with(&[("allow", ALL), ("access-control-allow-methods", ALL)]),
    ask("OPTIONS server/users/doe", 204, "").with(&[("allow", ITEM), ("access-control-allow-headers", "*")]),
    // Keys.
    ask("GET server/users/", 400, "A key cannot be empty."),
    ask("GET server/users/%zz", 400, "a percent sign in a key is written %25"),
    ask("GET server/users/100%", 400, ""),
    ask("GET server/users/%ff", 400, "no UTF-8"),
    ask("GET server/users/%0a", 400, r"A key cannot hold '\\n'."),
    // Addresses.
    ask("GET server/todos/doe", 404, "its keys are below users"),
    ask("GET nobody/users/doe", 404, "No live service answers here"),
    ask("GET redis/users/doe", 404, "No live service answers here"),
    ask("GET SERVER/users/doe", 404, "No live service answers here"),
    ask("GET server/users/doe/more", 404, "a slash in a key is written %2F"),
    ask("GET server", 404, "/live/{address}/{server}/{resource}/{key}"),
    ask("GET ", 404, "/live/{address}/{server}/{resource}/{key}"),
];

/// What every answer has, whatever was asked.
fn check_common(line: &str, answer: &Answer) {
    let has_body = !line.starts_with("HEAD") && answer.status != 204;
    let is_problem = answer.status >= 400;
    if answer.status != 204 {
        let content_type = if is_problem { "application/problem+json" } else { "application/json" };
        assert_eq!(answer.header("content-type"), content_type, "{line}");
        assert_eq!(answer.header("cache-control"), "no-store", "{line}");
    }
    assert_eq!(answer.header("access-control-allow-origin"), "*", "{line}");
    for name in ["access-control-allow-credentials", "set-cookie"] {
        assert_eq!(answer.header(name), "", "{line}: {name}");
    }
    for name in ["cache-status", "server-timing", "age", "location", "retry-after", "allow"] {
        let exposed = answer.header("access-control-expose-headers");
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{line}: {name} can be read by scripts");
    }
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{line}");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{line}");
    if has_body {
        let json = answer.json();
        if is_problem {
            assert_eq!(json["status"], answer.status, "{line}");
            assert_eq!(json["type"], "about:blank", "{line}");
            let reason = reqwest::StatusCode::from_u16(answer.status).unwrap().canonical_reason();
            assert_eq!(json["title"].as_str(), reason, "{line}");
            assert!(json["instance"].as_str().unwrap().starts_with("/live/"), "{line}");
            assert!(answer.detail().ends_with('.'), "{line}: {}", answer.detail());
        }
    } else {
        assert_eq!(answer.body, "", "{line}");
    }
    let caches = answer.header("cache-status");
    if !caches.is_empty() {
        let parsed: List = Parser::new(caches).parse().unwrap_or_else(|error| panic!("{line}: {caches}: {error}"));
        let is_cache =
            |entry: &ListEntry| matches!(entry, ListEntry::Item(item) if matches!(item.bare_item, BareItem::Token(_)));
        assert!(!parsed.is_empty() && parsed.iter().all(is_cache), "{line}: {caches}");
        let timing = answer.header("server-timing");
        let durations = timing.split(", ").map(|metric| metric.split(';').nth(1).unwrap().strip_prefix("dur="));
        assert!(durations.flatten().all(|ms| ms.parse::<f64>().is_ok()), "{line}: {timing}");
        assert!(timing.split(", ").last().unwrap().starts_with("total;dur="), "{line}: {timing}");
    }
}

#[tokio::test]
async fn every_request_is_answered_as_the_table_says() {
    let server = server();
    let service = Service::of(&server).await;
    for Case { line, content_type, body, status, told, says } in CASES {
        let headers = [("content-type", *content_type)];
        let headers = if content_type.is_empty() { &[][..] } else { &headers };
        let answer = service.send(line, headers, (!body.is_empty()).then_some(body)).await;
        assert_eq!(answer.status, *status, "{line} {body}: {}", answer.body);
        assert!(answer.body.contains(says), "{line} {body}: {}", answer.body);
        for (name, value) in *told {
            assert!(answer.header(name).starts_with(value), "{line}: {name}: {}", answer.header(name));
        }
        check_common(line, &answer);
    }
}

#[tokio::test]
async fn whoever_creates_is_told_where_to_find_it() {
    let server = server();
    let service = Service::of(&server).await;
    let json = [("content-type", JSON)];
    let created = service.send("POST server/users", &json, Some(r#"{"value":{"name":"Ada"}}"#)).await;
    assert_eq!((created.status, created.caches()), (201, INVALIDATED.1));
    let key = created.json()["key"].as_str().unwrap().to_owned();
    let location = created.header("location").to_owned();
    assert_eq!(location, format!("/live/{}/server/users/{key}", service.address));
    let read = service.send_to("GET", &location, &[], None).await;
    assert_eq!((read.status, read.value()), (200, json!({ "name": "Ada" })));

    let again = service.send("POST server/users", &json, Some(r#"{"value":"Ada"}"#)).await;
    assert_ne!(again.json()["key"], key, "each gets a key of its own");
}

#[tokio::test]
async fn a_text_stands_for_json_only_if_it_is_an_object_or_an_array() {
    let server = server();
    let service = Service::of(&server).await;
    for (sent, read) in [
        (json!("12"), json!("12")),
        (json!("{not json}"), json!("{not json}")),
        (json!("[1, 2]"), json!([1, 2])),
        (json!({ "a": null }), json!({ "a": null })),
        (json!("line\nend \"quoted\" ü"), json!("line\nend \"quoted\" ü")),
    ] {
        assert!(service.put("text", &sent).await.status < 300);
        for _ in 0..2 {
            assert_eq!(service.get("text").await.value(), read, "from the database, and from the cache");
        }
    }
}

#[tokio::test]
async fn sizes_are_limited_and_the_limit_itself_is_allowed() {
    let server = server();
    let service = Service::of(&server).await;
    let longest = "v".repeat(limits::VALUE_BYTES);
    assert_eq!(service.put("long", &json!(longest)).await.status, 201);
    assert_eq!(service.get("long").await.value(), json!(longest));
    for size in [limits::VALUE_BYTES + 1, 64 * 1024, 3 * 1024 * 1024] {
        let refused = service.put("long", &json!("v".repeat(size))).await;
        assert_eq!(refused.status, 413, "{size}");
        check_common("PUT", &refused);
    }
    let key = "k".repeat(limits::KEY_BYTES);
    assert_eq!(service.put(&key, &json!("v")).await.status, 201);
    let refused = service.get(&format!("{key}k")).await;
    assert_eq!(
        (refused.status, refused.detail()),
        (414, "A key can have at most 128 bytes, this one has 129.".to_owned())
    );
    check_common("GET", &refused);
}

#[tokio::test]
async fn pages_of_any_origin_may_ask_and_no_cookie_plays_a_part() {
    let server = server();
    let service = Service::of(&server).await;
    let foreign = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("content-type", JSON)];
    let preflight = service
        .send(
            "OPTIONS server/users/k",
            &[
                ("origin", "https://elsewhere.example"),
                ("access-control-request-method", "PUT"),
                ("access-control-request-headers", "content-type"),
            ],
            None,
        )
        .await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (204, ITEM));
    assert_eq!(preflight.header("access-control-allow-headers"), "*");
    assert!(preflight.header("access-control-max-age").parse::<u32>().unwrap() > 0);
    let put = service.send("PUT server/users/k", &foreign, Some(r#"{"value":"v"}"#)).await;
    assert_eq!((put.status, put.header("access-control-allow-origin")), (201, "*"));
    for cookie in ["aside=0123456789abcdef0123456789abcdef", "aside=broken", "other=1"] {
        let answer = service.send("GET server/users/k", &[("cookie", cookie), foreign[0], foreign[1]], None).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (200, ""), "{cookie}");
    }
    // An address that leads nowhere can be asked about, too: the answer itself then says so.
    assert_eq!(service.send_to("OPTIONS", "/live/nowhere", &[], None).await.status, 204);
}

#[tokio::test]
async fn nobody_finds_a_service_by_anything_but_its_address() {
    let server = server();
    let mut service = Service::of(&server).await;
    let addresses = [service.sandbox.clone(), "0".repeat(32), "x".to_owned(), "é".to_owned()];
    let mut answers = Vec::new();
    for address in addresses.iter().map(String::as_str) {
        let path = format!("/live/{}/server/users/rohan", address.replace('é', "%C3%A9"));
        let answer = service.send_to("GET", &path, &[], None).await;
        assert_eq!(answer.status, 404, "{address}");
        answers.push(answer.detail());
    }
    // A server that is private looks like one that is not there.
    service.set("server", |server| server.is_private = true).await;
    let private = service.get("rohan").await;
    assert_eq!(private.status, 404);
    answers.push(private.detail());
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");

    service.set("server", |server| server.is_private = false).await;
    assert_eq!(service.get("rohan").await.status, 200);
    let before = service.address.clone();
    service.ask_address(false).await;
    assert_eq!(service.address, before, "it stays until a fresh one is asked for");
    service.ask_address(true).await;
    assert_ne!(service.address, before);
    assert_eq!(service.get("rohan").await.status, 200);
    let old = service.send_to("GET", &format!("/live/{before}/server/users/rohan"), &[], None).await;
    assert_eq!((old.status, old.detail()), (404, answers[0].clone()));
}
