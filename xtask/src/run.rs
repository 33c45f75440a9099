//! Sets up, builds, and becomes the server.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Result, anyhow};

use crate::build::{self, Profile};
use crate::bundle;
use crate::place::Place;
use crate::setup::{self, Needs};

/// Returns only if something failed: on success this process *is* the server, so that Ctrl-C and signals reach it.
pub fn run(place: &Place, profile: Profile, args: &[String]) -> Result<()> {
    setup::ensure(Needs::to_run())?;
    bundle::build(place, profile)?;
    build::server(place, profile)?;
    let program = place.server(profile.folder());
    let error = Command::new(&program).arg("--site").arg(place.site()).args(args).current_dir(&place.root).exec();
    Err(anyhow!("cannot start {}: {error}", program.display()))
}
