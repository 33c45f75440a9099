//! Links that are slow, cut, or swallow what is sent: what is answered all the same, what the receipts say, and that links
//! can be cut and restored while a run goes on.

mod common;

use aside_domain::{Condition, Fact, Outcome, RunEnd, Scenario, WritePolicy};
use aside_engine::{Feed, SessionId, Which};
use common::*;
use std::time::Duration;

/// Reads on until a hop ends like that.
async fn until_hop(feed: &mut Feed, outcome: Outcome) {
    loop {
        match next_event(feed).await.fact {
            Fact::HopEnded { receipt, .. } if receipt.outcome == outcome => return,
            Fact::RunEnded { .. } => panic!("no {outcome} before the end"),
            _ => {}
        }
    }
}

fn cut(scenario: Scenario, link: &str) -> Scenario {
    scenario.link(link, |link| link.condition = Condition::Cut)
}

fn black_hole(scenario: Scenario, link: &str) -> Scenario {
    scenario.link(link, |link| link.condition = Condition::BlackHole)
}

#[test]
fn a_link_is_cut_and_restored_while_a_run_goes_on() {
    test(async {
        let slow = |scenario: Scenario, link: &str| scenario.link(link, |link| link.delay_ms = 50);
        let scenario = usual(&vec!["a"; 400].join(","), "a=1", "a=1");
        let scenario = scenario.server(|server| server.redis_timeout_ms = None);
        let sandbox = sandbox_of(slow(slow(scenario, "server>redis"), "server>postgres")).await;
        let mut feed = from_now(&sandbox).await;
        sandbox.run(Which::All).await.unwrap();
        until_hop(&mut feed, Outcome::Hit).await;
        set_condition(&sandbox, "server>redis", Condition::Cut).await;
        until_hop(&mut feed, Outcome::Refused).await;
        set_condition(&sandbox, "server>redis", Condition::Up).await;
        until_hop(&mut feed, Outcome::Hit).await;
        sandbox.stop();
        let events = to_the_end(&mut feed).await;
        assert!(statuses(&events).iter().all(|status| *status == 200));
    });
}

#[test]
fn with_the_link_to_redis_cut_reads_are_answered_by_postgres_and_nothing_was_sent() {
    test(async {
        let sandbox = sandbox_of(cut(usual("a,b", "a=1", "a=1,b=2"), "server>redis")).await;
        let events = run_all(&sandbox).await;
        assert_eq!(answers(&events), [(200, "1".into()), (200, "2".into())]);
        let expected = [
            "redis ? GET a",
            "redis ! refused: The link is cut: the connection is refused.",
            "postgres ? SELECT value FROM users WHERE key = 'a'",
            "postgres ! found: 1",
        ];
        assert_eq!(at_stores(&events)[..4], expected, "and a cache that cannot be asked is not filled");
        for receipt in receipts(&events, "redis") {
            assert_eq!((receipt.sent, receipt.injected_us), (None, 0));
        }
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("a", "1")]), "an inspector goes along no link");
    });
}

#[test]
fn a_delete_that_is_lost_leaves_the_old_value_behind_and_the_answer_says_so() {
    test(async {
        let sandbox = sandbox_of(cut(usual("PUT a=new,a", "a=old", "a=old"), "server>redis")).await;
        let lost = "Updated. A cache could not be told, and may go on with the old value.";
        assert_eq!(one(&sandbox, 0).await, (200, lost.to_owned()));
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("a", "old")]));
        assert_eq!(sandbox.sizes().await.unwrap()[0].stale, 1);
        assert_eq!(one(&sandbox, 1).await, (200, "new".to_owned()), "past the cache");
        set_condition(&sandbox, "server>redis", Condition::Up).await;
        assert_eq!(one(&sandbox, 1).await, (200, "old".to_owned()), "and from it");
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "new")]));
    });
}

#[test]
fn a_black_hole_is_given_up_after_as_long_as_the_server_waits_for_redis() {
    test(async {
        let scenario = usual("a", "", "a=1").server(|server| server.redis_timeout_ms = Some(150));
        let events = run_all(&sandbox_of(black_hole(scenario, "server>redis")).await).await;
        assert_eq!(answers(&events), [(200, "1".into())]);
        let receipts = receipts(&events, "redis");
        assert_eq!(receipts.len(), 1, "a cache that did not answer is not filled");
        assert_eq!((receipts[0].outcome, receipts[0].sent.as_ref()), (Outcome::TimedOut, None));
        assert_eq!(receipts[0].reply.text, "Redis did not answer within 150 ms.");
        assert!(receipts[0].took_us >= 150_000, "{}", receipts[0].took_us);
        assert_eq!(receipts[0].injected_us, 0, "waiting in vain is no delay of the link's");
    });
}

#[test]
fn stop_ends_a_black_hole_that_nobody_would_give_up() {
    test(async {
        let scenario = usual("a,a", "", "a=1").server(|server| server.redis_timeout_ms = None);
        let sandbox = sandbox_of(black_hole(scenario, "server>redis")).await;
        for link in ["server>redis", "server>postgres", "client>server"] {
            amend(&sandbox, |mut scenario| {
                scenario.graph.links.iter_mut().for_each(|link| link.condition = Condition::Up);
                black_hole(scenario, link)
            })
            .await;
            sandbox.flush(&id("redis")).await.unwrap();
            let mut feed = from_now(&sandbox).await;
            sandbox.run(Which::All).await.unwrap();
            let to = link.split_once('>').unwrap().1;
            loop {
                if matches!(next_event(&mut feed).await.fact, Fact::HopStarted { to: node, .. } if node.as_str() == to)
                {
                    break;
                }
            }
            assert!(sandbox.stop());
            let events = to_the_end(&mut feed).await;
            assert_eq!(end(&events), Some(RunEnd::Stopped), "{link}");
            assert!(answers(&events).is_empty(), "nobody was answered: {:?}", answers(&events));
            for event in &events {
                if let Fact::HopEnded { receipt, .. } = &event.fact {
                    assert_eq!(receipt.reply.text, "Stopped: nobody waits any more.");
                }
            }
        }
    });
}

#[test]
fn a_delay_is_told_apart_from_what_was_measured() {
    test(async {
        let scenario = usual("a", "", "a=1").server(|server| server.redis_timeout_ms = None);
        let scenario = scenario.link("server>postgres", |link| link.delay_ms = 300);
        let scenario = scenario.link("server>redis", |link| link.delay_ms = 200);
        let events = run_all(&sandbox_of(scenario.link("client>server", |link| link.delay_ms = 100)).await).await;
        assert_eq!(answers(&events), [(200, "1".into())]);
        let (redis, postgres) = (receipts(&events, "redis"), receipts(&events, "postgres"));
        let injected: Vec<u64> = redis.iter().chain(&postgres).map(|receipt| receipt.injected_us).collect();
        assert!(injected[0] >= 200_000 && injected[1] >= 200_000 && injected[2] >= 300_000, "{injected:?}");
        for receipt in redis.iter().chain(&postgres) {
            assert!(receipt.sent.is_some());
            assert!(receipt.took_us < receipt.injected_us, "{receipt:?}");
        }
        // Between client and server both times are of all that is within.
        let whole = &receipts(&events, "server")[0];
        assert!(whole.injected_us >= 100_000 + injected.iter().sum::<u64>(), "{whole:?}");
        assert!(whole.took_us >= redis.iter().chain(&postgres).map(|receipt| receipt.took_us).sum::<u64>());
        let run_us = events.last().unwrap().at_us - events[0].at_us;
        assert!(whole.lasted_us() <= run_us, "nothing is counted twice: {} in {run_us}", whole.lasted_us());
    });
}

#[test]
fn a_delay_as_long_as_the_patience_is_a_timeout_and_nothing_was_sent() {
    test(async {
        let scenario = usual("a", "a=1", "a=1").link("server>redis", |link| link.delay_ms = 300);
        let events = run_all(&sandbox_of(scenario).await).await;
        assert_eq!(answers(&events), [(200, "1".into())]);
        let receipt = &receipts(&events, "redis")[0];
        assert_eq!((receipt.outcome, receipt.sent.as_ref()), (Outcome::TimedOut, None));
        assert_eq!(receipt.reply.text, "Redis did not answer within 100 ms.");
        assert!(receipt.injected_us >= 100_000, "{receipt:?}");
        assert_eq!(outcomes(&events, "postgres"), [Outcome::Found]);
    });
}

#[test]
fn with_the_link_to_postgres_cut_hits_are_still_answered_and_misses_are_503() {
    test(async {
        let sandbox = sandbox_of(cut(usual("a,b,a", "a=1", "a=1,b=2"), "server>postgres")).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200, 503, 200]);
        assert_eq!(answers(&events)[1].1, "The link is cut: the connection is refused.");
        assert_eq!(outcomes(&events, "redis"), [Outcome::Hit, Outcome::Miss, Outcome::Hit]);
        assert_eq!(receipts(&events, "postgres")[0].sent, None);
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("a", "1")]), "nothing was there to fill in");
    });
}

#[test]
fn with_the_link_of_a_client_cut_no_server_hears_of_the_request() {
    test(async {
        let sandbox = sandbox_of(cut(usual("a,PUT a=2", "", "a=1"), "client>server")).await;
        let events = run_all(&sandbox).await;
        let answer = (0, "The link is cut: the connection is refused.".to_owned());
        assert_eq!(answers(&events), [answer.clone(), answer]);
        assert_eq!(outcomes(&events, "server"), [Outcome::Refused; 2]);
        assert!(at_stores(&events).is_empty());
        assert_eq!(end(&events), Some(RunEnd::Completed));
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "1")]));
    });
}

#[test]
fn a_link_that_was_cut_is_still_cut_after_a_restart_and_others_of_the_node_are_not() {
    test(async {
        let nodes = ["client:a,a", "server1", "server2", "redis:a=1", "postgres:a=1"];
        let links = [
            "client>server1",
            "client>server2",
            "server1>redis",
            "server2>redis",
            "server1>postgres",
            "server2>postgres",
        ];
        let session = SessionId::fresh();
        let sandbox = engine().await.open(&session, &place(), &Scenario::textbook()).await.unwrap();
        sandbox.reset(cut(drawing(&nodes, &links), "server1>redis"), 1, "test").await.unwrap();
        let stores = stores().await;
        let restarted = connect(stores.redis_url(), stores.database_url()).await;
        let again = restarted.sandbox(&session, sandbox.id().as_str()).await.unwrap();
        for sandbox in [sandbox, again] {
            assert_eq!(outcomes(&run_all(&sandbox).await, "redis"), [Outcome::Refused, Outcome::Hit]);
        }
    });
}

#[test]
fn no_request_takes_longer_than_thirty_seconds() {
    // As long as that takes three times, at once.
    test_within(2 * LONG, async {
        let patient = |scenario: Scenario| scenario.server(|server| server.redis_timeout_ms = None);
        let read = black_hole(patient(usual("a", "a=1", "a=1")), "server>redis");
        let write = black_hole(patient(usual("PUT a=2", "a=1", "a=1")), "server>redis");
        let lost = black_hole(usual("a", "a=1", "a=1"), "client>server");
        let [read, write, lost] = [sandbox_of(read).await, sandbox_of(write).await, sandbox_of(lost).await];
        let (reads, writes, losses) = tokio::join!(run_all(&read), run_all(&write), run_all(&lost));

        let late = (504, "The request took longer than 30 s, and was given up.".to_owned());
        assert_eq!(answers(&reads), std::slice::from_ref(&late));
        assert_eq!(outcomes(&reads, "redis"), [Outcome::TimedOut]);
        assert!(outcomes(&reads, "postgres").is_empty(), "no further hop starts");
        let least = Duration::from_millis(29_900).as_micros() as u64;
        assert!(receipts(&reads, "server")[0].took_us >= least);

        assert_eq!(answers(&writes), [late], "whoever asked was not told that it is written");
        assert_eq!(stored(&write, "postgres").await, entries(&[("a", "2")]));
        assert!(story(&writes).contains(&"changed postgres".to_owned()));
        assert_eq!(write.sizes().await.unwrap()[0].stale, 1);

        assert_eq!(answers(&losses), [(0, "The server did not answer within 30 s.".to_owned())]);
        assert_eq!(outcomes(&losses, "server"), [Outcome::TimedOut]);
        assert!(at_stores(&losses).is_empty());
    });
}

#[test]
fn a_write_whose_database_is_a_black_hole_is_503_and_no_cache_is_told() {
    test(async {
        let own = OwnStores::start().await;
        let sandbox = open(&own.engine().await).await; // two seconds for Postgres
        let scenario = black_hole(usual("PUT a=2", "a=1", "a=1"), "server>postgres");
        let scenario = scenario.server(|server| server.policy = WritePolicy::Update);
        sandbox.reset(scenario, 1, "test").await.unwrap();
        let events = run_all(&sandbox).await;
        assert_eq!(answers(&events), [(503, "Postgres did not answer within 2 s.".into())]);
        assert!(receipts(&events, "postgres")[0].took_us >= 2_000_000);
        assert!(outcomes(&events, "redis").is_empty());
        assert!(!story(&events).iter().any(|line| line.starts_with("changed")), "nothing was sent, nothing is changed");
        assert_eq!(sandbox.sizes().await.unwrap()[0].stale, 0);
        own.stores.stop().await;
    });
}

#[test]
fn a_cache_that_did_not_answer_is_not_filled_and_that_is_told() {
    test(async {
        let sandbox =
            sandbox_of(usual("a", "", "a=1").link("server>redis", |link| link.condition = Condition::Cut)).await;
        assert!(story(&run_all(&sandbox).await).contains(&"#1 did not fill redis".to_owned()));
        set_condition(&sandbox, "server>redis", Condition::Up).await;
        assert!(
            !story(&run_all(&sandbox).await).contains(&"#1 did not fill redis".to_owned()),
            "it missed, and was filled"
        );
    });
}
