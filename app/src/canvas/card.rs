//! A node's card: what matters of it at a glance, its ports, and what validation says of it.

use super::focus::{card_of, focus};
use super::hands::{Hands, Preview};
use crate::editor::Editor;
use crate::inspector::traffic;
use crate::selection::Part;
use crate::state::StoredValue;
use crate::view::{dynamic, maybe, text, view, when};
use crate::workbench::{Bench, bench};
use aside_domain::graph::{Client, Server};
use aside_domain::{BreakerState, Kind, Node, NodeId, Request, Scenario, Settings, Severity, Tally, Traffic};
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::PointerEvent;

/// Letters of a name, and of a detail, that surely have room.
const NAME: usize = 8;
const DETAIL: usize = 24;

/// A node's card.
#[component]
pub fn Card(
    /// The node.
    id: NodeId,
    /// Whether the visitor may change the drawing.
    editable: bool,
) -> impl IntoView {
    let editor = bench().editor;
    let hands = expect_context::<Hands>();
    let (Some(node), Some(at)) = (editor.node(&id), editor.place(&id)) else { return ().into_any() };
    let kind = node.with_untracked(Node::kind);
    let name = {
        let node = node.clone();
        text(move || node.with(|node| node.name.to_string()))
    };
    let power = maybe(move || node.with(|node| node.settings.is_off()).then(|| "off".to_owned()));
    let place = text(move || at.with(|at| format!("{}px 0 0 {}px", at.y, at.x)));
    let own = StoredValue::new(id.clone());
    let is_selected = when(move || editor.selection().with(|selection| own.with_value(|id| selection.has_node(id))));
    let linking = maybe(move || hands.preview().with(|preview| own.with_value(|id| part_in(preview.as_ref()?, id))));
    let stores = bench().stores;
    let breaker = maybe(move || breaker_of(&own.with_value(|id| stores.breakers(id))).map(str::to_owned));
    let is_stale = move || own.with_value(|id| stores.held(id)).is_some_and(|held| held.stale > 0);
    let stale = maybe(move || is_stale().then(|| "true".to_owned()));
    let is_pressed = StoredValue::new(false);
    let press = move |event: PointerEvent| {
        if editable {
            event.stop_propagation();
            let id = own.get_value();
            is_pressed.set_value(true);
            hands.press_node(&event, &id);
            if let Some(card) = card_of(&id) {
                focus(&card);
            }
            is_pressed.set_value(false);
        }
    };
    let press_port = move |event: PointerEvent| {
        if editable {
            hands.press_port(&event, &own.get_value());
        }
    };
    let take_focus = move |_| {
        // A press has said itself what it selects; and the focus alone takes nothing away from what is selected.
        let id = own.get_value();
        let is_selected = editor.selection().with_untracked(|selection| selection.has_node(&id));
        if hands.preview().with_untracked(Option::is_none)
            && !is_selected
            && !is_pressed.get_value()
            && !hands.is_gathering()
        {
            editor.select(Part::Node(id));
        }
    };
    let port_in = || view! { <span class="port in" data-port="in" aria-hidden="true"></span> }.into_any();
    let port_out = || {
        view! {
            <span class="port out" data-port="out" aria-hidden="true" title="Drag to a node to link it" on:pointerdown=press_port></span>
        }
        .into_any()
    };
    view! {
        <div
            class="card"
            class:selected=is_selected
            data-node-id=id.to_string()
            data-kind=kind.word()
            data-linking=linking
            data-power=power
            data-breaker=breaker
            data-stale=stale
            role="group"
            tabindex="0"
            aria-label=text(move || format!("{}: {}", kind.label(), name.get()))
            aria-roledescription="node"
            style:margin=place
            on:pointerdown=press
            on:focus=take_focus
        >
            <div class="card-head">
                <span class="card-kind">{kind.label()}</span>
                <span class="card-name" class:long=is_long(name, NAME) title=name>
                    {name}
                </span>
                {(kind == Kind::Client && !bench().live.is_recorded()).then(|| run_button(id.clone(), name))}
                {(kind.is_store() && editable).then(|| power_button(id.clone(), name, power))}
            </div>
            {facts(id.clone())}
            {dynamic(move || own.with_value(|id| gravest_issue(editor, id)))}
            {(kind != Kind::Client).then(port_in)}
            {(!kind.is_store()).then(port_out)}
        </div>
    }
    .into_any()
}

/// The part that a node has in the link that is being drawn.
fn part_in(preview: &Preview, id: &NodeId) -> Option<String> {
    if preview.from == *id {
        return Some("source".to_owned());
    }
    let (target, verdict) = preview.target.as_ref()?;
    (target == id).then(|| if verdict.is_ok() { "allowed" } else { "refused" }.to_owned())
}

/// The gravest thing that there is to say about a node.
fn gravest_issue(editor: Editor, id: &NodeId) -> AnyView {
    let issue = editor.findings().with(|findings| findings.about(id).into_iter().next());
    issue.map_or_else(
        || ().into_any(),
        |issue| {
            view! {
                <p class="card-issue" data-severity=severity_word(Some(issue.severity))>
                    {issue.message}
                </p>
            }
            .into_any()
        },
    )
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

/// Has a client send its requests, or its traffic.
pub fn send(bench: Bench, id: &NodeId) {
    let has_traffic = |scenario: &Scenario| scenario.graph.node(id)?.settings.traffic().map(drop);
    match bench.editor.with(has_traffic) {
        Some(()) => traffic::start(bench, id.clone()),
        None => bench.player.play(Some(vec![id.clone()]), None),
    }
}

/// The run button on a client's card.
fn run_button(id: NodeId, name: Signal<String>) -> AnyView {
    let bench = bench();
    let (editor, player) = (bench.editor, bench.player);
    let press = {
        let id = id.clone();
        move |_| send(bench, &id)
    };
    let is_blocked = {
        let id = id.clone();
        when(move || {
            player.view().is_asking.get() || !editor.findings().with(|findings| findings.clients.contains(&id))
        })
    };
    view! {
        <button
            type="button"
            class="run-client"
            aria-label=text(move || format!("Play {}", name.get()))
            title="Send this client's requests"
            disabled=is_blocked
            on:pointerdown=|event| event.stop_propagation()
            on:click=press
        ></button>
    }
    .into_any()
}

/// The button that switches a store off and on.
fn power_button(id: NodeId, name: Signal<String>, power: Signal<Option<String>>) -> AnyView {
    let editor = bench().editor;
    let label = text(move || format!("Power {} {}", if power.get().is_some() { "on" } else { "off" }, name.get()));
    let saver = bench().saver;
    let press = move |_| {
        let is_off = power.get_untracked().is_some();
        editor.apply_if(editor.with(|scenario| scenario.switch(&id, !is_off)));
        // At once, so that a switch that is turned twice is seen twice, and what was in memory is gone.
        spawn_local(async move {
            saver.flush().await;
        });
    };
    view! {
        <button
            type="button"
            class="power"
            aria-label=label
            title=label
            disabled=when(|| false)
            on:pointerdown=|event| event.stop_propagation()
            on:click=press
        ></button>
    }
    .into_any()
}

/// How the worst of a server's circuit breakers stands.
fn breaker_of(breakers: &[(NodeId, &'static str)]) -> Option<&'static str> {
    let open = breakers.iter().find(|(_, state)| *state == BreakerState::Open.word());
    open.or(breakers.first()).map(|(_, state)| *state)
}

/// What a server's card says of its circuit breakers.
fn breakers(server: &Server, breakers: &[(NodeId, &'static str)]) -> String {
    match (server.breaker, breaker_of(breakers)) {
        (None, _) => String::new(),
        (Some(_), None) => ", breaker closed".to_owned(),
        (Some(_), Some(state)) => format!(", breaker {state}"),
    }
}

/// What a card tells: of a client and a server what they are set to, of a store what it holds and what it did up to the
/// moment that is shown.
pub fn told(Bench { editor, stores, live, .. }: Bench, id: &NodeId) -> (String, String) {
    let is_recorded = live.is_recorded(); // what its stores held nobody knows
    let Some(node) = editor.node(id) else { return Default::default() };
    node.with(|node| match &node.settings {
        Settings::Client(Client { traffic: Some(traffic), .. }) => sent_by(traffic),
        Settings::Client(client) => (count(client.requests.len() as u64, "request"), first_of(&client.requests)),
        Settings::Server(server) => {
            let breakers = breakers(server, &stores.breakers(id));
            ("cache-aside".to_owned(), format!("{}, TTL {} s{breakers}", server.policy.label(), server.ttl_s))
        }
        settings if settings.is_off() => ("switched off".to_owned(), "refuses every connection".to_owned()),
        settings => {
            let (Tally { hits, misses, asked, failures, .. }, held) = (stores.tally(id), stores.held(id));
            let (size, stale) = (held.as_ref().map(|held| held.entries), held.map_or(0, |held| held.stale));
            let reads = format!("{}, {}{}", count(hits, "hit"), plural(misses, "miss", "misses"), failed(failures));
            let queries = plural(asked, "query", "queries");
            match (settings.kind(), is_recorded) {
                (Kind::Redis, true) => (count(asked, "command"), reads),
                (Kind::Redis, false) => {
                    let stale = if stale > 0 { format!(", {stale} stale") } else { String::new() };
                    (holds(size, "key") + &stale, reads)
                }
                (_, true) => (queries, failed(failures).trim_start_matches(", ").to_owned()),
                (_, false) => (holds(size, "row"), queries + &failed(failures)),
            }
        }
    })
}

fn facts(id: NodeId) -> AnyView {
    let (bench, id) = (bench(), StoredValue::new(id));
    let lines = move || id.with_value(|id| told(bench, id));
    let fact = text(move || lines().0);
    let detail = text(move || lines().1);
    view! {
        <div class="card-body">
            <span class="card-fact">{fact}</span>
            <span class="card-detail" class:long=is_long(detail, DETAIL)>
                {detail}
            </span>
        </div>
    }
    .into_any()
}

/// Whether a text may be too long for its place, and has to be cut there. What is cut is painted by itself, so what surely has
/// room is not: a drawing has thousands of texts.
fn is_long(text: Signal<String>, letters: usize) -> Signal<bool> {
    when(move || text.get().len() > letters)
}

/// What a client's traffic is, in two lines.
fn sent_by(traffic: &Traffic) -> (String, String) {
    let fact = format!("{}, {} s", count(traffic.users.into(), "user"), traffic.duration_s);
    let rate = traffic.rate_per_s.map_or_else(|| "as fast as answered".to_owned(), |rate| format!("{rate} requests/s"));
    (fact, format!("{rate}, {} % writes", traffic.write_percent))
}

/// The first of a client's requests, and how many more there are.
fn first_of(requests: &[Request]) -> String {
    let first: Vec<String> = requests.iter().take(3).map(ToString::to_string).collect();
    match requests.len().saturating_sub(3) {
        0 => first.join(", "),
        more => format!("{} +{more}", first.join(", ")),
    }
}

fn holds(size: Option<u64>, what: &str) -> String {
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
