//! Early refresh: a hit is fetched anew before it expires, by chance, and the sooner the longer a fetch takes.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::{Condition, Note, Outcome, Scenario};
use aside_engine::{Config, Engine, Sandbox};
use common::*;

/// A cache that keeps things so long, in seconds, before a database that is two seconds away.
fn slow(ttl_s: u32) -> Scenario {
    let scenario = usual("a", "", "a=1").server(|server| {
        server.ttl_s = ttl_s;
        server.early_refresh = true;
    });
    scenario.link("server>postgres", |link| link.delay_ms = 2_000)
}

async fn sandbox_with(scenario: Scenario) -> Sandbox {
    let stores = stores().await;
    let config = Config::new(stores.redis_url(), stores.database_url());
    // Two seconds of delay are as long as a run usually waits for Postgres.
    let config = Config { least_redis_patience: PATIENT, postgres_timeout: PATIENT, ..config };
    let sandbox = open(&Engine::connect(config).await.unwrap()).await;
    sandbox.reset(scenario, 1, "test").await.unwrap();
    sandbox
}

/// Reads until a read refreshes; gives the outcomes of its hops to Redis, its answer, and how long the key had left.
async fn refreshed(sandbox: &Sandbox) -> (Vec<Outcome>, (u16, String), u64) {
    loop {
        let events = run_all(sandbox).await;
        if let Some((_, Note::RefreshedEarly { left_us })) = notes(&events).pop() {
            return (outcomes(&events, "redis"), answers(&events)[0].clone(), left_us);
        }
    }
}

#[test]
fn a_hit_that_expires_soon_is_fetched_anew_and_filled() {
    test(async {
        let sandbox = sandbox_with(slow(4)).await;
        assert_eq!(outcomes(&run_all(&sandbox).await, "redis"), [Outcome::Miss, Outcome::Stored]);
        let (redis, answer, left_us) = refreshed(&sandbox).await;
        assert_eq!((redis, answer), (vec![Outcome::Hit, Outcome::Stored], (200, "1".to_owned())));
        assert!((1..=4_000_000).contains(&left_us), "{left_us}");
    });
}

#[test]
fn what_had_not_expired_is_the_answer_if_the_database_has_none() {
    test(async {
        let sandbox = sandbox_with(slow(60)).await;
        run_all(&sandbox).await;
        set_condition(&sandbox, "server>postgres", Condition::Cut).await;
        // A fetch takes a thirtieth of what is left: one of e^30 reads would refresh. So the key is given little time by hand.
        loop {
            sandbox.put_key(&id("redis"), key("a"), value("by hand"), Some(5)).await.unwrap();
            let events = run_all(&sandbox).await;
            assert_eq!(answers(&events), [(200, "by hand".to_owned())]);
            if notes(&events).iter().any(|(_, note)| matches!(note, Note::RefreshedEarly { .. })) {
                assert_eq!(outcomes(&events, "postgres"), [Outcome::Refused]);
                return;
            }
        }
    });
}

#[test]
fn what_does_not_expire_and_what_is_not_to_be_refreshed_is_left_alone() {
    test(async {
        let usual_server = |scenario: Scenario| scenario.server(|server| server.early_refresh = false);
        for scenario in [usual("a", "a=1", "a=1").server(|server| server.early_refresh = true), usual_server(slow(2))] {
            let sandbox = sandbox_with(scenario).await;
            sandbox.put_key(&id("redis"), key("a"), value("1"), None).await.unwrap();
            for _ in 0..20 {
                assert_eq!(outcomes(&run_all(&sandbox).await, "redis"), [Outcome::Hit]);
            }
        }
    });
}
