//! Logs as an engine would write them: several clients beside each other, hops inside hops, receipts, stops in the
//! middle, and what people do to the data meanwhile.

use super::{id, key};
use aside_domain::timeline::Run;
use aside_domain::{Event, Fact, NodeId, Outcome, Receipt, Reply, Request, RunEnd, Timeline};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// How one request goes.
#[derive(Debug, Clone)]
pub struct Course {
    pub key: &'static str,
    /// What the caches say, and after how many microseconds; those behind the first hit are not asked.
    pub caches: Vec<(Outcome, u64)>,
    /// What the database says if no cache has it.
    pub database: Option<(Outcome, u64)>,
    /// How long a cache takes to store.
    pub store_us: u64,
    /// Injected delay of every hop; it is no part of a measurement.
    pub delay_us: u64,
    /// What the server does between two hops.
    pub between_us: u64,
}

/// How a run goes: the courses of every client's requests, and where it is stopped.
#[derive(Debug, Clone)]
pub struct RunCourse {
    pub clients: Vec<Vec<Course>>,
    pub stop: Option<Index>,
}

/// Something in a log.
#[derive(Debug, Clone)]
pub enum Happening {
    Run(RunCourse),
    DataChanged,
    Saved(u64),
}

fn took_us() -> impl Strategy<Value = u64> {
    prop_oneof![0..150_u64, 100..3_000_u64, 2_000..400_000_u64]
}

fn courses() -> impl Strategy<Value = Course> {
    let outcome = |outcomes: &'static [Outcome]| select(outcomes);
    let cache = outcome(&[Outcome::Hit, Outcome::Miss, Outcome::Miss, Outcome::Refused, Outcome::TimedOut]);
    let database = outcome(&[Outcome::Found, Outcome::NotFound, Outcome::Refused, Outcome::TimedOut]);
    (
        select(vec!["rohan", "john", "doe"]),
        vec((cache, took_us()), 0..3),
        proptest::option::weighted(0.8, (database, took_us())),
        took_us(),
        prop_oneof![3 => Just(0), 1 => 0..200_000_u64],
        0..500_u64,
    )
        .prop_map(|(key, caches, database, store_us, delay_us, between_us)| Course {
            key,
            caches,
            database,
            store_us,
            delay_us,
            between_us,
        })
}

/// Runs of one to so many clients, which may be stopped.
pub fn run_courses(clients: usize, requests: usize) -> impl Strategy<Value = RunCourse> {
    let stop = proptest::option::weighted(0.3, any::<Index>());
    (vec(vec(courses(), 1..=requests), 1..=clients), stop).prop_map(|(clients, stop)| RunCourse { clients, stop })
}

/// Logs of up to so many happenings.
pub fn logs(happenings: usize) -> impl Strategy<Value = Vec<Event>> {
    let happening = prop_oneof![
        3 => run_courses(3, 3).prop_map(Happening::Run),
        1 => Just(Happening::DataChanged),
        1 => any::<u64>().prop_map(Happening::Saved),
    ];
    vec(happening, 0..=happenings).prop_map(|happenings| {
        let mut log = Log::default();
        for happening in happenings {
            match happening {
                Happening::Run(course) => log.run(&course),
                Happening::DataChanged => log.push(Fact::DataChanged { node: id("redis-0") }),
                Happening::Saved(version) => log.push(Fact::ScenarioSaved { version, by: "tab \"1\"".to_owned() }),
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
    let course = |key, cache, us, database| Course {
        key,
        caches: vec![(cache, us)],
        database,
        store_us: 95,
        delay_us: 0,
        between_us: 6,
    };
    RunCourse {
        clients: vec![vec![
            course("rohan", Outcome::Hit, 118, None),
            course("john", Outcome::Hit, 84, None),
            course("doe", Outcome::Miss, 79, Some((Outcome::Found, 412))),
        ]],
        stop: None,
    }
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

/// What one client's thread does, each with its time.
enum Step {
    Request(Request),
    HopStarted { from: NodeId, to: NodeId, shown: String },
    HopEnded(Receipt),
    RequestEnded,
    DataChanged(NodeId),
}

impl Log {
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
        self.push(Fact::RunStarted { run, clients: clients.collect() });
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
        let mut open = vec![Vec::new(); course.clients.len()]; // its hops under way, the innermost last
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
                    open[index].push(hops);
                    hops += 1;
                    Fact::HopStarted { run, request, hop: hops - 1, from, to, shown }
                }
                Step::HopEnded(receipt) => {
                    Fact::HopEnded { run, hop: open[index].pop().expect("a hop under way"), receipt }
                }
                Step::RequestEnded => {
                    Fact::RequestEnded { run, request, status: 200, answer: "Rohan, Mumbai".to_owned() }
                }
                Step::DataChanged(node) => Fact::DataChanged { node },
            };
            self.push_at(at_us, fact);
        }
        let end = if course.stop.is_some() { RunEnd::Stopped } else { RunEnd::Completed };
        self.push(Fact::RunEnded { run, end });
    }
}

/// One client, which waits for each answer before it asks again.
struct Thread {
    client: NodeId,
    now_us: u64,
    steps: Vec<(u64, Step)>,
}

impl Thread {
    fn new(client: NodeId, now_us: u64) -> Self {
        let steps = Vec::new();
        Self { client, now_us, steps }
    }

    fn step(&mut self, step: Step) {
        self.steps.push((self.now_us, step));
    }

    fn start(&mut self, from: &NodeId, to: &NodeId, shown: String) {
        let (from, to) = (from.clone(), to.clone());
        self.step(Step::HopStarted { from, to, shown });
    }

    /// The server asks a store.
    fn ask(&mut self, course: &Course, to: &NodeId, command: &str, (outcome, took_us): (Outcome, u64)) {
        self.start(&id("server"), to, format!("{command} {}", course.key));
        self.now_us += course.delay_us + took_us;
        self.step(Step::HopEnded(Receipt {
            outcome,
            sent: Some(format!("{command} aside:{{x:y}}:{}", course.key)),
            reply: Reply::of(outcome.word()),
            took_us,
        }));
        self.now_us += course.between_us;
    }

    fn request(&mut self, course: &Course) {
        let (client, server) = (self.client.clone(), id("server"));
        let cache = |index: usize| id(&format!("redis-{index}"));
        self.now_us += 1;
        self.step(Step::Request(Request::get(key(course.key))));
        let started_us = self.now_us;
        self.start(&client, &server, format!("GET /{}", course.key));
        self.now_us += course.between_us;
        let mut hit = false;
        let mut missed = Vec::new();
        for (index, &answer) in course.caches.iter().enumerate() {
            self.ask(course, &cache(index), "GET", answer);
            hit = answer.0 == Outcome::Hit;
            if hit {
                break;
            }
            if answer.0 == Outcome::Miss {
                missed.push(index);
            }
        }
        if let (false, Some(answer)) = (hit, course.database) {
            self.ask(course, &id("postgres"), "SELECT", answer);
            hit = answer.0 == Outcome::Found;
        }
        for index in missed.into_iter().filter(|_| hit) {
            self.ask(course, &cache(index), "SET", (Outcome::Stored, course.store_us));
            self.step(Step::DataChanged(cache(index)));
        }
        let outcome = if hit { Outcome::Found } else { Outcome::NotFound };
        self.step(Step::HopEnded(Receipt {
            outcome,
            sent: None,
            reply: Reply::of("Rohan, Mumbai"),
            took_us: self.now_us - started_us,
        }));
        self.step(Step::RequestEnded);
    }
}
