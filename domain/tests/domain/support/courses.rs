//! How runs go: what clients ask, what the stores say and after how long, and what else happens to them.

use super::{id, key, value};
use aside_domain::{BreakerState, Leg, NodeId, Note, Outcome, Released, Request, Source, Tally};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// How one request goes.
#[derive(Debug, Clone)]
pub struct Course {
    pub asks: Request,
    /// Whether the request reaches its server at all.
    pub arrives: bool,
    /// What the caches say, and after how many microseconds; a read does not ask those behind the first hit.
    pub caches: Vec<(Outcome, u64)>,
    /// What the database says, if it is asked and there is one.
    pub database: Option<(Outcome, u64)>,
    /// How long a cache takes to store.
    pub store_us: u64,
    /// Injected delay of every hop; it is no part of a measurement.
    pub delay_us: u64,
    /// What the server does between two hops.
    pub between_us: u64,
    /// How the observer finds a hit stale, if it does: since when, and how many microseconds after the hit it says so.
    pub stale: Option<(Option<u64>, u64)>,
    /// What is noted about it.
    pub notes: Vec<Note>,
    /// How the breaker between server and first cache moves, once that cache was asked.
    pub breaker: Option<BreakerState>,
    /// Which of its packets is held.
    pub held: Option<Held>,
    /// What is served beside it and not told one by one: how many requests, and what nodes did.
    pub served: Option<(u64, Vec<(NodeId, Tally)>)>,
}

/// A packet that is held: of which hop of its request, from 0, on which way, for how long, and why it goes on.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    pub hop: usize,
    pub leg: Leg,
    pub held_us: u64,
    pub why: Released,
}

impl Course {
    /// A request that meets no store, no delay and nothing worth a note.
    pub fn of(asks: Request) -> Self {
        Self {
            asks,
            arrives: true,
            caches: Vec::new(),
            database: None,
            store_us: 95,
            delay_us: 0,
            between_us: 6,
            stale: None,
            notes: Vec::new(),
            breaker: None,
            held: None,
            served: None,
        }
    }

    /// A read of which one cache and perhaps the database say this.
    pub fn read(text: &str, cache: (Outcome, u64), database: Option<(Outcome, u64)>) -> Self {
        Self { caches: vec![cache], database, ..Self::of(Request::get(key(text))) }
    }
}

/// How a run goes: the courses of every client's requests, and where it is stopped.
#[derive(Debug, Clone)]
pub struct RunCourse {
    pub clients: Vec<Vec<Course>>,
    pub stop: Option<Index>,
    pub source: Source,
}

impl RunCourse {
    /// One client's run, to its end.
    pub fn of_one(requests: Vec<Course>) -> Self {
        Self { clients: vec![requests], stop: None, source: Source::Play }
    }
}

/// The textbook's run, with times as a machine of today takes them: two hits, then a miss that fills the cache.
pub fn textbook_course() -> RunCourse {
    RunCourse::of_one(vec![
        Course::read("rohan", (Outcome::Hit, 118), None),
        Course::read("john", (Outcome::Hit, 84), None),
        Course::read("doe", (Outcome::Miss, 79), Some((Outcome::Found, 412))),
    ])
}

pub fn took_us() -> impl Strategy<Value = u64> {
    prop_oneof![0..150_u64, 100..3_000_u64, 2_000..400_000_u64]
}

pub fn breaker_states() -> impl Strategy<Value = BreakerState> {
    select(vec![BreakerState::Closed, BreakerState::HalfOpen, BreakerState::Open])
}

fn notes() -> impl Strategy<Value = Note> {
    let shown = "GET rohan".to_owned();
    prop_oneof![
        (1..9_u32, took_us()).prop_map(|(leader, waited_us)| Note::Waited { leader, waited_us }),
        Just(Note::NotSent { cache: id("redis-0"), shown }),
        took_us().prop_map(|left_us| Note::RefreshedEarly { left_us }),
    ]
}

fn holds() -> impl Strategy<Value = Held> {
    let leg = select(vec![Leg::Message, Leg::Reply]);
    let why = select(vec![Released::ByHand, Released::ByHand, Released::InTime]);
    (0..5_usize, leg, took_us(), why).prop_map(|(hop, leg, held_us, why)| Held { hop, leg, held_us, why })
}

/// What nodes did in requests that are not told one by one.
pub fn served() -> impl Strategy<Value = (u64, Vec<(NodeId, Tally)>)> {
    let numbers = (0..900_u64, 0..900_u64, 0..90_u64, 0..9_u64, 0..9_u64, took_us());
    let tally = numbers.prop_map(|(hits, misses, stored, failures, stale, stalest_us)| {
        let asked = hits + misses + stored + failures;
        Tally { asked, hits, misses, stored, failures, stale, stalest_us }
    });
    let node = select(vec!["server", "redis-0", "postgres"]).prop_map(id);
    (1..2_000_u64, vec((node, tally), 0..3))
}

fn courses() -> impl Strategy<Value = Course> {
    let outcome = |outcomes: &'static [Outcome]| select(outcomes);
    let cache = outcome(&[Outcome::Hit, Outcome::Miss, Outcome::Miss, Outcome::Refused, Outcome::TimedOut]);
    let database = outcome(&[Outcome::Found, Outcome::NotFound, Outcome::Refused, Outcome::TimedOut]);
    let keys = || select(vec!["rohan", "john", "doe"]).prop_map(key);
    let asks = prop_oneof![
        3 => keys().prop_map(Request::get),
        1 => keys().prop_map(|key| Request::put(key, value("Rohan, Pune"))),
        1 => keys().prop_map(Request::delete),
    ];
    let stores = (vec((cache, took_us()), 0..3), option::weighted(0.8, (database, took_us())), took_us(), 0..500_u64);
    let delay_us = prop_oneof![3 => Just(0), 1 => 0..200_000_u64];
    let stale = option::weighted(0.5, (option::of(took_us()), took_us()));
    let beside = (stale, vec(notes(), 0..2), option::weighted(0.3, breaker_states()));
    let beside = (beside, option::weighted(0.3, holds()), option::weighted(0.1, served()));
    (asks, proptest::bool::weighted(0.9), stores, delay_us, beside).prop_map(
        |(asks, arrives, (caches, database, store_us, between_us), delay_us, (beside, held, served))| {
            let (stale, notes, breaker) = beside;
            Course {
                asks,
                arrives,
                caches,
                database,
                store_us,
                delay_us,
                between_us,
                stale,
                notes,
                breaker,
                held,
                served,
            }
        },
    )
}

/// Runs of one to so many clients, which may be stopped.
pub fn run_courses(clients: usize, requests: usize) -> impl Strategy<Value = RunCourse> {
    let stop = option::weighted(0.3, any::<Index>());
    let source = select(vec![Source::Play, Source::Play, Source::Traffic, Source::Outside]);
    (vec(vec(courses(), 1..=requests), 1..=clients), stop, source).prop_map(|(clients, stop, source)| RunCourse {
        clients,
        stop,
        source,
    })
}
