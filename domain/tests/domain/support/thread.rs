//! What one client does in a run, step by step: it waits for each answer before it asks again.

use super::id;
use super::logs::Course;
use aside_domain::{BreakerState, Method, NodeId, Note, Outcome, Receipt, Reply, Request};

/// Something that the engine would record about a client.
pub enum Step {
    Request(Request),
    HopStarted { from: NodeId, to: NodeId, shown: String },
    HopEnded(Receipt),
    StaleRead { nth: usize, stale_us: Option<u64> },
    Noted(Note),
    BreakerMoved(BreakerState),
    RequestEnded { status: u16 },
    DataChanged(NodeId),
}

pub struct Thread {
    client: NodeId,
    now_us: u64,
    /// Hops that it started.
    hops: usize,
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
        let (hops, injected_us, steps) = (0, 0, Vec::new());
        Self { client, now_us, hops, injected_us, steps }
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

    /// The server asks a store.
    fn ask(&mut self, course: &Course, to: &NodeId, command: &str, (outcome, took_us): (Outcome, u64)) {
        let key = &course.asks.key;
        self.start(&id("server"), to, format!("{command} {key}"));
        self.wait(course.delay_us);
        self.now_us += took_us;
        self.step(Step::HopEnded(Receipt {
            outcome,
            sent: Some(format!("{command} aside:{{x:y}}:{key}")),
            reply: Reply::of(outcome.word()),
            took_us,
            injected_us: course.delay_us,
            held_us: 0,
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
        self.injected_us = 0;
        self.step(Step::Request(course.asks.clone()));
        let started_us = self.now_us;
        self.start(&client, &server, format!("{} /{}", course.asks.method, course.asks.key));
        self.wait(course.delay_us / 2);
        self.now_us += course.between_us;
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
        self.step(Step::HopEnded(Receipt {
            outcome,
            sent: None,
            reply: Reply::of("Rohan, Mumbai"),
            took_us: self.now_us - started_us - self.injected_us,
            injected_us: self.injected_us,
            held_us: 0,
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
