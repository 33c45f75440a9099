//! Traffic, from its start to its report, as a browser asks for it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use aside_domain::{Fact, NodeId, Scenario, Settings, Traffic};
use common::{Visitor, server};
use reqwest::Response;
use serde_json::{Value, json};

/// Opens a sandbox whose client sends traffic for a second, and saves it.
async fn ready(visitor: &Visitor) -> String {
    let opened = visitor.ask("open", json!({ "place": "free" })).await;
    let sandbox = opened["sandbox"].as_str().unwrap().to_owned();
    let mut scenario = Scenario::textbook();
    let client = scenario.graph.nodes.iter_mut().find(|node| node.id.as_str() == "client").unwrap();
    let Settings::Client(client) = &mut client.settings else { panic!("the client is a client") };
    client.traffic = Some(Traffic { users: 2, rate_per_s: Some(50), duration_s: 1, keys: 100, ..Traffic::default() });
    let base = &opened["saved"]["version"];
    let save = json!({ "sandbox": sandbox, "scenario": scenario, "base": base, "by": "a tab", "refill": false });
    visitor.ask("save", save).await;
    sandbox
}

/// Sends it, and waits until it is over; its number.
async fn sent(visitor: &Visitor, sandbox: &str) -> u64 {
    let mut events = visitor.events(sandbox, None).await;
    let client = NodeId::new("client").unwrap();
    let number = visitor.ask("start-traffic", json!({ "sandbox": sandbox, "client": client })).await;
    let number = number.as_u64().unwrap();
    loop {
        let item = events.next().await.expect("the traffic ends before the stream");
        let is_its_end = |fact| matches!(fact, Fact::TrafficEnded { number: ended } if u64::from(ended) == number);
        if item.name == "event" && is_its_end(item.fact()) {
            return number;
        }
    }
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn traffic_is_sent_and_what_came_of_it_is_seen() {
    let _server = server();
    let visitor = server().visitor();
    let sandbox = ready(&visitor).await;
    let base = format!("/api/sandboxes/{sandbox}/traffic");
    assert_eq!(visitor.get(&format!("{base}?client=client")).await.text().await.unwrap(), "");

    assert_eq!(sent(&visitor, &sandbox).await, 1);
    let panel = visitor.get(&format!("{base}?client=client")).await;
    assert_eq!(header(&panel, "content-type"), "text/html; charset=utf-8");
    let panel = panel.text().await.unwrap();
    assert!(panel.starts_with(r#"<section class="traffic" data-testid="traffic-summary""#), "{panel}");
    assert!(panel.contains(&format!("{base}/1/report")), "{panel}");
    assert_eq!(visitor.get(&format!("{base}?client=another")).await.text().await.unwrap(), "");

    assert_eq!(sent(&visitor, &sandbox).await, 2);
    let both = visitor.get(&format!("{base}/2?beside=1")).await.text().await.unwrap();
    assert!(both.contains("The same traffic, and the same seed (1)"), "{both}");

    let table = visitor.get(&format!("{base}/1/csv")).await;
    assert_eq!(header(&table, "content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(header(&table, "content-disposition"), "attachment; filename=\"aside-traffic-1.csv\"");
    let table = table.text().await.unwrap();
    let requests = csv::Reader::from_reader(table.as_bytes()).into_records();
    let requests: u64 = requests.map(|row| row.unwrap()[4].parse::<u64>().unwrap()).sum();
    assert!(panel.contains(&format!(r#"data-requests="{requests}""#)), "{panel}");

    let report = visitor.get(&format!("{base}/2/report?beside=1")).await;
    assert_eq!(header(&report, "content-disposition"), "attachment; filename=\"aside-traffic-2.html\"");
    assert!(header(&report, "content-security-policy").starts_with("default-src 'none'; style-src 'unsafe-inline';"));
    assert!(report.text().await.unwrap().starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn traffic_of_others_and_traffic_that_is_not_there_is_not_found() {
    let _server = server();
    let (anna, ben) = (server().visitor(), server().visitor());
    let annas = ready(&anna).await;
    ben.open("free").await;
    sent(&anna, &annas).await;
    let nobodys = "0".repeat(32);
    for rest in ["?client=client", "/1", "/1/csv", "/1/report"] {
        let [to_annas, to_nobodys] = [&annas, &nobodys].map(|id| format!("/api/sandboxes/{id}/traffic{rest}"));
        assert_eq!(anna.get(&to_annas).await.status(), 200, "{rest}");
        let (refusal, of_nobody) = (ben.get(&to_annas).await, ben.get(&to_nobodys).await);
        assert_eq!((refusal.status().as_u16(), of_nobody.status().as_u16()), (404, 404), "{rest}");
        assert_eq!(refusal.text().await.unwrap(), of_nobody.text().await.unwrap(), "{rest}");
    }
    for rest in ["/2", "/1?beside=2", "/7/csv", "/1/report?beside=9"] {
        let refusal = anna.get(&format!("/api/sandboxes/{annas}/traffic{rest}")).await;
        assert_eq!(refusal.status(), 404, "{rest}");
        let refusal: Value = refusal.json().await.unwrap();
        assert!(refusal["Refused"]["message"].as_str().unwrap().contains("only the latest are remembered"), "{rest}");
    }
}
