//! How many requests a second a sandbox may send, or be sent.

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::time::Duration;

/// A rate that is kept; after a pause, as many as in a second may come at once.
pub(crate) struct Rate(Option<DefaultDirectRateLimiter>);

impl Rate {
    /// So many a second; 0 if there is no limit.
    pub(crate) fn new(per_s: u32) -> Self {
        Self(NonZeroU32::new(per_s).map(|per_s| RateLimiter::direct(Quota::per_second(per_s))))
    }

    /// Takes one.
    ///
    /// # Errors
    /// After how long there will be one, if there is none now.
    pub(crate) fn take(&self) -> Result<(), Duration> {
        let taken = self.0.as_ref().map_or(Ok(()), RateLimiter::check);
        taken.map_err(|not_before| not_before.wait_time_from(DefaultClock::default().now()))
    }
}
