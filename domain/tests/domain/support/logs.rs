//! Logs as an engine would write them: several clients beside each other, hops inside hops, receipts, stops in the
//! middle, what the observer sees, and what breakers and people do meanwhile.

use super::thread::{Step, Thread};
use super::{id, key, value};
use aside_domain::timeline::Run;
use aside_domain::{BreakerNow, BreakerState, Event, Fact, Note, Outcome, Request, RunEnd, Source, Timeline};
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
}

impl RunCourse {
    /// One client's run, to its end.
    pub fn of_one(requests: Vec<Course>) -> Self {
        Self { clients: vec![requests], stop: None }
    }
}

/// Something in a log.
#[derive(Debug, Clone)]
pub enum Happening {
    Run(RunCourse),
    DataChanged,
    Saved(u64),
    BreakerMoved(BreakerNow),
}

fn took_us() -> impl Strategy<Value = u64> {
    prop_oneof![0..150_u64, 100..3_000_u64, 2_000..400_000_u64]
}

fn breaker_states() -> impl Strategy<Value = BreakerState> {
    select(vec![BreakerState::Closed, BreakerState::HalfOpen, BreakerState::Open])
}

fn breakers() -> impl Strategy<Value = BreakerNow> {
    let cache = select(vec!["redis-0", "redis-1"]).prop_map(id);
    (cache, breaker_states()).prop_map(|(cache, state)| BreakerNow { server: id("server"), cache, state })
}

fn notes() -> impl Strategy<Value = Note> {
    let shown = "GET rohan".to_owned();
    prop_oneof![
        (1..9_u32, took_us()).prop_map(|(leader, waited_us)| Note::Waited { leader, waited_us }),
        Just(Note::NotSent { cache: id("redis-0"), shown }),
    ]
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
    (asks, proptest::bool::weighted(0.9), stores, delay_us, beside).prop_map(
        |(asks, arrives, (caches, database, store_us, between_us), delay_us, (stale, notes, breaker))| Course {
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
        },
    )
}

/// Runs of one to so many clients, which may be stopped.
pub fn run_courses(clients: usize, requests: usize) -> impl Strategy<Value = RunCourse> {
    let stop = option::weighted(0.3, any::<Index>());
    (vec(vec(courses(), 1..=requests), 1..=clients), stop).prop_map(|(clients, stop)| RunCourse { clients, stop })
}

/// Logs of up to so many happenings.
pub fn logs(happenings: usize) -> impl Strategy<Value = Vec<Event>> {
    let happening = prop_oneof![
        3 => run_courses(3, 3).prop_map(Happening::Run),
        1 => Just(Happening::DataChanged),
        1 => any::<u64>().prop_map(Happening::Saved),
        1 => breakers().prop_map(Happening::BreakerMoved),
    ];
    vec(happening, 0..=happenings).prop_map(|happenings| {
        let mut log = Log::default();
        for happening in happenings {
            match happening {
                Happening::Run(course) => log.run(&course),
                Happening::DataChanged => log.push(Fact::DataChanged { node: id("redis-0") }),
                Happening::Saved(version) => log.push(Fact::ScenarioSaved { version, by: "tab \"1\"".to_owned() }),
                Happening::BreakerMoved(now) => log.push(Fact::BreakerMoved(now)),
            }
        }
        log.events
    })
}

/// Runs of up to so many clients and requests each, folded.
pub fn runs(clients: usize, requests: usize) -> impl Strategy<Value = Run> {
    run_courses(clients, requests).prop_map(|course| run_of(&course))
}

/// The run that a course gives.
pub fn run_of(course: &RunCourse) -> Run {
    latest(&events_of(course))
}

/// The log of one run.
pub fn events_of(course: &RunCourse) -> Vec<Event> {
    let mut log = Log::default();
    log.run(course);
    log.events
}

/// The latest run of a log.
pub fn latest(events: &[Event]) -> Run {
    fold(events).latest().expect("a run").clone()
}

/// The textbook's run, with times as a machine of today takes them: two hits, then a miss that fills the cache.
pub fn textbook_course() -> RunCourse {
    RunCourse::of_one(vec![
        Course::read("rohan", (Outcome::Hit, 118), None),
        Course::read("john", (Outcome::Hit, 84), None),
        Course::read("doe", (Outcome::Miss, 79), Some((Outcome::Found, 412))),
    ])
}

/// Everything folded.
pub fn fold(events: &[Event]) -> Timeline {
    let mut timeline = Timeline::default();
    for event in events {
        timeline.fold(event).expect("no gap");
    }
    timeline
}

/// A log that grows.
#[derive(Debug, Default)]
pub struct Log {
    pub events: Vec<Event>,
    runs: u32,
}

impl Log {
    /// A log that begins with these.
    pub fn after(events: Vec<Event>) -> Self {
        let runs = events.iter().filter(|event| matches!(event.fact, Fact::RunStarted { .. })).count() as u32;
        Self { events, runs }
    }

    pub fn now_us(&self) -> u64 {
        self.events.last().map_or(0, |event| event.at_us)
    }

    /// Something happens a microsecond after the last.
    pub fn push(&mut self, fact: Fact) {
        self.push_at(self.now_us() + 1, fact);
    }

    fn push_at(&mut self, at_us: u64, fact: Fact) {
        let seq = self.events.len() as u64 + 1;
        self.events.push(Event { seq, at_us, fact });
    }

    /// A whole run, from its start to its end.
    pub fn run(&mut self, course: &RunCourse) {
        self.runs += 1;
        let run = self.runs;
        let client = |index: usize| id(&format!("client-{index}"));
        let clients = course.clients.iter().enumerate();
        let clients = clients.map(|(index, requests)| (client(index), requests.len() as u32));
        self.push(Fact::RunStarted { run, clients: clients.collect(), source: Source::Play });
        let mut steps: Vec<(u64, usize, Step)> = Vec::new();
        for (index, requests) in course.clients.iter().enumerate() {
            let mut thread = Thread::new(client(index), self.now_us() + 1);
            requests.iter().for_each(|course| thread.request(course));
            steps.extend(thread.steps.into_iter().map(|(at_us, step)| (at_us, index, step)));
        }
        steps.sort_by_key(|(at_us, index, _)| (*at_us, *index));
        if let Some(stop) = &course.stop {
            steps.truncate(stop.index(steps.len() + 1));
        }
        let (mut requests, mut hops) = (0, 0);
        let mut asking = vec![0; course.clients.len()]; // the request that each client waits for
        let mut begun = vec![Vec::new(); course.clients.len()]; // all its hops
        let mut open = vec![Vec::new(); course.clients.len()]; // those under way, the innermost last
        for (at_us, index, step) in steps {
            let request = asking[index];
            let fact = match step {
                Step::Request(asks) => {
                    requests += 1;
                    asking[index] = requests;
                    let client = client(index);
                    Fact::RequestStarted { run, request: requests, client, asks }
                }
                Step::HopStarted { from, to, shown } => {
                    begun[index].push(hops);
                    open[index].push(hops);
                    hops += 1;
                    Fact::HopStarted { run, request, hop: hops - 1, from, to, shown }
                }
                Step::HopEnded(receipt) => {
                    Fact::HopEnded { run, hop: open[index].pop().expect("a hop under way"), receipt }
                }
                Step::StaleRead { nth, stale_us } => Fact::StaleRead { run, hop: begun[index][nth], stale_us },
                Step::Noted(note) => Fact::Noted { run, request, note },
                Step::BreakerMoved(state) => {
                    Fact::BreakerMoved(BreakerNow { server: id("server"), cache: id("redis-0"), state })
                }
                Step::RequestEnded { status } => {
                    Fact::RequestEnded { run, request, status, answer: "Rohan, Mumbai".to_owned() }
                }
                Step::DataChanged(node) => Fact::DataChanged { node },
            };
            self.push_at(at_us, fact);
        }
        let end = if course.stop.is_some() { RunEnd::Stopped } else { RunEnd::Completed };
        self.push(Fact::RunEnded { run, end });
    }
}
