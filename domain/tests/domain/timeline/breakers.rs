//! How circuit breakers stand.

use crate::support::logs::{Legs, Log, fold, logs, run_courses, run_of, textbook_course};
use crate::support::{cases, id};
use aside_domain::{BreakerNow, BreakerState, Event, Fact, NodeId, Timeline};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Stands = BTreeMap<(NodeId, NodeId), BreakerState>;

fn stands(breakers: &[BreakerNow]) -> Stands {
    let stands: Stands = breakers.iter().map(|now| ((now.server.clone(), now.cache.clone()), now.state)).collect();
    assert_eq!(stands.len(), breakers.len(), "each breaker once: {breakers:?}");
    stands
}

/// The breakers that are not closed after these events, written down without the code under test.
fn last_moves<'a>(events: impl IntoIterator<Item = &'a Event>) -> Stands {
    let mut stands = Stands::new();
    for event in events {
        if let Fact::BreakerMoved(now) = &event.fact {
            stands.insert((now.server.clone(), now.cache.clone()), now.state);
        }
    }
    stands.retain(|_, state| *state != BreakerState::Closed);
    stands
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn each_breaker_that_is_not_closed_stands_as_it_moved_last(log in logs(24)) {
        let mut timeline = Timeline::default();
        for (index, event) in log.iter().enumerate() {
            timeline.fold(event).unwrap();
            prop_assert_eq!(stands(&timeline.breakers), last_moves(&log[..=index]));
        }
    }

    #[test]
    fn at_each_frame_of_a_run_breakers_stand_as_they_did_then(before in logs(4), course in run_courses(3, 3)) {
        let mut log = Log::after(before);
        let begun = log.events.len();
        log.run(&course);
        let timeline = fold(&log.events);
        let run = timeline.latest().unwrap();
        let (mut at_frame, mut legs) = (vec![Stands::new()], Legs::default());
        for length in begun + 1..=log.events.len() {
            if legs.flies(&log.events[length - 1].fact) {
                at_frame.push(Stands::new());
            }
            *at_frame.last_mut().unwrap() = last_moves(&log.events[..length]);
        }
        prop_assert_eq!(run.frames.len() + 1, at_frame.len());
        for (frames, expected) in at_frame.iter().enumerate() {
            prop_assert_eq!(&stands(&run.breakers_at(frames)), expected, "at {} frames", frames);
        }
        prop_assert_eq!(&run.breakers_at(usize::MAX), &timeline.breakers);
    }
}

fn breaker(cache: &str, state: BreakerState) -> BreakerNow {
    BreakerNow { server: id("server"), cache: id(cache), state }
}

#[test]
fn a_breaker_that_moves_is_told_to_every_run_that_is_going() {
    let mut log = Log::default();
    log.run_around(&textbook_course(), Some(5), |log| {
        log.run(&textbook_course());
        log.push(Fact::BreakerMoved(breaker("redis-0", BreakerState::Open)));
    });
    let timeline = fold(&log.events);
    let moves = |run| timeline.run(run).unwrap().breakers.len();
    assert_eq!((moves(1), moves(2)), (1, 0));
}

#[test]
fn a_breaker_that_closes_is_no_longer_listed_and_others_stay() {
    let mut log = Log::default();
    let after = |log: &mut Log, cache, state| {
        log.push(Fact::BreakerMoved(breaker(cache, state)));
        fold(&log.events).breakers
    };
    let open = breaker("a", BreakerState::Open);
    assert_eq!(after(&mut log, "a", BreakerState::Open), std::slice::from_ref(&open));
    let half_open = breaker("b", BreakerState::HalfOpen);
    assert_eq!(after(&mut log, "b", BreakerState::HalfOpen), [open.clone(), half_open]);
    assert_eq!(after(&mut log, "b", BreakerState::Closed), [open]);
    assert_eq!(after(&mut log, "a", BreakerState::Closed), []);
}

#[test]
fn two_servers_have_a_breaker_each_for_the_cache_that_they_share() {
    let mut log = Log::default();
    for server in ["server", "another"] {
        log.push(Fact::BreakerMoved(BreakerNow { server: id(server), ..breaker("redis", BreakerState::Open) }));
    }
    log.push(Fact::BreakerMoved(breaker("redis", BreakerState::Closed)));
    let left = fold(&log.events).breakers;
    assert_eq!(left, [BreakerNow { server: id("another"), ..breaker("redis", BreakerState::Open) }]);
}

#[test]
fn a_breaker_that_opens_in_a_run_is_open_from_the_frame_on_that_opened_it() {
    let mut course = textbook_course();
    course.clients[0][1].breaker = Some(BreakerState::Open);
    let run = run_of(&course);
    // Four frames for each read: there, asked, told, and back. The second read is told in frame 7.
    let opens = |frames| !run.breakers_at(frames).is_empty();
    assert_eq!([0, 6, 7, 8, 16].map(opens), [false, false, true, true, true]);
    assert_eq!(run.breakers_at(16), [breaker("redis-0", BreakerState::Open)]);
}

#[test]
fn a_run_begins_with_the_breakers_as_they_stand_and_those_that_move_after_it_are_not_its_own() {
    let mut log = Log::default();
    log.push(Fact::BreakerMoved(breaker("redis-0", BreakerState::Open)));
    log.run(&textbook_course());
    log.push(Fact::BreakerMoved(breaker("redis-0", BreakerState::HalfOpen)));
    log.run(&textbook_course());
    log.push(Fact::BreakerMoved(breaker("redis-0", BreakerState::Closed)));
    let timeline = fold(&log.events);
    let at = |run, frames| timeline.run(run).unwrap().breakers_at(frames);
    let stands = |state| vec![breaker("redis-0", state)];
    assert_eq!((at(1, 0), at(1, 16)), (stands(BreakerState::Open), stands(BreakerState::Open)));
    assert_eq!((at(2, 0), at(2, 16)), (stands(BreakerState::HalfOpen), stands(BreakerState::HalfOpen)));
    assert_eq!(timeline.breakers, [], "now");
}
