//! A run laid out for the screen.
//!
//! Real hops take microseconds: far too fast to watch, and some a hundred times longer than others. A film gives every
//! frame a time on screen. It is slowed down and compressed, and it keeps two promises: what happened first is shown
//! first; and of two hops to stores the one that really lasted longer (injected delays, which are labelled as such, included)
//! is not shown shorter, nor of two whole requests. The
//! second holds exactly for one client's requests; where several clients overlap, one hop's stretch can fall into
//! another's. A hop is not compared with a whole request: a request is shown in as many frames as it has, so a film that
//! kept that order too would stretch each hop beyond the last shorter request, and never end. Nor is anything compared with
//! what was held: that hangs for as long as other clients' frames go on.

use crate::decimal::clamped;
use crate::event::Receipt;
use crate::graph::{Leg, NodeId};
use crate::timeline::{Frame, Hop, Run};
use std::collections::{BinaryHeap, HashMap};

/// Mean time of a frame on screen, in milliseconds at speed 1. The textbook's run has 16 frames: 8 seconds.
const FRAME_MS: f64 = 500.0;
/// How much longer a hop is shown when it takes twice as long.
const PER_DOUBLING: f64 = 0.35;
/// Hops up to this many microseconds are shown equally long.
const SHORTEST_US: f64 = 100.0;

/// A run's frames with their times on screen, at speed 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Film {
    /// The run's number; 0 for a film of nothing.
    pub run: u32,
    /// Whether the run is over, so that no frame will come.
    pub over: bool,
    /// When each frame starts, in milliseconds; one more than there are frames, the last being the film's length.
    starts_ms: Vec<f64>,
    /// When what flies in each frame arrives, and until when it is there to be seen.
    landings: Vec<Landing>,
    /// Microseconds that the run really took.
    real_us: u64,
    has_injected: bool,
    has_held: bool,
}

/// The end of a flight, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Landing {
    /// When it is where it flies to.
    there_ms: f64,
    /// When it is no longer there: later only where it hangs.
    gone_ms: f64,
}

/// Something under way at a moment of a film.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flight {
    /// The frame's index.
    pub frame: usize,
    /// How far it got, from 0 to 1.
    pub progress: f64,
}

impl Film {
    /// Lays out a run.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let encloses = enclosing(run);
        let weights: Vec<f64> = run.hops.iter().zip(&encloses).map(|(hop, encloses)| weight(hop, *encloses)).collect();
        let gap = |frame: &Frame| weights.get(frame.hop as usize).copied().unwrap_or(1.0);
        let mut gaps = Gaps::new(run.frames.iter().map(gap));
        keep_order(run, &encloses, &mut gaps);
        let frames = run.frames.len();
        let scale =
            if frames == 0 { 0.0 } else { FRAME_MS * frames as f64 / f64::from(run.lanes) / gaps.before(frames) };
        let mut starts_ms = Vec::with_capacity(frames + 1);
        let mut at = 0.0;
        starts_ms.push(at);
        for gap in gaps.iter() {
            at += gap * scale;
            starts_ms.push(at);
        }
        let landings = landings(run, &starts_ms);
        let has = |has: fn(&Receipt) -> bool| run.hops.iter().any(|hop| hop.receipt.as_ref().is_some_and(has));
        Self {
            run: run.run,
            over: run.is_over(),
            starts_ms,
            landings,
            real_us: run.took_us(),
            has_injected: has(|receipt| receipt.injected_us > 0),
            has_held: has(|receipt| receipt.held_us > 0),
        }
    }

    /// The number of frames.
    #[must_use]
    pub const fn frames(&self) -> usize {
        self.landings.len()
    }

    /// The film's length at speed 1, in milliseconds.
    #[must_use]
    pub fn length_ms(&self) -> f64 {
        self.starts_ms.last().copied().unwrap_or(0.0)
    }

    /// Microseconds that the run really took.
    #[must_use]
    pub const fn real_us(&self) -> u64 {
        self.real_us
    }

    /// Whether injected delays are part of what it took.
    #[must_use]
    pub const fn has_injected(&self) -> bool {
        self.has_injected
    }

    /// Whether the time for which packets were held is part of what it took.
    #[must_use]
    pub const fn has_held(&self) -> bool {
        self.has_held
    }

    /// How many times slower than it happened this is shown at `speed`; none if it took no measurable time.
    #[must_use]
    pub fn slowdown(&self, speed: f64) -> Option<f64> {
        (self.real_us > 0 && self.frames() > 0).then(|| self.length_ms() * 1_000.0 / self.real_us as f64 / speed)
    }

    /// The time on screen of a position, which is counted in frames: at 2.5, two frames are over and the third is half over.
    #[must_use]
    pub fn ms_at(&self, position: f64) -> f64 {
        let position = clamped(position, 0.0, self.frames() as f64);
        let frame = position.floor() as usize;
        match (self.starts_ms.get(frame), self.starts_ms.get(frame + 1)) {
            (Some(start), Some(end)) => start + (end - start) * position.fract(),
            _ => self.length_ms(),
        }
    }

    /// The position at a time on screen: the inverse of [`Film::ms_at`].
    #[must_use]
    pub fn position_at(&self, ms: f64) -> f64 {
        let frames = self.frames();
        let frame = self.starts_ms.partition_point(|&start| start <= ms).saturating_sub(1);
        match (self.starts_ms.get(frame), self.starts_ms.get(frame + 1)) {
            (Some(start), Some(end)) if end > start => {
                (frame as f64 + (ms - start).max(0.0) / (end - start)).min(frames as f64)
            }
            _ => frames.min(frame) as f64,
        }
    }

    /// What is under way at a position. Exactly at the end of a frame, what flew in it has just arrived and is still shown.
    /// A message that hangs, or hung, has arrived where it does and stays until it flies on.
    #[must_use]
    pub fn flights(&self, position: f64) -> Vec<Flight> {
        let position = clamped(position, 0.0, self.frames() as f64);
        if position == 0.0 {
            return Vec::new();
        }
        let ms = self.ms_at(position);
        let rests = position.fract() == 0.0;
        let begun = position.ceil() as usize;
        let flight = |frame: usize| {
            let (start, landing) = (*self.starts_ms.get(frame)?, *self.landings.get(frame)?);
            let under_way = if rests && frame + 1 == begun { true } else { ms < landing.gone_ms };
            let length = (landing.there_ms - start).max(f64::EPSILON);
            under_way.then(|| Flight { frame, progress: clamped((ms - start) / length, 0.0, 1.0) })
        };
        (0..begun).filter_map(flight).collect()
    }
}

/// Whether each hop is the first of its request: the client's own, which encloses the others.
fn enclosing(run: &Run) -> Vec<bool> {
    let mut waiting = run.by_number();
    run.hops.iter().map(|hop| waiting.remove(&hop.request).is_some()).collect()
}

/// How long a hop's frames want to be, against each other.
fn weight(hop: &Hop, encloses: bool) -> f64 {
    match &hop.receipt {
        Some(receipt) if !encloses => 1.0 + PER_DOUBLING * (receipt.lasted_us() as f64 / SHORTEST_US).max(1.0).log2(),
        _ => 1.0, // a hop that is still open, or that only encloses others
    }
}

/// Stretches replies until no hop to a store is shown shorter than one that really took less, and no request either; what
/// was held is left as it is.
fn keep_order(run: &Run, encloses: &[bool], gaps: &mut Gaps) {
    for of_requests in [false, true] {
        let same = run.hops.iter().zip(encloses).filter(|(_, encloses)| **encloses == of_requests);
        let mut ended: Vec<(u64, u32, usize)> = same
            .filter_map(|(hop, _)| {
                let receipt = hop.receipt.as_ref().filter(|receipt| receipt.held_us == 0)?;
                Some((receipt.lasted_us(), hop.message_frame, hop.reply_frame? as usize))
            })
            .collect();
        ended = BinaryHeap::from(ended).into_sorted_vec(); // a slice's own sort is several sorts in one
        let mut longest = 0.0_f64;
        for (_, first, last) in ended {
            let shown = gaps.before(last + 1) - gaps.before(first as usize);
            if shown < longest {
                gaps.stretch(last, longest - shown);
            }
            longest = longest.max(shown);
        }
    }
}

/// When what flies in each frame arrives: when the next thing happens in the same request. Nothing follows the answer
/// itself, so it flies as long as one would beside the other clients' requests, but not into its client's next request. What
/// is held flies for its own frame only, whatever else goes on then; so does a message whose reply is held.
fn landings(run: &Run, starts_ms: &[f64]) -> Vec<Landing> {
    let end = starts_ms.last().copied().unwrap_or(0.0);
    let requests = run.by_number();
    let mut places: HashMap<&NodeId, usize> = HashMap::new();
    for asked in &run.requests {
        let next = places.len();
        places.entry(&asked.client).or_insert(next);
    }
    let unknown = places.len();
    let mut next_of_client = vec![None; places.len() + 1];
    let mut landings: Vec<Landing> = Vec::with_capacity(run.frames.len());
    for (index, frame) in run.frames.iter().enumerate().rev() {
        let hop = run.hops.get(frame.hop as usize);
        let request = hop.map(|hop| hop.request);
        let asked = request.and_then(|request| requests.get(&request));
        let client = asked.and_then(|asked| places.get(&asked.client)).copied().unwrap_or(unknown);
        let (start, own_end) = (starts_ms[index], starts_ms[index + 1]);
        let held = hop.and_then(|hop| hop.held);
        let gone_ms = match (next_of_client[client].replace((request, start)), frame.leg) {
            (Some((same, next)), _) if same == request => next,
            (next, Leg::Reply) => {
                let flown = start + (own_end - start) * f64::from(run.lanes);
                flown.min(next.map_or(end, |(_, next)| next))
            }
            (_, Leg::Message) if held == Some(Leg::Reply) => own_end,
            (_, Leg::Message) => end,
        };
        let hangs = frame.leg == Leg::Message && hop.is_some_and(|hop| hop.hangs_after(index));
        let there_ms = if hangs { own_end } else { gone_ms };
        landings.push(Landing { there_ms, gone_ms });
    }
    landings.reverse();
    landings
}

/// The gaps between frames, with their sums: a Fenwick tree, so that a run of thousands of hops is laid out in no time.
struct Gaps {
    gaps: Vec<f64>,
    tree: Vec<f64>,
}

impl Gaps {
    fn new(gaps: impl Iterator<Item = f64>) -> Self {
        let gaps: Vec<f64> = gaps.collect();
        let mut this = Self { tree: vec![0.0; gaps.len() + 1], gaps: vec![0.0; gaps.len()] };
        for (index, gap) in gaps.into_iter().enumerate() {
            this.stretch(index, gap);
        }
        this
    }

    fn stretch(&mut self, index: usize, by: f64) {
        self.gaps[index] += by;
        let mut node = index + 1;
        while node < self.tree.len() {
            self.tree[node] += by;
            node += node & node.wrapping_neg();
        }
    }

    /// The sum of all gaps before the one at `index`.
    fn before(&self, index: usize) -> f64 {
        let mut node = index;
        let mut sum = 0.0;
        while node > 0 {
            sum += self.tree[node];
            node &= node - 1;
        }
        sum
    }

    fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        self.gaps.iter().copied()
    }
}
