//! The state folded from events.
//!
//! A pure fold: the same events give the same timeline on any machine, live or replayed, and a timeline that was sent as
//! a snapshot goes on exactly where it stopped: `snapshot + tail == full fold`.

mod run;
mod tally;

pub use run::{Asked, Frame, Hop, Run, Unseen};
pub use tally::Tally;

use crate::event::{BreakerNow, BreakerState, Event, Fact, Source, Stale, TrafficNow};
use crate::graph::{Leg, NodeId};
use crate::{Outcome, limits};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use tally::add_all;

/// What happened in a sandbox so far: its recent runs whole, everything before as counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The number of the last event folded in; 0 before the first.
    pub seq: u64,
    /// When that was, on the log's clock; in a snapshot, when it was taken.
    #[serde(default)]
    pub now_us: u64,
    /// The recent runs, the latest last.
    pub runs: VecDeque<Run>,
    /// What every node did, in all runs.
    pub tallies: BTreeMap<NodeId, Tally>,
    /// The circuit breakers that are not closed.
    pub breakers: Vec<BreakerNow>,
    /// The packets that are held, the longest first.
    #[serde(default)]
    pub held: Vec<Waiting>,
    /// The traffic that goes on, and since when on the log's clock.
    #[serde(default)]
    pub traffic: Option<(TrafficNow, u64)>,
    /// The number of the latest traffic, whether or not it goes on; 0 before the first.
    #[serde(default)]
    pub latest_traffic: u32,
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

/// A packet that a link holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its run.
    pub run: u32,
    /// Its hop, by the hop's number in the run.
    pub hop: u32,
    /// On which of the hop's ways.
    pub leg: Leg,
    /// Since when, on the log's clock.
    pub since_us: u64,
    /// Of a reply: what came of the hop.
    pub outcome: Option<Outcome>,
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
        (self.seq, self.now_us) = (event.seq, event.at_us);
        match &event.fact {
            Fact::RunStarted { run, clients, source } => self.begin(*run, event.at_us, clients.len() as u32, *source),
            Fact::RequestStarted { run, request, client, asks } => {
                if let Some(run) = self.run_mut(*run) {
                    let (client, asks) = (client.clone(), asks.clone());
                    let (request, answer, hit, notes) = (*request, None, false, Vec::new());
                    run.requests.push(Asked { request, client, asks, answer, hit, notes });
                    self.let_go();
                }
            }
            Fact::HopStarted { run, request, from, to, shown, .. } => {
                if let Some(run) = self.run_mut(*run) {
                    run.start_hop(event.at_us, *request, (from, to), shown);
                }
            }
            Fact::PacketHeld { run, hop, leg, outcome } => {
                let (run, hop, leg, outcome) = (*run, *hop, *leg, *outcome);
                self.held.push(Waiting { run, hop, leg, since_us: event.at_us, outcome });
                if let Some(hop) = self.run_mut(run).and_then(|run| run.hops.get_mut(hop as usize)) {
                    hop.held = Some(leg);
                }
            }
            Fact::PacketReleased { run, hop, why } => {
                self.held.retain(|held| held.run != *run || held.hop != *hop);
                if let Some(run) = self.run_mut(*run) {
                    run.release(*hop, event.at_us, *why);
                }
            }
            Fact::HopEnded { run, hop, receipt } => {
                // By index, because the tallies are changed while the run is read.
                let Some(run) = self.runs.iter().rposition(|kept| kept.run == *run) else { return Ok(()) };
                if self.runs[run].end_hop(*hop, event.at_us, receipt) {
                    let run = &self.runs[run];
                    run.count(&run.hops[*hop as usize], |number| run.asked(number), &mut self.tallies);
                }
            }
            Fact::Noted { run, request, note } => {
                if let Some(asked) = self.run_mut(*run).and_then(|run| run.asked_mut(*request)) {
                    asked.notes.push(note.clone());
                }
            }
            Fact::StaleRead { run, hop, stale_us } => {
                let hop = self.run_mut(*run).and_then(|run| run.hops.get_mut(*hop as usize));
                if let Some(hop) = hop.filter(|hop| hop.stale.is_none()) {
                    hop.stale = Some(Stale { for_us: *stale_us });
                    let (server, cache) = (hop.from.clone(), hop.to.clone());
                    self.tallies.entry(server).or_default().count_stale(*stale_us);
                    self.tallies.entry(cache).or_default().count_stale(*stale_us);
                }
            }
            Fact::BreakerMoved(now) => {
                moved(&mut self.breakers, now);
                for run in self.runs.iter_mut().filter(|run| !run.is_over()) {
                    run.breakers.push((run.frames.len() as u32, now.clone()));
                }
            }
            Fact::RequestEnded { run, request, status, answer } => {
                if let Some(asked) = self.run_mut(*run).and_then(|run| run.asked_mut(*request)) {
                    asked.answer = Some((*status, answer.clone()));
                }
            }
            Fact::RunEnded { run, end } => {
                if let Some(run) = self.run_mut(*run) {
                    run.ended = Some((event.at_us, *end));
                    self.let_go();
                }
            }
            Fact::Served { run, requests, tallies } => {
                add_all(&mut self.tallies, tallies.iter().map(|(node, tally)| (node, tally)));
                if let Some(run) = self.run_mut(*run) {
                    run.serve(*requests, tallies);
                }
            }
            Fact::TrafficStarted(now) => {
                self.latest_traffic = now.number;
                self.traffic = Some((now.clone(), event.at_us));
            }
            Fact::TrafficEnded { number } => {
                self.traffic = self.traffic.take().filter(|(now, _)| now.number != *number)
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

    fn begin(&mut self, run: u32, started_us: u64, lanes: u32, source: Source) {
        let before = self.tallies.clone();
        let breakers = self.breakers.iter().map(|now| (0, now.clone())).collect();
        self.runs.push_back(Run {
            run,
            source,
            started_us,
            ended: None,
            lanes: lanes.max(1),
            requests: Vec::new(),
            hops: Vec::new(),
            frames: Vec::new(),
            before,
            breakers,
            unseen: Vec::new(),
        });
        self.let_go();
    }

    /// Lets runs go until the rest is within the limits.
    fn let_go(&mut self) {
        while let Some(run) = self.surplus() {
            self.runs.remove(run);
        }
    }

    /// The run that is let go next, by its place, if there are too many: the oldest, but a sample of traffic before what
    /// somebody pressed Play for. The latest stays, and what is not over.
    fn surplus(&self) -> Option<usize> {
        let before_latest = self.runs.len().saturating_sub(1);
        let oldest = |is_sample: bool| {
            let goes = |run: &Run| run.is_over() && run.is_sample() == is_sample;
            self.runs.iter().take(before_latest).position(goes)
        };
        let samples = self.runs.iter().filter(|run| run.is_sample()).count();
        let requests: usize = self.runs.iter().map(|run| run.requests.len()).sum();
        if self.runs.len() > limits::RUNS_KEPT || requests > limits::REQUESTS_KEPT {
            oldest(true).or_else(|| oldest(false))
        } else if samples > limits::SAMPLES_KEPT {
            oldest(true)
        } else {
            None
        }
    }
}

/// Brings a list of the breakers that are not closed up to date.
fn moved(breakers: &mut Vec<BreakerNow>, now: &BreakerNow) {
    breakers.retain(|other| (&other.server, &other.cache) != (&now.server, &now.cache));
    if now.state != BreakerState::Closed {
        breakers.push(now.clone());
    }
}
