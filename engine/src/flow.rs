//! Requests that come without end: traffic, and what is asked from outside.
//!
//! Of these some are told one by one, and all are counted. What is told comes as *samples*: runs like any other, a few requests
//! long, one after the other. What is only counted goes out in sums, ten a second at most. Sums and samples together are
//! exactly what was served.

use crate::hop::Step;
use crate::journey::Journey;
use crate::run::{self, Sent};
use crate::sandbox::Sandbox;
use aside_domain::plan::ServerPlan;
use aside_domain::{Command, Fact, Method, NodeId, Outcome, Request, RunEnd, Source, Tally};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep;

/// How often sums go out, and how often it is looked whether a sample is over.
const BEAT: Duration = Duration::from_millis(100);
/// The most requests of a sample. A request has some ten events; so at one sample a second fewer than 500 events a second go out.
const SAMPLE: u32 = 16;
/// How long a sample takes requests, and how long after its beginning the next may begin while requests keep coming.
const SAMPLE_LASTS: Duration = Duration::from_secs(1);
/// After how long without a request a sample is over.
const QUIET: Duration = Duration::from_millis(200);

/// Where a client's requests without end go through; cheap to clone.
#[derive(Clone)]
pub(crate) struct Flow(Arc<Inner>);

struct Inner {
    client: NodeId,
    source: Source,
    /// What the requests share that are only counted.
    counted: Journey,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sample: Option<Sample>,
    /// The run that is or was a sample last.
    last: Option<u32>,
    /// No sample begins before, because the last one was full.
    rests_until: Option<Instant>,
    /// Samples that are over but for what is still under way.
    closing: Vec<Sample>,
    requests: u64,
    tallies: BTreeMap<NodeId, Tally>,
    /// Whether somebody looks after all this.
    is_tended: bool,
}

struct Sample {
    journey: Arc<Journey>,
    run: u32,
    began: Instant,
    latest: Instant,
    requests: u32,
    under_way: u32,
}

impl Flow {
    /// A flow of that client; it ends when `stopping` becomes true.
    pub(crate) fn new(sandbox: Sandbox, client: NodeId, source: Source, stopping: watch::Receiver<bool>) -> Self {
        let counted = Journey::new(None, sandbox, stopping);
        Self(Arc::new(Inner { client, source, counted, state: Mutex::default() }))
    }

    /// Sends one request; none if somebody pressed Stop before it was answered.
    pub(crate) async fn send(&self, plan: &ServerPlan, request: &Request, asks_ttl: bool) -> Option<Sent> {
        let hops = (&self.0.client, plan);
        let Some((journey, number)) = self.sampled(request) else {
            let sent = run::send(&self.0.counted, hops, 0, request, asks_ttl).await;
            if let Some(sent) = &sent {
                self.count(plan, request, sent);
            }
            return sent;
        };
        /// The sample must learn of the end, however it comes.
        struct UnderWay<'a>(&'a Flow, u32);
        impl Drop for UnderWay<'_> {
            fn drop(&mut self) {
                self.0.arrived(self.1);
            }
        }
        let _under_way = journey.run.map(|run| UnderWay(self, run));
        run::send(&journey, hops, number, request, asks_ttl).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sample that tells of this request, and the request's number in it; none if it is only counted. What a link may hold
    /// is always told, because a held packet is to be seen.
    fn sampled(&self, request: &Request) -> Option<(Arc<Journey>, u32)> {
        let sandbox = &self.0.counted.sandbox;
        let must = sandbox.0.may_hold(&request.key);
        let mut state = self.state();
        let now = Instant::now();
        match &state.sample {
            Some(sample) if sample.journey.is_stopping() => return None,
            Some(sample) if sample.is_full() && !must => return None,
            None if state.rests_until.is_some_and(|until| now < until) && !must => return None,
            Some(_) => {}
            None => {
                let clients = vec![(self.0.client.clone(), 1)];
                let (run, stopping) = sandbox.0.recorder.start_run(clients, self.0.source, sandbox.last())?;
                let journey = Arc::new(Journey::new(Some(run), sandbox.clone(), stopping));
                state.last = Some(run);
                state.sample = Some(Sample { journey, run, began: now, latest: now, requests: 0, under_way: 0 });
            }
        }
        let sample = state.sample.as_mut()?;
        sample.requests += 1;
        sample.under_way += 1;
        sample.latest = now;
        let told = (Arc::clone(&sample.journey), sample.requests);
        self.tend(state);
        Some(told)
    }

    /// A request of a sample came to its end.
    fn arrived(&self, run: u32) {
        let mut state = self.state();
        let State { sample, closing, .. } = &mut *state;
        if let Some(sample) = sample.iter_mut().chain(closing).find(|sample| sample.run == run) {
            sample.under_way -= 1;
            sample.latest = Instant::now();
        }
    }

    /// Counts a request that is not told.
    fn count(&self, plan: &ServerPlan, request: &Request, sent: &Sent) {
        let mut state = self.state();
        state.requests += 1;
        for step in &sent.steps {
            state.tallies.entry(step.node.clone()).or_default().count(step.outcome);
        }
        let of_server = state.tallies.entry(plan.server.clone()).or_default();
        of_server.count(sent.outcome);
        if request.method == Method::Get && !sent.outcome.is_failure() {
            *(if is_hit(&sent.steps) { &mut of_server.hits } else { &mut of_server.misses }) += 1;
        }
        self.tend(state);
    }

    /// Has somebody send out sums and end samples, for as long as there is something to do.
    fn tend(&self, mut state: MutexGuard<'_, State>) {
        if std::mem::replace(&mut state.is_tended, true) {
            return;
        }
        let own = self.clone();
        tokio::spawn(async move {
            loop {
                sleep(BEAT).await;
                if !own.beat() {
                    return;
                }
            }
        });
    }

    /// Sends out the sums and ends what is over; false if there is nothing left to do.
    fn beat(&self) -> bool {
        let recorder = &self.0.counted.sandbox.0.recorder;
        let mut state = self.state();
        if let Some(sample) = state.sample.take_if(|sample| sample.is_over()) {
            state.rests_until = sample.is_full().then(|| sample.began + SAMPLE_LASTS);
            state.closing.push(sample);
        }
        if let (1.., Some(run)) = (state.requests, state.last) {
            let (requests, tallies) = (std::mem::take(&mut state.requests), std::mem::take(&mut state.tallies));
            recorder.record(Fact::Served { run, requests, tallies: tallies.into_iter().collect() });
        }
        for node in self.0.counted.take_written() {
            recorder.record(Fact::DataChanged { node });
        }
        for sample in state.closing.extract_if(.., |sample| sample.under_way == 0) {
            // What the observer says about its hits comes before its end, and must not keep the next beat waiting.
            tokio::spawn(async move {
                let journey = sample.journey;
                journey.observed().await;
                let end = if journey.is_stopping() { RunEnd::Stopped } else { RunEnd::Completed };
                journey.sandbox.0.recorder.end_run(sample.run, end, journey.take_written());
            });
        }
        state.is_tended = state.sample.is_some() || !state.closing.is_empty();
        state.is_tended
    }

    /// Ends the samples now: what is under way in them starts nothing more. Returns when all is counted.
    pub(crate) async fn finish(&self) {
        {
            let state = self.state();
            for sample in state.sample.iter().chain(&state.closing) {
                self.0.counted.sandbox.0.recorder.stop_run(sample.run);
            }
        }
        while self.state().is_tended {
            sleep(BEAT / 4).await;
        }
    }
}

impl Sample {
    /// Whether it takes no further requests.
    fn is_full(&self) -> bool {
        self.requests >= SAMPLE || self.began.elapsed() >= SAMPLE_LASTS
    }

    /// Whether it is to end.
    fn is_over(&self) -> bool {
        let is_quiet = self.under_way == 0 && self.latest.elapsed() >= QUIET;
        is_quiet || self.is_full() || self.journey.is_stopping()
    }
}

/// Whether a cache had what was asked for.
pub(crate) fn is_hit(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.command == Command::Get && step.outcome == Outcome::Hit)
}
