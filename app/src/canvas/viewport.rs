//! Which part of the canvas is seen, and how large.

use crate::state::{Memo, RwSignal};
use crate::view::effect;
use crate::workbench::Pane;
use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH};
use aside_domain::{Point, clamped, decimal};
use leptos::ev;
use leptos::prelude::*;
use web_sys::HtmlElement;

/// The smallest zoom.
const FAR: f64 = 0.15;
/// Below that zoom, the small print of cards is two or three pixels high.
const UNREADABLE: f64 = 0.3;
/// The largest zoom.
const NEAR: f64 = 2.5;
/// How far what is drawn reaches beyond what is seen, at least, in canvas pixels.
const BEYOND: f64 = 512.0;
/// Free room around a drawing that was fitted, in pixels.
const MARGIN: f64 = 40.0;

/// What is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
enum View {
    /// All of a rectangle, as large as it fits but no larger than life. The browser works this out from style alone, so
    /// the server can draw it without knowing the window, and it stays right when the window changes.
    Fitted { center: (f64, f64), size: (f64, f64) },
    /// A point in the middle, at some zoom.
    At { center: (f64, f64), zoom: f64 },
}

/// The viewport: a cheap handle.
#[derive(Clone, Copy)]
pub struct Viewport {
    view: RwSignal<View>,
    pane: Pane,
    /// What part of the canvas is seen, once there is a window to see it in; it follows view and window.
    seen: RwSignal<Option<Rect>>,
}

/// A rectangle on the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Its upper left corner.
    pub low: (f64, f64),
    /// Its lower right corner.
    pub high: (f64, f64),
}

impl Rect {
    /// The rectangle with these corners.
    #[must_use]
    pub fn between(a: (f64, f64), b: (f64, f64)) -> Self {
        Self { low: (a.0.min(b.0), a.1.min(b.1)), high: (a.0.max(b.0), a.1.max(b.1)) }
    }

    /// Whether any part of a card at that place is in it.
    #[must_use]
    pub fn meets(&self, at: Point) -> bool {
        self.meets_any(at, at)
    }

    /// Whether any part of the smallest rectangle around cards at these two places is in it.
    #[must_use]
    pub fn meets_any(&self, a: Point, b: Point) -> bool {
        let overlaps = |low: f64, high: f64, a: i32, b: i32, length: i32| {
            low < f64::from(a.max(b) + length) && f64::from(a.min(b)) < high
        };
        overlaps(self.low.0, self.high.0, a.x, b.x, CARD_WIDTH)
            && overlaps(self.low.1, self.high.1, a.y, b.y, CARD_HEIGHT)
    }

    /// It and what lies around it, to the next line but one of a wide grid: so that it changes seldom while it moves.
    #[must_use]
    fn widened(self) -> Self {
        let below = |at: f64| ((at / BEYOND).floor() - 1.0) * BEYOND;
        let above = |at: f64| ((at / BEYOND).ceil() + 1.0) * BEYOND;
        Self { low: (below(self.low.0), below(self.low.1)), high: (above(self.high.0), above(self.high.1)) }
    }
}

/// The surface's place in the window, in pixels.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// The element on which a drawing lies.
#[must_use]
pub fn surface(pane: Pane) -> Option<HtmlElement> {
    pane.find(".surface")
}

impl Viewport {
    /// A viewport of that pane that shows cards at these places.
    #[must_use]
    pub fn on(pane: Pane, places: impl IntoIterator<Item = Point>) -> Self {
        Self { view: RwSignal::new(fitted(places)), pane, seen: RwSignal::default() }
    }

    /// Keeps [`Viewport::shown`] true to the view and to the window, as long as the canvas is there.
    pub fn watch(self) {
        effect(move || {
            let resized = window_event_listener(ev::resize, move |_| self.look());
            on_cleanup(move || resized.remove());
        });
        effect(move || {
            self.view.track();
            self.look();
        });
    }

    fn look(&self) {
        let seen = self.frame().map(|frame| {
            let ((x, y), zoom) = self.resolve(frame);
            let (across, down) = (frame.width / zoom / 2.0, frame.height / zoom / 2.0);
            Rect { low: (x - across, y - down), high: (x + across, y + down) }
        });
        if self.seen.with_untracked(|now| *now != seen) {
            self.seen.set(seen);
        }
    }

    /// What part of the canvas is seen; tracks it. None before there is a window.
    #[must_use]
    pub fn shown(&self) -> Option<Rect> {
        self.seen.get()
    }

    /// What is to be drawn of a large drawing: what is seen, and what lies around it.
    #[must_use]
    pub fn drawn(self) -> Memo<Option<Rect>> {
        Memo::new(move || self.seen.get().map(Rect::widened))
    }

    /// The same as [`Viewport::shown`], without tracking it.
    #[must_use]
    pub fn seen(&self) -> Option<Rect> {
        self.seen.get_untracked()
    }

    /// How large one pixel of the canvas is, in pixels of the window.
    #[must_use]
    pub fn zoom(&self) -> f64 {
        self.frame().map_or(1.0, |frame| self.resolve(frame).1)
    }

    /// Whether so much is seen that texts cannot be read; tracks the view and the window.
    #[must_use]
    pub fn is_far(&self) -> bool {
        self.seen.track();
        self.seen.with_untracked(Option::is_some) && self.zoom() < UNREADABLE
    }

    /// Zooms to that many pixels of the window for one of the canvas, about the middle.
    pub fn zoom_to(&self, zoom: f64) {
        self.zoom_by(zoom / self.zoom(), None);
    }

    /// Moves what is seen so that a point of the canvas is in the middle.
    pub fn center_on(&self, center: (f64, f64)) {
        let zoom = self.zoom();
        self.view.set(View::At { center, zoom });
    }

    /// Shows all cards at these places.
    pub fn fit(&self, places: impl IntoIterator<Item = Point>) {
        self.view.set(fitted(places));
    }

    /// The style that puts the world into its place; tracks the view.
    #[must_use]
    pub fn style(&self) -> String {
        let place = |(x, y): (f64, f64)| format!("translate({}px, {}px)", decimal(-x, 1), decimal(-y, 1));
        match self.view.get() {
            View::Fitted { center, size } => {
                // tan(atan2(a, b)) is how CSS divides a length by a length.
                let share = |room: &str, length: f64| {
                    format!("tan(atan2({room} - {}px, {}px))", decimal(2.0 * MARGIN, 0), decimal(length.max(1.0), 0))
                };
                let (across, down) = (share("100cqw", size.0), share("100cqh", size.1));
                let far = decimal(FAR, 2);
                format!("transform: scale(clamp({far}, min({across}, {down}), 1)) {}", place(center))
            }
            View::At { center, zoom } => format!("transform: scale({}) {}", decimal(zoom, 4), place(center)),
        }
    }

    /// The point of the canvas under a point of the window.
    #[must_use]
    pub fn canvas_point(&self, x: f64, y: f64) -> (f64, f64) {
        let Some(frame) = self.frame() else { return (x, y) };
        let ((cx, cy), zoom) = self.resolve(frame);
        (cx + (x - frame.left - frame.width / 2.0) / zoom, cy + (y - frame.top - frame.height / 2.0) / zoom)
    }

    /// The point of the canvas in the middle of the surface.
    #[must_use]
    pub fn middle(&self) -> (f64, f64) {
        self.frame().map_or((0.0, 0.0), |frame| self.resolve(frame).0)
    }

    /// Whether a point of the window is on the surface.
    #[must_use]
    pub fn holds(&self, x: f64, y: f64) -> bool {
        self.frame().is_some_and(|frame| {
            (0.0..frame.width).contains(&(x - frame.left)) && (0.0..frame.height).contains(&(y - frame.top))
        })
    }

    /// Moves what is seen by pixels of the window: the drawing follows the hand.
    pub fn pan(&self, dx: f64, dy: f64) {
        let Some(frame) = self.frame() else { return };
        let ((cx, cy), zoom) = self.resolve(frame);
        self.view.set(View::At { center: (cx - dx / zoom, cy - dy / zoom), zoom });
    }

    /// Zooms by a factor, about a point of the window that stays where it is; without one, about the middle.
    pub fn zoom_by(&self, factor: f64, about: Option<(f64, f64)>) {
        let Some(frame) = self.frame() else { return };
        let (center, zoom) = self.resolve(frame);
        let next = clamped(zoom * factor, FAR, NEAR);
        let (x, y) = about.map_or(center, |(x, y)| self.canvas_point(x, y));
        let keep = |fixed: f64, middle: f64| fixed + (middle - fixed) * zoom / next;
        self.view.set(View::At { center: (keep(x, center.0), keep(y, center.1)), zoom: next });
    }

    /// Moves what is seen as little as needed to show a card whole.
    pub fn reveal(&self, at: Point) {
        let Some(frame) = self.frame() else { return };
        let ((cx, cy), zoom) = self.resolve(frame);
        let shift = |middle: f64, room: f64, low: i32, length: i32| {
            let half = room / zoom / 2.0;
            let (low, high) = (f64::from(low) - MARGIN, f64::from(low + length) + MARGIN);
            if high > middle + half {
                high - half
            } else if low < middle - half {
                low + half
            } else {
                middle
            }
        };
        let next = (shift(cx, frame.width, at.x, CARD_WIDTH), shift(cy, frame.height, at.y, CARD_HEIGHT));
        if next != (cx, cy) {
            self.view.set(View::At { center: next, zoom });
        }
    }

    /// The middle and the zoom, in numbers.
    fn resolve(&self, frame: Frame) -> ((f64, f64), f64) {
        match self.view.get_untracked() {
            View::At { center, zoom } => (center, zoom),
            View::Fitted { center, size: (width, height) } => {
                let room = |length: f64, of: f64| (length - 2.0 * MARGIN) / of.max(1.0);
                let zoom = room(frame.width, width).min(room(frame.height, height));
                (center, clamped(zoom, FAR, 1.0))
            }
        }
    }

    fn frame(&self) -> Option<Frame> {
        let rect = surface(self.pane)?.get_bounding_client_rect();
        Some(Frame { left: rect.left(), top: rect.top(), width: rect.width(), height: rect.height() })
    }
}

fn fitted(places: impl IntoIterator<Item = Point>) -> View {
    let (low, high) =
        aside_domain::scene::bounds(places).unwrap_or((Point::new(0, 0), Point::new(4 * CARD_WIDTH, 4 * CARD_HEIGHT)));
    let middle = |low: i32, high: i32| f64::from(low + high) / 2.0;
    View::Fitted {
        center: (middle(low.x, high.x), middle(low.y, high.y)),
        size: (f64::from(high.x - low.x), f64::from(high.y - low.y)),
    }
}
