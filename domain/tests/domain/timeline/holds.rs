//! Packets that links hold.

use crate::support::logs::{Course, Held, Log, RunCourse, events_of, fold, logs, run_of, textbook_course};
use crate::support::{cases, key};
use aside_domain::timeline::{Run, Waiting};
use aside_domain::{Event, Fact, Leg, Outcome, Released, Request, Timeline};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn what_is_held_is_what_was_held_and_not_let_go_the_longest_first(log in logs(12)) {
        let mut timeline = Timeline::default();
        let mut held = Vec::new();
        for event in &log {
            timeline.fold(event).unwrap();
            match event.fact {
                Fact::PacketHeld { run, hop, leg, outcome } => {
                    held.push(Waiting { run, hop, leg, since_us: event.at_us, outcome });
                }
                Fact::PacketReleased { run, hop, .. } => held.retain(|held| (held.run, held.hop) != (run, hop)),
                _ => {}
            }
            prop_assert_eq!(&timeline.held, &held);
            prop_assert!(timeline.held.is_sorted_by_key(|held| held.since_us));
            let marked = timeline.runs.iter().flat_map(|run| run.hops.iter().filter(|hop| hop.held.is_some())).count();
            prop_assert_eq!(marked, held.len());
            for held in &held {
                let hop = &timeline.run(held.run).unwrap().hops[held.hop as usize];
                prop_assert_eq!((hop.held, hop.receipt.is_some()), (Some(held.leg), false));
            }
        }
    }
}

/// A read that misses, of whose hops one is held: 0 is the client's own, then GET, SELECT, SET.
fn miss(hop: usize, leg: Leg) -> RunCourse {
    let held = Some(Held { hop, leg, held_us: 9_000_000, why: Released::ByHand });
    RunCourse::of_one(vec![Course { held, ..Course::read("doe", (Outcome::Miss, 79), Some((Outcome::Found, 412))) }])
}

/// The events up to the packet's being held, and those up to its being let go.
fn while_held(events: &[Event]) -> (&[Event], &[Event]) {
    let place = |is: fn(&Fact) -> bool| events.iter().position(|event| is(&event.fact)).expect("it is held");
    let held = place(|fact| matches!(fact, Fact::PacketHeld { .. }));
    let released = place(|fact| matches!(fact, Fact::PacketReleased { .. }));
    (&events[..=held], &events[..=released])
}

fn frames(run: &Run) -> Vec<(&str, Leg)> {
    run.frames.iter().map(|frame| (&*run.hops[frame.hop as usize].shown, frame.leg)).collect()
}

#[test]
fn a_message_that_is_held_flies_on_in_a_frame_of_its_own_when_it_is_let_go() {
    let events = events_of(&miss(3, Leg::Message));
    let (held, released) = while_held(&events);
    let (before, after) = (fold(held), fold(released));
    let (hanging, run) = (before.latest().unwrap(), after.latest().unwrap());
    assert_eq!(hanging.hops[3].held, Some(Leg::Message));
    assert_eq!((hanging.hops[3].onward_frame, hanging.frames.len()), (None, 6));
    assert_eq!(run.hops[3].held, None);
    assert_eq!((run.hops[3].message_frame, run.hops[3].onward_frame, run.hops[3].reply_frame), (5, Some(6), None));
    let waiting = Waiting { run: 1, hop: 3, leg: Leg::Message, since_us: held.last().unwrap().at_us, outcome: None };
    assert_eq!((&*before.held, &*after.held), (&[waiting][..], &[][..]));

    let whole = run_of(&miss(3, Leg::Message));
    let set = [("SET doe", Leg::Message), ("SET doe", Leg::Message), ("SET doe", Leg::Reply), ("GET /doe", Leg::Reply)];
    assert_eq!(frames(&whole)[5..], set);
}

#[test]
fn a_reply_that_is_held_has_its_outcome_and_flies_when_the_hop_ends() {
    let events = events_of(&miss(1, Leg::Reply));
    let (held, released) = while_held(&events);
    for (events, leg) in [(held, Some(Leg::Reply)), (released, None)] {
        let timeline = fold(events);
        let hop = &timeline.latest().unwrap().hops[1];
        assert_eq!((hop.held, hop.onward_frame, hop.reply_frame, &hop.receipt), (leg, None, None, &None));
        let outcomes: Vec<_> = timeline.held.iter().map(|held| held.outcome).collect();
        assert_eq!(outcomes, leg.map(|_| Some(Outcome::Miss)).into_iter().collect::<Vec<_>>());
        assert!(timeline.tallies.is_empty(), "its server does not know yet");
    }
    let run = run_of(&miss(1, Leg::Reply));
    assert_eq!((run.hops[1].reply_frame, run.frames.len()), (Some(2), 8));
}

#[test]
fn what_a_packet_was_held_is_in_the_receipts_of_its_hop_and_of_the_call_around_it_and_in_no_other_figure() {
    let run = run_of(&miss(3, Leg::Message));
    let held: Vec<_> = run.hops.iter().map(|hop| hop.receipt.as_ref().unwrap().held_us).collect();
    assert_eq!(held, [9_000_000, 0, 0, 9_000_000]);
    assert!(run.hops.iter().all(|hop| hop.receipt.as_ref().unwrap().lasted_us() < 5_000));
    assert!(run.took_us() > 9_000_000, "but a run takes as long as it takes");
}

#[test]
fn two_packets_hang_beside_each_other_and_the_first_is_let_go_alone() {
    let held = |key: &'static str, hop, held_us| {
        let held = Some(Held { hop, leg: Leg::Message, held_us, why: Released::ByHand });
        Course { held, ..Course::read(key, (Outcome::Hit, 80), None) }
    };
    let clients = vec![vec![held("rohan", 1, 500)], vec![held("john", 0, 2_000)]];
    let events = events_of(&RunCourse { clients, ..textbook_course() });
    let hanging: Vec<Vec<u32>> = (0..=events.len())
        .map(|length| fold(&events[..length]).held.iter().map(|held| held.hop).collect::<Vec<_>>())
        .collect::<Vec<_>>();
    let mut steps = hanging.clone();
    steps.dedup();
    // John's own call is hop 1 and hangs first; then Rohan's GET, which is hop 2.
    assert_eq!(steps, [vec![], vec![1], vec![1, 2], vec![1], vec![]]);
}

#[test]
fn other_runs_come_to_their_end_while_one_hangs() {
    let mut log = Log::default();
    let put = Course {
        database: Some((Outcome::Found, 300)),
        ..Course::of(Request::put(key("doe"), crate::support::value("v2")))
    };
    let alone = events_of(&miss(3, Leg::Message));
    let at = alone.iter().position(|event| matches!(event.fact, Fact::PacketHeld { .. })).unwrap();
    log.run_around(&miss(3, Leg::Message), Some(at), |log| log.run(&RunCourse::of_one(vec![put.clone()])));
    let ended = |run| {
        let is = |event: &Event| matches!(event.fact, Fact::RunEnded { run: ended, .. } if ended == run);
        log.events.iter().position(is).expect("it ended")
    };
    let timeline = fold(&log.events[..=ended(2)]);
    assert!(timeline.run(2).unwrap().is_over() && !timeline.run(1).unwrap().is_over());
    assert_eq!(timeline.held.iter().map(|held| (held.run, held.hop)).collect::<Vec<_>>(), [(1, 3)]);
    assert!(ended(1) > ended(2));
    let timeline = fold(&log.events);
    assert!(timeline.held.is_empty() && timeline.run(1).unwrap().is_over());
    let ended_us = |run| timeline.run(run).unwrap().ended.unwrap().0;
    assert!(ended_us(1) > ended_us(2));
}

#[test]
fn a_packet_of_a_run_that_is_not_kept_is_held_and_let_go_without_more() {
    let mut log = Log::default();
    log.push(Fact::PacketHeld { run: 9, hop: 0, leg: Leg::Message, outcome: None });
    assert_eq!(fold(&log.events).held.len(), 1);
    log.push(Fact::PacketReleased { run: 9, hop: 0, why: Released::InTime });
    log.push(Fact::PacketReleased { run: 9, hop: 0, why: Released::Stopped });
    assert_eq!(fold(&log.events), Timeline { seq: 3, now_us: 3, ..Timeline::default() });
}

#[test]
fn a_message_that_is_let_go_twice_flies_on_once() {
    let mut log = Log::after(events_of(&miss(3, Leg::Message)));
    let once = fold(&log.events);
    log.push(Fact::PacketReleased { run: 1, hop: 3, why: Released::ByHand });
    assert_eq!(fold(&log.events).runs, once.runs);
}
