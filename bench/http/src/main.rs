//! Measures a live server node of Aside's beside the least that does the same: in axum with redis-rs, and in FastAPI with
//! redis-py and asyncpg. All on the same stores, in the same run, in turns.
//!
//! # Layout
//!
//! - `contest`: starts the three and sees to it that they do the same.
//! - `aside`: sets up the live server node; `least`: the axum peer; the FastAPI peer is `fastapi/app.py`, and `python`
//!   installs what it stands on; `server`: a process of any of them; `stores`: what they share.
//! - `rounds`: the turns; `load` and `line`: what is sent in one; `report`: what is printed.
#![expect(clippy::print_stdout, reason = "it talks to a terminal")]

mod aside;
mod contest;
mod least;
mod line;
mod load;
mod python;
mod report;
mod rounds;
mod server;
mod stores;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

use contest::Contest;
use load::Mix;
use rounds::Rounds;

#[derive(Parser)]
#[command(
    name = "cargo xtask bench http",
    bin_name = "cargo xtask bench http",
    about = "Measures a live server node of Aside's beside the same in axum and in FastAPI"
)]
struct Cli {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    rounds: Rounds,
}

#[derive(Subcommand)]
enum Role {
    /// Be the axum peer, on these stores
    #[command(hide = true)]
    Least {
        /// The URL of Redis
        redis: String,
        /// The URL of Postgres
        postgres: String,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let Cli { role, rounds } = Cli::parse();
    match role {
        Some(Role::Least { redis, postgres }) => least::serve(&redis, &postgres).await,
        // Whoever ends it ends the servers that it has started: they go with what is dropped.
        None => tokio::select! {
            measured = measure(&rounds) => measured,
            ended = ended() => ended,
        },
    }
}

/// Waits until somebody ends this program.
async fn ended() -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    bail!("ended before it was done")
}

async fn measure(rounds: &Rounds) -> Result<()> {
    let mut contest = Contest::begin(rounds).await?;
    report::setting(&contest, rounds);
    report::as_fast_as_answered();
    for mix in [Mix::Hits, Mix::NineToOne, Mix::Misses] {
        report::mix(mix, &rounds.of(&mut contest, mix, None).await?);
    }
    report::at_a_fixed_rate(rounds.rate);
    report::mix(Mix::Hits, &rounds.of(&mut contest, Mix::Hits, Some(rounds.rate)).await?);
    contest.end().await
}
