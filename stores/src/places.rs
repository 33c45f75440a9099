//! Where everything lies. Derived from the data directory alone, so that a second process finds the same places.
//!
//! ```text
//! DATA_DIR/lock                held while an Aside runs its stores here
//! BASE/redis/                  redis.log
//! BASE/postgres/               postgres.log, data/ (the cluster)
//! RUN/                         redis.sock, .s.PGSQL.5432
//! ```
//!
//! `BASE` is the data directory, or `/var/lib/aside/HASH` when the stores' user cannot reach it; `RUN` is `BASE/run`,
//! or `/tmp/aside-UID-HASH` when a socket's path would be too long there (or hold a comma). `HASH` is of the data directory's path.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::account::Account;
use crate::error::StoresError;

/// `sun_path` holds 104 bytes on macOS and 108 on Linux, the closing zero included.
const SOCKET_PATH_MAX: usize = 103;
const POSTGRES_SOCKET: &str = ".s.PGSQL.5432";
const REDIS_SOCKET: &str = "redis.sock";

/// The directories of one data directory. Looking them up changes nothing; [`Places::prepare`] creates them.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) data_dir: PathBuf,
    pub(crate) account: Account,
    base: PathBuf,
    run: PathBuf,
}

impl Places {
    /// The places below `data_dir`, which must exist.
    pub(crate) fn of(data_dir: &Path) -> Result<Self, StoresError> {
        let data_dir = data_dir.canonicalize().map_err(StoresError::directory(data_dir))?;
        let account = Account::for_stores(&data_dir)?;
        let hash = hash(&data_dir);
        let base = if !account.other || account.can_traverse(&data_dir) {
            data_dir.clone()
        } else {
            Path::new("/var/lib/aside").join(&hash)
        };
        let mut run = base.join("run");
        let long = run.as_os_str().len() + 1 + POSTGRES_SOCKET.len() > SOCKET_PATH_MAX;
        // Postgres and psql read a list of directories, parted by commas.
        if long || run.to_str().is_none_or(|run| run.contains([',', '"'])) {
            run = PathBuf::from(format!("/tmp/aside-{}-{hash}", account.uid));
        }
        Ok(Self { data_dir, account, base, run })
    }

    /// Creates what is missing, closed to everyone but the stores' user (and root).
    pub(crate) fn prepare(&self) -> Result<(), StoresError> {
        if self.base != self.data_dir {
            fs::create_dir_all(&self.base).map_err(StoresError::directory(&self.base))?;
            // Passable, so that the stores' user reaches its own directories below; these are closed.
            for passable in [Path::new("/var/lib/aside"), &self.base] {
                fs::set_permissions(passable, Permissions::from_mode(0o755))
                    .map_err(StoresError::directory(passable))?;
            }
        }
        [&self.redis_dir(), &self.postgres_dir(), &self.run].into_iter().try_for_each(|dir| self.private_dir(dir))
    }

    /// Removes the socket directory when it is the short one in `/tmp`, which nobody would miss.
    pub(crate) fn forget_run_dir(&self) {
        if self.run.parent() != Some(&self.base) {
            // Not empty or already gone: either way there is nothing left to do.
            let _ = fs::remove_dir(&self.run);
        }
    }

    pub(crate) fn redis_dir(&self) -> PathBuf {
        self.base.join("redis")
    }

    pub(crate) fn redis_socket(&self) -> PathBuf {
        self.run.join(REDIS_SOCKET)
    }

    pub(crate) fn postgres_dir(&self) -> PathBuf {
        self.base.join("postgres")
    }

    /// The Postgres data directory proper.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.postgres_dir().join("data")
    }

    pub(crate) fn postgres_socket(&self) -> PathBuf {
        self.run.join(POSTGRES_SOCKET)
    }

    pub(crate) fn run_dir(&self) -> &Path {
        &self.run
    }

    /// Whose the socket directory is, if there is one: in `/tmp` anyone could have put one there.
    pub(crate) fn run_dir_owner(&self) -> Option<u32> {
        self.run.symlink_metadata().ok().filter(Metadata::is_dir).map(|found| found.uid())
    }

    fn private_dir(&self, path: &Path) -> Result<(), StoresError> {
        let failed = |reason| StoresError::Directory { path: path.to_owned(), reason };
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        // Not following links: as root we are about to give this directory away.
        let found = path.symlink_metadata().map_err(failed)?;
        let ours = found.uid() == self.account.uid;
        let fresh = self.account.other && found.uid() == 0;
        if !found.is_dir() || !(ours || fresh) {
            return Err(StoresError::NotOurs { path: path.to_owned(), uid: self.account.uid });
        }
        if fresh {
            lchown(path, Some(self.account.uid), Some(self.account.gid)).map_err(failed)?;
        }
        if found.mode() & 0o777 != 0o700 {
            fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(failed)?;
        }
        Ok(())
    }
}

/// Twelve hex digits that stand for a path, the same in every build of Aside.
fn hash(path: &Path) -> String {
    Sha256::digest(path.as_os_str().as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
