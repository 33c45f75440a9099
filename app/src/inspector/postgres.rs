//! A Postgres node: its rows as they are in Postgres now, what lies under them, and how often it was asked.

use super::configure;
use super::content::Holds;
use super::controls::choice;
use super::entry_table::entry_table;
use super::redis::{figure, size, tallied};
use super::shelf::Shelf;
use crate::state::StoredValue;
use crate::view::{text, view};
use crate::workbench::bench;
use aside_domain::{DataSet, NodeId, Settings, grouped};
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
            {data_set(id)}
        </section>
        {entry_table(shelf, "This database has no rows of its own. A key that nothing has ends in 404. Add one.")}
    }
    .into_any()
}

/// The data set under the rows, to be chosen, and what it means.
fn data_set(id: NodeId) -> AnyView {
    let editor = bench().editor;
    let id = StoredValue::new(id);
    // The one that is chosen, and the one that lies there: traffic brings one along.
    let now = move || {
        editor.revision().track();
        id.with_value(|id| {
            editor.with(|scenario| {
                let chosen = match scenario.graph.node(id).map(|node| &node.settings) {
                    Some(Settings::Postgres(postgres)) => postgres.data_set,
                    _ => None,
                };
                (chosen, scenario.graph.data_set(id))
            })
        })
    };
    let value = text(move || now().0.map_or("", DataSet::word).to_owned());
    let options = [("", "none")].into_iter().chain(DataSet::ALL.map(|set| (set.word(), set.word()))).collect();
    let choose = move |word: String| {
        let set = DataSet::ALL.into_iter().find(|set| set.word() == word);
        id.with_value(|id| {
            configure(editor, id, &mut |settings| match settings {
                Settings::Postgres(postgres) => std::mem::replace(&mut postgres.data_set, set) != set,
                _ => false,
            })
        });
    };
    let why = text(move || {
        let (chosen, set) = now();
        let Some(set) = set else { return "Nothing lies under these rows.".to_owned() };
        let (rows, last) = (grouped(set.keys().into()), set.key(set.keys()));
        let why = if chosen.is_none() { ", for the traffic that reaches them" } else { "" };
        format!("{rows} rows lie under these, shared and read-only{why}: {} to {last}.", set.key(1))
    });
    view! {
        {choice("inspector-data-set".to_owned(), "Data set".to_owned(), false, options, value, Box::new(choose))}
        <p class="quiet">{why}</p>
    }
    .into_any()
}
