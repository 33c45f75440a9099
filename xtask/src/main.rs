//! Builds, runs, tests and measures Aside.
//!
//! # Layout
//!
//! - `place`: where the repository, the target folder and the site are.
//! - `process`: finds programs and runs them; `report`: one line a step, with its time.
//! - `setup`: what the machine must have; `packages`: how it gets it; `npm`: the few tools that come from npm.
//! - `bundle`: everything the browser downloads, from `wasm` (the module), `styles` (the stylesheet) and `public/`,
//!   with `order` and `compress`; `fingerprint` tells whether any of it changed.
//! - `run`, `test`, `lint`, `bench`: the commands.
#![expect(clippy::print_stdout, reason = "a build tool talks to a terminal")]

mod bench;
mod build;
mod bundle;
mod compress;
mod fingerprint;
mod lint;
mod locations;
mod npm;
mod order;
mod packages;
mod place;
mod process;
mod report;
mod run;
mod setup;
mod styles;
mod test;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use build::Profile;
use place::Place;
use setup::Needs;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Builds, runs, tests and measures Aside")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing on this machine: the wasm target, a Redis, a Postgres
    Setup {
        /// Also what the tests need: rustfmt, clippy, Node and Chromium
        #[arg(long)]
        tests: bool,
        /// Also what the measurements need: Python
        #[arg(long, conflicts_with = "tests")]
        measurements: bool,
    },
    /// Build the browser bundle, then the server
    Build {
        /// `dev` compiles faster and skips wasm-opt and compression
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
        /// The browser bundle only
        #[arg(long)]
        bundle_only: bool,
    },
    /// Set up, build, and become the server
    Run {
        /// `dev` compiles faster and skips wasm-opt and compression
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
        /// Handed to the server: `--listen 127.0.0.1:4000`, `--data-dir DIR`, …
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Everything a change must pass: lints, import arrows, tests, bundle size, browser tests
    Test(test::Options),
    /// Formatting and clippy, for the server's side and the browser's
    Lint,
    /// List the measurements under bench/, or repeat one
    Bench {
        /// The measurement's name
        name: Option<String>,
        /// Handed to it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<()> {
    let place = Place::find()?;
    match command {
        Command::Setup { tests, measurements } => {
            let installed = setup::ensure(match (tests, measurements) {
                (true, _) => Needs::to_test_in_a_browser(),
                (false, true) => Needs::to_measure(),
                (false, false) => Needs::with_stores(),
            })?;
            if installed == 0 {
                println!("Nothing is missing.");
            }
            Ok(())
        }
        Command::Build { profile, bundle_only } => {
            setup::ensure(Needs::to_build())?;
            bundle::build(&place, profile)?;
            if !bundle_only {
                build::server(&place, profile)?;
            }
            Ok(())
        }
        Command::Run { profile, args } => run::run(&place, profile, &args),
        Command::Test(options) => test::run(&place, &options),
        Command::Lint => lint::run(&place),
        Command::Bench { name, args } => bench::run(&place, name.as_deref(), &args),
    }
}
