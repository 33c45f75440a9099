//! Checkpoints are carried out on the real stores, and conditions are judged by what these really hold.

mod common;

use aside_domain::lesson::{Effect, Goal, Hops, Line, Questions, RunWhen, ServerChange, Since, When};
use aside_domain::{Condition, Kind, Outcome, Scenario, WritePolicy};
use aside_engine::{EngineError, ErrorKind, Sandbox, Which};
use aside_stores::Stores;
use common::*;
use std::collections::BTreeMap;

fn line(text: &str) -> Line {
    Line::try_from(text.to_owned()).expect("a request")
}

fn change() -> ServerChange {
    ServerChange {
        node: id("server"),
        ttl_s: None,
        policy: None,
        redis_timeout_ms: None,
        negative_ttl_s: None,
        jitter_percent: None,
        single_flight: None,
        lease: None,
        early_refresh: None,
        breaker: None,
        resource: None,
    }
}

async fn apply(sandbox: &Sandbox, effects: &[Effect]) {
    sandbox.carry_out(effects, &BTreeMap::new(), "test").await.expect("it can be carried out");
}

async fn judge(sandbox: &Sandbox, condition: When) -> Result<bool, EngineError> {
    let hints = ["a".to_owned(), "b".to_owned()];
    let goal = Goal { id: "goal".to_owned(), text: "It is met.".to_owned(), hints, when: condition };
    let questions = Questions { goals: vec![&goal], predictions: Vec::new() };
    let verdict = sandbox.judge(&questions, Since::default()).await?;
    Ok(verdict.holds == ["goal"])
}

async fn holds(sandbox: &Sandbox, condition: When) -> bool {
    judge(sandbox, condition).await.expect("it is judged")
}

fn hops(at: Kind, outcome: Outcome, times: u32) -> When {
    let hops = vec![Hops { at, outcome: Some(outcome), key: None, held: false, times, most: None }];
    When::Run(Box::new(RunWhen { hops, ..RunWhen::default() }))
}

#[test]
fn keys_really_leave_redis_and_rows_really_come() {
    test(async {
        let sandbox = textbook().await;
        let effects = [
            Effect::Empty(id("redis")),
            Effect::Put { node: id("redis"), key: key("doe"), value: value("Doe, Oslo"), ttl_s: Some(60) },
            Effect::Put { node: id("postgres"), key: key("ada"), value: value("Ada, London"), ttl_s: None },
            Effect::Delete { node: id("postgres"), key: key("john") },
        ];
        for _ in 0..2 {
            apply(&sandbox, &effects).await;
            assert_eq!(cached(&sandbox, "redis").await, entries(&[("doe", "Doe, Oslo")]));
            let rows = entries(&[("ada", "Ada, London"), ("doe", "Doe, Toronto"), ("rohan", "Rohan, Mumbai")]);
            assert_eq!(stored(&sandbox, "postgres").await, rows);
        }
    });
}

#[test]
fn servers_clients_links_and_power_change_with_the_drawing() {
    test(async {
        let sandbox = textbook().await;
        let configure = ServerChange {
            policy: Some(WritePolicy::Forget),
            redis_timeout_ms: Some(0),
            negative_ttl_s: Some(5),
            ..change()
        };
        let (from, to) = (id("server"), id("postgres"));
        apply(
            &sandbox,
            &[
                Effect::Configure(configure),
                Effect::Requests { node: id("client"), send: vec![line("PUT rohan Rohan, Pune"), line("GET rohan")] },
                Effect::Link { from, to, delay_ms: 50, condition: Condition::Up },
                Effect::Power { node: id("redis"), on: false },
            ],
        )
        .await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200, 200]);
        assert_eq!(outcomes(&events, "redis"), [Outcome::Refused]);
        assert!(holds(&sandbox, When::Off(Kind::Redis)).await);
        apply(&sandbox, &[Effect::Configure(ServerChange { negative_ttl_s: Some(0), ..change() })]).await;
        let saved = sandbox.saved().await.expect("it is there").scenario;
        let aside_domain::Settings::Server(server) = &saved.graph.nodes[1].settings else { panic!("the server") };
        let now = (server.policy, server.redis_timeout_ms, server.negative_ttl_s);
        assert_eq!(now, (WritePolicy::Forget, None, None), "what is left out stays, and nought switches off");
    });
}

#[test]
fn another_scenario_comes_with_its_data() {
    test(async {
        let sandbox = textbook().await;
        let other = usual("a", "a=1", "a=1,b=2");
        let scenarios = BTreeMap::from([("other.json".to_owned(), other.clone())]);
        let replace = [Effect::Replace("other.json".to_owned()), Effect::Empty(id("redis"))];
        sandbox.carry_out(&replace, &scenarios, "test").await.expect("it is replaced");
        assert_eq!(sandbox.saved().await.expect("it is there").scenario, other);
        assert_eq!(cached(&sandbox, "redis").await, []);
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "1"), ("b", "2")]));
    });
}

#[test]
fn what_does_not_fit_the_drawing_changes_nothing() {
    test(async {
        let sandbox = sandbox_of(Scenario::empty("Empty").expect("a title")).await;
        let effects = [Effect::Empty(id("redis"))];
        let refused = sandbox.carry_out(&effects, &BTreeMap::new(), "test").await;
        assert!(matches!(refused, Err(EngineError::Checkpoint(_))), "{refused:?}");
        let sandbox = textbook().await;
        let half = [Effect::Power { node: id("redis"), on: false }, Effect::Empty(id("client"))];
        assert!(sandbox.carry_out(&half, &BTreeMap::new(), "test").await.is_err());
        assert_eq!(sandbox.saved().await.expect("it is there").scenario, Scenario::textbook());
    });
}

#[test]
fn conditions_are_judged_by_what_is_drawn_held_and_done() {
    test(async {
        let sandbox = textbook().await;
        let held = |kind, k: &str| When::Holds { kind, key: key(k), value: None };
        assert!(holds(&sandbox, held(Kind::Redis, "rohan")).await);
        assert!(!holds(&sandbox, held(Kind::Redis, "doe")).await);
        assert!(holds(&sandbox, When::Lacks { kind: Kind::Redis, key: key("doe") }).await);
        assert!(holds(&sandbox, When::Sends(line("GET doe"))).await);
        assert!(holds(&sandbox, When::Linked { from: Kind::Server, to: Kind::Redis }).await);
        assert!(!holds(&sandbox, When::Drawn { kind: Kind::Redis, times: 2 }).await);

        assert!(!holds(&sandbox, hops(Kind::Redis, Outcome::Hit, 1)).await, "nothing ran yet");
        run_all(&sandbox).await;
        assert!(holds(&sandbox, hops(Kind::Redis, Outcome::Hit, 2)).await);
        assert!(!holds(&sandbox, hops(Kind::Redis, Outcome::Hit, 3)).await);
        assert!(holds(&sandbox, held(Kind::Redis, "doe")).await, "it was filled");
        run(&sandbox, Which::All).await;
        assert!(holds(&sandbox, hops(Kind::Redis, Outcome::Hit, 3)).await);
        let RunWhen { hops: two, .. } = match hops(Kind::Redis, Outcome::Miss, 1) {
            When::Run(run) => *run,
            _ => panic!("of a run"),
        };
        let (miss, hit) =
            (RunWhen { hops: two, ..RunWhen::default() }, RunWhen { requests: 3, fresh: true, ..RunWhen::default() });
        assert!(holds(&sandbox, When::Runs(vec![miss.clone(), hit.clone()])).await);
        assert!(!holds(&sandbox, When::Runs(vec![hit, miss])).await, "the miss came first");
    });
}

/// That a row is there, however the condition says it.
fn of_data() -> [When; 3] {
    let held = || When::Holds { kind: Kind::Postgres, key: key("rohan"), value: None };
    let not_lacking = When::Not(Box::new(When::Lacks { kind: Kind::Postgres, key: key("rohan") }));
    let cached = When::Holds { kind: Kind::Redis, key: key("rohan"), value: None };
    [held(), When::All(vec![When::Drawn { kind: Kind::Redis, times: 1 }, not_lacking]), When::Any(vec![held(), cached])]
}

/// What the drawing and two hits in a run tell.
fn of_no_data() -> [When; 3] {
    let drawn = || When::Drawn { kind: Kind::Redis, times: 1 };
    let hits = || hops(Kind::Redis, Outcome::Hit, 2);
    [drawn(), hits(), When::All(vec![drawn(), hits()])]
}

#[test]
fn nothing_is_judged_by_the_data_of_a_redis_that_does_not_answer_and_everything_else_is() {
    test(async {
        let own = OwnStores::start().await;
        let sandbox = open(&own.engine().await).await;
        run_all(&sandbox).await;
        let redis = own.stores.pids().redis;
        signal("-STOP", redis);
        let mut refused = Vec::new();
        for condition in of_data() {
            refused.push(judge(&sandbox, condition).await);
        }
        let mut judged = Vec::new();
        for condition in of_no_data() {
            judged.push(judge(&sandbox, condition).await);
        }
        signal("-CONT", redis);
        for refused in refused {
            let error = refused.expect_err("nobody knows");
            assert!(matches!(error, EngineError::Redis(_)), "{error:?}");
            assert_eq!((error.kind(), error.status()), (ErrorKind::Unavailable, 503));
        }
        assert_eq!(judged, [Ok(true), Ok(true), Ok(true)]);
        until("Redis is asked again", || async { judge(&sandbox, of_data()[0].clone()).await == Ok(true) }).await;
        own.stores.stop().await;
    });
}

#[test]
fn nothing_is_judged_by_the_data_of_a_postgres_that_does_not_answer_and_everything_else_is() {
    test(async {
        let cache = OwnStores::start().await;
        let own = OwnStores::beside(Some(cache.stores.redis_url().to_owned())).await;
        let sandbox = open(&own.engine().await).await;
        run_all(&sandbox).await;
        signal("-KILL", own.stores.pids().postgres);
        own.stores.stop().await; // so that nobody starts it again
        for condition in of_data() {
            let error = judge(&sandbox, condition).await.expect_err("nobody knows");
            assert!(matches!(error, EngineError::Postgres(_)), "{error:?}");
            assert_eq!((error.kind(), error.status()), (ErrorKind::Unavailable, 503));
        }
        for condition in of_no_data() {
            assert_eq!(judge(&sandbox, condition).await, Ok(true));
        }
        let back = Stores::start(&own.settings).await.expect("it starts again");
        for condition in of_data().into_iter().chain(of_no_data()) {
            assert_eq!(judge(&sandbox, condition).await, Ok(true));
        }
        back.stop().await;
        cache.stores.stop().await;
    });
}

#[test]
fn a_store_that_is_switched_off_holds_nothing_and_is_judged_all_the_same() {
    test(async {
        let sandbox = textbook().await;
        let held = |kind| When::Holds { kind, key: key("rohan"), value: None };
        switch(&sandbox, "postgres", true).await;
        assert!(!holds(&sandbox, held(Kind::Postgres)).await);
        assert!(holds(&sandbox, held(Kind::Redis)).await);
        switch(&sandbox, "postgres", false).await;
        assert!(holds(&sandbox, held(Kind::Postgres)).await);
    });
}
