//! The log of a sandbox: numbers events, folds them, and hands them to any number of readers.
//!
//! Everything happens under one lock: the number of an event, its time, the number of a hop, and whether a run may go on.
//! So the numbers are the order, hop `n` is the timeline's `hops[n]`, and after [`Recorder::stop`] no hop starts.
//!
//! A reader owns nothing but its place in the ring. It is woken, and copies what came since. One that falls so far behind
//! that the ring has let go of its place is cut off, and resumes with the cursor of the last item it got: there is never
//! a silent gap.

use crate::feed::{Cursor, Feed, FeedItem};
use aside_domain::recording::FORMAT;
use aside_domain::{
    BreakerNow, Event, Fact, NodeId, Receipt, Recording, Reply, Request, RunEnd, Saved, Source, Timeline, Value, limits,
};
use futures::stream::{StreamExt, iter, unfold};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

/// The most events that a reader copies at once.
const BATCH: usize = 256;

/// A hop that is about to start.
pub(crate) struct Departure<'a> {
    pub(crate) run: u32,
    pub(crate) request: u32,
    pub(crate) from: &'a NodeId,
    pub(crate) to: &'a NodeId,
    pub(crate) shown: String,
}

/// The log of one sandbox.
pub(crate) struct Recorder {
    epoch: String,
    born: Instant,
    log: Mutex<Log>,
}

struct Log {
    timeline: Timeline,
    /// The last events, without a gap, up to `timeline.seq`.
    ring: VecDeque<Arc<Event>>,
    /// What each run that the timeline keeps wrote, by the runs' numbers.
    written: BTreeMap<u32, Written>,
    /// Runs so far.
    runs: u32,
    /// The runs that are going, by their numbers: one that somebody pressed Play for, and beside it those that hang on held
    /// packets, and samples of flows.
    going: BTreeMap<u32, Going>,
    /// Wakes readers. None when the sandbox was swept.
    news: Option<watch::Sender<u64>>,
}

/// What a run wrote into the log, and what it was a run of.
struct Written {
    saved: Arc<Saved>,
    /// The circuit breakers that were not closed when it began.
    breakers: Vec<BreakerNow>,
    events: Vec<Arc<Event>>,
    is_over: bool,
}

/// Why a run cannot be recorded.
pub(crate) enum NoRecording {
    /// It is no longer kept, or never was.
    NoSuchRun,
    /// It has not ended.
    Going,
}

/// A run that is going.
struct Going {
    hops: u32,
    source: Source,
    stop: watch::Sender<bool>,
}

impl Going {
    fn may_go_on(&self) -> bool {
        !*self.stop.borrow()
    }
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self {
            epoch: format!("{:016x}", rand::random::<u64>()),
            born: Instant::now(),
            log: Mutex::new(Log {
                timeline: Timeline::default(),
                ring: VecDeque::new(),
                written: BTreeMap::new(),
                runs: 0,
                going: BTreeMap::new(),
                news: Some(watch::Sender::new(0)),
            }),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // Nothing that runs under the lock leaves the log half changed.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log's clock.
    fn now_us(&self) -> u64 {
        self.born.elapsed().as_micros() as u64
    }

    /// Reads the timeline in place.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Timeline) -> T) -> T {
        read(&self.log().timeline)
    }

    /// Appends a fact.
    pub(crate) fn record(&self, fact: Fact) {
        self.append(&mut self.log(), fact);
    }

    fn append(&self, log: &mut Log, fact: Fact) {
        let event = Event { seq: log.timeline.seq + 1, at_us: self.now_us(), fact };
        if let Err(gap) = log.timeline.fold(&event) {
            tracing::error!(%gap, "the log cannot have a gap"); // its number is the next one, two lines above
        }
        if log.ring.len() >= limits::EVENTS_KEPT {
            log.ring.pop_front();
        }
        let (seq, event) = (event.seq, Arc::new(event));
        log.note(&event);
        log.ring.push_back(event);
        if let Some(news) = &log.news {
            news.send_replace(seq);
        }
    }

    /// Begins a run of what is saved, and gives it its number, and what becomes true when somebody presses Stop; none if the sandbox is closed.
    pub(crate) fn start_run(
        &self,
        clients: Vec<(NodeId, u32)>,
        source: Source,
        saved: Arc<Saved>,
    ) -> Option<(u32, watch::Receiver<bool>)> {
        let mut log = self.log();
        log.news.as_ref()?;
        log.runs += 1;
        let run = log.runs;
        let (stop, stopping) = watch::channel(false);
        log.going.insert(run, Going { hops: 0, source, stop });
        let breakers = log.timeline.breakers.clone();
        log.written.insert(run, Written { saved, breakers, events: Vec::new(), is_over: false });
        self.append(&mut log, Fact::RunStarted { run, clients, source });
        Some((run, stopping))
    }

    /// A run with everything that it wrote.
    pub(crate) fn recording(&self, run: u32) -> Result<Recording, NoRecording> {
        let log = self.log();
        let written = log.written.get(&run).ok_or(NoRecording::NoSuchRun)?;
        if !written.is_over {
            return Err(NoRecording::Going);
        }
        Ok(Recording {
            recording: FORMAT,
            scenario: written.saved.scenario.clone(),
            breakers: written.breakers.clone(),
            events: (1..).zip(&written.events).map(|(seq, event)| Event { seq, ..Event::clone(event) }).collect(),
        })
    }

    /// Begins a request with its hop from client to server, and gives the hop its number; none if the run is stopping.
    pub(crate) fn start_request(&self, asks: &Request, hop: Departure<'_>) -> Option<u32> {
        let mut log = self.log();
        log.going.get(&hop.run).filter(|going| going.may_go_on())?;
        let (run, request) = (hop.run, hop.request);
        // A value may be long, and a log keeps thousands of requests.
        let value = asks.value.as_ref().and_then(|value| Value::new(Reply::of(value.as_str()).text).ok());
        let (client, asks) = (hop.from.clone(), Request { value, ..asks.clone() });
        self.append(&mut log, Fact::RequestStarted { run, request, client, asks });
        self.depart(&mut log, hop)
    }

    /// Begins a hop and gives it its number; none if the run is stopping.
    pub(crate) fn start_hop(&self, hop: Departure<'_>) -> Option<u32> {
        self.depart(&mut self.log(), hop)
    }

    fn depart(&self, log: &mut Log, departure: Departure<'_>) -> Option<u32> {
        let going = log.going.get_mut(&departure.run).filter(|going| going.may_go_on())?;
        let hop = going.hops;
        going.hops += 1;
        let Departure { run, request, from, to, shown } = departure;
        let (from, to) = (from.clone(), to.clone());
        self.append(log, Fact::HopStarted { run, request, hop, from, to, shown });
        Some(hop)
    }

    /// Ends a hop.
    pub(crate) fn end_hop(&self, run: u32, hop: u32, receipt: Receipt) {
        self.record(Fact::HopEnded { run, hop, receipt });
    }

    /// Ends the run. The stores that it changed are told before, so that a reader who sees the end has been told all.
    pub(crate) fn end_run(&self, run: u32, end: RunEnd, changed: impl IntoIterator<Item = NodeId>) {
        let mut log = self.log();
        for node in changed {
            self.append(&mut log, Fact::DataChanged { node });
        }
        self.append(&mut log, Fact::RunEnded { run, end });
        log.going.remove(&run);
    }

    /// Lets no further hop of any run start. False if no run is going.
    pub(crate) fn stop(&self) -> bool {
        let log = self.log();
        for going in log.going.values() {
            going.stop.send_replace(true);
        }
        !log.going.is_empty()
    }

    /// Lets no further hop of that run start.
    pub(crate) fn stop_run(&self, run: u32) {
        if let Some(going) = self.log().going.get(&run) {
            going.stop.send_replace(true);
        }
    }

    /// The runs that are going and that somebody pressed Play for.
    pub(crate) fn going(&self) -> Vec<u32> {
        let log = self.log();
        let played = log.going.iter().filter(|(_, going)| going.source == Source::Play);
        played.map(|(run, _)| *run).collect()
    }

    /// Waits until no run is going.
    pub(crate) async fn at_rest(&self) {
        let Some(mut news) = self.log().news.as_ref().map(watch::Sender::subscribe) else {
            return;
        };
        while !self.log().going.is_empty() {
            if news.changed().await.is_err() {
                return;
            }
        }
    }

    /// Ends all readers, and lets no run begin: the sandbox was swept.
    pub(crate) fn close(&self) {
        let mut log = self.log();
        for going in log.going.values() {
            going.stop.send_replace(true);
        }
        log.news = None;
    }

    /// The events after `from`, and on; or the state as it is, and on.
    pub(crate) fn subscribe(self: Arc<Self>, from: Option<Cursor>) -> Feed {
        let log = self.log();
        let resumed = from.filter(|cursor| cursor.epoch == self.epoch && log.reaches_back_to(cursor.seq));
        let (first, seq) = match resumed {
            Some(cursor) => (None, cursor.seq),
            None => {
                let now_us = self.now_us();
                let timeline = Box::new(Timeline { now_us, ..log.timeline.clone() });
                let (cursor, seq) = (self.cursor(timeline.seq), timeline.seq);
                (Some(FeedItem::Reset { cursor, timeline }), seq)
            }
        };
        let news = log.news.as_ref().map(watch::Sender::subscribe);
        drop(log);
        let reader = Reader { recorder: self, news, seq, copied: VecDeque::new() };
        let events = unfold(reader, |mut reader| async move {
            let event = reader.next().await?;
            let cursor = reader.recorder.cursor(event.seq);
            Some((FeedItem::Event { cursor, event }, reader))
        });
        Feed::new(iter(first).chain(events))
    }

    fn cursor(&self, seq: u64) -> Cursor {
        Cursor { epoch: self.epoch.clone(), seq }
    }
}

impl Log {
    /// Keeps an event for the recordings of the runs that it belongs to, and those of runs that the timeline keeps alone.
    fn note(&mut self, event: &Arc<Event>) {
        let is_own = |run: u32| match &event.fact {
            Fact::BreakerMoved(_) => true,
            fact => fact.run() == Some(run),
        };
        for (_, written) in self.written.iter_mut().filter(|(run, written)| !written.is_over && is_own(**run)) {
            written.events.push(Arc::clone(event));
            written.is_over = matches!(event.fact, Fact::RunEnded { .. });
        }
        if matches!(event.fact, Fact::RunStarted { .. } | Fact::RequestStarted { .. } | Fact::RunEnded { .. }) {
            let Self { written, timeline, .. } = self;
            written.retain(|run, _| timeline.run(*run).is_some());
        }
    }

    /// Whether every event after `seq` is still in the ring.
    fn reaches_back_to(&self, seq: u64) -> bool {
        seq <= self.timeline.seq && seq + self.ring.len() as u64 >= self.timeline.seq
    }
}

struct Reader {
    recorder: Arc<Recorder>,
    news: Option<watch::Receiver<u64>>,
    /// The last event that was copied.
    seq: u64,
    copied: VecDeque<Arc<Event>>,
}

impl Reader {
    async fn next(&mut self) -> Option<Arc<Event>> {
        loop {
            if let Some(event) = self.copied.pop_front() {
                return Some(event);
            }
            self.copy()?;
            if self.copied.is_empty() {
                // Ends with the sandbox: everything up to its end was copied a line above, or is now.
                if self.news.as_mut()?.changed().await.is_err() {
                    self.news = None;
                }
            }
        }
    }

    /// Copies what came since; none if the ring no longer has it.
    fn copy(&mut self) -> Option<()> {
        let log = self.recorder.log();
        if !log.reaches_back_to(self.seq) {
            return None;
        }
        let new = (log.timeline.seq - self.seq) as usize;
        let events = log.ring.iter().skip(log.ring.len() - new).take(BATCH).cloned();
        self.copied.extend(events);
        self.seq += self.copied.len() as u64;
        Some(())
    }
}

#[cfg(test)]
mod tests;
