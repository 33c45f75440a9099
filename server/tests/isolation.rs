//! One visitor can never read, change or even detect another's sandbox.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use aside_domain::{DataEdit, Fact};
use common::{Visitor, put, server};
use serde_json::{Value, json};

/// Every server function that takes a sandbox, with arguments that the sandbox's owner could send.
fn calls(sandbox: &str, scenario: &Value) -> Vec<(&'static str, Value)> {
    let with = |more: Value| {
        let mut arguments = json!({ "sandbox": sandbox });
        for (name, value) in more.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        arguments
    };
    let edit = |edit: DataEdit| json!({ "node": "redis", "kind": "redis", "edit": edit });
    let row = DataEdit::Delete { key: "shared".to_owned() };
    vec![
        ("save", with(json!({ "scenario": scenario, "base": 1, "by": "a tab", "refill": false }))),
        ("save", with(json!({ "scenario": scenario, "base": 1, "by": "a tab", "refill": true }))),
        ("load", with(json!({ "data": false }))),
        ("load", with(json!({ "data": true }))),
        ("run", with(json!({ "clients": null }))),
        ("stop", with(json!({}))),
        ("recording", with(json!({ "run": 1 }))),
        ("release", with(json!({ "run": null, "hop": 0 }))),
        ("start-traffic", with(json!({ "client": "client" }))),
        ("stop-traffic", with(json!({}))),
        ("live-address", with(json!({ "is_fresh": false }))),
        ("live-address", with(json!({ "is_fresh": true }))),
        ("contents", with(json!({ "node": "redis", "kind": "redis" }))),
        ("contents", with(json!({ "node": "postgres", "kind": "postgres" }))),
        ("edit", put(sandbox, "redis", "shared", "theirs")),
        ("edit", put(sandbox, "postgres", "shared", "theirs")),
        ("edit", with(edit(DataEdit::Delete { key: "shared".to_owned() }))),
        ("edit", with(json!({ "node": "postgres", "kind": "postgres", "edit": row }))),
        ("edit", with(edit(DataEdit::Flush))),
        ("sizes", with(json!({}))),
        ("judge", with(json!({ "lesson": "cache-aside", "since": { "forgotten": 0 } }))),
        ("apply", with(json!({ "lesson": "cache-aside", "checkpoint": "empty", "by": "a tab" }))),
        ("apply", with(json!({ "lesson": "cache-aside", "checkpoint": null, "by": "a tab" }))),
    ]
}

/// A visitor whose sandbox holds `value` under a key and a row that others have as well.
async fn visitor_with(value: &str) -> (Visitor, String, Value) {
    let visitor = server_visitor();
    let opened = visitor.ask("open", json!({ "place": "free" })).await;
    let sandbox = opened["sandbox"].as_str().unwrap().to_owned();
    visitor.put(&sandbox, "redis", "shared", value).await;
    visitor.put(&sandbox, "postgres", "shared", value).await;
    let scenario = opened["saved"]["scenario"].clone();
    (visitor, sandbox, scenario)
}

fn server_visitor() -> Visitor {
    // The server is held by the test itself.
    server().visitor()
}

/// Everything that a sandbox holds, without what passes by itself.
async fn contents(visitor: &Visitor, sandbox: &str) -> Value {
    let mut keys = visitor.contents(sandbox, "redis").await;
    for key in keys.as_array_mut().unwrap() {
        key["ttl_ms"] = Value::Null;
    }
    let rows = visitor.contents(sandbox, "postgres").await;
    let saved = visitor.ask("load", json!({ "sandbox": sandbox, "data": false })).await;
    json!([keys, rows, saved])
}

#[tokio::test]
async fn every_server_function_is_in_the_table_of_this_test() {
    let _server = server();
    let tested: BTreeSet<String> = calls("", &Value::Null)
        .iter()
        .map(|(name, _)| *name)
        .chain(["open", "feedback", "begin-sync", "sync", "end-sync", "counts", "tidy", "picture"]) // these take no sandbox
        .map(|name| format!("/api/{name}"))
        .collect();
    let registered: BTreeSet<String> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    assert_eq!(tested, registered);
}

#[tokio::test]
async fn every_endpoint_answers_another_visitor_s_sandbox_like_one_that_does_not_exist() {
    let _server = server();
    let (anna, annas, scenario) = visitor_with("Anna's").await;
    let (ben, bens, _) = visitor_with("Ben's").await;
    assert_ne!(annas, bens);
    let before = contents(&anna, &annas).await;
    let nobodys = "0".repeat(32);

    for ((name, to_annas), (_, to_nobodys)) in calls(&annas, &scenario).iter().zip(calls(&nobodys, &scenario)) {
        let refusal = ben.call(name, to_annas).await;
        assert_eq!(refusal.0, 404, "{name}");
        assert_eq!(refusal, ben.call(name, &to_nobodys).await, "{name} tells that the sandbox exists");
    }
    let refusal = ben.ask_events(&annas, None).await;
    assert_eq!(refusal.status(), 404);
    assert_eq!(refusal.text().await.unwrap(), ben.ask_events(&nobodys, None).await.text().await.unwrap());

    assert_eq!(contents(&anna, &annas).await, before);
}

#[tokio::test]
async fn visitors_with_the_same_keys_never_see_each_other_s() {
    let _server = server();
    let (anna, annas, scenario) = visitor_with("Anna's").await;
    let (ben, bens, _) = visitor_with("Ben's").await;

    // Whatever Ben does in his own sandbox, the last of it emptying his cache …
    let mut events = anna.events(&annas, None).await;
    let first = events.next().await.unwrap();
    for (name, arguments) in calls(&bens, &scenario) {
        let (status, answer) = ben.call(name, &arguments).await;
        // The base is not the version by then; the client has no traffic to start.
        assert!(matches!(status, 200 | 409 | 422), "{name}: {answer}");
        assert!(!answer.to_string().contains("Anna's"), "{name}: {answer}");
    }

    // … leaves Anna's as it was, and she hears nothing of it.
    let held = contents(&anna, &annas).await.to_string();
    assert!(held.contains("Anna's") && !held.contains("Ben's"), "{held}");
    anna.put(&annas, "redis", "k", "v").await;
    let next = events.next().await.unwrap();
    assert_eq!(next.seq(), first.data["seq"].as_u64().unwrap() + 1);
    assert!(matches!(next.fact(), Fact::DataChanged { .. }), "{next:?}");
}

#[tokio::test]
async fn what_is_no_id_is_no_sandbox() {
    let _server = server();
    let visitor = server_visitor();
    visitor.open("free").await;
    for id in ["", "*", "1", "../../healthz", &"A".repeat(32), &"é".repeat(16), "' OR 1=1 --"] {
        let (status, refusal) = visitor.call("load", &json!({ "sandbox": id, "data": false })).await;
        assert_eq!((status, &refusal["Refused"]["message"]), (404, &json!("There is no such sandbox.")), "{id}");
        let path = id.replace('/', "%2F").replace(' ', "%20").replace('\'', "%27");
        assert_eq!(visitor.ask_events(&path, None).await.status(), 404, "{id}");
    }
}
