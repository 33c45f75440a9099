mod breakers;
mod holds;
mod kept;
mod served;
mod tallies;

use crate::support::logs::{Legs, Log, events_of, fold, logs, run_courses, run_of, runs, textbook_course};
use crate::support::{cases, id};
use aside_domain::timeline::Gap;
use aside_domain::{Event, Fact, Leg, Note, Outcome, Receipt, Reply, RunEnd, Stale, Tally, Timeline, json};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::HashMap;

/// A timeline as another machine gets it.
fn sent(timeline: &Timeline) -> Timeline {
    let text = serde_json::to_string(timeline).expect("a snapshot as JSON");
    json::read(&text).expect("a snapshot from JSON")
}

fn fold_on(mut timeline: Timeline, events: &[Event]) -> Timeline {
    for event in events {
        timeline.fold(event).expect("no gap");
    }
    timeline
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn a_snapshot_and_the_tail_give_the_full_fold_at_every_split(log in logs(4)) {
        let full = fold(&log);
        for split in 0..=log.len() {
            let (head, tail) = log.split_at(split);
            prop_assert_eq!(&fold_on(sent(&fold(head)), tail), &full, "split at {}", split);
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_snapshot_and_the_tail_give_the_full_fold_of_a_long_log(log in logs(24), splits in vec(any::<Index>(), 4)) {
        let full = fold(&log);
        for split in splits {
            let (head, tail) = log.split_at(split.index(log.len() + 1));
            prop_assert_eq!(&fold_on(sent(&fold(head)), tail), &full);
        }
    }

    #[test]
    fn an_event_that_is_folded_again_changes_nothing(log in logs(6), back in 0..20_usize) {
        let mut timeline = Timeline::default();
        for (index, event) in log.iter().enumerate() {
            timeline.fold(event).unwrap();
            let before = timeline.clone();
            for again in &log[index.saturating_sub(back)..=index] {
                prop_assert_eq!(timeline.fold(again), Ok(()));
            }
            prop_assert_eq!(&timeline, &before);
            prop_assert_eq!((timeline.seq, timeline.now_us), (event.seq, event.at_us));
        }
    }

    #[test]
    fn a_gap_is_refused_and_changes_nothing(log in logs(6), at in any::<Index>(), missing in 1..5_usize) {
        prop_assume!(log.len() > missing);
        let at = at.index(log.len() - missing);
        let mut timeline = fold(&log[..at]);
        let before = timeline.clone();
        let gap = Gap { expected: at as u64 + 1, got: (at + missing) as u64 + 1 };
        prop_assert_eq!(timeline.fold(&log[at + missing]), Err(gap));
        prop_assert_eq!(&timeline, &before);
        prop_assert_eq!(fold_on(timeline, &log[at..]), fold(&log), "it goes on with what was missing");
    }

    #[test]
    fn a_run_has_a_frame_for_each_leg_of_its_hops_and_one_for_each_message_that_flies_on_in_the_order_of_the_events(course in run_courses(4, 4)) {
        let events = events_of(&course);
        let run = run_of(&course);
        let mut legs = Legs::default();
        let legs: Vec<_> = events.iter().filter(|event| legs.flies(&event.fact)).filter_map(|event| match &event.fact {
            Fact::HopStarted { hop, .. } | Fact::PacketReleased { hop, .. } => Some((event.at_us, *hop, Leg::Message)),
            Fact::HopEnded { hop, .. } => Some((event.at_us, *hop, Leg::Reply)),
            _ => None,
        }).collect();
        let frames: Vec<_> = run.frames.iter().map(|frame| (frame.at_us, frame.hop, frame.leg)).collect();
        prop_assert_eq!(frames, legs);
        for (index, hop) in run.hops.iter().enumerate() {
            let leg = |frame: u32| run.frames.get(frame as usize).map(|frame| (frame.hop as usize, frame.leg));
            prop_assert_eq!(leg(hop.message_frame), Some((index, Leg::Message)));
            prop_assert_eq!(hop.held, None, "the run is over");
            if let Some(frame) = hop.onward_frame {
                prop_assert_eq!(leg(frame), Some((index, Leg::Message)));
                prop_assert!(frame > hop.message_frame && hop.reply_frame.is_none_or(|reply| frame < reply));
            }
            prop_assert_eq!(hop.reply_frame.is_some(), hop.receipt.is_some());
            if let Some(frame) = hop.reply_frame {
                prop_assert_eq!(leg(frame), Some((index, Leg::Reply)));
                prop_assert!(frame > hop.message_frame);
            }
        }
    }

    #[test]
    fn a_run_holds_what_its_events_told(course in run_courses(4, 4)) {
        let events = events_of(&course);
        let run = run_of(&course);
        let (mut requests, mut receipts, mut answers, mut stale, mut notes) = (0, 0, 0, 0, 0);
        let (mut served, mut released) = (0, HashMap::new());
        for event in &events {
            match &event.fact {
                Fact::RunStarted { run: number, clients, source } => {
                    prop_assert_eq!((run.run, run.source, run.started_us), (*number, *source, event.at_us));
                    prop_assert_eq!(run.lanes as usize, clients.len());
                }
                Fact::RequestStarted { request, client, asks, .. } => {
                    let asked = &run.requests[requests];
                    prop_assert_eq!((asked.request, &asked.client, &asked.asks), (*request, client, asks));
                    requests += 1;
                }
                Fact::HopStarted { hop, request, from, to, shown, .. } => {
                    let folded = &run.hops[*hop as usize];
                    prop_assert_eq!((folded.request, &folded.from, &folded.to), (*request, from, to));
                    prop_assert_eq!(&folded.shown, shown);
                }
                Fact::HopEnded { hop, receipt, .. } => {
                    prop_assert_eq!(run.hops[*hop as usize].receipt.as_ref(), Some(receipt));
                    receipts += 1;
                }
                Fact::RequestEnded { request, status, answer, .. } => {
                    let asked = &run.requests[*request as usize - 1];
                    prop_assert_eq!(asked.answer.as_ref(), Some(&(*status, answer.clone())));
                    answers += 1;
                }
                Fact::RunEnded { end, .. } => {
                    prop_assert_eq!(run.ended, Some((event.at_us, *end)));
                    prop_assert_eq!(run.took_us(), event.at_us - run.started_us);
                }
                                Fact::StaleRead { hop, stale_us, .. } => {
                    prop_assert_eq!(run.hops[*hop as usize].stale, Some(Stale { for_us: *stale_us }));
                    stale += 1;
                }
                Fact::Noted { request, note, .. } => {
                    prop_assert!(run.requests[*request as usize - 1].notes.contains(note));
                    notes += 1;
                }
                Fact::PacketReleased { hop, why, .. } => drop(released.insert(*hop, *why)),
                Fact::Served { requests, .. } => served += requests,
                _ => {}
            }
        }
        prop_assert_eq!(run.unseen.iter().map(|unseen| unseen.requests).sum::<u64>(), served);
        for (number, hop) in (0..).zip(&run.hops) {
            prop_assert_eq!(hop.released, released.get(&number).copied());
            prop_assert!(hop.onward_frame.is_none() || hop.released.is_some());
        }
        prop_assert_eq!(run.hops.iter().filter(|hop| hop.stale.is_some()).count(), stale);
        prop_assert_eq!(run.requests.iter().map(|asked| asked.notes.len()).sum::<usize>(), notes);
        for asked in &run.requests {
            let mut own = run.hops.iter().filter(|hop| hop.request == asked.request);
            let hit = own.any(|hop| hop.receipt.as_ref().is_some_and(|receipt| receipt.outcome == Outcome::Hit));
            prop_assert_eq!(asked.hit, hit);
        }
        prop_assert_eq!(run.requests.len(), requests);
        prop_assert_eq!(run.hops.iter().filter(|hop| hop.receipt.is_some()).count(), receipts);
        prop_assert_eq!(run.requests.iter().filter(|asked| asked.answer.is_some()).count(), answers);
        prop_assert!(run.is_over());
    }

    #[test]
    fn the_leg_in_a_frame_is_found_with_its_hop(run in runs(3, 3)) {
        for (index, frame) in run.frames.iter().enumerate() {
            prop_assert_eq!(run.hop_of(index), Some((&run.hops[frame.hop as usize], frame.leg)));
        }
        prop_assert_eq!(run.hop_of(run.frames.len()), None);
    }
}

#[test]
fn the_textbooks_run_has_16_frames_and_its_tallies() {
    let events = events_of(&textbook_course());
    let timeline = fold(&events);
    let run = timeline.run(1).unwrap();
    let shown: Vec<_> = run.hops.iter().map(|hop| format!("{} -> {}: {}", hop.from, hop.to, hop.shown)).collect();
    let expected = [
        "client-0 -> server: GET /rohan",
        "server -> redis-0: GET rohan",
        "client-0 -> server: GET /john",
        "server -> redis-0: GET john",
        "client-0 -> server: GET /doe",
        "server -> redis-0: GET doe",
        "server -> postgres: SELECT doe",
        "server -> redis-0: SET doe",
    ];
    assert_eq!(shown, expected);
    assert_eq!(run.frames.len(), 16);
    let redis = Tally { asked: 4, hits: 2, misses: 1, stored: 1, ..Tally::default() };
    assert_eq!(timeline.tallies[&id("redis-0")], redis);
    assert_eq!(redis.hit_rate(), Some(2.0 / 3.0));
    let server = Tally { asked: 3, hits: 2, misses: 1, ..Tally::default() };
    assert_eq!(timeline.tallies[&id("server")], server);
    assert_eq!(timeline.tallies[&id("postgres")], Tally { asked: 1, ..Tally::default() });
    assert_eq!(timeline.data[&id("redis-0")], 1);
    assert_eq!(timeline.run(2), None);
}

#[test]
fn the_last_save_and_every_change_of_data_are_known() {
    let mut log = Log::default();
    for version in [4, 5] {
        log.push(Fact::ScenarioSaved { version, by: format!("tab {version}") });
        log.push(Fact::DataChanged { node: id("redis") });
    }
    let timeline = fold(&log.events);
    assert_eq!(timeline.saved, Some((5, "tab 5".to_owned())));
    assert_eq!(timeline.data[&id("redis")], 2);
    assert_eq!(timeline.seq, 4);
}

#[test]
fn a_hop_that_ends_twice_is_counted_once() {
    let mut events = events_of(&textbook_course());
    let ended = events.iter().find(|event| matches!(event.fact, Fact::HopEnded { .. })).cloned();
    let mut again = ended.unwrap();
    let once = fold(&events);
    again.seq = once.seq + 1;
    events.push(again);
    let twice = fold(&events);
    assert_eq!((twice.tallies, twice.runs), (once.tallies, once.runs));
}

#[test]
fn what_a_request_waited_for_and_what_was_not_sent_is_noted_with_it_in_order() {
    let notes = vec![
        Note::NotSent { cache: id("redis-0"), shown: "GET doe".to_owned() },
        Note::Waited { leader: 1, waited_us: 900 },
        Note::NotSent { cache: id("redis-0"), shown: "SET doe".to_owned() },
    ];
    let mut course = textbook_course();
    course.clients[0][2].notes.clone_from(&notes);
    let run = run_of(&course);
    assert_eq!(run.requests.iter().map(|asked| asked.notes.len()).collect::<Vec<_>>(), [0, 0, 3]);
    assert_eq!(run.requests[2].notes, notes);
}

#[test]
fn a_request_is_a_hit_once_a_cache_had_its_key() {
    let events = events_of(&textbook_course());
    let hits = |length: usize| {
        let timeline = fold(&events[..length]);
        timeline.latest().unwrap().requests.iter().map(|asked| asked.hit).collect::<Vec<_>>()
    };
    // The log begins: the run, the request, the client's hop, the cache's hop, its reply.
    assert_eq!((hits(4), hits(5)), (vec![false], vec![true]));
    assert_eq!(hits(events.len()), [true, true, false]);
}

#[test]
fn a_snapshot_tells_a_stale_read_of_which_nobody_knows_since_when_from_a_fresh_one() {
    let mut course = textbook_course();
    course.clients[0][0].stale = Some((None, 1));
    let timeline = fold(&events_of(&course));
    let stale = |timeline: &Timeline| timeline.latest().unwrap().hops.iter().map(|hop| hop.stale).collect::<Vec<_>>();
    assert_eq!(stale(&timeline)[..4], [None, Some(Stale { for_us: None }), None, None]);
    assert_eq!(stale(&sent(&timeline)), stale(&timeline));
}

#[test]
fn events_of_a_run_that_is_not_kept_change_nothing_else() {
    let mut log = Log::default();
    log.push(Fact::Noted { run: 9, request: 1, note: Note::Waited { leader: 2, waited_us: 1 } });
    log.push(Fact::StaleRead { run: 9, hop: 0, stale_us: Some(1) });
    log.push(Fact::HopEnded {
        run: 9,
        hop: 0,
        receipt: Receipt {
            outcome: Outcome::Hit,
            sent: None,
            reply: Reply::of("v"),
            took_us: 1,
            injected_us: 0,
            held_us: 0,
        },
    });
    log.push(Fact::RequestEnded { run: 9, request: 1, status: 200, answer: String::new() });
    log.push(Fact::RunEnded { run: 9, end: RunEnd::Stopped });
    assert_eq!(fold(&log.events), Timeline { seq: 5, now_us: 5, ..Timeline::default() });
}
