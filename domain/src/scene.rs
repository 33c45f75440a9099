//! What is on the canvas: cards of a fixed size, curves between them, and packets on the curves.
//!
//! Cards have one size, so the curves follow from the nodes' places alone: the server draws the first picture with the
//! same functions as the browser the ones after it, and nothing has to be measured.
//!
//! What flies belongs to a film, and is where the viewer is in it. What is held belongs to now: it hangs for everybody who
//! looks, whichever run he is shown, until somebody lets it go.

use crate::decimal::decimal;
use crate::event::Outcome;
use crate::film::{Film, Flight};
use crate::graph::{Command, Graph, Leg, LinkId, NodeId, Point};
use crate::playback::Playback;
use crate::text::Key;
use crate::timeline::{Hop, Run, Timeline};

/// A card's width, in canvas pixels.
pub const CARD_WIDTH: i32 = 208;
/// A card's height, in canvas pixels.
pub const CARD_HEIGHT: i32 = 104;
/// The grid that nodes snap to, in canvas pixels.
pub const GRID: i32 = 24;

/// A cubic curve: where it starts, its two handles, and where it ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    points: [(f64, f64); 4],
}

impl Curve {
    /// The curve of a link between nodes whose upper left corners stand at these points.
    #[must_use]
    pub fn between(from: Point, to: Point) -> Self {
        let start = out_port(from);
        let end = (f64::from(to.x), f64::from(to.y) + f64::from(CARD_HEIGHT) / 2.0);
        Self::to_point(start, end)
    }

    /// The curve of a link that is being drawn and ends at the pointer.
    #[must_use]
    pub fn reaching(from: Point, pointer: (f64, f64)) -> Self {
        Self::to_point(out_port(from), pointer)
    }

    fn to_point(start: (f64, f64), end: (f64, f64)) -> Self {
        let reach =
            ((end.0 - start.0).abs() / 2.0).max(48.0).min(48.0 + (end.0 - start.0).hypot(end.1 - start.1) / 2.0);
        Self { points: [start, (start.0 + reach, start.1), (end.0 - reach, end.1), end] }
    }

    /// The curve as the `d` of an SVG path.
    #[must_use]
    pub fn path(&self) -> String {
        let [a, b, c, d] = self.points.map(|(x, y)| format!("{},{}", decimal(x, 1), decimal(y, 1)));
        format!("M{a} C{b} {c} {d}")
    }

    /// The point at `t`, from 0 (start) to 1 (end).
    #[must_use]
    pub fn at(&self, t: f64) -> (f64, f64) {
        let u = 1.0 - t;
        let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
        let sum =
            |pick: fn(&(f64, f64)) -> f64| self.points.iter().zip(weights).map(|(point, w)| pick(point) * w).sum();
        (sum(|p| p.0), sum(|p| p.1))
    }
}

/// Where a card would stand for those who ask this server from outside: left of it and above, for clients stand left of it.
#[must_use]
pub fn outside(server: Point) -> Point {
    Point::new(server.x - CARD_WIDTH - 4 * GRID, server.y - CARD_HEIGHT - 2 * GRID)
}

/// Where links leave a card.
fn out_port(at: Point) -> (f64, f64) {
    (f64::from(at.x + CARD_WIDTH), f64::from(at.y) + f64::from(CARD_HEIGHT) / 2.0)
}

/// The smallest rectangle around all cards: its upper left corner, and its lower right one. None if there is no card.
#[must_use]
pub fn bounds(places: impl IntoIterator<Item = Point>) -> Option<(Point, Point)> {
    places.into_iter().fold(None, |bounds: Option<(Point, Point)>, at| {
        let far = Point::new(at.x + CARD_WIDTH, at.y + CARD_HEIGHT);
        Some(bounds.map_or((at, far), |(low, high)| {
            (Point::new(low.x.min(at.x), low.y.min(at.y)), Point::new(high.x.max(far.x), high.y.max(far.y)))
        }))
    })
}

/// A message or a reply on its way along a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    /// The frame in which it flies; tells packets apart.
    pub frame: usize,
    /// The index of its hop in the run.
    pub hop: usize,
    /// The link that it flies along.
    pub link: LinkId,
    /// Whether it is the message or the reply.
    pub leg: Leg,
    /// How far along the link it is, from 0 (the link's start) to 1 (its end), whichever way it flies.
    pub along: f64,
}

/// The packets under way where a viewer is in a run's film. One that has come to where it is held now is not among them: see
/// [`held`].
#[must_use]
pub fn packets(run: &Run, film: &Film, playback: &Playback) -> Vec<Packet> {
    let packet = |flight: Flight| {
        let (hop, leg) = run.hop_of(flight.frame)?;
        let eased = flight.progress * flight.progress * (3.0 - 2.0 * flight.progress);
        let (from, to) = way(hop, leg, flight.frame);
        (!is_held_now(hop, flight)).then_some(Packet {
            frame: flight.frame,
            hop: run.frames.get(flight.frame)?.hop as usize,
            link: hop.link(),
            leg,
            along: from + (to - from) * eased,
        })
    };
    film.flights(playback.position()).into_iter().filter_map(packet).collect()
}

/// From where along its link to where a hop's packet flies in a frame.
fn way(hop: &Hop, leg: Leg, frame: usize) -> (f64, f64) {
    match leg {
        Leg::Reply => (1.0, 0.0),
        Leg::Message if hop.hangs_after(frame) => (0.0, HANGS_AT),
        Leg::Message if hop.onward_frame == Some(frame as u32) => (HANGS_AT, 1.0),
        Leg::Message => (0.0, 1.0),
    }
}

/// Whether a flight has come to its end in a hop that is held now: then the message hangs there, or the reply hangs instead.
fn is_held_now(hop: &Hop, flight: Flight) -> bool {
    let latest = hop.onward_frame.unwrap_or(hop.message_frame) as usize;
    hop.held.is_some() && flight.frame == latest && flight.progress >= 1.0
}

/// How far along its link a packet hangs.
pub const HANGS_AT: f64 = 0.5;
/// How far below each other packets hang that the same link holds, in canvas pixels.
pub const HELD_ROW: i32 = 32;

/// A packet that a link holds now.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldPacket {
    /// Its run.
    pub run: u32,
    /// Its hop, by the hop's number in the run.
    pub hop: u32,
    /// Who sent the request that it serves.
    pub client: NodeId,
    /// The link that holds it. It need no longer be drawn.
    pub link: LinkId,
    /// Whether it is the message or the reply.
    pub leg: Leg,
    /// What was sent.
    pub command: Command,
    /// About which key.
    pub key: Key,
    /// Of a reply: what came of the hop.
    pub outcome: Option<Outcome>,
    /// Since when it hangs, on the log's clock.
    pub since_us: u64,
    /// How many hang at the same link that hung there before.
    pub nth: usize,
    /// Where on the canvas its middle is; none if an end of its link is no longer drawn.
    pub place: Option<(f64, f64)>,
}

impl HeldPacket {
    /// Where on the canvas its middle is, if its link has that curve.
    #[must_use]
    pub fn on(&self, curve: &Curve) -> (f64, f64) {
        let (x, y) = curve.at(HANGS_AT);
        (x, y + self.nth as f64 * f64::from(HELD_ROW))
    }
}

/// The packets that links hold now, of all runs, those that hang the longest first.
#[must_use]
pub fn held(timeline: &Timeline, graph: &Graph) -> Vec<HeldPacket> {
    let mut all: Vec<HeldPacket> = Vec::with_capacity(timeline.held.len());
    let at = |node: &NodeId| graph.node(node).map(|node| node.at);
    for waiting in &timeline.held {
        let Some(run) = timeline.run(waiting.run) else { continue };
        let Some(hop) = run.hops.get(waiting.hop as usize) else { continue };
        let Some(asked) = run.asked(hop.request) else { continue };
        let mut packet = HeldPacket {
            run: waiting.run,
            hop: waiting.hop,
            client: asked.client.clone(),
            link: hop.link(),
            leg: waiting.leg,
            command: Command::of_shown(&hop.shown),
            key: asked.asks.key.clone(),
            outcome: waiting.outcome,
            since_us: waiting.since_us,
            nth: all.iter().filter(|other| (&other.link.from, &other.link.to) == (&hop.from, &hop.to)).count(),
            place: None,
        };
        packet.place = at(&hop.from).zip(at(&hop.to)).map(|(from, to)| packet.on(&Curve::between(from, to)));
        all.push(packet);
    }
    all
}
