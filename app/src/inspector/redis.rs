//! A Redis node: its keys as they are in Redis now, and how well it served.

use super::entry_table::EntryTable;
use super::shelf::{Holds, Shelf};
use crate::live::Live;
use aside_domain::{NodeId, Tally};
use leptos::prelude::*;

/// What a Redis node holds.
#[component]
pub fn RedisData(
    /// The node.
    id: NodeId,
) -> impl IntoView {
    let tally = tally_of(id.clone());
    let shelf = Shelf::new(Holds::Keys, id);
    let rate = move || tally.get().hit_rate().map_or_else(|| "–".to_owned(), |rate| format!("{:.1} %", rate * 100.0));
    view! {
        <dl class="figures">
            <Figure name="Keys" value=Signal::derive(move || size(shelf)) />
            <Figure name="Hits" value=Signal::derive(move || tally.get().hits.to_string()) />
            <Figure name="Misses" value=Signal::derive(move || tally.get().misses.to_string()) />
            <Figure name="Hit rate" value=Signal::derive(rate) />
        </dl>
        <EntryTable shelf empty="Redis holds no key for this node. Run a request that misses, and the server fills one in; or add one." />
    }
}

/// What a node did in all runs so far.
pub fn tally_of(node: NodeId) -> Memo<Tally> {
    let live = expect_context::<Live>();
    Memo::new(move |_| {
        live.version().track();
        live.with_timeline(|timeline| timeline.tallies.get(&node).copied().unwrap_or_default())
    })
}

/// How many entries there are.
pub fn size(shelf: Shelf) -> String {
    shelf.count().map_or_else(|| "–".to_owned(), |count| count.to_string())
}

/// One number with its name.
#[component]
pub fn Figure(
    /// The name.
    name: &'static str,
    /// The number.
    value: Signal<String>,
) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
}
