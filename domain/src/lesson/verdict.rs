//! How a lesson's goals and predictions stand. Pure: the same evidence is judged the same on any machine.

use super::{Evidence, Goal, Prediction};
use crate::RunEnd;
use crate::graph::{Graph, NodeId};
use crate::timeline::{Run, Timeline};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is judged.
#[derive(Debug, Clone, Default)]
pub struct Questions<'a> {
    /// Goals.
    pub goals: Vec<&'a Goal>,
    /// Predictions.
    pub predictions: Vec<&'a Prediction>,
}

/// Which runs count, by their numbers. A number beyond the latest run is of a log that is no more, and counts as 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Runs up to this one are forgotten.
    pub forgotten: u32,
    /// Runs up to this one were judged before.
    pub judged: u32,
}

/// How a lesson's conditions stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The runs that came to their end and were not judged before, the oldest first.
    pub runs: Vec<u32>,
    /// What holds: a goal by its id; a choice of a prediction by the number of the run that made it right, the prediction's id
    /// and the choice's place, from 0: `3/which-hit/2`.
    pub holds: Vec<String>,
}

impl Questions<'_> {
    /// Whether one of them can be judged only by what the stores hold.
    #[must_use]
    pub fn need_data(&self) -> bool {
        let choices = self.predictions.iter().flat_map(|prediction| &prediction.choices);
        self.goals.iter().map(|goal| &goal.when).chain(choices.map(|choice| &choice.when)).any(super::When::needs_data)
    }

    /// Judges each new run as if it were the latest, so that none goes unjudged because another came soon after; and what
    /// needs no run as it is now.
    #[must_use]
    pub fn judge(
        &self,
        graph: &Graph,
        data: &BTreeMap<NodeId, BTreeMap<String, String>>,
        timeline: &Timeline,
        since: Since,
    ) -> Verdict {
        let latest = timeline.latest().map_or(0, |run| run.run);
        let or_none = |run: u32| if run > latest { 0 } else { run };
        let (forgotten, judged) = (or_none(since.forgotten), or_none(since.judged));
        let counts = |run: &&Run| run.run > forgotten && run.ended.is_some_and(|(_, end)| end == RunEnd::Completed);
        let runs: Vec<&Run> = timeline.runs.iter().filter(counts).collect();
        let is_new = |run: &&&Run| run.run > judged;
        let upto = |run: u32| Evidence { graph, data, runs: &runs[..runs.partition_point(|other| other.run <= run)] };
        let fresh: Vec<u32> = runs.iter().filter(is_new).map(|run| run.run).collect();
        let is_met = |goal: &&&Goal| {
            fresh.iter().any(|run| goal.when.holds(upto(*run)))
                // A run that was judged before is none now: with a later edit it would meet what neither of them meets.
                || goal.when.holds(Evidence { graph, data, runs: &[] })
        };
        let mut holds: Vec<String> = self.goals.iter().filter(is_met).map(|goal| goal.id.clone()).collect();
        for run in &fresh {
            for prediction in &self.predictions {
                let right = (0..).zip(&prediction.choices).filter(|(_, choice)| choice.when.holds(upto(*run)));
                holds.extend(right.map(|(place, _): (u32, _)| format!("{run}/{}/{place}", prediction.id)));
            }
        }
        Verdict { runs: fresh, holds }
    }
}
