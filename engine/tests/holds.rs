//! Held packets: what waits, what does not, and how each wait ends.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::{Command, Fact, Hold, Leg, Outcome, Released, RunEnd, Scenario};
use aside_engine::{Config, Engine, Sandbox, Which};
use common::*;
use std::time::Duration;
use tokio::time::sleep;

/// A reader and a writer of `a` at one server; the cache is empty.
fn race() -> Scenario {
    let nodes = ["client1:a", "client2:PUT a=new", "server", "redis", "postgres:a=old,b=old"];
    drawing(&nodes, &["client1>server", "client2>server", "server>redis", "server>postgres"])
}

fn holding(scenario: Scenario, link: &str, leg: Leg, command: Option<Command>) -> Scenario {
    scenario.link(link, |link| link.hold = Some(Hold { leg, command, key: None }))
}

fn of(client: &str) -> Which {
    Which::Clients(vec![id(client)])
}

async fn until_held(sandbox: &Sandbox, count: usize) {
    while sandbox.held() != count {
        sleep(Duration::from_millis(2)).await;
    }
}

/// Makes the stale fill by hand, and tells what the reader and the cache got.
async fn by_hand(sandbox: &Sandbox) -> (Vec<Outcome>, Vec<(String, String)>) {
    let mut feed = from_now(sandbox).await;
    let read = sandbox.run(of("client1")).await.unwrap();
    until_held(sandbox, 1).await;
    let mut events = Vec::new();
    while !matches!(events.last(), Some(Fact::PacketHeld { .. })) {
        events.push(next_event(&mut feed).await.fact);
    }
    let write = sandbox.run(of("client2")).await.unwrap();
    assert_ne!(read, write);
    let written = to_the_end(&mut feed).await;
    assert_eq!(statuses(&written), [200], "it goes on around what is held");
    assert_eq!(sandbox.held(), 1);
    assert_eq!(sandbox.release(Some((read, 3))), 1, "after the request itself, GET and SELECT");
    let rest = to_the_end(&mut feed).await;
    assert_eq!(answers(&rest), [(200, "old".to_owned())]);
    let ends = rest.iter().filter_map(|event| match &event.fact {
        Fact::HopEnded { receipt, .. } if receipt.held_us > 0 => Some(receipt.outcome),
        _ => None,
    });
    // The fill, and the request whose part it is.
    (ends.collect(), cached(sandbox, "redis").await)
}

#[test]
fn the_stale_fill_is_made_by_hand_and_a_lease_refuses_it() {
    test(async {
        let sandbox = sandbox_of(holding(race(), "server>redis", Leg::Message, Some(Command::Set))).await;
        let (outcomes, cache) = by_hand(&sandbox).await;
        assert_eq!(outcomes, [Outcome::Stored, Outcome::Found]);
        assert_eq!(cache, entries(&[("a", "old")]), "stale, although the write deleted the key");
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "new"), ("b", "old")]));

        let leased = holding(race(), "server>redis", Leg::Message, Some(Command::Set));
        let leased = leased.server(|server| server.lease = true);
        sandbox.reset(leased, sandbox.saved().await.unwrap().version, "test").await.unwrap();
        let (outcomes, cache) = by_hand(&sandbox).await;
        assert_eq!(outcomes, [Outcome::NotStored, Outcome::Found]);
        assert!(cache.is_empty());
    });
}

#[test]
fn each_kind_of_packet_is_held_on_the_way_that_was_named_and_no_other() {
    test(async {
        let all = [
            ("client1>server", Leg::Message, Some(Command::Get), "server"),
            ("client1>server", Leg::Reply, None, "server"),
            ("server>redis", Leg::Message, Some(Command::Get), "redis"),
            ("server>redis", Leg::Reply, Some(Command::Get), "redis"),
            ("server>postgres", Leg::Message, Some(Command::Select), "postgres"),
            ("server>postgres", Leg::Reply, Some(Command::Select), "postgres"),
        ];
        for (link, leg, command, to) in all {
            let sandbox = sandbox_of(holding(race(), link, leg, command)).await;
            let mut feed = from_now(&sandbox).await;
            sandbox.run(of("client1")).await.unwrap();
            until_held(&sandbox, 1).await;
            assert_eq!(sandbox.release(None), 1);
            let told = story(&to_the_end(&mut feed).await);
            let held = told.iter().filter(|line| line.starts_with("held") || line.starts_with("released"));
            let expected = [format!("held {leg:?} of {to}"), format!("released {to} ByHand")];
            assert_eq!(held.cloned().collect::<Vec<_>>(), expected, "{link}");
        }
        let never = [
            ("server>redis", Leg::Message, Some(Command::Del)),
            ("server>postgres", Leg::Message, Some(Command::Update)),
            ("client2>server", Leg::Message, None),
        ];
        for (link, leg, command) in never {
            let sandbox = sandbox_of(holding(race(), link, leg, command)).await;
            assert_eq!(statuses(&run(&sandbox, of("client1")).await), [200], "{link}");
        }
        let of_b = |scenario: Scenario| {
            scenario.link("server>redis", |link| {
                link.hold = Some(Hold { leg: Leg::Message, command: None, key: Some(key("b")) });
            })
        };
        let sandbox = sandbox_of(of_b(race())).await;
        assert_eq!(statuses(&run(&sandbox, of("client1")).await), [200], "another key");
    });
}

#[test]
fn how_long_it_was_held_is_told_apart_and_no_timeout_runs_meanwhile() {
    test(async {
        let held = holding(race(), "server>redis", Leg::Message, Some(Command::Get));
        let sandbox = sandbox_of(held.server(|server| server.redis_timeout_ms = Some(50))).await;
        let mut feed = from_now(&sandbox).await;
        sandbox.run(of("client1")).await.unwrap();
        until_held(&sandbox, 1).await;
        sleep(Duration::from_millis(300)).await;
        sandbox.release(None);
        let events = to_the_end(&mut feed).await;
        let get = &receipts(&events, "redis")[0];
        assert_eq!(get.outcome, Outcome::Miss, "asked after it was released, with all its patience");
        assert!(get.held_us >= 300_000 && get.took_us < get.held_us, "{get:?}");
        let whole = &receipts(&events, "server")[0];
        assert!(whole.held_us >= 300_000 && whole.took_us < 300_000, "{whole:?}");
    });
}

#[test]
fn stop_releases_everything_and_leaves_nobody_waiting() {
    test(async {
        let sandbox = sandbox_of(holding(race(), "server>postgres", Leg::Reply, None)).await;
        let mut feed = from_now(&sandbox).await;
        for (held, client) in [(1, "client1"), (2, "client2")] {
            sandbox.run(of(client)).await.unwrap();
            until_held(&sandbox, held).await;
        }
        assert!(sandbox.stop());
        let mut ends = 0;
        let mut released = Vec::new();
        while ends < 2 {
            match next_event(&mut feed).await.fact {
                Fact::PacketReleased { why, .. } => released.push(why),
                Fact::RunEnded { end, .. } => {
                    assert_eq!(end, RunEnd::Stopped);
                    ends += 1;
                }
                _ => {}
            }
        }
        assert_eq!(released, [Released::Stopped; 2]);
        assert_eq!(sandbox.held(), 0);
    });
}

#[test]
fn what_stop_lets_go_is_not_sent() {
    test(async {
        let sandbox = sandbox_of(holding(race(), "server>postgres", Leg::Message, Some(Command::Update))).await;
        let mut feed = from_now(&sandbox).await;
        sandbox.run(of("client2")).await.unwrap();
        until_held(&sandbox, 1).await;
        assert!(sandbox.stop());
        let events = to_the_end(&mut feed).await;
        assert_eq!(receipts(&events, "postgres")[0].sent, None);
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "old"), ("b", "old")]));
    });
}

#[test]
fn a_reset_releases_everything_too() {
    test(async {
        let sandbox = sandbox_of(holding(race(), "server>redis", Leg::Message, None)).await;
        sandbox.run(Which::All).await.unwrap();
        until_held(&sandbox, 2).await;
        sandbox.reset(race(), sandbox.saved().await.unwrap().version, "test").await.unwrap();
        assert_eq!(sandbox.held(), 0);
        assert_eq!(statuses(&run(&sandbox, of("client1")).await), [200]);
    });
}

#[test]
fn what_nobody_releases_goes_on_by_itself() {
    test(async {
        let stores = stores().await;
        let config = Config::new(stores.redis_url(), stores.database_url());
        let config = Config { longest_hold: Duration::from_millis(200), least_redis_patience: PATIENT, ..config };
        let sandbox = open(&Engine::connect(config).await.unwrap()).await;
        sandbox.reset(holding(race(), "server>redis", Leg::Message, Some(Command::Set)), 1, "test").await.unwrap();
        let mut feed = from_now(&sandbox).await;
        sandbox.run(of("client1")).await.unwrap();
        let events = to_the_end(&mut feed).await;
        assert!(story(&events).contains(&"released redis InTime".to_owned()));
        assert_eq!((statuses(&events), end(&events)), (vec![200], Some(RunEnd::Completed)));
        assert_eq!(sandbox.held(), 0);
    });
}

#[test]
fn only_what_hangs_lets_another_run_begin() {
    test(async {
        let scenario = race().link("server>redis", |link| link.delay_ms = 2_000);
        let sandbox = sandbox_of(scenario.server(|server| server.redis_timeout_ms = None)).await;
        sandbox.run(of("client1")).await.unwrap();
        assert!(sandbox.run(of("client2")).await.is_err(), "a run is going, and nothing of it is held");
        sandbox.stop();
    });
}

#[test]
fn a_hold_that_is_taken_off_the_link_leaves_what_hangs_to_be_released() {
    test(async {
        let sandbox = sandbox_of(holding(race(), "server>redis", Leg::Message, Some(Command::Set))).await;
        let mut feed = from_now(&sandbox).await;
        sandbox.run(of("client1")).await.unwrap();
        until_held(&sandbox, 1).await;
        amend(&sandbox, |scenario| scenario.link("server>redis", |link| link.hold = None)).await;
        assert_eq!(sandbox.held(), 1);
        assert_eq!(sandbox.release(Some((99, 0))), 0, "nothing hangs there");
        assert_eq!(sandbox.release(None), 1);
        assert_eq!(end(&to_the_end(&mut feed).await), Some(RunEnd::Completed));
    });
}
