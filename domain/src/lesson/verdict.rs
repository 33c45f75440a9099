//! How a lesson's goals and predictions stand. Pure: the same evidence is judged the same on any machine.

use super::{Evidence, Goal, Prediction};
use crate::event::{RunEnd, Source};
use crate::graph::{Graph, NodeId};
use crate::measured::Measured;
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

/// What counts. What lies beyond the latest run or traffic is of a log that is no more, and counts as nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Runs up to this number are forgotten.
    pub forgotten: u32,
    /// Traffic up to this number is forgotten.
    #[serde(default)]
    pub forgotten_traffic: u32,
    /// What was judged before: as the last verdict said.
    #[serde(default)]
    pub judged: Upto,
}

/// Up to where was judged. Runs end in another order than they begin in, for one may hang on a held packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upto {
    /// Runs that had ended by this moment of the log's clock, in microseconds.
    pub ended_us: u64,
    /// Traffic up to this number.
    pub traffic: u32,
}

/// How a lesson's conditions stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The runs of Play that came to their end and were not judged before, by their numbers, the first that ended first.
    pub runs: Vec<u32>,
    /// The same of runs that are samples of what was asked from outside.
    #[serde(default)]
    pub outside: Vec<u32>,
    /// The same of traffic.
    #[serde(default)]
    pub traffic: Vec<u32>,
    /// What holds: a goal by its id; a choice of a prediction by the number of the run or traffic that made it right, the
    /// prediction's id and the choice's place, from 0: `3/which-hit/2`.
    pub holds: Vec<String>,
    /// Up to where was judged.
    #[serde(default)]
    pub judged: Upto,
}

/// What the questions are judged by.
struct Case<'a> {
    graph: &'a Graph,
    data: &'a BTreeMap<NodeId, BTreeMap<String, String>>,
    /// The runs that count, in the order in which they ended.
    runs: Vec<&'a Run>,
    /// The traffic that counts.
    traffic: Vec<&'a Measured>,
    outside: u64,
}

impl Case<'_> {
    /// What is known when nothing new has come to its end: what did before is none now, for with a later edit it would meet
    /// what neither of them meets.
    fn now(&self) -> Evidence<'_> {
        let Self { graph, data, outside, .. } = *self;
        Evidence { graph, data, runs: &[], traffic: &[], outside }
    }

    /// What was known when the run at that place had just ended.
    fn after_run(&self, place: usize) -> Evidence<'_> {
        Evidence { runs: &self.runs[..=place], ..self.now() }
    }

    /// What was known when the traffic at that place had just ended.
    fn after_traffic(&self, place: usize) -> Evidence<'_> {
        Evidence { traffic: &self.traffic[..=place], ..self.now() }
    }
}

impl Questions<'_> {
    /// Whether one of them can be judged only by what the stores hold.
    #[must_use]
    pub fn need_data(&self) -> bool {
        let choices = self.predictions.iter().flat_map(|prediction| &prediction.choices);
        self.goals.iter().map(|goal| &goal.when).chain(choices.map(|choice| &choice.when)).any(super::When::needs_data)
    }

    /// Judges each new run and each new traffic as if it were the latest, so that none goes unjudged because another came soon
    /// after; and what needs neither as it is now.
    #[must_use]
    pub fn judge(
        &self,
        graph: &Graph,
        data: &BTreeMap<NodeId, BTreeMap<String, String>>,
        timeline: &Timeline,
        traffic: &[Measured],
        since: Since,
    ) -> Verdict {
        let or_none = |run: u32, latest: u32| if run > latest { 0 } else { run };
        let forgotten = or_none(since.forgotten, timeline.latest().map_or(0, |run| run.run));
        let latest_traffic = traffic.last().map_or(0, |traffic| traffic.number);
        let forgotten_traffic = or_none(since.forgotten_traffic, latest_traffic);
        let counts = |run: &&Run| {
            run.run > forgotten
                && run.source != Source::Traffic
                && run.ended.is_some_and(|(_, end)| end == RunEnd::Completed)
        };
        let mut runs: Vec<&Run> = timeline.runs.iter().filter(counts).collect();
        runs.sort_by_key(|run| ended_us(run));
        let is_over =
            |traffic: &&Measured| traffic.end == Some(RunEnd::Completed) && traffic.number > forgotten_traffic;
        let traffic: Vec<&Measured> = traffic.iter().filter(is_over).collect();
        let ended_last = timeline.runs.iter().map(ended_us).max().unwrap_or(0);
        let before = Upto {
            ended_us: if since.judged.ended_us > ended_last { 0 } else { since.judged.ended_us },
            traffic: or_none(since.judged.traffic, latest_traffic),
        };
        let outside = timeline.runs.iter().filter(|run| run.run > forgotten && run.source == Source::Outside);
        let outside = outside.map(asked).sum();
        self.judge_case(&Case { graph, data, runs, traffic, outside }, before)
    }

    fn judge_case(&self, case: &Case<'_>, before: Upto) -> Verdict {
        let runs = case.runs.partition_point(|run| ended_us(run) <= before.ended_us)..case.runs.len();
        let traffic = case.traffic.partition_point(|traffic| traffic.number <= before.traffic)..case.traffic.len();
        let is_met = |goal: &&&Goal| {
            runs.clone().any(|place| goal.when.holds(case.after_run(place)))
                || traffic.clone().any(|place| goal.when.holds(case.after_traffic(place)))
                || goal.when.holds(case.now())
        };
        let mut holds: Vec<String> = self.goals.iter().filter(is_met).map(|goal| goal.id.clone()).collect();
        let mut mark = |number: u32, source: Source, evidence: Evidence<'_>| {
            for prediction in self.predictions.iter().filter(|prediction| prediction.marked_by() == source) {
                let right = (0..).zip(&prediction.choices).filter(|(_, choice)| choice.when.holds(evidence));
                holds.extend(right.map(|(place, _): (u32, _)| format!("{number}/{}/{place}", prediction.id)));
            }
        };
        for place in runs.clone() {
            mark(case.runs[place].run, case.runs[place].source, case.after_run(place));
        }
        for place in traffic.clone() {
            mark(case.traffic[place].number, Source::Traffic, case.after_traffic(place));
        }
        let of = |source| case.runs[runs.clone()].iter().filter(move |run| run.source == source).map(|run| run.run);
        let traffic: Vec<u32> = case.traffic[traffic].iter().map(|traffic| traffic.number).collect();
        Verdict {
            judged: Upto {
                ended_us: case.runs.last().map_or(before.ended_us, |run| ended_us(run).max(before.ended_us)),
                traffic: traffic.last().copied().unwrap_or(before.traffic),
            },
            runs: of(Source::Play).collect(),
            outside: of(Source::Outside).collect(),
            traffic,
            holds,
        }
    }
}

/// When a run ended; 0 if it goes on.
fn ended_us(run: &Run) -> u64 {
    run.ended.map_or(0, |(at_us, _)| at_us)
}

/// How many requests a run had, those that were not told one by one included.
fn asked(run: &Run) -> u64 {
    run.requests.len() as u64 + run.unseen.iter().map(|unseen| unseen.requests).sum::<u64>()
}
