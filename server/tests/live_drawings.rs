//! Live services of other drawings than the textbook's: each does what its drawing says, and tells so.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use aside_domain::{Command, Condition, Fact, Hold, Leg, LinkId, NodeId, Resource, Settings, Source};
use common::live::Service;
use common::server;
use futures::future::Either;
use serde_json::json;

#[tokio::test]
async fn without_a_cache_every_request_passes_by() {
    let server = server();
    let mut service = Service::of(&server).await;
    service.draw(|scenario| scenario.graph.links.retain(|link| link.to.as_str() != "redis")).await;
    for _ in 0..2 {
        let read = service.get("doe").await;
        assert_eq!((read.status, read.caches()), (200, "server; fwd=bypass"));
        assert!(read.header("server-timing").starts_with("postgres;dur="), "{read:?}");
        assert_eq!(read.header("age"), "");
    }
    assert_eq!(service.put("doe", &json!("Doe")).await.caches(), "server; fwd=bypass");
}

#[tokio::test]
async fn without_a_database_a_miss_is_nowhere_to_be_found() {
    let server = server();
    let mut service = Service::of(&server).await;
    service.draw(|scenario| scenario.graph.links.retain(|link| link.to.as_str() != "postgres")).await;
    assert_eq!(service.get("rohan").await.status, 200);
    let miss = service.get("doe").await;
    assert_eq!((miss.status, miss.caches()), (404, "redis; fwd=miss"));
    assert!(miss.detail().contains("linked to no database"), "{miss:?}");
    assert_eq!(service.put("doe", &json!("Doe")).await.status, 404);
}

#[tokio::test]
async fn a_cache_that_cannot_be_reached_costs_no_answer() {
    let server = server();
    let mut service = Service::of(&server).await;
    for (condition, why) in [(Condition::Cut, "refused"), (Condition::BlackHole, "timeout")] {
        service.link("server", "redis", |link| link.condition = condition).await;
        let read = service.get("rohan").await;
        assert_eq!((read.status, read.value()), (200, json!("Rohan, Mumbai")));
        assert_eq!(read.caches(), format!("redis; fwd=miss; detail={why}"));
        let written = service.put("rohan", &json!("Rohan, Mumbai")).await;
        assert_eq!((written.status, written.caches()), (200, format!("redis; fwd=method; detail={why}").as_str()));
    }
    service.link("server", "redis", |link| link.condition = Condition::Up).await;
    service.switch("redis", true).await;
    assert_eq!(service.get("rohan").await.caches(), "redis; fwd=miss; detail=refused");
}

#[tokio::test]
async fn without_its_database_a_service_answers_what_is_cached_and_nothing_else() {
    let server = server();
    let mut service = Service::of(&server).await;
    service.switch("postgres", true).await;
    let hit = service.get("rohan").await;
    assert_eq!((hit.status, hit.value()), (200, json!("Rohan, Mumbai")));
    let miss = service.get("doe").await;
    assert_eq!((miss.status, miss.caches()), (503, "redis; fwd=miss"));
    assert_eq!(miss.header("content-type"), "application/problem+json");
    assert!(miss.header("server-timing").contains("SELECT refused"), "{miss:?}");
    let put = service.put("rohan", &json!("Rohan")).await;
    assert_eq!((put.status, put.caches()), (503, "server; fwd=bypass"), "no cache is told of what was not written");
}

#[tokio::test]
async fn two_servers_of_a_drawing_answer_each_for_itself() {
    let server = server();
    let mut service = Service::of(&server).await;
    service
        .draw(|scenario| {
            let graph = &mut scenario.graph;
            let mut second = graph.nodes.iter().find(|node| node.id.as_str() == "server").unwrap().clone();
            second.id = NodeId::new("2nd").unwrap();
            if let Settings::Server(settings) = &mut second.settings {
                settings.resource = Resource::new("people").unwrap();
            }
            let mut link = graph.links.iter().find(|link| link.to.as_str() == "postgres").unwrap().clone();
            link.from = second.id.clone();
            graph.nodes.push(second);
            graph.links.push(link);
        })
        .await;
    let first = service.get("doe").await;
    let second = service.send("GET 2nd/people/doe", &[], None).await;
    assert_eq!((first.status, first.caches()), (200, "redis; fwd=miss; stored"));
    assert_eq!((second.status, second.caches()), (200, "\"2nd\"; fwd=bypass"), "it has no cache");
    assert_eq!(service.send("GET 2nd/users/doe", &[], None).await.status, 404);

    // The second writes past the first one's cache, which goes on with the old value; the second does not.
    let json = [("content-type", "application/json")];
    assert_eq!(service.send("PUT 2nd/people/doe", &json, Some(r#"{"value":"Doe, Oslo"}"#)).await.status, 200);
    assert_eq!(service.get("doe").await.value(), "Doe, Toronto");
    assert_eq!(service.send("GET 2nd/people/doe", &[], None).await.value(), "Doe, Oslo");

    // One can be private, and the other not.
    service.set("server", |server| server.is_private = true).await;
    assert_eq!(service.get("doe").await.status, 404);
    assert_eq!(service.send("GET 2nd/people/doe", &[], None).await.status, 200);
}

#[tokio::test]
async fn of_two_caches_the_one_that_was_asked_last_comes_first() {
    let server = server();
    let mut service = Service::of(&server).await;
    service
        .draw(|scenario| {
            let graph = &mut scenario.graph;
            let mut second = graph.nodes.iter().find(|node| node.id.as_str() == "redis").unwrap().clone();
            second.id = NodeId::new("redis-b").unwrap();
            second.name = aside_domain::Name::new("Cache (far)").unwrap();
            let id = LinkId::new(NodeId::new("server").unwrap(), NodeId::new("redis").unwrap());
            let mut link = graph.links.iter().find(|link| link.is(&id)).unwrap().clone();
            link.to = second.id.clone();
            graph.nodes.push(second);
            graph.links.push(link);
        })
        .await;
    let miss = service.get("doe").await;
    assert_eq!(miss.caches(), "cache-far; fwd=miss; stored, redis; fwd=miss; stored");
    service
        .visitor
        .ask("edit", json!({ "sandbox": service.sandbox, "node": "redis", "kind": "redis", "edit": "Flush" }))
        .await;
    let hit = service.get("doe").await;
    assert!(hit.caches().starts_with("cache-far; hit; ttl="), "{hit:?}");
    assert!(hit.caches().ends_with(", redis; fwd=miss"), "a cache is filled from the database alone: {hit:?}");
}

#[tokio::test]
async fn what_a_cache_keeps_and_for_how_long_is_told() {
    let server = server();
    let mut service = Service::of(&server).await;
    service
        .set("server", |server| {
            server.ttl_s = 600;
            server.negative_ttl_s = Some(30);
        })
        .await;
    service.get("doe").await;
    let hit = service.get("doe").await;
    let left: u64 = hit.caches().strip_prefix("redis; hit; ttl=").unwrap().parse().unwrap();
    let age: u64 = hit.header("age").parse().unwrap();
    assert!(left <= 600 && age + left == 600, "{hit:?}");

    assert_eq!(service.get("nobody").await.caches(), "redis; fwd=miss; stored");
    let negative = service.get("nobody").await;
    assert_eq!(negative.status, 404);
    assert!(negative.caches().starts_with("redis; hit; "), "{negative:?}");
    assert!(negative.caches().ends_with("; detail=negative"), "{negative:?}");
}

#[tokio::test]
async fn a_fill_that_comes_too_late_is_refused_by_the_lease() {
    let server = server();
    let mut service = Service::of(&server).await;
    service.set("server", |server| server.lease = true).await;
    let hold = Hold { leg: Leg::Message, command: Some(Command::Set), key: None };
    service.link("server", "redis", |link| link.hold = Some(hold)).await;
    let mut events = service.events().await;
    let read = async {
        let read = service.get("doe").await;
        assert_eq!((read.status, read.value()), (200, json!("Doe, Toronto")), "it had asked before the row changed");
        assert_eq!(read.caches(), "redis; fwd=miss; stored=?0; detail=lease");
    };
    let write = async {
        while !matches!(events.next().await.unwrap().told(), Some(Fact::PacketHeld { .. })) {}
        assert_eq!(service.put("doe", &json!("Doe, Oslo")).await.status, 200);
        let released = json!({ "sandbox": service.sandbox, "run": null, "hop": 0 });
        assert_eq!(service.visitor.ask("release", released).await, true);
    };
    tokio::join!(read, write);
    service.link("server", "redis", |link| link.hold = None).await;
    let read = service.get("doe").await;
    assert_eq!((read.value(), read.caches()), (json!("Doe, Oslo"), "redis; fwd=miss; stored"));
}

#[tokio::test]
async fn whoever_hangs_up_keeps_no_write_from_being_completed() {
    let server = server();
    let mut service = Service::of(&server).await;
    service.link("server", "postgres", |link| link.delay_ms = 200).await;
    let mut events = service.events().await;
    {
        let value = json!("Rohan, Pune");
        let write = std::pin::pin!(service.put("rohan", &value));
        let begun = std::pin::pin!(async {
            while !matches!(events.next().await.unwrap().told(), Some(Fact::RequestStarted { .. })) {}
        });
        let first = futures::future::select(write, begun).await;
        assert!(matches!(first, Either::Right(_)), "it begins before it ends");
    }
    let status = loop {
        if let Some(Fact::RequestEnded { status, .. }) = events.next().await.unwrap().told() {
            break status;
        }
    };
    assert_eq!(status, 200);
    let read = service.get("rohan").await;
    assert_eq!((read.value(), read.caches()), (json!("Rohan, Pune"), "redis; fwd=miss; stored"), "the cache was told");
}

#[tokio::test]
async fn an_injected_delay_is_no_measured_time() {
    let server = server();
    let mut service = Service::of(&server).await;
    service.link("server", "redis", |link| link.delay_ms = 60).await;
    let hit = service.get("rohan").await;
    let timing = hit.header("server-timing").to_owned();
    assert!(timing.contains(r#", injected;dur="#) && timing.contains(r#";desc="redis""#), "{timing}");
    let injected = timing.split("injected;dur=").nth(1).unwrap().split(';').next().unwrap();
    assert!(injected.parse::<f64>().unwrap() >= 60.0, "{timing}");
}

#[tokio::test]
async fn a_store_s_own_data_and_the_service_are_one() {
    let server = server();
    let service = Service::of(&server).await;
    service.put("shared", &json!({ "n": 1 })).await;
    service.get("shared").await;
    let holds =
        |entries: serde_json::Value| entries.as_array().unwrap().iter().any(|entry| entry["value"] == "{\"n\":1}");
    for kind in ["redis", "postgres"] {
        assert!(holds(service.visitor.contents(&service.sandbox, kind).await), "{kind}");
    }
    service.visitor.put(&service.sandbox, "redis", "shared", "by hand").await;
    assert_eq!(service.get("shared").await.value(), "by hand");
}

#[tokio::test]
async fn a_server_without_any_store_answers_that() {
    let server = server();
    let mut service = Service::of(&server).await;
    service.draw(|scenario| scenario.graph.links.retain(|link| link.from.as_str() != "server")).await;
    let read = service.get("rohan").await;
    assert_eq!((read.status, read.caches()), (404, "server; fwd=bypass"));
    assert!(read.detail().contains("linked to no store"), "{read:?}");
}

#[tokio::test]
async fn the_resource_is_called_as_the_server_s_setting_says() {
    let server = server();
    let mut service = Service::of(&server).await;
    service.set("server", |server| server.resource = Resource::new("todos").unwrap()).await;
    assert_eq!(service.send("GET server/todos/rohan", &[], None).await.status, 200);
    assert_eq!(service.get("rohan").await.status, 404);
    let json = [("content-type", "application/json")];
    let created = service.send("POST server/todos", &json, Some(r#"{"value":["buy milk"]}"#)).await;
    assert!(created.header("location").contains("/server/todos/"), "{created:?}");
}

#[tokio::test]
async fn requests_from_outside_are_told_to_whoever_watches() {
    let server = server();
    let service = Service::of(&server).await;
    let mut events = service.events().await;
    assert_eq!(events.next().await.unwrap().name, "reset");
    assert_eq!(service.get("rohan").await.status, 200);
    assert_eq!(service.get("nobody").await.status, 404);
    let mut told = Vec::new();
    while told.iter().filter(|fact| matches!(fact, Fact::RequestEnded { .. })).count() < 2 {
        told.push(events.next().await.unwrap().fact());
    }
    assert!(matches!(&told[0], Fact::RunStarted { source: Source::Outside, .. }), "{told:?}");
    let statuses: Vec<u16> = told
        .iter()
        .filter_map(|fact| match fact {
            Fact::RequestEnded { status, .. } => Some(*status),
            _ => None,
        })
        .collect();
    assert_eq!(statuses, [200, 404]);
    let senders = told.iter().filter_map(|fact| match fact {
        Fact::RequestStarted { client, .. } => Some(client.as_str()),
        _ => None,
    });
    assert!(senders.eq(["outside"; 2]), "{told:?}");
}
