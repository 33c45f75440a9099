//! The observer: says which of the things that a cache tells are stale.
//!
//! It stands beside the requests and is no part of them. What a cache told is compared with the row as it is in Postgres,
//! by a statement of the observer's own, which is neither timed nor counted, while the request goes on. Meanwhile the row
//! may change; so the observer also keeps a diary of what this program writes into rows, and a hit is stale only if its row
//! had changed before the cache was asked. From the diary it also knows since when a copy has been stale. Changes that
//! somebody makes with a tool of his own are seen by the comparison, and nobody knows their time.

use crate::connections::Connections;
use crate::error::EngineError;
use crate::ids::SandboxId;
use crate::postgres_data;
use aside_domain::live::NOT_THERE;
use aside_domain::{DataSet, EntryNow, NodeId, Stale};
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Changes that are remembered of one row.
const REMEMBERED: usize = 64;
/// Rows whose changes are remembered, and keys of which something is; beyond it the diary begins anew.
const ROWS: usize = 10_000;
/// Comparisons under way in one sandbox: they must not take the connections away from its requests.
const AT_ONCE: usize = 2;

/// A value, or that there is none, in a form that is quick to compare and small to keep.
type Print = Option<u64>;
/// A node, and a key in it.
pub(crate) type Place = (NodeId, String);

/// The observer of one sandbox.
pub(crate) struct Observer {
    diary: Mutex<Diary>,
    turns: Semaphore,
}

#[derive(Default)]
struct Diary {
    rows: HashMap<Place, VecDeque<Change>>,
    /// When a person wrote a key of a cache by hand.
    keys: HashMap<Place, Instant>,
    /// By how many seconds jitter changed the time to live of a fill.
    jitters: HashMap<Place, i32>,
    changes: u64,
    /// When a database last gave no answer to a comparison.
    unanswered: Option<Instant>,
}

/// A change of a row.
#[derive(Debug, Clone, Copy)]
struct Change {
    number: u64,
    to: Print,
    began: Instant,
    /// When it was surely done; none while it is under way.
    done: Option<Instant>,
}

/// A change of a row that is under way; dropped when it is over.
pub(crate) struct Writing<'a> {
    observer: &'a Observer,
    place: Place,
    number: u64,
}

/// What a cache told, and when.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// The value; none if it told that there is no row.
    pub(crate) value: Option<String>,
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
}

/// A database behind a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behind {
    pub(crate) node: NodeId,
    /// The shared rows under its own.
    pub(crate) data_set: Option<DataSet>,
}

/// What the observer found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What the cache told was what the row had, or had until the cache was asked.
    Fresh,
    /// The row had changed before; so long ago, if it is known.
    Stale(Option<Duration>),
}

/// The print of a value.
pub(crate) fn print(value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Observer {
    pub(crate) fn new() -> Self {
        Self { diary: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }

    fn diary(&self) -> MutexGuard<'_, Diary> {
        self.diary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A row is about to be given a value, or to be deleted.
    pub(crate) fn writing(&self, node: &NodeId, key: &str, value: Option<&str>) -> Writing<'_> {
        let mut diary = self.diary();
        diary.changes += 1;
        let (number, place) = (diary.changes, (node.clone(), key.to_owned()));
        if diary.rows.len() >= ROWS && !diary.rows.contains_key(&place) {
            diary.rows.clear();
        }
        let changes = diary.rows.entry(place.clone()).or_default();
        if changes.len() >= REMEMBERED {
            changes.pop_front();
        }
        changes.push_back(Change { number, to: value.map(print), began: Instant::now(), done: None });
        Writing { observer: self, place, number }
    }

    /// A person wrote a key of a cache by hand.
    pub(crate) fn wrote_key(&self, node: &NodeId, key: &str) {
        let mut diary = self.diary();
        let place = (node.clone(), key.to_owned());
        diary.jitters.remove(&place);
        if diary.keys.len() >= ROWS {
            diary.keys.clear();
        }
        diary.keys.insert(place, Instant::now());
    }

    /// A key is filled, with that much jitter in its time to live.
    pub(crate) fn filled(&self, node: &NodeId, key: &str, jitter_s: Option<i32>) {
        let mut diary = self.diary();
        let place = (node.clone(), key.to_owned());
        diary.keys.remove(&place);
        if diary.jitters.len() >= ROWS {
            diary.jitters.clear();
        }
        match jitter_s {
            Some(jitter_s) => diary.jitters.insert(place, jitter_s),
            None => diary.jitters.remove(&place),
        };
    }

    /// The sandbox begins afresh.
    pub(crate) fn clear(&self) {
        *self.diary() = Diary::default();
    }

    /// Compares what a cache told with the row in that database. None if the database does not answer.
    pub(crate) async fn compare(
        &self,
        stores: &Connections,
        sandbox: &SandboxId,
        (cache, database): (&NodeId, &Behind),
        key: &str,
        told: Told,
    ) -> Option<Verdict> {
        let _turn = self.turns.acquire().await; // it is never closed
        // Whoever waited for his turn behind one that got no answer gets none either: a run must not wait for each of its
        // hits as long as it takes to learn that Postgres is down.
        if self.diary().unanswered.is_some_and(|at| told.answered <= at) {
            return None;
        }
        let Ok(rows) = postgres_data::prints(stores, sandbox, std::slice::from_ref(database), &[key]).await else {
            self.diary().unanswered = Some(Instant::now());
            return None;
        };
        let row = rows.get(&(database.node.clone(), key.to_owned())).copied();
        Some(self.verdict(cache, &database.node, key, row, &told))
    }

    /// Completes what an inspector shows of a cache's keys, for which the cache was asked at that moment: its databases are those of the servers that ask it.
    pub(crate) async fn look_through(
        &self,
        stores: &Connections,
        sandbox: &SandboxId,
        cache: &NodeId,
        databases: &[Behind],
        (asked, entries): (Instant, &mut [EntryNow]),
    ) -> Result<(), EngineError> {
        let answered = Instant::now();
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let rows = postgres_data::prints(stores, sandbox, databases, &keys).await?;
        for entry in entries {
            let place = (cache.clone(), entry.key.clone());
            entry.jitter_s = entry.ttl_ms.and_then(|_| self.diary().jitters.get(&place).copied());
            let value = (entry.value != NOT_THERE).then(|| entry.value.clone());
            let told = Told { value, asked, answered };
            let verdicts = databases.iter().map(|Behind { node: database, .. }| {
                let row = rows.get(&(database.clone(), entry.key.clone())).copied();
                self.verdict(cache, database, &entry.key, row, &told)
            });
            // Where several databases stand behind one cache, it is enough that one of them has what it tells.
            entry.stale = verdicts.min_by_key(|verdict| *verdict != Verdict::Fresh).and_then(|verdict| match verdict {
                Verdict::Fresh => None,
                Verdict::Stale(since) => Some(Stale { for_us: since.map(|since| since.as_micros() as u64) }),
            });
        }
        Ok(())
    }

    fn verdict(&self, cache: &NodeId, database: &NodeId, key: &str, row: Print, told: &Told) -> Verdict {
        let copy = told.value.as_deref().map(print);
        let diary = self.diary();
        let none = VecDeque::new();
        let changes = diary.rows.get(&(database.clone(), key.to_owned())).unwrap_or(&none);
        // What began after the answer is of no interest, but for one thing: it may have brought the row back to the copy.
        let is_later = |change: &&Change| change.began > told.answered;
        if copy == row && !changes.iter().filter(is_later).any(|change| change.to == copy) {
            return Verdict::Fresh;
        }
        let earlier: Vec<&Change> = changes.iter().filter(|change| !is_later(change)).collect();
        // The change that took away what the cache has: the one after the last that made it so, or the first of all.
        let after = earlier.iter().rposition(|change| change.to == copy).map_or(0, |last| last + 1);
        match earlier.get(after) {
            // It changed while the cache was asked, or after; and who wrote last is not who is known to have.
            None if changes.iter().any(|change| change.done.is_none_or(|done| done > told.asked)) => Verdict::Fresh,
            None => Verdict::Stale(None),
            Some(Change { done: Some(done), .. }) if *done <= told.asked => {
                // A copy that was written by hand is no older than that.
                let by_hand = diary.keys.get(&(cache.clone(), key.to_owned()));
                let since = by_hand.map_or(*done, |written| (*written).max(*done));
                Verdict::Stale(Some(told.answered.saturating_duration_since(since)))
            }
            Some(_) => Verdict::Fresh, // it changed while the cache was asked, or after
        }
    }
}

impl Writing<'_> {
    /// The change surely was not made.
    pub(crate) fn failed(self) {
        self.take();
    }

    /// The change was surely made at that moment.
    pub(crate) fn done(self, at: Instant) {
        self.finish(at);
    }

    /// Takes it out of the diary.
    fn take(&self) -> Option<Change> {
        let mut diary = self.observer.diary();
        let changes = diary.rows.get_mut(&self.place)?;
        let own = changes.iter().position(|change| change.number == self.number)?;
        changes.remove(own)
    }

    /// Puts it behind those that were done before: of two that overlap, the one that was done last counts as the last.
    fn finish(&self, at: Instant) {
        let Some(own) = self.take() else { return };
        let mut diary = self.observer.diary();
        let Some(changes) = diary.rows.get_mut(&self.place) else { return };
        let behind = changes.iter().rposition(|change| change.done.is_some_and(|done| done <= at));
        changes.insert(behind.map_or(0, |last| last + 1), Change { done: Some(at), ..own });
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let is_open = |change: &Change| change.number == self.number && change.done.is_none();
        let is_there = self.observer.diary().rows.get(&self.place).is_some_and(|changes| changes.iter().any(is_open));
        if is_there {
            self.finish(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str) -> NodeId {
        NodeId::new(id).unwrap()
    }

    fn verdict(observer: &Observer, value: Option<&str>, row: Option<&str>, asked: Instant) -> Verdict {
        let told = Told { value: value.map(str::to_owned), asked, answered: Instant::now() };
        observer.verdict(&node("redis"), &node("postgres"), "k", row.map(print), &told)
    }

    #[test]
    fn what_the_row_has_is_fresh_whatever_happened_before() {
        let observer = Observer::new();
        drop(observer.writing(&node("postgres"), "k", Some("new")));
        assert_eq!(verdict(&observer, Some("new"), Some("new"), Instant::now()), Verdict::Fresh);
        assert_eq!(verdict(&observer, None, None, Instant::now()), Verdict::Fresh);
    }

    #[test]
    fn a_copy_is_stale_since_the_change_that_took_its_value_away_and_not_since_the_last_one() {
        let observer = Observer::new();
        drop(observer.writing(&node("postgres"), "k", Some("one")));
        drop(observer.writing(&node("postgres"), "k", Some("two")));
        let between = Instant::now();
        drop(observer.writing(&node("postgres"), "k", Some("three")));
        let asked = Instant::now();
        let Verdict::Stale(Some(one)) = verdict(&observer, Some("one"), Some("three"), asked) else { panic!() };
        let Verdict::Stale(Some(two)) = verdict(&observer, Some("two"), Some("three"), asked) else { panic!() };
        assert!(one >= asked - between, "since the second");
        assert!(two <= between.elapsed(), "since the third");
    }

    #[test]
    fn a_row_that_changes_while_the_cache_is_asked_makes_no_hit_stale() {
        let observer = Observer::new();
        let asked = Instant::now();
        let writing = observer.writing(&node("postgres"), "k", Some("new"));
        assert_eq!(verdict(&observer, Some("old"), Some("new"), asked), Verdict::Fresh, "under way");
        drop(writing);
        assert_eq!(
            verdict(&observer, Some("old"), Some("new"), asked),
            Verdict::Fresh,
            "done after the cache was asked"
        );
        assert!(matches!(verdict(&observer, Some("old"), Some("new"), Instant::now()), Verdict::Stale(Some(_))));
    }

    #[test]
    fn of_two_writers_that_overlap_the_one_that_was_done_last_counts_as_the_last() {
        let observer = Observer::new();
        let one = observer.writing(&node("postgres"), "k", Some("one"));
        let other = observer.writing(&node("postgres"), "k", Some("other"));
        let asked = Instant::now();
        other.done(Instant::now());
        one.done(Instant::now());
        let fresh = verdict(&observer, Some("other"), Some("one"), asked);
        assert_eq!(fresh, Verdict::Fresh, "it was told before the other one was done");
        assert!(matches!(verdict(&observer, Some("other"), Some("one"), Instant::now()), Verdict::Stale(Some(_))));
    }

    #[test]
    fn a_row_that_is_changed_back_after_the_answer_makes_no_stale_hit_fresh() {
        let observer = Observer::new();
        drop(observer.writing(&node("postgres"), "k", Some("old")));
        drop(observer.writing(&node("postgres"), "k", Some("new")));
        let asked = Instant::now();
        let told = Told { value: Some("old".to_owned()), asked, answered: Instant::now() };
        drop(observer.writing(&node("postgres"), "k", Some("old")));
        let verdict = |told| observer.verdict(&node("redis"), &node("postgres"), "k", Some(print("old")), &told);
        assert!(matches!(verdict(told.clone()), Verdict::Stale(Some(_))));
        assert_eq!(verdict(Told { asked: Instant::now(), answered: Instant::now(), ..told }), Verdict::Fresh);
    }

    #[test]
    fn a_change_that_nobody_saw_is_stale_since_nobody_knows_when() {
        let observer = Observer::new();
        assert_eq!(verdict(&observer, Some("old"), Some("new"), Instant::now()), Verdict::Stale(None));
        observer.writing(&node("postgres"), "k", Some("never")).failed();
        assert_eq!(verdict(&observer, Some("old"), Some("new"), Instant::now()), Verdict::Stale(None));
    }

    #[test]
    fn a_key_that_was_written_by_hand_is_stale_since_then_at_most() {
        let observer = Observer::new();
        drop(observer.writing(&node("postgres"), "k", Some("row")));
        std::thread::sleep(Duration::from_millis(5));
        observer.wrote_key(&node("redis"), "k");
        let Verdict::Stale(Some(since)) = verdict(&observer, Some("by hand"), Some("row"), Instant::now()) else {
            panic!()
        };
        observer.filled(&node("redis"), "k", None);
        let Verdict::Stale(Some(longer)) = verdict(&observer, Some("by hand"), Some("row"), Instant::now()) else {
            panic!()
        };
        assert!(longer >= since + Duration::from_millis(5));
    }
}
