//! What a server works with while it answers a request: each call is a hop, recorded at its start and at its end.

use crate::connections::Connections;
use crate::ids::SandboxId;
use crate::postgres_node::{Found, PostgresNode};
use crate::quote;
use crate::recorder::{Departure, Recorder};
use crate::redis_node::{Lookup, RedisNode};
use aside_domain::plan::ServerPlan;
use aside_domain::{Key, NodeId, Outcome, Receipt};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Somebody pressed Stop: no further hop starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

/// What all hops of a run share.
pub(crate) struct Journey {
    pub(crate) run: u32,
    pub(crate) sandbox: SandboxId,
    pub(crate) stores: Connections,
    pub(crate) recorder: Arc<Recorder>,
    /// The stores whose data the run changed, or may have changed.
    written: Mutex<BTreeSet<NodeId>>,
}

impl Journey {
    pub(crate) fn new(run: u32, sandbox: SandboxId, stores: Connections, recorder: Arc<Recorder>) -> Self {
        Self { run, sandbox, stores, recorder, written: Mutex::default() }
    }

    pub(crate) fn written(&self) -> BTreeSet<NodeId> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn wrote(&self, node: &NodeId) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !written.contains(node) {
            written.insert(node.clone());
        }
    }
}

/// A server that answers a request.
pub(crate) struct Server<'a> {
    pub(crate) journey: &'a Journey,
    /// The request's number in the run.
    pub(crate) request: u32,
    pub(crate) plan: &'a ServerPlan,
}

impl<'a> Server<'a> {
    /// Its caches, in link order.
    pub(crate) fn caches(&self) -> impl Iterator<Item = Cache<'_>> {
        self.plan.caches.iter().map(|node| Cache { server: self, node })
    }

    /// Its database, if one is linked.
    pub(crate) fn database(&self) -> Option<Database<'_>> {
        let node = self.plan.database.as_ref()?;
        Some(Database { server: self, node })
    }

    /// For how long it fills its caches, in seconds.
    pub(crate) const fn ttl_s(&self) -> u32 {
        self.plan.ttl_s
    }

    /// One exchange with a store.
    async fn exchange<T>(
        &self,
        to: &'a NodeId,
        shown: String,
        call: impl Future<Output = (T, Receipt)>,
    ) -> Result<T, Stopped> {
        let Journey { run, recorder, .. } = self.journey;
        let departure = Departure { run: *run, request: self.request, from: &self.plan.server, to, shown };
        let hop = recorder.start_hop(departure).ok_or(Stopped)?;
        let (reply, receipt) = call.await;
        recorder.end_hop(*run, hop, receipt);
        Ok(reply)
    }
}

/// A cache, as its server sees it.
pub(crate) struct Cache<'a> {
    server: &'a Server<'a>,
    node: &'a NodeId,
}

impl Cache<'_> {
    pub(crate) async fn get(&self, key: &Key) -> Result<Lookup, Stopped> {
        let shown = quote::get(key.as_str());
        self.server.exchange(self.node, shown, self.store().get(key)).await
    }

    pub(crate) async fn set(&self, key: &Key, value: &str, ttl_s: u32) -> Result<(), Stopped> {
        let shown = quote::set(key.as_str(), value, ttl_s);
        let call = async {
            let receipt = self.store().set(key, value, ttl_s).await;
            (receipt.outcome, receipt)
        };
        // A value that was sent may arrive even if nobody waits for the answer any more.
        if let Outcome::Stored | Outcome::TimedOut = self.server.exchange(self.node, shown, call).await? {
            self.server.journey.wrote(self.node);
        }
        Ok(())
    }

    fn store(&self) -> RedisNode<'_> {
        let Journey { stores, sandbox, .. } = self.server.journey;
        RedisNode { redis: &stores.redis, sandbox, node: self.node }
    }
}

/// A database, as its server sees it.
pub(crate) struct Database<'a> {
    server: &'a Server<'a>,
    node: &'a NodeId,
}

impl Database<'_> {
    pub(crate) async fn select(&self, key: &Key) -> Result<Found, Stopped> {
        let shown = quote::select(key.as_str());
        let Journey { stores, sandbox, .. } = self.server.journey;
        let store = PostgresNode { stores, sandbox, node: self.node };
        self.server.exchange(self.node, shown, store.select(key)).await
    }
}
