//! A link: who asks whom, and what travels along it.

use super::issues::issues;
use super::{HEADING, focus_soon, foot, mention};
use crate::editor::Editor;
use crate::view::{text, view};
use aside_domain::{Kind, Link, Node, NodeId, Subject};
use leptos::prelude::*;

/// The settings of a link.
pub fn link_panel(editor: Editor, link: Link) -> AnyView {
    let name = |id: NodeId| {
        text(move || {
            editor.revision().track();
            editor.with(|scenario| scenario.graph.node(&id).map(|node| node.name.to_string())).unwrap_or_default()
        })
    };
    let (from, to) = (name(link.from.clone()), name(link.to.clone()));
    let travels = {
        let link = link.clone();
        text(move || {
            editor.revision().track();
            let kind = |id: &NodeId| editor.with(|scenario| scenario.graph.node(id).map(Node::kind));
            kind(&link.from).zip(kind(&link.to)).map_or("", |(from, to)| what_travels(from, to)).to_owned()
        })
    };
    let delete = {
        let link = link.clone();
        move || {
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
                <span class="name">{from} " → " {to}</span>
            </h2>
        </header>
        <section class="inspector-part">
            <p>
                {mention(editor, link.from.clone(), from)} " asks, " {mention(editor, link.to.clone(), to)}
                " answers along the same line."
            </p>
            <p class="quiet">{travels}</p>
            {issues(Subject::Link(link))}
        </section>
        {foot("Delete link", Box::new(delete))}
    }
    .into_any()
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
