//! A server: how long its fills stay, and whom it asks.

use super::field::{Field, ttl_s};
use super::{configure, mention, settings};
use crate::editor::Editor;
use crate::view::{dynamic, text, view};
use aside_domain::{Kind, NodeId, Settings, limits};
use leptos::prelude::*;

/// The settings of a server.
pub fn server_settings(editor: Editor, id: NodeId) -> AnyView {
    let ttl = {
        let id = id.clone();
        text(move || match settings(editor, &id) {
            Some(Settings::Server(server)) => server.ttl_s.to_string(),
            _ => String::new(),
        })
    };
    let change = {
        let id = id.clone();
        move |typed: String| {
            let to = ttl_s(&typed)?;
            configure(editor, &id, &mut |settings| match settings {
                Settings::Server(server) if server.ttl_s != to => {
                    server.ttl_s = to;
                    true
                }
                _ => false,
            });
            Ok(())
        }
    };
    let asked = dynamic(move || {
        editor.revision().track();
        path(editor, targets(editor, &id, Kind::Redis), targets(editor, &id, Kind::Postgres))
    });
    view! {
        <section class="inspector-part">
            <Field id="inspector-ttl" label="TTL (seconds)" max=limits::TTL_S value=ttl commit=Box::new(change) />
            <p class="quiet">
                "How long what this server fills into a cache stays there. Nobody tells the cache when a row changes: the TTL bounds how old an answer can be."
            </p>
        </section>
        <section class="inspector-part" aria-labelledby="inspector-asks">
            <h3 id="inspector-asks">"Whom it asks"</h3>
            {asked}
        </section>
    }
    .into_any()
}

/// The nodes of a kind that a server is linked to, in link order, with their names.
fn targets(editor: Editor, server: &NodeId, kind: Kind) -> Vec<(NodeId, String)> {
    editor.with(|scenario| {
        let graph = &scenario.graph;
        let links = graph.links.iter().filter(|link| link.from == *server);
        let nodes = links.filter_map(|link| graph.node(&link.to)).filter(|node| node.kind() == kind);
        nodes.map(|node| (node.id.clone(), node.name.to_string())).collect()
    })
}

/// The way of a read, in words.
fn path(editor: Editor, caches: Vec<(NodeId, String)>, databases: Vec<(NodeId, String)>) -> AnyView {
    let step = |words: &'static str, (id, name): (NodeId, String)| {
        view! { <li>{words} {mention(editor, id, text(move || name.clone()))}</li> }.into_any()
    };
    let count = caches.len();
    let database = databases.into_iter().next();
    let end = match (count, database.is_some()) {
        (0, false) => "It is linked to no store: every request ends in 404.",
        (0, true) => "There is no cache: every read goes to the database.",
        (_, false) => "There is no database: a miss in every cache ends in 404.",
        (1, true) => "What the database has is then filled into the cache.",
        (_, true) => "What the database has is then filled into every cache that missed.",
    };
    let cache = |(index, cache)| step(if index == 0 { "asks the cache " } else { "on a miss, asks the cache " }, cache);
    let database = database.map(|database| {
        step(if count == 0 { "queries the database " } else { "on a miss, queries the database " }, database)
    });
    view! {
        <ol class="steps">
            {caches.into_iter().enumerate().map(cache).collect::<Vec<_>>()} {database}
        </ol>
        <p class="quiet">{end}</p>
    }
    .into_any()
}
