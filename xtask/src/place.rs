//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders that every command works with; all absolute.
pub struct Place {
    /// The repository.
    pub root: PathBuf,
    /// Cargo's target folder, wherever it was put.
    pub target: PathBuf,
}

impl Place {
    /// Works them out from the environment cargo gives to a program that it runs.
    pub fn find() -> Result<Self> {
        // At run time first: a shared target folder may hold an xtask that was compiled in another clone.
        let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().context("xtask/ has no parent folder")?.to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()) {
            Some(dir) => env::current_dir()?.join(dir),
            None => beside_this_program().unwrap_or_else(|| root.join("target")),
        };
        Ok(Self { root, target })
    }

    /// What the browser downloads, in one folder a version.
    pub fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// What the build keeps for itself between runs.
    pub fn cache(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// The server program that a profile's folder holds.
    pub fn server(&self, profile_folder: &str) -> PathBuf {
        self.target.join(profile_folder).join(format!("aside{}", env::consts::EXE_SUFFIX))
    }
}

/// The target folder may also be set in one of cargo's configuration files; this program lies in it.
fn beside_this_program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let profile = program.parent()?;
    profile.ends_with("debug").then(|| profile.parent().map(Path::to_owned)).flatten()
}
