//! Traffic: a client's users send requests that are drawn at random, by seed, and what comes of them is measured.
//!
//! Every request goes the way of all others, through a flow. `draw.rs` draws them, `meter.rs` measures.

mod draw;
mod meter;

use crate::error::EngineError;
use crate::flow::Flow;
use crate::rate::Rate;
use crate::room;
use crate::run::{Which, why_nothing};
use crate::sandbox::{Sandbox, expect};
use aside_domain::measured::Measured;
use aside_domain::plan::ServerPlan;
use aside_domain::{Fact, Graph, Kind, LinkId, NodeId, RunEnd, Source, TrafficNow, validate};
use draw::{Draw, Drawn};
use meter::Meter;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How many of a sandbox's traffics are remembered.
const REMEMBERED: usize = 8;

/// The traffics of a sandbox, the latest last.
#[derive(Default)]
pub(crate) struct Traffics(Mutex<VecDeque<Arc<Sending>>>);

/// A client's traffic.
struct Sending {
    /// What there was to say when it began.
    about: Measured,
    began: Instant,
    stop: watch::Sender<bool>,
    stand: Mutex<Stand>,
    /// Whether it is over.
    ended: watch::Sender<bool>,
}

/// How traffic stands.
enum Stand {
    /// It goes on.
    Measuring(Box<Meter>),
    /// It is over, and came to this. (Its histograms are large, and nobody needs them any more.)
    Measured(Box<Measured>),
}

impl Traffics {
    fn all(&self) -> MutexGuard<'_, VecDeque<Arc<Sending>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn going(&self) -> Option<Arc<Sending>> {
        self.all().back().filter(|latest| !*latest.ended.borrow()).cloned()
    }

    /// Begins one more, with the next number.
    fn begin(&self, about: Measured) -> Arc<Sending> {
        let mut all = self.all();
        let number = all.back().map_or(0, |latest| latest.about.number) + 1;
        let sending = Arc::new(Sending {
            about: Measured { number, ..about },
            began: Instant::now(),
            stop: watch::Sender::new(false),
            stand: Mutex::new(Stand::Measuring(Box::new(Meter::new()))),
            ended: watch::Sender::new(false),
        });
        all.push_back(Arc::clone(&sending));
        if all.len() > REMEMBERED {
            all.pop_front();
        }
        sending
    }
}

impl Sandbox {
    /// Starts the traffic of a client in the background, and gives its number.
    ///
    /// # Errors
    /// [`EngineError::AlreadyRunning`] if traffic goes on; [`EngineError::NothingToRun`] with the reason;
    /// [`EngineError::NoRoom`] if it writes, and a database has no room for that.
    pub async fn start_traffic(&self, client: &NodeId) -> Result<u32, EngineError> {
        let _changing = self.changing().await;
        if self.0.traffic.going().is_some() {
            return Err(EngineError::AlreadyRunning);
        }
        let saved = self.current().await?;
        let node = expect(&saved, client, Kind::Client)?;
        let graph = &saved.scenario.graph;
        let Some(traffic) = node.settings.traffic() else {
            let reason = "This client sends its list of requests: switch it to traffic first.";
            return Err(EngineError::NothingToRun(reason.to_owned()));
        };
        let servers = ServerPlan::behind(graph, client);
        if servers.is_empty() {
            let (_, issues) = validate(graph);
            return Err(EngineError::NothingToRun(why_nothing(&Which::Clients(vec![client.clone()]), &issues)));
        }
        if traffic.write_percent > 0 {
            let databases: Vec<&NodeId> = servers.iter().filter_map(|server| server.database.as_ref()).collect();
            room::check(self.rows_in(&databases).await, draw::WRITTEN.min(traffic.keys).into())?;
        }
        self.prepare(&servers).await?;
        self.touch().await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let sending = self.0.traffic.begin(Measured {
            number: 0, // it gets its own
            title: saved.scenario.title.to_string(),
            client: client.clone(),
            client_name: node.name.clone(),
            traffic: traffic.clone(),
            drawing: servers.iter().flat_map(|server| described(graph, client, server)).collect(),
            began_ms: now.as_millis() as u64,
            elapsed_ms: 0,
            end: None,
            totals: Default::default(),
            seconds: Vec::new(),
        });
        let number = sending.about.number;
        let now = TrafficNow { number, client: client.clone(), duration_s: traffic.duration_s };
        self.0.recorder.record(Fact::TrafficStarted(now));
        let flow = Flow::new(self.clone(), client.clone(), Source::Traffic, sending.stop.subscribe());
        tokio::spawn(sending.carry_out(self.clone(), flow, servers));
        Ok(number)
    }

    /// Stops the traffic that goes on: what is under way comes to its end, and nothing more starts. False if none goes on.
    pub fn stop_traffic(&self) -> bool {
        let going = self.0.traffic.going();
        going.map(|going| going.stop.send_replace(true)).is_some()
    }

    /// Waits until no traffic goes on.
    pub(crate) async fn traffic_at_rest(&self) {
        if let Some(going) = self.0.traffic.going() {
            let _ = going.ended.subscribe().wait_for(|ended| *ended).await; // it lives as long as the sender
        }
    }

    /// The latest traffics, measured, the last of which may be going on.
    #[must_use]
    pub fn traffic(&self) -> Vec<Measured> {
        self.0.traffic.all().iter().map(|sending| sending.measured()).collect()
    }
}

impl Sending {
    async fn carry_out(self: Arc<Self>, sandbox: Sandbox, flow: Flow, servers: Vec<ServerPlan>) {
        let traffic = &self.about.traffic;
        let draw = Arc::new(Mutex::new(Draw::new(traffic, &servers)));
        let limit = Arc::new(Rate::new(sandbox.0.stores.share.rate_per_s));
        let servers: Arc<[ServerPlan]> = servers.into();
        let mut users = JoinSet::new();
        for _ in 0..traffic.users {
            let (own, flow, draw, servers) = (Arc::clone(&self), flow.clone(), Arc::clone(&draw), Arc::clone(&servers));
            let limit = Arc::clone(&limit);
            users.spawn(async move { own.be_a_user(&flow, &draw, &servers, &limit).await });
        }
        while let Some(user) = users.join_next().await {
            if let Err(error) = user {
                tracing::error!(%error, "a user's task broke");
            }
        }
        let end = if *self.stop.borrow() { RunEnd::Stopped } else { RunEnd::Completed };
        flow.finish().await;
        let measured = Measured { end: Some(end), ..self.measured() };
        *self.stand() = Stand::Measured(Box::new(measured));
        self.ended.send_replace(true);
        sandbox.0.recorder.record(Fact::TrafficEnded { number: self.about.number });
    }

    /// Sends one request after the other, as they are drawn.
    async fn be_a_user(&self, flow: &Flow, draw: &Mutex<Draw>, servers: &[ServerPlan], limit: &Rate) {
        let mut stopping = self.stop.subscribe();
        let end = self.began + Duration::from_secs(self.about.traffic.duration_s.into());
        loop {
            let Drawn { number, request, due } = draw.lock().unwrap_or_else(PoisonError::into_inner).next();
            let due = due.map(|due| self.began + due);
            // Whoever waits for his moment begins when he wakes: that a timer is late is no time of the system's. Whoever is
            // late because the one before took so long began when he should have: else the slow ones would hide the slowness
            // of those that they kept waiting (coordinated omission).
            let wait = due.map_or(Duration::ZERO, |due| due.saturating_duration_since(Instant::now()));
            if due.unwrap_or_else(Instant::now) >= end || *stopping.borrow() {
                return;
            }
            if !wait.is_zero() && is_stopped_within(wait, &mut stopping).await {
                return;
            }
            while due.is_none()
                && let Err(wait) = limit.take()
            {
                if is_stopped_within(wait, &mut stopping).await || Instant::now() >= end {
                    return;
                }
            }
            let began = due.filter(|_| wait.is_zero()).unwrap_or_else(Instant::now);
            let server = &servers[number as usize % servers.len()]; // round robin
            let Some(sent) = flow.send(server, &request, false).await else { return };
            if let Stand::Measuring(meter) = &mut *self.stand() {
                meter.count(&request, &sent, began.elapsed(), self.began.elapsed());
            }
        }
    }

    fn stand(&self) -> MutexGuard<'_, Stand> {
        self.stand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn measured(&self) -> Measured {
        match &*self.stand() {
            Stand::Measured(measured) => (**measured).clone(),
            Stand::Measuring(meter) => Measured {
                elapsed_ms: self.began.elapsed().as_millis() as u64,
                totals: meter.totals(),
                seconds: meter.seconds(),
                ..self.about.clone()
            },
        }
    }
}

/// Waits that long; true if somebody pressed Stop meanwhile.
async fn is_stopped_within(wait: Duration, stopping: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = sleep(wait) => false,
        stopped = stopping.wait_for(|stopping| *stopping) => stopped.is_ok(),
    }
}

/// What a client's requests meet at a server, in sentences.
fn described(graph: &Graph, client: &NodeId, plan: &ServerPlan) -> Vec<String> {
    let name = |id: &NodeId| graph.node(id).map_or_else(|| id.to_string(), |node| node.name.to_string());
    let server = name(&plan.server);
    let settings = &plan.settings;
    let mut words = vec![match plan.caches.as_slice() {
        [] => "no cache".to_owned(),
        caches => format!("cache {}", caches.iter().map(name).collect::<Vec<_>>().join(", then ")),
    }];
    if !plan.caches.is_empty() {
        words.push(format!("TTL {} s", settings.ttl_s));
        words.push(settings.policy.label().to_owned());
        words.extend(settings.jitter_percent.map(|percent| format!("jitter {percent} %")));
        words.extend(settings.negative_ttl_s.map(|ttl_s| format!("\u{201c}not there\u{201d} for {ttl_s} s")));
        let switches = [("lease", settings.lease), ("early refresh", settings.early_refresh)];
        words.extend(switches.into_iter().filter(|(_, is_on)| *is_on).map(|(word, _)| word.to_owned()));
        words.extend(settings.breaker.map(|breaker| format!("breaker after {} failures", breaker.failures)));
    }
    words.extend(settings.single_flight.then(|| "single-flight".to_owned()));
    words.push(plan.database.as_ref().map_or_else(|| "no database".to_owned(), |id| format!("database {}", name(id))));
    words.extend(plan.data_set.map(|set| format!("data set {}", set.word())));
    let mut sentences = vec![format!("{server}: {}.", words.join(", "))];
    let ways = plan.caches.iter().chain(&plan.database).map(|store| LinkId::new(plan.server.clone(), store.clone()));
    for way in [LinkId::new(client.clone(), plan.server.clone())].into_iter().chain(ways) {
        let Some(link) = graph.link(&way) else { continue };
        let (from, to) = (name(&link.from), name(&link.to));
        if link.delay_ms > 0 {
            sentences.push(format!("{from} to {to}: {} ms of injected delay, which is in the times.", link.delay_ms));
        }
        if link.condition != aside_domain::Condition::Up {
            sentences.push(format!("{from} to {to}: {}.", link.condition.label()));
        }
    }
    sentences
}
