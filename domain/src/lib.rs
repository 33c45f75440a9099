//! What the drawing means.
//!
//! Everything here is pure: no IO, no clock, no randomness, no async and no user interface. The same code runs on the
//! server, which executes a drawing, and in the browser, which draws it; so both always agree.
//!
//! # Layout
//!
//! The data goes one way, and the modules stand in that order:
//!
//! - [`scenario`]: the document that a person draws, saves and shares; it holds the [`graph`].
//! - [`change`]: every edit of a scenario, each with its inverse. Undo, redo and autosave stand on it.
//! - [`fragment`]: what of it is copied and pasted. [`arrange`] and [`guides`]: how nodes come into line.
//! - [`plan`]: validation, which never fails: what can run, and a list of issues written for a learner.
//! - [`event`]: what the engine reports of a run, one numbered fact at a time, with receipts as evidence.
//! - [`timeline`]: the state folded from events. `snapshot + tail == full fold`, for every split.
//! - [`film`]: a run laid out for the screen: real microseconds, slowed down, their order kept.
//! - [`playback`]: where a viewer is in a film; changed only by commands.
//! - [`scene`]: what is on the canvas at one moment of the film: curves, and packets on them; and what is held now.
//! - [`recording`]: a run as a file, to be replayed without stores.
//! - [`lesson`]: what of a lesson is alive, and how it is judged.
//! - [`markup`]: text in markup. [`picture`]: a scenario as SVG, without anything that moves.
//! - [`live`]: what a sandbox holds at this moment, as the server tells the browser. [`measured`]: what traffic came to.
//! - [`decimal`](mod@decimal), [`json`], [`limits`] and [`text`]: numbers as text, the reader of JSON, how much of everything
//!   there may be, and the checked text types.

pub mod arrange;
pub mod change;
pub mod decimal;
pub mod event;
pub mod film;
pub mod fragment;
pub mod graph;
pub mod guides;
pub mod json;
pub mod lesson;
pub mod limits;
pub mod live;
pub mod markup;
pub mod measured;
pub mod picture;
pub mod plan;
pub mod playback;
pub mod recording;
pub mod scenario;
pub mod scene;
pub mod text;
pub mod timeline;

pub use change::{Change, ChangeError};
pub use decimal::{clamped, decimal, grouped};
pub use event::{
    BreakerNow, BreakerState, Event, Fact, Note, Outcome, Receipt, Released, Reply, RunEnd, Source, Stale, TrafficNow,
};
pub use film::Film;
pub use graph::{
    Command, Condition, DataSet, Distribution, Graph, Hold, Kind, Leg, Link, LinkId, Method, Node, NodeId, Point,
    Request, Resource, Row, SeedKey, Settings, Traffic, WritePolicy,
};
pub use live::{Counted, DataEdit, EntryNow, Held, Place, Saved, StoreNow};
pub use plan::{Issue, Plan, Severity, Subject, validate};
pub use playback::{Playback, PlaybackCommand, Status};
pub use recording::Recording;
pub use scenario::{Scenario, ScenarioError};
pub use text::{Key, Name, TextError, Value};
pub use timeline::{Tally, Timeline};
