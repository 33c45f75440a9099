//! What the machine must have before Aside can be built, run and tested.
//!
//! When nothing is missing this costs a few file look-ups and starts no program.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::packages::{self, Package};
use crate::{npm, process, report};

const WASM: &str = "wasm32-unknown-unknown";

/// What a command cannot do without.
#[derive(Default)]
pub struct Needs {
    lints: bool,
    redis: bool,
    postgres: bool,
    browser: bool,
    python: bool,
}

impl Needs {
    /// The compiler's wasm target only: every command needs that.
    pub fn to_build() -> Self {
        Self::default()
    }

    /// Also rustfmt and clippy, which a minimal Rust lacks.
    pub fn to_lint() -> Self {
        Self { lints: true, ..Self::default() }
    }

    /// Aside starts stores of its own, unless it is told to attach to existing ones.
    pub fn to_run() -> Self {
        let attached = |name: &str| env::var_os(name).is_some_and(|url| !url.is_empty());
        Self { redis: !attached("REDIS_URL"), postgres: !attached("DATABASE_URL"), ..Self::default() }
    }

    /// Both stores, attached or not.
    pub fn with_stores() -> Self {
        Self { redis: true, postgres: true, ..Self::default() }
    }

    /// The tests always use stores of their own.
    pub fn to_test() -> Self {
        Self { lints: true, ..Self::with_stores() }
    }

    /// The browser tests drive a browser as well.
    pub fn to_test_in_a_browser() -> Self {
        Self { browser: true, ..Self::to_test() }
    }

    /// The measurements compare with other servers on Aside's own stores.
    pub fn to_measure() -> Self {
        Self { python: true, ..Self::with_stores() }
    }
}

/// Installs what is missing; returns how many things that were.
pub fn ensure(needs: Needs) -> Result<usize> {
    let mut installed = usize::from(wasm_target()?);
    if needs.lints {
        installed += usize::from(lints()?);
    }
    let mut wanted = Vec::new();
    if needs.redis && redis().is_none() {
        wanted.push(packages::REDIS);
    }
    if needs.postgres && postgres().is_none() {
        wanted.push(packages::POSTGRES);
    }
    if needs.browser {
        if chromium().is_none() {
            if let Some(chosen) = env::var_os("CHROMIUM") {
                bail!("CHROMIUM is set to {}, which is not a program", chosen.display());
            }
            wanted.push(packages::CHROMIUM);
        }
        if !npm::available() {
            wanted.push(packages::NODE);
        }
    }
    if needs.python && !python() {
        wanted.push(packages::PYTHON);
    }
    if wanted.is_empty() {
        return Ok(installed);
    }
    packages::install(&wanted)?;
    installed += wanted.len();

    let here = |package: &Package| match package.name {
        "Redis" => redis().is_some(),
        "Postgres" => postgres().is_some(),
        "Chromium" => chromium().is_some(),
        "Python" => python(),
        _ => npm::available(),
    };
    match wanted.iter().find(|package| !here(package)) {
        None => Ok(installed),
        Some(package) => bail!("{} was installed, but cannot be found. {}", package.name, package.by_hand),
    }
}

/// A Redis or Valkey server, where the stores crate finds one too.
pub fn redis() -> Option<PathBuf> {
    let mut folders = path();
    let elsewhere = [
        "/opt/homebrew/opt/redis/bin",
        "/opt/homebrew/opt/valkey/bin",
        "/usr/local/opt/redis/bin",
        "/usr/local/opt/valkey/bin",
        "/usr/bin",
        "/usr/sbin",
        "/usr/local/bin",
        "/opt/homebrew/bin",
        "/snap/bin",
    ];
    folders.extend(elsewhere.map(PathBuf::from));
    ["redis-server", "valkey-server"].iter().find_map(|name| first_program(&folders, name))
}

/// The folder with `postgres` and `initdb`, where the stores crate finds it too: Debian and brew keep it off the PATH.
pub fn postgres() -> Option<PathBuf> {
    let mut folders = path();
    for parent in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr"] {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        folders.extend(entries.flatten().map(|entry| entry.path().join("bin")));
    }
    folders.into_iter().find_map(|folder| {
        // A link on the PATH stands for the folder that it leads to.
        let real = folder.join("postgres").canonicalize().ok()?.parent()?.to_owned();
        ["postgres", "initdb"].iter().all(|name| process::is_executable_file(&real.join(name))).then_some(real)
    })
}

fn path() -> Vec<PathBuf> {
    env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect()
}

fn first_program(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    folders.iter().map(|folder| folder.join(name)).find(|program| process::is_executable_file(program))
}

/// A Chromium or Chrome for the browser tests.
pub fn chromium() -> Option<PathBuf> {
    if let Some(chosen) = env::var_os("CHROMIUM").map(PathBuf::from) {
        return process::is_executable_file(&chosen).then_some(chosen);
    }
    let by_name = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let by_place = [
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ];
    let named = by_name.iter().find_map(|name| process::on_path(name));
    named.or_else(|| by_place.iter().map(PathBuf::from).find(|it| process::is_executable_file(it)))
}

/// Whether there is a Python that makes virtual environments.
fn python() -> bool {
    Command::new("python3").args(["-c", "import ensurepip, venv"]).output().is_ok_and(|output| output.status.success())
}

/// Adds the compiler's wasm target; returns whether that was needed.
fn wasm_target() -> Result<bool> {
    let there = |sysroot: &Path| sysroot.join("lib/rustlib").join(WASM).join("lib").is_dir();
    // Cargo says where it lies itself, and with rustup that is beside the compiler's libraries.
    if beside_cargo().is_some_and(|it| there(&it)) || there(&sysroot()?) {
        return Ok(false);
    }
    println!("The part of Aside that runs in the browser is WebAssembly; the compiler needs a target for it.");
    rustup(&["target", "add", WASM], "the compiler's target for WebAssembly (Debian: libstd-rust-dev-wasm32)")?;
    Ok(true)
}

/// Adds rustfmt and clippy; returns whether that was needed.
fn lints() -> Result<bool> {
    let here = |program: &str| {
        beside_cargo().is_some_and(|it| process::is_executable_file(&it.join("bin").join(program)))
            // rustup puts a program of that name on the PATH even where the component is missing.
            || process::on_path("rustup").is_none() && process::on_path(program).is_some()
    };
    if here("rustfmt") && here("cargo-clippy") {
        return Ok(false);
    }
    println!("The tests begin with the formatting and the lints.");
    rustup(&["component", "add", "rustfmt", "clippy"], "rustfmt and clippy")?;
    Ok(true)
}

fn rustup(args: &[&str], what: &str) -> Result<()> {
    if process::on_path("rustup").is_none() {
        bail!("rustup is not here to add {what}: install it the way this Rust was installed, or use https://rustup.rs");
    }
    let began = Instant::now();
    process::run(Command::new("rustup").args(args))?;
    report::step("installed", began, what);
    Ok(())
}

/// The folder that has cargo in its `bin`.
fn beside_cargo() -> Option<PathBuf> {
    let cargo = PathBuf::from(env::var_os("CARGO")?);
    Some(cargo.parent()?.parent()?.to_owned())
}

/// Where the compiler keeps its libraries, asked of the compiler: that takes 50 ms.
fn sysroot() -> Result<PathBuf> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().context("cannot start rustc")?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}
