//! What somebody has done in the lessons: kept on his device, and merged with what another device or tab has kept.
//!
//! Merging takes the later of two answers and every goal that either has; it is commutative, associative and idempotent, so
//! tabs and devices agree whatever reaches them first. Starting a lesson over is the one thing that takes something away:
//! it carries its time, and what was done before it is gone everywhere.

use crate::json::{self, JsonError};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The format of progress as it is written now.
pub const PROGRESS_FORMAT: u32 = 1;
/// Lessons that progress may speak of, and goals and predictions in each.
const ENTRIES: usize = 100;
/// Length of a slug or an id, in bytes.
const ID_BYTES: usize = 64;

/// What somebody has done in the lessons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// [`PROGRESS_FORMAT`] when it was written.
    pub format: u32,
    /// Each lesson that was opened, by its slug. Lessons that are no longer there stay: they may come back.
    pub lessons: BTreeMap<String, LessonProgress>,
}

/// What somebody has done in one lesson.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LessonProgress {
    /// When it was started over, in milliseconds since 1970; 0 if it never was.
    pub begun_ms: u64,
    /// When it was open last, in milliseconds since 1970.
    pub seen_ms: u64,
    /// The goals that were met, by their ids.
    pub goals: BTreeSet<String>,
    /// The answers that were locked in, by their predictions' ids.
    pub answers: BTreeMap<String, Answer>,
}

/// An answer to a prediction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Answer {
    /// When it was locked in, in milliseconds since 1970.
    pub at_ms: u64,
    /// What the run that followed made right, by the choices' places from 0; none as long as there was no run.
    pub happened: Option<Vec<u32>>,
    /// What was chosen, by the choices' places from 0.
    pub chosen: Vec<u32>,
}

/// Why a text is no progress.
#[derive(Debug, thiserror::Error)]
pub enum ProgressError {
    /// It is no JSON of that form.
    #[error("This is no file with progress in it: {0}.")]
    Unreadable(JsonError),
    /// A later version of Aside wrote it.
    #[error("This progress was written by a newer Aside (format {0}; this one knows {PROGRESS_FORMAT}).")]
    Newer(u32),
    /// It holds more than there can be.
    #[error("This progress holds more than the lessons have.")]
    TooMuch,
}

impl Default for Progress {
    fn default() -> Self {
        Self { format: PROGRESS_FORMAT, lessons: BTreeMap::new() }
    }
}

impl Progress {
    /// Reads progress as [`Progress::to_json`] wrote it.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, ProgressError> {
        let progress: Self = json::read(text).map_err(ProgressError::Unreadable)?;
        progress.check()?;
        Ok(progress)
    }

    /// Checks that it is of a known format, and not beyond all measure.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn check(&self) -> Result<(), ProgressError> {
        if self.format > PROGRESS_FORMAT {
            return Err(ProgressError::Newer(self.format));
        }
        let is_short = |id: &String| id.len() <= ID_BYTES;
        let is_small = |answer: &Answer| {
            answer.chosen.len() <= ENTRIES && answer.happened.as_ref().is_none_or(|all| all.len() <= ENTRIES)
        };
        let fits = |lesson: &LessonProgress| {
            lesson.goals.len() <= ENTRIES
                && lesson.answers.len() <= ENTRIES
                && lesson.goals.iter().chain(lesson.answers.keys()).all(is_short)
                && lesson.answers.values().all(is_small)
        };
        let is_small = self.lessons.len() <= ENTRIES;
        if is_small && self.lessons.keys().all(is_short) && self.lessons.values().all(fits) {
            Ok(())
        } else {
            Err(ProgressError::TooMuch)
        }
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() // maps with texts for keys: it cannot fail
    }

    /// What was done in a lesson; nothing, if it was never opened.
    pub fn lesson(&mut self, slug: &str) -> &mut LessonProgress {
        self.lessons.entry(slug.to_owned()).or_default()
    }

    /// Takes in what another tab or device has kept.
    pub fn merge(&mut self, other: &Self) {
        for (slug, theirs) in &other.lessons {
            self.lesson(slug).merge(theirs);
        }
    }
}

impl LessonProgress {
    /// Starts the lesson over at that time: its goals are open again, and so are its predictions.
    pub fn start_over(&mut self, now_ms: u64) {
        *self = Self { begun_ms: now_ms, seen_ms: self.seen_ms.max(now_ms), ..Self::default() };
    }

    fn merge(&mut self, theirs: &Self) {
        let seen_ms = self.seen_ms.max(theirs.seen_ms);
        match self.begun_ms.cmp(&theirs.begun_ms) {
            Ordering::Less => *self = theirs.clone(),
            Ordering::Greater => {}
            Ordering::Equal => {
                self.goals.extend(theirs.goals.iter().cloned());
                for (id, theirs) in &theirs.answers {
                    // The later answer; and of the same one, that which a run has marked.
                    let mine = self.answers.entry(id.clone()).or_insert_with(|| theirs.clone());
                    *mine = theirs.max(mine).clone();
                }
            }
        }
        self.seen_ms = seen_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(at_ms: u64, chosen: &[u32], happened: Option<&[u32]>) -> Answer {
        Answer { at_ms, chosen: chosen.to_vec(), happened: happened.map(<[u32]>::to_vec) }
    }

    fn progress(begun_ms: u64, goals: &[&str], answers: &[(&str, Answer)]) -> Progress {
        let goals = goals.iter().map(ToString::to_string).collect();
        let answers = answers.iter().map(|(id, answer)| ((*id).to_owned(), answer.clone())).collect();
        let lesson = LessonProgress { begun_ms, seen_ms: begun_ms, goals, answers };
        Progress { lessons: BTreeMap::from([("ttl".to_owned(), lesson)]), ..Progress::default() }
    }

    fn merged(a: &Progress, b: &Progress) -> Progress {
        let mut merged = a.clone();
        merged.merge(b);
        merged
    }

    #[test]
    fn it_makes_no_difference_what_is_merged_first() {
        let all = [
            Progress::default(),
            progress(0, &["a"], &[("p", answer(5, &[0], None))]),
            progress(0, &["b"], &[("p", answer(5, &[0], Some(&[1])))]),
            progress(0, &["c"], &[("p", answer(9, &[1], None)), ("q", answer(1, &[], None))]),
            progress(7, &["a", "c"], &[]),
            progress(7, &[], &[("q", answer(8, &[2], Some(&[2])))]),
        ];
        for a in &all {
            assert_eq!(merged(a, a), *a);
            for b in &all {
                assert_eq!(merged(a, b), merged(b, a));
                for c in &all {
                    assert_eq!(merged(&merged(a, b), c), merged(a, &merged(b, c)));
                }
            }
        }
    }

    #[test]
    fn the_later_answer_counts_and_of_one_answer_the_marked_one() {
        let open = progress(0, &[], &[("p", answer(5, &[0], None))]);
        let marked = progress(0, &[], &[("p", answer(5, &[0], Some(&[1])))]);
        let again = progress(0, &[], &[("p", answer(6, &[1], None))]);
        assert_eq!(merged(&open, &marked), marked);
        assert_eq!(merged(&marked, &again), again);
    }

    #[test]
    fn what_was_done_before_a_lesson_was_started_over_does_not_come_back() {
        let before = progress(0, &["a", "b"], &[("p", answer(5, &[0], None))]);
        let mut over = before.clone();
        over.lesson("ttl").start_over(100);
        assert_eq!(merged(&over, &before).lessons["ttl"].goals.len(), 0);
        assert_eq!(merged(&before, &over), over);
    }

    #[test]
    fn it_is_read_as_it_was_written_and_what_is_no_progress_is_told() {
        let kept = progress(3, &["a"], &[("p", answer(5, &[0, 2], Some(&[1])))]);
        assert_eq!(Progress::read(&kept.to_json()).unwrap(), kept);
        assert!(Progress::read(r#"{"format":1,"lessons":{"ttl":{"goals":["a"]}}}"#).is_ok(), "parts may be missing");
        for (text, says) in [
            ("", "no file"),
            ("[]", "no file"),
            (r#"{"format":1}"#, "no file"),
            (r#"{"format":2,"lessons":{}}"#, "newer Aside"),
        ] {
            assert!(Progress::read(text).unwrap_err().to_string().contains(says), "{text}");
        }
        let many = (0..=ENTRIES).map(|n| format!(r#""l{n}":{{}}"#)).collect::<Vec<_>>().join(",");
        assert!(matches!(
            Progress::read(&format!(r#"{{"format":1,"lessons":{{{many}}}}}"#)),
            Err(ProgressError::TooMuch)
        ));
        let long = "x".repeat(ID_BYTES + 1);
        assert!(matches!(
            Progress::read(&format!(r#"{{"format":1,"lessons":{{"{long}":{{}}}}}}"#)),
            Err(ProgressError::TooMuch)
        ));
    }
}
