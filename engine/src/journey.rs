//! What the requests of a run share, and what a packet of theirs meets on its way.

use crate::observer::{Behind, Told, Verdict};
use crate::sandbox::{Sandbox, Shared};
use aside_domain::{Fact, Key, Leg, NodeId, Outcome, Released};
use std::collections::BTreeSet;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// What requests share: all of a run, or all of a flow that are counted and not told.
pub(crate) struct Journey {
    /// The run whose events tell of them; none if they are only counted.
    pub(crate) run: Option<u32>,
    pub(crate) sandbox: Sandbox,
    /// Becomes true when somebody presses Stop.
    stopping: watch::Receiver<bool>,
    /// The stores whose data they changed, or may have changed.
    written: Mutex<BTreeSet<NodeId>>,
    /// What the observer still looks at.
    observations: Mutex<JoinSet<()>>,
}

impl Journey {
    pub(crate) fn new(run: Option<u32>, sandbox: Sandbox, stopping: watch::Receiver<bool>) -> Self {
        Self { run, sandbox, stopping, written: Mutex::default(), observations: Mutex::default() }
    }

    /// Whether somebody has pressed Stop.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until somebody presses Stop.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + use<> {
        let mut stopping = self.stopping.clone();
        async move {
            if stopping.wait_for(|stopping| *stopping).await.is_err() {
                pending().await // it came to its end by itself
            }
        }
    }

    /// The stores that were changed since this was asked last.
    pub(crate) fn take_written(&self) -> BTreeSet<NodeId> {
        std::mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until the observer has looked at every hit.
    pub(crate) async fn observed(&self) {
        let mut observations = std::mem::take(&mut *self.observations.lock().unwrap_or_else(PoisonError::into_inner));
        while let Some(observation) = observations.join_next().await {
            if let Err(error) = observation {
                tracing::error!(%error, "the observer broke");
            }
        }
    }

    pub(crate) fn wrote(&self, node: &NodeId) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !written.contains(node) {
            written.insert(node.clone());
        }
    }

    /// Has the observer compare a hit with its row, beside the request. What is only counted is not observed.
    pub(crate) fn observe(&self, hop: u32, (cache, database): (&NodeId, Behind), key: &Key, told: Told) {
        let Some(run) = self.run else { return };
        let (sandbox, key) = (self.sandbox.clone(), key.clone());
        let cache = cache.clone();
        let look = async move {
            let Shared { id, stores, observer, recorder, .. } = &*sandbox.0;
            let verdict = observer.compare(stores, id, (&cache, &database), key.as_str(), told).await;
            if let Some(Verdict::Stale(since)) = verdict {
                let stale_us = since.map(|since| since.as_micros() as u64);
                recorder.record(Fact::StaleRead { run, hop, stale_us });
            }
        };
        self.observations.lock().unwrap_or_else(PoisonError::into_inner).spawn(look);
    }
}

/// What is no part of a measured time, in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    /// What was injected into hops.
    pub(crate) injected_us: AtomicU64,
    /// For how long packets were held.
    pub(crate) held_us: AtomicU64,
    /// Whether one is held now.
    is_held: AtomicBool,
}

impl Apart {
    pub(crate) fn now(&self) -> (u64, u64) {
        (self.injected_us.load(Ordering::Relaxed), self.held_us.load(Ordering::Relaxed))
    }

    pub(crate) fn add(&self, injected_us: u64, held_us: u64) {
        self.injected_us.fetch_add(injected_us, Ordering::Relaxed);
        self.held_us.fetch_add(held_us, Ordering::Relaxed);
    }

    /// Whether a packet is held now.
    pub(crate) fn is_held(&self) -> bool {
        self.is_held.load(Ordering::Relaxed)
    }
}

/// A packet on a link: of a hop, the message or the reply.
pub(crate) struct Packet<'a> {
    pub(crate) journey: &'a Journey,
    /// The link's two ends.
    pub(crate) link: (&'a NodeId, &'a NodeId),
    pub(crate) hop: u32,
    /// What was sent, as it is shown.
    pub(crate) shown: &'a str,
    pub(crate) key: &'a Key,
}

impl Packet<'_> {
    /// Waits for as long as its link holds it, and tells for how many microseconds that was: until somebody lets it go, or
    /// presses Stop, or for [`limits::HELD_S`](aside_domain::limits::HELD_S). The link is looked up anew: it may hold replies
    /// only since the message went.
    ///
    /// Whatever is only counted is never held: a request that a link may hold is always told.
    pub(crate) async fn hold(&self, apart: &Apart, leg: Leg, outcome: Option<Outcome>) -> u64 {
        let Journey { run: Some(run), sandbox, .. } = self.journey else { return 0 };
        let (run, hop, shared) = (*run, self.hop, &sandbox.0);
        if !shared.road(self.link.0, self.link.1).holds(leg, self.shown, self.key) || self.journey.is_stopping() {
            return 0;
        }
        let began = Instant::now();
        apart.is_held.store(true, Ordering::Relaxed);
        let mut hanging = shared.holds.hang((run, hop));
        shared.recorder.record(Fact::PacketHeld { run, hop, leg, outcome });
        let why = tokio::select! {
            why = hanging.released() => why,
            () = self.journey.stopping() => Released::Stopped,
            () = sleep(shared.stores.longest_hold) => Released::InTime,
        };
        shared.recorder.record(Fact::PacketReleased { run, hop, why });
        let held_us = began.elapsed().as_micros() as u64;
        apart.add(0, held_us);
        apart.is_held.store(false, Ordering::Relaxed);
        held_us
    }
}
