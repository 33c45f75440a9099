//! Whom the stores run as: ourselves, or, when Aside is root, an unprivileged user (Postgres refuses root).

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Uid, User, getegid, geteuid};

use crate::error::StoresError;

/// A user and group id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Whether this is another user than the one Aside runs as, so that files and processes must be handed over.
    pub(crate) other: bool,
}

impl Account {
    /// The account for the stores of `data_dir`. As root: whoever owns rows already there, else `postgres`, else `nobody`.
    pub(crate) fn for_stores(data_dir: &Path) -> Result<Self, StoresError> {
        if !geteuid().is_root() {
            return Ok(Self { uid: geteuid().as_raw(), gid: getegid().as_raw(), other: false });
        }
        let earlier = data_dir
            .join("postgres")
            .symlink_metadata()
            .ok()
            .filter(|found| found.is_dir() && found.uid() != 0)
            .and_then(|found| User::from_uid(Uid::from_raw(found.uid())).ok().flatten());
        earlier
            .or_else(|| named("postgres"))
            .or_else(|| named("nobody"))
            .map(|user| Self { uid: user.uid.as_raw(), gid: user.gid.as_raw(), other: true })
            .ok_or(StoresError::NoAccount)
    }

    /// Whether this account can reach what is inside `directory`, by the mode bits of it and of all its parents.
    /// (Supplementary groups do not count: they are dropped with root's privileges.)
    pub(crate) fn can_traverse(self, directory: &Path) -> bool {
        directory.ancestors().all(|parent| parent.metadata().is_ok_and(|found| self.may_search(&found)))
    }

    fn may_search(self, found: &Metadata) -> bool {
        let bit = if found.uid() == self.uid {
            0o100
        } else if found.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        found.mode() & bit != 0
    }
}

fn named(name: &str) -> Option<User> {
    User::from_name(name).ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_directory_below_a_closed_one_cannot_be_traversed_by_a_stranger() {
        let closed = tempfile::tempdir().unwrap();
        std::fs::set_permissions(closed.path(), PermissionsExt::from_mode(0o700)).unwrap();
        let inner = closed.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let stranger = Account { uid: 4_000_000, gid: 4_000_000, other: true };
        assert!(!stranger.can_traverse(&inner));
        assert!(stranger.can_traverse(Path::new("/usr/bin")));
    }
}
