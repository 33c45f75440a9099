//! The state folded from events.
//!
//! A pure fold: the same events give the same timeline on any machine, live or replayed, and a timeline that was sent as
//! a snapshot goes on exactly where it stopped: `snapshot + tail == full fold`.

use crate::event::{Event, Fact, Receipt, RunEnd};
use crate::graph::{NodeId, Request};
use crate::{Outcome, limits};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// What happened in a sandbox so far: its recent runs whole, everything before as counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The number of the last event folded in; 0 before the first.
    pub seq: u64,
    /// The recent runs, the latest last.
    pub runs: VecDeque<Run>,
    /// What every node did, in all runs.
    pub tallies: BTreeMap<NodeId, Tally>,
    /// How often the data of a store changed.
    pub data: BTreeMap<NodeId, u64>,
    /// The version of the scenario that was saved last, and by which tab, if any was since the log began.
    pub saved: Option<(u64, String)>,
}

/// An event is missing: the reader has to ask for a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected event {expected}, got {got}")]
pub struct Gap {
    /// The number that had to come.
    pub expected: u64,
    /// The number that came.
    pub got: u64,
}

/// One press of Play.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its number in the sandbox, from 1.
    pub run: u32,
    /// When it began, on the log's clock.
    pub started_us: u64,
    /// When and how it ended.
    pub ended: Option<(u64, RunEnd)>,
    /// How many clients ran beside each other.
    pub lanes: u32,
    /// Its requests as they started.
    pub requests: Vec<Asked>,
    /// Its hops as they started; a hop's number is its index.
    pub hops: Vec<Hop>,
    /// One frame for each leg of a hop: the message, and the reply.
    pub frames: Vec<Frame>,
    /// What every node had done before this run.
    pub before: BTreeMap<NodeId, Tally>,
}

/// A request of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Its number in the run, from 1.
    pub request: u32,
    /// Who sent it.
    pub client: NodeId,
    /// What it asks.
    pub asks: Request,
    /// The status code and the answer, once it is answered.
    pub answer: Option<(u16, String)>,
}

/// One exchange between two linked nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The number of the request that it serves.
    pub request: u32,
    /// Who asked.
    pub from: NodeId,
    /// Who was asked.
    pub to: NodeId,
    /// The command as a learner would write it.
    pub shown: String,
    /// The evidence, once it ended.
    pub receipt: Option<Receipt>,
    /// The index of the frame in which the message flies.
    pub message_frame: u32,
    /// The index of the frame in which the reply flies.
    pub reply_frame: Option<u32>,
}

/// The timeline at one event: a message or a reply is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// When, on the log's clock.
    pub at_us: u64,
    /// The hop's index.
    pub hop: u32,
    /// Which of its two ways.
    pub leg: Leg,
}

/// One of a hop's two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leg {
    /// There.
    Message,
    /// Back.
    Reply,
}

/// What a node did, in counts. Which of them mean something depends on its kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Exchanges in which it was asked.
    pub asked: u64,
    /// Reads that a cache answered.
    pub hits: u64,
    /// Reads that it could not.
    pub misses: u64,
    /// Values that it was given.
    pub stored: u64,
    /// Exchanges that failed.
    pub failures: u64,
}

impl Tally {
    /// Counts one exchange.
    pub const fn count(&mut self, outcome: Outcome) {
        self.asked += 1;
        match outcome {
            Outcome::Hit => self.hits += 1,
            Outcome::Miss => self.misses += 1,
            Outcome::Stored => self.stored += 1,
            Outcome::Refused | Outcome::TimedOut => self.failures += 1,
            Outcome::Found | Outcome::NotFound | Outcome::Deleted => {}
        }
    }

    /// The part of a cache's reads that it answered, from 0 to 1; none before the first.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        let reads = self.hits + self.misses;
        (reads > 0).then(|| self.hits as f64 / reads as f64)
    }
}

impl Timeline {
    /// Folds one event in. One that is already in is passed over, so a reader may be sent the same twice.
    ///
    /// # Errors
    /// If an event is missing in between; nothing is changed then.
    pub fn fold(&mut self, event: &Event) -> Result<(), Gap> {
        if event.seq <= self.seq {
            return Ok(());
        }
        if event.seq != self.seq + 1 {
            return Err(Gap { expected: self.seq + 1, got: event.seq });
        }
        self.seq = event.seq;
        match &event.fact {
            Fact::RunStarted { run, clients } => self.begin(*run, event.at_us, clients.len() as u32),
            Fact::RequestStarted { run, request, client, asks } => {
                if let Some(run) = self.run_mut(*run) {
                    let (client, asks) = (client.clone(), asks.clone());
                    run.requests.push(Asked { request: *request, client, asks, answer: None });
                    self.let_go();
                }
            }
            Fact::HopStarted { run, request, from, to, shown, .. } => {
                if let Some(run) = self.run_mut(*run) {
                    let message_frame = run.frames.len() as u32;
                    run.frames.push(Frame { at_us: event.at_us, hop: run.hops.len() as u32, leg: Leg::Message });
                    run.hops.push(Hop {
                        request: *request,
                        from: from.clone(),
                        to: to.clone(),
                        shown: shown.clone(),
                        receipt: None,
                        message_frame,
                        reply_frame: None,
                    });
                }
            }
            Fact::HopEnded { run, hop, receipt } => {
                let asked = self.run_mut(*run).and_then(|run| run.end_hop(*hop, event.at_us, receipt));
                if let Some(node) = asked {
                    self.tallies.entry(node).or_default().count(receipt.outcome);
                }
            }
            Fact::RequestEnded { run, request, status, answer } => {
                let asked = self
                    .run_mut(*run)
                    .and_then(|run| run.requests.iter_mut().rev().find(|asked| asked.request == *request));
                if let Some(asked) = asked {
                    asked.answer = Some((*status, answer.clone()));
                }
            }
            Fact::RunEnded { run, end } => {
                if let Some(run) = self.run_mut(*run) {
                    run.ended = Some((event.at_us, *end));
                }
            }
            Fact::DataChanged { node } => *self.data.entry(node.clone()).or_default() += 1,
            Fact::ScenarioSaved { version, by } => self.saved = Some((*version, by.clone())),
        }
        Ok(())
    }

    /// The latest run.
    #[must_use]
    pub fn latest(&self) -> Option<&Run> {
        self.runs.back()
    }

    /// The run of that number, if it is still kept.
    #[must_use]
    pub fn run(&self, number: u32) -> Option<&Run> {
        self.runs.iter().rev().find(|run| run.run == number)
    }

    fn run_mut(&mut self, number: u32) -> Option<&mut Run> {
        self.runs.iter_mut().rev().find(|run| run.run == number)
    }

    fn begin(&mut self, run: u32, started_us: u64, lanes: u32) {
        let before = self.tallies.clone();
        self.runs.push_back(Run {
            run,
            started_us,
            ended: None,
            lanes: lanes.max(1),
            requests: Vec::new(),
            hops: Vec::new(),
            frames: Vec::new(),
            before,
        });
        self.let_go();
    }

    /// Lets the oldest runs go until the rest is within the limits; the latest stays.
    fn let_go(&mut self) {
        let requests = |runs: &VecDeque<Run>| runs.iter().map(|run| run.requests.len()).sum::<usize>();
        while self.runs.len() > 1
            && (self.runs.len() > limits::RUNS_KEPT || requests(&self.runs) > limits::REQUESTS_KEPT)
        {
            self.runs.pop_front();
        }
    }
}

impl Run {
    /// Whether its last event has come.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// How long it took, or takes so far, in microseconds.
    #[must_use]
    pub fn took_us(&self) -> u64 {
        let last = self.ended.map(|(at_us, _)| at_us).or_else(|| self.frames.last().map(|frame| frame.at_us));
        last.unwrap_or(self.started_us) - self.started_us
    }

    /// What every node had done at the end of the first `frames` frames of this run.
    #[must_use]
    pub fn tallies_at(&self, frames: usize) -> BTreeMap<NodeId, Tally> {
        let mut tallies = self.before.clone();
        for frame in self.frames.iter().take(frames).filter(|frame| frame.leg == Leg::Reply) {
            if let Some(hop) = self.hops.get(frame.hop as usize)
                && let Some(receipt) = &hop.receipt
            {
                tallies.entry(hop.to.clone()).or_default().count(receipt.outcome);
            }
        }
        tallies
    }

    /// The hop whose leg flies in the frame of that index.
    #[must_use]
    pub fn hop_of(&self, frame: usize) -> Option<(&Hop, Leg)> {
        let frame = self.frames.get(frame)?;
        Some((self.hops.get(frame.hop as usize)?, frame.leg))
    }

    /// Ends a hop and tells whom it asked; none if there is no such hop, or it ended before.
    fn end_hop(&mut self, number: u32, at_us: u64, receipt: &Receipt) -> Option<NodeId> {
        let hop = self.hops.get_mut(number as usize).filter(|hop| hop.receipt.is_none())?;
        hop.receipt = Some(receipt.clone());
        hop.reply_frame = Some(self.frames.len() as u32);
        self.frames.push(Frame { at_us, hop: number, leg: Leg::Reply });
        Some(hop.to.clone())
    }
}
