//! What the engine reports: facts, one at a time, numbered.

mod receipt;

pub use receipt::{Outcome, Receipt, Reply, Stale};

use crate::graph::{Leg, NodeId, Request, is_default};
use crate::timeline::Tally;
use serde::{Deserialize, Serialize};

/// One entry of a sandbox's append-only log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number: 1, 2, 3 … without a gap.
    pub seq: u64,
    /// When, in microseconds of a monotonic clock that started with the log.
    pub at_us: u64,
    /// What happened.
    pub fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A run began.
    RunStarted {
        /// Its number in the sandbox, from 1.
        run: u32,
        /// The clients that send, and how many requests each.
        clients: Vec<(NodeId, u32)>,
        /// What it is part of.
        #[serde(default, skip_serializing_if = "is_default")]
        source: Source,
    },
    /// Under load most requests are not told one by one: what these came to since the last such event.
    Served {
        /// The run that is the sample of them.
        run: u32,
        /// How many requests.
        requests: u64,
        /// What every node did.
        tallies: Vec<(NodeId, Tally)>,
    },
    /// A client's traffic began.
    TrafficStarted(TrafficNow),
    /// A client's traffic came to its end, or somebody stopped it.
    TrafficEnded {
        /// Its number in the sandbox.
        number: u32,
    },
    /// A client sent a request.
    RequestStarted {
        /// The run.
        run: u32,
        /// The request's number in the run, from 1.
        request: u32,
        /// Who sent it.
        client: NodeId,
        /// What it asks.
        asks: Request,
    },
    /// A message left for a node.
    HopStarted {
        /// The run.
        run: u32,
        /// The request that it serves.
        request: u32,
        /// The hop's number in the run, from 0, in the order of starting.
        hop: u32,
        /// Who asks.
        from: NodeId,
        /// Who is asked.
        to: NodeId,
        /// The command as a learner would write it.
        shown: String,
    },
    /// A link holds a packet: its request waits until somebody lets it go.
    PacketHeld {
        /// The run.
        run: u32,
        /// The hop's number.
        hop: u32,
        /// On which of its ways.
        leg: Leg,
        /// Of a reply: what came of the hop, which its server does not know yet.
        outcome: Option<Outcome>,
    },
    /// A held packet goes on.
    PacketReleased {
        /// The run.
        run: u32,
        /// The hop's number.
        hop: u32,
        /// Why.
        why: Released,
    },
    /// The reply came back, or did not.
    HopEnded {
        /// The run.
        run: u32,
        /// The hop's number.
        hop: u32,
        /// The evidence.
        receipt: Receipt,
    },
    /// Something about a request that no hop tells.
    Noted {
        /// The run.
        run: u32,
        /// The request's number in the run.
        request: u32,
        /// What there is to say.
        note: Note,
    },
    /// The observer compared a hit with the row of that moment, and they differed. The comparison is no part of the
    /// request: it is neither timed nor counted.
    StaleRead {
        /// The run.
        run: u32,
        /// The hop that hit.
        hop: u32,
        /// For how long the database had had something else when the cache answered, in microseconds; none if nobody
        /// saw it change.
        stale_us: Option<u64>,
    },
    /// A server's circuit breaker opened, closed, or lets one call through to see.
    BreakerMoved(BreakerNow),
    /// A request was answered.
    RequestEnded {
        /// The run.
        run: u32,
        /// The request's number in the run.
        request: u32,
        /// HTTP's status code; 0 if the request never reached its server.
        status: u16,
        /// The value, or the reason why there is none; cut for display.
        answer: String,
    },
    /// A run ended.
    RunEnded {
        /// The run.
        run: u32,
        /// How.
        end: RunEnd,
    },
    /// A person changed the data of a store, or a run did: whoever shows it should look again.
    DataChanged {
        /// The store.
        node: NodeId,
    },
    /// A new version of the scenario was saved.
    ScenarioSaved {
        /// The version.
        version: u64,
        /// The browser tab that saved it, as it calls itself.
        by: String,
    },
}

impl Fact {
    /// The run that it is about, if it is about one.
    #[must_use]
    pub const fn run(&self) -> Option<u32> {
        match self {
            Self::RunStarted { run, .. }
            | Self::Served { run, .. }
            | Self::RequestStarted { run, .. }
            | Self::HopStarted { run, .. }
            | Self::PacketHeld { run, .. }
            | Self::PacketReleased { run, .. }
            | Self::HopEnded { run, .. }
            | Self::Noted { run, .. }
            | Self::StaleRead { run, .. }
            | Self::RequestEnded { run, .. }
            | Self::RunEnded { run, .. } => Some(*run),
            Self::TrafficStarted(_)
            | Self::TrafficEnded { .. }
            | Self::BreakerMoved(_)
            | Self::DataChanged { .. }
            | Self::ScenarioSaved { .. } => None,
        }
    }
}

/// What a run is part of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Somebody pressed Play.
    #[default]
    Play,
    /// A client's traffic.
    Traffic,
    /// Requests to a live service, from outside.
    Outside,
}

/// A client's traffic, while it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficNow {
    /// Its number in the sandbox, from 1.
    pub number: u32,
    /// The client.
    pub client: NodeId,
    /// How long it is to go on, in seconds.
    pub duration_s: u32,
}

/// Something about a request that no hop tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Single-flight: it waited for the query of another request.
    Waited {
        /// The number of the other request.
        leader: u32,
        /// For how long, in microseconds.
        waited_us: u64,
    },
    /// A cache that did not answer was not filled either.
    NotFilled {
        /// The cache.
        cache: NodeId,
    },
    /// Early refresh: a hit was fetched anew before it expired.
    RefreshedEarly {
        /// How long it would have had left, in microseconds.
        left_us: u64,
    },
    /// The circuit breaker is open: this was not sent.
    NotSent {
        /// The cache that was not asked.
        cache: NodeId,
        /// The command as a learner would write it.
        shown: String,
    },
}

/// Why a held packet goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Released {
    /// Somebody let it go.
    ByHand,
    /// Nobody did, for as long as a packet may be held.
    InTime,
    /// Somebody pressed Stop: its request ends.
    Stopped,
}

/// How the circuit breaker between a server and one of its caches stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerNow {
    /// The server.
    pub server: NodeId,
    /// The cache that it guards.
    pub cache: NodeId,
    /// How it stands.
    pub state: BreakerState,
}

/// How a circuit breaker stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    /// Calls go through.
    #[default]
    Closed,
    /// One call goes through, to see whether the store answers again.
    HalfOpen,
    /// No call goes through.
    Open,
}

impl BreakerState {
    /// The word in markup, and for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half-open",
            Self::Open => "open",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// Every request was answered.
    Completed,
    /// Somebody pressed Stop.
    Stopped,
}
