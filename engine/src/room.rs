//! Room in databases: how many rows of their own requests from outside may still bring.
//!
//! Counting rows is a query, so it is not done for each request. They are counted once, and again when they seem to be too many;
//! in between, each row that is brought is added. A row is counted before it is there, so that many requests at once do not all
//! take the same last place.

use crate::error::EngineError;
use aside_domain::{NodeId, limits};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The rows of a sandbox's databases, as far as is known here.
#[derive(Default)]
pub(crate) struct Room {
    known: Mutex<HashMap<NodeId, Rows>>,
    /// Held by whoever counts.
    counting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Rows {
    /// How many there are at least; none if nobody has counted yet.
    counted: Option<u64>,
    /// How many may come of requests that are under way.
    coming: u64,
}

/// A place for one more row, given back when it is dropped.
pub(crate) struct Place<'a> {
    room: &'a Room,
    database: NodeId,
    is_taken: bool,
}

impl Room {
    fn known(&self) -> MutexGuard<'_, HashMap<NodeId, Rows>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place in that database, if it has one; `count` tells how many rows it has now.
    pub(crate) async fn place(&self, database: &NodeId, count: impl Future<Output = u64>) -> Option<Place<'_>> {
        if let Some(place) = self.try_place(database) {
            return Some(place);
        }
        let _counting = self.counting.lock().await;
        if let Some(place) = self.try_place(database) {
            return Some(place); // somebody else has counted meanwhile
        }
        // Of those that are coming some may be counted twice now: that is on the safe side, and over when they have come.
        let counted = count.await;
        self.known().entry(database.clone()).or_default().counted = Some(counted);
        self.try_place(database)
    }

    fn try_place(&self, database: &NodeId) -> Option<Place<'_>> {
        let mut known = self.known();
        let rows = known.get_mut(database)?;
        if rows.counted? + rows.coming >= limits::ROWS_PER_DATABASE {
            return None;
        }
        rows.coming += 1;
        Some(Place { room: self, database: database.clone(), is_taken: false })
    }
}

impl Place<'_> {
    /// The row has come.
    pub(crate) fn take(mut self) {
        self.is_taken = true;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(rows) = self.room.known().get_mut(&self.database) {
            rows.coming -= 1;
            rows.counted = rows.counted.map(|counted| counted + u64::from(self.is_taken));
        }
    }
}

/// Checks that so many new rows do not bring a database with that many beyond what it may hold.
pub(crate) fn check(rows: u64, new: u64) -> Result<(), EngineError> {
    if rows + new > limits::ROWS_PER_DATABASE { Err(EngineError::NoRoom) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[tokio::test]
    async fn many_at_once_get_no_more_places_than_there_are() {
        let (room, database) = (Room::default(), NodeId::new("postgres").unwrap());
        let rows = AtomicU64::new(limits::ROWS_PER_DATABASE - 3);
        let count = async || {
            tokio::task::yield_now().await;
            rows.load(Ordering::Relaxed)
        };
        let places = futures::future::join_all((0..8).map(|_| room.place(&database, count()))).await;
        let mut places: Vec<Place<'_>> = places.into_iter().flatten().collect();
        assert_eq!(places.len(), 3);
        places.pop().unwrap().take(); // a row that came
        rows.fetch_add(1, Ordering::Relaxed);
        drop(places); // two that did not
        let again = futures::future::join_all((0..8).map(|_| room.place(&database, count()))).await;
        assert_eq!(again.iter().flatten().count(), 2);
    }

    #[tokio::test]
    async fn rows_that_were_deleted_elsewhere_give_room_again() {
        let (room, database) = (Room::default(), NodeId::new("postgres").unwrap());
        let rows = AtomicU64::new(limits::ROWS_PER_DATABASE);
        let count = async || rows.load(Ordering::Relaxed);
        assert!(room.place(&database, count()).await.is_none());
        rows.fetch_sub(1, Ordering::Relaxed);
        room.place(&database, count()).await.unwrap().take();
        rows.fetch_add(1, Ordering::Relaxed);
        assert!(room.place(&database, count()).await.is_none());
    }
}
