//! The state folded from events.
//!
//! A pure fold: the same events give the same timeline on any machine, live or replayed, and a timeline that was sent as
//! a snapshot goes on exactly where it stopped: `snapshot + tail == full fold`.

use crate::event::{BreakerNow, BreakerState, Event, Fact, Note, Receipt, RunEnd, Source, Stale, TrafficNow};
use crate::graph::{Kind, Leg, LinkId, Method, NodeId, Request};
use crate::{Outcome, limits};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// What happened in a sandbox so far: its recent runs whole, everything before as counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The number of the last event folded in; 0 before the first.
    pub seq: u64,
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

/// One press of Play.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its number in the sandbox, from 1.
    pub run: u32,
    /// What it is part of.
    #[serde(default)]
    pub source: Source,
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
    /// How circuit breakers moved: each with the number of frames before it. The first are those that were not closed
    /// when the run began.
    pub breakers: Vec<(u32, BreakerNow)>,
    /// What was served beside its requests without being told one by one.
    #[serde(default)]
    pub unseen: Vec<Unseen>,
}

/// What was served and not told one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// The number of frames that the run had by then.
    pub frames: u32,
    /// How many requests.
    pub requests: u64,
    /// What every node did.
    pub tallies: Vec<(NodeId, Tally)>,
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
    /// Whether a cache had what it asks for.
    pub hit: bool,
    /// What there is to say about it that no hop tells.
    pub notes: Vec<Note>,
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
    /// Whether the observer found its hit stale.
    pub stale: Option<Stale>,
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

/// What a node did, in counts. Which of them mean something depends on its kind: a store's are of its hops, and a server's
/// hits and misses are of whole reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Exchanges in which it was asked.
    pub asked: u64,
    /// Reads that a cache answered.
    pub hits: u64,
    /// Reads that it could not, or that no cache could.
    pub misses: u64,
    /// Values that it was given.
    pub stored: u64,
    /// Exchanges that failed.
    pub failures: u64,
    /// Hits that the observer found stale.
    pub stale: u64,
    /// The longest that any of them had been, in microseconds.
    pub stalest_us: u64,
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
            Outcome::Found | Outcome::NotFound | Outcome::NotStored | Outcome::Deleted => {}
        }
    }

    /// Adds what another counted.
    pub fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.hits += other.hits;
        self.misses += other.misses;
        self.stored += other.stored;
        self.failures += other.failures;
        self.stale += other.stale;
        self.stalest_us = self.stalest_us.max(other.stalest_us);
    }

    /// Reads that were answered.
    #[must_use]
    pub const fn reads(&self) -> u64 {
        self.hits + self.misses
    }

    /// The part of the reads that a cache answered, from 0 to 1; none before the first.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        (self.reads() > 0).then(|| self.hits as f64 / self.reads() as f64)
    }

    fn count_stale(&mut self, stale_us: Option<u64>) {
        self.stale += 1;
        self.stalest_us = self.stalest_us.max(stale_us.unwrap_or(0));
    }
}

impl Hop {
    /// The link that it went along.
    #[must_use]
    pub fn link(&self) -> LinkId {
        LinkId::new(self.from.clone(), self.to.clone())
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
                    let message_frame = run.frames.len() as u32;
                    run.frames.push(Frame { at_us: event.at_us, hop: run.hops.len() as u32, leg: Leg::Message });
                    run.hops.push(Hop {
                        request: *request,
                        from: from.clone(),
                        to: to.clone(),
                        shown: shown.clone(),
                        receipt: None,
                        stale: None,
                        message_frame,
                        reply_frame: None,
                    });
                }
            }
            Fact::PacketHeld { run, hop, leg, outcome } => {
                let (run, hop, leg, outcome) = (*run, *hop, *leg, *outcome);
                self.held.push(Waiting { run, hop, leg, since_us: event.at_us, outcome });
            }
            Fact::PacketReleased { run, hop, why: _ } => {
                self.held.retain(|held| held.run != *run || held.hop != *hop);
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
                if let Some(run) = self.runs.back_mut().filter(|run| !run.is_over()) {
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
                }
            }
            Fact::Served { run, requests, tallies } => {
                add_all(&mut self.tallies, tallies);
                if let Some(run) = self.run_mut(*run) {
                    let frames = run.frames.len() as u32;
                    run.unseen.push(Unseen { frames, requests: *requests, tallies: tallies.clone() });
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

    /// Lets the oldest runs go until the rest is within the limits; the latest stays, and what is not over.
    fn let_go(&mut self) {
        let requests = |runs: &VecDeque<Run>| runs.iter().map(|run| run.requests.len()).sum::<usize>();
        while (self.runs.len() > limits::RUNS_KEPT || requests(&self.runs) > limits::REQUESTS_KEPT)
            && let Some(oldest) = self.runs.iter().take(self.runs.len().saturating_sub(1)).position(Run::is_over)
        {
            self.runs.remove(oldest);
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
        self.count_replies(frames, self.before.clone())
    }

    /// What every node did in this run alone.
    #[must_use]
    pub fn own_tallies(&self) -> BTreeMap<NodeId, Tally> {
        self.count_replies(self.frames.len(), BTreeMap::new())
    }

    fn count_replies(&self, frames: usize, mut tallies: BTreeMap<NodeId, Tally>) -> BTreeMap<NodeId, Tally> {
        let requests: HashMap<u32, &Asked> = self.requests.iter().map(|asked| (asked.request, asked)).collect();
        for unseen in self.unseen.iter().take_while(|unseen| unseen.frames as usize <= frames) {
            add_all(&mut tallies, &unseen.tallies);
        }
        let replies = self.frames.iter().take(frames).filter(|frame| frame.leg == Leg::Reply);
        for hop in replies.filter_map(|frame| self.hops.get(frame.hop as usize)) {
            self.count(hop, |number| requests.get(&number).copied(), &mut tallies);
            if let Some(Stale { for_us }) = hop.stale {
                tallies.entry(hop.from.clone()).or_default().count_stale(for_us);
                tallies.entry(hop.to.clone()).or_default().count_stale(for_us);
            }
        }
        tallies
    }

    /// Counts a hop that ended: for whoever was asked, and, at the end of a whole read, for its server.
    fn count<'a>(
        &'a self,
        hop: &Hop,
        asked: impl FnOnce(u32) -> Option<&'a Asked>,
        tallies: &mut BTreeMap<NodeId, Tally>,
    ) {
        let Some(outcome) = hop.receipt.as_ref().map(|receipt| receipt.outcome) else { return };
        let tally = tallies.entry(hop.to.clone()).or_default();
        tally.count(outcome);
        let is_read = |asked: &&Asked| asked.client == hop.from && asked.asks.method == Method::Get;
        if let Some(read) = asked(hop.request).filter(is_read)
            && !outcome.is_failure()
        {
            *(if read.hit { &mut tally.hits } else { &mut tally.misses }) += 1;
        }
    }

    /// The circuit breakers that were not closed at the end of the first `frames` frames of this run.
    #[must_use]
    pub fn breakers_at(&self, frames: usize) -> Vec<BreakerNow> {
        let mut breakers = Vec::new();
        for (_, now) in self.breakers.iter().take_while(|(before, _)| *before as usize <= frames) {
            moved(&mut breakers, now);
        }
        breakers
    }

    /// The request of that number.
    #[must_use]
    pub fn asked(&self, number: u32) -> Option<&Asked> {
        self.requests.iter().rev().find(|asked| asked.request == number)
    }

    /// The kind of the node that a hop of this run asked: by the command, since the node may no longer be drawn.
    #[must_use]
    pub fn kind_asked(&self, hop: &Hop) -> Kind {
        if self.asked(hop.request).is_some_and(|asked| asked.client == hop.from) {
            return Kind::Server;
        }
        match hop.shown.split(' ').next() {
            Some("GET" | "SET" | "DEL") => Kind::Redis,
            _ => Kind::Postgres,
        }
    }

    fn asked_mut(&mut self, number: u32) -> Option<&mut Asked> {
        self.requests.iter_mut().rev().find(|asked| asked.request == number)
    }

    /// The hop whose leg flies in the frame of that index.
    #[must_use]
    pub fn hop_of(&self, frame: usize) -> Option<(&Hop, Leg)> {
        let frame = self.frames.get(frame)?;
        Some((self.hops.get(frame.hop as usize)?, frame.leg))
    }

    /// Ends a hop; false if there is no such hop, or it ended before.
    fn end_hop(&mut self, number: u32, at_us: u64, receipt: &Receipt) -> bool {
        let reply_frame = self.frames.len() as u32;
        let Some(hop) = self.hops.get_mut(number as usize).filter(|hop| hop.receipt.is_none()) else { return false };
        hop.receipt = Some(receipt.clone());
        hop.reply_frame = Some(reply_frame);
        let request = hop.request;
        self.frames.push(Frame { at_us, hop: number, leg: Leg::Reply });
        if receipt.outcome == Outcome::Hit
            && let Some(asked) = self.asked_mut(request)
        {
            asked.hit = true;
        }
        true
    }
}

fn add_all(tallies: &mut BTreeMap<NodeId, Tally>, more: &[(NodeId, Tally)]) {
    for (node, tally) in more {
        tallies.entry(node.clone()).or_default().add(tally);
    }
}

/// Brings a list of the breakers that are not closed up to date.
fn moved(breakers: &mut Vec<BreakerNow>, now: &BreakerNow) {
    breakers.retain(|other| (&other.server, &other.cache) != (&now.server, &now.cache));
    if now.state != BreakerState::Closed {
        breakers.push(now.clone());
    }
}
