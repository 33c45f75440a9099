//! How much a live service takes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::Running;
use common::live::{Answer, Service};

fn check_refusal(refused: &Answer, why: &str) {
    assert_eq!((refused.status, refused.header("content-type")), (429, "application/problem+json"));
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert!(refused.detail().contains(why), "{refused:?}");
}

#[tokio::test]
async fn beyond_its_rate_a_sandbox_is_refused_and_others_are_not() {
    let running = Running::start(|settings| settings.live_rate = 1);
    let (busy, other) = (Service::of(&running).await, Service::of(&running).await);
    let refused = loop {
        let answer = busy.get("rohan").await;
        if answer.status != 200 {
            break answer;
        }
    };
    check_refusal(&refused, "1 times a second");
    assert_eq!(other.get("rohan").await.status, 200);
    // What is asked before a request is no request.
    assert_eq!(busy.send("OPTIONS server/users/rohan", &[], None).await.status, 204);
}

#[tokio::test]
async fn beyond_so_many_at_once_a_sandbox_is_refused() {
    let running = Running::start(|settings| settings.live_in_flight = 1);
    let mut service = Service::of(&running).await;
    service.link("server", "postgres", |link| link.delay_ms = 2_000).await;
    // Whichever comes first takes the only place, for two seconds.
    let (one, two) = tokio::join!(service.get("doe"), service.get("doe"));
    let (answered, refused) = if one.status == 200 { (one, two) } else { (two, one) };
    assert_eq!(answered.status, 200, "{answered:?}");
    check_refusal(&refused, "1 requests are being answered already");
    assert_eq!(service.get("doe").await.status, 200, "the place is free again");
}

#[tokio::test]
async fn zero_is_no_limit() {
    let running = Running::start(|settings| (settings.live_rate, settings.live_in_flight) = (0, 0));
    let service = Service::of(&running).await;
    for _ in 0..100 {
        assert_eq!(service.get("rohan").await.status, 200);
    }
}
