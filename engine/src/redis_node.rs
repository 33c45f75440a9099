//! A Redis node in a run: GET and SET, and the exact command as evidence.

use crate::connections::{Failure, Redis};
use crate::ids::SandboxId;
use crate::quote;
use aside_domain::{Key, NodeId, Outcome, Receipt, Reply};
use redis::Cmd;
use std::time::Instant;

/// What a cache says to GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// It has the key.
    Hit(String),
    /// It has not.
    Miss,
    /// It does not answer.
    Failed(Failure),
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
}

impl RedisNode<'_> {
    /// `GET key`.
    pub(crate) async fn get(self, key: &Key) -> (Lookup, Receipt) {
        let mut command = redis::cmd("GET");
        command.arg(self.full(key));
        let (answer, took_us) = self.send::<Option<Vec<u8>>>(&command).await;
        let lookup = match answer {
            Ok(Some(value)) => Lookup::Hit(String::from_utf8_lossy(&value).into_owned()),
            Ok(None) => Lookup::Miss,
            Err(failure) => Lookup::Failed(failure),
        };
        let (outcome, reply) = match &lookup {
            Lookup::Hit(value) => (Outcome::Hit, value.as_str()),
            Lookup::Miss => (Outcome::Miss, "(nil)"),
            Lookup::Failed(failure) => (failure.outcome, failure.reason.as_str()),
        };
        let receipt = receipt(&command, outcome, reply, took_us);
        (lookup, receipt)
    }

    /// `SET key value EX ttl`. What came of it stands in the receipt.
    pub(crate) async fn set(self, key: &Key, value: &str, ttl_s: u32) -> Receipt {
        let mut command = redis::cmd("SET");
        command.arg(self.full(key)).arg(value).arg("EX").arg(ttl_s);
        let (answer, took_us) = self.send::<()>(&command).await;
        match answer {
            Ok(()) => receipt(&command, Outcome::Stored, "OK", took_us),
            Err(failure) => receipt(&command, failure.outcome, &failure.reason, took_us),
        }
    }

    fn full(self, key: &Key) -> String {
        prefix(self.sandbox, self.node) + key.as_str()
    }

    async fn send<T: redis::FromRedisValue>(self, command: &Cmd) -> (Result<T, Failure>, u64) {
        let began = Instant::now();
        let answer = self.redis.ask(command).await;
        (answer, began.elapsed().as_micros() as u64)
    }
}

/// What was sent is read back from the command itself, so that receipt and command cannot differ.
fn receipt(command: &Cmd, outcome: Outcome, reply: &str, took_us: u64) -> Receipt {
    let args = command.args_iter().map(|arg| match arg {
        redis::Arg::Simple(bytes) => bytes,
        _ => b"0", // a cursor: no command of a run has one
    });
    Receipt { outcome, sent: Some(quote::redis_cli(args)), reply: Reply::of(reply), took_us }
}
