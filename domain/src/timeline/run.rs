//! A run as it is known so far.

use super::moved;
use super::tally::{Tally, add_all};
use crate::Outcome;
use crate::event::{BreakerNow, Note, Receipt, Released, RunEnd, Source, Stale};
use crate::graph::{Kind, Leg, LinkId, Method, NodeId, Request};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// One press of Play, or a sample of traffic.
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
    /// One frame for each leg of a hop: the message, and the reply. A message that was held has two: to where it hung, and
    /// on from there.
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

/// What was served and not told one by one, between two frames.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// The number of frames that the run had by then.
    pub frames: u32,
    /// How many requests.
    pub requests: u64,
    /// What every node did.
    pub tallies: BTreeMap<NodeId, Tally>,
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
    /// Why its packet went on, if a link held it; of two that were held, the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Released>,
    /// On which of its ways it is held now, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Leg>,
    /// The index of the frame in which the message flies; to where it hangs, if it is held.
    pub message_frame: u32,
    /// The index of the frame in which a message that was held flies on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onward_frame: Option<u32>,
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

impl Hop {
    /// The link that it went along.
    #[must_use]
    pub fn link(&self) -> LinkId {
        LinkId::new(self.from.clone(), self.to.clone())
    }

    /// Whether its message hangs, or hung, where it flies in that frame.
    #[must_use]
    pub fn hangs_after(&self, frame: usize) -> bool {
        self.message_frame as usize == frame && (self.onward_frame.is_some() || self.held == Some(Leg::Message))
    }
}

impl Run {
    /// Whether its last event has come.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether nobody pressed Play for it: it shows some of many requests.
    #[must_use]
    pub fn is_sample(&self) -> bool {
        self.source != Source::Play
    }

    /// Under load a run is a sample: of how many requests that were served one is shown, or was so far. One of one, if all are.
    #[must_use]
    pub fn one_in(&self) -> u64 {
        let unseen: u64 = self.unseen.iter().map(|unseen| unseen.requests).sum();
        let shown = (self.requests.len() as u64).max(1);
        (shown + unseen).div_ceil(shown)
    }

    /// How long it took, or takes so far, in microseconds; with the time for which its packets were held.
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
        let requests = self.by_number();
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
    pub(super) fn count<'a>(
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

    /// Its requests, by their numbers.
    #[must_use]
    pub fn by_number(&self) -> HashMap<u32, &Asked> {
        self.requests.iter().map(|asked| (asked.request, asked)).collect()
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

    pub(super) fn asked_mut(&mut self, number: u32) -> Option<&mut Asked> {
        self.requests.iter_mut().rev().find(|asked| asked.request == number)
    }

    /// Its hops that ended, in the order of ending.
    pub fn ended(&self) -> impl Iterator<Item = &Hop> {
        let replies = self.frames.iter().filter(|frame| frame.leg == Leg::Reply);
        replies.filter_map(|frame| self.hops.get(frame.hop as usize))
    }

    /// The hop whose leg flies in the frame of that index.
    #[must_use]
    pub fn hop_of(&self, frame: usize) -> Option<(&Hop, Leg)> {
        let frame = self.frames.get(frame)?;
        Some((self.hops.get(frame.hop as usize)?, frame.leg))
    }

    /// Starts a hop between two nodes.
    pub(super) fn start_hop(&mut self, at_us: u64, request: u32, (from, to): (&NodeId, &NodeId), shown: &str) {
        let message_frame = self.frames.len() as u32;
        self.frames.push(Frame { at_us, hop: self.hops.len() as u32, leg: Leg::Message });
        self.hops.push(Hop {
            request,
            from: from.clone(),
            to: to.clone(),
            shown: shown.to_owned(),
            receipt: None,
            stale: None,
            released: None,
            held: None,
            message_frame,
            onward_frame: None,
            reply_frame: None,
        });
    }

    /// Lets a packet go: a message flies on. A reply flies when the hop ends.
    pub(super) fn release(&mut self, number: u32, at_us: u64, why: Released) {
        let frame = self.frames.len() as u32;
        let Some(hop) = self.hops.get_mut(number as usize) else { return };
        hop.released = Some(why);
        if hop.held.take() == Some(Leg::Message) {
            hop.onward_frame = Some(frame);
            self.frames.push(Frame { at_us, hop: number, leg: Leg::Message });
        }
    }

    /// Takes in what was served beside its requests.
    pub(super) fn serve(&mut self, requests: u64, tallies: &[(NodeId, Tally)]) {
        let frames = self.frames.len() as u32;
        let last = self.unseen.pop_if(|last| last.frames == frames);
        let mut now = last.unwrap_or_else(|| Unseen { frames, requests: 0, tallies: BTreeMap::new() });
        now.requests += requests;
        add_all(&mut now.tallies, tallies.iter().map(|(node, tally)| (node, tally)));
        self.unseen.push(now);
    }

    /// Ends a hop; false if there is no such hop, or it ended before.
    pub(super) fn end_hop(&mut self, number: u32, at_us: u64, receipt: &Receipt) -> bool {
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
