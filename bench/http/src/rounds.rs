//! The turns: in each round every server is measured once, one after the other, so that what the machine does besides falls
//! on all of them.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::contest::{Contest, Contestant};
use crate::load::{Load, Mix};

/// How much is measured.
#[derive(Debug, Clone, clap::Args)]
pub struct Rounds {
    /// Rounds of each measurement; in a round each server has its turn
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// How long a turn is, in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// Connections, each with one request at a time
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: u32,
    /// Requests a second where the rate is fixed
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,
}

/// What a server did in its turn.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Requests a second.
    pub rate: f64,
    /// Half of the requests took no longer, in microseconds.
    pub p50_us: f64,
    /// 99 of 100 took no longer, in microseconds.
    pub p99_us: f64,
    /// Processor time of the server's process for one request, in microseconds; none where the system does not tell.
    pub cpu_us: Option<f64>,
    /// How many of the reads were hits, in percent: those for which Redis, by its own count, was not filled.
    pub hit_percent: f64,
}

/// The turns of one server, one a round.
pub struct Turns {
    /// Whose.
    pub name: &'static str,
    /// One a round.
    pub turns: Vec<Turn>,
}

impl Rounds {
    /// Measures a mix; at a fixed rate without FastAPI, which may be slower than that: then its latencies would tell only
    /// for how long it was asked.
    pub async fn of(&self, contest: &mut Contest, mix: Mix, rate_per_s: Option<u32>) -> Result<Vec<Turns>> {
        let Contest { contestants, stores, .. } = contest;
        let taking_part = if rate_per_s.is_some() { contestants.len() - 1 } else { contestants.len() };
        let contestants = &contestants[..taking_part];
        let mut all: Vec<Turns> = contestants.iter().map(|it| Turns { name: it.name, turns: Vec::new() }).collect();
        let duration = Duration::from_secs(self.seconds);
        let load = Load { connections: self.connections, duration, rate_per_s };
        for _ in 0..self.rounds {
            for (Contestant { name, process, target }, done) in contestants.iter().zip(&mut all) {
                stores.empty_redis().await?;
                // Twice: what Redis was too late to answer, or to be filled with, is in it after the second time.
                for _ in 0..if mix == Mix::Misses { 0 } else { 2 } {
                    load.as_fast_as_answered().run(target, Mix::Warm, |_, _| ()).await?;
                }
                let (fills, cpu) = (stores.fills().await?, process.cpu());
                let figures = load.run(target, mix, |_, _| ()).await?;
                let misses = (stores.fills().await? - fills) as f64 / figures.requests() as f64;
                let hit_percent = 100.0 * (1.0 - misses);
                ensure!(mix.is_right(hit_percent), "{name}: {hit_percent:.1} % of the reads were hits");
                let cpu = cpu.zip(process.cpu()).map(|(before, now)| now - before);
                done.turns.push(Turn {
                    rate: figures.rate(),
                    p50_us: figures.latency_us.value_at_quantile(0.5) as f64,
                    p99_us: figures.latency_us.value_at_quantile(0.99) as f64,
                    cpu_us: cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / figures.requests() as f64),
                    hit_percent,
                });
            }
        }
        Ok(all)
    }
}
