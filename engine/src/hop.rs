//! What a server works with while it answers a request: each call is a hop, recorded at its start and at its end.

use crate::breakers;
use crate::cache_aside::Answer;
use crate::conditions::receipt_of;
use crate::connections::Failure;
use crate::observer::{Told, Verdict};
use crate::postgres_node::{Edit, Found, PostgresNode, Written};
use crate::quote;
use crate::recorder::Departure;
use crate::redis_node::{Lookup, RedisNode};
use crate::sandbox::Sandbox;
use aside_domain::live::NOT_THERE;
use aside_domain::plan::ServerPlan;
use aside_domain::{Fact, Key, Leg, LinkId, NodeId, Note, Outcome, Receipt, Released, WritePolicy, limits};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Why a cache behind an open breaker did not answer.
const NOT_ASKED: &str = "The circuit breaker is open: the cache is not asked.";
/// By how much a flight may end later than its request: the way back along a slow link.
const LANDING: Duration = Duration::from_millis(limits::DELAY_MS as u64);

/// Why a request ends before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Somebody pressed Stop: no further hop starts.
    Stopped,
    /// It has taken as long as a request may take.
    Late,
}

/// What all hops of a run share.
pub(crate) struct Journey {
    pub(crate) run: u32,
    pub(crate) sandbox: Sandbox,
    /// The stores whose data the run changed, or may have changed.
    written: Mutex<BTreeSet<NodeId>>,
    /// What the observer still looks at.
    observations: Mutex<JoinSet<()>>,
}

impl Journey {
    pub(crate) fn new(run: u32, sandbox: Sandbox) -> Self {
        Self { run, sandbox, written: Mutex::default(), observations: Mutex::default() }
    }

    pub(crate) fn written(&self) -> BTreeSet<NodeId> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

    fn wrote(&self, node: &NodeId) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !written.contains(node) {
            written.insert(node.clone());
        }
    }

    /// Has the observer compare a hit with its row, beside the request.
    fn observe(&self, hop: u32, (cache, database): (&NodeId, &NodeId), key: &Key, told: Told) {
        let (run, sandbox, key) = (self.run, self.sandbox.clone(), key.clone());
        let (cache, database) = (cache.clone(), database.clone());
        let look = async move {
            let crate::sandbox::Shared { id, stores, observer, recorder, .. } = &*sandbox.0;
            let verdict = observer.compare(&stores.postgres, id, (&cache, &database), key.as_str(), told).await;
            if let Some(Verdict::Stale(since)) = verdict {
                let stale_us = since.map(|since| since.as_micros() as u64);
                recorder.record(Fact::StaleRead { run, hop, stale_us });
            }
        };
        self.observations.lock().unwrap_or_else(PoisonError::into_inner).spawn(look);
    }
}

/// A server that answers a request.
pub(crate) struct Server<'a> {
    pub(crate) journey: &'a Journey,
    /// The request's number in the run.
    pub(crate) request: u32,
    pub(crate) plan: &'a ServerPlan,
    /// When the request ends, whatever it waits for.
    pub(crate) deadline: Instant,
    /// What of its time so far is not to be measured.
    pub(crate) apart: Apart,
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
    fn now(&self) -> (u64, u64) {
        (self.injected_us.load(Ordering::Relaxed), self.held_us.load(Ordering::Relaxed))
    }

    fn add(&self, injected_us: u64, held_us: u64) {
        self.injected_us.fetch_add(injected_us, Ordering::Relaxed);
        self.held_us.fetch_add(held_us, Ordering::Relaxed);
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
    /// presses Stop, or for [`limits::HELD_S`]. The link is looked up anew: it may hold replies only since the message went.
    pub(crate) async fn hold(&self, leg: Leg, outcome: Option<Outcome>) -> u64 {
        let Journey { run, sandbox, .. } = self.journey;
        let (run, hop, shared) = (*run, self.hop, &sandbox.0);
        if !shared.road(self.link.0, self.link.1).holds(leg, self.shown, self.key) || shared.recorder.is_stopping(run) {
            return 0;
        }
        let began = Instant::now();
        let mut hanging = shared.holds.hang((run, hop));
        shared.recorder.record(Fact::PacketHeld { run, hop, leg, outcome });
        let why = tokio::select! {
            why = hanging.released() => why,
            () = shared.recorder.stopping(run) => Released::Stopped,
            () = sleep(shared.longest_hold) => Released::InTime,
        };
        shared.recorder.record(Fact::PacketReleased { run, hop, why });
        began.elapsed().as_micros() as u64
    }
}

/// A hop that ended.
struct Exchange<T> {
    hop: u32,
    reply: Result<T, Failure>,
    receipt: Receipt,
    /// When the store was asked and had answered, without the delays around it.
    call: (Instant, Instant),
}

impl<'a> Server<'a> {
    /// Its caches, in link order.
    pub(crate) fn caches(&'a self) -> impl Iterator<Item = Cache<'a>> {
        self.plan.caches.iter().map(|node| Cache { server: self, node })
    }

    /// Its database, if one is linked.
    pub(crate) fn database(&'a self) -> Option<Database<'a>> {
        let node = self.plan.database.as_ref()?;
        Some(Database { server: self, node })
    }

    /// What it does about its caches when it writes.
    pub(crate) const fn policy(&self) -> WritePolicy {
        self.plan.settings.policy
    }

    /// For how long it remembers that a key is not there, if it does, in seconds.
    pub(crate) const fn negative_ttl_s(&self) -> Option<u32> {
        self.plan.settings.negative_ttl_s
    }

    /// Whether concurrent misses of one key share one query.
    pub(crate) const fn is_single_flight(&self) -> bool {
        self.plan.settings.single_flight
    }

    /// Fetches a key, or waits for another request that does.
    pub(crate) async fn share(
        &self,
        key: &Key,
        fetch: impl Future<Output = Result<Answer, Ended>>,
    ) -> Result<Answer, Ended> {
        let shared = &self.journey.sandbox.0;
        let (began, before) = (Instant::now(), self.apart.now());
        let fetch = async {
            let answer = fetch.await?;
            let (injected_us, held_us) = self.apart.now();
            Ok((answer, (injected_us - before.0, held_us - before.1)))
        };
        let flight = shared.flights.join(&self.plan.server, key, self.request, fetch);
        tokio::pin!(flight);
        // Who flies ends by himself in time; who waits must not wait longer than he may, only because another began later.
        let ((answer, (injected_us, held_us)), leader) = loop {
            match timeout(self.left() + LANDING, &mut flight).await {
                Ok(landed) => break landed?,
                Err(_) if self.apart.is_held.load(Ordering::Relaxed) || !self.is_late() => {}
                Err(_) => return Err(Ended::Late),
            }
        };
        if let Some(leader) = leader {
            let waited_us = began.elapsed().as_micros() as u64;
            // What was injected into that flight, or held, is no measured time for those who waited either.
            let held_us = held_us.min(waited_us);
            self.apart.add(injected_us.min(waited_us - held_us), held_us);
            self.note(Note::Waited { leader, waited_us });
        }
        Ok(answer)
    }

    /// A cache that did not answer is not filled: that is told, for nobody sees it otherwise. (That one was not asked at all
    /// is told already.)
    pub(crate) fn leave_unfilled(&self, cache: &Cache<'_>, failure: &Failure) {
        if failure.reason != NOT_ASKED {
            self.note(Note::NotFilled { cache: cache.node.clone() });
        }
    }

    fn note(&self, note: Note) {
        let (run, request) = (self.journey.run, self.request);
        self.journey.sandbox.0.recorder.record(Fact::Noted { run, request, note });
    }

    /// What is left of its time; while one of its packets is held, none of it passes.
    fn left(&self) -> Duration {
        let held = Duration::from_micros(self.apart.now().1);
        (self.deadline + held).saturating_duration_since(Instant::now())
    }

    /// Whether it has taken as long as a request may take: then no further hop starts.
    pub(crate) fn is_late(&self) -> bool {
        self.left().is_zero()
    }

    /// Waits for as long as a packet of this request is held.
    async fn hold(&self, packet: &Packet<'_>, leg: Leg, outcome: Option<Outcome>) -> u64 {
        self.apart.is_held.store(true, Ordering::Relaxed);
        let held_us = packet.hold(leg, outcome).await;
        self.apart.add(0, held_us);
        self.apart.is_held.store(false, Ordering::Relaxed);
        held_us
    }

    /// One exchange with a store, along the link as it is now.
    async fn exchange<T, F>(
        &self,
        (to, whom): (&NodeId, &str),
        (shown, key): (String, &Key),
        patience: Duration,
        call: impl FnOnce(Duration) -> F,
    ) -> Result<Exchange<T>, Ended>
    where
        F: Future<Output = (Result<T, Failure>, Receipt)>,
    {
        if self.is_late() {
            return Err(Ended::Late);
        }
        let (run, shared) = (self.journey.run, &self.journey.sandbox.0);
        let (from, request) = (&self.plan.server, self.request);
        let departure = Departure { run, request, from, to, shown: shown.clone() };
        let hop = shared.recorder.start_hop(departure).ok_or(Ended::Stopped)?;
        let packet = Packet { journey: self.journey, link: (from, to), hop, shown: &shown, key };
        let there_us = self.hold(&packet, Leg::Message, None).await;
        let road = shared.road(from, to);
        let trip = road.travel(whom, patience.min(self.left()), shared.recorder.stopping(run), call).await;
        let (reply, receipt) = match trip.reply {
            Ok((reply, receipt)) => (reply, Receipt { injected_us: trip.injected.as_micros() as u64, ..receipt }),
            Err(failure) => {
                let receipt = receipt_of(&failure, trip.took, trip.injected);
                (Err(failure), receipt)
            }
        };
        let back_us = self.hold(&packet, Leg::Reply, Some(receipt.outcome)).await;
        self.apart.add(receipt.injected_us, 0);
        let receipt = Receipt { held_us: there_us + back_us, ..receipt };
        shared.recorder.end_hop(run, hop, receipt.clone());
        // No answer of a store's, and none that the request could be answered with.
        if reply.as_ref().is_err_and(|failure| *failure == Failure::stopped()) {
            return Err(Ended::Stopped);
        }
        Ok(Exchange { hop, reply, receipt, call: trip.call })
    }
}

/// A cache, as its server sees it.
pub(crate) struct Cache<'a> {
    server: &'a Server<'a>,
    node: &'a NodeId,
}

impl Cache<'_> {
    /// What it has under a key.
    pub(crate) async fn get(&self, key: &Key) -> Result<Result<Lookup, Failure>, Ended> {
        let shown = quote::get(key.as_str());
        let asked = match self.ask((shown, key), |patience| self.store(patience).get(key)).await? {
            Ok(asked) => asked,
            Err(failure) => return Ok(Err(failure)),
        };
        let told = match &asked.reply {
            Ok(Lookup::Hit(value)) => Some(Some(value.clone())),
            Ok(Lookup::NotThere) => Some(None),
            Ok(Lookup::Miss) | Err(_) => None,
        };
        if let (Some(value), Some(database)) = (told, &self.server.plan.database) {
            let (asked_at, answered) = asked.call;
            let told = Told { value, asked: asked_at, answered };
            self.server.journey.observe(asked.hop, (self.node, database), key, told);
        }
        Ok(asked.reply)
    }

    /// Fills it, for the server's time to live, with jitter if the server wants it.
    pub(crate) async fn set(&self, key: &Key, value: &str) -> Result<Result<(), Failure>, Ended> {
        let settings = &self.server.plan.settings;
        let jitter_s = settings.jitter_percent.map(|percent| jitter_s(settings.ttl_s, percent, rand::random()));
        let ttl_s = settings.ttl_s.saturating_add_signed(jitter_s.unwrap_or(0)).max(1);
        self.fill(key, value, ttl_s, jitter_s).await
    }

    /// Has it remember that the key is not there.
    pub(crate) async fn set_not_there(&self, key: &Key, ttl_s: u32) -> Result<Result<(), Failure>, Ended> {
        self.fill(key, NOT_THERE, ttl_s, None).await
    }

    async fn fill(
        &self,
        key: &Key,
        value: &str,
        ttl_s: u32,
        jitter_s: Option<i32>,
    ) -> Result<Result<(), Failure>, Ended> {
        let shown = quote::set(key.as_str(), if value == NOT_THERE { "(not there)" } else { value }, ttl_s);
        let asked = self.ask((shown, key), |patience| self.store(patience).set(key, value, ttl_s)).await?;
        let filled = self.changed(asked);
        if filled.is_ok() {
            self.server.journey.sandbox.0.observer.filled(self.node, key.as_str(), jitter_s);
        }
        Ok(filled)
    }

    /// Deletes a key of it.
    pub(crate) async fn del(&self, key: &Key) -> Result<Result<(), Failure>, Ended> {
        let shown = quote::del(key.as_str());
        let asked = self.ask((shown, key), |patience| self.store(patience).del(key)).await?;
        Ok(self.changed(asked))
    }

    /// Remembers that its data changed, or may have.
    fn changed<T>(&self, asked: Result<Exchange<T>, Failure>) -> Result<T, Failure> {
        let Exchange { reply, receipt, .. } = asked?;
        if reply.is_ok() || may_have_arrived(&receipt) {
            self.server.journey.wrote(self.node);
        }
        reply
    }

    /// Asks it, if the circuit breaker lets the call through.
    async fn ask<T, F>(
        &self,
        (shown, key): (String, &Key),
        call: impl FnOnce(Duration) -> F,
    ) -> Result<Result<Exchange<T>, Failure>, Ended>
    where
        F: Future<Output = (Result<T, Failure>, Receipt)>,
    {
        let Server { plan, journey, .. } = self.server;
        let (breakers, settings) = (&journey.sandbox.0.breakers, plan.settings.breaker);
        let link = LinkId::new(plan.server.clone(), self.node.clone());
        let Some(pass) = breakers.lets_through(&link, settings) else {
            self.server.note(Note::NotSent { cache: self.node.clone(), shown });
            return Ok(Err(Failure::refused(NOT_ASKED)));
        };
        let patience = plan.settings.redis_timeout_ms.map_or(Duration::MAX, |ms| Duration::from_millis(ms.into()));
        let sent = &journey.sandbox.0.stores.sent.redis;
        let call = |patience| sent.count(call(patience));
        let asked = self.server.exchange((self.node, "Redis"), (shown, key), patience, call).await;
        let verdict = match &asked {
            Ok(Exchange { reply: Ok(_), .. }) => breakers::Verdict::Answered,
            Ok(_) => breakers::Verdict::Failed,
            Err(_) => breakers::Verdict::Unknown,
        };
        breakers.report(&link, settings, pass, verdict);
        asked.map(Ok)
    }

    fn store(&self, patience: Duration) -> RedisNode<'_> {
        let shared = &self.server.journey.sandbox.0;
        RedisNode { redis: &shared.stores.redis, sandbox: &shared.id, node: self.node, patience }
    }
}

/// A database, as its server sees it.
pub(crate) struct Database<'a> {
    server: &'a Server<'a>,
    node: &'a NodeId,
}

impl Database<'_> {
    /// The row of a key.
    pub(crate) async fn select(&self, key: &Key) -> Result<Result<Found, Failure>, Ended> {
        let shown = quote::select(key.as_str());
        Ok(self.ask((shown, key), |patience| self.store(patience).select(key)).await?.reply)
    }

    /// Writes or deletes the row of a key.
    pub(crate) async fn write(&self, key: &Key, edit: Edit<'_>) -> Result<Result<Written, Failure>, Ended> {
        let (shown, value) = match edit {
            Edit::Put(value) => (quote::put(key.as_str(), value.as_str()), Some(value.as_str())),
            Edit::Delete => (quote::delete(key.as_str()), None),
        };
        let journey = self.server.journey;
        let writing = journey.sandbox.0.observer.writing(self.node, key.as_str(), value);
        let asked = self.ask((shown, key), |patience| self.store(patience).write(key, edit)).await;
        match &asked {
            Ok(Exchange { reply, receipt, call: (_, done), .. }) if reply.is_ok() || may_have_arrived(receipt) => {
                writing.done(*done);
                journey.wrote(self.node);
                // Whoever misses from now on must not wait for a query that was sent before.
                journey.sandbox.0.flights.forget(&self.server.plan.server, key);
            }
            // Refused, or not sent because somebody pressed Stop: the row is as it was.
            Ok(_) | Err(_) => writing.failed(),
        }
        Ok(asked?.reply)
    }

    async fn ask<T, F>(&self, message: (String, &Key), call: impl FnOnce(Duration) -> F) -> Result<Exchange<T>, Ended>
    where
        F: Future<Output = (Result<T, Failure>, Receipt)>,
    {
        // An injected delay comes on top: how long a link may delay is not for Aside's own timeout to say.
        let shared = &self.server.journey.sandbox.0;
        let patience = shared.stores.postgres_timeout + shared.road(&self.server.plan.server, self.node).delay();
        let call = |patience| shared.stores.sent.postgres.count(call(patience));
        self.server.exchange((self.node, "Postgres"), message, patience, call).await
    }

    fn store(&self, patience: Duration) -> PostgresNode<'_> {
        let shared = &self.server.journey.sandbox.0;
        PostgresNode { stores: &shared.stores, sandbox: &shared.id, node: self.node, patience }
    }
}

/// Whether a write may have reached its store, although nobody heard of it.
fn may_have_arrived(receipt: &Receipt) -> bool {
    receipt.sent.is_some() && receipt.outcome == Outcome::TimedOut
}

/// By how many seconds a time to live of `ttl_s` differs for a random number: evenly, by at most that many percent.
fn jitter_s(ttl_s: u32, percent: u32, random: u32) -> i32 {
    let most = (u64::from(ttl_s) * u64::from(percent) / 100) as i64;
    let range = 2 * most + 1;
    (i64::from(random) % range - most) as i32
}

#[cfg(test)]
mod tests {
    use super::jitter_s;

    #[test]
    fn jitter_lies_evenly_around_the_time_to_live() {
        let all: Vec<i32> = (0..u32::MAX).step_by(1_000_003).map(|random| jitter_s(3_600, 10, random)).collect();
        assert!(all.iter().all(|jitter| (-360..=360).contains(jitter)));
        let mean = all.iter().map(|&jitter| f64::from(jitter)).sum::<f64>() / all.len() as f64;
        assert!(mean.abs() < 20.0 && all.iter().any(|&jitter| jitter > 300) && all.iter().any(|&jitter| jitter < -300));
        assert_eq!(jitter_s(1, 50, 7), 0, "of one second there is nothing to take");
    }
}
