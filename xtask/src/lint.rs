//! Formatting and clippy.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::place::Place;
use crate::setup::{self, Needs};
use crate::{process, report};

/// Both sides: a workspace build leaves the browser's half of `app` out, so that half is linted on its own.
pub fn run(place: &Place) -> Result<()> {
    setup::ensure(Needs::to_lint())?;
    let began = Instant::now();
    process::run(&mut process::cargo(place, &["fmt", "--all", "--check"]))
        .context("run `cargo fmt` to put the formatting right")?;
    report::step("formatting", began, "");

    let native = ["clippy", "--workspace", "--exclude", "aside-frontend", "--all-targets", "--", "-D", "warnings"];
    let began = Instant::now();
    process::run(&mut process::cargo(place, &native)).context("clippy has remarks")?;
    report::step("clippy", began, "the server's side");

    // With the bundle's profile, so that build scripts and macros are compiled once for both.
    let browser = [
        "clippy",
        "--package",
        "aside-frontend",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "wasm",
        "--",
        "-D",
        "warnings",
    ];
    let began = Instant::now();
    process::run(&mut process::cargo(place, &browser)).context("clippy has remarks on the browser's side")?;
    report::step("clippy", began, "the browser's side");
    Ok(())
}
