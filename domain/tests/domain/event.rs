use crate::support::logs::logs;
use crate::support::{cases, id};
use aside_domain::{BreakerNow, BreakerState, Event, Fact, Note, Outcome, Receipt, Reply};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::HashSet;

const OUTCOMES: [Outcome; 8] = [
    Outcome::Hit,
    Outcome::Miss,
    Outcome::Found,
    Outcome::NotFound,
    Outcome::Stored,
    Outcome::Deleted,
    Outcome::Refused,
    Outcome::TimedOut,
];

#[test]
fn outcomes_differ_in_word_label_and_sign_and_are_written_by_their_word() {
    let signs: HashSet<_> = OUTCOMES.iter().map(|outcome| outcome.sign()).collect();
    let labels: HashSet<_> = OUTCOMES.iter().map(|outcome| outcome.label()).collect();
    assert_eq!((signs.len(), labels.len()), (OUTCOMES.len(), OUTCOMES.len()));
    for outcome in OUTCOMES {
        assert_eq!(serde_json::to_string(&outcome).unwrap(), format!("\"{}\"", outcome.word()));
        assert_eq!(outcome.label(), outcome.word().replace('-', " "));
        assert_eq!(outcome.to_string(), outcome.label());
    }
}

#[test]
fn only_refusals_and_timeouts_are_failures() {
    let failures: Vec<_> = OUTCOMES.into_iter().filter(|outcome| outcome.is_failure()).collect();
    assert_eq!(failures, [Outcome::Refused, Outcome::TimedOut]);
}

#[test]
fn a_reply_of_256_bytes_is_whole_and_a_longer_one_is_cut_between_characters() {
    let whole = Reply::of(&"a".repeat(256));
    assert_eq!((whole.text.len(), whole.bytes, whole.is_cut()), (256, 256, false));
    let cut = Reply::of(&"a".repeat(257));
    assert_eq!((cut.text.len(), cut.bytes, cut.is_cut()), (256, 257, true));
    let between = Reply::of(&format!("a{}", "é".repeat(128)));
    assert_eq!((between.text.len(), between.bytes, between.is_cut()), (255, 257, true));
}

/// The JSON of a fact, after it was read again from it.
fn written(fact: Fact) -> Json {
    let event = Event { seq: 7, at_us: 42, fact };
    let json = serde_json::to_string(&event).expect("an event as JSON");
    assert_eq!(serde_json::from_str::<Event>(&json).expect("an event from JSON"), event);
    let json: Json = serde_json::from_str(&json).expect("JSON");
    json["fact"].clone()
}

#[test]
fn notes_stale_reads_and_moves_of_breakers_are_written_and_read_again() {
    let noted = |note| written(Fact::Noted { run: 1, request: 2, note });
    assert_eq!(
        noted(Note::Waited { leader: 1, waited_us: 900 }),
        json!({ "noted": { "run": 1, "request": 2, "note": { "waited": { "leader": 1, "waited_us": 900 } } } })
    );
    let not_sent = json!({ "not_sent": { "cache": "redis", "shown": "GET k" } });
    assert_eq!(
        noted(Note::NotSent { cache: id("redis"), shown: "GET k".to_owned() }),
        json!({ "noted": { "run": 1, "request": 2, "note": not_sent } })
    );
    for stale_us in [Some(0), Some(1_500), None] {
        let fact = json!({ "stale_read": { "run": 1, "hop": 3, "stale_us": stale_us } });
        assert_eq!(written(Fact::StaleRead { run: 1, hop: 3, stale_us }), fact);
    }
    for (state, word) in
        [(BreakerState::Closed, "closed"), (BreakerState::HalfOpen, "half-open"), (BreakerState::Open, "open")]
    {
        let (server, cache) = (id("server"), id("redis"));
        let now = written(Fact::BreakerMoved(BreakerNow { server, cache, state }));
        assert_eq!(now, json!({ "breaker_moved": { "server": "server", "cache": "redis", "state": word } }));
        assert_eq!(state.word(), word);
    }
}

fn receipt(took_us: u64, injected_us: u64) -> Receipt {
    Receipt { outcome: Outcome::Hit, sent: None, reply: Reply::of("v"), took_us, injected_us, held_us: 0 }
}

#[test]
fn an_event_that_tells_of_no_injected_delay_is_read_as_one_without() {
    let receipt_json = json!({ "outcome": "hit", "sent": null, "reply": { "text": "v", "bytes": 1 }, "took_us": 90 });
    let fact = json!({ "hop_ended": { "run": 1, "hop": 0, "receipt": receipt_json } });
    let read: Fact = serde_json::from_value(fact.clone()).unwrap();
    assert_eq!(read, Fact::HopEnded { run: 1, hop: 0, receipt: receipt(90, 0) });
    assert_eq!(written(read), fact, "and is written as it was");
    let delayed = written(Fact::HopEnded { run: 1, hop: 0, receipt: receipt(90, 7) });
    assert_eq!(delayed["hop_ended"]["receipt"]["injected_us"], 7);
}

#[test]
fn a_hop_lasts_as_long_as_was_measured_and_injected() {
    assert_eq!(receipt(90, 0).lasted_us(), 90);
    assert_eq!(receipt(90, 2_000).lasted_us(), 2_090);
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn an_event_survives_its_way_as_json(log in logs(3)) {
        for event in log {
            let json = serde_json::to_string(&event).unwrap();
            prop_assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        }
    }
}
