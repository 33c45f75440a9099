//! The pattern, as the drawing has it: what is asked, in which order, and what comes of it.

mod common;

use aside_domain::graph::Kind;
use aside_domain::{Event, Fact, Outcome, RunEnd};
use aside_engine::{EngineError, FeedItem, Which};
use common::*;
use futures::StreamExt;
use std::collections::BTreeSet;

#[test]
fn the_textbook_run_is_hit_hit_miss_and_a_fill() {
    test(async {
        let sandbox = textbook().await;
        let events = run_all(&sandbox).await;
        let expected = [
            "run client*3",
            "client #1 GET rohan",
            "server ? GET rohan",
            "redis ? GET rohan",
            "redis ! hit: Rohan, Mumbai",
            "server ! found: Rohan, Mumbai",
            "200 Rohan, Mumbai",
            "client #2 GET john",
            "server ? GET john",
            "redis ? GET john",
            "redis ! hit: John, London",
            "server ! found: John, London",
            "200 John, London",
            "client #3 GET doe",
            "server ? GET doe",
            "redis ? GET doe",
            "redis ! miss: (nil)",
            "postgres ? SELECT value FROM users WHERE key = 'doe'",
            "postgres ! found: Doe, Toronto",
            "redis ? SET doe \"Doe, Toronto\" EX 3600",
            "redis ! stored: OK",
            "server ! found: Doe, Toronto",
            "200 Doe, Toronto",
            "changed redis",
            "end Completed",
        ];
        assert_eq!(story(&events), expected);
        assert!(events.is_sorted_by_key(|event| event.at_us));
        assert!(events.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
    });
}

#[test]
fn a_receipt_between_client_and_server_names_no_command_and_spans_the_whole_answer() {
    test(async {
        let events = run_all(&textbook().await).await;
        let mut asked = Vec::new();
        let mut stores_us = 0;
        for event in &events {
            match &event.fact {
                Fact::HopStarted { to, .. } => asked.push(to.as_str()),
                Fact::HopEnded { hop, receipt, .. } if asked[*hop as usize] == "server" => {
                    assert_eq!(receipt.sent, None);
                    assert!(receipt.took_us >= stores_us, "{} < {stores_us}", receipt.took_us);
                    stores_us = 0;
                }
                Fact::HopEnded { receipt, .. } => {
                    assert!(receipt.sent.is_some());
                    stores_us += receipt.took_us;
                }
                _ => {}
            }
        }
    });
}

#[test]
fn the_second_run_hits_three_times_and_changes_nothing() {
    test(async {
        let sandbox = textbook().await;
        run_all(&sandbox).await;
        let events = run_all(&sandbox).await;
        assert_eq!(outcomes(&events, "redis"), [Outcome::Hit; 3]);
        assert!(outcomes(&events, "postgres").is_empty());
        assert!(!events.iter().any(|event| matches!(event.fact, Fact::DataChanged { .. })));
        assert!(matches!(events[0].fact, Fact::RunStarted { run: 2, .. }));
    });
}

#[test]
fn a_key_that_was_deleted_misses_and_is_filled_again() {
    test(async {
        let sandbox = textbook().await;
        run_all(&sandbox).await;
        sandbox.delete_key(&id("redis"), "john").await.unwrap();
        let events = run_all(&sandbox).await;
        let expected = [Outcome::Hit, Outcome::Miss, Outcome::Stored, Outcome::Hit];
        assert_eq!(outcomes(&events, "redis"), expected);
        assert_eq!(cached(&sandbox, "redis").await.len(), 3);
    });
}

#[test]
fn a_fill_lives_as_long_as_its_server_says() {
    test(async {
        let sandbox = textbook().await;
        run_all(&sandbox).await;
        let keys = sandbox.keys(&id("redis")).await.unwrap();
        let doe = keys.iter().find(|now| now.key == "doe").unwrap();
        let ttl_ms = doe.ttl_ms.expect("it expires");
        assert!((3_500_000..=3_600_000).contains(&ttl_ms), "{ttl_ms}");
    });
}

#[test]
fn without_a_cache_every_read_goes_to_the_database() {
    test(async {
        let nodes = ["client:a,a,b", "server", "redis:a=cached", "postgres:a=1,b=2"];
        let sandbox = sandbox_of(drawing(&nodes, &["client>server", "server>postgres"])).await;
        let events = run_all(&sandbox).await;
        assert!(outcomes(&events, "redis").is_empty());
        assert_eq!(outcomes(&events, "postgres"), [Outcome::Found; 3]);
        assert_eq!(statuses(&events), [200; 3]);
    });
}

#[test]
fn without_a_database_a_miss_ends_in_404_that_says_why() {
    test(async {
        let nodes = ["client:a,b", "server", "redis:a=1", "postgres:b=2"];
        let sandbox = sandbox_of(drawing(&nodes, &["client>server", "server>redis"])).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200, 404]);
        let story = story(&events);
        let answer = story.iter().find(|line| line.starts_with("404")).unwrap();
        assert!(answer.contains("no database"), "{answer}");
        assert_eq!(outcomes(&events, "server"), [Outcome::Found, Outcome::NotFound]);
    });
}

#[test]
fn a_server_without_any_store_answers_404_that_says_why() {
    test(async {
        let sandbox = sandbox_of(drawing(&["client:a", "server"], &["client>server"])).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [404]);
        assert!(story(&events).iter().any(|line| line.starts_with("404") && line.contains("no store")));
    });
}

#[test]
fn a_key_that_is_nowhere_ends_in_404_and_fills_nothing() {
    test(async {
        let nodes = ["client:ghost", "server", "redis", "postgres:a=1"];
        let links = ["client>server", "server>redis", "server>postgres"];
        let sandbox = sandbox_of(drawing(&nodes, &links)).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [404]);
        assert_eq!(outcomes(&events, "redis"), [Outcome::Miss]);
        assert_eq!(outcomes(&events, "postgres"), [Outcome::NotFound]);
        assert!(cached(&sandbox, "redis").await.is_empty());
    });
}

const TWO_CACHES: [&str; 4] = ["client>server", "server>redis2", "server>postgres", "server>redis1"];

#[test]
fn caches_are_asked_in_link_order_and_all_that_missed_are_filled() {
    test(async {
        let nodes = ["client:a", "server", "redis1", "redis2", "postgres:a=1"];
        let sandbox = sandbox_of(drawing(&nodes, &TWO_CACHES)).await;
        let events = run_all(&sandbox).await;
        let story = story(&events);
        let asked: Vec<&str> = story.iter().filter(|line| line.contains(" ? ")).map(String::as_str).collect();
        let expected = [
            "server ? GET a",
            "redis2 ? GET a",
            "redis1 ? GET a",
            "postgres ? SELECT value FROM users WHERE key = 'a'",
            "redis2 ? SET a \"1\" EX 60",
            "redis1 ? SET a \"1\" EX 60",
        ];
        assert_eq!(asked, expected);
        assert_eq!(story[story.len() - 3..], ["changed redis1", "changed redis2", "end Completed"]);
        for node in ["redis1", "redis2"] {
            assert_eq!(cached(&sandbox, node).await, [("a".to_owned(), "1".to_owned())]);
        }
    });
}

#[test]
fn a_hit_in_the_second_cache_fills_nothing() {
    test(async {
        let nodes = ["client:a", "server", "redis1:a=1", "redis2", "postgres:a=1"];
        let sandbox = sandbox_of(drawing(&nodes, &TWO_CACHES)).await;
        let events = run_all(&sandbox).await;
        assert_eq!(outcomes(&events, "redis2"), [Outcome::Miss]);
        assert_eq!(outcomes(&events, "redis1"), [Outcome::Hit]);
        assert!(outcomes(&events, "postgres").is_empty());
        assert!(cached(&sandbox, "redis2").await.is_empty());
    });
}

#[test]
fn several_servers_are_asked_in_turn() {
    test(async {
        let nodes = ["client:a,a,a,a,a", "server1", "server2", "postgres:a=1"];
        let links = ["client>server2", "client>server1", "server1>postgres", "server2>postgres"];
        let sandbox = sandbox_of(drawing(&nodes, &links)).await;
        let story = story(&run_all(&sandbox).await);
        let asked: Vec<&str> = story.iter().filter_map(|line| line.strip_suffix(" ? GET a")).collect();
        assert_eq!(asked, ["server2", "server1", "server2", "server1", "server2"]);
    });
}

#[test]
fn clients_run_beside_each_other_and_their_requests_keep_the_numbers_of_the_plan() {
    test(async {
        let many = vec!["a"; 150].join(",");
        let nodes = [&format!("client1:{many}"), &format!("client2:{many}"), "server", "postgres:a=1"];
        let links = ["client1>server", "client2>server", "server>postgres"];
        let sandbox = sandbox_of(drawing(&nodes, &links)).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200; 300]);
        let requests: Vec<(u32, &str)> = events
            .iter()
            .filter_map(|event| match &event.fact {
                Fact::RequestStarted { request, client, .. } => Some((*request, client.as_str())),
                _ => None,
            })
            .collect();
        let of = |name: &str| requests.iter().filter(|(_, c)| *c == name).map(|(n, _)| *n).collect::<Vec<_>>();
        assert_eq!(of("client1"), (1..=150).collect::<Vec<_>>());
        assert_eq!(of("client2"), (151..=300).collect::<Vec<_>>());
        let first_of_two = requests.iter().position(|(_, client)| *client == "client2").unwrap();
        assert!(first_of_two < 150, "the second waited for the first");
    });
}

#[test]
fn only_the_clients_that_are_named_run() {
    test(async {
        let nodes = ["client1:a", "client2:b", "client3:c", "server", "postgres:a=1"];
        let links = ["client1>server", "client2>server", "client3>server", "server>postgres"];
        let sandbox = sandbox_of(drawing(&nodes, &links)).await;
        let events = run(&sandbox, Which::Clients(vec![id("client3"), id("client1")])).await;
        assert_eq!(story(&events)[0], "run client1*1 client3*1");
        assert_eq!(statuses(&events).len(), 2);
    });
}

#[test]
fn a_drawing_of_many_clients_is_answered_whole() {
    test(async {
        let clients: Vec<String> = (0..300).map(|n| format!("client{n}:a,b,ghost")).collect();
        let mut nodes: Vec<&str> = clients.iter().map(String::as_str).collect();
        nodes.extend(["server", "redis", "postgres:a=1,b=2"]);
        let links: Vec<String> = (0..300).map(|n| format!("client{n}>server")).collect();
        let mut links: Vec<&str> = links.iter().map(String::as_str).collect();
        links.extend(["server>redis", "server>postgres"]);
        let sandbox = sandbox_of(drawing(&nodes, &links)).await;
        let statuses = statuses(&run_all(&sandbox).await);
        assert_eq!(statuses.len(), 900);
        assert_eq!(statuses.iter().filter(|&&status| status == 404).count(), 300);
        assert!(!statuses.contains(&503));
    });
}

#[test]
fn a_second_run_is_refused_while_one_is_going() {
    test(async {
        let sandbox = sandbox_of(busy(1_000)).await;
        let mut feed = from_now(&sandbox).await;
        assert_eq!(sandbox.run(Which::All).await, Ok(1));
        assert_eq!(sandbox.run(Which::All).await, Err(EngineError::AlreadyRunning));
        assert!(sandbox.stop());
        to_the_end(&mut feed).await;
        assert_eq!(sandbox.run(Which::All).await, Ok(2));
        sandbox.stop();
        to_the_end(&mut feed).await;
    });
}

#[test]
fn of_many_who_press_play_at_once_one_starts_a_run() {
    test(async {
        let sandbox = sandbox_of(busy(1_000)).await;
        let runs = futures::future::join_all((0..20).map(|_| sandbox.run(Which::All))).await;
        assert_eq!(runs.iter().filter(|run| run.is_ok()).count(), 1);
        sandbox.stop();
    });
}

#[test]
fn stop_ends_a_run_and_no_hop_starts_after_it() {
    test(async {
        let sandbox = sandbox_of(busy(1_000)).await;
        assert!(!sandbox.stop(), "nothing is going");
        let mut feed = from_now(&sandbox).await;
        sandbox.run(Which::All).await.unwrap();
        while !matches!(next_event(&mut feed).await.fact, Fact::RequestEnded { request: 20, .. }) {}
        assert!(sandbox.stop());
        let at_stop = match sandbox.subscribe(None).next().await {
            Some(FeedItem::Reset { cursor, .. }) => cursor.seq,
            other => panic!("{other:?}"),
        };
        let events = to_the_end(&mut feed).await;
        assert_eq!(end(&events), Some(RunEnd::Stopped));
        let started = |event: &&Event| matches!(event.fact, Fact::HopStarted { .. });
        assert!(events.iter().filter(started).all(|event| event.seq <= at_stop));
        assert!(!sandbox.stop(), "it is over");
    });
}

#[test]
fn every_store_hop_of_a_stopped_run_still_has_its_receipt() {
    test(async {
        let sandbox = sandbox_of(busy(1_000)).await;
        let mut feed = from_now(&sandbox).await;
        sandbox.run(Which::All).await.unwrap();
        next_event(&mut feed).await;
        sandbox.stop();
        let mut open = BTreeSet::new();
        for event in to_the_end(&mut feed).await {
            match event.fact {
                Fact::HopStarted { hop, to, .. } if to.as_str() != "server" => drop(open.insert(hop)),
                Fact::HopEnded { hop, .. } => drop(open.remove(&hop)),
                _ => {}
            }
        }
        assert!(open.is_empty(), "{open:?}");
    });
}

#[test]
fn what_cannot_run_says_why() {
    test(async {
        let nodes = ["client1:a", "client2", "server", "redis"];
        let sandbox = sandbox_of(drawing(&nodes, &["client2>server", "server>redis"])).await;
        let why = |which: Which| {
            let sandbox = sandbox.clone();
            async move {
                match sandbox.run(which).await {
                    Err(EngineError::NothingToRun(why)) => why,
                    other => panic!("{other:?}"),
                }
            }
        };
        assert!(why(Which::All).await.contains("not linked to a server"));
        assert!(why(Which::Clients(vec![id("client1")])).await.contains("not linked to a server"));
        assert!(why(Which::Clients(vec![id("client2")])).await.contains("has no requests"));
        assert!(!why(Which::Clients(vec![])).await.is_empty());
        let ghost = sandbox.run(Which::Clients(vec![id("ghost")])).await;
        assert_eq!(ghost, Err(EngineError::NoSuchNode(id("ghost"))));
        let wrong = EngineError::WrongKind { node: id("redis"), is: Kind::Redis, needs: Kind::Client };
        assert_eq!(sandbox.run(Which::Clients(vec![id("redis")])).await, Err(wrong));
    });
}
