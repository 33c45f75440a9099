//! A Postgres node: its rows as they are in Postgres now, and how often it was asked.

use super::entry_table::EntryTable;
use super::redis::{Figure, size, tally_of};
use super::shelf::{Holds, Shelf};
use aside_domain::NodeId;
use leptos::prelude::*;

/// What a Postgres node holds.
#[component]
pub fn PostgresData(
    /// The node.
    id: NodeId,
) -> impl IntoView {
    let tally = tally_of(id.clone());
    let shelf = Shelf::new(Holds::Rows, id);
    view! {
        <dl class="figures">
            <Figure name="Rows" value=Signal::derive(move || size(shelf)) />
            <Figure name="Queries" value=Signal::derive(move || tally.get().asked.to_string()) />
            <Figure name="Failures" value=Signal::derive(move || tally.get().failures.to_string()) />
        </dl>
        <section class="inspector-part">
            <p class="quiet">
                "The rows are the source of truth. Editing one here does not touch the cache: a cached copy stays as it was until it expires or is deleted."
            </p>
        </section>
        <EntryTable shelf empty="This database has no rows: every read that reaches it ends in 404. Add one." />
    }
}
