//! The inspector: what is selected, to be read and to be edited.
//!
//! # Layout
//!
//! - One file for each thing that can be selected: [`client`], [`server`], [`redis`], [`postgres`], [`link`], and
//!   [`drawing`] for nothing; what all nodes have is here.
//! - [`shelf`] is what a store node holds now, [`entry_table`] and [`entry_form`] show and edit it, for both stores.
//! - [`field`], [`issues`] and [`icon`] are the small parts.
//!
//! Settings go into the scenario as changes that can be undone. What the stores hold is no part of the drawing: it is read
//! from the real store, and edited there.

mod client;
mod drawing;
mod entry_form;
mod entry_table;
mod field;
mod icon;
mod issues;
mod link;
mod postgres;
mod redis;
mod server;
mod shelf;

use crate::editor::{Editor, Selection};
use aside_domain::{Kind, Link, Name, Node, NodeId, Settings, Subject};
use client::ClientSettings;
use drawing::Drawing;
use field::Field;
use issues::Issues;
use leptos::html;
use leptos::prelude::*;
use link::LinkPanel;
use postgres::PostgresData;
use redis::RedisData;
use server::ServerSettings;
use wasm_bindgen::JsCast;

/// The id of the panel's heading. The canvas moves the focus there when the inspector is to be opened.
pub const HEADING: &str = "inspector-heading";

/// What the inspector is about. A node of another kind under the same id is another topic.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Topic {
    Drawing,
    Node(NodeId, Kind),
    Link(Link),
}

impl Topic {
    /// What is selected; tracks it.
    fn of(editor: Editor) -> Self {
        match editor.selection().get() {
            Some(Selection::Node(id)) => {
                let kind = editor.node(&id).map(|node| node.with(Node::kind));
                kind.map_or(Self::Drawing, |kind| Self::Node(id, kind))
            }
            Some(Selection::Link(link)) => Self::Link(link),
            None => Self::Drawing,
        }
    }
}

/// The inspector of what is selected.
#[component]
pub fn Inspector() -> impl IntoView {
    let editor = expect_context::<Editor>();
    let topic = Memo::new(move |_| Topic::of(editor));
    let panel = NodeRef::<html::Aside>::new();
    Effect::new(move |_| {
        topic.track();
        if let Some(panel) = panel.get_untracked() {
            panel.set_scroll_top(0);
        }
    });
    view! {
        <aside node_ref=panel class="inspector" aria-label="Inspector">
            {move || match topic.get() {
                Topic::Drawing => view! { <Drawing /> }.into_any(),
                Topic::Node(id, kind) => view! { <NodePanel id kind /> }.into_any(),
                Topic::Link(link) => view! { <LinkPanel link /> }.into_any(),
            }}
        </aside>
    }
}

/// What every node has: a name, its issues, a button that deletes it; and between them what its kind has.
#[component]
fn NodePanel(
    /// The node.
    id: NodeId,
    /// What it is.
    kind: Kind,
) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let Some(node) = editor.node(&id) else { return ().into_any() };
    let name = {
        let node = node.clone();
        Memo::new(move |_| node.with(|node| node.name.to_string()))
    };
    let settings = Memo::new(move |_| node.with(|node| node.settings.clone()));
    let rename = {
        let id = id.clone();
        move |typed: String| {
            let to = Name::new(typed.trim()).map_err(sentence)?;
            if to.as_str() != name.get_untracked() {
                editor.apply_if(editor.with(|scenario| scenario.rename(&id, to)));
            }
            Ok(())
        }
    };
    let delete = {
        let id = id.clone();
        move |_| {
            if editor.apply_if(editor.with(|scenario| scenario.remove(&id))) {
                focus_soon(HEADING);
            }
        }
    };
    let body = {
        let id = id.clone();
        match kind {
            Kind::Client => view! { <ClientSettings id settings /> }.into_any(),
            Kind::Server => view! { <ServerSettings id settings /> }.into_any(),
            Kind::Redis => view! { <RedisData id /> }.into_any(),
            Kind::Postgres => view! { <PostgresData id /> }.into_any(),
        }
    };
    view! {
        <header class="inspector-head" data-tint=kind.word()>
            <h2 id=HEADING tabindex="-1">
                <span class="kind">{kind.label()}</span>
                " "
                <span class="name">{name}</span>
            </h2>
        </header>
        <section class="inspector-part">
            <Field id="inspector-name" label="Name" value=name commit=rename />
            <Issues about=Subject::Node(id) />
        </section>
        {body}
        <footer class="inspector-foot">
            <button type="button" class="danger" on:click=delete>
                "Delete node"
            </button>
        </footer>
    }
    .into_any()
}

/// Changes the settings of a node, if they are of the kind that `edit` expects and it says that there is something to do.
fn configure(editor: Editor, id: &NodeId, edit: impl FnOnce(&mut Settings) -> bool) -> bool {
    let change = editor.with(|scenario| {
        let mut settings = scenario.graph.node(id)?.settings.clone();
        edit(&mut settings).then(|| scenario.configure(id, settings)).flatten()
    });
    editor.apply_if(change)
}

/// Selects something and moves the focus to its heading, because the button that was pressed is gone.
fn show(editor: Editor, selection: Selection) {
    editor.select(Some(selection));
    focus_soon(HEADING);
}

/// Moves the focus to the element of that id, once the screen has caught up.
fn focus_soon(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || {
        let element = document().get_element_by_id(&id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            // An element that cannot take the focus leaves it where it is.
            let _ = element.focus();
        }
    });
}

/// A refusal as a sentence: "a key cannot be empty" becomes "A key cannot be empty."
fn sentence(refusal: impl std::fmt::Display) -> String {
    let text = refusal.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let mut text: String = first.into_iter().flatten().chain(letters).collect();
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// "1 key", "2 keys".
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
