//! What can go wrong with the stores, each in one sentence that a person can act on.

use std::io;
use std::path::PathBuf;

/// Why the stores could not be started, attached or reported on. No variant carries a password.
#[derive(Debug, thiserror::Error)]
pub enum StoresError {
    /// No binary of this store was found.
    #[error(
        "{store} was not found on this machine: install it ({install}), or set {variable} to use one that runs elsewhere"
    )]
    NotInstalled {
        /// "Redis" or "PostgreSQL".
        store: &'static str,
        /// What to type, on the common systems.
        install: &'static str,
        /// The environment variable that attaches a running one.
        variable: &'static str,
    },

    /// A directory could not be created, owned or written.
    #[error("{} cannot be used ({reason}): make it writable, or choose another data directory", path.display())]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },

    /// A directory that must be ours alone belongs to another user, or is no directory.
    #[error("{} is not a directory of user {uid}: remove it, or choose another data directory", path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// The user whose it should be.
        uid: u32,
    },

    /// Another Aside holds the data directory.
    #[error("another Aside{holder} already uses {}: stop it, or choose another data directory", path.display())]
    InUse {
        /// The data directory.
        path: PathBuf,
        /// " (process 123)", or empty where it is not known.
        holder: String,
    },

    /// Running as root, and there is no user to run the stores as.
    #[error(
        "PostgreSQL refuses to run as root and this machine has neither a user postgres nor a user nobody: create one, or run Aside as an ordinary user"
    )]
    NoAccount,

    /// The rows on disk were written by another major version.
    #[error(
        "the data in {} was written by PostgreSQL {wanted}, but this machine has {found}: install PostgreSQL {wanted}, or move that directory away to begin afresh", path.display()
    )]
    OtherVersion {
        /// The Postgres data directory.
        path: PathBuf,
        /// The major version that wrote it.
        wanted: String,
        /// The versions found, as a list.
        found: String,
    },

    /// A program could not be run at all.
    #[error("{} could not be run ({reason}): check its permissions", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        reason: io::Error,
    },

    /// The store was started and ended, or never answered.
    #[error("{store} did not come up; {} ends with:\n{tail}", log.display())]
    DidNotComeUp {
        /// "Redis" or "PostgreSQL".
        store: &'static str,
        /// Its log file.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },

    /// The store behind `REDIS_URL` or `DATABASE_URL` does not answer.
    #[error("{store} at {url} cannot be reached ({reason}): check {variable} and that it is running")]
    Unreachable {
        /// "Redis" or "PostgreSQL".
        store: &'static str,
        /// Its URL, password masked.
        url: String,
        /// What the attempt ended with, password masked.
        reason: String,
        /// The environment variable that names it.
        variable: &'static str,
    },

    /// The stores there are another user's, and closed to this one.
    #[error("the stores in {} belong to another user: ask again as that user, or as root", path.display())]
    OfAnotherUser {
        /// The data directory.
        path: PathBuf,
    },

    /// Nothing runs on the data directory.
    #[error("no Aside is running on {}: start one, then ask again", path.display())]
    NotRunning {
        /// The data directory.
        path: PathBuf,
    },
}

impl StoresError {
    pub(crate) fn directory(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |reason| Self::Directory { path, reason }
    }
}
