//! What traffic came to.

use aside_domain::graph::Traffic;
use aside_domain::measured::{Measured, Quantiles, Second, Totals};
use aside_domain::{Name, NodeId, RunEnd};
use serde_json::json;

#[test]
fn the_hit_rate_is_of_reads_alone() {
    let totals = Totals { requests: 100, writes: 20, hits: 60, misses: 20, ..Totals::default() };
    assert_eq!(totals.hit_rate(), Some(0.75));
    assert_eq!(Totals { requests: 9, writes: 9, ..Totals::default() }.hit_rate(), None);
}

#[test]
fn what_was_measured_survives_its_way_as_json() {
    let hit_us = Quantiles { count: 60, p50_us: 90, p95_us: 200, p99_us: 900, max_us: 1_200 };
    let measured = Measured {
        number: 3,
        title: "Shop".to_owned(),
        client: NodeId::new("client").unwrap(),
        client_name: Name::new("100 users").unwrap(),
        traffic: Traffic::default(),
        drawing: vec!["Server: TTL 60 s".to_owned()],
        began_ms: 1_800_000_000_000,
        elapsed_ms: 1_000,
        end: Some(RunEnd::Stopped),
        totals: Totals { requests: 60, hits: 60, hit_us, ..Totals::default() },
        seconds: vec![Second { at_s: 0, requests: 60, hits: 60, hit_us, ..Second::default() }],
    };
    let tree = serde_json::to_value(&measured).unwrap();
    assert_eq!(tree["totals"]["hit_us"]["p99_us"], json!(900));
    assert_eq!(aside_domain::json::of::<Measured>(&tree).unwrap(), measured);
}
