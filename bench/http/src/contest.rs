//! The servers on the same stores, with the same data.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tempfile::TempDir;
use tokio::process::Command;

use crate::aside::{EVERY_OPTION, SERVER, Visitor};
use crate::line::Line;
use crate::load::{ALL, Load, Mix, Target};
use crate::python;
use crate::rounds::Rounds;
use crate::server::{Process, Server};
use crate::stores::Stores;

/// Far more than reading every key once takes.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is measured.
pub struct Contestant {
    /// What it is called in tables.
    pub name: &'static str,
    /// Its process.
    pub process: Process,
    /// Where it answers.
    pub target: Target,
}

/// All that is measured.
pub struct Contest {
    /// Two server nodes of one Aside, the least in axum, FastAPI.
    pub contestants: Vec<Contestant>,
    servers: Vec<Server>,
    /// What they share.
    pub stores: Stores,
    _data: TempDir,
}

/// What each of them answers.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
}

impl Contest {
    /// Starts all, fills the peers' table with what Aside tells of the same keys, and makes sure that they do the same.
    pub async fn begin(rounds: &Rounds) -> Result<Self> {
        let myself = env::current_exe()?;
        let release = myself.parent().context("this program lies in no folder")?;
        let target_folder = release.parent().context("there is no target folder")?;
        let here =
            PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()));
        let python = python::with(&here.join("fastapi/requirements.txt"), &target_folder.join("bench-http/python"))?;

        let data = tempfile::Builder::new().prefix("aside-bench-").tempdir()?;
        // Stores that are started by root run as another user, who must get in.
        fs::set_permissions(data.path(), Permissions::from_mode(0o755))?;
        let program = release.join("aside");
        let mut command = Command::new(&program);
        command.args(["--listen", "127.0.0.1:0", "--live-rate", "0", "--live-in-flight", "0", "--data-dir"]);
        command.arg(data.path()).arg("--site").arg(target_folder.join("site"));
        command.env_remove("REDIS_URL").env_remove("DATABASE_URL");
        let server = Server::start(&mut command).await?;
        let mut stores = Stores::of(&program, data.path()).await?;
        let visitor = Visitor::open(server.address).await?;
        let mut contestants = Vec::new();
        for (name, node) in [("Aside", SERVER), ("Aside, every option", EVERY_OPTION)] {
            let target = Target { address: server.address, path: visitor.live_path(node).await? };
            contestants.push(Contestant { name, process: server.process, target });
        }
        tokio::spawn(visitor.watch());
        eprintln!("Reading {ALL} users through Aside, for the peers …");
        stores.fill(&values(&contestants[0].target, rounds.connections).await?).await?;
        let mut servers = vec![server];

        let mut least = Command::new(&myself);
        least.args(["least", &stores.redis_url, &stores.database_url]);
        let mut fastapi = Command::new(python);
        // As redis-py calls a socket; and asyncpg heeds a `?host=` only where no other host is named.
        fastapi.arg(here.join("fastapi/app.py"));
        fastapi.env("BENCH_REDIS_URL", stores.redis_url.replacen("redis+unix:", "unix:", 1));
        fastapi.env("BENCH_DATABASE_URL", stores.database_url.replacen("@localhost:5432/", "@/", 1));
        for (name, command) in [("axum", &mut least), ("FastAPI", &mut fastapi)] {
            let server = Server::start(command).await?;
            let target = Target { address: server.address, path: "/users/".to_owned() };
            contestants.push(Contestant { name, process: server.process, target });
            servers.push(server);
        }
        let mut contest = Self { contestants, servers, stores, _data: data };
        contest.compare().await?;
        Ok(contest)
    }

    /// Ends all; with Aside, its stores.
    pub async fn end(self) -> Result<()> {
        for server in self.servers.into_iter().rev() {
            server.stop().await?;
        }
        Ok(())
    }

    /// Each writes a key and reads it twice: the answers are the same, the first read is a miss, and the second a hit.
    async fn compare(&mut self) -> Result<()> {
        let written = json!({ "value": { "of": "the bench" } }).to_string();
        let expected = json!({ "key": "user:1", "value": { "of": "the bench" } });
        for Contestant { name, target, .. } in &self.contestants {
            let mut line = Line::to(target.address).await?;
            let path = target.of(1);
            let status = line.put(&path, &written).await?.status;
            ensure!(matches!(status, 200 | 201), "{name} answered PUT with {status}");
            for misses in [1, 0] {
                let before = self.stores.fills().await?;
                let reply = line.get(&path).await?;
                let body: Value = serde_json::from_slice(reply.body)?;
                ensure!(reply.status == 200 && body == expected, "{name} answered GET with {}: {body}", reply.status);
                let fills = self.stores.fills().await? - before;
                ensure!(fills == misses, "{name} filled Redis {fills} times after {misses} misses");
            }
        }
        Ok(())
    }
}

/// What Aside tells of every key, in order.
async fn values(target: &Target, connections: u32) -> Result<Vec<String>> {
    let all = Arc::new(Mutex::new(vec![String::new(); ALL as usize]));
    let heard = {
        let all = Arc::clone(&all);
        move |key: u64, body: &[u8]| {
            if let Ok(Answer { value }) = serde_json::from_slice(body) {
                all.lock().unwrap_or_else(PoisonError::into_inner)[key as usize - 1] = value.get().to_owned();
            }
        }
    };
    Load { connections, duration: PATIENCE, rate_per_s: None }.run(target, Mix::Every, heard).await?;
    let all = std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner));
    match all.iter().position(String::is_empty) {
        Some(missing) => bail!("Aside tells nothing of user:{}", missing + 1),
        None => Ok(all),
    }
}
