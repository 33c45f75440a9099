//! Cache-aside: the pattern itself.
//!
//! The cache stands *aside*, not in front: it never talks to the database. The server asks the cache; where the cache
//! does not know the key, the server asks the database, and then writes the answer into the cache, with a time to live,
//! so that the next reader finds it there. When the server writes, it writes the database, and has to see to it that no
//! cache goes on telling the old value: how it does that is its write policy.
//!
//! What is called here does real work elsewhere (`hop.rs`, `redis_node.rs`, `postgres_node.rs`): it sends the command to
//! the real store, measures it and records it. A `?` leaves these functions for two reasons only: somebody pressed Stop,
//! or the request has taken longer than a request may.

use crate::connections::Failure;
use crate::hop::{Cache, Ended, Missed, Server};
use crate::postgres_node::{Edit, Found, Written};
use crate::redis_node::Lookup;
use aside_domain::{Key, WritePolicy};

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The value: 200.
    Value(String),
    /// It was written or deleted: 200 or 201. Not every cache could be told, if there is a failure.
    Done(Written, Option<Failure>),
    /// No store has the key: 404.
    NotFound,
    /// No cache had the key, and no database is linked that could be asked: 404.
    NoDatabase,
    /// Whoever would know did not answer: 503.
    Unavailable(Failure),
}

/// Reads a key.
pub(crate) async fn read(server: &Server<'_>, key: &Key) -> Result<Answer, Ended> {
    // 1. Ask the caches, in the order of their links. A hit is the answer, and there is nothing to fill: a cache that
    //    was asked in vain before it is filled from the database, not from another cache.
    let mut missed = Vec::new();
    let mut failed = Vec::new();
    let mut known = None;
    for cache in server.caches() {
        match cache.get(key).await? {
            // Early refresh: what expires soon is fetched anew by one reader, by chance, before it is missed by many.
            Ok(Lookup::Hit { value, left, lease }) if server.refreshes_early(left) => {
                known = Some(value);
                missed.push(cache.missed(lease));
                break;
            }
            Ok(Lookup::Hit { value, .. }) => return Ok(Answer::Value(value)),
            Ok(Lookup::NotThere) => return Ok(Answer::NotFound), // negative caching: the cache knows that there is no row
            Ok(Lookup::Miss(lease)) => missed.push(cache.missed(lease)),
            // A cache that does not answer costs speed, never the answer: go on as if it were not there.
            Err(failure) => failed.push((cache, failure)),
        }
    }

    // 2. and 3. Ask the database, and fill the caches. With single-flight, whoever else misses this key meanwhile waits
    //    for that instead of asking once more: a popular key that expires costs one query, and not one for each reader.
    // (On the heap, so that a hit, which is nearly all there is, carries no room for it along.)
    let fetch = Box::pin(fetch(server, key, missed, failed));
    let answer = if server.is_single_flight() { Box::pin(server.share(key, fetch)).await? } else { fetch.await? };
    Ok(match (answer, known) {
        (Answer::Unavailable(_), Some(value)) => Answer::Value(value), // it had not expired yet
        (answer, _) => answer,
    })
}

/// The second half of a read: the database is asked, and the caches that missed are filled.
async fn fetch(
    server: &Server<'_>,
    key: &Key,
    missed: Vec<Missed<'_>>,
    failed: Vec<(Cache<'_>, Failure)>,
) -> Result<Answer, Ended> {
    // 2. The database is the source of truth: what it does not have does not exist.
    let Some(database) = server.database() else {
        return Ok(match failed.into_iter().next_back() {
            None => Answer::NoDatabase,
            Some((_, failure)) => Answer::Unavailable(failure), // the key may well be in that cache
        });
    };
    let value = match database.select(key).await? {
        Ok(Found::Row(value)) => value,
        Ok(Found::NoRow) => {
            // With negative caching this is worth remembering too, for a short while: or everybody who asks for what
            // does not exist goes past the cache, every time.
            if let Some(ttl_s) = server.negative_ttl_s() {
                for cache in missed {
                    // That it could not be remembered changes nothing about the answer.
                    let _ = cache.fill_not_there(key, ttl_s).await?;
                }
            }
            return Ok(Answer::NotFound);
        }
        Err(failure) => return Ok(Answer::Unavailable(failure)),
    };

    // 3. Fill every cache that missed, for a limited time: nobody will tell it when the row changes behind the server's
    //    back. The value is at hand already, so a fill that fails does not fail the read. (With TTL jitter each fill
    //    stays for a slightly different time, so that what was filled together does not expire together. With leases a
    //    fill is stored only if the key was not invalidated since the miss.)
    for cache in missed {
        let _ = cache.fill(key, &value).await?;
    }
    // One that did not answer is not filled: it would cost the same wait once more.
    for (cache, failure) in failed {
        server.leave_unfilled(&cache, &failure);
    }
    Ok(Answer::Value(value))
}

/// Writes a key, or deletes it, as the server's policy wants it.
pub(crate) async fn write(server: &Server<'_>, key: &Key, edit: Edit<'_>) -> Result<Answer, Ended> {
    match server.policy() {
        WritePolicy::Invalidate => write_and_invalidate(server, key, edit).await,
        WritePolicy::Update => write_and_update(server, key, edit).await,
        WritePolicy::Forget => write_and_forget(server, key, edit).await,
        WritePolicy::InvalidateFirst => invalidate_and_write(server, key, edit).await,
    }
}

/// *Invalidate*: write the database, then delete the key from every cache. The next read misses, and fills in what the
/// database has.
///
/// What can go wrong: a reader that missed just before may still hold the old value, and fill it in after the deletion
/// (the stale fill); leases end that. And the deletion can get lost, if the cache cannot be reached: then it tells the old value until
/// the TTL ends it.
async fn write_and_invalidate(server: &Server<'_>, key: &Key, edit: Edit<'_>) -> Result<Answer, Ended> {
    let Some(database) = server.database() else { return Ok(Answer::NoDatabase) };
    let written = match database.write(key, edit).await? {
        Ok(written) => written,
        // Nothing was written, and the caches are right; unless the answer alone got lost, and nobody knows.
        Err(failure) => return Ok(Answer::Unavailable(failure)),
    };
    let failed = invalidate(server, key).await?;
    Ok(Answer::Done(written, failed))
}

/// *Update the cache*: write the database, then write every cache. The next read hits, at once.
///
/// What can go wrong: two writers can pass each other between the database and the cache, and leave the older of two
/// values there, with nobody to notice before the TTL ends. And caches fill up with what nobody reads.
async fn write_and_update(server: &Server<'_>, key: &Key, edit: Edit<'_>) -> Result<Answer, Ended> {
    let Some(database) = server.database() else { return Ok(Answer::NoDatabase) };
    let written = match database.write(key, edit).await? {
        Ok(written) => written,
        Err(failure) => return Ok(Answer::Unavailable(failure)),
    };
    let mut failed = None;
    for cache in server.caches() {
        let told = match edit {
            Edit::Put(value) => cache.set(key, value.as_str()).await?,
            Edit::Delete => cache.del(key).await?, // there is nothing to write
        };
        failed = told.err().or(failed);
    }
    Ok(Answer::Done(written, failed))
}

/// *Forget the cache*: write the database, and nothing else. The classic bug.
///
/// What goes wrong: every cache that has the key goes on telling the old value, until its TTL ends.
async fn write_and_forget(server: &Server<'_>, key: &Key, edit: Edit<'_>) -> Result<Answer, Ended> {
    let Some(database) = server.database() else { return Ok(Answer::NoDatabase) };
    Ok(match database.write(key, edit).await? {
        Ok(written) => Answer::Done(written, None),
        Err(failure) => Answer::Unavailable(failure),
    })
}

/// *Invalidate first*: delete the key from every cache, then write the database. The classic wrong order.
///
/// What goes wrong: a reader that comes between the two misses, reads the old row, and fills it in again: the cache tells
/// the old value from then on, although it was told to forget it.
async fn invalidate_and_write(server: &Server<'_>, key: &Key, edit: Edit<'_>) -> Result<Answer, Ended> {
    let Some(database) = server.database() else { return Ok(Answer::NoDatabase) };
    let failed = invalidate(server, key).await?;
    Ok(match database.write(key, edit).await? {
        Ok(written) => Answer::Done(written, failed),
        Err(failure) => Answer::Unavailable(failure),
    })
}

/// Deletes a key from every cache, so that a "not there" of negative caching is forgotten too. The row is written whether
/// or not every cache can be told; gives the last failure.
async fn invalidate(server: &Server<'_>, key: &Key) -> Result<Option<Failure>, Ended> {
    let mut failed = None;
    for cache in server.caches() {
        failed = cache.del(key).await?.err().or(failed);
    }
    Ok(failed)
}
