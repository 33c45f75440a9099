//! The server.

use std::time::Instant;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::place::Place;
use crate::{process, report};

/// How much work goes into what is built.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// As people run it.
    Release,
    /// As people change it.
    Dev,
}

impl Profile {
    /// Cargo's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }

    /// Cargo's folder for it.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }
}

/// Builds the server program.
pub fn server(place: &Place, profile: Profile) -> Result<()> {
    let began = Instant::now();
    let args = ["build", "--package", "aside-server", "--bin", "aside", "--profile", profile.name()];
    let mut command = process::cargo(place, &args);
    process::run(&mut command).context("the server does not compile")?;
    report::step("server", began, &format!("cargo, profile {}", profile.name()));
    Ok(())
}
