//! How often something may be done: by one visitor, and by all together, because a new session costs nothing.
//!
//! A try is taken before it is made, so that many at once get no further than one after the other; one that turns out not to
//! count is given back.

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

/// Wrong codes that a visitor may try, and all visitors together.
const GUESSES: (Quota, Quota) = (Quota::per_minute(times(5)), Quota::per_minute(times(120)));
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
    pub(crate) fn take(&self, session: &SessionId) -> Result<(), EngineError> {
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
        Ok(())
    }

    /// Gives a try back that does not count.
    pub(crate) fn give_back(&self, session: &SessionId) {
        self.visitor.give_back(session);
        self.all.give_back(&());
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
    use governor::clock::FakeRelativeClock;
    use std::time::Duration;

    fn guesses() -> (Limit<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limit::new(GUESSES, "No.", clock.clone()), clock)
    }

    fn taken(limit: &Limit<FakeRelativeClock>, session: &SessionId, tries: u32) -> usize {
        (0..tries).filter(|_| limit.take(session).is_ok()).count()
    }

    #[test]
    fn a_visitor_has_five_guesses_and_gets_them_back_within_a_minute() {
        let ((limit, clock), session) = (guesses(), SessionId::fresh());
        assert_eq!(taken(&limit, &session, 9), 5);
        assert_eq!(limit.take(&session), Err(EngineError::TooMany("No.")));
        clock.advance(Duration::from_secs(12));
        assert_eq!(taken(&limit, &session, 9), 1);
        clock.advance(Duration::from_secs(60));
        assert_eq!(taken(&limit, &session, 9), 5);
    }

    #[test]
    fn fresh_sessions_share_what_all_have_together() {
        let (limit, clock) = guesses();
        let fresh = || (0..300).filter(|_| limit.take(&SessionId::fresh()).is_ok()).count();
        assert_eq!(fresh(), 120);
        clock.advance(Duration::from_secs(30));
        assert_eq!(fresh(), 60);
    }

    #[test]
    fn what_is_given_back_was_never_taken() {
        let ((limit, clock), session) = (guesses(), SessionId::fresh());
        for _ in 0..500 {
            limit.take(&session).unwrap();
            limit.give_back(&session);
        }
        assert_eq!(taken(&limit, &session, 9), 5);
        limit.give_back(&session);
        assert_eq!(taken(&limit, &session, 9), 1);
        // Nor can anybody save up what he gives back.
        clock.advance(Duration::from_secs(600));
        for _ in 0..20 {
            limit.take(&session).unwrap();
            limit.give_back(&session);
        }
        assert_eq!(taken(&limit, &session, 9), 5);
    }

    #[test]
    fn a_visitor_who_is_refused_takes_nothing_from_the_others() {
        let (limit, _) = guesses();
        assert_eq!(taken(&limit, &SessionId::fresh(), 1_000), 5);
        assert_eq!((0..300).filter(|_| limit.take(&SessionId::fresh()).is_ok()).count(), 115);
    }

    #[test]
    fn visitors_who_have_their_whole_quota_are_forgotten() {
        let (limit, clock) = guesses();
        for _ in 0..20 * TIDY_EVERY {
            let session = SessionId::fresh();
            if limit.take(&session).is_ok() {
                limit.give_back(&session);
            }
            clock.advance(Duration::from_millis(100));
        }
        assert!(limit.visitor.limiter.len() <= 2 * TIDY_EVERY as usize, "{}", limit.visitor.limiter.len());
        let still = SessionId::fresh();
        assert_eq!(taken(&limit, &still, 9), 5);
        limit.visitor.limiter.retain_recent();
        assert_eq!(taken(&limit, &still, 9), 0, "but nobody who has not");
    }
}
