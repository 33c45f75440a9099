//! Single-flight: concurrent misses of one key share one query. The first one to miss flies; whoever misses the same key
//! at the same server meanwhile waits for its answer.

use aside_domain::{Key, NodeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// What is in the air in a sandbox.
pub(crate) struct Flights<T>(Mutex<InTheAir<T>>);

/// By server and key.
type InTheAir<T> = HashMap<(NodeId, Key), Arc<Flight<T>>>;

struct Flight<T> {
    /// The number of the request that flies.
    leader: AtomicU32,
    landed: OnceCell<T>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Flights<T> {
    /// Flies, or waits for whoever does; then the number of that request comes with the answer. A flight that is given up
    /// is taken over by one of those who wait.
    pub(crate) async fn join<E>(
        &self,
        server: &NodeId,
        key: &Key,
        request: u32,
        fly: impl Future<Output = Result<T, E>>,
    ) -> Result<(T, Option<u32>), E> {
        let place = (server.clone(), key.clone());
        let new = || Arc::new(Flight { leader: AtomicU32::new(request), landed: OnceCell::new() });
        let flight = Arc::clone(self.flights().entry(place.clone()).or_insert_with(new));
        let mut led = false;
        let answer = flight.landed.get_or_try_init(|| {
            led = true;
            flight.leader.store(request, Ordering::Relaxed);
            fly
        });
        let answer = answer.await.cloned();
        if led {
            let mut flights = self.flights();
            // One that was given up stays for those who wait for it: one of them takes over.
            let is_over = answer.is_ok() || Arc::strong_count(&flight) <= 2;
            if is_over && flights.get(&place).is_some_and(|other| Arc::ptr_eq(other, &flight)) {
                flights.remove(&place);
            }
        }
        Ok((answer?, (!led).then(|| flight.leader.load(Ordering::Relaxed))))
    }

    /// Lets nobody join a flight of that key any more: what it brings is out of date. Those who wait for it get it still.
    pub(crate) fn forget(&self, server: &NodeId, key: &Key) {
        self.flights().remove(&(server.clone(), key.clone()));
    }

    fn flights(&self) -> MutexGuard<'_, InTheAir<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    fn place() -> (NodeId, Key) {
        (NodeId::new("server").unwrap(), Key::new("k").unwrap())
    }

    #[tokio::test]
    async fn whoever_comes_after_a_write_does_not_join_what_was_asked_before_it() {
        let (flights, (server, key)) = (Flights::<u32>::default(), place());
        let (land, landed) = oneshot::channel::<u32>();
        let fly = async { Ok::<u32, ()>(landed.await.unwrap()) };
        let early = flights.join(&server, &key, 1, fly);
        let later = async {
            flights.forget(&server, &key);
            let own = flights.join(&server, &key, 2, async { Ok::<u32, ()>(2) }).await;
            land.send(1).unwrap();
            own
        };
        assert_eq!(tokio::join!(early, later), (Ok((1, None)), Ok((2, None))));
        assert!(flights.flights().is_empty());
    }

    #[tokio::test]
    async fn a_flight_that_is_given_up_is_taken_over_by_one_that_waits_and_nobody_flies_beside_it() {
        let (flights, (server, key)) = (Flights::<u32>::default(), place());
        let (give_up, given_up) = oneshot::channel::<()>();
        let first = flights.join(&server, &key, 1, async {
            given_up.await.unwrap();
            Err::<u32, ()>(())
        });
        let second = async {
            let join = flights.join(&server, &key, 2, async {
                tokio::task::yield_now().await;
                Ok::<u32, ()>(2)
            });
            give_up.send(()).unwrap();
            join.await
        };
        let third = flights.join(&server, &key, 3, async { Ok::<u32, ()>(3) });
        let (first, second, third) = tokio::join!(first, second, third);
        assert_eq!((first, second), (Err(()), Ok((2, None))));
        assert_eq!(third, Ok((2, Some(2))), "it waited for the one that took over");
        assert!(flights.flights().is_empty());
    }
}
