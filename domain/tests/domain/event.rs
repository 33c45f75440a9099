use crate::support::cases;
use crate::support::logs::logs;
use aside_domain::{Event, Outcome, Reply};
use proptest::prelude::*;
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
