//! Conditions of links and the power of stores: what is injected between two nodes, and told apart from what is measured.
//!
//! The path of a request is the drawing's when its run began; whether a link works is looked up anew at each hop, so that
//! links can be cut and restored while a run goes on.

use crate::connections::Failure;
use aside_domain::{Condition, Graph, Hold, Key, Leg, Link, LinkId, NodeId, Receipt, Reply};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The links of a drawing that are not as fast as they are, and the stores that are off.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    links: HashMap<LinkId, (Duration, Condition, Option<Hold>)>,
    off: HashSet<NodeId>,
}

/// The way to a node, as it is at a moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Road {
    delay: Duration,
    condition: Condition,
    hold: Option<Hold>,
    is_off: bool,
}

/// A call that went along a link: what came of it, and of which times.
pub(crate) struct Trip<T> {
    /// The reply; or why there is none, if the link kept it from being sent.
    pub(crate) reply: Result<T, Failure>,
    /// From the start to the end, without what was injected.
    pub(crate) took: Duration,
    /// What was injected.
    pub(crate) injected: Duration,
    /// When the call began and ended, without the delays around it.
    pub(crate) call: (Instant, Instant),
}

impl Conditions {
    pub(crate) fn of(graph: &Graph) -> Self {
        let is_plain = |link: &&Link| link.delay_ms == 0 && link.condition == Condition::Up && link.hold.is_none();
        let links = graph.links.iter().filter(|link| !is_plain(link));
        let off = graph.nodes.iter().filter(|node| node.settings.is_off());
        Self {
            links: links
                .map(|link| {
                    (link.id(), (Duration::from_millis(link.delay_ms.into()), link.condition, link.hold.clone()))
                })
                .collect(),
            off: off.map(|node| node.id.clone()).collect(),
        }
    }

    /// Whether any link may hold a packet about that key.
    pub(crate) fn may_hold(&self, key: &Key) -> bool {
        let mut holds = self.links.values().filter_map(|(_, _, hold)| hold.as_ref());
        holds.any(|hold| hold.key.as_ref().is_none_or(|held| held == key))
    }

    pub(crate) fn road(&self, from: &NodeId, to: &NodeId) -> Road {
        if self.links.is_empty() && self.off.is_empty() {
            return Road::default();
        }
        let (delay, condition, hold) =
            self.links.get(&LinkId::new(from.clone(), to.clone())).cloned().unwrap_or_default();
        Road { delay, condition, hold, is_off: self.off.contains(to) }
    }
}

impl Road {
    /// The injected delay of an exchange.
    pub(crate) const fn delay(&self) -> Duration {
        self.delay
    }

    /// Whether the link holds this packet.
    pub(crate) fn holds(&self, leg: Leg, shown: &str, key: &Key) -> bool {
        self.hold.as_ref().is_some_and(|hold| hold.catches(leg, shown, key))
    }

    /// Makes a call along this way: half of the delay there, the call, half of the delay back. Where the link lets nothing
    /// through, the call is not made. Whoever waits gives up after `patience`, or when `stopped` is over; `whom` names
    /// who is asked. The call is given what is left of the patience.
    pub(crate) async fn travel<T, F: Future<Output = T>, S: Future<Output = ()>>(
        self,
        whom: &str,
        patience: Duration,
        stopped: impl FnOnce() -> S,
        call: impl FnOnce(Duration) -> F,
    ) -> Trip<T> {
        let began = Instant::now();
        let fails = |failure: Failure, injected: Duration| Trip {
            reply: Err(failure),
            took: began.elapsed().saturating_sub(injected),
            injected,
            call: (began, Instant::now()),
        };
        if self.is_off {
            return fails(
                Failure::refused(format!("{whom} is switched off: it refuses the connection.")),
                Duration::ZERO,
            );
        }
        if self.condition == Condition::Cut {
            return fails(Failure::refused("The link is cut: the connection is refused."), Duration::ZERO);
        }
        if self.delay.is_zero() && self.condition == Condition::Up {
            let reply = call(patience).await;
            let call = (began, Instant::now());
            return Trip { reply: Ok(reply), took: call.1 - call.0, injected: Duration::ZERO, call };
        }
        // On the heap: most links are plain, and what goes along them carries no room for this.
        Box::pin(async move {
            let stopped = stopped();
            tokio::pin!(stopped);
            if self.condition == Condition::BlackHole {
                tokio::select! {
                    () = sleep(patience) => return fails(Failure::timed_out(whom, patience), Duration::ZERO),
                    () = &mut stopped => return fails(Failure::stopped(), Duration::ZERO),
                }
            }
            if self.delay >= patience {
                tokio::select! {
                    () = sleep(patience) => return fails(Failure::timed_out(whom, patience), began.elapsed()),
                    () = &mut stopped => return fails(Failure::stopped(), began.elapsed()),
                }
            }
            tokio::select! {
                () = sleep(self.delay / 2) => {}
                () = &mut stopped => return fails(Failure::stopped(), began.elapsed()),
            }
            let there = began.elapsed();
            let asked = Instant::now();
            let reply = call(patience.saturating_sub(self.delay)).await;
            let back = Instant::now();
            tokio::select! {
                () = sleep(self.delay / 2) => {}
                () = &mut stopped => {} // the answer is there, and nobody has to wait for it any more
            }
            Trip { reply: Ok(reply), took: back - asked, injected: there + back.elapsed(), call: (asked, back) }
        })
        .await
    }
}

/// The receipt of a call that was not made.
pub(crate) fn receipt_of(failure: &Failure, took: Duration, injected: Duration) -> Receipt {
    Receipt {
        outcome: failure.outcome,
        sent: None,
        reply: Reply::of(&failure.reason),
        took_us: took.as_micros() as u64,
        injected_us: injected.as_micros() as u64,
        held_us: 0,
    }
}
