//! A Postgres node: its rows as they are in Postgres now, and how often it was asked.

use super::content::Holds;
use super::entry_table::entry_table;
use super::redis::{figure, size, tallied};
use super::shelf::Shelf;
use crate::view::view;
use aside_domain::NodeId;
use leptos::prelude::*;

/// What a Postgres node holds.
pub fn postgres_data(id: NodeId) -> AnyView {
    let shelf = Shelf::new(Holds::Rows, id.clone());
    view! {
        <dl class="figures">
            {figure("Rows", size(shelf))} {figure("Queries", tallied(&id, |tally| tally.asked.to_string()))}
            {figure("Failures", tallied(&id, |tally| tally.failures.to_string()))}
        </dl>
        <section class="inspector-part">
            <p class="quiet">
                "The rows are the source of truth. Editing one here does not touch the cache: a cached copy stays as it was until it expires or is deleted."
            </p>
        </section>
        {entry_table(shelf, "This database has no rows: every read that reaches it ends in 404. Add one.")}
    }
    .into_any()
}
