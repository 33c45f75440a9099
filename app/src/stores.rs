//! What the cards tell of the store nodes: how many keys and rows they hold, and what they did up to the moment that is
//! shown; and how the servers' circuit breakers stand at that moment.

use crate::api;
use crate::live::{Connection, Live};
use crate::state::{Memo, RwSignal, StoredValue};
use crate::transport::Player;
use crate::view::effect;
use aside_domain::timeline::Run;
use aside_domain::{BreakerNow, Held, NodeId, Status, Tally, Timeline};
use leptos::prelude::{on_cleanup, set_interval_with_handle};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often is looked whether a stale key is still there.
const STALE: Duration = Duration::from_secs(5);

/// What the cards tell of the store nodes: a cheap handle, found in context.
#[derive(Clone, Copy)]
pub struct Stores {
    held: RwSignal<Vec<Held>>,
    breakers: Memo<Vec<BreakerNow>>,
    tallies: Memo<BTreeMap<NodeId, Tally>>,
}

impl Stores {
    /// Counts when the sandbox opens and whenever data changed. While a run plays the count waits for its end, so that
    /// a card does not tell what its packets have yet to show.
    #[must_use]
    pub fn new(live: Live, player: Player) -> Self {
        let view = player.view();
        let seen = Memo::new(move || view.position.get().floor() as usize);
        let tallies = at_the_moment(live, player, seen, |timeline| timeline.tallies.clone(), Run::tallies_at);
        let breakers = at_the_moment(live, player, seen, |timeline| timeline.breakers.clone(), Run::breakers_at);
        let stores = Self { held: RwSignal::default(), breakers, tallies };
        let counted = StoredValue::new(None);
        effect(move || {
            live.version().track();
            let status = player.view().status.get();
            let sandbox = live.sandbox().get();
            if sandbox.is_none() || status == Status::Playing {
                return;
            }
            let changes = live.with_timeline(|timeline| (timeline.data.clone(), timeline.saved.clone()));
            if counted.with_value(|counted| counted.as_ref() == Some(&changes)) {
                return;
            }
            counted.set_value(Some(changes));
            stores.count(live);
        });
        // A stale key goes when it expires, and nobody tells.
        let is_any_stale = Memo::new(move || stores.held.with(|held| held.iter().any(|held| held.stale > 0)));
        effect(move || {
            let look = move || {
                if live.connection().get_untracked() == Connection::Live {
                    stores.count(live);
                }
            };
            if is_any_stale.get()
                && let Ok(timer) = set_interval_with_handle(look, STALE)
            {
                on_cleanup(move || timer.clear());
            }
        });
        stores
    }

    fn count(self, live: Live) {
        live.ask(api::sizes, move |held| self.held.set(held));
    }

    /// What a node did, up to the moment that is shown; tracks it.
    #[must_use]
    pub fn tally(&self, node: &NodeId) -> Tally {
        self.tallies.with(|tallies| tallies.get(node).copied().unwrap_or_default())
    }

    /// How much a store node holds; none if it is not known.
    #[must_use]
    pub fn held(&self, node: &NodeId) -> Option<Held> {
        self.held.with(|held| held.iter().find(|held| held.node == *node).cloned())
    }

    /// The circuit breakers of a server that are not closed at the moment that is shown, by their caches.
    #[must_use]
    pub fn breakers(&self, server: &NodeId) -> Vec<(NodeId, &'static str)> {
        let own = |now: &&BreakerNow| now.server == *server;
        self.breakers.with(|all| all.iter().filter(own).map(|now| (now.cache.clone(), now.state.word())).collect())
    }
}

/// What is to be told up to the moment that is shown: of the run that is shown so far, or, when it is over, of everything.
fn at_the_moment<T: Clone + Default + PartialEq + Send + Sync + 'static>(
    live: Live,
    player: Player,
    seen: Memo<usize>,
    of_all: fn(&Timeline) -> T,
    of_run: fn(&Run, usize) -> T,
) -> Memo<T> {
    let view = player.view();
    Memo::new(move || {
        view.run.track();
        view.edition.track();
        let seen = seen.get();
        if matches!(view.status.get(), Status::Empty | Status::Finished) {
            live.version().track();
            return live.with_timeline(of_all);
        }
        player.with_shown(|run, _, _| of_run(run, seen)).unwrap_or_default()
    })
}
