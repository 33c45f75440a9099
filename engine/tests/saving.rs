//! Saving, resetting, opening again, exporting; limits; what a person does in an inspector.

mod common;

use aside_domain::graph::Kind;
use aside_domain::{Key, Name, Scenario, Settings, limits};
use aside_engine::{EngineError, ErrorKind, SandboxId, SessionId};
use common::*;
use futures::future::join_all;

#[test]
fn a_passer_by_finds_nothing_and_leaves_nothing() {
    test(async {
        let (engine, session) = (engine().await, SessionId::fresh());
        assert_eq!(engine.find(&session, &place()).await, Ok(None));
        let sandbox = engine.open(&session, &place(), &Scenario::textbook()).await.unwrap();
        let found = engine.find(&session, &place()).await.unwrap().unwrap();
        assert_eq!((found.version, &found.scenario), (1, &Scenario::textbook()));
        assert_eq!(sandbox.saved().await.unwrap(), found);
    });
}

#[test]
fn a_new_sandbox_has_the_data_of_its_scenario() {
    test(async {
        let sandbox = textbook().await;
        assert_eq!(sandbox.keys(&id("redis")).await.unwrap().len(), 2);
        assert_eq!(sandbox.rows(&id("postgres")).await.unwrap().len(), 3);
        assert_eq!(sizes(&sandbox).await, [(id("redis"), 2), (id("postgres"), 3)]);
    });
}

#[test]
fn those_who_open_one_place_at_once_get_one_sandbox_with_its_data_complete() {
    test(async {
        let (engine, session) = (engine().await, SessionId::fresh());
        let open = || async {
            let sandbox = engine.open(&session, &place(), &Scenario::textbook()).await.unwrap();
            let keys = sandbox.keys(&id("redis")).await.unwrap().len();
            let rows = sandbox.rows(&id("postgres")).await.unwrap().len();
            (sandbox.id().clone(), keys, rows)
        };
        let opened = join_all((0..12).map(|_| open())).await;
        assert!(opened.iter().all(|one| *one == (opened[0].0.clone(), 2, 3)), "{opened:?}");
    });
}

#[test]
fn a_sandbox_is_found_by_its_id_again_and_each_place_has_its_own() {
    test(async {
        let (engine, session) = (engine().await, SessionId::fresh());
        let sandbox = engine.open(&session, &place(), &Scenario::textbook()).await.unwrap();
        let again = engine.sandbox(&session, sandbox.id().as_str()).await.unwrap();
        assert_eq!(again.id(), sandbox.id());
        let lesson =
            engine.open(&session, &aside_domain::Place::new("ttl").unwrap(), &Scenario::textbook()).await.unwrap();
        assert_ne!(lesson.id(), sandbox.id());
        let ghost = engine.sandbox(&session, SandboxId::fresh().as_str()).await;
        assert_eq!(ghost.unwrap_err(), EngineError::NoSuchSandbox);
    });
}

#[test]
fn a_save_over_an_old_version_is_refused_and_changes_nothing() {
    test(async {
        let sandbox = textbook().await;
        let mut feed = from_now(&sandbox).await;
        let titled = |title: &str| {
            let title = Name::new(title).unwrap();
            Scenario { title, ..Scenario::textbook() }
        };
        assert_eq!(sandbox.save(titled("One"), 1, "tab").await, Ok(2));
        let late = sandbox.save(titled("Two"), 1, "other").await;
        assert_eq!(late, Err(EngineError::Conflict { current: 2 }));
        let late = sandbox.reset(titled("Two"), 1, "other").await;
        assert_eq!(late, Err(EngineError::Conflict { current: 2 }));
        assert_eq!(sandbox.saved().await.unwrap().scenario.title.as_str(), "One");
        assert_eq!(sandbox.save(titled("Three"), 2, "other").await, Ok(3));
        let saved = [next_event(&mut feed).await, next_event(&mut feed).await];
        assert_eq!(story(&saved), ["saved 2 by tab", "saved 3 by other"]);
    });
}

#[test]
fn of_many_who_save_at_once_one_wins() {
    test(async {
        let sandbox = textbook().await;
        let saves = join_all((0..10).map(|_| sandbox.save(Scenario::textbook(), 1, "tab"))).await;
        assert_eq!(saves.iter().filter(|save| save.is_ok()).count(), 1);
    });
}

#[test]
fn a_scenario_that_breaks_a_rule_is_not_saved() {
    test(async {
        let sandbox = textbook().await;
        let mut broken = Scenario::textbook();
        broken.graph.links.reverse();
        broken.graph.links[0].to = id("client");
        let refused = sandbox.save(broken, 1, "tab").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::BadInput);
        assert_eq!(sandbox.saved().await.unwrap().version, 1);
        let refused = sandbox.save(Scenario::textbook(), 1, &"x".repeat(65)).await.unwrap_err();
        assert_eq!(refused.status(), 422);
    });
}

#[test]
fn a_save_leaves_the_data_alone_and_a_reset_begins_afresh() {
    test(async {
        let sandbox = textbook().await;
        sandbox.put_key(&id("redis"), key("mine"), value("1"), None).await.unwrap();
        sandbox.put_row(&id("postgres"), key("mine"), value("1")).await.unwrap();
        let without_stores = drawing(&["client:a", "server"], &["client>server"]);
        sandbox.save(without_stores.clone(), 1, "tab").await.unwrap();
        sandbox.save(Scenario::textbook(), 2, "tab").await.unwrap();
        assert_eq!(sizes(&sandbox).await, [(id("redis"), 3), (id("postgres"), 4)]);

        // Data of nodes that are no longer drawn goes too.
        sandbox.reset(without_stores, 3, "tab").await.unwrap();
        sandbox.save(Scenario::textbook(), 4, "tab").await.unwrap();
        assert_eq!(sizes(&sandbox).await, [(id("redis"), 0), (id("postgres"), 0)]);

        let mut feed = from_now(&sandbox).await;
        sandbox.reset(Scenario::textbook(), 5, "tab").await.unwrap();
        assert_eq!(sizes(&sandbox).await, [(id("redis"), 2), (id("postgres"), 3)]);
        let events = [next_event(&mut feed).await, next_event(&mut feed).await, next_event(&mut feed).await];
        assert_eq!(story(&events), ["saved 6 by tab", "changed redis", "changed postgres"]);
    });
}

#[test]
fn a_reset_stops_a_run_and_nothing_of_it_comes_after() {
    test(async {
        let sandbox = sandbox_of(busy(1_000)).await;
        let mut feed = from_now(&sandbox).await;
        sandbox.run(aside_engine::Which::All).await.unwrap();
        let empty = drawing(&["client:a", "server", "redis", "postgres"], &["client>server"]);
        sandbox.reset(empty, 2, "tab").await.unwrap();
        assert_eq!(sizes(&sandbox).await, [(id("redis"), 0), (id("postgres"), 0)]);
        let events = to_the_end(&mut feed).await;
        assert_eq!(end(&events), Some(aside_domain::RunEnd::Stopped));
        let after = [next_event(&mut feed).await, next_event(&mut feed).await];
        assert_eq!(story(&after), ["saved 3 by tab", "changed redis"]);
    });
}

#[test]
fn a_scenario_and_its_data_survive_a_restart_of_the_engine() {
    test(async {
        let session = SessionId::fresh();
        let sandbox = engine().await.open(&session, &place(), &Scenario::textbook()).await.unwrap();
        let cursor = sandbox.subscribe(None);
        drop(cursor);
        sandbox.save(busy(7), 1, "tab").await.unwrap();
        sandbox.put_row(&id("postgres"), key("mine"), value("1")).await.unwrap();

        let stores = stores().await;
        let restarted = connect(stores.redis_url(), stores.database_url()).await;
        let again = restarted.sandbox(&session, sandbox.id().as_str()).await.unwrap();
        let saved = again.saved().await.unwrap();
        assert_eq!((saved.version, saved.scenario), (2, busy(7)));
        assert_eq!(again.rows(&id("postgres")).await.unwrap().len(), 4);
        assert_eq!(restarted.open(&session, &place(), &Scenario::textbook()).await.unwrap().id(), sandbox.id());
    });
}

#[test]
fn an_export_takes_the_data_along_and_begins_elsewhere_where_it_ended_here() {
    test(async {
        let sandbox = textbook().await;
        run_all(&sandbox).await;
        sandbox.delete_key(&id("redis"), "rohan").await.unwrap();
        sandbox.put_key(&id("redis"), key("forever"), value("ü"), None).await.unwrap();
        sandbox.put_row(&id("postgres"), key("new"), value("row")).await.unwrap();
        let exported = sandbox.export().await.unwrap();
        let exported = Scenario::from_json(&exported.to_json()).unwrap();

        let Settings::Redis(redis) = &exported.graph.node(&id("redis")).unwrap().settings else { panic!() };
        let ttls: Vec<(&str, bool)> = redis.keys.iter().map(|seed| (seed.key.as_str(), seed.ttl_s.is_some())).collect();
        assert_eq!(ttls, [("doe", true), ("forever", false), ("john", true)]);

        let other = sandbox_of(exported).await;
        assert_eq!(cached(&other, "redis").await, cached(&sandbox, "redis").await);
        let rows = |sandbox: aside_engine::Sandbox| async move { sandbox.rows(&id("postgres")).await.unwrap() };
        assert_eq!(rows(other).await, rows(sandbox).await);
    });
}

#[test]
fn what_somebody_wrote_with_a_tool_of_his_own_is_listed_and_not_exported_beyond_the_limits() {
    test(async {
        let sandbox = textbook().await;
        let prefix = format!("aside:{{{}:redis}}:", sandbox.id());
        let client = redis::Client::open(stores().await.redis_url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut pipeline = redis::pipe();
        for n in 0..1_200 {
            pipeline.cmd("SET").arg(format!("{prefix}n{n:04}")).arg("v");
        }
        pipeline.cmd("SET").arg(format!("{prefix}{}", "long".repeat(100))).arg("v");
        pipeline.cmd("SET").arg([prefix.as_bytes(), b"\xff\xfe"].concat()).arg(&b"\xff"[..]);
        pipeline.cmd("LPUSH").arg(format!("{prefix}list")).arg("v");
        pipeline.query_async::<redis::Value>(&mut connection).await.unwrap();

        let keys = sandbox.keys(&id("redis")).await.unwrap();
        assert!((990..=1_000).contains(&keys.len()), "{}", keys.len());
        assert!(keys.is_sorted_by(|a, b| a.key <= b.key));
        let Settings::Redis(redis) = &sandbox.export().await.unwrap().graph.nodes[2].settings.clone() else { panic!() };
        assert_eq!(redis.keys.len(), limits::ENTRIES_PER_STORE);
        assert_eq!(sizes(&sandbox).await[0].1, 1_205);
        assert_eq!(sandbox.flush(&id("redis")).await.unwrap(), 1_205);
        assert!(sandbox.keys(&id("redis")).await.unwrap().is_empty());
    });
}

#[test]
fn a_value_of_another_type_is_a_refusal_and_the_read_goes_on_to_the_database() {
    test(async {
        let sandbox = textbook().await;
        sandbox.delete_key(&id("redis"), "john").await.unwrap();
        let client = redis::Client::open(stores().await.redis_url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut push = redis::cmd("LPUSH");
        push.arg(format!("aside:{{{}:redis}}:john", sandbox.id())).arg("v");
        push.query_async::<()>(&mut connection).await.unwrap();
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200; 3]);
        assert!(story(&events).contains(&"redis ! refused: Redis answered with an error: WRONGTYPE.".to_owned()));
    });
}

#[test]
fn edits_are_seen_and_announced() {
    test(async {
        let sandbox = textbook().await;
        let mut feed = from_now(&sandbox).await;
        let (redis, postgres) = (id("redis"), id("postgres"));
        sandbox.put_key(&redis, key("a b"), value(""), Some(60)).await.unwrap();
        sandbox.put_key(&redis, key("rohan"), value("new"), None).await.unwrap();
        sandbox.delete_key(&redis, "john").await.unwrap();
        sandbox.put_row(&postgres, key("Ä"), value("line\nline")).await.unwrap();
        sandbox.put_row(&postgres, key("doe"), value("new")).await.unwrap();
        sandbox.delete_row(&postgres, "john").await.unwrap();

        let keys = sandbox.keys(&redis).await.unwrap();
        assert_eq!(cached(&sandbox, "redis").await, [("a b".into(), "".into()), ("rohan".into(), "new".into())]);
        assert!(keys[0].ttl_ms.is_some_and(|ttl| ttl <= 60_000) && keys[1].ttl_ms.is_none());
        let rows = sandbox.rows(&postgres).await.unwrap();
        let rows: Vec<(&str, &str)> = rows.iter().map(|row| (row.key.as_str(), row.value.as_str())).collect();
        assert_eq!(rows, [("doe", "new"), ("rohan", "Rohan, Mumbai"), ("Ä", "line\nline")]);

        assert_eq!(sandbox.flush(&redis).await, Ok(2));
        let mut events = Vec::new();
        for _ in 0..7 {
            events.push(next_event(&mut feed).await);
        }
        let (r, p) = ("changed redis", "changed postgres");
        assert_eq!(story(&events), [r, r, r, p, p, p, r]);
    });
}

#[test]
fn a_store_takes_so_many_entries_and_no_more() {
    test(async {
        let sandbox = sandbox_of(drawing(&["redis", "postgres"], &[])).await;
        let (redis, postgres) = (id("redis"), id("postgres"));
        for n in 0..limits::ENTRIES_PER_STORE {
            let key = Key::new(format!("k{n}")).unwrap();
            sandbox.put_key(&redis, key.clone(), value("v"), None).await.unwrap();
            sandbox.put_row(&postgres, key, value("v")).await.unwrap();
        }
        let full = sandbox.put_key(&redis, key("more"), value("v"), None).await.unwrap_err();
        assert!(matches!(&full, EngineError::Full { what: "keys", .. }) && full.status() == 422, "{full}");
        let full = sandbox.put_row(&postgres, key("more"), value("v")).await.unwrap_err();
        assert!(matches!(full, EngineError::Full { what: "rows", .. }), "{full}");
        sandbox.put_key(&redis, key("k7"), value("new"), None).await.expect("it is there already");
        sandbox.put_row(&postgres, key("k7"), value("new")).await.expect("it is there already");
        let most = limits::ENTRIES_PER_STORE as u64;
        assert_eq!(sizes(&sandbox).await, [(redis, most), (postgres, most)]);
        for ttl_s in [0, limits::TTL_S + 1] {
            let refused = sandbox.put_key(&id("redis"), key("k7"), value("v"), Some(ttl_s)).await;
            assert_eq!(refused, Err(EngineError::BadTtl));
        }
    });
}

#[test]
fn an_edit_of_what_is_not_drawn_or_of_another_kind_is_refused() {
    test(async {
        let sandbox = textbook().await;
        let wrong = |node: &str, is, needs| EngineError::WrongKind { node: id(node), is, needs };
        let none = EngineError::NoSuchNode(id("ghost"));
        assert_eq!(sandbox.keys(&id("ghost")).await, Err(none.clone()));
        assert_eq!(sandbox.rows(&id("ghost")).await, Err(none.clone()));
        assert_eq!(sandbox.flush(&id("ghost")).await, Err(none.clone()));
        assert_eq!(sandbox.put_key(&id("ghost"), key("k"), value("v"), None).await, Err(none.clone()));
        assert_eq!(sandbox.delete_key(&id("ghost"), "k").await, Err(none.clone()));
        assert_eq!(sandbox.put_row(&id("ghost"), key("k"), value("v")).await, Err(none.clone()));
        assert_eq!(sandbox.delete_row(&id("ghost"), "k").await, Err(none.clone()));
        assert_eq!(none.status(), 404);
        let refused = sandbox.keys(&id("postgres")).await;
        assert_eq!(refused, Err(wrong("postgres", Kind::Postgres, Kind::Redis)));
        let refused = sandbox.put_row(&id("server"), key("k"), value("v")).await;
        assert_eq!(refused, Err(wrong("server", Kind::Server, Kind::Postgres)));
        // So too with one that was drawn, and is in no saved drawing any more.
        sandbox.save(drawing(&["client"], &[]), 1, "tab").await.unwrap();
        assert_eq!(sandbox.keys(&id("redis")).await, Err(EngineError::NoSuchNode(id("redis"))));
    });
}

#[test]
fn the_stores_are_ready() {
    test(async {
        assert!(engine().await.ready().await.is_ready());
    });
}

#[test]
fn an_edit_whose_asker_went_away_is_still_done_and_announced() {
    test(async {
        let sandbox = textbook().await;
        let postgres = id("postgres");
        for n in 0..40u32 {
            let mut feed = from_now(&sandbox).await;
            let key = Key::new(format!("k{n}")).unwrap();
            let put = sandbox.put_row(&postgres, key, value("v"));
            // Given up at some moment after its beginning.
            let _ = tokio::time::timeout(std::time::Duration::from_micros(u64::from(n) * 50), put).await;
            assert_eq!(story(&[next_event(&mut feed).await]), ["changed postgres"]);
        }
        assert_eq!(sandbox.rows(&postgres).await.unwrap().len(), 43);
    });
}
