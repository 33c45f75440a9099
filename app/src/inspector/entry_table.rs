//! The table of what a store holds now: keys or rows, each to be edited or deleted.

use super::content::{Holds, State};
use super::entry_form::entry_form;
use super::icon::{Icon, tool};
use super::shelf::Shelf;
use super::{counted, focus_soon, settled};
use crate::browser;
use crate::state::RwSignal;
use crate::view::{dynamic, each, maybe, text, view, when};
use crate::workbench::bench;
use leptos::prelude::*;
use std::rc::Rc;

/// How long a change is shown as one.
const FLASH_MS: f64 = 1_600.0;
const ADD: &str = "entry-add";

/// A store's content, with all that changes it; `empty` is what to say while there is nothing.
pub fn entry_table(shelf: Shelf, empty: &'static str) -> AnyView {
    let (one, many, has_ttl) = (shelf.holds.one(), shelf.holds.many(), shelf.holds == Holds::Keys);
    let table = Table { shelf, filter: RwSignal::default(), edited: RwSignal::default() };
    let Table { filter, edited, .. } = table;
    let form = move || match edited.get() {
        Some(key) => untrack(move || {
            let key = Some(key).filter(|key| !key.is_empty());
            entry_form(shelf, key.clone(), Rc::new(move || table.close(key.as_deref())))
        }),
        None => ().into_any(),
    };
    let nothing = move || {
        let sentence = match (shelf.count(), table.keys().is_empty()) {
            (Some(0), _) => Some(empty.to_owned()),
            (Some(_), true) => Some(format!("No {one} fits the filter.")),
            _ => None,
        };
        sentence.map(|sentence| view! { <p class="quiet">{sentence}</p> }.into_any()).into_any()
    };
    let is_there = settled(when(move || shelf.count().is_some()));
    let entries = move || {
        if !is_there.get() {
            return ().into_any();
        }
        view! {
            <table aria-label=super::capital(many)>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"Value"</th>
                        {has_ttl.then(|| view! { <th scope="col" class="ttl">"Expires in"</th> }.into_any())}
                        <th scope="col" class="acts"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{each(move || table.keys(), move |key| table.row(key))}</tbody>
            </table>
            {dynamic(nothing)}
        }
        .into_any()
    };
    view! {
        <section class="inspector-part entries" aria-label=format!("{} in {} now", super::capital(many), shelf.holds.kind().label())>
            <div class="entry-tools">
                <button type="button" id=ADD on:click=move |_| edited.set(Some(String::new()))>
                    {format!("Add {one}")}
                </button>
                {has_ttl.then(|| flush_button(shelf))}
                <label class="visually-hidden" for="entry-filter">{format!("Filter {many}")}</label>
                <input
                    type="search"
                    id="entry-filter"
                    placeholder=format!("Filter {many}")
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=text(move || filter.get())
                    on:input=move |event| filter.set(event_target_value(&event))
                />
            </div>
            {dynamic(form)}
            {dynamic(move || trouble(shelf))}
            {dynamic(entries)}
        </section>
    }
    .into_any()
}

/// The button that deletes every key.
fn flush_button(shelf: Shelf) -> AnyView {
    let notices = bench().notices;
    let flush = move |_| {
        shelf.flush(move |count| {
            notices.say(format!("{} deleted.", super::capital(&counted(count, "key", "keys"))));
            focus_soon(ADD);
        });
    };
    let is_empty = when(move || shelf.count().unwrap_or(0) == 0);
    view! {
        <button type="button" title="Deletes every key of this node" disabled=is_empty on:click=flush>
            "Flush"
        </button>
    }
    .into_any()
}

/// What to say before the store answered, and while it does not.
fn trouble(shelf: Shelf) -> AnyView {
    match shelf.state() {
        State::There => ().into_any(),
        State::Asking => view! { <p class="quiet">{format!("Asking {}…", shelf.holds.kind().label())}</p> }.into_any(),
        State::Failed(reason) => view! {
            <div class="trouble" role="status">
                <p>{reason}</p>
                <button type="button" on:click=move |_| shelf.ask()>
                    "Try again"
                </button>
            </div>
        }
        .into_any(),
    }
}

/// A table: a cheap handle.
#[derive(Clone, Copy)]
struct Table {
    shelf: Shelf,
    /// What the keys that are shown contain.
    filter: RwSignal<String>,
    /// The key in the form, empty for a new one; none while there is no form.
    edited: RwSignal<Option<String>>,
}

impl Table {
    /// The keys that are shown; tracks them.
    fn keys(self) -> Vec<String> {
        self.filter.with(|filter| self.shelf.keys(filter))
    }

    /// Closes the form and gives the focus back to the button that opened it.
    fn close(self, key: Option<&str>) {
        self.edited.set(None);
        focus_soon(key.map_or_else(|| ADD.to_owned(), |key| button_id("edit", key)));
    }

    /// Deletes an entry, and moves the focus to the one after it.
    fn delete(self, key: &str) {
        let shown = untrack(move || self.keys());
        let at = shown.iter().position(|other| other == key);
        let next = at.and_then(|at| shown.get(at + 1).or_else(|| shown.get(at.checked_sub(1)?)));
        let next = next.map_or_else(|| ADD.to_owned(), |next| button_id("delete", next));
        self.shelf.delete(key.to_owned(), move || focus_soon(next));
    }

    /// One key or row.
    fn row(self, key: String) -> AnyView {
        let shelf = self.shelf;
        let of_key = |read: fn(Shelf, &str) -> String| {
            let key = key.clone();
            text(move || read(shelf, &key))
        };
        let value = of_key(|shelf, key| shelf.entry(key).map(|entry| entry.value).unwrap_or_default());
        let left = of_key(time_to_live);
        let stale = of_key(staleness);
        let is_stale = maybe(move || (!stale.with(String::is_empty)).then(|| "true".to_owned()));
        let edit = {
            let key = key.clone();
            move || self.edited.set(Some(key.clone()))
        };
        let delete = {
            let key = key.clone();
            move || self.delete(&key)
        };
        let edit_label = format!("Edit {key}");
        let delete_label = format!("Delete {key}");
        view! {
            <tr class=of_key(flash) data-stale=is_stale>
                <th scope="row" class="mono" title=key.clone()><span>{key.clone()}</span></th>
                <td class="mono" title=value><span>{value}</span> <small class="stale" title="Compared by the observer, beside all requests">{stale}</small></td>
                {(shelf.holds == Holds::Keys).then(|| view! { <td class="ttl">{left}</td> }.into_any())}
                <td class="acts">
                    {tool(Icon::Pencil, button_id("edit", &key), edit_label, when(|| false), Box::new(edit))}
                    {tool(Icon::Cross, button_id("delete", &key), delete_label, when(|| false), Box::new(delete))}
                </td>
            </tr>
        }
        .into_any()
    }
}

/// The class of a row that changed just now: two in turn, so that a change right after another starts the animation anew.
fn flash(shelf: Shelf, key: &str) -> String {
    match shelf.entry(key).map(|entry| entry.changes) {
        Some((count, at_ms)) if count > 0 && browser::now_ms() - at_ms < FLASH_MS => {
            if count % 2 == 0 { "changed-even" } else { "changed-odd" }.to_owned()
        }
        _ => String::new(),
    }
}

/// How long an entry has yet to live.
fn time_to_live(shelf: Shelf, key: &str) -> String {
    let left = shelf.left_s(key).map_or_else(|| "no expiry".to_owned(), span);
    match shelf.entry(key).and_then(|entry| entry.jitter_s) {
        Some(jitter_s) if jitter_s < 0 => format!("{left} (jitter −{} s)", -jitter_s),
        Some(jitter_s) => format!("{left} (jitter +{jitter_s} s)"),
        None => left,
    }
}

/// What the observer says of an entry that differs from its row.
fn staleness(shelf: Shelf, key: &str) -> String {
    match shelf.stale_s(key) {
        Some(Some(for_s)) => format!("stale for {}", span(for_s)),
        Some(None) => "stale".to_owned(),
        None => String::new(),
    }
}

/// A time to live: to the second for a day, beyond in days and hours.
fn span(left_s: u64) -> String {
    match left_s {
        0..=86_400 => format!("{left_s} s"),
        _ => format!("{} d {} h", left_s / 86_400, left_s % 86_400 / 3_600),
    }
}

/// The id of a row's button; a key may hold what an id cannot, so its bytes stand for it.
fn button_id(what: &str, key: &str) -> String {
    let hex: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("entry-{what}-{hex}")
}
