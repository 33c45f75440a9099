//! A client: the requests that it sends, in order, or its traffic.

use super::controls::{Options, choice};
use super::field::{Field, complaint, described_by, invalid};
use super::icon::{Icon, tool};
use super::traffic::{sends, traffic_settings};
use super::{configure, focus_soon, sentence, settings};
use crate::browser;
use crate::editor::Editor;
use crate::live::Live;
use crate::state::{RwSignal, StoredValue};
use crate::view::{dynamic, each, maybe, text, view, when};
use crate::workbench::bench;
use aside_domain::{Issue, Key, Method, NodeId, Request, Settings, Severity, Subject, Value};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

/// The id of the field in which a new request's key is typed.
const NEW_KEY: &str = "request-new-key";

/// The id of the field in which its value is typed.
const NEW_VALUE: &str = "request-new-value";

/// A client's list of requests: a cheap handle.
#[derive(Clone, Copy)]
struct Requests {
    editor: Editor,
    client: StoredValue<NodeId>,
}

impl Requests {
    /// The list; tracks it.
    fn list(self) -> Vec<Request> {
        match settings(self.editor, &self.client.get_value()) {
            Some(Settings::Client(client)) => client.requests,
            _ => Vec::new(),
        }
    }

    /// How many there are, without tracking it.
    fn count(self) -> usize {
        untrack(move || self.list().len())
    }

    fn edit(self, edit: &mut dyn FnMut(&mut Vec<Request>)) -> bool {
        configure(self.editor, &self.client.get_value(), &mut |settings| match settings {
            Settings::Client(client) => {
                let before = client.requests.clone();
                edit(&mut client.requests);
                client.requests != before
            }
            _ => false,
        })
    }

    fn change(self, index: usize, change: &dyn Fn(&mut Request)) {
        self.edit(&mut |list| {
            if let Some(request) = list.get_mut(index) {
                change(request);
            }
        });
    }

    /// Changes the places of two requests, and lets the focus follow the one that was moved.
    fn swap(self, index: usize, other: usize) {
        let count = self.count();
        if index < count && other < count && self.edit(&mut |list| list.swap(index, other)) {
            let is_up = other < index;
            let is_at_end = if is_up { other == 0 } else { other + 1 == count };
            focus_soon(move_id(other, is_up != is_at_end));
        }
    }

    fn remove(self, index: usize) {
        if !self.edit(&mut |list| drop((index < list.len()).then(|| list.remove(index)))) {
            return;
        }
        match self.count() {
            0 => focus_soon(NEW_KEY),
            count => focus_soon(remove_id(index.min(count - 1))),
        }
    }
}

/// The settings of a client.
pub fn client_settings(editor: Editor, id: NodeId) -> AnyView {
    let has_traffic = {
        let id = id.clone();
        super::settled(when(move || settings(editor, &id).is_some_and(|settings| settings.traffic().is_some())))
    };
    let sends = sends(editor, id.clone(), has_traffic);
    let what = dynamic(move || match has_traffic.get() {
        true => traffic_settings(editor, id.clone()),
        false => request_settings(editor, id.clone()),
    });
    view! { {sends} {what} }.into_any()
}

/// The list of what a client sends.
fn request_settings(editor: Editor, id: NodeId) -> AnyView {
    let requests = Requests { editor, client: StoredValue::new(id.clone()) };
    let places = move || (0..requests.list().len()).map(|index| index.to_string()).collect();
    let row = move |place: String| request_row(requests, place.parse().unwrap_or_default());
    view! {
        {run_button(editor, id)}
        <section class="inspector-part" aria-labelledby="inspector-requests">
            <h3 id="inspector-requests">"Requests, in the order in which they are sent"</h3>
            <ol class="requests">{each(places, row)}</ol>
            {add_request(requests)}
        </section>
    }
    .into_any()
}

/// Why a client cannot run, and whether that is said among the node's issues already; tracks it.
pub(super) fn obstacle(editor: Editor, live: Live, id: &NodeId) -> Option<(String, bool)> {
    let is_open = live.sandbox().with(Option::is_some);
    editor.findings().with(|findings| {
        if findings.clients.contains(id) {
            return (!is_open).then(|| ("The sandbox is not open yet.".to_owned(), false));
        }
        let is_own = |issue: &Issue| matches!(&issue.subject, Subject::Node(node) if node == id);
        let mut blocked = findings.issues.iter().filter(|issue| issue.severity == Severity::Blocked);
        let reason = blocked.find(|issue| is_own(issue) || issue.subject == Subject::Drawing);
        Some(reason.map_or_else(
            || ("This client cannot run.".to_owned(), false),
            |issue| (issue.message.clone(), is_own(issue)),
        ))
    })
}

/// The button that runs this client alone; when it cannot run it says why.
fn run_button(editor: Editor, id: NodeId) -> AnyView {
    let player = bench().player;
    let run = {
        let id = id.clone();
        Box::new(move || player.play(Some(vec![id.clone()]), None))
    };
    let (button, explanation) = start_button("Run this client", editor, id, when(|| false), run);
    view! { <section class="inspector-part">{button} {explanation}</section> }.into_any()
}

/// A button that starts something of a client, and why it cannot if it cannot. While there is nothing to do for it, it ignores the
/// press.
pub(super) fn start_button(
    label: &'static str,
    editor: Editor,
    id: NodeId,
    is_idle: Signal<bool>,
    start: Box<dyn Fn()>,
) -> (AnyView, AnyView) {
    let live = bench().live;
    let client = StoredValue::new(id);
    let obstacle = move || client.with_value(|id| obstacle(editor, live, id));
    let reason = maybe(move || obstacle().map(|(reason, _)| reason));
    let explanation = dynamic(move || {
        let explain = |(reason, is_said): (String, bool)| {
            let class = if is_said { "quiet visually-hidden" } else { "quiet" };
            view! { <p id="inspector-obstacle" class=class>{reason}</p> }.into_any()
        };
        obstacle().map(explain).into_any()
    });
    let press = move |_| {
        if !is_idle.get_untracked() {
            start();
        }
    };
    let button = view! {
        <button
            type="button"
            class="primary"
            disabled=when(move || reason.get().is_some())
            title=reason
            aria-disabled=maybe(move || is_idle.get().then(|| "true".to_owned()))
            aria-describedby=maybe(move || reason.get().map(|_| "inspector-obstacle".to_owned()))
            on:click=press
        >
            {label}
        </button>
    };
    (button.into_any(), explanation)
}

/// One request of the list, by its place in it, from 0.
fn request_row(requests: Requests, index: usize) -> AnyView {
    let number = index + 1;
    let request = move || requests.list().into_iter().nth(index);
    let key = text(move || request().map(|request| request.key.to_string()).unwrap_or_default());
    let method = text(move || request().map_or("", |request| request.method.word()).to_owned());
    let set_key = move |typed: String| {
        let key = Key::new(typed).map_err(sentence)?;
        requests.change(index, &|request| request.key = key.clone());
        Ok(())
    };
    let set_method = move |word: String| {
        if let Some(method) = method_of(&word) {
            requests.change(index, &|request| {
                let value = request.value.take().or_else(|| Value::new("").ok());
                *request = Request { method, value: value.filter(|_| method == Method::Put), key: request.key.clone() };
            });
        }
    };
    let live = bench().live;
    let player = bench().player;
    let send = tool(
        Icon::Send,
        format!("request-{number}-send"),
        format!("Send request {number}"),
        when(move || requests.client.with_value(|id| obstacle(requests.editor, live, id)).is_some()),
        Box::new(move || player.play(Some(vec![requests.client.get_value()]), Some(index as u32))),
    );
    let up = tool(
        Icon::Up,
        move_id(index, true),
        format!("Move request {number} up"),
        when(move || index == 0),
        Box::new(move || requests.swap(index, index.saturating_sub(1))),
    );
    let down = tool(
        Icon::Down,
        move_id(index, false),
        format!("Move request {number} down"),
        when(move || number >= requests.list().len()),
        Box::new(move || requests.swap(index, index + 1)),
    );
    let remove = tool(
        Icon::Cross,
        remove_id(index),
        format!("Remove request {number}"),
        when(|| false),
        Box::new(move || requests.remove(index)),
    );
    let (id, label) = (format!("request-{number}-method"), format!("Verb of request {number}"));
    view! {
        <li class="request">
            <span class="number" aria-hidden="true">{number.to_string()}</span>
            {choice(id, label, true, methods(), method, Box::new(set_method))}
            <Field
                id=format!("request-{number}-key")
                label=format!("Key of request {number}")
                is_quiet=true
                value=key
                commit=Box::new(set_key)
            />
            {send}
            {up}
            {down}
            {remove}
            {dynamic(move || request_value(requests, index))}
        </li>
    }
    .into_any()
}

/// The field for what a PUT writes.
fn request_value(requests: Requests, index: usize) -> AnyView {
    let value = move || requests.list().into_iter().nth(index).and_then(|request| request.value);
    let is_put = super::settled(when(move || value().is_some()));
    if !is_put.get() {
        return ().into_any();
    }
    let set_value = move |typed: String| {
        let value = Value::new(typed).map_err(sentence)?;
        requests.change(index, &|request| request.value = Some(value.clone()));
        Ok(())
    };
    let number = index + 1;
    view! {
        <Field
            id=format!("request-{number}-value")
            label=format!("Value of request {number}")
            is_quiet=true
            value=text(move || value().map(|value| value.to_string()).unwrap_or_default())
            commit=Box::new(set_value)
        />
    }
    .into_any()
}

/// The form that adds a request at the end; the focus stays in it for the next one.
fn add_request(requests: Requests) -> AnyView {
    let notices = bench().notices;
    let method = RwSignal::new(Method::Get.word().to_owned());
    let input = |id: &str| browser::find::<HtmlInputElement>(&format!("#{id}"));
    let problem = RwSignal::new(None::<String>);
    let is_put = super::settled(when(move || method.with(|method| method == Method::Put.word())));
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let (Some(method), Some(key)) = (method_of(&method.get_untracked()), input(NEW_KEY)) else { return };
        let value = input(NEW_VALUE);
        focus_soon(NEW_KEY);
        let typed = value.as_ref().map(HtmlInputElement::value).unwrap_or_default();
        let read = Key::new(key.value()).and_then(|key| Ok((key, Value::new(typed)?)));
        let request = match read {
            Ok((key, value)) => Request { method, key, value: Some(value).filter(|_| method == Method::Put) },
            Err(refusal) => return problem.set(Some(sentence(refusal))),
        };
        problem.set(None);
        let said = format!("Request {} added: {request}", requests.count() + 1);
        if requests.edit(&mut |list| list.push(request.clone())) {
            key.set_value("");
            if let Some(value) = value {
                value.set_value("");
            }
            notices.announce(said);
        }
    };
    let field = move |id: &'static str, label: &'static str| {
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input
                    type="text"
                    id=id
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid=invalid(problem)
                    aria-describedby=described_by(NEW_KEY, problem)
                    on:input=move |_| problem.set(None)
                />
            </div>
        }
        .into_any()
    };
    let value_field = move || {
        if is_put.get() { field(NEW_VALUE, "Request value") } else { ().into_any() }
    };
    let choose = Box::new(move |word| method.set(word));
    view! {
        <form class="add-request" novalidate=true aria-label="New request" on:submit=add>
            {choice("request-new-method".to_owned(), "Method".to_owned(), false, methods(), text(move || method.get()), choose)}
            {field(NEW_KEY, "Request key")}
            {dynamic(value_field)}
            <button type="submit">"Add request"</button>
            {complaint(NEW_KEY, problem)}
        </form>
    }
    .into_any()
}

fn methods() -> Options {
    Method::ALL.iter().map(|method| (method.word(), method.word())).collect()
}

fn method_of(word: &str) -> Option<Method> {
    Method::ALL.into_iter().find(|method| method.word() == word)
}

fn move_id(index: usize, is_up: bool) -> String {
    format!("request-{}-{}", index + 1, if is_up { "up" } else { "down" })
}

fn remove_id(index: usize) -> String {
    format!("request-{}-remove", index + 1)
}
