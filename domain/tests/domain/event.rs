use crate::support::logs::logs;
use crate::support::{cases, id};
use aside_domain::{
    BreakerNow, BreakerState, Event, Fact, Leg, Note, Outcome, Receipt, Released, Reply, Source, Tally, TrafficNow,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::HashSet;

const OUTCOMES: [Outcome; 9] = [
    Outcome::Hit,
    Outcome::Miss,
    Outcome::Found,
    Outcome::NotFound,
    Outcome::Stored,
    Outcome::NotStored,
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
    let early = json!({ "noted": { "run": 1, "request": 2, "note": { "refreshed_early": { "left_us": 70 } } } });
    assert_eq!(noted(Note::RefreshedEarly { left_us: 70 }), early);
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

#[test]
fn a_fill_that_a_lease_refused_has_words_of_its_own() {
    let refused = Outcome::NotStored;
    assert_eq!((refused.word(), refused.label(), refused.sign()), ("not-stored", "not stored", "L"));
}

#[test]
fn held_packets_are_written_and_read_again() {
    let held = |leg, outcome| written(Fact::PacketHeld { run: 1, hop: 3, leg, outcome });
    let message = json!({ "packet_held": { "run": 1, "hop": 3, "leg": "message", "outcome": null } });
    assert_eq!(held(Leg::Message, None), message);
    let reply = json!({ "packet_held": { "run": 1, "hop": 3, "leg": "reply", "outcome": "not-stored" } });
    assert_eq!(held(Leg::Reply, Some(Outcome::NotStored)), reply);
    for (why, word) in [(Released::ByHand, "by_hand"), (Released::InTime, "in_time"), (Released::Stopped, "stopped")] {
        let fact = json!({ "packet_released": { "run": 1, "hop": 3, "why": word } });
        assert_eq!(written(Fact::PacketReleased { run: 1, hop: 3, why }), fact);
    }
}

#[test]
fn traffic_and_what_is_served_are_written_and_read_again() {
    let now = TrafficNow { number: 2, client: id("client"), duration_s: 20 };
    let started = json!({ "traffic_started": { "number": 2, "client": "client", "duration_s": 20 } });
    assert_eq!(written(Fact::TrafficStarted(now)), started);
    assert_eq!(written(Fact::TrafficEnded { number: 2 }), json!({ "traffic_ended": { "number": 2 } }));
    let tally = Tally { asked: 40, hits: 39, misses: 1, ..Tally::default() };
    let served = written(Fact::Served { run: 9, requests: 40, tallies: vec![(id("redis"), tally)] });
    assert_eq!((&served["served"]["requests"], &served["served"]["tallies"][0][0]), (&json!(40), &json!("redis")));
}

#[test]
fn a_run_that_says_nothing_of_its_source_was_played() {
    let run = |source| written(Fact::RunStarted { run: 1, clients: vec![(id("client"), 3)], source });
    let played = json!({ "run_started": { "run": 1, "clients": [["client", 3]] } });
    assert_eq!(run(Source::Play), played);
    for (source, word) in [(Source::Traffic, "traffic"), (Source::Outside, "outside")] {
        assert_eq!(run(source)["run_started"]["source"], word);
    }
}

fn receipt(took_us: u64, injected_us: u64) -> Receipt {
    Receipt { outcome: Outcome::Hit, sent: None, reply: Reply::of("v"), took_us, injected_us, held_us: 0 }
}

#[test]
fn an_event_that_tells_of_no_injected_delay_and_no_hold_is_read_as_one_without() {
    let receipt_json = json!({ "outcome": "hit", "sent": null, "reply": { "text": "v", "bytes": 1 }, "took_us": 90 });
    let fact = json!({ "hop_ended": { "run": 1, "hop": 0, "receipt": receipt_json } });
    let read: Fact = serde_json::from_value(fact.clone()).unwrap();
    assert_eq!(read, Fact::HopEnded { run: 1, hop: 0, receipt: receipt(90, 0) });
    assert_eq!(written(read), fact, "and is written as it was");
    let delayed = written(Fact::HopEnded { run: 1, hop: 0, receipt: receipt(90, 7) });
    assert_eq!(delayed["hop_ended"]["receipt"]["injected_us"], 7);
    let held = Fact::HopEnded { run: 1, hop: 0, receipt: Receipt { held_us: 8, ..receipt(90, 0) } };
    assert_eq!(written(held)["hop_ended"]["receipt"]["held_us"], 8);
}

#[test]
fn a_hop_lasts_as_long_as_was_measured_and_injected() {
    assert_eq!(receipt(90, 0).lasted_us(), 90);
    assert_eq!(receipt(90, 2_000).lasted_us(), 2_090);
    assert_eq!(
        Receipt { held_us: 9_000_000, ..receipt(90, 0) }.lasted_us(),
        90,
        "how long it was held is in no figure"
    );
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
