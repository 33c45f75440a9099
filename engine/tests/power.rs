//! Stores that are switched off in the drawing: each node by itself, although all of them live in the same processes.

mod common;

use aside_domain::{Fact, Outcome, Scenario};
use aside_engine::{EngineError, ErrorKind, SessionId, Which};
use common::*;

#[test]
fn a_redis_that_is_off_refuses_everybody_and_is_empty_when_it_is_on_again() {
    test(async {
        let sandbox = sandbox_of(usual("a,a", "a=1,b=2", "a=1")).await;
        let redis = id("redis");
        let mut feed = from_now(&sandbox).await;
        switch(&sandbox, "redis", true).await;
        assert_eq!(
            story(&[next_event(&mut feed).await, next_event(&mut feed).await]),
            ["saved 3 by test", "changed redis"]
        );
        let events = run_all(&sandbox).await;
        assert_eq!(answers(&events), [(200, "1".into()), (200, "1".into())], "Postgres answers");
        for receipt in receipts(&events, "redis") {
            assert_eq!((receipt.outcome, receipt.sent), (Outcome::Refused, None));
            assert_eq!(receipt.reply.text, "Redis is switched off: it refuses the connection.");
        }

        let off = EngineError::Off(aside_domain::Name::new("redis").unwrap());
        assert_eq!(off.kind(), ErrorKind::Conflict);
        assert_eq!(off.to_string(), "redis is switched off: switch it on first.");
        assert_eq!(sandbox.keys(&redis).await, Err(off.clone()));
        assert_eq!(sandbox.put_key(&redis, key("k"), value("v"), None).await, Err(off.clone()));
        assert_eq!(sandbox.delete_key(&redis, "a").await, Err(off.clone()));
        assert_eq!(sandbox.flush(&redis).await, Err(off));
        assert_eq!(sizes(&sandbox).await, [(id("postgres"), 1)], "nobody can count its keys");
        assert_eq!(sandbox.put_row(&id("postgres"), key("a"), value("2")).await, Ok(0), "no copy is left");

        switch(&sandbox, "redis", false).await;
        assert!(cached(&sandbox, "redis").await.is_empty());
        let events = run_all(&sandbox).await;
        assert_eq!(outcomes(&events, "redis"), [Outcome::Miss, Outcome::Stored, Outcome::Hit]);
        assert_eq!(answers(&events)[1], (200, "2".into()));
    });
}

#[test]
fn a_postgres_that_is_off_keeps_its_rows() {
    test(async {
        let sandbox = sandbox_of(usual("a,b,PUT a=2", "a=1", "a=1,b=2")).await;
        let postgres = id("postgres");
        switch(&sandbox, "postgres", true).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200, 503, 503]);
        assert!(receipts(&events, "postgres").iter().all(|receipt| receipt.sent.is_none()));
        assert_eq!(answers(&events)[1].1, "Postgres is switched off: it refuses the connection.");
        assert!(matches!(sandbox.rows(&postgres).await, Err(EngineError::Off(_))));
        assert!(matches!(sandbox.put_row(&postgres, key("k"), value("v")).await, Err(EngineError::Off(_))));
        assert!(matches!(sandbox.delete_row(&postgres, "a").await, Err(EngineError::Off(_))));
        assert_eq!(sizes(&sandbox).await, [(id("redis"), 1)]);
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("a", "1")]));

        switch(&sandbox, "postgres", false).await;
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "1"), ("b", "2")]));
        assert_eq!(statuses(&run_all(&sandbox).await), [200; 3]);
    });
}

#[test]
fn a_store_is_switched_off_and_on_while_a_run_goes_on() {
    test(async {
        let slow = usual(&vec!["a"; 400].join(","), "a=1", "a=1").link("client>server", |link| link.delay_ms = 50);
        let sandbox = sandbox_of(slow).await;
        let mut feed = from_now(&sandbox).await;
        sandbox.run(Which::All).await.unwrap();
        let mut seen = Vec::new();
        for (outcome, off) in [(Outcome::Hit, true), (Outcome::Refused, false), (Outcome::Stored, false)] {
            loop {
                match next_event(&mut feed).await.fact {
                    Fact::HopEnded { receipt, .. } if receipt.outcome == outcome => break,
                    Fact::RunEnded { .. } => panic!("no {outcome} after {seen:?}"),
                    _ => {}
                }
            }
            seen.push(outcome);
            switch(&sandbox, "redis", off).await;
        }
        sandbox.stop();
        let events = to_the_end(&mut feed).await;
        assert!(statuses(&events).iter().all(|status| *status == 200));
    });
}

#[test]
fn another_sandbox_and_other_nodes_notice_nothing() {
    test(async {
        let nodes = ["client:a", "server", "redis:a=1", "redis1:a=1", "postgres:a=1", "postgres1:a=1"];
        let links = ["client>server", "server>redis", "server>redis1", "server>postgres"];
        let (mine, theirs) = (sandbox_of(drawing(&nodes, &links)).await, sandbox_of(drawing(&nodes, &links)).await);
        let mut their_feed = from_now(&theirs).await;
        for node in ["redis", "postgres"] {
            switch(&mine, node, true).await;
        }
        assert_eq!(outcomes(&run_all(&mine).await, "redis1"), [Outcome::Hit]);
        assert_eq!(sizes(&mine).await, [(id("redis1"), 1), (id("postgres1"), 1)]);
        assert_eq!(outcomes(&run_all(&theirs).await, "redis"), [Outcome::Hit]);
        assert_eq!(sizes(&theirs).await.iter().map(|(_, size)| size).sum::<u64>(), 4);
        assert_eq!(story(&[next_event(&mut their_feed).await]), ["run client*1"], "nothing came before");
    });
}

#[test]
fn a_reset_puts_nothing_into_a_redis_that_is_off_and_rows_into_a_postgres_that_is() {
    test(async {
        let sandbox = textbook().await;
        let off = usual("a", "a=1", "a=1").switch("redis", true).switch("postgres", true);
        sandbox.reset(off, 1, "test").await.unwrap();
        assert!(sizes(&sandbox).await.is_empty());
        assert_eq!(statuses(&run_all(&sandbox).await), [503]);
        switch(&sandbox, "redis", false).await;
        switch(&sandbox, "postgres", false).await;
        assert!(cached(&sandbox, "redis").await.is_empty());
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "1")]));
    });
}

#[test]
fn an_export_takes_along_what_a_store_that_is_off_would_have() {
    test(async {
        let sandbox = sandbox_of(usual("a", "a=1", "a=1")).await;
        switch(&sandbox, "redis", true).await;
        switch(&sandbox, "postgres", true).await;
        let exported = sandbox.export().await.unwrap();
        let is_off = |node: &str| exported.graph.node(&id(node)).unwrap().settings.is_off();
        assert!(is_off("redis") && is_off("postgres"));
        let other = sandbox_of(exported.clone().switch("redis", false).switch("postgres", false)).await;
        assert!(cached(&other, "redis").await.is_empty());
        assert_eq!(stored(&other, "postgres").await, entries(&[("a", "1")]));
    });
}

#[test]
fn what_is_off_is_off_after_a_restart() {
    test(async {
        let session = SessionId::fresh();
        let sandbox = engine().await.open(&session, &place(), &Scenario::textbook()).await.unwrap();
        sandbox.reset(usual("a", "a=1", "a=1"), 1, "test").await.unwrap();
        switch(&sandbox, "redis", true).await;
        let stores = stores().await;
        let restarted = connect(stores.redis_url(), stores.database_url()).await;
        let again = restarted.sandbox(&session, sandbox.id().as_str()).await.unwrap();
        assert!(matches!(again.keys(&id("redis")).await, Err(EngineError::Off(_))));
        assert_eq!(outcomes(&run_all(&again).await, "redis"), [Outcome::Refused]);
    });
}
