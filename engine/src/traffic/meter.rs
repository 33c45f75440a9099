//! What traffic comes to: counts, and how long requests took, second by second and together.

use crate::flow::is_hit;
use crate::hop::Step;
use crate::run::Sent;
use aside_domain::measured::{Quantiles, Second, Totals};
use aside_domain::{Kind, Method, Request};
use hdrhistogram::Histogram;
use std::time::Duration;

/// The longest time that is told apart, in microseconds: longer than any request takes.
const LONGEST_US: u64 = 600_000_000;

/// Counts requests, and puts their times into histograms.
pub(super) struct Meter {
    counts: Totals,
    hits: Times,
    misses: Times,
    writes: Times,
    /// The seconds that are over.
    seconds: Vec<Second>,
    /// The one that is going on.
    now: Second,
    now_hits: Times,
    now_misses: Times,
}

/// A histogram of times in microseconds, exact to three digits.
struct Times(Option<Histogram<u64>>);

impl Times {
    fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_US, 3).ok()) // these bounds are allowed
    }

    fn count(&mut self, took: Duration) {
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record(took.as_micros() as u64);
        }
    }

    fn quantiles(&self) -> Quantiles {
        let Some(histogram) = self.0.as_ref().filter(|histogram| !histogram.is_empty()) else {
            return Quantiles::default();
        };
        Quantiles {
            count: histogram.len(),
            p50_us: histogram.value_at_quantile(0.50),
            p95_us: histogram.value_at_quantile(0.95),
            p99_us: histogram.value_at_quantile(0.99),
            max_us: histogram.max(),
        }
    }

    fn clear(&mut self) {
        if let Some(histogram) = &mut self.0 {
            histogram.reset();
        }
    }
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            counts: Totals::default(),
            hits: Times::new(),
            misses: Times::new(),
            writes: Times::new(),
            seconds: Vec::new(),
            now: Second::default(),
            now_hits: Times::new(),
            now_misses: Times::new(),
        }
    }

    /// Counts a request that was answered after `took`, when the traffic had gone on for `at`.
    pub(super) fn count(&mut self, request: &Request, sent: &Sent, took: Duration, at: Duration) {
        let at_s = at.as_secs() as u32;
        while self.now.at_s < at_s {
            self.seconds.push(self.second());
            self.now = Second { at_s: self.now.at_s + 1, ..Second::default() };
            self.now_hits.clear();
            self.now_misses.clear();
        }
        let is_query = |step: &&Step| step.was_sent && step.command.store() == Some(Kind::Postgres);
        let queries = sent.steps.iter().filter(is_query).count() as u64;
        let (counts, now) = (&mut self.counts, &mut self.now);
        counts.requests += 1;
        counts.queries += queries;
        now.requests += 1;
        now.queries += queries;
        let is_write = request.method != Method::Get;
        counts.writes += u64::from(is_write);
        if sent.status == 0 || sent.status >= 500 {
            counts.errors += 1;
            now.errors += 1;
        } else if is_write {
            self.writes.count(took);
        } else if is_hit(&sent.steps) {
            counts.hits += 1;
            now.hits += 1;
            self.hits.count(took);
            self.now_hits.count(took);
        } else {
            counts.misses += 1;
            now.misses += 1;
            self.misses.count(took);
            self.now_misses.count(took);
        }
    }

    fn second(&self) -> Second {
        Second { hit_us: self.now_hits.quantiles(), miss_us: self.now_misses.quantiles(), ..self.now }
    }

    pub(super) fn totals(&self) -> Totals {
        let (hit_us, miss_us, write_us) = (self.hits.quantiles(), self.misses.quantiles(), self.writes.quantiles());
        Totals { hit_us, miss_us, write_us, ..self.counts }
    }

    pub(super) fn seconds(&self) -> Vec<Second> {
        let mut seconds = self.seconds.clone();
        if self.now.requests > 0 {
            seconds.push(self.second());
        }
        seconds
    }
}
