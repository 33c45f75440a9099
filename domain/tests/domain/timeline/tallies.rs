//! What nodes did, in counts.

use crate::support::logs::{
    Course, Legs, Log, RunCourse, events_of, fold, logs, run_courses, run_of, sequences, textbook_course,
};
use crate::support::{cases, id, key, value};
use aside_domain::timeline::Run;
use aside_domain::{Event, Fact, Method, NodeId, Outcome, Request, Stale, Tally};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, HashMap, HashSet};

type Tallies = BTreeMap<NodeId, Tally>;

/// What nodes did according to these events, written down without the code under test.
fn counted(events: &[Event]) -> Tallies {
    let mut tallies = Tallies::new();
    let mut readers = HashMap::new(); // the client of each request that reads
    let mut hops = HashMap::new();
    let mut had = HashSet::new(); // whether a cache had what a request asks for
    for event in events {
        match &event.fact {
            Fact::RequestStarted { run, request, client, asks } if asks.method == Method::Get => {
                readers.insert((*run, *request), client.clone());
            }
            Fact::HopStarted { run, request, hop, from, to, .. } => {
                hops.insert((*run, *hop), ((*run, *request), from.clone(), to.clone()));
            }
            Fact::HopEnded { run, hop, receipt } => {
                let (request, from, to) = &hops[&(*run, *hop)];
                let tally = tallies.entry(to.clone()).or_default();
                tally.asked += 1;
                tally.hits += u64::from(receipt.outcome == Outcome::Hit);
                tally.misses += u64::from(receipt.outcome == Outcome::Miss);
                tally.stored += u64::from(receipt.outcome == Outcome::Stored);
                tally.failures += u64::from(receipt.outcome.is_failure());
                if receipt.outcome == Outcome::Hit {
                    had.insert(*request);
                }
                if readers.get(request) == Some(from) && !receipt.outcome.is_failure() {
                    let hit = had.contains(request);
                    tally.hits += u64::from(hit);
                    tally.misses += u64::from(!hit);
                }
            }
            Fact::Served { tallies: served, .. } => {
                for (node, more) in served {
                    let tally = tallies.entry(node.clone()).or_default();
                    tally.asked += more.asked;
                    tally.hits += more.hits;
                    tally.misses += more.misses;
                    tally.stored += more.stored;
                    tally.failures += more.failures;
                    tally.stale += more.stale;
                    tally.stalest_us = tally.stalest_us.max(more.stalest_us);
                }
            }
            Fact::StaleRead { run, hop, stale_us } => {
                let (_, from, to) = &hops[&(*run, *hop)];
                for node in [from, to] {
                    let tally = tallies.entry(node.clone()).or_default();
                    tally.stale += 1;
                    tally.stalest_us = tally.stalest_us.max(stale_us.unwrap_or(0));
                }
            }
            _ => {}
        }
    }
    tallies
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn the_tallies_at_the_last_frame_of_the_latest_run_are_the_tallies_of_all(log in sequences(12)) {
        let timeline = fold(&log);
        if let Some(run) = timeline.latest() {
            prop_assert_eq!(&run.tallies_at(run.frames.len()), &timeline.tallies);
            if run.unseen.first().is_none_or(|unseen| unseen.frames > 0) {
                prop_assert_eq!(&run.tallies_at(0), &run.before);
            }
        }
    }

    #[test]
    fn a_run_begins_with_the_tallies_that_the_one_before_left(log in sequences(12)) {
        let timeline = fold(&log);
        let kept = timeline.runs.iter().zip(timeline.runs.iter().skip(1));
        for (earlier, later) in kept.filter(|(earlier, later)| earlier.run + 1 == later.run) {
            prop_assert_eq!(&earlier.tallies_at(usize::MAX), &later.before);
        }
    }

    #[test]
    fn tallies_count_every_receipt_and_every_stale_read_once_and_for_servers_whole_reads(log in logs(24)) {
        prop_assert_eq!(fold(&log).tallies, counted(&log));
    }

    #[test]
    fn the_tallies_of_a_single_run_are_its_own(course in run_courses(3, 3)) {
        let timeline = fold(&events_of(&course));
        let run = timeline.latest().unwrap();
        prop_assert_eq!(&run.own_tallies(), &timeline.tallies);
        prop_assert_eq!(&run.tallies_at(run.frames.len()), &timeline.tallies);
    }

    #[test]
    fn the_own_tallies_of_a_run_are_those_of_its_events_alone(log in logs(12)) {
        let timeline = fold(&log);
        for run in &timeline.runs {
            let own: Vec<Event> = log.iter().filter(|event| run_of_fact(&event.fact) == Some(run.run)).cloned().collect();
            prop_assert_eq!(run.own_tallies(), counted(&own));
        }
    }

    #[test]
    fn at_any_frame_counts_are_those_of_the_replies_so_far_and_of_what_was_served_beside_them(course in run_courses(2, 3), at in any::<Index>()) {
        let events = events_of(&course);
        let run = run_of(&course);
        let frames = at.index(run.frames.len() + 1);
        let (mut begun, mut ended, mut legs) = (0, 0, Legs::default());
        for event in &events {
            begun += usize::from(legs.flies(&event.fact));
            ended += match &event.fact {
                _ if begun > frames => 0,
                Fact::HopEnded { .. } => 1,
                Fact::Served { tallies, .. } => tallies.iter().map(|(_, tally)| tally.asked).sum(),
                _ => 0,
            };
        }
        let asked: u64 = run.tallies_at(frames).values().map(|tally| tally.asked).sum();
        prop_assert_eq!(asked, ended);
    }
}

fn run_of_fact(fact: &Fact) -> Option<u32> {
    match fact {
        Fact::RequestStarted { run, .. }
        | Fact::HopStarted { run, .. }
        | Fact::HopEnded { run, .. }
        | Fact::StaleRead { run, .. }
        | Fact::Served { run, .. } => Some(*run),
        _ => None,
    }
}

/// The server's tally after one client's run.
fn server(requests: Vec<Course>) -> Tally {
    fold(&events_of(&RunCourse::of_one(requests))).tallies[&id("server")]
}

fn read(cache: Outcome, database: Option<Outcome>) -> Course {
    Course::read("rohan", (cache, 100), database.map(|outcome| (outcome, 400)))
}

#[test]
fn a_server_counts_a_read_as_a_hit_if_any_of_its_caches_had_the_key() {
    let second = Course {
        caches: vec![(Outcome::Miss, 100), (Outcome::Refused, 100), (Outcome::Hit, 100)],
        ..Course::of(Request::get(key("rohan")))
    };
    let timeline = fold(&events_of(&RunCourse::of_one(vec![second])));
    assert_eq!(timeline.tallies[&id("server")], Tally { asked: 1, hits: 1, ..Tally::default() });
    assert_eq!(timeline.tallies[&id("redis-0")], Tally { asked: 1, misses: 1, ..Tally::default() });
    assert_eq!(timeline.tallies[&id("redis-2")], Tally { asked: 1, hits: 1, ..Tally::default() });
}

#[test]
fn a_read_that_no_cache_answered_is_one_miss_of_the_server_wherever_the_answer_came_from() {
    let misses = vec![
        read(Outcome::Miss, Some(Outcome::Found)),
        read(Outcome::Miss, Some(Outcome::NotFound)),
        read(Outcome::Miss, None),
        read(Outcome::TimedOut, Some(Outcome::Found)),
        Course { database: Some((Outcome::Found, 400)), ..Course::of(Request::get(key("rohan"))) },
    ];
    let tally = server(misses);
    assert_eq!(tally, Tally { asked: 5, misses: 5, ..Tally::default() });
    assert_eq!((tally.reads(), tally.hit_rate()), (5, Some(0.0)));
}

#[test]
fn a_read_that_failed_is_neither_a_hit_nor_a_miss_of_the_server() {
    let failed = vec![
        read(Outcome::Miss, Some(Outcome::Refused)),
        read(Outcome::Miss, Some(Outcome::TimedOut)),
        read(Outcome::Refused, None),
        Course { arrives: false, ..read(Outcome::Hit, None) },
    ];
    let tally = server(failed);
    assert_eq!(tally, Tally { asked: 4, failures: 4, ..Tally::default() });
    assert_eq!((tally.reads(), tally.hit_rate()), (0, None));
}

#[test]
fn a_read_that_was_stopped_before_its_answer_is_not_counted() {
    let mut events = events_of(&RunCourse::of_one(vec![read(Outcome::Hit, None)]));
    let answered = events.iter().position(|event| matches!(&event.fact, Fact::HopEnded { hop: 0, .. }));
    events.truncate(answered.unwrap());
    let tallies = fold(&events).tallies;
    assert_eq!(tallies.get(&id("server")), None);
    assert_eq!(tallies[&id("redis-0")].hits, 1, "the cache did answer");
}

#[test]
fn writes_are_asked_of_a_server_and_are_no_reads() {
    let write = |asks| Course {
        caches: vec![(Outcome::Hit, 100), (Outcome::Miss, 100)],
        database: Some((Outcome::Found, 400)),
        ..Course::of(asks)
    };
    let writes = vec![write(Request::put(key("rohan"), value("Pune"))), write(Request::delete(key("rohan")))];
    let tally = server(writes);
    assert_eq!((tally.asked, tally.reads(), tally.hit_rate(), tally.failures), (2, 0, None, 0));
}

#[test]
fn of_reads_and_writes_only_the_reads_make_the_hit_rate() {
    let put = Course { database: Some((Outcome::Found, 400)), ..Course::of(Request::put(key("k"), value("v"))) };
    let tally = server(vec![read(Outcome::Hit, None), put, read(Outcome::Miss, Some(Outcome::Found))]);
    assert_eq!((tally.asked, tally.hits, tally.misses, tally.hit_rate()), (3, 1, 1, Some(0.5)));
}

/// A read that hits, of which the observer says this.
fn stale(since_us: Option<u64>) -> Course {
    Course { stale: Some((since_us, 5)), ..read(Outcome::Hit, None) }
}

#[test]
fn a_stale_read_counts_for_the_cache_and_its_server_and_the_longest_is_kept() {
    let course = RunCourse::of_one(vec![
        stale(Some(700)),
        stale(Some(90_000)),
        stale(None),
        stale(Some(800)),
        read(Outcome::Hit, None),
    ]);
    let timeline = fold(&events_of(&course));
    for node in ["server", "redis-0"] {
        let tally = timeline.tallies[&id(node)];
        assert_eq!((tally.hits, tally.stale, tally.stalest_us), (5, 4, 90_000), "{node}");
    }
    assert_eq!(timeline.tallies.len(), 2, "and for nobody else");
}

#[test]
fn a_hit_that_is_found_stale_twice_is_counted_once() {
    let course = RunCourse::of_one(vec![stale(Some(700))]);
    let mut log = Log::after(events_of(&course));
    log.push(Fact::StaleRead { run: 1, hop: 1, stale_us: Some(900) });
    let timeline = fold(&log.events);
    let tally = timeline.tallies[&id("redis-0")];
    assert_eq!((tally.stale, tally.stalest_us), (1, 700));
    assert_eq!(timeline.latest().unwrap().hops[1].stale, Some(Stale { for_us: Some(700) }));
}

#[test]
fn a_stale_read_shows_in_the_tallies_from_the_reply_on_that_told_it() {
    let run = run_of(&RunCourse::of_one(vec![read(Outcome::Hit, None), stale(Some(700))]));
    let stale_at = |frames| run.tallies_at(frames).get(&id("redis-0")).map_or(0, |tally| tally.stale);
    // Four frames for each read: there, asked, told, and back.
    assert_eq!([4, 5, 6, 7, 8].map(stale_at), [0, 0, 0, 1, 1]);
}

#[test]
fn the_own_tallies_of_a_run_know_nothing_of_the_runs_before_it() {
    let mut log = Log::default();
    log.run(&RunCourse::of_one(vec![stale(Some(90_000)), read(Outcome::Miss, Some(Outcome::Found))]));
    log.run(&RunCourse::of_one(vec![stale(Some(20))]));
    let timeline = fold(&log.events);
    let tallies = |run: &Run| {
        let own = run.own_tallies();
        ["server", "redis-0"].map(|node| {
            let tally = own[&id(node)];
            (tally.hits, tally.misses, tally.stale, tally.stalest_us)
        })
    };
    assert_eq!(tallies(timeline.run(1).unwrap()), [(1, 1, 1, 90_000); 2]);
    assert_eq!(tallies(timeline.run(2).unwrap()), [(1, 0, 1, 20); 2]);
    let all = timeline.tallies[&id("server")];
    assert_eq!((all.hits, all.misses, all.stale, all.stalest_us), (2, 1, 2, 90_000));
    assert!(!timeline.run(2).unwrap().own_tallies().contains_key(&id("postgres")));
}

#[test]
fn the_same_run_again_does_the_same() {
    let mut log = Log::default();
    log.run(&textbook_course());
    log.run(&textbook_course());
    let timeline = fold(&log.events);
    let own = |run| timeline.run(run).unwrap().own_tallies();
    assert_eq!(own(1), own(2));
    assert_eq!(timeline.tallies[&id("redis-0")].asked, 2 * own(1)[&id("redis-0")].asked);
}

#[test]
fn a_cache_that_was_not_read_has_no_hit_rate() {
    assert_eq!(Tally::default().hit_rate(), None);
    assert_eq!(Tally { stored: 3, asked: 3, ..Tally::default() }.hit_rate(), None);
}
