//! Logs as an engine would write them: several clients beside each other, hops inside hops, receipts, packets that are held,
//! stops in the middle, traffic that is not told one by one, what the observer sees, and what breakers and people do meanwhile.

pub use super::courses::{Course, Held, RunCourse, run_courses, textbook_course};

use super::courses::{breaker_states, served};
use super::id;
use super::thread::{Step, Thread};
use aside_domain::timeline::Run;
use aside_domain::{BreakerNow, Event, Fact, Leg, NodeId, Released, RunEnd, Tally, Timeline, TrafficNow};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::HashMap;

/// Something in a log. An [`Index`] picks a moment of a run, or one of the runs so far.
#[derive(Debug, Clone)]
enum Happening {
    Run(RunCourse),
    /// A run in whose middle others happen.
    Around(RunCourse, Index, Vec<RunCourse>),
    Served(Option<Index>, u64, Vec<(NodeId, Tally)>),
    TrafficStarted(u32),
    TrafficEnded(u32),
    DataChanged,
    Saved(u64),
    BreakerMoved(BreakerNow),
}

fn breakers() -> impl Strategy<Value = BreakerNow> {
    let cache = select(vec!["redis-0", "redis-1"]).prop_map(id);
    (cache, breaker_states()).prop_map(|(cache, state)| BreakerNow { server: id("server"), cache, state })
}

fn happenings() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => run_courses(3, 3).prop_map(Happening::Run),
        1 => served().prop_map(|(requests, tallies)| Happening::Served(None, requests, tallies)),
        1 => (1..4_u32).prop_map(Happening::TrafficStarted),
        1 => (1..4_u32).prop_map(Happening::TrafficEnded),
        2 => Just(Happening::DataChanged),
        2 => any::<u64>().prop_map(Happening::Saved),
        2 => breakers().prop_map(Happening::BreakerMoved),
    ]
}

/// Logs of up to so many happenings, with runs that hang while others come and go.
pub fn logs(most: usize) -> impl Strategy<Value = Vec<Event>> {
    let others = vec(run_courses(1, 2), 1..3);
    let around =
        (run_courses(2, 3), any::<Index>(), others).prop_map(|(run, at, others)| Happening::Around(run, at, others));
    let late = (any::<Index>(), served())
        .prop_map(|(run, (requests, tallies))| Happening::Served(Some(run), requests, tallies));
    vec(prop_oneof![8 => happenings(), 2 => around, 1 => late], 0..=most).prop_map(log_of)
}

/// Logs of up to so many happenings, in which each run is over before the next begins.
pub fn sequences(most: usize) -> impl Strategy<Value = Vec<Event>> {
    vec(happenings(), 0..=most).prop_map(log_of)
}

fn log_of(happenings: Vec<Happening>) -> Vec<Event> {
    let mut log = Log::default();
    for happening in happenings {
        match happening {
            Happening::Run(course) => log.run(&course),
            Happening::Around(course, at, others) => {
                log.run_around(&course, Some(at.index(40)), |log| others.iter().for_each(|other| log.run(other)));
            }
            Happening::Served(run, requests, tallies) => {
                let run = run.map_or(log.runs, |run| run.index(log.runs as usize + 1) as u32);
                log.push(Fact::Served { run, requests, tallies });
            }
            Happening::TrafficStarted(number) => {
                log.push(Fact::TrafficStarted(TrafficNow { number, client: id("client-0"), duration_s: 20 }));
            }
            Happening::TrafficEnded(number) => log.push(Fact::TrafficEnded { number }),
            Happening::DataChanged => log.push(Fact::DataChanged { node: id("redis-0") }),
            Happening::Saved(version) => log.push(Fact::ScenarioSaved { version, by: "tab \"1\"".to_owned() }),
            Happening::BreakerMoved(now) => log.push(Fact::BreakerMoved(now)),
        }
    }
    log.events
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

/// Everything folded.
pub fn fold(events: &[Event]) -> Timeline {
    let mut timeline = Timeline::default();
    for event in events {
        timeline.fold(event).expect("no gap");
    }
    timeline
}

/// Which packets fly on when they are let go: it tells for each fact whether something begins to fly.
#[derive(Debug, Default)]
pub struct Legs(HashMap<(u32, u32), Leg>);

impl Legs {
    pub fn flies(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::HopStarted { .. } | Fact::HopEnded { .. } => true,
            Fact::PacketHeld { run, hop, leg, .. } => {
                self.0.insert((*run, *hop), *leg);
                false
            }
            Fact::PacketReleased { run, hop, .. } => self.0.get(&(*run, *hop)) == Some(&Leg::Message),
            _ => false,
        }
    }
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
        self.run_around(course, None, |_| ());
    }

    /// A whole run, and something else after so many of its events behind its start.
    pub fn run_around(&mut self, course: &RunCourse, after: Option<usize>, meanwhile: impl FnOnce(&mut Self)) {
        self.runs += 1;
        let run = self.runs;
        let clients = course.clients.iter().enumerate();
        let clients = clients.map(|(index, requests)| (client(index), requests.len() as u32)).collect();
        self.push(Fact::RunStarted { run, clients, source: course.source });
        let mut facts = facts_of(run, course, self.now_us() + 1);
        let rest = facts.split_off(after.map_or(facts.len(), |after| after.min(facts.len())));
        facts.into_iter().for_each(|(at_us, fact)| self.push_at(at_us, fact));
        let began_us = self.now_us();
        meanwhile(self);
        let later_us = self.now_us() - began_us;
        rest.into_iter().for_each(|(at_us, fact)| self.push_at(at_us + later_us, fact));
    }
}

fn client(index: usize) -> NodeId {
    id(&format!("client-{index}"))
}

/// All that an engine would tell of a run behind its start, with the times.
fn facts_of(run: u32, course: &RunCourse, now_us: u64) -> Vec<(u64, Fact)> {
    let mut steps: Vec<(u64, usize, Step)> = Vec::new();
    for (index, requests) in course.clients.iter().enumerate() {
        let mut thread = Thread::new(client(index), now_us);
        requests.iter().for_each(|course| thread.request(course));
        steps.extend(thread.steps.into_iter().map(|(at_us, step)| (at_us, index, step)));
    }
    steps.sort_by_key(|(at_us, index, _)| (*at_us, *index));
    if let Some(stop) = &course.stop {
        steps.truncate(stop.index(steps.len() + 1));
    }
    let mut facts = Vec::with_capacity(steps.len() + 1);
    let (mut requests, mut hops) = (0, 0);
    let mut asking = vec![0; course.clients.len()]; // the request that each client waits for
    let mut begun = vec![Vec::new(); course.clients.len()]; // all its hops
    let mut open = vec![Vec::new(); course.clients.len()]; // those under way, the innermost last
    let mut hanging = Vec::new();
    for (at_us, index, step) in steps {
        let request = asking[index];
        let fact = match step {
            Step::Request(asks) => {
                requests += 1;
                asking[index] = requests;
                Fact::RequestStarted { run, request: requests, client: client(index), asks }
            }
            Step::HopStarted { from, to, shown } => {
                begun[index].push(hops);
                open[index].push(hops);
                hops += 1;
                Fact::HopStarted { run, request, hop: hops - 1, from, to, shown }
            }
            Step::PacketHeld { leg, outcome } => {
                let hop = *open[index].last().expect("a hop under way");
                hanging.push(hop);
                Fact::PacketHeld { run, hop, leg, outcome }
            }
            Step::PacketReleased(why) => {
                let hop = *open[index].last().expect("a hop under way");
                hanging.retain(|hanging| *hanging != hop);
                Fact::PacketReleased { run, hop, why }
            }
            Step::HopEnded(receipt) => {
                Fact::HopEnded { run, hop: open[index].pop().expect("a hop under way"), receipt }
            }
            Step::StaleRead { nth, stale_us } => Fact::StaleRead { run, hop: begun[index][nth], stale_us },
            Step::Noted(note) => Fact::Noted { run, request, note },
            Step::BreakerMoved(state) => {
                Fact::BreakerMoved(BreakerNow { server: id("server"), cache: id("redis-0"), state })
            }
            Step::Served(requests, tallies) => Fact::Served { run, requests, tallies },
            Step::RequestEnded { status } => {
                Fact::RequestEnded { run, request, status, answer: "Rohan, Mumbai".to_owned() }
            }
            Step::DataChanged(node) => Fact::DataChanged { node },
        };
        facts.push((at_us, fact));
    }
    let end_us = facts.last().map_or(now_us, |(at_us, _)| *at_us) + 1;
    let stopped = |hop| (end_us, Fact::PacketReleased { run, hop, why: Released::Stopped });
    facts.extend(hanging.into_iter().map(stopped));
    let end = if course.stop.is_some() { RunEnd::Stopped } else { RunEnd::Completed };
    facts.push((end_us, Fact::RunEnded { run, end }));
    facts
}
