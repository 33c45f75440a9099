//! What the observer says: which hits and which keys differ from their rows, and since when. Never of one that does not.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::{Condition, EntryNow, Fact, NodeId, Stale, Tally, Timeline, WritePolicy};
use aside_engine::{FeedItem, Sandbox, Which};
use common::*;
use futures::StreamExt;
use std::time::Duration;

/// What is said of a key of `redis`.
async fn mark(sandbox: &Sandbox, key: &str) -> Option<Stale> {
    let keys: Vec<EntryNow> = sandbox.keys(&id("redis")).await.unwrap();
    keys.into_iter().find(|now| now.key == key).expect("it is cached").stale
}

/// How many keys of each store are stale.
async fn counted(sandbox: &Sandbox) -> Vec<(String, u64)> {
    let sizes = sandbox.sizes().await.unwrap();
    sizes.into_iter().filter(|held| held.stale > 0).map(|held| (held.node.as_str().to_owned(), held.stale)).collect()
}

async fn timeline(sandbox: &Sandbox) -> Timeline {
    match sandbox.subscribe(None).next().await {
        Some(FeedItem::Reset { timeline, .. }) => *timeline,
        other => panic!("{other:?}"),
    }
}

async fn tally(sandbox: &Sandbox, node: &str) -> Tally {
    timeline(sandbox).await.tallies.get(&id(node)).copied().unwrap_or_default()
}

async fn put_row(sandbox: &Sandbox, k: &str, v: &str) -> u64 {
    sandbox.put_row(&id("postgres"), key(k), value(v)).await.unwrap()
}

#[test]
fn a_row_that_a_person_edits_makes_its_copy_stale_until_the_key_is_invalidated() {
    test(async {
        let sandbox = sandbox_of(usual("a,b,PUT a=newer", "a=old,b=1", "a=old,b=1")).await;
        assert_eq!((mark(&sandbox, "a").await, counted(&sandbox).await), (None, vec![]));
        assert_eq!(put_row(&sandbox, "a", "new").await, 1, "one copy differs now");
        assert!(mark(&sandbox, "a").await.is_some_and(|stale| stale.for_us.is_some()), "somebody saw it change");
        assert_eq!(mark(&sandbox, "b").await, None);
        assert_eq!(counted(&sandbox).await, [("redis".to_owned(), 1)]);

        let events = run(&sandbox, Which::One(id("client"), 0)).await;
        assert_eq!(answers(&events), [(200, "old".into())]);
        let [Some(stale_us)] = stale_reads(&events)[..] else { panic!("{:?}", stale_reads(&events)) };
        assert!(stale_us > 0);
        let at = |line: &str| story(&events).iter().position(|other| other == line).unwrap();
        assert!(at("redis ! hit: old") < at("redis was stale") && at("redis was stale") < at("end Completed"));
        assert!(stale_reads(&run(&sandbox, Which::One(id("client"), 1)).await).is_empty(), "b is as it was");

        one(&sandbox, 2).await;
        assert!(counted(&sandbox).await.is_empty());
        assert!(stale_reads(&run_all(&sandbox).await).is_empty());
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("b", "1")]));
    });
}

#[test]
fn a_row_that_is_as_the_copy_again_makes_it_fresh_again() {
    test(async {
        let sandbox = sandbox_of(usual("a", "a=old", "a=old")).await;
        assert_eq!(put_row(&sandbox, "a", "new").await, 1);
        assert_eq!(put_row(&sandbox, "a", "old").await, 0);
        assert_eq!(mark(&sandbox, "a").await, None);
        assert!(stale_reads(&run_all(&sandbox).await).is_empty());
    });
}

#[test]
fn the_copy_of_a_row_that_was_deleted_is_stale() {
    test(async {
        let sandbox = sandbox_of(usual("a", "a=1", "a=1")).await;
        assert_eq!(sandbox.delete_row(&id("postgres"), "a").await, Ok(1));
        assert!(mark(&sandbox, "a").await.is_some());
        assert_eq!(stale_reads(&run_all(&sandbox).await).len(), 1);
        sandbox.delete_key(&id("redis"), "a").await.unwrap();
        assert_eq!(sandbox.delete_row(&id("postgres"), "a").await, Ok(0), "none is left");
    });
}

#[test]
fn that_a_key_is_not_there_is_stale_once_it_is_and_fresh_once_it_is_gone_again() {
    test(async {
        let scenario = usual("ghost", "", "").server(|server| server.negative_ttl_s = Some(60));
        let sandbox = sandbox_of(scenario).await;
        run_all(&sandbox).await;
        assert_eq!(mark(&sandbox, "ghost").await, None);
        assert_eq!(put_row(&sandbox, "ghost", "new").await, 1);
        assert!(mark(&sandbox, "ghost").await.is_some_and(|stale| stale.for_us.is_some()));
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [404]);
        assert!(stale_reads(&events)[0].is_some_and(|stale_us| stale_us > 0));
        assert_eq!(sandbox.delete_row(&id("postgres"), "ghost").await, Ok(0), "that is what the cache says");
        assert_eq!(mark(&sandbox, "ghost").await, None);
        assert!(stale_reads(&run_all(&sandbox).await).is_empty());
    });
}

#[test]
fn forgetting_the_cache_leaves_a_stale_key_and_no_other_policy_does() {
    test(async {
        for policy in WritePolicy::ALL {
            let scenario = usual("a,PUT a=new,a,DELETE a,a", "", "a=old").server(|server| server.policy = policy);
            let sandbox = sandbox_of(scenario).await;
            let events = run_all(&sandbox).await;
            let forgets = policy == WritePolicy::Forget;
            assert_eq!(stale_reads(&events).len(), if forgets { 2 } else { 0 }, "{policy:?}");
            assert_eq!(answers(&events)[2].1, if forgets { "old" } else { "new" });
            assert_eq!(statuses(&events)[4], if forgets { 200 } else { 404 });
            assert_eq!(counted(&sandbox).await.is_empty(), !forgets, "{policy:?}");
        }
    });
}

#[test]
fn tallies_count_stale_hits_and_the_longest_of_them() {
    test(async {
        let sandbox = sandbox_of(usual("a", "a=old,b=1", "a=old")).await;
        put_row(&sandbox, "a", "new").await;
        let first = stale_reads(&run_all(&sandbox).await)[0].unwrap();
        let second = stale_reads(&run_all(&sandbox).await)[0].unwrap();
        assert!(second > first, "time went on");
        put_row(&sandbox, "a", "newest").await;
        let third = stale_reads(&run_all(&sandbox).await)[0].unwrap();
        assert!(third > second, "stale since the first change, not since the last");
        for node in ["server", "redis"] {
            let tally = tally(&sandbox, node).await;
            assert_eq!((tally.stale, tally.stalest_us), (3, third), "{node}");
        }
        assert_eq!(tally(&sandbox, "postgres").await.stale, 0);
        let timeline = timeline(&sandbox).await;
        let hop = timeline.latest().unwrap().hops.iter().find(|hop| hop.to.as_str() == "redis").unwrap();
        assert_eq!(hop.stale, Some(Stale { for_us: Some(third) }));
    });
}

#[test]
fn a_change_that_somebody_made_with_a_tool_of_his_own_is_seen_and_nobody_knows_its_time() {
    test(async {
        let sandbox = sandbox_of(usual("a", "a=old", "a=old")).await;
        let pool = sqlx::PgPool::connect(stores().await.database_url()).await.unwrap();
        let sql = "UPDATE node_rows SET value = 'new' WHERE sandbox = $1 AND key = 'a'";
        sqlx::query(sql).bind(sandbox.id().as_str()).execute(&pool).await.unwrap();
        pool.close().await;
        assert_eq!(mark(&sandbox, "a").await, Some(Stale { for_us: None }));
        assert_eq!(stale_reads(&run_all(&sandbox).await), [None]);
        assert_eq!(tally(&sandbox, "server").await.stalest_us, 0);
    });
}

#[test]
fn every_copy_is_counted_and_only_those_of_caches_in_front_of_that_database() {
    test(async {
        let nodes = [
            "client:a",
            "server1",
            "server2",
            "redis1:a=old",
            "redis2:a=old",
            "redis3:a=new",
            "redis4:a=old",
            "redis5:a=old",
            "redis6",
            "postgres:a=old",
            "postgres2:a=old",
        ];
        let links = [
            "client>server1",
            "server1>redis1",
            "server1>redis2",
            "server1>redis3",
            "server1>redis6",
            "server1>postgres",
            "server2>redis4",
            "server2>postgres2",
        ];
        let sandbox = sandbox_of(drawing(&nodes, &links)).await;
        assert_eq!(counted(&sandbox).await, [("redis3".to_owned(), 1)]);
        assert_eq!(put_row(&sandbox, "a", "new").await, 2, "redis1 and redis2");
        let expected = [("redis1".to_owned(), 1), ("redis2".to_owned(), 1)];
        assert_eq!(counted(&sandbox).await, expected, "and nobody has anything to do with redis5");
        assert_eq!(sandbox.delete_row(&id("postgres2"), "a").await, Ok(1));
    });
}

#[test]
fn behind_a_cache_of_two_servers_it_is_enough_that_one_database_has_what_it_tells() {
    test(async {
        let nodes = ["client1:a", "client2:a", "server1", "server2", "redis:a=1", "postgres1:a=1", "postgres2:a=2"];
        let links = [
            "client1>server1",
            "client2>server2",
            "server1>redis",
            "server2>redis",
            "server1>postgres1",
            "server2>postgres2",
        ];
        let sandbox = sandbox_of(drawing(&nodes, &links)).await;
        assert_eq!(mark(&sandbox, "a").await, None);
        // A hit is compared with the database of the server that asked.
        let of = async |client: &str| stale_reads(&run(&sandbox, Which::Clients(vec![id(client)])).await).len();
        assert_eq!((of("client1").await, of("client2").await), (0, 1));
    });
}

#[test]
fn without_a_database_nothing_is_stale() {
    test(async {
        let sandbox =
            sandbox_of(drawing(&["client:a", "server", "redis:a=1"], &["client>server", "server>redis"])).await;
        assert!(stale_reads(&run_all(&sandbox).await).is_empty());
        assert_eq!((mark(&sandbox, "a").await, counted(&sandbox).await), (None, vec![]));
    });
}

#[test]
fn who_writes_and_reads_in_turn_never_reads_what_is_stale_whatever_others_do_meanwhile() {
    test(async {
        for policy in [WritePolicy::Invalidate, WritePolicy::Update, WritePolicy::InvalidateFirst] {
            let clients: Vec<String> = (1..=8)
                .map(|n| {
                    let turn = |i: usize| format!("PUT k{n}={i},k{n},k{n},DELETE k{n},k{n}");
                    format!("client{n}:{}", (0..12).map(turn).collect::<Vec<_>>().join(","))
                })
                .collect();
            let mut nodes: Vec<&str> = clients.iter().map(String::as_str).collect();
            nodes.extend(["server", "redis", "postgres"]);
            let links: Vec<String> = (1..=8).map(|n| format!("client{n}>server")).collect();
            let mut links: Vec<&str> = links.iter().map(String::as_str).collect();
            links.extend(["server>redis", "server>postgres"]);
            let scenario = drawing(&nodes, &links).server(|server| {
                server.policy = policy;
                server.negative_ttl_s = Some(60);
                server.redis_timeout_ms = None; // a DEL that nobody waited for would rightly leave a stale key
            });
            let sandbox = sandbox_of(scenario).await;
            let events = run_all(&sandbox).await;
            assert_eq!(statuses(&events).len(), 8 * 12 * 5);
            assert_eq!(stale_reads(&events), [], "{policy:?}");
            assert!(counted(&sandbox).await.is_empty(), "{policy:?}");
        }
    });
}

#[test]
fn a_hit_is_judged_by_the_moment_in_which_redis_was_asked_and_not_by_that_in_which_the_packet_left() {
    test(async {
        let scenario = usual("a", "a=old", "a=old").server(|server| server.redis_timeout_ms = None);
        let sandbox = sandbox_of(scenario.link("server>redis", |link| link.delay_ms = 2_000)).await;
        let mut feed = from_now(&sandbox).await;
        sandbox.run(Which::All).await.unwrap();
        while !matches!(next_event(&mut feed).await.fact, Fact::HopStarted { to, .. } if to.as_str() == "redis") {}
        put_row(&sandbox, "a", "new").await; // the GET is on its way for a second
        let events = to_the_end(&mut feed).await;
        assert_eq!(answers(&events), [(200, "old".into())]);
        assert_eq!(stale_reads(&events).len(), 1);
        assert!(mark(&sandbox, "a").await.is_some());
    });
}

#[test]
fn invalidating_first_lets_a_reader_in_between_fill_the_old_value_in_again() {
    test(async {
        let nodes = ["client1:PUT a=new", "client2:a", "server1", "server2", "redis:a=old", "postgres:a=old"];
        let links = [
            "client1>server1",
            "client2>server2",
            "server1>redis",
            "server2>redis",
            "server1>postgres",
            "server2>postgres",
        ];
        // The key is deleted at once, read a second later, and the row is written a second after the deletion, there.
        let scenario = drawing(&nodes, &links)
            .server(|server| server.policy = WritePolicy::InvalidateFirst)
            .link("client2>server2", |link| link.delay_ms = 1_000)
            .link("server1>postgres", |link| link.delay_ms = 2_000);
        let sandbox = sandbox_of(scenario).await;
        let events = run_all(&sandbox).await;
        assert!(stale_reads(&events).is_empty(), "the reader missed, and read what the row had");
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("a", "old")]));
        assert_eq!(counted(&sandbox).await, [("redis".to_owned(), 1)]);
        let events = run(&sandbox, Which::Clients(vec![id("client2")])).await;
        assert_eq!(answers(&events), [(200, "old".into())]);
        assert!(stale_reads(&events)[0].is_some());
    });
}

#[test]
fn a_write_that_was_not_made_leaves_no_trace_in_what_is_said_of_a_copy() {
    test(async {
        let scenario = usual("PUT a=never", "a=old", "a=old").server(|server| {
            server.policy = WritePolicy::InvalidateFirst;
            server.redis_timeout_ms = None;
        });
        let sandbox = sandbox_of(scenario.link("server>redis", |link| link.delay_ms = 2_000)).await;
        // Stopped when the DEL is on its way back: so between the two halves of the write.
        let mut feed = from_now(&sandbox).await;
        sandbox.run(Which::All).await.unwrap();
        while !matches!(next_event(&mut feed).await.fact, Fact::HopStarted { to, .. } if to.as_str() == "redis") {}
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        sandbox.stop();
        let events = to_the_end(&mut feed).await;
        assert!(answers(&events).is_empty());
        assert!(events.iter().any(|event| event.fact == Fact::DataChanged { node: id("redis") }));
        // And refused.
        amend(&sandbox, |scenario| scenario.link("server>redis", |link| link.delay_ms = 0)).await;
        set_condition(&sandbox, "server>postgres", Condition::Cut).await;
        assert_eq!(one(&sandbox, 0).await.0, 503);
        sandbox.put_key(&id("redis"), key("a"), value("old"), None).await.unwrap();
        assert_eq!(mark(&sandbox, "a").await, None);
        // Now the row changes behind everybody's back: if the diary had either of these writes, it would tell a time.
        let pool = sqlx::PgPool::connect(stores().await.database_url()).await.unwrap();
        let sql = "UPDATE node_rows SET value = 'new' WHERE sandbox = $1 AND key = 'a'";
        sqlx::query(sql).bind(sandbox.id().as_str()).execute(&pool).await.unwrap();
        pool.close().await;
        assert_eq!(mark(&sandbox, "a").await, Some(Stale { for_us: None }));
    });
}

#[test]
fn a_reset_begins_with_nothing_stale() {
    test(async {
        let sandbox = sandbox_of(usual("a", "a=old", "a=old")).await;
        put_row(&sandbox, "a", "new").await;
        sandbox.reset(usual("a", "a=old", "a=old"), 2, "test").await.unwrap();
        assert!(counted(&sandbox).await.is_empty());
        assert!(stale_reads(&run_all(&sandbox).await).is_empty());
        let stores: Vec<NodeId> = sandbox.sizes().await.unwrap().into_iter().map(|held| held.node).collect();
        assert_eq!(stores, [id("redis"), id("postgres")]);
    });
}
