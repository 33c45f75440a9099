//! PUT and DELETE, as each write policy has them: what is asked, in which order, what is answered, and what it leaves in the
//! stores. And the options of a server that change what is written: negative caching and jitter.

mod common;

use aside_domain::{Condition, Fact, Outcome, Request, Settings, WritePolicy};
use aside_engine::{EngineError, Sandbox, Which};
use common::*;

/// A sandbox whose server writes with that policy.
async fn with(policy: WritePolicy, client: &str, redis: &str, postgres: &str) -> Sandbox {
    sandbox_of(usual(client, redis, postgres).server(|server| server.policy = policy)).await
}

const INSERT: &str =
    "postgres ? INSERT INTO users (key, value) VALUES ('a', 'new') ON CONFLICT (key) DO UPDATE SET value = 'new'";
const DELETE: &str = "postgres ? DELETE FROM users WHERE key = 'a'";

#[test]
fn invalidate_writes_the_database_and_then_deletes_the_key_from_the_cache() {
    test(async {
        let sandbox = with(WritePolicy::Invalidate, "PUT a=new", "a=old,b=1", "a=old").await;
        let events = run_all(&sandbox).await;
        let expected = [
            "run client*1",
            "client #1 PUT a",
            "server ? PUT a \"new\"",
            INSERT,
            "postgres ! stored: 1 row updated",
            "redis ? DEL a",
            "redis ! deleted: (integer) 1",
            "server ! stored: Updated.",
            "200 Updated.",
            "changed postgres",
            "changed redis",
            "end Completed",
        ];
        assert_eq!(story(&events), expected);
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "new")]));
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("b", "1")]));
    });
}

#[test]
fn update_writes_the_database_and_then_the_cache() {
    test(async {
        let sandbox = with(WritePolicy::Update, "PUT a=new,GET a", "a=old", "a=old").await;
        let events = run_all(&sandbox).await;
        let expected = [
            INSERT,
            "postgres ! stored: 1 row updated",
            "redis ? SET a \"new\" EX 60",
            "redis ! stored: OK",
            "redis ? GET a",
            "redis ! hit: new",
        ];
        assert_eq!(at_stores(&events), expected);
        assert_eq!(answers(&events), [(200, "Updated.".into()), (200, "new".into())]);
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("a", "new")]));
        let ttl_ms = sandbox.keys(&id("redis")).await.unwrap()[0].ttl_ms.expect("what a server writes expires");
        assert!(ttl_ms <= 60_000, "{ttl_ms}");
    });
}

#[test]
fn update_deletes_the_key_of_a_row_that_is_deleted() {
    test(async {
        let sandbox = with(WritePolicy::Update, "DELETE a", "a=old", "a=old").await;
        let events = run_all(&sandbox).await;
        let expected = [DELETE, "postgres ! deleted: 1 row deleted", "redis ? DEL a", "redis ! deleted: (integer) 1"];
        assert_eq!(at_stores(&events), expected);
        assert!(cached(&sandbox, "redis").await.is_empty() && stored(&sandbox, "postgres").await.is_empty());
    });
}

#[test]
fn forget_writes_the_database_and_nothing_else() {
    test(async {
        let sandbox = with(WritePolicy::Forget, "PUT a=new,DELETE a", "a=old", "a=old").await;
        let events = run_all(&sandbox).await;
        let expected = [INSERT, "postgres ! stored: 1 row updated", DELETE, "postgres ! deleted: 1 row deleted"];
        assert_eq!(at_stores(&events), expected);
        assert_eq!(statuses(&events), [200, 200]);
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("a", "old")]));
        let changed: Vec<String> = story(&events).into_iter().filter(|line| line.starts_with("changed")).collect();
        assert_eq!(changed, ["changed postgres"], "the cache is as it was");
    });
}

#[test]
fn invalidate_first_deletes_the_key_from_the_cache_and_then_writes_the_database() {
    test(async {
        let sandbox = with(WritePolicy::InvalidateFirst, "PUT a=new", "a=old", "a=old").await;
        let events = run_all(&sandbox).await;
        let expected = ["redis ? DEL a", "redis ! deleted: (integer) 1", INSERT, "postgres ! stored: 1 row updated"];
        assert_eq!(at_stores(&events), expected);
        assert_eq!(statuses(&events), [200]);
        assert!(cached(&sandbox, "redis").await.is_empty());
    });
}

#[test]
fn a_new_row_is_201_another_value_is_200_and_what_was_not_there_cannot_be_deleted() {
    test(async {
        for policy in WritePolicy::ALL {
            let sandbox = with(policy, "PUT a=1,PUT a=2,PUT a=2,DELETE a,DELETE a", "", "").await;
            let events = run_all(&sandbox).await;
            let answered = answers(&events);
            let expected = [(201, "Created."), (200, "Updated."), (200, "Updated."), (200, "Deleted.")];
            assert_eq!(answered[..4], expected.map(|(status, text)| (status, text.to_owned())), "{policy:?}");
            assert_eq!(answered[4].0, 404, "{policy:?}");
            use Outcome::{Deleted, NotFound, Stored};
            assert_eq!(outcomes(&events, "postgres"), [Stored, Stored, Stored, Deleted, NotFound]);
            assert_eq!(outcomes(&events, "server"), [Stored, Stored, Stored, Deleted, NotFound]);
            assert!(stored(&sandbox, "postgres").await.is_empty());
        }
    });
}

#[test]
fn a_delete_of_nothing_still_takes_the_key_out_of_the_cache() {
    test(async {
        let sandbox = with(WritePolicy::Invalidate, "DELETE a", "a=left", "").await;
        assert_eq!(statuses(&run_all(&sandbox).await), [404]);
        assert!(cached(&sandbox, "redis").await.is_empty());
    });
}

#[test]
fn every_cache_is_told_in_link_order_and_one_that_cannot_be_does_not_keep_the_next_from_it() {
    test(async {
        let nodes = ["client:PUT a=new", "server", "redis1:a=old", "redis2:a=old", "redis3:a=old", "postgres"];
        let links = ["client>server", "server>redis3", "server>redis1", "server>postgres", "server>redis2"];
        for (policy, asks) in [(WritePolicy::Invalidate, "DEL a"), (WritePolicy::Update, "SET a \"new\" EX 60")] {
            let scenario = drawing(&nodes, &links).server(|server| server.policy = policy);
            let sandbox = sandbox_of(scenario.link("server>redis1", |link| link.condition = Condition::Cut)).await;
            let events = run_all(&sandbox).await;
            let asked: Vec<String> = at_stores(&events).into_iter().filter(|line| line.contains(" ? ")).collect();
            assert_eq!(asked[1..], ["redis3", "redis1", "redis2"].map(|node| format!("{node} ? {asks}")));
            let (status, answer) = &answers(&events)[0];
            assert_eq!(*status, 201, "the row is written");
            assert!(answer.contains("A cache could not be told"), "{answer}");
            assert_eq!(cached(&sandbox, "redis1").await, entries(&[("a", "old")]));
            for node in ["redis2", "redis3"] {
                assert!(!cached(&sandbox, node).await.contains(&("a".into(), "old".into())), "{node}");
            }
        }
    });
}

#[test]
fn without_a_database_nothing_can_be_written_and_no_cache_is_asked() {
    test(async {
        for policy in WritePolicy::ALL {
            let nodes = ["client:PUT a=new,DELETE a", "server", "redis:a=old"];
            let scenario = drawing(&nodes, &["client>server", "server>redis"]);
            let sandbox = sandbox_of(scenario.server(|server| server.policy = policy)).await;
            let events = run_all(&sandbox).await;
            assert_eq!(statuses(&events), [404, 404], "{policy:?}");
            assert!(answers(&events)[0].1.contains("no database"));
            assert!(at_stores(&events).is_empty(), "{policy:?}");
            assert_eq!(cached(&sandbox, "redis").await, entries(&[("a", "old")]));
        }
    });
}

#[test]
fn with_the_link_to_postgres_cut_a_write_is_503_and_nothing_is_written() {
    test(async {
        for policy in WritePolicy::ALL {
            let sandbox = with(policy, "PUT a=new,DELETE a", "a=old", "a=old").await;
            set_condition(&sandbox, "server>postgres", Condition::Cut).await;
            let events = run_all(&sandbox).await;
            assert_eq!(statuses(&events), [503, 503], "{policy:?}");
            assert!(receipts(&events, "postgres").iter().all(|receipt| receipt.sent.is_none()));
            assert_eq!(outcomes(&events, "postgres"), [Outcome::Refused; 2]);
            assert!(!story(&events).contains(&"changed postgres".to_owned()));
            assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "old")]));
            // The wrong order has thrown away what the cache had, for nothing.
            let left = if policy == WritePolicy::InvalidateFirst { &[][..] } else { &[("a", "old")] };
            assert_eq!(cached(&sandbox, "redis").await, entries(left), "{policy:?}");
        }
    });
}

#[test]
fn a_long_value_is_written_whole() {
    test(async {
        let large = "é\"'".repeat(1_000);
        let mut scenario = usual("a", "", "").server(|server| server.policy = WritePolicy::Update);
        if let Settings::Client(client) = &mut scenario.graph.nodes[0].settings {
            client.requests = vec![Request::put(key("a"), value(&large))];
        }
        let sandbox = sandbox_of(scenario).await;
        assert_eq!(statuses(&run_all(&sandbox).await), [201]);
        assert_eq!(stored(&sandbox, "postgres").await, [("a".to_owned(), large.clone())]);
        assert_eq!(cached(&sandbox, "redis").await, [("a".to_owned(), large)]);
    });
}

/// A sandbox with negative caching, for five seconds.
async fn negative(policy: WritePolicy, client: &str) -> Sandbox {
    let scenario = usual(client, "", "").server(|server| {
        server.policy = policy;
        server.negative_ttl_s = Some(5);
    });
    sandbox_of(scenario).await
}

#[test]
fn negative_caching_remembers_for_a_short_while_that_a_key_is_not_there() {
    test(async {
        let sandbox = negative(WritePolicy::Invalidate, "ghost,ghost").await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [404, 404]);
        use Outcome::{Hit, Miss, NotFound, Stored};
        assert_eq!(outcomes(&events, "redis"), [Miss, Stored, Hit]);
        assert_eq!(outcomes(&events, "postgres"), [NotFound], "the second answer is the cache's");
        assert_eq!(receipts(&events, "redis")[2].reply.text, "(not there)");
        let keys = sandbox.keys(&id("redis")).await.unwrap();
        assert_eq!((keys.len(), keys[0].value.as_str()), (1, aside_domain::live::NOT_THERE));
        assert!(keys[0].ttl_ms.is_some_and(|ttl_ms| ttl_ms <= 5_000), "{keys:?}");
        assert_eq!((keys[0].stale, keys[0].jitter_s), (None, None));
    });
}

#[test]
fn without_negative_caching_every_read_of_what_is_not_there_asks_the_database() {
    test(async {
        let sandbox = with(WritePolicy::Invalidate, "ghost,ghost", "", "").await;
        let events = run_all(&sandbox).await;
        assert_eq!(outcomes(&events, "postgres"), [Outcome::NotFound; 2]);
        assert!(cached(&sandbox, "redis").await.is_empty());
    });
}

#[test]
fn what_was_not_there_is_found_once_a_put_created_it_unless_the_cache_is_forgotten() {
    test(async {
        for policy in WritePolicy::ALL {
            let sandbox = negative(policy, "ghost,PUT ghost=new,ghost").await;
            let events = run_all(&sandbox).await;
            let last = if policy == WritePolicy::Forget { 404 } else { 200 };
            assert_eq!(statuses(&events), [404, 201, last], "{policy:?}");
            assert_eq!(stale_reads(&events).len(), usize::from(policy == WritePolicy::Forget), "{policy:?}");
        }
    });
}

#[test]
fn jitter_gives_each_fill_a_time_to_live_of_its_own_within_bounds_and_inspectors_show_it() {
    test(async {
        let names: Vec<String> = (0..40).map(|n| format!("k{n}")).collect();
        let rows: Vec<String> = names.iter().map(|name| format!("{name}=v")).collect();
        let scenario = usual(&names.join(","), "", &rows.join(",")).server(|server| {
            server.ttl_s = 1_000;
            server.jitter_percent = Some(20);
        });
        let sandbox = sandbox_of(scenario).await;
        let events = run_all(&sandbox).await;
        let keys = sandbox.keys(&id("redis")).await.unwrap();
        assert_eq!(keys.len(), 40);
        for now in &keys {
            let jitter_s = now.jitter_s.expect("it is a fill with jitter");
            assert!((-200..=200).contains(&jitter_s), "{jitter_s}");
            let given_s = 1_000_u32.strict_add_signed(jitter_s);
            let left_ms = now.ttl_ms.expect("it expires");
            // What is shown is what was given.
            assert!(left_ms <= u64::from(given_s) * 1_000, "{left_ms} of {given_s} s");
            let shown = format!("redis ? SET {} \"v\" EX {given_s}", now.key);
            assert!(story(&events).contains(&shown), "{shown}");
        }
        let first = keys[0].jitter_s;
        assert!(keys.iter().any(|now| now.jitter_s != first), "40 throws of a die with 401 sides");

        // A person's key has none, and so has one that a server without jitter filled.
        sandbox.put_key(&id("redis"), key("k0"), value("v"), Some(60)).await.unwrap();
        sandbox.delete_key(&id("redis"), "k1").await.unwrap();
        amend(&sandbox, |scenario| scenario.server(|server| server.jitter_percent = None)).await;
        run_all(&sandbox).await;
        let keys = sandbox.keys(&id("redis")).await.unwrap();
        let jitter_of = |name: &str| keys.iter().find(|now| now.key == name).unwrap().jitter_s;
        assert_eq!((jitter_of("k0"), jitter_of("k1")), (None, None));
        assert!(jitter_of("k2").is_some(), "it is still the fill of before");
    });
}

#[test]
fn a_fill_that_was_lost_does_not_change_what_is_shown_of_the_one_before() {
    test(async {
        let scenario = usual("PUT a=1,PUT a=2", "", "").server(|server| {
            server.policy = WritePolicy::Update;
            server.ttl_s = 100_000;
            server.jitter_percent = Some(50);
        });
        let sandbox = sandbox_of(scenario).await;
        one(&sandbox, 0).await;
        let before = sandbox.keys(&id("redis")).await.unwrap()[0].jitter_s;
        set_condition(&sandbox, "server>redis", Condition::Cut).await;
        let (status, answer) = one(&sandbox, 1).await;
        assert!(status == 200 && answer.contains("could not be told"), "{answer}");
        assert_eq!(sandbox.keys(&id("redis")).await.unwrap()[0].jitter_s, before);
    });
}

#[test]
fn one_request_is_sent_alone() {
    test(async {
        let sandbox = with(WritePolicy::Invalidate, "a,PUT b=1,DELETE c", "", "a=1,c=1").await;
        let events = run(&sandbox, Which::One(id("client"), 1)).await;
        assert_eq!(story(&events)[..2], ["run client*1", "client #1 PUT b"]);
        assert_eq!(statuses(&events), [201]);
        assert_eq!(one(&sandbox, 2).await, (200, "Deleted.".to_owned()));
        let started = |event: &&aside_domain::Event| matches!(event.fact, Fact::RequestStarted { .. });
        assert_eq!(run_all(&sandbox).await.iter().filter(started).count(), 3);
    });
}

#[test]
fn a_request_that_is_not_there_cannot_be_sent_and_a_sentence_says_so() {
    test(async {
        let sandbox = with(WritePolicy::Invalidate, "a,b", "", "").await;
        let refused = sandbox.run(Which::One(id("client"), 2)).await;
        assert_eq!(refused, Err(EngineError::NothingToRun("This client has no request 3.".to_owned())));
        let refused = sandbox.run(Which::One(id("client"), usize::MAX - 1)).await;
        assert!(matches!(refused, Err(EngineError::NothingToRun(_))));
        assert!(matches!(sandbox.run(Which::One(id("ghost"), 0)).await, Err(EngineError::NoSuchNode(_))));
        assert!(matches!(sandbox.run(Which::One(id("redis"), 0)).await, Err(EngineError::WrongKind { .. })));
    });
}

#[test]
fn a_run_that_could_bring_a_database_beyond_its_limit_is_refused() {
    test(async {
        let rows: Vec<String> = (0..200).map(|n| format!("seed{n}=")).collect();
        let puts = |first: u32| (first..first + 950).map(|n| format!("PUT k{n}=v")).collect::<Vec<_>>().join(",");
        let sandbox = sandbox_of(usual(&puts(0), "", &rows.join(","))).await;
        assert_eq!(statuses(&run_all(&sandbox).await), [201; 950]);
        assert_eq!(sandbox.run(Which::All).await, Err(EngineError::NoRoom), "1,150 rows, and 950 more could come");
        let reads = usual("k0,DELETE k1", "", "");
        let Settings::Client(client) = reads.graph.nodes[0].settings.clone() else { panic!("the client comes first") };
        amend(&sandbox, |mut scenario| {
            scenario.graph.nodes[0].settings = Settings::Client(client);
            scenario
        })
        .await;
        assert_eq!(statuses(&run_all(&sandbox).await), [200, 200], "what adds no row is not refused");
    });
}

#[test]
fn a_long_value_is_cut_in_the_log_and_whole_in_the_stores() {
    test(async {
        let long = "it's long\n".repeat(400);
        let mut scenario = usual("a", "", "");
        scenario.graph.nodes[0].settings = Settings::Client(aside_domain::graph::Client {
            requests: vec![Request::put(key("a"), value(&long))],
            traffic: None,
        });
        let sandbox = sandbox_of(scenario).await;
        let events = run_all(&sandbox).await;
        for event in &events {
            let bytes = format!("{:?}", event.fact).len();
            assert!(bytes < 1_500, "{bytes} bytes: {event:?}");
        }
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", &long)]));
        let sent = receipts(&events, "postgres")[0].sent.clone().expect("it was sent");
        assert_eq!(sent.lines().count(), 2, "the statement, and one line of what was bound: {sent}");
        assert!(sent.contains("[4000 bytes]"), "{sent}");
    });
}

#[test]
fn a_full_store_still_lets_what_it_holds_be_changed() {
    test(async {
        let rows: Vec<String> = (0..200).map(|n| format!("k{n}=v")).collect();
        let sandbox = sandbox_of(usual("a", &rows.join(","), &rows.join(","))).await;
        sandbox.put_row(&id("postgres"), key("k7"), value("new")).await.unwrap();
        sandbox.put_key(&id("redis"), key("k7"), value("new"), None).await.unwrap();
        let (row, entry) = (key("more"), value("v"));
        let refused = sandbox.put_row(&id("postgres"), row.clone(), entry.clone()).await;
        assert!(matches!(refused, Err(EngineError::Full { what: "rows", .. })));
        let refused = sandbox.put_key(&id("redis"), row, entry, None).await;
        assert!(matches!(refused, Err(EngineError::Full { what: "keys", .. })));
    });
}
