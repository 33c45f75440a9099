//! What the stores themselves count is what the receipts say, whatever else is done with the stores.

mod common;

use aside_domain::{Condition, DataSet, Event, Fact, Kind, Scenario, Settings, StoreNow};
use aside_engine::{Engine, Sandbox};
use common::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How often each command was sent, by the receipts of these events.
fn sent(events: &[Event]) -> BTreeMap<String, u64> {
    let mut sent = BTreeMap::new();
    for event in events {
        if let Fact::HopEnded { receipt, .. } = &event.fact
            && let Some(command) = receipt.sent.as_ref().and_then(|sent| sent.split(' ').next())
        {
            *sent.entry(command.to_owned()).or_default() += 1;
        }
    }
    sent
}

fn total(sent: &BTreeMap<String, u64>) -> u64 {
    sent.values().sum()
}

fn of(stores: &[StoreNow], kind: Kind) -> &StoreNow {
    &stores[if kind == Kind::Redis { 0 } else { 1 }]
}

fn receipts(store: &StoreNow) -> Vec<(&str, u64)> {
    store.counts.iter().map(|counted| (counted.command.as_str(), counted.receipts)).collect()
}

/// Asks until the stores are told so. (An answer holds for a second.)
async fn told(engine: &Engine, what: &str, is_so: impl Fn(&[StoreNow]) -> bool) -> Vec<StoreNow> {
    let last = RefCell::default();
    until(what, || async {
        let stores = engine.stores_now().await;
        let done = is_so(&stores);
        last.replace(stores);
        done
    })
    .await;
    last.into_inner()
}

/// The sum of what the receipts say was sent to both stores.
fn all_receipts(stores: &[StoreNow]) -> u64 {
    stores.iter().flat_map(|store| &store.counts).map(|counted| counted.receipts).sum()
}

fn agrees(store: &StoreNow) -> bool {
    store.counts.iter().all(|counted| counted.store == Some(counted.receipts))
}

/// Stores of a test's own, and a sandbox on them whose first run is counted; with what that run sent.
async fn after_a_run() -> (OwnStores, Engine, Sandbox, BTreeMap<String, u64>) {
    let own = OwnStores::start().await;
    let engine = own.engine().await;
    let sandbox = open(&engine).await;
    let first = sent(&run_all(&sandbox).await);
    told(&engine, "the run is counted", |stores| all_receipts(stores) == total(&first)).await;
    (own, engine, sandbox, first)
}

fn every_command() -> Scenario {
    usual("a,b,PUT a=2,a,PUT new=1,new,DELETE new,DELETE b,ghost,it's", "a=stale", "a=1,b=1,it's=1")
        .server(|server| server.negative_ttl_s = Some(30))
}

#[test]
fn both_stores_count_what_the_receipts_say_whatever_else_is_done_with_them() {
    test(async {
        let own = OwnStores::start().await;
        let engine = own.engine().await;
        let (one, two) = (open(&engine).await, open(&engine).await);
        let (redis, postgres) = (id("redis"), id("postgres"));
        let mut expected = BTreeMap::<String, u64>::new();
        let mut add =
            |events: &[Event]| sent(events).into_iter().for_each(|(name, n)| *expected.entry(name).or_default() += n);
        for sandbox in [&one, &two] {
            // Seeds, with and without a time to live, and resets.
            let mut scenario = every_command();
            if let Settings::Redis(redis) = &mut scenario.graph.nodes[2].settings {
                redis.keys[0].ttl_s = Some(60);
            }
            let version = sandbox.saved().await.unwrap().version;
            sandbox.reset(scenario, version, "test").await.unwrap();
            add(&run_all(sandbox).await);
            // What a person does in an inspector, and what an inspector shows.
            sandbox.put_key(&redis, key("x"), value("1"), None).await.unwrap();
            sandbox.put_key(&redis, key("x"), value("2"), Some(9)).await.unwrap();
            sandbox.put_row(&postgres, key("a"), value("3")).await.unwrap();
            sandbox.put_row(&postgres, key("a"), value("4")).await.unwrap();
            assert_eq!(cached(sandbox, "redis").await.iter().find(|(k, _)| k == "x").unwrap().1, "2");
            stored(sandbox, "postgres").await;
            sizes(sandbox).await;
            sandbox.delete_key(&redis, "x").await.unwrap();
            sandbox.delete_row(&postgres, "a").await.unwrap();
            add(&run_all(sandbox).await);
            sandbox.flush(&redis).await.unwrap();
            // Along a link that is cut nothing is sent, and nothing counted.
            set_condition(sandbox, "server>redis", Condition::Cut).await;
            add(&run_all(sandbox).await);
            let version = sandbox.saved().await.unwrap().version;
            sandbox.reset(Scenario::textbook(), version, "test").await.unwrap();
        }
        // Many at once.
        let (busy_one, busy_two) = (open(&engine).await, open(&engine).await);
        for sandbox in [&busy_one, &busy_two] {
            sandbox.reset(busy(200), 1, "test").await.unwrap();
        }
        let (events_one, events_two) = tokio::join!(run_all(&busy_one), run_all(&busy_two));
        add(&events_one);
        add(&events_two);

        let total = total(&expected);
        let stores = told(&engine, "all receipts are counted", |stores| all_receipts(stores) >= total).await;
        let redis = of(&stores, Kind::Redis);
        assert!(["Redis", "Valkey"].contains(&redis.name.as_str()) && redis.version.is_some(), "{redis:?}");
        assert!(agrees(redis), "{redis:?}");
        let postgres = of(&stores, Kind::Postgres);
        assert!(postgres.name == "PostgreSQL" && postgres.version.is_some(), "{postgres:?}");
        assert_eq!(receipts(redis), ["GET", "SET", "DEL"].map(|name| (name, expected[name])));
        assert_eq!(receipts(postgres), ["SELECT", "INSERT", "DELETE"].map(|name| (name, expected[name])));
        assert!(expected.values().all(|&n| n > 0));
        if own.count("").await.is_some() {
            assert!(agrees(postgres), "{postgres:?}");
        }
        own.stores.stop().await;
    });
}

#[test]
fn postgres_counts_what_the_receipts_say_over_data_sets_too() {
    test(async {
        let own = OwnStores::start().await;
        let engine = own.engine().await;
        let mut expected = BTreeMap::<String, u64>::new();
        for set in DataSet::ALL {
            let sandbox = open(&engine).await;
            let client =
                "#1,PUT #1=a,#1,DELETE #1,#1,DELETE #1,PUT #1=b,#2,DELETE #2,DELETE #999999,own,PUT own=1,DELETE own";
            let client = client.replace('#', &format!("{}:", set.singular()));
            let mut scenario = usual(&client, "", "own=0");
            let Settings::Postgres(postgres) = &mut scenario.graph.nodes[3].settings else {
                panic!("it is the database")
            };
            postgres.data_set = Some(set);
            sandbox.reset(scenario, 1, "test").await.unwrap();
            for event in run_all(&sandbox).await {
                // What is buried is deleted, as the packet says, although a row is written for it.
                if let Fact::HopStarted { to, shown, .. } = &event.fact
                    && *to == id("postgres")
                {
                    *expected.entry(shown.split(' ').next().unwrap().to_owned()).or_default() += 1;
                }
            }
            // What an inspector does, and what the observer compares, is not counted.
            sandbox.put_row(&id("postgres"), key(&set.key(3)), value("3")).await.unwrap();
            sandbox.delete_row(&id("postgres"), &set.key(3)).await.unwrap();
            sandbox.delete_row(&id("postgres"), "own").await.unwrap();
            sandbox.keys(&id("redis")).await.unwrap();
            sizes(&sandbox).await;
            sandbox.export().await.unwrap();
        }
        let total = total(&expected);
        let is_all = |stores: &[StoreNow]| {
            of(stores, Kind::Postgres).counts.iter().map(|counted| counted.receipts).sum::<u64>() == total
        };
        let stores = told(&engine, "all receipts are counted", is_all).await;
        let postgres = of(&stores, Kind::Postgres);
        assert_eq!(receipts(postgres), ["SELECT", "INSERT", "DELETE"].map(|name| (name, expected[name])));
        if own.count("").await.is_some() {
            assert!(agrees(postgres), "{postgres:?}");
        }
        own.stores.stop().await;
    });
}

#[test]
fn what_was_counted_before_aside_started_is_not_told() {
    test(async {
        let own = OwnStores::start().await;
        let before = own.engine().await;
        run_all(&open(&before).await).await;
        let engine = own.engine().await;
        assert_eq!(all_receipts(&engine.stores_now().await), 0);
        assert!(agrees(of(&engine.stores_now().await, Kind::Redis)));
        let events = run_all(&open(&engine).await).await;
        let total = total(&sent(&events));
        let stores = told(&engine, "the run is counted", |stores| all_receipts(stores) == total).await;
        assert!(agrees(of(&stores, Kind::Redis)), "{stores:?}");
        own.stores.stop().await;
    });
}

#[test]
fn a_redis_that_is_down_counts_nothing_and_one_that_is_started_again_counts_anew() {
    test(async {
        let (own, engine, sandbox, first) = after_a_run().await;

        let redis = own.stores.pids().redis;
        signal("-STOP", redis);
        let down = told(&engine, "Redis is seen to be silent", |stores| stores[0].version.is_none()).await;
        assert_eq!(receipts(&down[0]), ["GET", "SET", "DEL"].map(|name| (name, first.get(name).copied().unwrap_or(0))));
        assert!(down[0].counts.iter().all(|counted| counted.store.is_none()));
        assert!(down[1].version.is_some(), "the other one answers");

        signal("-KILL", redis);
        let again = told(&engine, "Redis is back", |stores| stores[0].version.is_some()).await;
        assert!(agrees(&again[0]) && again[0].counts.iter().all(|counted| counted.receipts == 0), "{again:?}");
        let second = sent(&run_all(&sandbox).await);
        let counted =
            told(&engine, "the second run is counted", |stores| stores[0].counts[0].receipts == second["GET"]).await;
        assert!(agrees(&counted[0]), "{counted:?}");
        // Postgres went on counting all the while.
        assert_eq!(counted[1].counts[0].receipts, first["SELECT"] + second["SELECT"]);
        own.stores.stop().await;
    });
}

#[test]
fn a_store_whose_counts_are_reset_counts_anew() {
    test(async {
        let (own, engine, sandbox, _) = after_a_run().await;
        let client = redis::Client::open(own.stores.redis_url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd("CONFIG").arg("RESETSTAT").exec_async(&mut connection).await.unwrap();
        let anew = told(&engine, "Redis counts anew", |stores| stores[0].counts[0].receipts == 0).await;
        assert!(agrees(&anew[0]), "{anew:?}");
        if own.count("").await.is_some() {
            let pool = sqlx::PgPool::connect(own.stores.database_url()).await.unwrap();
            sqlx::query("SELECT pg_stat_statements_reset()").execute(&pool).await.unwrap();
            let anew = told(&engine, "Postgres counts anew", |stores| stores[1].counts[0].receipts == 0).await;
            assert!(agrees(&anew[1]), "{anew:?}");
        }
        let second = sent(&run_all(&sandbox).await);
        let is_counted = |stores: &[StoreNow]| stores[0].counts[0].receipts == second["GET"];
        let counted = told(&engine, "the second run is counted", is_counted).await;
        assert!(agrees(&counted[0]), "{counted:?}");
        own.stores.stop().await;
    });
}

#[test]
fn a_postgres_that_does_not_count_is_told_by_its_receipts_alone() {
    test(async {
        let own = OwnStores::start().await;
        let engine = own.engine().await;
        let pool = sqlx::PgPool::connect(own.stores.database_url()).await.unwrap();
        sqlx::query("DROP EXTENSION IF EXISTS pg_stat_statements").execute(&pool).await.unwrap();
        let events = run_all(&open(&engine).await).await;
        let total = total(&sent(&events));
        let stores = told(&engine, "the run is counted", |stores| {
            all_receipts(stores) == total && stores[1].counts.iter().all(|counted| counted.store.is_none())
        })
        .await;
        assert!(stores[1].version.is_some());
        own.stores.stop().await;
    });
}

#[test]
fn many_who_ask_at_once_are_told_the_same() {
    test(async {
        let own = OwnStores::start().await;
        let engine = own.engine().await;
        let client = redis::Client::open(own.stores.redis_url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut looks = async || {
            let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut connection).await.unwrap();
            let info = stats.lines().find_map(|line| line.strip_prefix("cmdstat_info:calls="));
            info.map_or(0, |rest| rest.split(',').next().unwrap().parse::<u64>().unwrap())
        };
        let before = looks().await;
        futures::future::join_all((0..500).map(|_| engine.stores_now())).await;
        // Each look is two INFOs, and this one's own is one.
        let asked = looks().await - before - 1;
        assert!(asked < 100, "{asked}");
        own.stores.stop().await;
    });
}
