//! A recording: a scenario and everything that one run of it wrote into the log. It is what is replayed without stores.
//!
//! A run is recorded when it is over. What it wrote is folded as it was when it happened, so that a replay shows the same
//! frames; the counts of its nodes begin at nothing.

use crate::event::{BreakerNow, Event, Fact};
use crate::graph::{Kind, Method};
use crate::json::{self, Tree};
use crate::scenario::Scenario;
use crate::timeline::{Run, Timeline};
use serde::{Deserialize, Serialize};

/// The format that this version writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// The length of a recording as a file, in bytes. The longest run writes a quarter of it.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;

/// No clock and no count of a run comes near it (a year in microseconds), and sums of as many as a file can hold fit in 64 bits.
const MOST: u64 = 1 << 45;

/// A run and the scenario that it was a run of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The version of the format: [`FORMAT`].
    pub recording: u32,
    /// The scenario as it was when the run began.
    pub scenario: Scenario,
    /// The circuit breakers that were not closed then.
    pub breakers: Vec<BreakerNow>,
    /// What happened, from the run's start to its end, numbered from 1.
    pub events: Vec<Event>,
}

/// Why a recording cannot be used: a sentence for whoever opened it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// It is something else.
    #[error("This is not a recording: {0}.")]
    NotOne(String),
    /// A newer Aside wrote it.
    #[error(
        "This recording has format {found}; this Aside reads up to format {FORMAT}. A newer version of Aside wrote it."
    )]
    Newer {
        /// The format that it names.
        found: u64,
    },
    /// Something in it is missing or wrong.
    #[error("This recording is damaged: {0}.")]
    Damaged(String),
}

fn damaged(reason: impl ToString) -> RecordingError {
    RecordingError::Damaged(reason.to_string())
}

impl Recording {
    /// Reads a recording's file, and checks it.
    ///
    /// # Errors
    /// A sentence that names the place.
    pub fn from_json(text: &str) -> Result<Self, RecordingError> {
        if text.len() > MOST_BYTES {
            return Err(RecordingError::NotOne("it is larger than any".to_owned()));
        }
        let file = json::tree(text).map_err(|error| RecordingError::NotOne(error.to_string()))?;
        let Some(found) = file.get("recording").and_then(Tree::as_u64) else {
            let is_scenario = file.get("graph").is_some();
            let what = if is_scenario { "it is a scenario, to be imported" } else { "it does not say that it is one" };
            return Err(RecordingError::NotOne(what.to_owned()));
        };
        if found > u64::from(FORMAT) {
            return Err(RecordingError::Newer { found });
        }
        if largest(&file) > MOST {
            return Err(damaged("a number in it is larger than any"));
        }
        let mut recording: Self = json::of(&file).map_err(damaged)?;
        // What a scenario of an earlier format does not say has been read as it was then.
        recording.scenario.format = recording.scenario.format.max(crate::scenario::FORMAT);
        recording.scenario.check().map_err(|error| damaged(error.to_string().trim_end_matches('.')))?;
        recording.check()?;
        Ok(recording)
    }

    /// Checks that it tells one run from its start to its end, in the order of time, and no other.
    fn check(&self) -> Result<(), RecordingError> {
        let Some(Event { fact: Fact::RunStarted { run, .. }, .. }) = self.events.first() else {
            return Err(damaged("no run starts in it"));
        };
        let (mut before_us, mut ends) = (0, 0);
        for (seq, event) in (1..).zip(&self.events) {
            let is_own = match &event.fact {
                Fact::BreakerMoved(_) => true,
                Fact::RunStarted { .. } => seq == 1,
                fact => fact.run() == Some(*run),
            };
            if event.seq != seq || event.at_us < before_us || !is_own {
                return Err(damaged(format!("event {seq} is no part of the run, or not in its place")));
            }
            before_us = event.at_us;
            ends = if matches!(event.fact, Fact::RunEnded { .. }) { seq } else { ends };
        }
        if ends != self.events.len() as u64 {
            return Err(damaged("the run has no end, or goes on after it"));
        }
        if self.timeline().held.is_empty() { Ok(()) } else { Err(damaged("a packet is held for ever")) }
    }

    /// The timeline of this run alone.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        let mut timeline = Timeline { breakers: self.breakers.clone(), ..Timeline::default() };
        for event in &self.events {
            // Its number is the next one.
            let _ = timeline.fold(event);
        }
        timeline
    }
}

/// The largest number in a tree.
fn largest(tree: &Tree) -> u64 {
    match tree {
        Tree::Number(number) => number.as_u64().unwrap_or(0), // no field takes any other
        Tree::Array(items) => items.iter().map(largest).max().unwrap_or(0),
        Tree::Object(members) => members.values().map(largest).max().unwrap_or(0),
        Tree::Null | Tree::Bool(_) | Tree::String(_) => 0,
    }
}

/// What a run came to, to be compared with another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests.
    pub requests: u64,
    /// Reads that a cache answered.
    pub hits: u64,
    /// Reads that were answered without one.
    pub misses: u64,
    /// Hops to Redis nodes.
    pub redis: u64,
    /// Hops to Postgres nodes.
    pub postgres: u64,
    /// Hops that were refused or timed out.
    pub failures: u64,
    /// Microseconds from its start to its end; with delays that were injected, and the time for which packets were held.
    pub took_us: u64,
    /// Microseconds that a request took on average, with delays that were injected; 0 if none came to its end.
    pub mean_us: u64,
    /// Microseconds that the slowest took.
    pub slowest_us: u64,
}

impl Figures {
    /// Those of a run.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let mut figures = Self { requests: run.requests.len() as u64, took_us: run.took_us(), ..Self::default() };
        let reads = run.requests.iter().filter(|asked| asked.asks.method == Method::Get);
        for asked in reads.filter(|asked| asked.answer.as_ref().is_some_and(|(status, _)| (200..500).contains(status)))
        {
            *(if asked.hit { &mut figures.hits } else { &mut figures.misses }) += 1;
        }
        let (mut ended, mut sum_us) = (0, 0);
        for (hop, receipt) in run.ended().filter_map(|hop| Some((hop, hop.receipt.as_ref()?))) {
            figures.failures += u64::from(receipt.outcome.is_failure());
            match run.kind_asked(hop) {
                Kind::Redis => figures.redis += 1,
                Kind::Postgres => figures.postgres += 1,
                Kind::Client | Kind::Server => {
                    (ended, sum_us) = (ended + 1, sum_us + receipt.lasted_us());
                    figures.slowest_us = figures.slowest_us.max(receipt.lasted_us());
                }
            }
        }
        figures.mean_us = sum_us / ended.max(1);
        figures
    }
}
