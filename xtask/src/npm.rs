//! The few tools that come from npm, each pinned by a committed package-lock.json.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::{process, report};

/// Written after a complete `npm ci`, so that an interrupted one is repeated.
const STAMP: &str = "node_modules/.aside-installed";

/// Whether Node and npm are here.
pub fn available() -> bool {
    process::on_path("node").is_some() && process::on_path("npm").is_some()
}

/// `npm ci` in that folder, unless what its lock file names is already there.
pub fn install(folder: &Path, what: &str) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    let stamp = folder.join(STAMP);
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let began = Instant::now();
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder);
    // The tests drive the system's Chromium.
    command.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    process::run_quietly(&mut command).with_context(|| format!("npm cannot install {what}"))?;
    fs::write(&stamp, lock)?;
    report::step("npm ci", began, what);
    Ok(())
}
