//! A store as a child process, and the guardian that ends it when Aside can no longer do so.
//!
//! Aside may be killed at any moment, without a chance to clean up. So each store has a *guardian*: a tiny shell, in a
//! process group of its own, that reads from a pipe whose other end only Aside holds. However Aside ends, the system
//! closes that pipe, the read returns, and the guardian ends the store. There is no moment without a guardian: the store's
//! process first waits at a *gate* (a read from a second pipe), becomes the store only when the guardian knows its id,
//! and leaves by itself when Aside dies before that.
//!
//! (`PR_SET_PDEATHSIG` would need `unsafe`, fires when a mere thread ends, and does not exist on macOS.)

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use crate::account::Account;
use crate::error::StoresError;

/// How long a store may take to end in its own way before it is killed.
const GRACE: Duration = Duration::from_secs(4);
/// A log that has grown beyond this is set aside when the store is started.
const LOG_MAX_BYTES: u64 = 1 << 20;

/// Waits for the word to go, then becomes the program in its arguments.
const GATE: &str = r#"read -r go && exec "$@" </dev/null"#;

/// Arguments: the signal, what is guarded (only for whoever reads `ps`). Input: the store's process id, then a line
/// when the store has ended by itself, or no line at all, which means that Aside is gone.
const GUARDIAN: &str = r#"
trap '' HUP INT TERM
read -r pid || exit 0
read -r ended && exit 0
kill -"$1" "$pid" 2>/dev/null || exit 0
n=0
while kill -0 "$pid" 2>/dev/null && [ $n -lt 40 ]; do sleep 0.1 || sleep 1; n=$((n+1)); done
kill -KILL "$pid" 2>/dev/null
"#;

/// How to start a store, and how to end it.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// "Redis" or "PostgreSQL".
    pub(crate) store: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) directory: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) account: Account,
    /// Asks for an orderly end.
    pub(crate) stop: Signal,
    /// What the guardian sends, as `kill` names it: an end that is quick and still safe.
    pub(crate) orphaned: &'static str,
}

/// A store that runs, or waits to be collected. Dropping it closes the pipe, and the guardian ends the store.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) store: Child,
    pub(crate) born: Instant,
    guardian: Child,
    lifeline: ChildStdin,
}

impl Recipe {
    /// Starts the store under its guardian. It does not answer yet.
    pub(crate) async fn launch(&self) -> Result<Running, StoresError> {
        let log = self.open_log().map_err(StoresError::directory(&self.log))?;
        let cannot_run = |reason| StoresError::Spawn { program: self.program.clone(), reason };
        let errors = log.try_clone().map_err(cannot_run)?;

        let mut guardian = self.guardian().map_err(cannot_run)?;
        let mut store = self.shell(GATE, "aside-store");
        store.arg(&self.program).args(&self.args).stdout(log).stderr(errors);
        let mut store = store.spawn().map_err(cannot_run)?;

        let lifeline = hand_over(&mut guardian, &store).await.map_err(cannot_run)?;
        let mut gate = store.stdin.take().ok_or_else(|| cannot_run(no_pipe()))?;
        gate.write_all(b"go\n").await.map_err(cannot_run)?;
        Ok(Running { store, born: Instant::now(), guardian, lifeline })
    }

    /// A guardian that waits to be told whom it guards.
    fn guardian(&self) -> io::Result<Child> {
        let mut command = self.shell(GUARDIAN, "aside-guardian");
        command.arg(self.orphaned).arg(&self.directory).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    }

    /// A shell in a process group of its own, so that Ctrl-C in the terminal reaches Aside alone, which then ends the
    /// stores in order; with none of Aside's environment, where secrets and `PGPORT` live.
    fn shell(&self, script: &str, name: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script).arg(name).env_clear().env("LC_ALL", "C");
        for (key, value) in std::env::vars_os() {
            let kept = key.to_str().is_some_and(|key| {
                ["PATH", "TMPDIR", "TZ"].contains(&key) || key.starts_with("LD_") || key.starts_with("DYLD_")
            });
            if kept {
                command.env(key, value);
            }
        }
        command.current_dir(&self.directory).stdin(Stdio::piped()).process_group(0);
        if self.account.other {
            command.uid(self.account.uid).gid(self.account.gid);
        }
        command
    }

    fn open_log(&self) -> io::Result<File> {
        if self.log.metadata().is_ok_and(|found| found.len() > LOG_MAX_BYTES) {
            std::fs::rename(&self.log, self.log.with_extension("log.old"))?;
        }
        OpenOptions::new().create(true).append(true).mode(0o600).open(&self.log)
    }

    /// The error for a store that would not come up, with what it said last.
    pub(crate) fn did_not_come_up(&self) -> StoresError {
        let tail = last_lines(&self.log).unwrap_or_else(|error| format!("(it cannot be read: {error})"));
        StoresError::DidNotComeUp { store: self.store, log: self.log.clone(), tail }
    }
}

impl Running {
    pub(crate) fn pid(&self) -> Option<u32> {
        self.store.id()
    }

    /// Returns when the store has ended. Meanwhile it replaces a guardian that someone killed.
    pub(crate) async fn ended(&mut self, recipe: &Recipe) -> io::Result<ExitStatus> {
        loop {
            tokio::select! {
                status = self.store.wait() => return status,
                _ = self.guardian.wait() => {}
            }
            tracing::warn!(store = recipe.store, "its guardian is gone, and is replaced");
            match self.replace_guardian(recipe).await {
                Ok(()) => {}
                Err(error) => tracing::error!(store = recipe.store, %error, "its guardian could not be replaced"),
            }
            // Not in a tight loop, whatever it is that kills guardians.
            if let Ok(status) = timeout(Duration::from_secs(1), self.store.wait()).await {
                return status;
            }
        }
    }

    async fn replace_guardian(&mut self, recipe: &Recipe) -> io::Result<()> {
        let mut guardian = recipe.guardian()?;
        self.lifeline = hand_over(&mut guardian, &self.store).await?;
        self.guardian = guardian;
        Ok(())
    }

    /// Ends the store in its own way, or, when that takes too long, at once.
    pub(crate) async fn end(mut self, recipe: &Recipe) {
        send(self.store.id(), recipe.stop);
        if timeout(GRACE, self.store.wait()).await.is_err() {
            tracing::warn!(store = recipe.store, "did not stop in {GRACE:?}: killed");
            if let Err(error) = self.store.kill().await {
                tracing::warn!(store = recipe.store, %error, "could not be killed");
            }
        }
        self.dismiss_guardian().await;
    }

    /// Tells the guardian that the store has ended, so that it never signals a process that got the same id later.
    pub(crate) async fn dismiss_guardian(mut self) {
        // A guardian that is gone already needs no dismissal.
        let _ = self.lifeline.write_all(b"ended\n").await;
        drop(self.lifeline);
        if timeout(Duration::from_secs(1), self.guardian.wait()).await.is_err() {
            let _ = self.guardian.kill().await;
        }
    }
}

/// Tells the guardian whom it guards, and returns the pipe that must stay open as long as Aside lives.
async fn hand_over(guardian: &mut Child, store: &Child) -> io::Result<ChildStdin> {
    let mut lifeline = guardian.stdin.take().ok_or_else(no_pipe)?;
    let pid = store.id().ok_or_else(no_pipe)?;
    lifeline.write_all(format!("{pid}\n").as_bytes()).await?;
    Ok(lifeline)
}

fn no_pipe() -> io::Error {
    io::Error::other("it ended at once")
}

/// Sends a signal to a process that may have ended meanwhile, which is no error.
pub(crate) fn send(pid: Option<u32>, signal: Signal) {
    if let Some(pid) = pid.and_then(|pid| i32::try_from(pid).ok()) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

fn last_lines(log: &Path) -> io::Result<String> {
    const LINES: usize = 8;
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(4096)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(LINES)..].iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}
