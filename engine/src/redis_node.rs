//! A Redis node in a run: GET, SET and DEL, and the exact command as evidence.

use crate::connections::{Failure, Redis};
use crate::ids::SandboxId;
use crate::quote;
use aside_domain::live::NOT_THERE;
use aside_domain::{Key, NodeId, Outcome, Receipt, Reply};
use redis::Cmd;
use std::time::{Duration, Instant};

/// What a cache says to GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// It has the key.
    Hit(String),
    /// It has the key, and what it has is that there is no row: negative caching.
    NotThere,
    /// It has not.
    Miss,
}

/// Where the keys of a node live. The braces are a hash tag: a Redis Cluster keeps a node's keys together.
pub(crate) fn prefix(sandbox: &SandboxId, node: &NodeId) -> String {
    format!("aside:{{{sandbox}:{node}}}:")
}

/// A Redis node of a sandbox.
#[derive(Clone, Copy)]
pub(crate) struct RedisNode<'a> {
    pub(crate) redis: &'a Redis,
    pub(crate) sandbox: &'a SandboxId,
    pub(crate) node: &'a NodeId,
    /// How long an answer is awaited.
    pub(crate) patience: Duration,
}

impl RedisNode<'_> {
    /// `GET key`.
    pub(crate) async fn get(self, key: &Key) -> (Result<Lookup, Failure>, Receipt) {
        let mut command = redis::cmd("GET");
        command.arg(self.full(key));
        let (answer, took_us) = self.send::<Option<Vec<u8>>>(&command).await;
        let lookup = answer.map(|value| match value {
            Some(value) if value == NOT_THERE.as_bytes() => Lookup::NotThere,
            Some(value) => Lookup::Hit(String::from_utf8_lossy(&value).into_owned()),
            None => Lookup::Miss,
        });
        let receipt = receipt(&command, took_us, &lookup, |lookup| match lookup {
            Lookup::Hit(value) => (Outcome::Hit, value.clone()),
            Lookup::NotThere => (Outcome::Hit, "(not there)".to_owned()),
            Lookup::Miss => (Outcome::Miss, "(nil)".to_owned()),
        });
        (lookup, receipt)
    }

    /// `SET key value EX ttl`.
    pub(crate) async fn set(self, key: &Key, value: &str, ttl_s: u32) -> (Result<(), Failure>, Receipt) {
        let mut command = redis::cmd("SET");
        command.arg(self.full(key)).arg(value).arg("EX").arg(ttl_s);
        let (answer, took_us) = self.send::<()>(&command).await;
        let receipt = receipt(&command, took_us, &answer, |()| (Outcome::Stored, "OK".to_owned()));
        (answer, receipt)
    }

    /// `DEL key`.
    pub(crate) async fn del(self, key: &Key) -> (Result<(), Failure>, Receipt) {
        let mut command = redis::cmd("DEL");
        command.arg(self.full(key));
        let (answer, took_us) = self.send::<u64>(&command).await;
        let receipt = receipt(&command, took_us, &answer, |&deleted| {
            let outcome = if deleted == 0 { Outcome::NotFound } else { Outcome::Deleted };
            (outcome, format!("(integer) {deleted}"))
        });
        (answer.map(drop), receipt)
    }

    fn full(self, key: &Key) -> String {
        prefix(self.sandbox, self.node) + key.as_str()
    }

    async fn send<T: redis::FromRedisValue>(self, command: &Cmd) -> (Result<T, Failure>, u64) {
        let began = Instant::now();
        let answer = self.redis.ask(command, self.patience).await;
        (answer, began.elapsed().as_micros() as u64)
    }
}

/// What was sent is read back from the command itself, so that receipt and command cannot differ.
fn receipt<T>(
    command: &Cmd,
    took_us: u64,
    answer: &Result<T, Failure>,
    told: impl FnOnce(&T) -> (Outcome, String),
) -> Receipt {
    let args = command.args_iter().map(|arg| match arg {
        redis::Arg::Simple(bytes) => bytes,
        _ => b"0", // a cursor: no command of a run has one
    });
    let (outcome, reply) = match answer {
        Ok(answer) => told(answer),
        Err(failure) => (failure.outcome, failure.reason.clone()),
    };
    Receipt {
        outcome,
        sent: Some(quote::redis_cli(args)),
        reply: Reply::of(&reply),
        took_us,
        injected_us: 0,
        held_us: 0,
    }
}
