//! What a server did: its reads, in the run that is shown and in the whole sandbox.

use crate::state::{Memo, StoredValue};
use crate::transport::words;
use crate::view::{text, view};
use crate::workbench::bench;
use aside_domain::{NodeId, Tally, decimal};
use leptos::prelude::*;

/// A figure's name, and how it is read from a tally.
type Figure = (&'static str, fn(&Tally) -> String);

const FIGURES: [Figure; 7] = [
    ("Reads", |tally| tally.reads().to_string()),
    ("Hits", |tally| tally.hits.to_string()),
    ("Misses", |tally| tally.misses.to_string()),
    ("Hit rate", hit_rate),
    ("Failed requests", |tally| tally.failures.to_string()),
    ("Stale reads", |tally| tally.stale.to_string()),
    ("Longest staleness", longest_staleness),
];

/// Of hits whose rows nobody saw change it is not known.
fn longest_staleness(tally: &Tally) -> String {
    match (tally.stale, tally.stalest_us) {
        (0, _) => "–".to_owned(),
        (_, 0) => "not known".to_owned(),
        (_, us) => words::about(us),
    }
}

/// The part of the reads that a cache answered.
pub fn hit_rate(tally: &Tally) -> String {
    tally.hit_rate().map_or_else(|| "–".to_owned(), |rate| format!("{} %", decimal(rate * 100.0, 1)))
}

/// A server's figures.
pub fn figures(id: NodeId) -> AnyView {
    let (live, player) = (bench().live, bench().player);
    let server = StoredValue::new(id);
    let in_run = Memo::new(move || {
        player.view().edition.track();
        player.view().run.track();
        player
            .with_shown(|run, _, _| server.with_value(|id| run.own_tallies().remove(id)))
            .flatten()
            .unwrap_or_default()
    });
    let in_all = Memo::new(move || {
        live.version().track();
        live.with_timeline(|timeline| server.with_value(|id| timeline.tallies.get(id).copied())).unwrap_or_default()
    });
    let row = |(name, read): Figure| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{text(move || read(&in_run.get()))}</td>
                <td>{text(move || read(&in_all.get()))}</td>
            </tr>
        }
        .into_any()
    };
    view! {
        <section class="inspector-part" aria-labelledby="inspector-figures">
            <h3 id="inspector-figures">"What it did"</h3>
            <table class="tallies" aria-label="What it did">
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">"This run"</th>
                        <th scope="col">"Sandbox"</th>
                    </tr>
                </thead>
                <tbody>{FIGURES.into_iter().map(row).collect::<Vec<_>>()}</tbody>
            </table>
            <p class="quiet">
                "Stale is what the observer says: it compares each hit with its row of that moment, beside the request. Nothing of it is timed or counted as part of the request."
            </p>
        </section>
    }
    .into_any()
}
