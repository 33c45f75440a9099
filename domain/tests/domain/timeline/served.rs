//! Requests that are not told one by one, and the traffic that they are of.

use crate::support::id;
use crate::support::logs::{Course, Log, RunCourse, events_of, fold, run_of, textbook_course};
use aside_domain::{Fact, NodeId, Outcome, RunEnd, Source, Tally, Timeline, TrafficNow};

/// What a cache did in so many reads, of which these were hits.
fn reads(node: &str, asked: u64, hits: u64) -> (NodeId, Tally) {
    (id(node), Tally { asked, hits, misses: asked - hits, ..Tally::default() })
}

/// A read that hits, beside which this was served.
fn read(served: Option<(u64, Vec<(NodeId, Tally)>)>) -> Course {
    Course { served, ..Course::read("rohan", (Outcome::Hit, 100), None) }
}

#[test]
fn what_was_served_is_in_the_tallies_of_all_and_in_those_of_its_run_from_that_frame_on() {
    let served = (40, vec![reads("server", 40, 30), reads("redis-0", 40, 30)]);
    let course =
        RunCourse { source: Source::Traffic, ..RunCourse::of_one(vec![read(None), read(Some(served)), read(None)]) };
    let timeline = fold(&events_of(&course));
    let run = timeline.latest().unwrap();
    let cache = |tallies: &std::collections::BTreeMap<NodeId, Tally>| {
        tallies.get(&id("redis-0")).map_or(0, |tally| tally.asked)
    };
    assert_eq!(timeline.tallies[&id("redis-0")], Tally { asked: 43, hits: 33, misses: 10, ..Tally::default() });
    assert_eq!(timeline.tallies[&id("server")].hit_rate(), Some(33.0 / 43.0));
    // Four frames for each read. The second read's message has left when they were served: five frames.
    assert_eq!([0, 3, 4, 5, 7, 12].map(|frames| cache(&run.tallies_at(frames))), [0, 1, 1, 41, 42, 43]);
    assert_eq!(run.own_tallies(), timeline.tallies);
    assert_eq!((run.requests.len(), run.unseen.len(), run.unseen[0].requests), (3, 1, 40));
    assert!(run.is_sample());
}

#[test]
fn a_sample_says_of_how_many_requests_it_shows_one_rounded_up() {
    let one_in = |told: usize, unseen: &[u64]| {
        let mut courses = vec![read(None); told];
        for (course, requests) in courses.iter_mut().zip(unseen) {
            course.served = Some((*requests, Vec::new()));
        }
        run_of(&RunCourse::of_one(courses)).one_in()
    };
    assert_eq!((one_in(3, &[]), one_in(1, &[39]), one_in(4, &[100, 56])), (1, 40, 40));
    assert_eq!(one_in(4, &[1]), 2, "not all are shown");
}

#[test]
fn what_was_served_is_no_part_of_how_long_a_run_took_nor_of_its_frames() {
    let told = run_of(&RunCourse::of_one(vec![read(None)]));
    let beside = run_of(&RunCourse::of_one(vec![read(Some((500, vec![reads("redis-0", 500, 1)])))]));
    assert_eq!((told.took_us(), &told.frames), (beside.took_us(), &beside.frames));
}

#[test]
fn what_is_served_between_two_frames_is_kept_together() {
    let mut log = Log::default();
    log.push(Fact::RunStarted { run: 1, clients: vec![(NodeId::outside(), 1)], source: Source::Outside });
    for asked in 1..=100 {
        let tallies = vec![reads("redis-0", asked, 0), reads("server", asked, asked)];
        log.push(Fact::Served { run: 1, requests: asked, tallies });
    }
    log.push(Fact::RunEnded { run: 1, end: RunEnd::Completed });
    let timeline = fold(&log.events);
    let unseen = &timeline.latest().unwrap().unseen;
    assert_eq!((unseen.len(), unseen[0].frames, unseen[0].requests), (1, 0, 5_050));
    assert_eq!(unseen[0].tallies, timeline.tallies);
    assert_eq!(timeline.tallies[&id("server")], reads("server", 5_050, 5_050).1);
}

#[test]
fn the_longest_of_what_was_stale_is_kept_and_everything_else_added_up() {
    let tally = |stalest_us| Tally { asked: 9, hits: 3, misses: 2, stored: 2, failures: 2, stale: 1, stalest_us };
    let mut log = Log::default();
    for stalest_us in [70, 900, 80] {
        log.push(Fact::Served { run: 1, requests: 9, tallies: vec![(id("redis-0"), tally(stalest_us))] });
    }
    let all = Tally { asked: 27, hits: 9, misses: 6, stored: 6, failures: 6, stale: 3, stalest_us: 900 };
    assert_eq!(fold(&log.events).tallies[&id("redis-0")], all);
}

#[test]
fn what_was_served_counts_also_when_its_run_is_not_kept_and_the_next_run_begins_with_it() {
    let mut log = Log::default();
    let tallies = vec![reads("redis-0", 10, 10)];
    log.push(Fact::Served { run: 7, requests: 10, tallies });
    assert_eq!(fold(&log.events).tallies[&id("redis-0")].hits, 10);
    log.run(&textbook_course());
    let timeline = fold(&log.events);
    let run = timeline.latest().unwrap();
    let hits = |frames| run.tallies_at(frames)[&id("redis-0")].hits;
    assert_eq!((hits(0), hits(run.frames.len()), run.own_tallies()[&id("redis-0")].hits), (10, 12, 2));
}

fn started(number: u32) -> TrafficNow {
    TrafficNow { number, client: id("client"), duration_s: 20 }
}

#[test]
fn traffic_goes_on_from_its_start_to_its_end() {
    let mut log = Log::default();
    log.push(Fact::TrafficStarted(started(1)));
    let began_us = log.now_us();
    log.run(&textbook_course());
    assert_eq!(fold(&log.events).traffic, Some((started(1), began_us)));
    log.push(Fact::TrafficEnded { number: 1 });
    assert_eq!(fold(&log.events).traffic, None);
}

#[test]
fn the_end_of_earlier_traffic_does_not_end_what_goes_on() {
    let mut log = Log::default();
    log.push(Fact::TrafficStarted(started(1)));
    log.push(Fact::TrafficStarted(started(2)));
    let began_us = log.now_us();
    log.push(Fact::TrafficEnded { number: 1 });
    assert_eq!(fold(&log.events).traffic, Some((started(2), began_us)));
    log.push(Fact::TrafficEnded { number: 2 });
    log.push(Fact::TrafficEnded { number: 2 });
    assert_eq!(fold(&log.events), Timeline { seq: 5, now_us: 5, latest_traffic: 2, ..Timeline::default() });
}

#[test]
fn a_snapshot_of_an_older_aside_holds_nothing_and_knows_of_no_traffic() {
    let mut json = serde_json::to_value(fold(&events_of(&textbook_course()))).unwrap();
    for part in ["held", "traffic"] {
        assert!(json.as_object_mut().unwrap().remove(part).is_some());
    }
    for part in ["source", "unseen"] {
        assert!(json["runs"][0].as_object_mut().unwrap().remove(part).is_some());
    }
    assert_eq!(serde_json::from_value::<Timeline>(json).unwrap(), fold(&events_of(&textbook_course())));
}

#[test]
fn a_fill_that_was_not_stored_was_asked_for_and_nothing_else() {
    let mut tally = Tally::default();
    tally.count(Outcome::NotStored);
    assert_eq!(tally, Tally { asked: 1, ..Tally::default() });
    assert!(!Outcome::NotStored.is_failure());
}
