//! The stores agree: what Redis and Postgres themselves count and see is what the receipts say.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::{Condition, Event, Fact, Outcome, Request, Row, Settings, WritePolicy};
use common::*;
use futures::StreamExt;
use std::iter::Peekable;
use std::str::Chars;
use std::time::Duration;

/// The words of a command, as `redis-cli` reads what we show and as MONITOR writes what it saw.
fn words(line: &str) -> Vec<Vec<u8>> {
    fn escape(chars: &mut Peekable<Chars>) -> u8 {
        match chars.next().unwrap() {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'a' => 7,
            'b' => 8,
            'x' => {
                let hex: String = chars.take(2).collect();
                u8::from_str_radix(&hex, 16).unwrap()
            }
            c => c as u8,
        }
    }
    let mut chars = line.chars().peekable();
    let mut words = Vec::new();
    while let Some(c) = chars.next() {
        let mut word = Vec::new();
        let mut push = |c: char| word.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        match c {
            ' ' => continue,
            '"' => loop {
                match chars.next().unwrap() {
                    '"' => break,
                    '\\' => word.push(escape(&mut chars)),
                    c => word.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            },
            c => {
                push(c);
                while let Some(c) = chars.next_if(|&c| c != ' ') {
                    push(c);
                }
            }
        }
        words.push(word);
    }
    words
}

/// What the receipts say was sent to nodes of that kind. A hop along a link that was cut reached no store.
fn sent(events: &[Event], kind: &str) -> Vec<String> {
    let mut asked = Vec::new();
    let mut sent = Vec::new();
    for event in events {
        match &event.fact {
            Fact::HopStarted { to, .. } => asked.push(to.as_str()),
            Fact::HopEnded { hop, receipt, .. } if asked[*hop as usize].starts_with(kind) => {
                sent.extend(receipt.sent.clone());
            }
            _ => {}
        }
    }
    sent
}

#[test]
fn redis_sees_exactly_the_commands_of_the_receipts_in_their_order() {
    test(async {
        let strange = ["a b", "quote\"", "back\\slash", "Zürich", "*", "{x}:y", "it's"];
        let mut scenario = drawing(
            &[
                "client:cached,row,ghost,row",
                "server1",
                "server2",
                "server3",
                "redis1:cached=1",
                "redis2",
                "postgres:row=v",
            ],
            &[
                "client>server1",
                "client>server2",
                "client>server3",
                "server1>redis1",
                "server1>redis2",
                "server1>postgres",
                "server2>redis1",
                "server2>redis2",
                "server2>postgres",
                "server3>redis1",
                "server3>redis2",
                "server3>postgres",
            ],
        );
        for node in &mut scenario.graph.nodes {
            match &mut node.settings {
                Settings::Client(client) => {
                    client.requests.extend(strange.map(|k| Request::get(key(k))));
                    client.requests.extend(strange.map(|k| Request::put(key(k), value(&format!("{k}\n new")))));
                    client.requests.extend(strange.map(|k| Request::delete(key(k))));
                }
                Settings::Postgres(postgres) => {
                    postgres.rows.extend(strange.map(|k| Row { key: key(k), value: value(&format!("{k}\n\t\u{1}é")) }))
                }
                _ => {}
            }
        }
        // One server writes caches, another one takes keys from them, and a third reaches only one of them.
        let policies = [WritePolicy::Update, WritePolicy::Invalidate, WritePolicy::InvalidateFirst];
        let mut policies = policies.into_iter();
        for node in &mut scenario.graph.nodes {
            if let Settings::Server(server) = &mut node.settings {
                (server.policy, server.negative_ttl_s) = (policies.next().unwrap(), Some(30));
            }
        }
        let scenario = scenario.link("server3>redis2", |link| link.condition = Condition::Cut);
        let sandbox = sandbox_of(scenario).await;

        let client = redis::Client::open(stores().await.redis_url()).unwrap();
        let monitor = client.get_async_monitor().await.unwrap();
        let mut seen = monitor.into_on_message::<String>();
        let events = run_all(&sandbox).await;
        // Inspectors look, count and delete, too, and the observer compares.
        assert!(!sandbox.keys(&id("redis1")).await.unwrap().is_empty());
        assert_eq!(sandbox.put_row(&id("postgres"), key("cached"), value("new")).await, Ok(1));
        assert!(sandbox.sizes().await.unwrap().iter().any(|held| held.stale > 0));
        sandbox.delete_key(&id("redis1"), "cached").await.unwrap();
        sandbox.flush(&id("redis2")).await.unwrap();
        let mut mark = client.get_multiplexed_async_connection().await.unwrap();
        let end = sandbox.id().as_str();
        redis::cmd("ECHO").arg(end).exec_async(&mut mark).await.unwrap();

        let mut commands = Vec::new();
        loop {
            // `1700000000.123456 [0 unix:/run/redis.sock] "GET" "key"`
            let line = seen.next().await.unwrap();
            let command = words(line.split_once("] ").unwrap().1);
            if command == [b"ECHO", end.as_bytes()] {
                break;
            }
            let ours = command.get(1).is_some_and(|key| String::from_utf8_lossy(key).contains(end));
            if ours && [&b"GET"[..], b"SET", b"DEL"].contains(&command[0].as_slice()) {
                commands.push(command);
            }
        }
        let said: Vec<Vec<Vec<u8>>> = sent(&events, "redis").iter().map(|line| words(line)).collect();
        assert_eq!(said, commands);
        let count = |name: &[u8]| commands.iter().filter(|command| command[0] == name).count();
        assert!(count(b"GET") > 0 && count(b"SET") > 0 && count(b"DEL") > 0);
        let to_caches = ["redis1", "redis2"].map(|node| receipts(&events, node)).concat();
        let refused = to_caches.iter().filter(|receipt| receipt.outcome == Outcome::Refused).count();
        assert!(refused > 0, "some were not sent");
        assert_eq!(commands.len(), to_caches.len() - refused);
    });
}

/// The statements of a run, as pg_stat_statements has them: with placeholders for constants.
const SELECT: &str = "SELECT value FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3 AND value IS NOT NULL";
const PUT: &str = "INSERT INTO node_rows %VALUES%ON CONFLICT%RETURNING created";
const DELETE: &str = "DELETE FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3 RETURNING value IS NOT NULL";

#[test]
fn postgres_counts_exactly_the_statements_of_the_receipts() {
    test(async {
        let own = OwnStores::start().await;
        let sandbox = open(&own.engine().await).await;
        let client = "a,a,PUT a=2,a,PUT new=1,new,DELETE new,DELETE new,ghost,it's";
        let scenario = usual(client, "a=stale", "a=1,it's=1").server(|server| server.negative_ttl_s = Some(30));
        sandbox.reset(scenario, 1, "test").await.unwrap();
        let counts = async || {
            let mut counts = Vec::new();
            for like in [SELECT, PUT, DELETE] {
                counts.push(own.count(like).await?);
            }
            Some(counts)
        };
        let Some(before) = counts().await else { return own.stores.stop().await };
        let mut said = sent(&run_all(&sandbox).await, "postgres");
        // What an inspector does, and the observer's comparisons, are counted under other statements.
        assert_eq!(sandbox.put_row(&id("postgres"), key("a"), value("3")).await, Ok(1));
        let events = run_all(&sandbox).await;
        assert!(!stale_reads(&events).is_empty(), "the observer compared");
        said.extend(sent(&events, "postgres"));
        sandbox.delete_row(&id("postgres"), "a").await.unwrap();
        sandbox.rows(&id("postgres")).await.unwrap();
        sandbox.keys(&id("redis")).await.unwrap();
        sandbox.sizes().await.unwrap();
        sandbox.export().await.unwrap();
        // Along a link that is cut nothing is sent.
        set_condition(&sandbox, "server>postgres", Condition::Cut).await;
        sandbox.flush(&id("redis")).await.unwrap();
        let events = run_all(&sandbox).await;
        assert_eq!(sent(&events, "postgres"), [""; 0]);
        assert_eq!(outcomes(&events, "postgres"), [Outcome::Refused; 10]);

        let counted: Vec<i64> = counts().await.unwrap().iter().zip(before).map(|(now, before)| now - before).collect();
        let of = |begins: &str| said.iter().filter(|statement| statement.starts_with(begins)).count() as i64;
        assert_eq!(counted, [of("SELECT"), of("INSERT"), of("DELETE")]);
        assert_eq!(counted.iter().sum::<i64>(), said.len() as i64);
        // a (after its PUT), new, ghost, it's; then the caches know all but new, which was deleted, and a.
        assert_eq!(counted[1..], [4, 4]);

        let select = said.iter().find(|statement| statement.contains("'it''s'")).unwrap();
        let expected = format!("{SELECT}\n-- $1 = '{}', $2 = 'postgres', $3 = 'it''s'", sandbox.id());
        assert_eq!(*select, expected);
        // What stands in the receipts are statements that can be repeated.
        let pool = sqlx::PgPool::connect(own.stores.database_url()).await.unwrap();
        let repeat = async |text: &str| {
            let (statement, bound) = text.split_once("\n-- ").unwrap();
            let mut whole = statement.to_owned();
            for parameter in bound.split(", ") {
                let (name, value) = parameter.split_once(" = ").unwrap();
                whole = whole.replace(name, value);
            }
            sqlx::query(sqlx::AssertSqlSafe(whole)).fetch_all(&pool).await.unwrap().len()
        };
        assert_eq!(repeat(select).await, 1);
        let put = said.iter().find(|statement| statement.contains("'new'")).unwrap();
        assert!(put.starts_with("INSERT") && put.ends_with("$3 = 'new', $4 = '1'"), "{put}");
        assert_eq!(repeat(put).await, 1);
        let delete = said.iter().find(|statement| statement.starts_with("DELETE")).unwrap();
        assert_eq!((repeat(delete).await, repeat(delete).await), (1, 0));
        own.stores.stop().await;
    });
}

#[test]
fn a_large_value_travels_whole_and_its_events_stay_small() {
    test(async {
        let large = "\u{1}é\"".repeat(1_024);
        let nodes = ["client:big", "server", "redis", "postgres"];
        let sandbox = sandbox_of(drawing(&nodes, &["client>server", "server>redis", "server>postgres"])).await;
        sandbox.put_row(&id("postgres"), key("big"), value(&large)).await.unwrap();
        let events = run_all(&sandbox).await;
        assert_eq!(cached(&sandbox, "redis").await, [("big".to_owned(), large)]);
        for line in sent(&events, "redis") {
            assert!(line.len() <= 600, "{}", line.len());
        }
        assert!(sent(&events, "redis")[1].ends_with("[4096 bytes] EX 60"));
        for event in &events {
            let size = format!("{event:?}").len();
            assert!(size < 4_000, "{size}: {event:?}");
        }
    });
}

#[test]
fn what_a_receipt_measured_fits_between_its_start_and_its_end() {
    test(async {
        let events = run_all(&sandbox_of(busy(60)).await).await;
        let mut started = Vec::new();
        for event in &events {
            match &event.fact {
                Fact::HopStarted { .. } => started.push(event.at_us),
                Fact::HopEnded { hop, receipt, .. } => {
                    let between = event.at_us - started[*hop as usize];
                    assert!(receipt.took_us <= between, "{} > {between}", receipt.took_us);
                    assert!(Duration::from_micros(receipt.took_us) < LONG);
                }
                _ => {}
            }
        }
    });
}
