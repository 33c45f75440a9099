//! A node's card: what matters of it at a glance, its ports, and what validation says of it.

use super::hands::{Hands, focus};
use crate::editor::{Editor, Selection};
use crate::stores::Stores;
use crate::transport::Player;
use aside_domain::{Kind, Node, NodeId, Settings, Severity, Status, Tally};
use leptos::prelude::*;

/// A node's card.
#[component]
pub fn Card(
    /// The node.
    id: NodeId,
    /// Whether the visitor may change the drawing.
    editable: bool,
) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let hands = expect_context::<Hands>();
    let Some(node) = editor.node(&id) else {
        return ().into_any();
    };
    let kind = node.with_untracked(Node::kind);
    let name = {
        let node = node.clone();
        Memo::new(move |_| node.with(|node| node.name.to_string()))
    };
    let at = Memo::new(move |_| node.with(|node| node.at));
    let findings = editor.findings();
    let issues = {
        let id = id.clone();
        Memo::new(move |_| findings.with(|findings| findings.about(&id)))
    };
    let is_selected = {
        let id = id.clone();
        Memo::new(move |_| editor.selection().with(|selection| *selection == Some(Selection::Node(id.clone()))))
    };
    let link_state = {
        let id = id.clone();
        move || {
            hands.preview().with(|preview| {
                let preview = preview.as_ref()?;
                if preview.from == id {
                    return Some("source");
                }
                let (target, verdict) = preview.target.as_ref()?;
                (*target == id).then(|| if verdict.is_ok() { "allowed" } else { "refused" })
            })
        }
    };
    let (pressed, port, focused) = (id.clone(), id.clone(), id.clone());
    view! {
        <div
            class="card"
            class:selected=is_selected
            data-node-id=id.to_string()
            data-kind=kind.word()
            data-linking=link_state
            role="group"
            tabindex="0"
            aria-label=move || format!("{}: {}", kind.label(), name.get())
            aria-roledescription="node"
            style:transform=move || format!("translate({}px, {}px)", at.get().x, at.get().y)
            on:pointerdown=move |event| {
                if editable {
                    event.stop_propagation();
                    hands.press_node(&event, &pressed);
                    if let Some(card) = super::hands::card_of(&pressed) {
                        focus(&card);
                    }
                }
            }
            on:focus=move |_| {
                if hands.preview().with_untracked(Option::is_none) {
                    editor.select(Some(Selection::Node(focused.clone())));
                }
            }
        >
            <div class="card-head">
                <span class="card-kind">{kind.label()}</span>
                <span class="card-name" title=move || name.get()>{move || name.get()}</span>
                {(kind == Kind::Client).then(|| view! { <RunButton id=id.clone() name /> })}
            </div>
            <div class="card-body">
                <Facts id=id.clone() kind />
            </div>
            <Show when=move || issues.with(|issues| !issues.is_empty())>
                <p class="card-issue" data-severity=move || severity_word(issues.with(|issues| issues.first().map(|i| i.severity)))>
                    {move || issues.with(|issues| issues.first().map(|issue| issue.message.clone()))}
                </p>
            </Show>
            {(kind != Kind::Client).then(|| view! { <span class="port in" data-port="in" aria-hidden="true"></span> })}
            {(!kind.is_store())
                .then(|| {
                    view! {
                        <span
                            class="port out"
                            data-port="out"
                            aria-hidden="true"
                            title="Drag to a node to link it"
                            on:pointerdown=move |event| {
                                if editable {
                                    hands.press_port(&event, &port);
                                }
                            }
                        ></span>
                    }
                })}
        </div>
    }
    .into_any()
}

/// The word for a severity in markup.
#[must_use]
pub const fn severity_word(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Blocked) => "blocked",
        Some(Severity::Warning) => "warning",
        Some(Severity::Note) | None => "note",
    }
}

/// The run button on a client's card.
#[component]
fn RunButton(id: NodeId, #[prop(into)] name: Signal<String>) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let player = expect_context::<Player>();
    let can_run = {
        let id = id.clone();
        move || !player.view().is_asking.get() && editor.findings().with(|findings| findings.clients.contains(&id))
    };
    view! {
        <button
            type="button"
            class="run-client"
            aria-label=move || format!("Play {}", name.get())
            title="Send this client's requests"
            disabled=move || !can_run()
            on:pointerdown=|event| event.stop_propagation()
            on:click=move |_| player.play(Some(vec![id.clone()]))
        >
            <svg viewBox="0 0 16 16" aria-hidden="true">
                <path d="M4 2.5v11l9-5.5z" fill="currentColor" />
            </svg>
        </button>
    }
}

/// What a card tells: of a client and a server what they are set to, of a store what it holds and what it did up to the
/// moment that is shown.
#[component]
fn Facts(id: NodeId, kind: Kind) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let stores = expect_context::<Stores>();
    let player = expect_context::<Player>();
    let settings = {
        let node = editor.node(&id);
        Memo::new(move |_| node.as_ref().map(|node| node.with(|node| node.settings.clone())))
    };
    let tally = {
        let id = id.clone();
        Memo::new(move |_| stores.tally(&id))
    };
    let size = Memo::new(move |_| stores.size(&id));
    let lines = move || match settings.get() {
        Some(Settings::Client(client)) => {
            let first: Vec<String> = client.requests.iter().take(3).map(ToString::to_string).collect();
            let more = client.requests.len().saturating_sub(3);
            let rest = if more > 0 { format!(" +{more}") } else { String::new() };
            (count(client.requests.len() as u64, "request"), first.join(", ") + &rest)
        }
        Some(Settings::Server(server)) => ("cache-aside".to_owned(), format!("fills with TTL {} s", server.ttl_s)),
        Some(Settings::Redis(_)) => {
            let Tally { hits, misses, failures, .. } = tally.get();
            (
                held(size.get(), "key"),
                format!("{}, {}", count(hits, "hit"), plural(misses, "miss", "misses")) + &failed(failures),
            )
        }
        Some(Settings::Postgres(_)) => {
            let Tally { asked, failures, .. } = tally.get();
            (held(size.get(), "row"), plural(asked, "query", "queries") + &failed(failures))
        }
        None => Default::default(),
    };
    let is_idle = move || player.view().status.get() == Status::Empty;
    view! {
        <span class="card-fact">{move || lines().0}</span>
        <span class="card-detail" class:faint=move || kind.is_store() && is_idle()>
            {move || lines().1}
        </span>
    }
}

fn held(size: Option<u64>, what: &str) -> String {
    size.map_or_else(|| format!("– {what}s"), |size| count(size, what))
}

fn failed(failures: u64) -> String {
    if failures == 0 { String::new() } else { format!(", {failures} failed") }
}

fn count(number: u64, what: &str) -> String {
    plural(number, what, &format!("{what}s"))
}

fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
