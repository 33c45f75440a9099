//! The lock on a data directory, and clearing away what an earlier Aside left there when it crashed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::time::sleep;

use crate::child::send;
use crate::error::StoresError;
use crate::places::Places;

/// How long an Aside that is just ending may take to let go of its data directory.
const LETTING_GO: Duration = Duration::from_secs(1);
/// How long an orphaned Postgres may take to end by itself (SIGQUIT) before it is killed.
const ORPHAN_GRACE: Duration = Duration::from_secs(3);

/// Held while an Aside runs stores on a data directory. The system releases it however the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    places: Places,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still locked here: fields are dropped afterwards.
        self.places.forget_run_dir();
    }
}

impl Lock {
    pub(crate) async fn take(places: &Places) -> Result<Self, StoresError> {
        let data_dir = &places.data_dir;
        let path = data_dir.join("lock");
        let failed = |reason| StoresError::Directory { path: path.clone(), reason };
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false) // it names the holder
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < LETTING_GO => sleep(Duration::from_millis(20)).await,
                Err(TryLockError::WouldBlock) => {
                    let mut pid = String::new();
                    let known = file.read_to_string(&mut pid).is_ok() && pid.trim().parse::<u32>().is_ok();
                    let holder = if known { format!(" (process {})", pid.trim()) } else { String::new() };
                    return Err(StoresError::InUse { path: data_dir.clone(), holder });
                }
                Err(TryLockError::Error(reason)) => return Err(failed(reason)),
            }
        }
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file, places: places.clone() })
    }
}

/// Ends the stores that still run on these places though their Aside is gone. Call it only with the lock held.
pub(crate) async fn end_orphans(places: &Places) {
    let begun = Instant::now();
    let mut told = false;
    loop {
        let orphans: Vec<Process> = processes().await.into_iter().filter(|process| process.is_ours(places)).collect();
        if orphans.is_empty() {
            return;
        }
        let late = begun.elapsed() > ORPHAN_GRACE;
        for orphan in &orphans {
            if !told {
                tracing::warn!(pid = orphan.pid, command = orphan.command, "left by an earlier Aside: ended");
            }
            if late || !orphan.is_postgres() {
                send(Some(orphan.pid), Signal::SIGKILL);
            } else if !told {
                send(Some(orphan.pid), Signal::SIGQUIT);
            }
        }
        if begun.elapsed() > ORPHAN_GRACE * 2 {
            // The stores will not come up beside them, and their logs then say why.
            tracing::error!("stores left by an earlier Aside cannot be ended");
            return;
        }
        told = true;
        sleep(Duration::from_millis(20)).await;
    }
}

/// Removes a `postmaster.pid` that names a living process which is not the Postgres of this cluster, or none at all.
///
/// Postgres clears a file whose process is gone by itself, and then also looks for backends that outlived it, so that
/// case is left to it. But process ids are given again (after a power cut perhaps to the Postgres of another Aside), and
/// then it would refuse to start for ever.
pub(crate) fn clear_pid_file(cluster: &Path) {
    let path = cluster.join("postmaster.pid");
    let Some(pid) = recorded_pid(&path) else {
        // Missing, or torn by a power cut; Postgres refuses an empty one.
        remove(&path);
        return;
    };
    if let Some(command) = command_of(pid)
        && !has_word(&command, &cluster.to_string_lossy())
    {
        tracing::info!(pid, "postmaster.pid names another process: removed");
        remove(&path);
    }
}

/// The process id in the first line of a pid file.
pub(crate) fn recorded_pid(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.lines().next()?.trim().parse().ok()
}

/// Removes a file that need not exist.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "could not be removed");
    }
}

struct Process {
    pid: u32,
    command: String,
}

impl Process {
    fn is_postgres(&self) -> bool {
        matches!(program_of(&self.command), "postgres" | "postmaster")
    }

    /// A store by its program, and one of this data directory by the paths in its command line. Someone's editor with the
    /// same path in its arguments is no store, and a Postgres that someone started by hand has other sockets.
    fn is_ours(&self, places: &Places) -> bool {
        let names = |path: PathBuf| has_word(&self.command, &path.to_string_lossy());
        match program_of(&self.command) {
            "redis-server" | "valkey-server" => names(places.redis_socket()),
            "postgres" | "postmaster" => names(places.cluster()) && names(places.run_dir().to_owned()),
            "initdb" => self.command.contains(&format!("{}.new-", places.cluster().display())),
            _ => false,
        }
    }
}

/// Whether `path` stands in `command` as a whole, not as the beginning of a longer path.
fn has_word(command: &str, path: &str) -> bool {
    command.match_indices(path).any(|(at, _)| {
        let before = command[..at].chars().next_back();
        let after = command[at + path.len()..].chars().next();
        before.is_none_or(|c| " =:'\"".contains(c)) && after.is_none_or(|c| " '\"".contains(c))
    })
}

/// The file name of the program in a command line.
fn program_of(command: &str) -> &str {
    let first = command.split_whitespace().next().unwrap_or_default();
    first.rsplit('/').next().unwrap_or_default().trim_end_matches(':')
}

/// Every process with a command line (a zombie has none).
async fn processes() -> Vec<Process> {
    if let Ok(entries) = fs::read_dir("/proc")
        && Path::new("/proc/self/cmdline").exists()
    {
        return entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(|pid| command_of(pid).map(|command| Process { pid, command }))
            .collect();
    }
    // macOS
    match Command::new("/bin/ps").args(["-axww", "-o", "pid=,command="]).output().await {
        Ok(output) => String::from_utf8_lossy(&output.stdout).lines().filter_map(listed).collect(),
        Err(error) => {
            tracing::warn!(%error, "processes cannot be listed, so orphaned stores would not be found");
            Vec::new()
        }
    }
}

/// One line of `ps -o pid=,command=`.
fn listed(line: &str) -> Option<Process> {
    let (pid, command) = line.trim_start().split_once(' ')?;
    Some(Process { pid: pid.parse().ok()?, command: command.trim().to_owned() })
}

/// The command line of a living process, its arguments joined by spaces.
fn command_of(pid: u32) -> Option<String> {
    let command = if Path::new("/proc/self/cmdline").exists() {
        let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    } else {
        let pid = pid.to_string();
        let output = std::process::Command::new("/bin/ps").args(["-ww", "-o", "command=", "-p", &pid]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let command = command.trim();
    (!command.is_empty()).then(|| command.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_counts_only_as_a_whole_word() {
        assert!(has_word("redis-server unixsocket:/a/run/redis.sock", "/a/run/redis.sock"));
        assert!(has_word("postgres -D /a/data -c unix_socket_directories=/a/run", "/a/run"));
        assert!(!has_word("postgres -D /a/data2", "/a/data"));
        assert!(!has_word("redis-server /b/a/run/redis.sock", "/a/run/redis.sock"));
    }

    #[test]
    fn a_program_is_known_by_its_file_name() {
        assert_eq!(program_of("/usr/lib/postgresql/15/bin/postgres -D x"), "postgres");
        assert_eq!(program_of("postgres: aside aside [local] idle"), "postgres");
        assert_eq!(program_of("vim /data/redis.sock"), "vim");
    }

    #[test]
    fn a_line_of_ps_is_read() {
        let process = listed("  412 /usr/bin/redis-server --port 0").unwrap();
        assert_eq!((process.pid, process.command.as_str()), (412, "/usr/bin/redis-server --port 0"));
        assert!(listed("").is_none());
    }
}
