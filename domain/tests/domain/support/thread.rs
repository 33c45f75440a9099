//! What one client does in a run, step by step: it waits for each answer before it asks again.

use super::courses::Course;
use super::id;
use aside_domain::{BreakerState, Leg, Method, NodeId, Note, Outcome, Receipt, Released, Reply, Request, Tally};

/// Something that the engine would record about a client.
pub enum Step {
    Request(Request),
    HopStarted { from: NodeId, to: NodeId, shown: String },
    PacketHeld { leg: Leg, outcome: Option<Outcome> },
    PacketReleased(Released),
    HopEnded(Receipt),
    StaleRead { nth: usize, stale_us: Option<u64> },
    Noted(Note),
    BreakerMoved(BreakerState),
    Served(u64, Vec<(NodeId, Tally)>),
    RequestEnded { status: u16 },
    DataChanged(NodeId),
}

pub struct Thread {
    client: NodeId,
    now_us: u64,
    /// Hops that it started.
    hops: usize,
    /// Those of the requests before.
    earlier: usize,
    /// For how long packets of the request were held so far.
    held_us: u64,
    /// What was injected into the request so far.
    injected_us: u64,
    /// Each with its time; the observer's come later than they stand here.
    pub steps: Vec<(u64, Step)>,
}

fn cache(index: usize) -> NodeId {
    id(&format!("redis-{index}"))
}

impl Thread {
    pub fn new(client: NodeId, now_us: u64) -> Self {
        Self { client, now_us, hops: 0, earlier: 0, held_us: 0, injected_us: 0, steps: Vec::new() }
    }

    fn step(&mut self, step: Step) {
        self.steps.push((self.now_us, step));
    }

    fn start(&mut self, from: &NodeId, to: &NodeId, shown: String) {
        let (from, to) = (from.clone(), to.clone());
        self.step(Step::HopStarted { from, to, shown });
        self.hops += 1;
    }

    fn wait(&mut self, injected_us: u64) {
        self.now_us += injected_us;
        self.injected_us += injected_us;
    }

    /// Holds the packet of a hop, the request's so manieth, on one of its ways, if that is the one; tells for how long.
    fn hold(&mut self, course: &Course, hop: usize, leg: Leg, outcome: Option<Outcome>) -> u64 {
        let Some(held) = course.held.filter(|held| (held.hop, held.leg) == (hop, leg)) else { return 0 };
        self.step(Step::PacketHeld { leg, outcome });
        self.now_us += held.held_us;
        self.held_us += held.held_us;
        self.step(Step::PacketReleased(held.why));
        held.held_us
    }

    /// The server asks a store.
    fn ask(&mut self, course: &Course, to: &NodeId, command: &str, (outcome, took_us): (Outcome, u64)) {
        let key = &course.asks.key;
        let hop = self.hops - self.earlier;
        self.start(&id("server"), to, format!("{command} {key}"));
        let there_us = self.hold(course, hop, Leg::Message, None);
        self.wait(course.delay_us);
        self.now_us += took_us;
        let back_us = self.hold(course, hop, Leg::Reply, Some(outcome));
        self.step(Step::HopEnded(Receipt {
            outcome,
            sent: Some(format!("{command} aside:{{x:y}}:{key}")),
            reply: Reply::of(outcome.word()),
            took_us,
            injected_us: course.delay_us,
            held_us: there_us + back_us,
        }));
        if outcome == Outcome::Hit
            && let Some((stale_us, later_us)) = course.stale
        {
            let nth = self.hops - 1;
            self.steps.push((self.now_us + later_us, Step::StaleRead { nth, stale_us }));
        }
        self.now_us += course.between_us;
    }

    pub fn request(&mut self, course: &Course) {
        let (client, server) = (self.client.clone(), id("server"));
        self.now_us += 1;
        (self.injected_us, self.held_us, self.earlier) = (0, 0, self.hops);
        self.step(Step::Request(course.asks.clone()));
        let started_us = self.now_us;
        self.start(&client, &server, format!("{} /{}", course.asks.method, course.asks.key));
        self.hold(course, 0, Leg::Message, None);
        self.wait(course.delay_us / 2);
        self.now_us += course.between_us;
        if let Some((requests, tallies)) = &course.served {
            self.step(Step::Served(*requests, tallies.clone()));
        }
        let (status, outcome) = if course.arrives {
            for note in &course.notes {
                self.step(Step::Noted(note.clone()));
            }
            let outcome = if course.asks.method == Method::Get { self.read(course) } else { self.write(course) };
            let status = if outcome == Outcome::NotFound { 404 } else { 200 };
            (if outcome.is_failure() { 503 } else { status }, outcome)
        } else {
            (0, Outcome::Refused)
        };
        self.wait(course.delay_us - course.delay_us / 2);
        self.hold(course, 0, Leg::Reply, Some(outcome));
        self.step(Step::HopEnded(Receipt {
            outcome,
            sent: None,
            reply: Reply::of("Rohan, Mumbai"),
            took_us: self.now_us - started_us - self.injected_us - self.held_us,
            injected_us: self.injected_us,
            held_us: self.held_us,
        }));
        self.step(Step::RequestEnded { status });
    }

    fn read(&mut self, course: &Course) -> Outcome {
        let mut missed = Vec::new();
        let mut failed = None;
        for (index, &answer) in course.caches.iter().enumerate() {
            self.ask(course, &cache(index), "GET", answer);
            self.breaker_of(index, course);
            match answer.0 {
                Outcome::Hit => return Outcome::Found,
                Outcome::Miss => missed.push(index),
                failure => failed = Some(failure),
            }
        }
        let Some(answer) = course.database else { return failed.unwrap_or(Outcome::NotFound) };
        self.ask(course, &id("postgres"), "SELECT", answer);
        if answer.0 == Outcome::Found {
            for index in missed {
                self.ask(course, &cache(index), "SET", (Outcome::Stored, course.store_us));
                self.step(Step::DataChanged(cache(index)));
            }
        }
        answer.0
    }

    /// Writes the database, and then deletes the key from the caches.
    fn write(&mut self, course: &Course) -> Outcome {
        let Some((found, took_us)) = course.database else { return Outcome::NotFound };
        let (command, written) = match (course.asks.method, found) {
            (Method::Put, Outcome::Found | Outcome::NotFound) => ("INSERT", Outcome::Stored),
            (_, Outcome::Found) => ("DELETE", Outcome::Deleted),
            (_, other) => ("DELETE", other),
        };
        self.ask(course, &id("postgres"), command, (written, took_us));
        if written.is_failure() {
            return written;
        }
        self.step(Step::DataChanged(id("postgres")));
        for (index, &(knows, took_us)) in course.caches.iter().enumerate() {
            let told = match knows {
                Outcome::Hit => Outcome::Deleted,
                Outcome::Miss => Outcome::NotFound,
                failure => failure,
            };
            self.ask(course, &cache(index), "DEL", (told, took_us));
            self.breaker_of(index, course);
        }
        written
    }

    fn breaker_of(&mut self, index: usize, course: &Course) {
        if let (0, Some(state)) = (index, course.breaker) {
            self.step(Step::BreakerMoved(state));
        }
    }
}
