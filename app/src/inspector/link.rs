//! A link: who asks whom, and what travels along it.

use super::issues::Issues;
use super::{HEADING, focus_soon, show};
use crate::editor::{Editor, Selection};
use aside_domain::{Kind, Link, NodeId, Subject};
use leptos::prelude::*;

/// The settings of a link.
#[component]
pub fn LinkPanel(
    /// The link.
    link: Link,
) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let end = move |id: NodeId| {
        Memo::new(move |_| {
            editor.revision().track();
            editor.with(|scenario| scenario.graph.node(&id).map(|node| (node.name.to_string(), node.kind())))
        })
    };
    let (from, to) = (end(link.from.clone()), end(link.to.clone()));
    let name = |end: Memo<Option<(String, Kind)>>| move || end.get().map(|(name, _)| name).unwrap_or_default();
    let travels = move || match (from.get().map(|end| end.1), to.get().map(|end| end.1)) {
        (Some(from), Some(to)) => what_travels(from, to),
        _ => "",
    };
    let select = move |id: NodeId| move |_| show(editor, Selection::Node(id.clone()));
    let delete = {
        let link = link.clone();
        move |_| {
            if editor.apply_if(editor.with(|scenario| scenario.disconnect(&link))) {
                focus_soon(HEADING);
            }
        }
    };
    view! {
        <header class="inspector-head">
            <h2 id=HEADING tabindex="-1">
                <span class="kind">"Link"</span>
                " "
                <span class="name">{name(from)} " → " {name(to)}</span>
            </h2>
        </header>
        <section class="inspector-part">
            <p>
                <button type="button" class="mention" on:click=select(link.from.clone())>{name(from)}</button>
                " asks, "
                <button type="button" class="mention" on:click=select(link.to.clone())>{name(to)}</button>
                " answers along the same line."
            </p>
            <p class="quiet">{travels}</p>
            <Issues about=Subject::Link(link) />
        </section>
        <footer class="inspector-foot">
            <button type="button" class="danger" on:click=delete>
                "Delete link"
            </button>
        </footer>
    }
}

/// What travels from a node of one kind to one of another.
const fn what_travels(from: Kind, to: Kind) -> &'static str {
    match (from, to) {
        (Kind::Client, Kind::Server) => {
            "The client's requests go out, and the server's answers come back: 200 with the value, 404 where there is none, 503 where nobody could tell."
        }
        (Kind::Server, Kind::Redis) => {
            "GET asks for a key; the reply is its value, a hit, or nil, a miss. After a miss, SET … EX fills in what the database had, for the server's TTL."
        }
        (Kind::Server, Kind::Postgres) => {
            "SELECT looks for a row when no cache had the key; the reply is the row, or none. The database never talks to the cache."
        }
        _ => "",
    }
}
