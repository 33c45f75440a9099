//! Installs packages with what the system has for that.

use std::io::Write;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{process, report};

/// Something that a package manager brings.
pub struct Package {
    /// What people call it.
    pub name: &'static str,
    /// Why Aside wants it.
    pub why: &'static str,
    /// What to do where no package manager helps.
    pub by_hand: &'static str,
    apt: &'static [&'static str],
    brew: &'static [&'static str],
}

/// The cache.
pub const REDIS: Package = Package {
    name: "Redis",
    why: "the cache in every drawing is a real one",
    by_hand: "Put redis-server or valkey-server on the PATH, or set REDIS_URL to one that runs.",
    apt: &["redis-server"],
    brew: &["redis"],
};

/// The database; `pg_stat_statements` comes with it.
pub const POSTGRES: Package = Package {
    name: "Postgres",
    why: "the database in every drawing is a real one",
    by_hand: "Put postgres and initdb on the PATH, or set DATABASE_URL to one that runs.",
    apt: &["postgresql"],
    brew: &["postgresql@17"],
};

/// The browser that the tests drive. On Debian it brings a font along.
pub const CHROMIUM: Package = Package {
    name: "Chromium",
    why: "the browser tests drive it",
    by_hand: "Install Chromium or Chrome and set CHROMIUM to its path.",
    apt: &["chromium"],
    brew: &["--cask", "google-chrome"],
};

/// For the tools that come from npm.
pub const NODE: Package = Package {
    name: "Node",
    why: "the browser tests and wasm-opt run on it",
    by_hand: "Install Node 20 or newer, with npm.",
    apt: &["nodejs", "npm"],
    brew: &["node"],
};

/// For the peers in Python that measurements compare with. Debian keeps what makes virtual environments apart.
pub const PYTHON: Package = Package {
    name: "Python",
    why: "a measurement compares with a server in Python",
    by_hand: "Install Python 3.11 or newer, with its modules venv and ensurepip.",
    apt: &["python3", "python3-venv"],
    brew: &["python"],
};

/// Installs all of them, saying so first.
pub fn install(wanted: &[Package]) -> Result<()> {
    for package in wanted {
        println!("{} is missing: {}.", package.name, package.why);
    }
    // The installers write to the same terminal.
    std::io::stdout().flush()?;
    let began = Instant::now();
    if process::on_path("apt-get").is_some() {
        with_apt(wanted)?;
    } else if process::on_path("brew").is_some() {
        for package in wanted {
            process::run(Command::new("brew").arg("install").args(package.brew))?;
        }
    } else {
        let advice: Vec<_> = wanted.iter().map(|package| package.by_hand).collect();
        bail!("neither apt-get nor brew is here to install it. {}", advice.join(" "));
    }
    report::step("installed", began, &wanted.iter().map(|package| package.name).collect::<Vec<_>>().join(", "));
    Ok(())
}

/// Debian may start a service of its own for a new server package; Aside never uses it.
fn with_apt(wanted: &[Package]) -> Result<()> {
    let names: Vec<&str> = wanted.iter().flat_map(|package| package.apt).copied().collect();
    let become_root: &[&str] = if is_root() {
        &[]
    } else if process::on_path("sudo").is_some() {
        &["sudo"]
    } else {
        bail!("installing needs root: run `apt-get install {}` as root, then try again", names.join(" "));
    };
    let apt = |args: &[&str]| {
        let words = [become_root, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"], args].concat();
        println!("$ {}", words.join(" "));
        process::run(Command::new(words[0]).args(&words[1..]))
    };
    // A list that is old but there may still do.
    if let Err(error) = apt(&["update"]) {
        eprintln!("warning: {error:#}");
    }
    // A fresh machine may be updating itself at this moment: wait for its lock.
    let install = ["-o", "DPkg::Lock::Timeout=300", "install", "--yes", "--no-install-recommends"];
    apt(&[&install[..], &names].concat()).context("apt-get cannot install it")
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of one's own entry in /proc; apt-get means Linux.
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}
