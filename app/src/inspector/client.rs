//! A client: the requests that it sends, in order.

use super::field::{Field, Problem, described_by};
use super::icon::{Icon, Sign};
use super::{configure, focus_soon, sentence};
use crate::editor::Editor;
use crate::live::Live;
use crate::notice::Notices;
use crate::transport::Player;
use aside_domain::graph::Method;
use aside_domain::{Key, NodeId, Request, Settings, Severity, Subject};
use leptos::ev::{Event, SubmitEvent};
use leptos::html;
use leptos::prelude::*;

/// What a client can ask for.
const METHODS: [Method; 1] = [Method::Get];

/// The id of the field in which a new request's key is typed.
const NEW_KEY: &str = "request-new-key";

/// A client's list of requests: a cheap handle.
#[derive(Clone, Copy)]
struct Requests {
    editor: Editor,
    client: StoredValue<NodeId>,
    list: Memo<Vec<Request>>,
}

impl Requests {
    fn edit(&self, edit: impl FnOnce(&mut Vec<Request>)) -> bool {
        configure(self.editor, &self.client.get_value(), |settings| match settings {
            Settings::Client(client) => {
                let before = client.requests.clone();
                edit(&mut client.requests);
                client.requests != before
            }
            _ => false,
        })
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Request)) {
        self.edit(|list| {
            if let Some(request) = list.get_mut(index) {
                change(request);
            }
        });
    }

    /// Changes the places of two requests, and lets the focus follow the one that was moved.
    fn swap(&self, index: usize, other: usize) {
        let count = self.list.with_untracked(Vec::len);
        if index < count && other < count && self.edit(|list| list.swap(index, other)) {
            let is_up = other < index;
            let is_at_end = if is_up { other == 0 } else { other + 1 == count };
            focus_soon(move_id(other, is_up != is_at_end));
        }
    }

    fn remove(&self, index: usize) {
        if !self.edit(|list| drop((index < list.len()).then(|| list.remove(index)))) {
            return;
        }
        match self.list.with_untracked(Vec::len) {
            0 => focus_soon(NEW_KEY),
            count => focus_soon(remove_id(index.min(count - 1))),
        }
    }
}

/// The settings of a client.
#[component]
pub fn ClientSettings(
    /// The client.
    id: NodeId,
    /// Its settings.
    settings: Memo<Settings>,
) -> impl IntoView {
    let list = Memo::new(move |_| {
        settings.with(|settings| match settings {
            Settings::Client(client) => client.requests.clone(),
            _ => Vec::new(),
        })
    });
    let requests = Requests { editor: expect_context(), client: StoredValue::new(id.clone()), list };
    let count = Memo::new(move |_| list.with(Vec::len));
    view! {
        <RunButton id />
        <section class="inspector-part" aria-labelledby="inspector-requests">
            <h3 id="inspector-requests">"Requests, in the order in which they are sent"</h3>
            <ol class="requests">
                <For each=move || 0..count.get() key=|index| *index let:index>
                    <RequestRow requests index count />
                </For>
            </ol>
            <AddRequest requests />
        </section>
    }
}

/// The button that runs this client alone; when it cannot run it says why.
#[component]
fn RunButton(
    /// The client.
    id: NodeId,
) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let live = expect_context::<Live>();
    let player = expect_context::<Player>();
    // The reason, and whether it is said among the node's issues already.
    let obstacle = {
        let id = id.clone();
        Memo::new(move |_| {
            let is_open = live.sandbox().with(Option::is_some);
            editor.findings().with(|findings| {
                if findings.clients.contains(&id) {
                    return (!is_open).then(|| ("The sandbox is not open yet.".to_owned(), false));
                }
                let own = Subject::Node(id.clone());
                let mut blocked = findings.issues.iter().filter(|issue| issue.severity == Severity::Blocked);
                let reason = blocked.find(|issue| issue.subject == own || issue.subject == Subject::Drawing);
                Some(reason.map_or_else(
                    || ("This client cannot run.".to_owned(), false),
                    |issue| (issue.message.clone(), issue.subject == own),
                ))
            })
        })
    };
    let is_blocked = Memo::new(move |_| obstacle.with(Option::is_some));
    view! {
        <section class="inspector-part">
            <button
                type="button"
                class="primary"
                disabled=is_blocked
                title=move || obstacle.get().map(|(reason, _)| reason)
                aria-describedby=move || is_blocked.get().then_some("inspector-obstacle")
                on:click=move |_| player.play(Some(vec![id.clone()]))
            >
                "Run this client"
            </button>
            {move || {
                obstacle
                    .get()
                    .map(|(reason, is_said)| {
                        view! {
                            <p id="inspector-obstacle" class="quiet" class:visually-hidden=is_said>
                                {reason}
                            </p>
                        }
                    })
            }}
        </section>
    }
}

/// One request of the list.
#[component]
fn RequestRow(
    /// The list.
    requests: Requests,
    /// Its place in it, from 0.
    index: usize,
    /// How many there are.
    count: Memo<usize>,
) -> impl IntoView {
    let number = index + 1;
    let request = Memo::new(move |_| requests.list.with(|list| list.get(index).cloned()));
    let key = Memo::new(move |_| request.get().map(|request| request.key.to_string()).unwrap_or_default());
    let set_key = move |typed: String| {
        let key = Key::new(typed).map_err(sentence)?;
        requests.change(index, |request| request.key = key);
        Ok(())
    };
    let set_method = move |event: Event| {
        if let Some(method) = method_of(&event_target_value(&event)) {
            requests.change(index, |request| request.method = method);
        }
    };
    let method = move || request.get().map(|request| request.method.to_string()).unwrap_or_default();
    let is_last = move || number >= count.get(); // in view!, a bare > would end the tag
    view! {
        <li class="request">
            <span class="number" aria-hidden="true">{number}</span>
            <select aria-label=format!("Method of request {number}") prop:value=method on:change=set_method>
                {methods()}
            </select>
            <Field
                id=format!("request-{number}-key")
                label=format!("Key of request {number}")
                is_quiet=true
                value=key
                commit=set_key
            />
            <button
                type="button"
                class="tool"
                id=move_id(index, true)
                aria-label=format!("Move request {number} up")
                disabled=index == 0
                on:click=move |_| requests.swap(index, index.saturating_sub(1))
            >
                <Sign icon=Icon::Up />
            </button>
            <button
                type="button"
                class="tool"
                id=move_id(index, false)
                aria-label=format!("Move request {number} down")
                disabled=is_last
                on:click=move |_| requests.swap(index, index + 1)
            >
                <Sign icon=Icon::Down />
            </button>
            <button
                type="button"
                class="tool"
                id=remove_id(index)
                aria-label=format!("Remove request {number}")
                on:click=move |_| requests.remove(index)
            >
                <Sign icon=Icon::Cross />
            </button>
        </li>
    }
}

/// The form that adds a request at the end; the focus stays in it for the next one.
#[component]
fn AddRequest(
    /// The list.
    requests: Requests,
) -> impl IntoView {
    let notices = expect_context::<Notices>();
    let method = NodeRef::<html::Select>::new();
    let key = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None::<String>);
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let (Some(method), Some(key)) = (method.get_untracked(), key.get_untracked()) else { return };
        focus_soon(NEW_KEY);
        let request = match (method_of(&method.value()), Key::new(key.value())) {
            (Some(method), Ok(key)) => Request { method, key },
            (None, _) => return,
            (_, Err(refusal)) => return problem.set(Some(sentence(refusal))),
        };
        problem.set(None);
        let said = format!("Request {} added: {request}", requests.list.with_untracked(Vec::len) + 1);
        if requests.edit(|list| list.push(request)) {
            key.set_value("");
            notices.announce(said);
        }
    };
    view! {
        <form class="add-request" novalidate=true aria-label="New request" on:submit=add>
            <div class="field">
                <label for="request-new-method">"Method"</label>
                <select id="request-new-method" node_ref=method>
                    {methods()}
                </select>
            </div>
            <div class="field">
                <label for=NEW_KEY>"Request key"</label>
                <input
                    type="text"
                    id=NEW_KEY
                    node_ref=key
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    aria-describedby=described_by(NEW_KEY, problem)
                    on:input=move |_| problem.set(None)
                />
            </div>
            <button type="submit">"Add request"</button>
            <Problem id=NEW_KEY.to_owned() problem />
        </form>
    }
}

fn methods() -> impl IntoView {
    METHODS
        .map(|method| view! { <option value=method.to_string()>{method.to_string()}</option> })
        .into_iter()
        .collect_view()
}

fn method_of(word: &str) -> Option<Method> {
    METHODS.into_iter().find(|method| method.to_string() == word)
}

fn move_id(index: usize, is_up: bool) -> String {
    format!("request-{}-{}", index + 1, if is_up { "up" } else { "down" })
}

fn remove_id(index: usize) -> String {
    format!("request-{}-remove", index + 1)
}
