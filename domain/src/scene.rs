//! What is on the canvas: cards of a fixed size, curves between them, and packets on the curves.
//!
//! Cards have one size, so the curves follow from the nodes' places alone: the server draws the first picture with the
//! same functions as the browser the ones after it, and nothing has to be measured.

use crate::Leg;
use crate::decimal::decimal;
use crate::film::Film;
use crate::graph::{LinkId, Point};
use crate::playback::Playback;
use crate::timeline::Run;

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

/// The packets under way where a viewer is in a run's film.
#[must_use]
pub fn packets(run: &Run, film: &Film, playback: &Playback) -> Vec<Packet> {
    let packet = |flight: crate::film::Flight| {
        let (hop, leg) = run.hop_of(flight.frame)?;
        let eased = flight.progress * flight.progress * (3.0 - 2.0 * flight.progress);
        Some(Packet {
            frame: flight.frame,
            hop: run.frames.get(flight.frame)?.hop as usize,
            link: hop.link(),
            leg,
            along: if leg == Leg::Message { eased } else { 1.0 - eased },
        })
    };
    film.flights(playback.position()).into_iter().filter_map(packet).collect()
}
