//! No event is lost, doubled or reordered on its way to the browser.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use aside_domain::{Key, Request, Row, Saved, Scenario, SeedKey, Settings, Value};
use common::{Item, PATIENCE, Visitor, server};
use serde_json::json;
use tokio::time::{sleep, timeout};

async fn run(visitor: &Visitor, sandbox: &str) {
    visitor.ask("run", json!({ "sandbox": sandbox, "clients": null })).await;
}

/// A visitor who listened to a whole run: the cursor before it, and its events.
async fn listened() -> (Visitor, String, String, Vec<Item>) {
    let visitor = server().visitor();
    let sandbox = visitor.open("free").await;
    let mut events = visitor.events(&sandbox, None).await;
    let reset = events.next().await.unwrap();
    assert_eq!(reset.name, "reset");
    run(&visitor, &sandbox).await;
    let items = events.run().await;
    (visitor, sandbox, reset.id, items)
}

fn assert_consecutive(items: &[Item], after: u64) {
    for (item, expected) in items.iter().zip(after + 1..) {
        assert_eq!((item.name.as_str(), item.seq()), ("event", expected));
        assert!(item.id.ends_with(&format!(":{expected}")), "{}", item.id);
    }
}

#[tokio::test]
async fn a_stream_says_what_browsers_and_proxies_need_to_know() {
    let server = server();
    let visitor = server.visitor();
    let sandbox = visitor.open("free").await;
    let request = visitor.client.get(format!("{}/api/sandboxes/{sandbox}/events", visitor.url));
    let response = request.header("accept-encoding", "br, gzip").send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
    assert_eq!(header("cache-control").as_deref(), Some("no-cache"));
    assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
    assert_eq!(header("content-encoding"), None);
    let mut reader = common::Reader::of(response);
    reader.next().await.unwrap();
    assert_eq!(reader.retry.as_deref(), Some("1000"));
}

#[tokio::test]
async fn a_reader_that_is_cut_at_any_event_resumes_with_the_next_one() {
    let _server = server();
    let (visitor, sandbox, start, items) = listened().await;
    assert!(items.len() > 10, "{} events", items.len());
    let cursors = std::iter::once(&start).chain(items.iter().map(|item| &item.id));
    for (have, cursor) in cursors.enumerate().take(items.len()) {
        let mut rest = visitor.events(&sandbox, Some(cursor)).await;
        assert_eq!(rest.run().await, items[have..], "after {have} events");
    }
}

#[tokio::test]
async fn a_reader_that_is_cut_at_every_event_of_a_live_run_gets_each_once_and_in_order() {
    let _server = server();
    let (visitor, sandbox, _, before) = listened().await;
    let mut last = before.last().unwrap().clone();
    run(&visitor, &sandbox).await;
    let mut items = Vec::new();
    while items.last().is_none_or(|item: &Item| !item.ends_a_run()) {
        let item = visitor.events(&sandbox, Some(&last.id)).await.next().await.unwrap();
        items.push(item.clone());
        last = item;
    }
    assert_consecutive(&items, before.last().unwrap().seq());
    let whole = visitor.events(&sandbox, Some(&before.last().unwrap().id)).await.run().await;
    assert_eq!(items, whole);
}

#[tokio::test]
async fn a_query_resumes_too_and_the_header_wins() {
    let _server = server();
    let (visitor, sandbox, start, items) = listened().await;
    let url = format!("{}/api/sandboxes/{sandbox}/events?from={start}", visitor.url);
    let mut reader = common::Reader::of(visitor.client.get(&url).send().await.unwrap());
    assert_eq!(reader.next().await.unwrap(), items[0]);
    let request = visitor.client.get(&url).header("last-event-id", &items[3].id);
    let mut reader = common::Reader::of(request.send().await.unwrap());
    assert_eq!(reader.next().await.unwrap(), items[4]);
}

#[tokio::test]
async fn a_reader_from_another_epoch_gets_the_state_and_then_goes_on() {
    let _server = server();
    let (visitor, sandbox, _, items) = listened().await;
    let last = items.last().unwrap();
    for stale in ["0000000000000000:3", "nonsense", &last.id.replace(&format!(":{}", last.seq()), ":999999999")] {
        let mut events = visitor.events(&sandbox, Some(stale)).await;
        let reset = events.next().await.unwrap();
        assert_eq!(reset.name, "reset", "{stale}");
        let seq = reset.seq();
        assert!(seq >= last.seq());
        run(&visitor, &sandbox).await;
        assert_consecutive(&events.run().await, seq);
    }
}

/// Runs of [`loud`] until the sockets are full. A run has fewer events than the ring: who reads it to its end before the
/// next is never cut off.
const LOUD_RUNS: usize = 16;
const LOUD_REQUESTS: usize = 500;

/// A scenario whose client reads one long value again and again.
fn loud(mut scenario: Scenario) -> Scenario {
    let (key, value) = (Key::new("loud").unwrap(), Value::new("long ".repeat(60)).unwrap());
    for node in &mut scenario.graph.nodes {
        match &mut node.settings {
            Settings::Client(client) => client.requests = vec![Request::get(key.clone()); LOUD_REQUESTS],
            Settings::Redis(redis) => {
                redis.keys = vec![SeedKey { key: key.clone(), value: value.clone(), ttl_s: None }];
            }
            Settings::Postgres(postgres) => postgres.rows = vec![Row { key: key.clone(), value: value.clone() }],
            Settings::Server(_) => {}
        }
    }
    scenario
}

#[tokio::test]
async fn a_reader_that_falls_behind_is_cut_off_without_a_gap_and_holds_up_nobody() {
    let _server = server();
    let visitor = server().visitor();
    let opened = visitor.ask("open", json!({ "place": "free" })).await;
    let sandbox = opened["sandbox"].as_str().unwrap();
    let saved: Saved = serde_json::from_value(opened["saved"].clone()).unwrap();
    let (scenario, base) = (loud(saved.scenario), saved.version);
    let loud = json!({ "sandbox": sandbox, "scenario": scenario, "base": base, "by": "test", "refill": true });
    visitor.ask("save", loud).await;

    let mut slow = visitor.events(sandbox, None).await;
    let first = slow.next().await.unwrap();
    let mut quick = visitor.events(sandbox, Some(&first.id)).await;
    let mut heard = Vec::new();
    for _ in 0..LOUD_RUNS {
        run(&visitor, sandbox).await;
        heard.extend(quick.run().await);
    }
    assert_consecutive(&heard, first.seq());

    // Now the slow one reads what the sockets held for it, up to where it was cut off.
    let mut items = Vec::new();
    while let Some(item) = slow.next().await {
        items.push(item);
    }
    assert!(items.len() < heard.len(), "it was not slow");
    assert_eq!(items, heard[..items.len()]);

    let mut again = visitor.events(sandbox, Some(&items.last().unwrap().id)).await;
    let reset = again.next().await.unwrap();
    assert_eq!((reset.name.as_str(), reset.seq()), ("reset", heard.last().unwrap().seq()));
}

#[tokio::test]
async fn a_session_has_a_limited_number_of_streams_and_gets_them_back() {
    let _server = server();
    let visitor = server().visitor();
    let sandbox = visitor.open("free").await;
    let mut open = Vec::new();
    for _ in 0..aside_server::stream::PER_SESSION {
        let mut events = visitor.events(&sandbox, None).await;
        events.next().await.unwrap();
        open.push(events);
    }
    let refusal = visitor.ask_events(&sandbox, None).await;
    assert_eq!(refusal.status(), 429);
    assert!(refusal.text().await.unwrap().contains("tabs"));

    let other = server().visitor();
    let others = other.open("free").await;
    other.events(&others, None).await.next().await.unwrap();

    open.pop();
    timeout(PATIENCE, async {
        while visitor.ask_events(&sandbox, None).await.status() != 200 {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("a closed stream's place is given back");
}
