//! Single-flight: of many who miss one key at once, one asks the database.

mod common;

use aside_domain::{Condition, Fact, Note, Outcome, Scenario};
use aside_engine::{Config, Engine, Which};
use common::*;
use std::collections::BTreeSet;

const READERS: usize = 12;

/// So many clients that read `a`, which only Postgres has, along a link so slow that all have missed before the first of
/// them is answered.
fn crowd(single_flight: bool) -> Scenario {
    let nodes: Vec<String> = (1..=READERS).map(|n| format!("client{n}:a")).collect();
    let links: Vec<String> = (1..=READERS).map(|n| format!("client{n}>server")).collect();
    let mut nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let mut links: Vec<&str> = links.iter().map(String::as_str).collect();
    nodes.extend(["server", "redis", "postgres:a=1"]);
    links.extend(["server>redis", "server>postgres"]);
    drawing(&nodes, &links)
        .server(|server| server.single_flight = single_flight)
        .link("server>postgres", |link| link.delay_ms = 2_000)
}

#[test]
fn of_many_who_miss_a_key_at_once_one_asks_the_database_with_single_flight_and_all_without() {
    test(async {
        let own = OwnStores::start().await;
        // Two seconds of delay are as long as a run usually waits for Postgres.
        let config = Config::new(own.stores.redis_url(), own.stores.database_url());
        let config = Config { least_redis_patience: PATIENT, postgres_timeout: PATIENT, ..config };
        let sandbox = open(&Engine::connect(config).await.unwrap()).await;
        let selects = "SELECT value FROM node_rows%";
        for (version, single_flight) in [(1, true), (2, false)] {
            sandbox.reset(crowd(single_flight), version, "test").await.unwrap();
            let before = own.count(selects).await;
            let events = run_all(&sandbox).await;
            let after = own.count(selects).await;

            assert_eq!(answers(&events), vec![(200, "1".to_owned()); READERS]);
            let asked = outcomes(&events, "postgres");
            assert_eq!(asked, vec![Outcome::Found; if single_flight { 1 } else { READERS }]);
            if let (Some(before), Some(after)) = (before, after) {
                assert_eq!(after - before, asked.len() as i64, "so Postgres says, too");
            }
            let fills = outcomes(&events, "redis").into_iter().filter(|outcome| *outcome == Outcome::Stored);
            assert_eq!(fills.count(), asked.len(), "whoever asked fills");

            let waited = notes(&events);
            if !single_flight {
                assert!(waited.is_empty());
                continue;
            }
            let flying = |event: &aside_domain::Event| match &event.fact {
                Fact::HopStarted { request, to, .. } if to.as_str() == "postgres" => Some(*request),
                _ => None,
            };
            let flew = events.iter().find_map(flying).unwrap();
            let others: BTreeSet<u32> = (1..=READERS as u32).filter(|request| *request != flew).collect();
            assert_eq!(waited.iter().map(|(request, _)| *request).collect::<BTreeSet<_>>(), others);
            for (request, note) in &waited {
                let Note::Waited { leader, waited_us } = note else { panic!("{note:?}") };
                assert_eq!(*leader, flew, "#{request}");
                assert!(*waited_us > 0);
            }
        }
        own.stores.stop().await;
    });
}

#[test]
fn who_waits_is_told_what_the_database_did_not_say_either() {
    test(async {
        // Cut, the answer comes at once: only a black hole keeps everybody waiting, for as long as Postgres has.
        let scenario = crowd(true).link("server>postgres", |link| link.condition = Condition::BlackHole);
        let own = OwnStores::start().await;
        let sandbox = open(&own.engine().await).await;
        sandbox.reset(scenario, 1, "test").await.unwrap();
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [503; READERS]);
        assert_eq!(outcomes(&events, "postgres"), [Outcome::TimedOut], "one failed for all");
        assert_eq!(notes(&events).len(), READERS - 1);
        own.stores.stop().await;
    });
}

#[test]
fn keys_and_servers_do_not_wait_for_each_other() {
    test(async {
        let nodes = ["client1:a", "client2:b", "client3:a", "server1", "server2", "redis", "postgres:a=1,b=2"];
        let links = [
            "client1>server1",
            "client2>server1",
            "client3>server2",
            "server1>redis",
            "server2>redis",
            "server1>postgres",
            "server2>postgres",
        ];
        let scenario = drawing(&nodes, &links)
            .server(|server| server.single_flight = true)
            .link("server1>postgres", |link| link.delay_ms = 1_000)
            .link("server2>postgres", |link| link.delay_ms = 1_000);
        let events = run_all(&sandbox_of(scenario).await).await;
        assert_eq!(statuses(&events), [200; 3]);
        assert_eq!(outcomes(&events, "postgres"), [Outcome::Found; 3]);
        assert!(notes(&events).is_empty());
    });
}

#[test]
fn stop_ends_those_who_wait_too_and_the_next_run_begins_with_a_flight_of_its_own() {
    test(async {
        let sandbox = sandbox_of(crowd(true)).await;
        let mut feed = from_now(&sandbox).await;
        sandbox.run(Which::All).await.unwrap();
        while !matches!(next_event(&mut feed).await.fact, Fact::HopStarted { to, .. } if to.as_str() == "postgres") {}
        assert!(sandbox.stop());
        let events = to_the_end(&mut feed).await;
        assert_eq!(end(&events), Some(aside_domain::RunEnd::Stopped));
        assert!(statuses(&events).is_empty(), "nobody was answered");
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200; READERS]);
        assert_eq!(outcomes(&events, "postgres"), [Outcome::Found]);
    });
}
