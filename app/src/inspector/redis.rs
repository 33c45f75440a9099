//! A Redis node: its keys as they are in Redis now, and how well it served.

use super::content::Holds;
use super::entry_table::entry_table;
use super::server_figures::hit_rate;
use super::shelf::Shelf;
use crate::view::{text, view};
use crate::workbench::bench;
use aside_domain::{NodeId, Tally};
use leptos::prelude::*;

/// What a Redis node holds.
pub fn redis_data(id: NodeId) -> AnyView {
    let shelf = Shelf::new(Holds::Keys, id.clone());
    let empty = "Redis holds no key for this node. Run a request that misses, and the server fills one in; or add one.";
    view! {
        <dl class="figures">
            {figure("Keys", size(shelf))} {figure("Hits", tallied(&id, |tally| tally.hits.to_string()))}
            {figure("Misses", tallied(&id, |tally| tally.misses.to_string()))} {figure("Hit rate", tallied(&id, hit_rate))}
        </dl>
        {entry_table(shelf, empty)}
    }
    .into_any()
}

/// What a node did in all runs so far.
pub fn tallied(node: &NodeId, figure: fn(&Tally) -> String) -> Signal<String> {
    let live = bench().live;
    let node = node.clone();
    text(move || {
        live.version().track();
        figure(&live.with_timeline(|timeline| timeline.tallies.get(&node).copied().unwrap_or_default()))
    })
}

/// How many entries there are.
pub fn size(shelf: Shelf) -> Signal<String> {
    text(move || shelf.count().map_or_else(|| "–".to_owned(), |count| count.to_string()))
}

/// One number with its name.
pub fn figure(name: &'static str, value: Signal<String>) -> AnyView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}
