//! The live service, as the engine knows it: addresses, shares, samples and sums.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::{Command, Fact, Hold, Key, Leg, NodeId, Outcome, Request, Scenario, Source, Tally, WritePolicy};
use aside_engine::{Config, Engine, EngineError, Feed, Sandbox, Service, Share};
use common::*;
use futures::future::join_all;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::sleep;

/// An engine without limits, but for those that are given.
async fn engine_with(share: Share) -> Engine {
    let stores = stores().await;
    let config = Config::new(stores.redis_url(), stores.database_url());
    let config = Config { least_redis_patience: PATIENT, postgres_timeout: PATIENT, share, ..config };
    Engine::connect(config).await.unwrap()
}

const NO_LIMITS: Share = Share { rate_per_s: 0, in_flight: 0 };

/// A sandbox with that scenario, and its server as a service.
async fn served(engine: &Engine, scenario: Scenario) -> (Sandbox, Service) {
    let sandbox = open(engine).await;
    sandbox.reset(scenario, 1, "test").await.unwrap();
    let service = engine.service(&sandbox.live_address().await.unwrap(), "server").await.unwrap();
    (sandbox, service)
}

async fn ask(service: &Service, request: Request) -> aside_engine::Served {
    service.ask(&service.enter().unwrap(), request).await
}

fn get(k: &str) -> Request {
    Request::get(key(k))
}

/// What the events say was served, each request once: told, and only counted.
#[derive(Default)]
struct Told {
    samples: u32,
    answered: u64,
    counted: u64,
    tallies: BTreeMap<NodeId, Tally>,
}

/// Reads events until `requests` were served.
async fn told(feed: &mut Feed, requests: u64) -> Told {
    let mut told = Told::default();
    while told.answered + told.counted < requests {
        match next_event(feed).await.fact {
            Fact::RunStarted { source, .. } => {
                assert_eq!(source, Source::Outside);
                told.samples += 1;
            }
            Fact::RequestStarted { client, .. } => assert_eq!(client, NodeId::outside()),
            Fact::RequestEnded { .. } => told.answered += 1,
            Fact::Served { requests, tallies, .. } => {
                told.counted += requests;
                tallies.iter().for_each(|(node, tally)| told.tallies.entry(node.clone()).or_default().add(tally));
            }
            _ => {}
        }
    }
    told
}

#[test]
fn a_server_does_what_the_drawing_says_and_tells_which_way_a_request_went() {
    test(async {
        let (sandbox, service) = served(&engine_with(NO_LIMITS).await, usual("", "", "a=1")).await;
        let first = ask(&service, get("a")).await;
        assert_eq!((first.status, first.text.as_str()), (200, "1"));
        let way: Vec<_> = first.steps.iter().map(|step| (step.name.as_str(), step.command, step.outcome)).collect();
        let expected = [
            ("redis", Command::Get, Outcome::Miss),
            ("postgres", Command::Select, Outcome::Found),
            ("redis", Command::Set, Outcome::Stored),
        ];
        assert_eq!(way, expected);
        assert_eq!(first.steps[2].ttl_s, Some(60));
        let second = ask(&service, get("a")).await;
        let [hit] = second.steps.as_slice() else { panic!("{second:?}") };
        assert_eq!(hit.outcome, Outcome::Hit);
        let (left, age) = (hit.ttl_s.unwrap(), hit.age_s.unwrap());
        assert!(left <= 60 && left + age == 60, "{hit:?}");
        assert_eq!(ask(&service, get("nobody")).await.status, 404);
        assert_eq!(ask(&service, Request::put(key("b"), value("2"))).await.status, 201);
        assert_eq!(ask(&service, Request::put(key("b"), value("3"))).await.status, 200);
        assert_eq!(ask(&service, Request::delete(key("a"))).await.status, 200);
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("b", "3")]));
        assert!(cached(&sandbox, "redis").await.is_empty(), "every write has deleted its key");
    });
}

#[test]
fn one_request_alone_is_told_whole_as_a_run_of_its_own() {
    test(async {
        let (sandbox, service) = served(&engine_with(NO_LIMITS).await, usual("", "", "a=1")).await;
        let mut feed = from_now(&sandbox).await;
        ask(&service, get("a")).await;
        let events = to_the_end(&mut feed).await;
        assert_eq!(outcomes(&events, "redis"), [Outcome::Miss, Outcome::Stored]);
        assert_eq!(answers(&events), [(200, "1".to_owned())]);
        assert_eq!(
            receipts(&events, "redis")[0].sent.as_deref().map(|sent| sent.starts_with("GET aside:{")),
            Some(true)
        );
    });
}

#[test]
fn under_load_samples_are_told_and_everything_is_counted() {
    test(async {
        let (sandbox, service) = served(&engine_with(NO_LIMITS).await, usual("", "a=1", "a=1,b=2")).await;
        let mut feed = from_now(&sandbox).await;
        let began = std::time::Instant::now();
        let load = async {
            for _ in 0..60 {
                join_all((0..50).map(|_| ask(&service, get("a")))).await;
            }
        };
        let (told, ()) = tokio::join!(told(&mut feed, 3_000), load);
        assert_eq!(told.answered + told.counted, 3_000);
        let samples = began.elapsed().as_secs() + 2;
        assert!(told.counted > 0 && u64::from(told.samples) <= samples, "{} in {samples}", told.samples);
        assert_eq!(told.tallies[&id("server")].asked, told.counted);
        assert_eq!(told.tallies[&id("redis")].hits, told.counted);
        assert_eq!(told.tallies[&id("server")].hits, told.counted);
    });
}

#[test]
fn what_a_link_may_hold_is_always_told_and_waits_while_others_go_on() {
    test(async {
        let scenario = usual("", "a=1,b=2", "").link("server>redis", |link| {
            link.hold = Some(Hold { leg: Leg::Message, command: None, key: Some(key("b")) });
        });
        let (sandbox, service) = served(&engine_with(NO_LIMITS).await, scenario).await;
        let held = tokio::spawn({
            let service = service.clone();
            async move { ask(&service, get("b")).await }
        });
        while sandbox.held() == 0 {
            sleep(Duration::from_millis(2)).await;
        }
        for _ in 0..100 {
            assert_eq!(ask(&service, get("a")).await.status, 200);
        }
        assert!(!held.is_finished());
        assert_eq!(sandbox.release(None), 1);
        assert_eq!(held.await.unwrap().text, "2");
    });
}

#[test]
fn stop_ends_what_is_held_and_the_service_goes_on() {
    test(async {
        let scenario = usual("", "", "a=1").link("server>postgres", |link| {
            link.hold = Some(Hold { leg: Leg::Message, command: None, key: None });
        });
        let (sandbox, service) = served(&engine_with(NO_LIMITS).await, scenario.clone()).await;
        let held = tokio::spawn({
            let service = service.clone();
            async move { ask(&service, get("a")).await.status }
        });
        while sandbox.held() == 0 {
            sleep(Duration::from_millis(2)).await;
        }
        assert!(sandbox.stop());
        assert_eq!(held.await.unwrap(), 503);
        sandbox.put_key(&id("redis"), key("a"), value("1"), None).await.unwrap();
        assert_eq!(ask(&service, get("a")).await.status, 200);
    });
}

#[test]
fn an_address_is_nobodys_but_its_own_and_a_fresh_one_takes_its_place() {
    test(async {
        let engine = engine_with(NO_LIMITS).await;
        let (sandbox, _) = served(&engine, usual("", "", "a=1")).await;
        let old = sandbox.live_address().await.unwrap();
        assert_eq!(sandbox.live_address().await.unwrap(), old);
        assert_ne!(old, sandbox.id().as_str());
        assert!(matches!(engine.service(sandbox.id().as_str(), "server").await, Err(EngineError::NoSuchSandbox)));
        let fresh = sandbox.new_live_address().await.unwrap();
        assert_ne!(fresh, old);
        assert!(matches!(engine.service(&old, "server").await, Err(EngineError::NoSuchSandbox)));
        assert!(engine.service(&fresh, "server").await.is_ok());
        // Another process finds it as well.
        assert!(engine_with(NO_LIMITS).await.service(&fresh, "server").await.is_ok());
        for nobody in ["redis", "nobody", "", "*"] {
            assert!(matches!(engine.service(&fresh, nobody).await, Err(EngineError::NoSuchServer)), "{nobody}");
        }
        amend(&sandbox, |scenario| scenario.server(|server| server.is_private = true)).await;
        assert!(matches!(engine.service(&fresh, "server").await, Err(EngineError::NoSuchServer)));
    });
}

#[test]
fn a_sandbox_has_its_share_and_no_more_and_another_has_its_own() {
    test(async {
        let engine = engine_with(Share { rate_per_s: 20, in_flight: 0 }).await;
        let (_, service) = served(&engine, usual("", "a=1", "")).await;
        let (_, other) = served(&engine, usual("", "a=1", "")).await;
        let entered = (0..40).filter(|_| service.enter().is_ok()).count();
        assert!((20..40).contains(&entered), "{entered}");
        let busy = std::iter::repeat_with(|| service.enter()).find_map(Result::err).unwrap();
        assert!(busy.retry_after_s >= 1 && busy.reason.contains("20 times a second"), "{busy:?}");
        assert!(other.enter().is_ok());

        let engine = engine_with(Share { rate_per_s: 0, in_flight: 2 }).await;
        let (_, service) = served(&engine, usual("", "a=1", "")).await;
        let two = (service.enter().unwrap(), service.enter().unwrap());
        assert!(service.enter().is_err());
        drop(two);
        assert!(service.enter().is_ok());
    });
}

#[test]
fn a_database_takes_no_more_rows_than_it_may_have_but_changes_those_that_it_has() {
    test(async {
        let (sandbox, service) = served(&engine_with(NO_LIMITS).await, usual("", "", "")).await;
        let put = |k: String| Request::put(Key::new(k).unwrap(), value("v"));
        let limit = aside_domain::limits::ROWS_PER_DATABASE;
        for batch in 0..limit / 100 {
            let all = (0..100).map(|n| ask(&service, put(format!("k{}", batch * 100 + n))));
            assert!(join_all(all).await.iter().all(|served| served.status == 201));
        }
        assert_eq!(ask(&service, put("one-more".to_owned())).await.status, 507);
        assert_eq!(ask(&service, put("k7".to_owned())).await.status, 200);
        assert_eq!(ask(&service, Request::delete(key("k8"))).await.status, 200);
        assert_eq!(ask(&service, put("one-more".to_owned())).await.status, 201);
        assert_eq!(sandbox.sizes().await.unwrap().iter().map(|held| held.entries).max(), Some(limit));
    });
}

#[test]
fn two_sandboxes_under_load_disturb_neither_each_others_order_nor_their_counts() {
    test(async {
        let engine = engine_with(NO_LIMITS).await;
        let scenario = || usual("", "", "a=1,b=2").server(|server| server.policy = WritePolicy::Update);
        let (one, one_served) = served(&engine, scenario()).await;
        let (other, other_served) = served(&engine, scenario()).await;
        let load = async |sandbox: &Sandbox, service: &Service, requests: u64, who: &str| {
            let mut feed = from_now(sandbox).await;
            // Each writes and reads its own, in turn: it must read what it wrote.
            let writers = (0..8).map(|w| async move {
                for n in 0..requests / 16 {
                    let (k, v) = (format!("{who}{w}"), format!("{who} {n}"));
                    ask(service, Request::put(Key::new(k.clone()).unwrap(), value(&v))).await;
                    assert_eq!(ask(service, Request::get(Key::new(k).unwrap())).await.text, v);
                }
            });
            let (told, _) = tokio::join!(told(&mut feed, requests), join_all(writers));
            assert_eq!(told.answered + told.counted, requests);
        };
        tokio::join!(load(&one, &one_served, 1_600, "one"), load(&other, &other_served, 800, "other"));
        let foreign =
            |entries: Vec<(String, String)>, who: &str| entries.iter().any(|(_, value)| value.starts_with(who));
        assert!(!foreign(stored(&one, "postgres").await, "other") && !foreign(stored(&other, "postgres").await, "one"));
    });
}
