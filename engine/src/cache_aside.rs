//! Cache-aside: the pattern itself.
//!
//! The cache stands *aside*, not in front: it never talks to the database. The server asks the cache; where the cache
//! does not know the key, the server asks the database, and then writes the answer into the cache, with a time to live,
//! so that the next reader finds it there.
//!
//! What is called here does real work elsewhere (`hop.rs`, `redis_node.rs`, `postgres_node.rs`): it sends the command to
//! the real store, measures it and records it. A `?` leaves this function for one reason only: somebody pressed Stop.

use crate::connections::Failure;
use crate::hop::{Server, Stopped};
use crate::postgres_node::Found;
use crate::redis_node::Lookup;
use aside_domain::Key;

/// What a read came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The value: 200.
    Value(String),
    /// No store has the key: 404.
    NotFound,
    /// No cache had the key, and no database is linked that could be asked: 404.
    NoDatabase,
    /// Whoever would know did not answer: 503.
    Unavailable(Failure),
}

/// Reads a key.
pub(crate) async fn read(server: &Server<'_>, key: &Key) -> Result<Answer, Stopped> {
    // 1. Ask the caches, in the order of their links. A hit is the answer, and there is nothing to fill: a cache that
    //    was asked in vain before it is filled from the database, not from another cache.
    let mut missed = Vec::new();
    let mut failed = None;
    for cache in server.caches() {
        match cache.get(key).await? {
            Lookup::Hit(value) => return Ok(Answer::Value(value)),
            Lookup::Miss => missed.push(cache),
            // A cache that does not answer costs speed, never the answer: go on as if it were not there.
            Lookup::Failed(failure) => failed = Some(failure),
        }
    }

    // 2. Ask the database. It is the source of truth: what it does not have does not exist.
    let Some(database) = server.database() else {
        return Ok(match failed {
            None => Answer::NoDatabase,
            Some(failure) => Answer::Unavailable(failure), // the key may well be in that cache
        });
    };
    let value = match database.select(key).await? {
        Found::Row(value) => value,
        Found::NoRow => return Ok(Answer::NotFound),
        Found::Failed(failure) => return Ok(Answer::Unavailable(failure)),
    };

    // 3. Fill every cache that missed, for a limited time: nobody will tell it when the row changes. The value is at
    //    hand already, so a fill that fails does not fail the read.
    for cache in missed {
        cache.set(key, &value, server.ttl_s()).await?;
    }
    Ok(Answer::Value(value))
}
