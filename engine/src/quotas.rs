//! How often something may be done: by one visitor, and by all together, because a new session costs nothing.
//!
//! A try is taken before it is made, so that many at once get no further than one after the other. It gives itself back
//! unless it turns out to count; also if whoever made it is gone before that is known, for then he has learned nothing.

use crate::error::EngineError;
use crate::ids::SessionId;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::{HashMapStateStore, ShrinkableKeyedStateStore};
use governor::{Quota, RateLimiter};
use std::convert::Infallible;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Wrong codes that a visitor may try, and all visitors together. The second is no hurdle for others, and high enough for
/// whoever tries them all: at 10,000 a minute, 60 random bits take a hundred million years.
const GUESSES: (Quota, Quota) = (Quota::per_minute(times(5)), Quota::per_minute(times(10_000)));
/// Codes that a visitor may ask for, and all visitors together.
const CODES: (Quota, Quota) = (Quota::per_hour(times(5)), Quota::per_minute(times(60)));
/// Opinions that a visitor may give, and all visitors together.
const OPINIONS: (Quota, Quota) = (Quota::per_minute(times(20)), Quota::per_minute(times(60)));
/// After so many tries, visitors who have their whole quota again are forgotten.
const TIDY_EVERY: u32 = 1_000;

const fn times(times: u32) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(times - 1)
}

/// What is limited.
pub(crate) struct Quotas {
    /// Wrong codes.
    pub(crate) guesses: Limit,
    /// New codes.
    pub(crate) codes: Limit,
    /// Opinions about lessons.
    pub(crate) opinions: Limit,
}

impl Default for Quotas {
    fn default() -> Self {
        let limit = |quotas, sentence| Limit::new(quotas, sentence, MonotonicClock);
        Self {
            guesses: limit(GUESSES, "Too many codes were wrong: wait a minute, then try again."),
            codes: limit(CODES, "Too many codes were made: wait some minutes, then try again."),
            opinions: limit(OPINIONS, "Too many opinions at once: wait a minute, then send yours again."),
        }
    }
}

/// How often one thing may be done.
pub(crate) struct Limit<C: Clock = MonotonicClock> {
    visitor: Bucket<SessionId, C>,
    all: Bucket<(), C>,
    sentence: &'static str,
    tries: AtomicU32,
}

impl<C: Clock + Clone> Limit<C> {
    fn new((visitor, all): (Quota, Quota), sentence: &'static str, clock: C) -> Self {
        let (visitor, all) = (Bucket::new(visitor, clock.clone()), Bucket::new(all, clock));
        Self { visitor, all, sentence, tries: AtomicU32::new(0) }
    }

    /// Takes a try, if there is one.
    pub(crate) fn take<'a>(&'a self, session: &'a SessionId) -> Result<Try<'a, C>, EngineError> {
        if self.tries.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.visitor.limiter.retain_recent();
        }
        let refused = || EngineError::TooMany(self.sentence);
        // First of all together: that bounds how many visitors are remembered, too.
        if !self.all.take(&()) {
            return Err(refused());
        }
        if !self.visitor.take(session) {
            self.all.give_back(&()); // a visitor who is refused takes nothing from the others
            return Err(refused());
        }
        Ok(Try { limit: self, session, counts: false })
    }
}

/// A try that was taken. It is given back when it is dropped, unless it counts.
#[must_use = "it is given back when it is dropped"]
pub(crate) struct Try<'a, C: Clock = MonotonicClock> {
    limit: &'a Limit<C>,
    session: &'a SessionId,
    counts: bool,
}

impl<C: Clock> Try<'_, C> {
    /// It counts: it is not given back.
    pub(crate) fn counts(mut self) {
        self.counts = true;
    }
}

impl<C: Clock> Drop for Try<'_, C> {
    fn drop(&mut self) {
        if !self.counts {
            self.limit.visitor.give_back(self.session);
            self.limit.all.give_back(&());
        }
    }
}

/// One quota, for each key apart.
struct Bucket<K: Hash + Eq + Clone, C: Clock> {
    limiter: RateLimiter<K, Cells<K>, C, NoOpMiddleware<C::Instant>>,
    cells: Cells<K>,
    /// What a try takes.
    cell: Nanos,
}

impl<K: Hash + Eq + Clone, C: Clock> Bucket<K, C> {
    fn new(quota: Quota, clock: C) -> Self {
        let cells = Cells(Arc::default());
        let limiter = RateLimiter::new(quota, cells.clone(), clock);
        Self { limiter, cells, cell: quota.replenish_interval().into() }
    }

    fn take(&self, key: &K) -> bool {
        self.limiter.check_key(key).is_ok()
    }

    fn give_back(&self, key: &K) {
        // What the limiter keeps is the time at which a key's quota is whole again (GCRA): a try put it off by one cell.
        let earlier =
            |whole: Option<Nanos>| Ok::<_, Infallible>(((), whole.unwrap_or_default().saturating_sub(self.cell)));
        let Ok(()) = self.cells.measure_and_replace(key, earlier);
    }
}

/// What a limiter keeps, within reach from outside of it.
#[derive(Clone)]
struct Cells<K>(Arc<HashMapStateStore<K>>);

impl<K: Hash + Eq + Clone> StateStore for Cells<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(key, f)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Cells<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.retain_recent(drop_below);
    }

    fn len(&self) -> usize {
        ShrinkableKeyedStateStore::len(&*self.0)
    }

    fn is_empty(&self) -> bool {
        ShrinkableKeyedStateStore::is_empty(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use governor::clock::FakeRelativeClock;
    use std::future;
    use std::time::Duration;

    fn guesses() -> (Limit<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limit::new(GUESSES, "No.", clock.clone()), clock)
    }

    /// How many of so many tries there are. All of them count.
    fn taken(limit: &Limit<FakeRelativeClock>, session: &SessionId, tries: u32) -> usize {
        (0..tries).filter(|_| limit.take(session).map(Try::counts).is_ok()).count()
    }

    /// As [`taken`], by a new visitor each.
    fn taken_by_fresh(limit: &Limit<FakeRelativeClock>, tries: u32) -> usize {
        (0..tries).map(|_| taken(limit, &SessionId::fresh(), 1)).sum()
    }

    #[test]
    fn a_visitor_has_five_guesses_and_gets_them_back_within_a_minute() {
        let ((limit, clock), session) = (guesses(), SessionId::fresh());
        assert_eq!(taken(&limit, &session, 9), 5);
        assert_eq!(limit.take(&session).err(), Some(EngineError::TooMany("No.")));
        clock.advance(Duration::from_secs(12));
        assert_eq!(taken(&limit, &session, 9), 1);
        clock.advance(Duration::from_secs(60));
        assert_eq!(taken(&limit, &session, 9), 5);
    }

    #[test]
    fn fresh_sessions_share_what_all_have_together() {
        let (limit, clock) = guesses();
        assert_eq!(taken_by_fresh(&limit, 12_000), 10_000);
        clock.advance(Duration::from_secs(30));
        assert_eq!(taken_by_fresh(&limit, 12_000), 5_000);
    }

    #[test]
    fn what_is_given_back_was_never_taken() {
        let ((limit, clock), session) = (guesses(), SessionId::fresh());
        for _ in 0..500 {
            drop(limit.take(&session).unwrap());
        }
        assert_eq!(taken(&limit, &session, 4), 4);
        drop(limit.take(&session).unwrap());
        assert_eq!(taken(&limit, &session, 9), 1);
        // Nor can anybody save up what he gives back.
        clock.advance(Duration::from_secs(600));
        for _ in 0..20 {
            drop(limit.take(&session).unwrap());
        }
        assert_eq!(taken(&limit, &session, 9), 5);
        // What others have taken meanwhile stays taken.
        assert_eq!(taken_by_fresh(&limit, 12_000), 9_995);
    }

    #[test]
    fn a_try_is_held_while_it_is_made() {
        let ((limit, _), session) = (guesses(), SessionId::fresh());
        let held: Vec<_> = (0..9).filter_map(|_| limit.take(&session).ok()).collect();
        assert_eq!(held.len(), 5);
        assert_eq!(taken(&limit, &session, 9), 0);
        drop(held);
        assert_eq!(taken(&limit, &session, 9), 5);
    }

    #[test]
    fn a_future_that_is_dropped_in_the_middle_takes_nothing() {
        let ((limit, _), session) = (guesses(), SessionId::fresh());
        for _ in 0..500 {
            let unanswered = async {
                let made = limit.take(&session).unwrap();
                future::pending::<()>().await;
                made.counts();
            };
            assert_eq!(unanswered.now_or_never(), None);
        }
        assert_eq!(taken(&limit, &session, 9), 5);
        assert_eq!(taken_by_fresh(&limit, 12_000), 9_995);
    }

    #[test]
    fn a_visitor_who_is_refused_takes_nothing_from_the_others() {
        let (limit, _) = guesses();
        assert_eq!(taken(&limit, &SessionId::fresh(), 1_000), 5);
        assert_eq!(taken_by_fresh(&limit, 12_000), 9_995);
    }

    #[test]
    fn visitors_who_have_their_whole_quota_are_forgotten() {
        let (limit, clock) = guesses();
        for _ in 0..20 * TIDY_EVERY {
            drop(limit.take(&SessionId::fresh()).unwrap());
            clock.advance(Duration::from_millis(100));
        }
        assert!(limit.visitor.limiter.len() <= 2 * TIDY_EVERY as usize, "{}", limit.visitor.limiter.len());
        let still = SessionId::fresh();
        assert_eq!(taken(&limit, &still, 9), 5);
        limit.visitor.limiter.retain_recent();
        assert_eq!(taken(&limit, &still, 9), 0, "but nobody who has not");
    }
}
