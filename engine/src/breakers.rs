//! Circuit breakers: a server that keeps failing to reach a cache stops asking it for a while, so that its requests do not
//! wait for the same timeout again and again. (Nygard, *Release It!*, "Circuit Breaker".)
//!
//! There is one between each server and each of its caches. It lives in the sandbox, not in a run. Every move of it is
//! an event.

use crate::recorder::Recorder;
use aside_domain::graph::Breaker;
use aside_domain::{BreakerNow, BreakerState, Fact, Graph, LinkId, NodeId, Settings};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The breakers of a sandbox; cheap to clone.
#[derive(Clone)]
pub(crate) struct Breakers(Arc<Shared>);

struct Shared {
    recorder: Arc<Recorder>,
    links: Mutex<HashMap<LinkId, Guard>>,
}

/// One breaker.
#[derive(Debug, Clone, Copy)]
struct Guard {
    stand: Stand,
    /// Counts its moves: what a call tells that began before the last one is of no interest any more.
    moves: u64,
}

/// What a call that was let through shows when it reports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass(u64);

/// How one breaker stands.
#[derive(Debug, Clone, Copy)]
enum Stand {
    /// Calls go through; so many failed in a row.
    Closed { failures: u32 },
    /// No call goes through before that moment.
    Open { until: Instant },
    /// One call goes through; whether it is under way.
    HalfOpen { probing: bool },
}

/// What a call that went through tells a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The store answered.
    Answered,
    /// It did not.
    Failed,
    /// The call was given up for another reason.
    Unknown,
}

impl Stand {
    const fn state(self) -> BreakerState {
        match self {
            Self::Closed { .. } => BreakerState::Closed,
            Self::Open { .. } => BreakerState::Open,
            Self::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }
}

impl Breakers {
    pub(crate) fn new(recorder: Arc<Recorder>) -> Self {
        Self(Arc::new(Shared { recorder, links: Mutex::default() }))
    }

    /// Whether a call along a link may be made now. Without settings there is no breaker.
    pub(crate) fn lets_through(&self, link: &LinkId, settings: Option<Breaker>) -> Option<Pass> {
        if settings.is_none() {
            return Some(Pass(0));
        }
        let mut links = self.links();
        match stand_of(&links, link) {
            Stand::Closed { .. } => {}
            Stand::Open { until } if Instant::now() < until => return None,
            Stand::HalfOpen { probing: true } => return None,
            Stand::Open { .. } | Stand::HalfOpen { probing: false } => {
                self.to(&mut links, link, Stand::HalfOpen { probing: true });
            }
        }
        Some(Pass(links.get(link).map_or(0, |guard| guard.moves)))
    }

    /// Tells what came of a call that was let through.
    pub(crate) fn report(&self, link: &LinkId, settings: Option<Breaker>, pass: Pass, verdict: Verdict) {
        let Some(settings) = settings else { return };
        let mut links = self.links();
        if links.get(link).map_or(0, |guard| guard.moves) != pass.0 {
            return; // it has moved since this call began
        }
        let stand = stand_of(&links, link);
        match (stand, verdict) {
            (Stand::Closed { failures: 0 }, Verdict::Answered) => {}
            (Stand::Closed { .. } | Stand::HalfOpen { .. }, Verdict::Answered) => {
                self.to(&mut links, link, Stand::Closed { failures: 0 });
            }
            (Stand::Closed { failures }, Verdict::Failed) if failures + 1 < settings.failures => {
                self.to(&mut links, link, Stand::Closed { failures: failures + 1 });
            }
            (Stand::Closed { .. } | Stand::HalfOpen { .. }, Verdict::Failed) => self.open(&mut links, link, settings),
            (Stand::HalfOpen { .. }, Verdict::Unknown) => {
                self.to(&mut links, link, Stand::HalfOpen { probing: false });
            }
            // There is nothing to learn.
            (Stand::Open { .. }, _) | (Stand::Closed { .. }, Verdict::Unknown) => {}
        }
    }

    /// Closes those that are no longer drawn or switched on.
    pub(crate) fn keep(&self, graph: &Graph) {
        let has_breaker = |server: &NodeId| match graph.node(server).map(|node| &node.settings) {
            Some(Settings::Server(server)) => server.breaker.is_some(),
            _ => false,
        };
        self.close(|link| graph.link(link).is_none() || !has_breaker(&link.from));
    }

    /// Closes all: the sandbox begins afresh.
    pub(crate) fn clear(&self) {
        self.close(|_| true);
    }

    fn close(&self, which: impl Fn(&LinkId) -> bool) {
        let mut links = self.links();
        let gone: Vec<LinkId> = links.keys().filter(|link| which(link)).cloned().collect();
        for link in gone {
            self.to(&mut links, &link, Stand::Closed { failures: 0 });
            links.remove(&link);
        }
    }

    fn open(&self, links: &mut HashMap<LinkId, Guard>, link: &LinkId, settings: Breaker) {
        let rest = Duration::from_secs(settings.open_s.into());
        let until = Instant::now() + rest;
        self.to(links, link, Stand::Open { until });
        // Its time runs out whether or not anybody asks: the card shows it.
        let (breakers, link) = (self.clone(), link.clone());
        tokio::spawn(async move {
            tokio::time::sleep(rest).await;
            let mut links = breakers.links();
            if matches!(stand_of(&links, &link), Stand::Open { until: now } if now == until) {
                breakers.to(&mut links, &link, Stand::HalfOpen { probing: false });
            }
        });
    }

    /// Moves one, and records it if that can be seen. Under the lock, so that events have the order of the moves.
    fn to(&self, links: &mut HashMap<LinkId, Guard>, link: &LinkId, stand: Stand) {
        let guard = links.entry(link.clone()).or_insert(Guard { stand: Stand::Closed { failures: 0 }, moves: 0 });
        let before = std::mem::replace(&mut guard.stand, stand).state();
        let is_new_probe = matches!(stand, Stand::HalfOpen { probing: true });
        guard.moves += u64::from(before != stand.state() || is_new_probe);
        if before != stand.state() {
            let LinkId { from: server, to: cache } = link.clone();
            self.0.recorder.record(Fact::BreakerMoved(BreakerNow { server, cache, state: stand.state() }));
        }
    }

    fn links(&self) -> MutexGuard<'_, HashMap<LinkId, Guard>> {
        self.0.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stand_of(links: &HashMap<LinkId, Guard>, link: &LinkId) -> Stand {
    links.get(link).map_or(Stand::Closed { failures: 0 }, |guard| guard.stand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_an_older_call_tells_does_not_decide_the_probe() {
        let breakers = Breakers::new(Arc::new(Recorder::new()));
        let link = LinkId::new(NodeId::new("server").unwrap(), NodeId::new("redis").unwrap());
        let settings = Some(Breaker { failures: 1, open_s: 1 });
        let state = || stand_of(&breakers.links(), &link).state();
        let old = breakers.lets_through(&link, settings).unwrap();
        let fails = breakers.lets_through(&link, settings).unwrap();
        breakers.report(&link, settings, fails, Verdict::Failed);
        assert_eq!((state(), breakers.lets_through(&link, settings).is_none()), (BreakerState::Open, true));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(state(), BreakerState::HalfOpen);

        let probe = breakers.lets_through(&link, settings).unwrap();
        breakers.report(&link, settings, old, Verdict::Failed);
        assert_eq!(state(), BreakerState::HalfOpen, "the old call opens nothing");
        breakers.report(&link, settings, old, Verdict::Unknown);
        assert!(breakers.lets_through(&link, settings).is_none(), "and lets no second probe through");
        breakers.report(&link, settings, probe, Verdict::Answered);
        assert_eq!(state(), BreakerState::Closed);
        breakers.report(&link, settings, old, Verdict::Failed);
        assert_eq!(state(), BreakerState::Closed, "nor does it open the closed one");
    }
}
