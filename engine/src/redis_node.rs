//! A Redis node in a run: GET, SET and DEL, with leases if its server takes them, and the exact command as evidence.

use crate::connections::{Failure, Redis};
use crate::evidence::Evidence;
use crate::ids::SandboxId;
use crate::quote;
use aside_domain::live::NOT_THERE;
use aside_domain::{Key, NodeId, Outcome, Receipt, limits};
use redis::Cmd;
use std::time::{Duration, Instant};

/// What a cache says to GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// It has the key.
    Hit {
        /// The value.
        value: String,
        /// How much of its time to live is left, if it was asked for, and there is one.
        left: Option<Duration>,
        /// A lease, if the server may fetch it anew before it expires.
        lease: Option<Lease>,
    },
    /// It has the key, and what it has is that there is no row: negative caching.
    NotThere,
    /// It has not; with the lease, if one was to be taken.
    Miss(Option<Lease>),
}

/// What a miss takes to fill the key later: a token that every invalidation of the key ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease(String);

/// Whether a cache took a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It did.
    Yes,
    /// The lease had ended.
    No,
}

/// How long a lease lives if nobody ends it, in seconds: longer than any request, one that is held included.
const LEASE_S: u32 = 2 * limits::HELD_S;

// Scripts, because each has to happen as one. All their keys have one hash tag, and so one slot in a cluster. Leases are read
// with GETEX and ended with UNLINK, so that the GETs, SETs and DELs that Redis counts are those of receipts. All of it is in
// Redis 6.2, and in Valkey. The token is random: after a Redis that lost its leases nobody gets an old one again.
/// Looks a key up. If it is missing, takes the lease, which all readers share until an invalidation ends it.
const GET_OR_LEASE: &str = "local v = redis.call('GET', KEYS[1]) local left = redis.call('PTTL', KEYS[1]) \
    if v and ARGV[3] == '0' then return {v, left, false} end \
    redis.call('SETNX', KEYS[2], ARGV[1]) \
    return {v, left, redis.call('GETEX', KEYS[2], 'EX', ARGV[2])}";
/// Stores a value if the lease is still that one.
const FILL: &str = "if redis.call('GETEX', KEYS[2]) ~= ARGV[3] then return 0 end \
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) return 1";
/// Stores a value and ends the lease.
const SET_AND_END: &str = "redis.call('UNLINK', KEYS[2]) return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])";
/// Deletes a key and ends its lease.
const DEL_AND_END: &str = "redis.call('UNLINK', KEYS[2]) return redis.call('DEL', KEYS[1])";

/// Where the keys of a node live. The braces are a hash tag: a Redis Cluster keeps a node's keys together.
pub(crate) fn prefix(sandbox: &SandboxId, node: &NodeId) -> String {
    format!("aside:{{{sandbox}:{node}}}:")
}

/// Where the leases of a node live: beside its keys, with the same hash tag, and not among them.
pub(crate) fn leases(sandbox: &SandboxId, node: &NodeId) -> String {
    format!("aside:{{{sandbox}:{node}}}lease:")
}

/// A Redis node of a sandbox.
#[derive(Clone, Copy)]
pub(crate) struct RedisNode<'a> {
    pub(crate) redis: &'a Redis,
    pub(crate) sandbox: &'a SandboxId,
    pub(crate) node: &'a NodeId,
    /// How long an answer is awaited.
    pub(crate) patience: Duration,
    /// Whether anybody is told; if not, receipts have empty texts.
    pub(crate) is_told: bool,
}

impl RedisNode<'_> {
    /// `GET key`, and with it how long the key has left, or a lease if it is missing.
    pub(crate) async fn get(self, key: &Key, with_lease: bool, with_ttl: bool) -> (Result<Lookup, Failure>, Receipt) {
        let (lookup, evidence) = if with_lease {
            let token = format!("{:016x}", rand::random::<u64>());
            let args = [&*token, &*LEASE_S.to_string(), if with_ttl { "1" } else { "0" }];
            let command = self.script(GET_OR_LEASE, key, &args);
            let (answer, evidence) = self.send::<(Option<Vec<u8>>, i64, Option<String>)>(&command).await;
            let lookup = answer.map(|(value, pttl, token)| match value {
                Some(value) => Lookup::hit(&value, pttl, token.map(Lease)),
                None => Lookup::Miss(token.map(Lease)),
            });
            (lookup, evidence)
        } else if with_ttl {
            let (mut both, key) = (redis::pipe(), self.full(key));
            both.cmd("GET").arg(&key).cmd("PTTL").arg(&key);
            let began = Instant::now();
            let answer = self.redis.ask_both::<(Option<Vec<u8>>, i64)>(&both, self.patience).await;
            let evidence = self.evidence(both.cmd_iter(), began);
            let lookup = answer.map(|(value, pttl)| match value {
                Some(value) => Lookup::hit(&value, pttl, None),
                None => Lookup::Miss(None),
            });
            (lookup, evidence)
        } else {
            let mut command = redis::cmd("GET");
            command.arg(self.full(key));
            let (answer, evidence) = self.send::<Option<Vec<u8>>>(&command).await;
            let lookup = answer.map(|value| value.map_or(Lookup::Miss(None), |value| Lookup::hit(&value, -1, None)));
            (lookup, evidence)
        };
        let receipt = evidence.receipt(&lookup, |lookup| match lookup {
            Lookup::Hit { value, .. } => (Outcome::Hit, value.as_str().into()),
            Lookup::NotThere => (Outcome::Hit, "(not there)".into()),
            Lookup::Miss(None) => (Outcome::Miss, "(nil)".into()),
            Lookup::Miss(Some(Lease(token))) => (Outcome::Miss, format!("(nil), lease {token}").into()),
        });
        (lookup, receipt)
    }

    /// `SET key value EX ttl`.
    pub(crate) async fn set(self, key: &Key, value: &str, ttl_s: u32) -> (Result<Stored, Failure>, Receipt) {
        let mut command = redis::cmd("SET");
        command.arg(self.full(key)).arg(value).arg("EX").arg(ttl_s);
        self.stored(&command).await
    }

    /// The same, and whoever holds a lease loses it.
    pub(crate) async fn set_and_end_leases(
        self,
        key: &Key,
        value: &str,
        ttl_s: u32,
    ) -> (Result<Stored, Failure>, Receipt) {
        self.stored(&self.script(SET_AND_END, key, &[value, &ttl_s.to_string()])).await
    }

    async fn stored(self, command: &Cmd) -> (Result<Stored, Failure>, Receipt) {
        let (answer, evidence) = self.send::<()>(command).await;
        let stored = answer.map(|()| Stored::Yes);
        let receipt = evidence.receipt(&stored, |_| (Outcome::Stored, "OK".into()));
        (stored, receipt)
    }

    /// The same, if the lease is still that one.
    pub(crate) async fn fill(
        self,
        key: &Key,
        value: &str,
        ttl_s: u32,
        Lease(token): &Lease,
    ) -> (Result<Stored, Failure>, Receipt) {
        let command = self.script(FILL, key, &[value, &ttl_s.to_string(), token]);
        let (answer, evidence) = self.send::<u64>(&command).await;
        let stored = answer.map(|stored| if stored == 1 { Stored::Yes } else { Stored::No });
        let receipt = evidence.receipt(&stored, |stored| match stored {
            Stored::Yes => (Outcome::Stored, "OK".into()),
            Stored::No => (Outcome::NotStored, "The lease had ended: the key was invalidated meanwhile.".into()),
        });
        (stored, receipt)
    }

    /// `DEL key`, and with it the leases, if there are any.
    pub(crate) async fn del(self, key: &Key, with_leases: bool) -> (Result<(), Failure>, Receipt) {
        let mut command = redis::cmd("DEL");
        command.arg(self.full(key));
        if with_leases {
            command = self.script(DEL_AND_END, key, &[]);
        }
        let (answer, evidence) = self.send::<u64>(&command).await;
        let receipt = evidence.receipt(&answer, |&deleted| {
            let outcome = if deleted == 0 { Outcome::NotFound } else { Outcome::Deleted };
            (outcome, format!("(integer) {deleted}").into())
        });
        (answer.map(drop), receipt)
    }

    fn full(self, key: &Key) -> String {
        prefix(self.sandbox, self.node) + key.as_str()
    }

    fn lease(self, key: &Key) -> String {
        leases(self.sandbox, self.node) + key.as_str()
    }

    /// A script that works on a key and its lease.
    fn script(self, script: &str, key: &Key, args: &[&str]) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(2).arg(self.full(key)).arg(self.lease(key));
        for arg in args {
            command.arg(*arg);
        }
        command
    }

    async fn send<T: redis::FromRedisValue>(self, command: &Cmd) -> (Result<T, Failure>, Evidence) {
        let began = Instant::now();
        let answer = self.redis.ask(command, self.patience).await;
        (answer, self.evidence(std::iter::once(command), began))
    }

    /// What was sent since then, read back from the commands themselves, so that receipt and command cannot differ.
    fn evidence<'a>(self, commands: impl Iterator<Item = &'a Cmd>, began: Instant) -> Evidence {
        let took_us = began.elapsed().as_micros() as u64;
        let quoted = commands.filter(|_| self.is_told).map(|command| {
            quote::redis_cli(command.args_iter().map(|arg| match arg {
                redis::Arg::Simple(bytes) => bytes,
                _ => b"0", // a cursor: no command of a run has one
            }))
        });
        let sent = quoted.collect::<Vec<_>>().join("\n");
        Evidence { sent: Some(sent), took_us, is_told: self.is_told }
    }
}

impl Lookup {
    /// A value, and how long it has left, in milliseconds; less than 0 if that is not known.
    fn hit(value: &[u8], pttl: i64, lease: Option<Lease>) -> Self {
        if value == NOT_THERE.as_bytes() {
            return Self::NotThere;
        }
        let left = u64::try_from(pttl).ok().map(Duration::from_millis);
        Self::Hit { value: String::from_utf8_lossy(value).into_owned(), left, lease }
    }
}
