//! A server's settings: how it reads, how it writes, and what it does when its cache fails.

use super::is_default;
use crate::limits;
use crate::text::{checked_text, no_character, not_empty, within};
use serde::{Deserialize, Serialize};

/// What a server does about its caches when it writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WritePolicy {
    /// Write the database, then delete the key from every cache.
    #[default]
    Invalidate,
    /// Write the database, then write every cache.
    Update,
    /// Write the database, and tell no cache.
    Forget,
    /// Delete the key from every cache, then write the database.
    InvalidateFirst,
}

impl WritePolicy {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Invalidate, Self::Update, Self::Forget, Self::InvalidateFirst];

    /// The word in code and markup.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invalidate => "invalidate",
            Self::Update => "update",
            Self::Forget => "forget",
            Self::InvalidateFirst => "invalidate-first",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Invalidate => "invalidate",
            Self::Update => "update the cache",
            Self::Forget => "forget the cache",
            Self::InvalidateFirst => "invalidate first",
        }
    }
}

/// A circuit breaker: after some failures in a row it stops asking for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// How many failures in a row open it; at least one.
    pub failures: u32,
    /// How long it stays open, in seconds; at least one.
    pub open_s: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: 3, open_s: 10 }
    }
}

/// A server's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Time to live of what it fills into its caches, in seconds; at least one.
    pub ttl_s: u32,
    /// What it does about its caches when it writes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub policy: WritePolicy,
    /// How long it waits for Redis, in milliseconds; without a limit it waits for as long as the request may take.
    #[serde(default = "usual_timeout", skip_serializing_if = "is_usual_timeout")]
    pub redis_timeout_ms: Option<u32>,
    /// Negative caching: for how long it remembers that a key is not there, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative_ttl_s: Option<u32>,
    /// TTL jitter: by how many percent, up or down, the time to live of a fill may differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_percent: Option<u32>,
    /// Single-flight: whether concurrent misses of one key share one query.
    #[serde(default, skip_serializing_if = "is_default")]
    pub single_flight: bool,
    /// Its circuit breaker, which guards each of its caches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Breaker>,
    /// Leases: a miss takes a token, and a fill is stored only if no invalidation came between. Nishtala et al., Scaling
    /// Memcache at Facebook, NSDI 2013. <https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala>
    #[serde(default, skip_serializing_if = "is_default")]
    pub lease: bool,
    /// Early refresh: a hit may refresh its key before it expires, the more probably the less time is left. Vattani et al.,
    /// Optimal Probabilistic Cache Stampede Prevention, VLDB 2015. <https://doi.org/10.14778/2757807.2757813>
    #[serde(default, skip_serializing_if = "is_default")]
    pub early_refresh: bool,
    /// Whether it answers no requests from outside.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_private: bool,
    /// What its live service calls its keys: the last part of the address before the key.
    #[serde(default, skip_serializing_if = "is_default")]
    pub resource: Resource,
}

checked_text!(
    /// The name of a resource in a live service's address: lower-case letters, digits and hyphens.
    Resource,
    |text| {
        not_empty("resource", text)?;
        within("resource", text.len(), limits::RESOURCE_CHARS, "characters")?;
        no_character("resource", text, |c| !matches!(c, 'a'..='z' | '0'..='9' | '-'))
    }
);

impl Default for Resource {
    fn default() -> Self {
        Self::new("users").unwrap_or_else(|problem| unreachable!("{problem}"))
    }
}

impl Server {
    /// How long a new server waits for Redis, in milliseconds.
    pub const USUAL_TIMEOUT_MS: u32 = 100;
    /// How long a server remembers that a key is not there once negative caching is switched on, in seconds.
    pub const USUAL_NEGATIVE_TTL_S: u32 = 30;
    /// The jitter once it is switched on, in percent.
    pub const USUAL_JITTER_PERCENT: u32 = 10;
}

impl Default for Server {
    fn default() -> Self {
        Self {
            ttl_s: 3_600,
            policy: WritePolicy::default(),
            redis_timeout_ms: usual_timeout(),
            negative_ttl_s: None,
            jitter_percent: None,
            single_flight: false,
            breaker: None,
            lease: false,
            early_refresh: false,
            is_private: false,
            resource: Resource::default(),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "serde asks for the field's type")]
const fn usual_timeout() -> Option<u32> {
    Some(Server::USUAL_TIMEOUT_MS)
}

fn is_usual_timeout(timeout_ms: &Option<u32>) -> bool {
    *timeout_ms == usual_timeout()
}
