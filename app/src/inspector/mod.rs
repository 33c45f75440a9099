//! The inspector: what is selected, to be read and to be edited.
//!
//! # Layout
//!
//! - One file for each thing that can be selected: [`client`], [`server`], [`redis`], [`postgres`], [`link`], and
//!   [`drawing`] for nothing, [`many`] for several; what all nodes have is here.
//! - [`shelf`] looks at what a store node holds now, [`content`] keeps it, [`entry_table`] and [`entry_form`] show and
//!   edit it, for both stores.
//! - [`traffic`] is the other thing that a client can send, and what comes of it.
//! - [`server_figures`] tells what a server did, [`live_service`] where other programs can ask it.
//! - [`field`], [`controls`], [`issues`] and [`icon`] are the small parts.
//!
//! Settings go into the scenario as changes that can be undone. What the stores hold is no part of the drawing: it is read
//! from the real store, and edited there.

mod client;
mod content;
mod controls;
mod drawing;
mod entry_form;
mod entry_table;
mod field;
mod icon;
mod issues;
mod link;
mod live_service;
mod many;
mod postgres;
mod redis;
mod server;
mod server_figures;
mod shelf;
pub mod traffic;

use crate::browser;
use crate::editor::Editor;
use crate::selection::Part;
use crate::state::Memo;
use crate::view::{dynamic, effect, text, view};
use crate::workbench::bench;
use aside_domain::{Kind, LinkId, Name, Node, NodeId, Settings, Subject};
use client::client_settings;
use drawing::drawing;
use field::Field;
use issues::issues;
use leptos::prelude::*;
use link::link_panel;
use many::many;
use postgres::postgres_data;
use redis::redis_data;
use server::server_settings;
use web_sys::HtmlElement;

/// The id of the panel's heading. The canvas moves the focus there when the inspector is to be opened.
pub const HEADING: &str = "inspector-heading";

/// What the inspector is about. A node of another kind under the same id is another topic.
enum Topic {
    Drawing,
    Node(NodeId, Kind),
    Link(LinkId),
    Many,
}

impl Topic {
    /// What is selected; tracks it.
    fn of(editor: Editor) -> Self {
        let selection = editor.selection().get();
        match selection.only() {
            Some(Part::Node(id)) => {
                let kind = editor.node(id).map(|node| node.with(Node::kind));
                kind.map_or(Self::Drawing, |kind| Self::Node(id.clone(), kind))
            }
            Some(Part::Link(link)) => Self::Link(link.clone()),
            None if selection.is_empty() => Self::Drawing,
            None => Self::Many,
        }
    }

    /// In words, different for each topic.
    fn words(&self) -> String {
        match self {
            Self::Drawing => String::new(),
            Self::Node(id, kind) => format!("{kind} {id}"),
            Self::Link(link) => format!("{} → {}", link.from, link.to),
            Self::Many => "many".to_owned(),
        }
    }
}

/// The inspector of what is selected.
#[component]
pub fn Inspector() -> impl IntoView {
    let editor = bench().editor;
    let topic = settled(text(move || Topic::of(editor).words()));
    effect(move || {
        topic.get();
        if let Some(panel) = browser::find::<HtmlElement>(".inspector") {
            panel.set_scroll_top(0);
        }
    });
    let content = move || match Topic::of(editor) {
        Topic::Drawing => drawing(editor),
        Topic::Node(id, kind) => node_panel(editor, id, kind),
        Topic::Link(link) => link_panel(editor, link),
        Topic::Many => many(editor),
    };
    view! {
        <section class="inspector" aria-label="Inspector">
            {dynamic(move || {
                topic.get();
                untrack(content)
            })}
        </section>
    }
}

/// What every node has: a name, its issues, a button that deletes it; and between them what its kind has.
fn node_panel(editor: Editor, id: NodeId, kind: Kind) -> AnyView {
    let Some(node) = editor.node(&id) else { return ().into_any() };
    let name = text(move || node.with(|node| node.name.to_string()));
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
        move || {
            if editor.apply_if(editor.with(|scenario| scenario.remove(&id))) {
                focus_soon(HEADING);
            }
        }
    };
    let body = {
        let id = id.clone();
        match kind {
            Kind::Client => client_settings(editor, id),
            Kind::Server => server_settings(editor, id),
            Kind::Redis => redis_data(id),
            Kind::Postgres => postgres_data(id),
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
            <Field id="inspector-name" label="Name" value=name commit=Box::new(rename) />
            {issues(Subject::Node(id))}
        </section>
        {body}
        {foot("Delete node", Box::new(delete))}
    }
    .into_any()
}

/// The end of a panel: the button that deletes what it is about.
fn foot(label: &'static str, delete: Box<dyn Fn()>) -> AnyView {
    view! {
        <footer class="inspector-foot">
            <button type="button" class="danger" on:click=move |_| delete()>
                {label}
            </button>
        </footer>
    }
    .into_any()
}

/// A node's name in a sentence, as a button that leads to it.
fn mention(editor: Editor, id: NodeId, name: Signal<String>) -> AnyView {
    view! {
        <button type="button" class="mention" on:click=move |_| show(editor, Part::Node(id.clone()))>
            {name}
        </button>
    }
    .into_any()
}

/// The same value, waking only when it differs from before.
fn settled<T: Clone + PartialEq + Send + Sync + 'static>(value: Signal<T>) -> Signal<T> {
    let value = Memo::new(move || value.get());
    Signal::derive(move || value.get())
}

/// The settings of a node; tracks it.
fn settings(editor: Editor, id: &NodeId) -> Option<Settings> {
    editor.node(id).map(|node| node.with(|node| node.settings.clone()))
}

/// Changes the settings of a node, if they are of the kind that `edit` expects and it says that there is something to do.
fn configure(editor: Editor, id: &NodeId, edit: &mut dyn FnMut(&mut Settings) -> bool) -> bool {
    let change = editor.with(|scenario| {
        let mut settings = scenario.graph.node(id)?.settings.clone();
        edit(&mut settings).then(|| scenario.configure(id, settings)).flatten()
    });
    editor.apply_if(change)
}

/// Selects something and moves the focus to its heading, because the button that was pressed is gone.
fn show(editor: Editor, part: Part) {
    editor.select(part);
    focus_soon(HEADING);
}

/// Moves the focus to the element of that id, once the screen has caught up.
fn focus_soon(id: impl Into<String>) {
    focus_soon_on(id.into());
}

fn focus_soon_on(id: String) {
    request_animation_frame(move || {
        if let Some(element) = browser::find::<HtmlElement>(&format!("#{id}")) {
            // An element that cannot take the focus leaves it where it is.
            let _ = element.focus();
        }
    });
}

/// "keys" as "Keys".
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// A refusal as a sentence: "a key cannot be empty" becomes "A key cannot be empty."
fn sentence(refusal: impl std::fmt::Display) -> String {
    let mut text = capital(&refusal.to_string());
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// "1 key", "2 keys".
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
