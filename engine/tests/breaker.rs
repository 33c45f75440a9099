//! Circuit breakers: when they open, what is not sent then, and how they close again.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::graph::Breaker;
use aside_domain::{BreakerState, Condition, Event, Fact, Note, Outcome, RunEnd, Scenario};
use aside_engine::{FeedItem, Sandbox, Which};
use common::*;
use futures::StreamExt;

/// That drawing, with breakers.
fn guarded(scenario: Scenario, failures: u32, open_s: u32) -> Scenario {
    scenario.server(|server| server.breaker = Some(Breaker { failures, open_s }))
}

fn moves(events: &[Event]) -> Vec<(String, BreakerState)> {
    let moved = |event: &Event| match &event.fact {
        Fact::BreakerMoved(now) => Some((now.cache.as_str().to_owned(), now.state)),
        _ => None,
    };
    events.iter().filter_map(moved).collect()
}

/// The breakers that are not closed, as anybody sees them who comes now.
async fn standing(sandbox: &Sandbox) -> Vec<(String, BreakerState)> {
    let Some(FeedItem::Reset { timeline, .. }) = sandbox.subscribe(None).next().await else { panic!("no reset") };
    timeline.breakers.iter().map(|now| (now.cache.as_str().to_owned(), now.state)).collect()
}

async fn until_half_open(sandbox: &Sandbox) {
    until("it is half-open", || async { standing(sandbox).await == [redis(BreakerState::HalfOpen)] }).await;
}

fn redis(state: BreakerState) -> (String, BreakerState) {
    ("redis".to_owned(), state)
}

use BreakerState::{Closed, HalfOpen, Open};

/// A sandbox with one client, whose breaker opens after two failures, for a second.
async fn opens_after_two(client: &str) -> Sandbox {
    sandbox_of(guarded(usual(client, "a=1", "a=1"), 2, 1)).await
}

#[test]
fn so_many_failures_in_a_row_open_it_and_then_nothing_is_sent_to_that_cache() {
    test(async {
        let sandbox = sandbox_of(guarded(usual("a,a,a,PUT a=2,a", "a=1", "a=1"), 2, 600)).await;
        set_condition(&sandbox, "server>redis", Condition::Cut).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200; 5]);
        let refused = "redis ! refused: The link is cut: the connection is refused.";
        let select = ["postgres ? SELECT value FROM users WHERE key = 'a'", "postgres ! found: 1"];
        let story = story(&events);
        let of_caches = |line: &&String| line.contains("redis") && !line.starts_with("changed");
        let expected = [
            "redis ? GET a",
            refused,
            "#1 did not fill redis",
            "redis ? GET a",
            refused,
            "breaker server>redis open",
            "#2 did not fill redis",
            "#3 not sent to redis: GET a",
            "#4 not sent to redis: DEL a",
            "#5 not sent to redis: GET a",
        ];
        assert_eq!(story.iter().filter(of_caches).collect::<Vec<_>>(), expected);
        assert!(story.windows(2).any(|pair| pair == select), "and Postgres is asked instead");
        assert_eq!(answers(&events)[3].1, "Updated. A cache could not be told, and may go on with the old value.");
        assert_eq!(standing(&sandbox).await, [redis(Open)]);
        // It stays open from run to run, and also when the link is whole again: nobody knows before somebody tries.
        set_condition(&sandbox, "server>redis", Condition::Up).await;
        let events = run_all(&sandbox).await;
        assert!(outcomes(&events, "redis").is_empty() && moves(&events).is_empty());
        assert_eq!(notes(&events).len(), 5);
        assert!(matches!(&notes(&events)[0], (1, Note::NotSent { cache, .. }) if *cache == id("redis")));
    });
}

#[test]
fn a_success_in_between_begins_the_count_afresh() {
    test(async {
        let sandbox = opens_after_two("a").await;
        for condition in [Condition::Cut, Condition::Up, Condition::Cut, Condition::Up, Condition::Cut] {
            set_condition(&sandbox, "server>redis", condition).await;
            assert!(moves(&run_all(&sandbox).await).is_empty());
        }
        assert_eq!(moves(&run_all(&sandbox).await), [redis(Open)], "the second in a row");
    });
}

#[test]
fn after_its_rest_it_is_half_open_and_a_success_closes_it() {
    test(async {
        let sandbox = opens_after_two("a,a").await;
        set_condition(&sandbox, "server>redis", Condition::Cut).await;
        run_all(&sandbox).await;
        until_half_open(&sandbox).await; // by itself: nobody asks
        set_condition(&sandbox, "server>redis", Condition::Up).await;
        let events = run_all(&sandbox).await;
        assert_eq!(outcomes(&events, "redis"), [Outcome::Hit; 2]);
        assert_eq!(moves(&events), [redis(Closed)]);
        assert!(standing(&sandbox).await.is_empty() && notes(&events).is_empty());
    });
}

#[test]
fn a_failure_while_it_is_half_open_opens_it_again() {
    test(async {
        let sandbox = opens_after_two("a").await;
        set_condition(&sandbox, "server>redis", Condition::Cut).await;
        let mut feed = from_now(&sandbox).await;
        run_all(&sandbox).await;
        run_all(&sandbox).await;
        until_half_open(&sandbox).await;
        let events = run_all(&sandbox).await;
        assert_eq!(outcomes(&events, "redis"), [Outcome::Refused], "one try, not two");
        assert_eq!(moves(&events), [redis(Open)]);
        until_half_open(&sandbox).await;
        let mut all = Vec::new();
        while moves(&all).len() < 4 {
            all.push(next_event(&mut feed).await);
        }
        assert_eq!(moves(&all), [Open, HalfOpen, Open, HalfOpen].map(redis));
        let at: Vec<u64> =
            all.iter().filter(|event| matches!(event.fact, Fact::BreakerMoved(_))).map(|event| event.at_us).collect();
        assert!(at[1] - at[0] >= 1_000_000 && at[3] - at[2] >= 1_000_000, "it rests for a second: {at:?}");
    });
}

/// Eight clients that read `a`, along a link to Redis that takes a second and a half.
fn crowd() -> Scenario {
    let mut nodes: Vec<String> = (1..=8).map(|n| format!("client{n}:a")).collect();
    nodes.extend(["server", "redis:a=1", "postgres:a=1"].map(str::to_owned));
    let mut links: Vec<String> = (1..=8).map(|n| format!("client{n}>server")).collect();
    links.extend(["server>redis", "server>postgres"].map(str::to_owned));
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    drawing(&nodes, &links)
        .server(|server| server.redis_timeout_ms = None)
        .link("server>redis", |link| link.delay_ms = 1_500)
}

#[test]
fn of_many_one_alone_tries_while_it_is_half_open() {
    test(async {
        let sandbox = sandbox_of(guarded(crowd(), 2, 1)).await;
        set_condition(&sandbox, "server>redis", Condition::Cut).await;
        assert_eq!(moves(&run_all(&sandbox).await), [redis(Open)], "eight failures at once open it once");
        until_half_open(&sandbox).await;
        set_condition(&sandbox, "server>redis", Condition::Up).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200; 8]);
        assert_eq!(outcomes(&events, "redis"), [Outcome::Hit], "one tries");
        assert_eq!(notes(&events).len(), 7, "and the others do without, meanwhile");
        assert_eq!(moves(&events), [redis(Closed)]);
        assert_eq!(outcomes(&run_all(&sandbox).await, "redis"), [Outcome::Hit; 8]);
    });
}

#[test]
fn each_cache_of_each_server_has_a_breaker_of_its_own() {
    test(async {
        let nodes = ["client:a,a,a,a", "server1", "server2", "redis1", "redis2:a=1", "postgres:a=1"];
        let links = [
            "client>server1",
            "client>server2",
            "server1>redis1",
            "server1>redis2",
            "server2>redis1",
            "server2>redis2",
            "server1>postgres",
            "server2>postgres",
        ];
        let scenario = guarded(drawing(&nodes, &links), 1, 600);
        let sandbox = sandbox_of(scenario.link("server1>redis1", |link| link.condition = Condition::Cut)).await;
        let events = run_all(&sandbox).await;
        assert_eq!(moves(&events), [("redis1".to_owned(), Open)]);
        // server1, server2, server1, server2; and the second cache of each hits.
        assert_eq!(outcomes(&events, "redis1"), [Outcome::Refused, Outcome::Miss, Outcome::Miss]);
        assert_eq!(outcomes(&events, "redis2"), [Outcome::Hit; 4]);
        let notes = notes(&events);
        assert!(matches!(&notes[..], [(3, Note::NotSent { cache, .. })] if *cache == id("redis1")), "{notes:?}");
    });
}

#[test]
fn timeouts_open_it_too() {
    test(async {
        let scenario = guarded(usual("a,a,a", "", "a=1"), 2, 600).server(|server| server.redis_timeout_ms = Some(20));
        let sandbox = sandbox_of(scenario).await;
        set_condition(&sandbox, "server>redis", Condition::BlackHole).await;
        let events = run_all(&sandbox).await;
        assert_eq!(outcomes(&events, "redis"), [Outcome::TimedOut; 2]);
        assert_eq!(
            (moves(&events), notes(&events).len()),
            (vec![redis(Open)], 3),
            "two that were not filled, and one that was not asked"
        );
    });
}

#[test]
fn that_the_database_fails_or_a_key_is_missed_is_no_failure_of_the_cache() {
    test(async {
        let sandbox = sandbox_of(guarded(usual("b,b,b,b", "", ""), 1, 600)).await;
        assert!(moves(&run_all(&sandbox).await).is_empty());
        set_condition(&sandbox, "server>postgres", Condition::Cut).await;
        let events = run_all(&sandbox).await;
        assert_eq!((moves(&events), statuses(&events)), (vec![], vec![503; 4]));
    });
}

#[test]
fn with_the_breaker_open_and_no_database_nobody_knows_and_that_is_503() {
    test(async {
        let scenario = drawing(&["client:a,a", "server", "redis:a=1"], &["client>server", "server>redis"]);
        let sandbox = sandbox_of(guarded(scenario, 1, 600)).await;
        set_condition(&sandbox, "server>redis", Condition::Cut).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [503, 503]);
        assert_eq!(answers(&events)[1].1, "The circuit breaker is open: the cache is not asked.");
    });
}

/// Sends one request into a black hole, and presses Stop.
async fn give_up(sandbox: &Sandbox) -> Vec<Event> {
    let mut feed = from_now(sandbox).await;
    sandbox.run(Which::One(id("client"), 0)).await.unwrap();
    while !matches!(next_event(&mut feed).await.fact, Fact::HopStarted { to, .. } if to.as_str() == "redis") {}
    sandbox.stop();
    let events = to_the_end(&mut feed).await;
    assert_eq!(end(&events), Some(RunEnd::Stopped));
    events
}

#[test]
fn a_call_that_stop_gave_up_is_neither_a_failure_nor_a_success() {
    test(async {
        let scenario = guarded(usual("a,a", "a=1", "a=1"), 2, 1).server(|server| server.redis_timeout_ms = None);
        let sandbox = sandbox_of(scenario).await;
        set_condition(&sandbox, "server>redis", Condition::BlackHole).await;
        for _ in 0..4 {
            assert!(moves(&give_up(&sandbox).await).is_empty());
        }
        set_condition(&sandbox, "server>redis", Condition::Cut).await;
        run_all(&sandbox).await;
        until_half_open(&sandbox).await;
        set_condition(&sandbox, "server>redis", Condition::BlackHole).await;
        assert!(moves(&give_up(&sandbox).await).is_empty());
        assert_eq!(standing(&sandbox).await, [redis(HalfOpen)]);
        // And the next one may try.
        set_condition(&sandbox, "server>redis", Condition::Up).await;
        let events = run_all(&sandbox).await;
        assert_eq!((outcomes(&events, "redis"), moves(&events)), (vec![Outcome::Hit; 2], vec![redis(Closed)]));
    });
}

#[test]
fn a_reset_and_a_server_without_a_breaker_close_it() {
    test(async {
        let scenario = guarded(usual("a,a", "a=1", "a=1"), 1, 600);
        let sandbox = sandbox_of(scenario.clone()).await;
        for (version, by_reset) in [(3, true), (5, false)] {
            set_condition(&sandbox, "server>redis", Condition::Cut).await;
            run_all(&sandbox).await;
            assert_eq!(standing(&sandbox).await, [redis(Open)]);
            if by_reset {
                sandbox.reset(scenario.clone(), version, "test").await.unwrap();
            } else {
                amend(&sandbox, |scenario| scenario.server(|server| server.breaker = None)).await;
                let events = run_all(&sandbox).await;
                assert_eq!(outcomes(&events, "redis"), [Outcome::Refused; 2], "it is asked again, in vain");
            }
            assert!(standing(&sandbox).await.is_empty());
        }
    });
}
