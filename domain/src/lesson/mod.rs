//! Lessons: what of a lesson is alive, and how it is judged.
//!
//! A lesson's prose is read on the server (`lessons/`) and never comes here. What comes here is what its blocks say:
//! [`Checkpoint`]s that change a sandbox, [`Prediction`]s that a run marks, and [`Goal`]s, whose [`When`] is a pure
//! function of the drawing, the data and the timeline: the same evidence is judged the same on any machine.

mod effect;
mod progress;
mod told;
mod verdict;
mod when;
mod when_run;
mod when_traffic;

pub use effect::{BreakerChange, Effect, EffectError, Line, ServerChange};
pub use progress::{Mark, Progress, ProgressError, What};
pub use verdict::{Questions, Since, Upto, Verdict};
pub use when::{Evidence, HoldWhen, ServerWhen, When};
pub use when_run::{Answers, Hops, RunWhen};
pub use when_traffic::{Bounds, TrafficWhen};

use crate::event::Source;
use crate::graph::NodeId;
use crate::live::Saved;
use serde::{Deserialize, Serialize};

/// What stands at the head of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// What it is called.
    pub title: String,
    /// One line that says what somebody will have understood.
    pub summary: String,
    /// How long it takes, in minutes.
    pub minutes: u32,
    /// Its place in the path, from 1.
    pub order: u32,
    /// The lessons that one should know before, by their slugs.
    #[serde(default)]
    pub after: Vec<String>,
}

/// A button that changes the live system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Its identity within the lesson.
    pub id: String,
    /// Its name.
    pub title: String,
    /// What it does.
    pub text: String,
    /// What to do next.
    pub then: String,
    /// What it does, step by step. Done twice it does no harm.
    pub effects: Vec<Effect>,
}

/// A question before Play, before traffic, or before a request from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// Its identity within the lesson.
    pub id: String,
    /// What is asked.
    pub question: String,
    /// Whether several choices can be right, and chosen.
    pub many: bool,
    /// What can be chosen.
    pub choices: Vec<Choice>,
    /// What there was to be seen.
    pub why: String,
}

/// Something that one can predict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// In words.
    pub text: String,
    /// It is right if this holds for the run that follows.
    pub when: When,
}

impl Prediction {
    /// What marks an answer to it: the next run of Play, the next sample of what is asked from outside, or the end of traffic.
    #[must_use]
    pub fn marked_by(&self) -> Source {
        self.choices.iter().find_map(|choice| choice.when.speaks_of()).unwrap_or_default()
    }
}

/// A condition that ticks itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Its identity within the lesson.
    pub id: String,
    /// What is to be done.
    pub text: String,
    /// A nudge, then the way.
    pub hints: [String; 2],
    /// When it is met.
    pub when: When,
}

/// A drawing of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Its identity within the lesson.
    pub id: String,
    /// The scenario's file, in the lesson's folder.
    pub scenario: String,
    /// What stands below it.
    pub caption: String,
    /// What there is to be seen, for those who cannot.
    pub alt: String,
}

/// One real request, and its receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Its identity within the lesson.
    pub id: String,
    /// What to look at.
    pub text: String,
    /// The client that sends it.
    pub client: NodeId,
    /// The request.
    pub request: Line,
}

/// What a checkpoint did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The scenario as it is now.
    pub saved: Saved,
    /// The nodes that it touched, or whose links it touched.
    pub touched: Vec<NodeId>,
    /// What it did, a sentence a step.
    pub told: Vec<String>,
}
