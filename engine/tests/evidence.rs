//! The stores agree: what Redis and Postgres themselves count and see is what the receipts say.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::{Event, Fact};
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

/// What the receipts say was sent to nodes of that kind.
fn sent(events: &[Event], kind: &str) -> Vec<String> {
    let mut asked = Vec::new();
    let mut sent = Vec::new();
    for event in events {
        match &event.fact {
            Fact::HopStarted { to, .. } => asked.push(to.as_str()),
            Fact::HopEnded { hop, receipt, .. } if asked[*hop as usize].starts_with(kind) => {
                sent.push(receipt.sent.clone().unwrap());
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
            &["client:cached,row,ghost,row", "server", "redis1:cached=1", "redis2", "postgres:row=v"],
            &["client>server", "server>redis1", "server>redis2", "server>postgres"],
        );
        for node in &mut scenario.graph.nodes {
            use aside_domain::{Request, Row, Settings};
            match &mut node.settings {
                Settings::Client(client) => client.requests.extend(strange.map(|k| Request::get(key(k)))),
                Settings::Postgres(postgres) => {
                    postgres.rows.extend(strange.map(|k| Row { key: key(k), value: value(&format!("{k}\n\t\u{1}é")) }))
                }
                _ => {}
            }
        }
        let sandbox = sandbox_of(scenario).await;

        let client = redis::Client::open(stores().await.redis_url()).unwrap();
        let monitor = client.get_async_monitor().await.unwrap();
        let mut seen = monitor.into_on_message::<String>();
        let events = run_all(&sandbox).await;
        let inspected = sandbox.keys(&id("redis1")).await.unwrap();
        assert_eq!(inspected.len(), 9, "an inspector looked, too");
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
            if ours && [&b"GET"[..], b"SET"].contains(&command[0].as_slice()) {
                commands.push(command);
            }
        }
        let said: Vec<Vec<Vec<u8>>> = sent(&events, "redis").iter().map(|line| words(line)).collect();
        assert_eq!(said, commands);
        assert_eq!(commands.len(), 1 + 4 + 2 + 1 + 7 * 4);
    });
}

#[test]
fn postgres_counts_exactly_the_statements_of_the_receipts() {
    test(async {
        let own = OwnStores::start().await;
        let pool = sqlx::PgPool::connect(own.stores.database_url()).await.unwrap();
        if let Err(error) = sqlx::query("CREATE EXTENSION pg_stat_statements").execute(&pool).await {
            own.stores.stop().await;
            eprintln!("SKIPPED, NOTHING WAS PROVEN: this Postgres cannot count statements ({error})");
            return;
        }
        let sandbox = open(&own.engine().await).await;
        sandbox.reset(busy(100), 1, "test").await.unwrap();
        sandbox.flush(&id("redis")).await.unwrap();
        let calls = || async {
            let sql = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements \
                       WHERE query LIKE 'SELECT value FROM node_rows%'";
            sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap()
        };
        let before = calls().await;
        let events = run_all(&sandbox).await;
        sandbox.rows(&id("postgres")).await.unwrap();
        let said = sent(&events, "postgres");
        assert_eq!(said.len(), 3);
        assert_eq!(calls().await - before, said.len() as i64);
        let expected = format!(
            "SELECT value FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3\n\
             -- $1 = '{}', $2 = 'postgres', $3 = 'doe'",
            sandbox.id()
        );
        assert_eq!(said[0], expected);

        // What stands in the receipt is a statement that can be repeated.
        let (statement, bound) = said[0].split_once("\n-- ").unwrap();
        let mut whole = statement.to_owned();
        for parameter in bound.split(", ") {
            let (name, value) = parameter.split_once(" = ").unwrap();
            whole = whole.replace(name, value);
        }
        let value: String = sqlx::query_scalar(sqlx::AssertSqlSafe(whole)).fetch_one(&pool).await.unwrap();
        assert_eq!(value, "Doe, Toronto");
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
