//! What a server works with while it answers a request: each call is a hop, recorded at its start and at its end.

mod cache;
mod database;

pub(crate) use cache::{Cache, Missed};
pub(crate) use database::Database;

use crate::cache_aside::Answer;
use crate::conditions::receipt_of;
use crate::connections::Failure;
use crate::journey::{Apart, Journey, Packet};
use crate::recorder::Departure;
use crate::sandbox::Shared;
use aside_domain::plan::ServerPlan;
use aside_domain::{Command, Fact, Key, Leg, NodeId, Note, Outcome, Receipt, WritePolicy, limits};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::timeout;

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
    /// Whether it asks caches how long their keys have left.
    pub(crate) asks_ttl: bool,
    /// Its hops so far.
    pub(crate) steps: Mutex<Vec<Step>>,
}

/// A hop that ended, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Who was asked.
    pub node: NodeId,
    /// What for.
    pub command: Command,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether the store was sent anything.
    pub was_sent: bool,
    /// Microseconds, around the store's call alone.
    pub took_us: u64,
    /// Microseconds of injected delay.
    pub injected_us: u64,
    /// For how many seconds a cache keeps the key from now on, where it was asked or told.
    pub ttl_s: Option<u64>,
}

/// A hop that ended.
struct Exchange<T> {
    hop: u32,
    reply: Result<T, Failure>,
    receipt: Receipt,
    /// When the store was asked and had answered, without the delays around it.
    call: (Instant, Instant),
}

/// What is sent to a store.
struct Message<'a> {
    command: Command,
    key: &'a Key,
    /// As a learner would write it; made only if somebody is told.
    shown: &'a (dyn Fn() -> String + Sync),
}

impl<'a> Server<'a> {
    /// A server that begins to answer.
    pub(crate) fn new(journey: &'a Journey, request: u32, plan: &'a ServerPlan, longest: Duration) -> Self {
        let deadline = Instant::now() + longest;
        let (apart, steps) = (Apart::default(), Mutex::default());
        Self { journey, request, plan, deadline, apart, asks_ttl: plan.settings.early_refresh, steps }
    }

    fn shared(&self) -> &'a Shared {
        &self.journey.sandbox.0
    }

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

    /// Early refresh: whether a hit that has that long left is better fetched anew. The more probable the less is left, and the
    /// longer a fetch takes: `-fetch · ln(random) ≥ left` (Vattani et al. 2015, with β = 1).
    pub(crate) fn refreshes_early(&self, left: Option<Duration>) -> bool {
        let Some(left) = left.filter(|_| self.plan.settings.early_refresh && self.plan.database.is_some()) else {
            return false;
        };
        let random: f64 = 1.0 - rand::random::<f64>(); // never 0
        let is_due = self.shared().fetches.usual(&self.plan.server).mul_f64(-random.ln()) >= left;
        if is_due {
            self.note(Note::RefreshedEarly { left_us: left.as_micros() as u64 });
        }
        is_due
    }

    /// Fetches a key, or waits for another request that does.
    pub(crate) async fn share(
        &self,
        key: &Key,
        fetch: impl Future<Output = Result<Answer, Ended>>,
    ) -> Result<Answer, Ended> {
        let (began, before) = (Instant::now(), self.apart.now());
        let fetch = async {
            let answer = fetch.await?;
            let (injected_us, held_us) = self.apart.now();
            Ok((answer, (injected_us - before.0, held_us - before.1)))
        };
        let flight = self.shared().flights.join(&self.plan.server, key, self.request, fetch);
        tokio::pin!(flight);
        // Who flies ends by himself in time; who waits must not wait longer than he may, only because another began later.
        let ((answer, (injected_us, held_us)), leader) = loop {
            match timeout(self.left() + LANDING, &mut flight).await {
                Ok(landed) => break landed?,
                Err(_) if self.apart.is_held() || !self.is_late() => {}
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
        if failure.reason != cache::NOT_ASKED {
            self.note(Note::NotFilled { cache: cache.node.clone() });
        }
    }

    fn note(&self, note: Note) {
        if let Some(run) = self.journey.run {
            self.shared().recorder.record(Fact::Noted { run, request: self.request, note });
        }
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

    /// One exchange with a store, along the link as it is now.
    async fn exchange<T, F>(
        &self,
        (to, whom): (&NodeId, &str),
        message: Message<'_>,
        patience: Duration,
        call: impl FnOnce(Duration) -> F,
    ) -> Result<Exchange<T>, Ended>
    where
        F: Future<Output = (Result<T, Failure>, Receipt)>,
    {
        if self.is_late() {
            return Err(Ended::Late);
        }
        let (journey, shared, from) = (self.journey, self.shared(), &self.plan.server);
        let road = shared.road(from, to);
        let Some(run) = journey.run else {
            // Only counted: nobody is told, and nothing is held.
            if journey.is_stopping() {
                return Err(Ended::Stopped);
            }
            let trip = road.travel(whom, patience.min(self.left()), || journey.stopping(), call).await;
            return self.arrived(to, message.command, 0, trip.receipted());
        };
        // On the heap: what is only counted, which may be thousands a second, need not carry room for all this along.
        Box::pin(async move {
            let shown = (message.shown)();
            let departure = Departure { run, request: self.request, from, to, shown: shown.clone() };
            let hop = shared.recorder.start_hop(departure).ok_or(Ended::Stopped)?;
            let packet = Packet { journey, link: (from, to), hop, shown: &shown, key: message.key };
            let there_us = packet.hold(&self.apart, Leg::Message, None).await;
            // As it is now: it may have been cut while the packet was held.
            let road = if there_us > 0 { shared.road(from, to) } else { road };
            let trip = if there_us > 0 && journey.is_stopping() {
                Receipted::not_sent(Failure::stopped()) // it was let go because nobody waits for it any more
            } else {
                road.travel(whom, patience.min(self.left()), || journey.stopping(), call).await.receipted()
            };
            let back_us = packet.hold(&self.apart, Leg::Reply, Some(trip.receipt.outcome)).await;
            let receipt = Receipt { held_us: there_us + back_us, ..trip.receipt };
            shared.recorder.end_hop(run, hop, receipt.clone());
            self.arrived(to, message.command, hop, Receipted { receipt, ..trip })
        })
        .await
    }

    /// Counts what came of an exchange.
    fn arrived<T>(
        &self,
        to: &NodeId,
        command: Command,
        hop: u32,
        Receipted { reply, receipt, call }: Receipted<T>,
    ) -> Result<Exchange<T>, Ended> {
        self.apart.add(receipt.injected_us, 0);
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(Step {
            node: to.clone(),
            command,
            outcome: receipt.outcome,
            was_sent: receipt.sent.is_some(),
            took_us: receipt.took_us,
            injected_us: receipt.injected_us,
            ttl_s: None,
        });
        // No answer of a store's, and none that the request could be answered with.
        if reply.as_ref().is_err_and(|failure| *failure == Failure::stopped()) {
            return Err(Ended::Stopped);
        }
        Ok(Exchange { hop, reply, receipt, call })
    }

    /// For how long the cache that was asked last keeps the key.
    fn keeps(&self, ttl_s: u64) {
        if let Some(step) = self.steps.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
            step.ttl_s = Some(ttl_s);
        }
    }
}

/// A call along a link, with its receipt.
struct Receipted<T> {
    reply: Result<T, Failure>,
    receipt: Receipt,
    call: (Instant, Instant),
}

impl<T> Receipted<T> {
    fn not_sent(failure: Failure) -> Self {
        let now = Instant::now();
        let receipt = receipt_of(&failure, Duration::ZERO, Duration::ZERO);
        Self { reply: Err(failure), receipt, call: (now, now) }
    }
}

impl<T> crate::conditions::Trip<(Result<T, Failure>, Receipt)> {
    fn receipted(self) -> Receipted<T> {
        let (reply, receipt) = match self.reply {
            Ok((reply, receipt)) => (reply, Receipt { injected_us: self.injected.as_micros() as u64, ..receipt }),
            Err(failure) => {
                let receipt = receipt_of(&failure, self.took, self.injected);
                (Err(failure), receipt)
            }
        };
        Receipted { reply, receipt, call: self.call }
    }
}

/// Whether a write may have reached its store, although nobody heard of it.
fn may_have_arrived(receipt: &Receipt) -> bool {
    receipt.sent.is_some() && receipt.outcome == Outcome::TimedOut
}
