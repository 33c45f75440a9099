//! Traffic: what is drawn is sent, what is sent is measured, and it ends.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::measured::Measured;
use aside_domain::{Condition, Distribution, Fact, RunEnd, Scenario, Settings, Source, Traffic};
use aside_engine::{EngineError, Sandbox, Which};
use common::*;
use std::time::Duration;
use tokio::time::sleep;

/// A client whose traffic is a bit of everything, for a second, in front of a cache.
fn busy_client(traffic: Traffic) -> Scenario {
    let mut scenario = usual("a", "", "a=1");
    if let Settings::Client(client) = &mut scenario.graph.nodes[0].settings {
        client.traffic = Some(traffic);
    }
    scenario
}

fn short() -> Traffic {
    Traffic { users: 8, duration_s: 1, keys: 100, write_percent: 10, ..Traffic::default() }
}

/// Sends the traffic to its end; gives what was measured, and how many requests the events tell of: told, and counted.
async fn sent(sandbox: &Sandbox) -> (Measured, u64, u64) {
    let mut feed = from_now(sandbox).await;
    let number = sandbox.start_traffic(&id("client")).await.unwrap();
    let (mut told, mut counted) = (0, 0);
    loop {
        match next_event(&mut feed).await.fact {
            Fact::RunStarted { source, .. } => assert_eq!(source, Source::Traffic),
            Fact::RequestEnded { .. } => told += 1,
            Fact::Served { requests, .. } => counted += requests,
            Fact::TrafficEnded { number: ended } => {
                assert_eq!(ended, number);
                break;
            }
            _ => {}
        }
    }
    let measured = sandbox.traffic().pop().unwrap();
    assert_eq!(measured.number, number);
    (measured, told, counted)
}

#[test]
fn every_request_is_told_or_counted_and_measured_once() {
    test(async {
        let sandbox = sandbox_of(busy_client(short())).await;
        let (measured, told, counted) = sent(&sandbox).await;
        let totals = measured.totals;
        assert_eq!(measured.end, Some(RunEnd::Completed));
        assert_eq!(told + counted, totals.requests);
        assert_eq!(totals.hits + totals.misses + totals.writes, totals.requests, "none failed");
        assert_eq!(totals.errors, 0);
        assert!(totals.hits > 0 && totals.misses > 0 && totals.writes > 0, "{totals:?}");
        // One query for each miss and each write; a read may miss that joins nobody.
        assert_eq!(totals.queries, totals.misses + totals.writes);
        let quantiles = [totals.hit_us, totals.miss_us, totals.write_us];
        assert_eq!(quantiles.map(|of| of.count), [totals.hits, totals.misses, totals.writes]);
        assert!(
            quantiles
                .iter()
                .all(|of| 0 < of.p50_us && of.p50_us <= of.p95_us && of.p95_us <= of.p99_us && of.p99_us <= of.max_us)
        );
        let sum = |of: fn(&aside_domain::measured::Second) -> u64| measured.seconds.iter().map(of).sum::<u64>();
        assert_eq!(
            (sum(|s| s.requests), sum(|s| s.hits), sum(|s| s.queries)),
            (totals.requests, totals.hits, totals.queries)
        );
    });
}

#[test]
fn what_misses_is_filled_and_what_is_written_is_the_sandboxs_own() {
    test(async {
        let traffic = Traffic { distribution: Distribution::Uniform, ..short() };
        let sandbox = sandbox_of(busy_client(traffic)).await;
        sent(&sandbox).await;
        let keys = cached(&sandbox, "redis").await;
        assert!(!keys.is_empty() && keys.iter().all(|(key, _)| key.starts_with("user:")), "{keys:?}");
        let rows = stored(&sandbox, "postgres").await;
        assert!(rows.iter().all(|(key, value)| key == "a" || value.contains("\"written\":")), "{rows:?}");
        assert!(rows.len() <= 101);
    });
}

#[test]
fn traffic_keeps_to_its_rate_and_no_two_go_on_at_once() {
    test(async {
        let sandbox = sandbox_of(busy_client(Traffic { rate_per_s: Some(100), write_percent: 0, ..short() })).await;
        let (measured, _, _) = sent(&sandbox).await;
        // A Poisson process of 100 in a second: five standard deviations.
        assert!((50..=150).contains(&measured.totals.requests), "{}", measured.totals.requests);
        sandbox.start_traffic(&id("client")).await.unwrap();
        assert_eq!(sandbox.start_traffic(&id("client")).await, Err(EngineError::AlreadyRunning));
        assert!(sandbox.stop_traffic());
    });
}

#[test]
fn stop_ends_it_and_a_run_goes_on_beside_it() {
    test(async {
        let sandbox = sandbox_of(busy_client(Traffic { duration_s: 600, ..short() })).await;
        amend(&sandbox, |mut scenario| {
            let mut other = scenario.graph.nodes[0].clone();
            other.id = id("client2");
            if let Settings::Client(client) = &mut other.settings {
                client.traffic = None;
            }
            scenario.graph.nodes.push(other);
            scenario.graph.links.push(aside_domain::Link::new(id("client2"), id("server")));
            scenario
        })
        .await;
        sandbox.start_traffic(&id("client")).await.unwrap();
        let run = sandbox.run(Which::Clients(vec![id("client2")])).await;
        assert!(run.is_ok(), "{run:?}");
        assert!(sandbox.stop());
        while sandbox.traffic()[0].end.is_none() {
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(sandbox.traffic()[0].end, Some(RunEnd::Stopped));
        assert!(!sandbox.stop_traffic(), "there is none");
    });
}

#[test]
fn a_reset_ends_it_and_leaves_nothing_of_it() {
    test(async {
        let sandbox = sandbox_of(busy_client(Traffic { duration_s: 600, ..short() })).await;
        sandbox.start_traffic(&id("client")).await.unwrap();
        sleep(Duration::from_millis(100)).await;
        let version = sandbox.saved().await.unwrap().version;
        sandbox.reset(usual("a", "", "a=1"), version, "test").await.unwrap();
        assert_eq!(sandbox.traffic()[0].end, Some(RunEnd::Stopped));
        assert!(cached(&sandbox, "redis").await.is_empty());
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "1")]));
    });
}

#[test]
fn failures_are_counted_as_failures() {
    test(async {
        let scenario = busy_client(Traffic { write_percent: 0, ..short() });
        let sandbox = sandbox_of(scenario.link("server>postgres", |link| link.condition = Condition::Cut)).await;
        let (measured, told, counted) = sent(&sandbox).await;
        assert_eq!(measured.totals.errors, measured.totals.requests);
        assert_eq!(told + counted, measured.totals.requests);
        assert_eq!(
            (measured.totals.queries, measured.totals.hits),
            (0, 0),
            "nothing was sent along a link that is cut"
        );
    });
}

#[test]
fn the_same_seed_sends_the_same_and_what_it_meets_is_written_down() {
    test(async {
        let traffic = Traffic { rate_per_s: Some(300), write_percent: 0, ..short() };
        let sandbox = sandbox_of(busy_client(traffic)).await;
        let (first, _, _) = sent(&sandbox).await;
        amend(&sandbox, |scenario| {
            scenario.server(|server| server.ttl_s = 7).link("server>postgres", |link| link.delay_ms = 20)
        })
        .await;
        let (second, _, _) = sent(&sandbox).await;
        assert_eq!(second.number, first.number + 1);
        assert_eq!(first.traffic, second.traffic);
        assert!(second.drawing[0].contains("TTL 7 s"), "{:?}", second.drawing);
        assert!(second.drawing.iter().any(|sentence| sentence.contains("20 ms of injected delay")));
        assert_eq!(sandbox.traffic().len(), 2);
    });
}

#[test]
fn what_cannot_be_sent_is_told() {
    test(async {
        let sandbox = sandbox_of(usual("a", "", "")).await;
        assert!(matches!(sandbox.start_traffic(&id("client")).await, Err(EngineError::NothingToRun(_))));
        assert!(matches!(sandbox.start_traffic(&id("server")).await, Err(EngineError::WrongKind { .. })));
        let mut lonely = busy_client(short());
        lonely.graph.links.remove(0);
        let sandbox = sandbox_of(lonely).await;
        assert!(matches!(sandbox.start_traffic(&id("client")).await, Err(EngineError::NothingToRun(_))));
    });
}
