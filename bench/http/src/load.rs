//! The load: connections that ask for keys beside each other, as fast as they are answered or at a fixed rate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use hdrhistogram::Histogram;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::line::Line;

/// How many keys are read again and again.
pub const HOT: u64 = 1_000;
/// How many keys there are: `user:1` and on.
pub const ALL: u64 = 200_000;
/// Latencies are kept to three digits.
const DIGITS: u8 = 3;

/// Which keys are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// The hot keys, each once: they are in the cache afterwards.
    Warm,
    /// The hot keys, in turn: every read is a hit once they are warm.
    Hits,
    /// The other keys, none twice: every read is a miss.
    Misses,
    /// Nine hot keys, then another one.
    NineToOne,
    /// Every key, each once.
    Every,
}

impl Mix {
    /// The number of the key of a mix's `n`th request, both from 1; none if there are no more.
    fn key(self, n: u64) -> Option<u64> {
        let hot = (n - 1) % HOT + 1;
        let other = |n: u64| Some(HOT + n).filter(|key| *key <= ALL);
        match self {
            Self::Warm => (n <= HOT).then_some(hot),
            Self::Hits => Some(hot),
            Self::Misses => other(n),
            Self::NineToOne if n.is_multiple_of(10) => other(n / 10),
            Self::NineToOne => Some(hot),
            Self::Every => (n <= ALL).then_some(n),
        }
    }
}

impl Mix {
    /// What it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warm | Self::Every => "each key once",
            Self::Hits => "all hits",
            Self::Misses => "all misses",
            Self::NineToOne => "90 % hits, 10 % misses",
        }
    }

    /// Whether so many of the reads, in percent, should have been hits. A few may not have been: what was answered so late that
    /// it was not waited for, say.
    pub fn is_right(self, hit_percent: f64) -> bool {
        match self {
            Self::Hits => hit_percent > 99.9,
            Self::Misses => hit_percent < 0.1,
            Self::NineToOne => (hit_percent - 90.0).abs() < 0.5,
            Self::Warm | Self::Every => true,
        }
    }
}

/// Where a server answers.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its address.
    pub address: SocketAddr,
    /// The path of a key, without the key.
    pub path: String,
}

impl Target {
    /// The path of a key by its number.
    pub fn of(&self, key: u64) -> String {
        format!("{}user:{key}", self.path)
    }
}

/// How much load.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// How many connections.
    pub connections: u32,
    /// For how long, unless the mix has no more keys before.
    pub duration: Duration,
    /// How many requests a second, all connections together; without a rate each connection asks as soon as it is answered.
    pub rate_per_s: Option<u32>,
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct Figures {
    /// How long it really took.
    pub elapsed: Duration,
    /// Of each request, in microseconds. At a fixed rate from the moment at which it was due, whether or not a connection was
    /// free to send it: so no delay of the server keeps others from being measured (no coordinated omission).
    pub latency_us: Histogram<u64>,
}

impl Figures {
    /// How many requests were answered.
    pub fn requests(&self) -> u64 {
        self.latency_us.len()
    }

    /// How many a second.
    pub fn rate(&self) -> f64 {
        self.requests() as f64 / self.elapsed.as_secs_f64()
    }
}

/// What the connections share.
struct Shared {
    target: Target,
    mix: Mix,
    asked: AtomicU64,
    began: Instant,
    until: Instant,
    pace: Option<Pace>,
}

/// A fixed rate: one request each `every`, for whichever connection is free.
struct Pace {
    every: Duration,
    due: Semaphore,
}

impl Load {
    /// The same, without a rate.
    pub fn as_fast_as_answered(self) -> Self {
        Self { rate_per_s: None, ..self }
    }

    /// Asks, and measures. `heard` is given each key's number and its reply's body.
    ///
    /// # Errors
    ///
    /// Any reply that is not 200 is one: what fails fast must not count as fast.
    pub async fn run(
        self,
        target: &Target,
        mix: Mix,
        heard: impl Fn(u64, &[u8]) + Clone + Send + 'static,
    ) -> Result<Figures> {
        let mut lines = Vec::new();
        for _ in 0..self.connections {
            lines.push(Line::to(target.address).await?);
        }
        let began = Instant::now();
        let pace = self.rate_per_s.map(|rate| Pace { every: Duration::from_secs(1) / rate, due: Semaphore::new(0) });
        let (target, asked, until) = (target.clone(), AtomicU64::new(0), began + self.duration);
        let shared = Arc::new(Shared { target, mix, asked, began, until, pace });
        if shared.pace.is_some() {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.keep_pace());
        }
        let mut tasks = JoinSet::new();
        for line in lines {
            tasks.spawn(ask(Arc::clone(&shared), line, heard.clone()));
        }
        let mut latency_us = Histogram::new(DIGITS)?;
        while let Some(task) = tasks.join_next().await {
            latency_us.add(task??)?;
        }
        Ok(Figures { elapsed: began.elapsed(), latency_us })
    }
}

impl Shared {
    /// On a thread of its own: a timer of tokio's is a millisecond late, and would be most of what is measured.
    fn keep_pace(&self) {
        let Some(pace) = &self.pace else { return };
        let mut due = self.began;
        while due < self.until {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            pace.due.add_permits(1);
            due += pace.every;
        }
        pace.due.close();
    }

    /// When the next request is due, and its number, from 1; none when it is over.
    async fn next(&self) -> Option<(u64, Instant)> {
        match &self.pace {
            Some(pace) => {
                // A closed semaphore gives nothing away, so the last that were due are counted off by their number.
                if let Ok(permit) = pace.due.acquire().await {
                    permit.forget();
                }
                let n = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
                let due = self.began + pace.every * u32::try_from(n - 1).ok()?;
                (due < self.until).then_some((n, due))
            }
            None => {
                let now = Instant::now();
                (now < self.until).then(|| (self.asked.fetch_add(1, Ordering::Relaxed) + 1, now))
            }
        }
    }
}

async fn ask(shared: Arc<Shared>, mut line: Line, heard: impl Fn(u64, &[u8])) -> Result<Histogram<u64>> {
    let mut latency_us = Histogram::new(DIGITS)?;
    while let Some((n, due)) = shared.next().await {
        let Some(key) = shared.mix.key(n) else { break };
        let reply = line.get(&shared.target.of(key)).await?;
        if reply.status != 200 {
            bail!("{} answered {}: {}", shared.target.of(key), reply.status, String::from_utf8_lossy(reply.body));
        }
        latency_us.record(u64::try_from(due.elapsed().as_micros())?.max(1))?;
        heard(key, reply.body);
    }
    Ok(latency_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_nine_to_one_is_asked_for_once() {
        let keys: Vec<u64> = (1..=100).filter_map(|n| Mix::NineToOne.key(n)).collect();
        let others: Vec<u64> = keys.iter().copied().filter(|key| *key > HOT).collect();
        assert_eq!((keys.len(), others), (100, (HOT + 1..=HOT + 10).collect()));
    }

    #[test]
    fn misses_end_with_the_last_key_and_hits_never_do() {
        assert_eq!(Mix::Misses.key(ALL - HOT), Some(ALL));
        assert_eq!(Mix::Misses.key(ALL - HOT + 1), None);
        assert_eq!(Mix::Hits.key(ALL * 10), Some(HOT));
        assert_eq!((Mix::Warm.key(HOT), Mix::Warm.key(HOT + 1)), (Some(HOT), None));
    }
}
