//! Which requests traffic sends, and when: the same seed draws the same.

use aside_domain::plan::ServerPlan;
use aside_domain::{DataSet, Distribution, Key, Request, Traffic, Value};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution as _, Exp1, Zipf};
use std::time::Duration;

/// Writes go to the first so many keys at most: a sandbox has room for that many rows of its own.
pub(super) const WRITTEN: u32 = aside_domain::limits::ROWS_PER_DATABASE as u32 / 2;

/// Draws one request after the other.
pub(super) struct Draw {
    random: StdRng,
    traffic: Traffic,
    zipf: Option<Zipf<f64>>,
    /// What the keys are of.
    set: DataSet,
    /// Requests so far.
    number: u32,
    /// When the last one arrived, in seconds since the beginning.
    arrived_s: f64,
}

/// A request that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn {
    /// Its number, from 0.
    pub(super) number: u32,
    pub(super) request: Request,
    /// When it is to be sent, since the beginning; at once, if there is no rate.
    pub(super) due: Option<Duration>,
}

impl Draw {
    pub(super) fn new(traffic: &Traffic, servers: &[ServerPlan]) -> Self {
        let zipf = (traffic.distribution == Distribution::Zipf).then(|| Zipf::new(f64::from(traffic.keys), 1.0).ok());
        Self {
            random: StdRng::seed_from_u64(traffic.seed.into()),
            traffic: traffic.clone(),
            zipf: zipf.flatten(),
            set: servers.iter().find_map(|server| server.data_set).unwrap_or(DataSet::Users),
            number: 0,
            arrived_s: 0.0,
        }
    }

    pub(super) fn next(&mut self) -> Drawn {
        let number = self.number;
        self.number += 1;
        // Three draws for every request, whatever it is: so another share of writes or another rate leaves the keys as they are.
        let is_write = self.random.random_range(0..100) < self.traffic.write_percent;
        let row = match &self.zipf {
            Some(zipf) => zipf.sample(&mut self.random) as u32,
            None => self.random.random_range(1..=self.traffic.keys),
        };
        let between: f64 = Exp1.sample(&mut self.random);
        let due = self.traffic.rate_per_s.map(|rate| {
            self.arrived_s += between / f64::from(rate);
            Duration::from_secs_f64(self.arrived_s)
        });
        let row = if is_write { (row - 1) % WRITTEN + 1 } else { row };
        let key = key(self.set, row);
        let request = if is_write { Request::put(key, value(row, number)) } else { Request::get(key) };
        Drawn { number, request, due }
    }
}

fn key(set: DataSet, row: u32) -> Key {
    Key::new(set.key(row)).unwrap_or_else(|problem| unreachable!("a word and a number: {problem}"))
}

/// What the write of that number makes of a row.
fn value(row: u32, number: u32) -> Value {
    Value::new(format!("{{\"id\":{row},\"written\":{number}}}"))
        .unwrap_or_else(|problem| unreachable!("two numbers: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_domain::Method;
    use std::collections::HashMap;

    fn drawn(traffic: &Traffic, count: usize) -> Vec<Drawn> {
        let mut draw = Draw::new(traffic, &[]);
        (0..count).map(|_| draw.next()).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_something_else() {
        let traffic = Traffic { rate_per_s: Some(100), ..Traffic::default() };
        assert_eq!(drawn(&traffic, 500), drawn(&traffic, 500));
        assert_ne!(drawn(&traffic, 500), drawn(&Traffic { seed: 2, ..traffic }, 500));
    }

    #[test]
    fn keys_and_order_stay_when_the_rate_changes() {
        let keys = |rate_per_s| {
            let drawn = drawn(&Traffic { rate_per_s, ..Traffic::default() }, 500);
            drawn.into_iter().map(|drawn| drawn.request.key).collect::<Vec<_>>()
        };
        assert_eq!(keys(None), keys(Some(7)));
    }

    #[test]
    fn every_key_is_one_of_those_and_uniform_reaches_all() {
        for distribution in Distribution::ALL {
            let traffic = Traffic { keys: 100, distribution, write_percent: 0, ..Traffic::default() };
            let mut counts: HashMap<String, u32> = HashMap::new();
            for drawn in drawn(&traffic, 20_000) {
                *counts.entry(drawn.request.key.to_string()).or_default() += 1;
            }
            let all: Vec<String> = (1..=100).map(|row| format!("user:{row}")).collect();
            assert!(counts.keys().all(|key| all.contains(key)), "{distribution:?}");
            let first = counts["user:1"];
            match distribution {
                Distribution::Uniform => {
                    assert_eq!(counts.len(), 100);
                    assert!((120..=280).contains(&first), "{first}");
                }
                // The harmonic number of 100 is 5.19: the first has 19 % of all, the second half of that.
                Distribution::Zipf => {
                    assert!((3_400..=4_300).contains(&first), "{first}");
                    assert!((1_600..=2_250).contains(&counts["user:2"]), "{}", counts["user:2"]);
                }
            }
        }
    }

    #[test]
    fn writes_have_their_share_and_stay_within_what_a_sandbox_may_write() {
        let traffic =
            Traffic { keys: 200_000, write_percent: 30, distribution: Distribution::Uniform, ..Traffic::default() };
        let drawn = drawn(&traffic, 10_000);
        let writes: Vec<_> = drawn.iter().filter(|drawn| drawn.request.method == Method::Put).collect();
        assert!((2_700..=3_300).contains(&writes.len()), "{}", writes.len());
        let row = |drawn: &&Drawn| drawn.request.key.as_str()[5..].parse::<u32>().unwrap();
        assert!(writes.iter().all(|drawn| row(drawn) <= WRITTEN && drawn.request.value.is_some()));
    }

    #[test]
    fn arrivals_come_one_after_the_other_at_the_rate() {
        let drawn = drawn(&Traffic { rate_per_s: Some(200), ..Traffic::default() }, 10_000);
        assert!(drawn.is_sorted_by_key(|drawn| drawn.due));
        let last = drawn.last().unwrap().due.unwrap();
        assert!((47.0..53.0).contains(&last.as_secs_f64()), "{last:?}");
    }
}
