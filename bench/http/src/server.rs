//! The servers that are compared: processes of their own, each on its own port.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a server may take to come up, and to go.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that answers.
pub struct Server {
    child: Child,
    /// Its process.
    pub process: Process,
    /// Where it answers.
    pub address: SocketAddr,
}

impl Server {
    /// Starts a program, and waits until it has told its address: on `stdout` or `stderr`, after `http://`.
    pub async fn start(command: &mut Command) -> Result<Self> {
        let name = Path::new(command.as_std().get_program()).display().to_string();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = child.spawn().with_context(|| format!("cannot start {name}"))?;
        let pid = child.id().with_context(|| format!("{name} is gone"))?;
        let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else { bail!("{name} says nothing") };
        let (mut out, mut err) = (BufReader::new(out).lines(), BufReader::new(err).lines());
        let mut said = String::new();
        let address = timeout(PATIENCE, async {
            loop {
                let line = tokio::select! { line = out.next_line() => line, line = err.next_line() => line };
                let Ok(Some(line)) = line else { return None };
                let address =
                    line.split_once("http://").and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
                if address.is_some() {
                    return address;
                }
                said += &line;
                said.push('\n');
            }
        });
        let Some(address) = address.await.with_context(|| format!("{name} was not ready in time:\n{said}"))? else {
            bail!("{name} ended before it was ready:\n{said}");
        };
        tokio::spawn(pass_on(out));
        tokio::spawn(pass_on(err));
        Ok(Self { child, process: Process(Pid::from_raw(pid.try_into()?)), address })
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        kill(self.process.0, Signal::SIGTERM)?;
        timeout(PATIENCE, self.child.wait()).await.context("a server does not end")??;
        Ok(())
    }
}

/// A process, by its id.
#[derive(Debug, Clone, Copy)]
pub struct Process(Pid);

impl Process {
    /// How much of a processor it has used so far. Linux counts it in hundredths of a second; elsewhere it is not known.
    pub fn cpu(self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0)).ok()?;
        // The second field is its name, which may hold anything; the 14th and the 15th are user's and system's time.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: u64 = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum();
        Some(Duration::from_millis(ticks * 10))
    }
}

/// What it says later is for the person at the terminal, but for what is as it should be.
async fn pass_on(mut lines: Lines<BufReader<impl AsyncRead + Unpin>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.contains("INFO") {
            eprintln!("{line}");
        }
    }
}
