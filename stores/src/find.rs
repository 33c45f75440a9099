//! Finding the stores' binaries: on PATH first, then where distributions and Homebrew put them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::error::StoresError;

const HOMEBREW: [&str; 2] = ["/opt/homebrew/opt", "/usr/local/opt"];

/// The `redis-server` or `valkey-server` to run.
pub(crate) fn redis_server() -> Result<PathBuf, StoresError> {
    let mut directories = path_directories();
    for place in HOMEBREW {
        directories.extend(["redis", "valkey"].map(|formula| Path::new(place).join(formula).join("bin")));
    }
    directories
        .extend(["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin", "/snap/bin"].map(PathBuf::from));
    ["redis-server", "valkey-server"]
        .iter()
        .flat_map(|name| directories.iter().map(move |directory| directory.join(name)))
        .find(|candidate| is_executable(candidate))
        .ok_or(StoresError::NotInstalled {
            store: "Redis",
            install: "Debian and Ubuntu: apt install redis-server; macOS: brew install redis",
            variable: "REDIS_URL",
        })
}

/// The directories that hold both `postgres` and `initdb`, best first.
pub(crate) fn postgres_directories() -> Result<Vec<PathBuf>, StoresError> {
    let mut candidates = path_directories();
    candidates.extend(versions_below(Path::new("/usr/lib/postgresql"), "")); // Debian, Ubuntu
    candidates.extend(versions_below(Path::new("/usr"), "pgsql-")); // the PGDG packages for Fedora and RHEL
    for place in HOMEBREW {
        candidates.extend(versions_below(Path::new(place), "postgresql"));
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for candidate in candidates {
        // A link on PATH stands for the directory it leads to, where initdb and the libraries are.
        let Ok(postgres) = candidate.join("postgres").canonicalize() else {
            continue;
        };
        let Some(directory) = postgres.parent().map(Path::to_owned) else {
            continue;
        };
        let whole = is_executable(&postgres) && is_executable(&directory.join("initdb"));
        if whole && !found.contains(&directory) {
            found.push(directory);
        }
    }
    if found.is_empty() {
        return Err(StoresError::NotInstalled {
            store: "PostgreSQL",
            install: "Debian and Ubuntu: apt install postgresql; macOS: brew install postgresql@17",
            variable: "DATABASE_URL",
        });
    }
    Ok(found)
}

/// The major version of the `postgres` in this directory, as its data directories name it ("15").
pub(crate) async fn postgres_major(directory: &Path) -> Option<String> {
    let output = Command::new(directory.join("postgres")).arg("--version").output().await.ok()?;
    major_of(&String::from_utf8_lossy(&output.stdout))
}

/// From "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" or "postgres (PostgreSQL) 18beta1".
fn major_of(text: &str) -> Option<String> {
    let version = text.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

/// Whether this Postgres can count statements (`pg_stat_statements`).
pub(crate) async fn has_pg_stat_statements(directory: &Path) -> bool {
    let has = |libraries: &Path| {
        ["so", "dylib"].iter().any(|suffix| libraries.join("pg_stat_statements").with_extension(suffix).is_file())
    };
    let lib = directory.join("../lib");
    if has(&lib) || has(&lib.join("postgresql")) {
        return true;
    }
    let pg_config = directory.join("pg_config");
    if !is_executable(&pg_config) {
        return false;
    }
    match Command::new(pg_config).arg("--pkglibdir").output().await {
        Ok(output) => has(Path::new(String::from_utf8_lossy(&output.stdout).trim())),
        Err(_) => false,
    }
}

fn path_directories() -> Vec<PathBuf> {
    // A relative entry of PATH would mean another place once the child changes its directory.
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|directory| directory.is_absolute()).collect()
}

/// `PARENT/PREFIX*/bin`, the highest version first.
fn versions_below(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(prefix)?.trim_start_matches('@');
            // "postgresql" alone is Homebrew's unversioned alias, "9.6" an old Postgres; "postgresql-foo" something else.
            let version = if rest.is_empty() { 0 } else { rest.split('.').next()?.parse().ok()? };
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, directory)| directory).collect()
}

/// A regular file with an executable bit: a directory or a stray text file of that name is none.
fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_the_name_of_a_binary_is_not_executable() {
        let home = tempfile::tempdir().unwrap();
        let named_so = home.path().join("postgres");
        fs::create_dir(&named_so).unwrap();
        assert!(!is_executable(&named_so));
        let plain = home.path().join("initdb");
        fs::write(&plain, "").unwrap();
        assert!(!is_executable(&plain));
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        let home = tempfile::tempdir().unwrap();
        for version in ["9.6", "15", "17", "contrib"] {
            fs::create_dir(home.path().join(version)).unwrap();
        }
        let order: Vec<_> = versions_below(home.path(), "");
        let names: Vec<_> = order.iter().map(|bin| bin.strip_prefix(home.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["17/bin", "15/bin", "9.6/bin"]);
    }

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)").as_deref(), Some("15"));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1").as_deref(), Some("18"));
        assert_eq!(major_of("something else"), None);
    }
}
