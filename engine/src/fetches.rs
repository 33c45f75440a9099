//! How long servers usually take to fetch what they fill into a cache, so that early refresh knows how early.

use aside_domain::NodeId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How much the latest fetch counts.
const LATEST: f64 = 0.2;

/// The usual time of a fetch, for each server of a sandbox: a moving average.
#[derive(Default)]
pub(crate) struct Fetches(Mutex<HashMap<NodeId, Duration>>);

impl Fetches {
    /// A fetch took that long.
    pub(crate) fn took(&self, server: &NodeId, took: Duration) {
        let mut usual = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match usual.get_mut(server) {
            Some(usual) => *usual = usual.mul_f64(1.0 - LATEST) + took.mul_f64(LATEST),
            None => drop(usual.insert(server.clone(), took)),
        }
    }

    /// How long it usually takes; zero before the first.
    pub(crate) fn usual(&self, server: &NodeId) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(server).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_follows_what_happens_and_is_each_servers_own() {
        let (fetches, one, other) = (Fetches::default(), NodeId::new("one").unwrap(), NodeId::new("other").unwrap());
        assert_eq!(fetches.usual(&one), Duration::ZERO);
        fetches.took(&one, Duration::from_millis(100));
        assert_eq!(fetches.usual(&one), Duration::from_millis(100));
        for _ in 0..50 {
            fetches.took(&one, Duration::from_millis(10));
        }
        assert_eq!(fetches.usual(&one).as_millis(), 10);
        assert_eq!(fetches.usual(&other), Duration::ZERO);
    }
}
