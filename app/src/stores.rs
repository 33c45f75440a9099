//! What the store nodes hold, as far as the cards tell it: how many keys and rows.

use crate::api;
use crate::live::Live;
use crate::transport::Player;
use aside_domain::{NodeId, Status};
use leptos::prelude::*;
use std::collections::HashMap;

/// How much the store nodes hold: a cheap handle, found in context.
#[derive(Clone, Copy)]
pub struct Stores {
    sizes: RwSignal<HashMap<NodeId, u64>>,
}

impl Stores {
    /// Counts when the sandbox opens and whenever data changed. While a run plays the count waits for its end, so that
    /// a card does not tell what its packets have yet to show.
    #[must_use]
    pub fn new(live: Live, player: Player) -> Self {
        let stores = Self { sizes: RwSignal::default() };
        let counted = StoredValue::new(None);
        Effect::new(move |_| {
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
            live.ask(api::sizes, move |sizes| stores.sizes.set(sizes.into_iter().collect()));
        });
        stores
    }

    /// How much a store node holds; none if it is not known.
    #[must_use]
    pub fn size(&self, node: &NodeId) -> Option<u64> {
        self.sizes.with(|sizes| sizes.get(node).copied())
    }
}
