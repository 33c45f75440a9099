//! What somebody has done in the lessons: kept on his device, and merged with what another device or tab has kept.
//!
//! Progress is a list of marks, each with its time. Merging keeps every mark, and of two of the same thing the later; it is
//! commutative, associative and idempotent, so tabs and devices agree whatever reaches them first. Starting a lesson over is
//! the one mark that takes something away: what was done in the lesson before it is gone, everywhere.

use crate::json::{self, JsonError, Tree};
use serde::{Deserialize, Serialize};

/// The format of progress as it is written now.
pub const PROGRESS_FORMAT: u32 = 1;
/// The most marks that progress may hold: far more than the lessons have.
const MARKS: usize = 1_000;
/// Length of a slug or an id, in bytes.
const ID_BYTES: usize = 64;
/// The most choices that an answer may name.
const CHOICES: usize = 64;
/// The latest time of a mark, in milliseconds since 1970: the year 2286. A clock may be wrong, but not without bounds.
const LATEST_MS: u64 = 10_000_000_000_000;

/// What somebody has done in the lessons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// [`PROGRESS_FORMAT`] when it was written.
    pub format: u32,
    /// What was done, in order. Marks of lessons that are no longer there stay: they may come back.
    marks: Vec<Mark>,
}

/// Something that was done in a lesson. (Marks are ordered by their fields, from the first.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The lesson, by its slug.
    pub lesson: String,
    /// What was done.
    pub what: What,
    /// The goal or prediction that it was done to, by its id; empty where it was done to the lesson.
    pub id: String,
    /// When, in milliseconds since 1970, by the device's clock.
    pub at_ms: u64,
    /// Of an answer: what the run that followed made right, by the choices' places from 0; none as long as there was no run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<Vec<u32>>,
    /// Of an answer: what was chosen, by the choices' places from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chosen: Vec<u32>,
}

/// What can be done in a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It was opened.
    Opened,
    /// It was started over.
    StartedOver,
    /// A goal was met.
    Goal,
    /// An answer was locked in.
    Answer,
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
        Self { format: PROGRESS_FORMAT, marks: Vec::new() }
    }
}

impl Progress {
    /// Reads progress as [`Progress::to_json`] wrote it.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, ProgressError> {
        let tree = json::tree(text).map_err(ProgressError::Unreadable)?;
        // Of a later format nothing else is known; but a file with a graph is a scenario, which has formats of its own.
        let format = tree
            .get("format")
            .filter(|_| tree.get("graph").is_none())
            .and_then(Tree::as_u64)
            .and_then(|format| u32::try_from(format).ok());
        if let Some(format) = format.filter(|format| *format > PROGRESS_FORMAT) {
            return Err(ProgressError::Newer(format));
        }
        let progress: Self = json::of(&tree).map_err(ProgressError::Unreadable)?;
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
        let is_small = |mark: &Mark| {
            mark.lesson.len() <= ID_BYTES
                && mark.id.len() <= ID_BYTES
                && mark.chosen.len() <= CHOICES
                && mark.happened.as_ref().is_none_or(|all| all.len() <= CHOICES)
                && mark.at_ms <= LATEST_MS
        };
        if self.marks.len() <= MARKS && self.marks.iter().all(is_small) { Ok(()) } else { Err(ProgressError::TooMuch) }
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::write(self)
    }

    /// What was done in a lesson.
    pub fn marks<'a>(&'a self, lesson: &'a str) -> impl Iterator<Item = &'a Mark> {
        self.marks.iter().filter(move |mark| mark.lesson == lesson)
    }

    /// The lessons in which something was done since they were started over, and again for each thing that was.
    pub fn lessons(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().filter(|mark| mark.what != What::StartedOver).map(|mark| mark.lesson.as_str())
    }

    /// The time of something that is done in a lesson now, by a clock that tells `clock_ms`: after everything that was done in
    /// it before, even if that was on a device whose clock is ahead.
    #[must_use]
    pub fn now_ms(&self, lesson: &str, clock_ms: u64) -> u64 {
        self.marks(lesson).map(|mark| mark.at_ms + 1).max().unwrap_or(0).max(clock_ms)
    }

    /// What was done to that goal or prediction of a lesson, if it was.
    #[must_use]
    pub fn find(&self, lesson: &str, what: What, id: &str) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.lesson == lesson && mark.what == what && mark.id == id)
    }

    /// Adds that something was done, unless the lesson was started over since.
    pub fn add(&mut self, mark: &Mark) {
        let is_over = |other: &Mark| other.lesson == mark.lesson && other.what == What::StartedOver;
        if self.marks.iter().any(|other| is_over(other) && is_before(mark, other)) {
            return;
        }
        let is_same = |other: &Mark| other.lesson == mark.lesson && other.what == mark.what && other.id == mark.id;
        match self.marks.iter_mut().find(|other| is_same(other)) {
            // The later one; and of the same answer, that which a run has marked.
            Some(mine) if *mine < *mark => mine.clone_from(mark),
            Some(_) => {}
            None => {
                let place = self.marks.partition_point(|other| other < mark);
                self.marks.insert(place, mark.clone());
            }
        }
        if mark.what == What::StartedOver {
            self.marks.retain(|other| other.lesson != mark.lesson || !is_before(other, mark));
        }
    }

    /// Takes in what another tab or device has kept.
    pub fn merge(&mut self, other: &Self) {
        for mark in &other.marks {
            self.add(mark);
        }
    }
}

/// Whether something was done before its lesson was started over, or at that moment.
fn is_before(mark: &Mark, over: &Mark) -> bool {
    mark.what != What::StartedOver && mark.at_ms <= over.at_ms
}

impl Mark {
    /// A mark of a lesson as a whole, or of a goal in it.
    #[must_use]
    pub fn new(lesson: &str, what: What, id: &str, at_ms: u64) -> Self {
        Self { lesson: lesson.to_owned(), what, id: id.to_owned(), at_ms, happened: None, chosen: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(id: &str, at_ms: u64) -> Mark {
        Mark::new("ttl", What::Goal, id, at_ms)
    }

    fn answer(id: &str, at_ms: u64, chosen: &[u32], happened: Option<&[u32]>) -> Mark {
        let happened = happened.map(<[u32]>::to_vec);
        Mark { chosen: chosen.to_vec(), happened, ..Mark::new("ttl", What::Answer, id, at_ms) }
    }

    fn over(at_ms: u64) -> Mark {
        Mark::new("ttl", What::StartedOver, "", at_ms)
    }

    fn progress(marks: &[Mark]) -> Progress {
        let mut progress = Progress::default();
        marks.iter().for_each(|mark| progress.add(mark));
        progress
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
            progress(&[goal("a", 1), answer("p", 5, &[0], None)]),
            progress(&[goal("b", 9), answer("p", 5, &[0], Some(&[1]))]),
            progress(&[goal("c", 2), goal("a", 8), answer("p", 9, &[1], None), answer("q", 1, &[], None)]),
            progress(&[over(7), goal("a", 8), goal("c", 9)]),
            progress(&[over(6), answer("q", 8, &[2], Some(&[2])), Mark::new("redis", What::Opened, "", 3)]),
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
        let open = progress(&[answer("p", 5, &[0], None)]);
        let marked = progress(&[answer("p", 5, &[0], Some(&[1]))]);
        let again = progress(&[answer("p", 6, &[1], None)]);
        assert_eq!(merged(&open, &marked), marked);
        assert_eq!(merged(&marked, &again), again);
    }

    #[test]
    fn what_was_done_before_a_lesson_was_started_over_does_not_come_back() {
        let other = Mark::new("redis", What::Goal, "a", 1);
        let before = progress(&[goal("a", 1), answer("p", 100, &[0], None), other.clone()]);
        let after = merged(&before, &progress(&[over(100)]));
        assert_eq!(after, progress(&[over(100), other]));
        assert_eq!(merged(&after, &before), after);
        assert!(merged(&after, &progress(&[goal("a", 101)])).find("ttl", What::Goal, "a").is_some());
    }

    #[test]
    fn what_is_done_now_comes_after_what_was_done_by_a_clock_that_is_ahead() {
        let mut kept = progress(&[goal("a", 5_000), over(4_000)]);
        let now_ms = kept.now_ms("ttl", 1_000);
        kept.add(&over(now_ms));
        assert_eq!(kept.find("ttl", What::Goal, "a"), None, "started over after it");
        kept.add(&goal("a", kept.now_ms("ttl", 1_000)));
        assert!(kept.find("ttl", What::Goal, "a").is_some());
        assert_eq!((kept.now_ms("redis", 1_000), kept.now_ms("ttl", 9_000)), (1_000, 9_000));
    }

    #[test]
    fn it_is_read_as_it_was_written_and_what_is_no_progress_is_told() {
        let kept = progress(&[goal("a", 3), answer("p", 5, &[0, 2], Some(&[1])), over(1)]);
        assert_eq!(Progress::read(&kept.to_json()).unwrap(), kept);
        for (text, says) in [
            ("", "no file"),
            ("[]", "no file"),
            (r#"{"format":1}"#, "no file"),
            (r#"{"format":1,"marks":[{"lesson":"ttl","what":"magic","id":"","at_ms":1}]}"#, "no file"),
            (r#"{"format":2,"marks":[]}"#, "newer Aside"),
            (r#"{"format":2,"steps":{}}"#, "newer Aside"),
            (r#"{"format":2,"graph":{}}"#, "no file"),
        ] {
            assert!(Progress::read(text).unwrap_err().to_string().contains(says), "{text}");
        }
        let many: Vec<Mark> = (0..=MARKS).map(|n| goal(&n.to_string(), 1)).collect();
        let long = [goal(&"x".repeat(ID_BYTES + 1), 1)];
        let late = [goal("a", LATEST_MS + 1)];
        for marks in [&many[..], &long, &late] {
            assert!(matches!(Progress::read(&progress(marks).to_json()), Err(ProgressError::TooMuch)));
        }
    }
}
