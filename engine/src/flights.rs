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
            if flights.get(&place).is_some_and(|other| Arc::ptr_eq(other, &flight)) {
                flights.remove(&place);
            }
        }
        Ok((answer?, (!led).then(|| flight.leader.load(Ordering::Relaxed))))
    }

    fn flights(&self) -> MutexGuard<'_, InTheAir<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
