//! The table of what a store holds now: keys or rows, each to be edited or deleted.

use super::entry_form::{Draft, EntryForm};
use super::icon::{Icon, Sign};
use super::shelf::{Holds, Shelf, State};
use super::{counted, focus_soon};
use crate::browser;
use crate::notice::Notices;
use leptos::prelude::*;

/// How long a change is shown as one.
const FLASH_MS: f64 = 1_600.0;
const ADD: &str = "entry-add";

/// A store's content, with all that changes it.
#[component]
pub fn EntryTable(
    /// The content.
    shelf: Shelf,
    /// What to say while there is nothing.
    empty: &'static str,
) -> impl IntoView {
    let (one, many) = (shelf.holds.one(), shelf.holds.many());
    let draft = RwSignal::new(None::<Draft>);
    let filter = RwSignal::new(String::new());
    let shown = Memo::new(move |_| {
        let wanted = filter.with(|filter| filter.to_lowercase());
        let fits = |key: &&String| wanted.is_empty() || key.to_lowercase().contains(&wanted);
        shelf.entries.with(|entries| entries.keys().filter(fits).cloned().collect::<Vec<_>>())
    });
    let is_there = Memo::new(move |_| shelf.count().is_some());
    let nothing = move || match (shelf.count(), shown.with(Vec::is_empty)) {
        (Some(0), _) => Some(empty.to_owned()),
        (Some(_), true) => Some(format!("No {one} fits the filter.")),
        _ => None,
    };
    view! {
        <section class="inspector-part entries" aria-label=format!("{} in {} now", capital(many), shelf.holds.kind().label())>
            <div class="entry-tools">
                <button type="button" id=ADD on:click=move |_| draft.set(Some(Draft::default()))>
                    {format!("Add {one}")}
                </button>
                {(shelf.holds == Holds::Keys).then(|| view! { <FlushButton shelf /> })}
                <label class="visually-hidden" for="entry-filter">{format!("Filter {many}")}</label>
                <input
                    type="search"
                    id="entry-filter"
                    placeholder=format!("Filter {many}")
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=filter
                    on:input=move |event| filter.set(event_target_value(&event))
                />
            </div>
            {move || draft.get().map(|draft_now| view! { <EntryForm shelf draft=draft_now close=move |key| close(draft, key) /> })}
            <Trouble shelf />
            <Show when=move || is_there.get()>
                <table aria-label=capital(many)>
                    <thead>
                        <tr>
                            <th scope="col">"Key"</th>
                            <th scope="col">"Value"</th>
                            {(shelf.holds == Holds::Keys).then(|| view! { <th scope="col" class="ttl">"Expires in"</th> })}
                            <th scope="col" class="acts"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || shown.get() key=Clone::clone let:key>
                            <EntryRow shelf key shown draft />
                        </For>
                    </tbody>
                </table>
                {move || nothing().map(|sentence| view! { <p class="quiet">{sentence}</p> })}
            </Show>
        </section>
    }
}

/// Closes the form and gives the focus back to the button that opened it.
fn close(draft: RwSignal<Option<Draft>>, key: Option<String>) {
    draft.set(None);
    focus_soon(key.map_or_else(|| ADD.to_owned(), |key| button_id("edit", &key)));
}

/// The button that deletes every key.
#[component]
fn FlushButton(
    /// The content.
    shelf: Shelf,
) -> impl IntoView {
    let notices = expect_context::<Notices>();
    let flush = move |_| {
        shelf.flush(move |count| {
            notices.say(format!("{} deleted.", capital(&counted(count, "key", "keys"))));
            focus_soon(ADD);
        });
    };
    let is_empty = Memo::new(move |_| shelf.count().unwrap_or(0) == 0);
    view! {
        <button type="button" title="Deletes every key of this node" disabled=is_empty on:click=flush>
            "Flush"
        </button>
    }
}

/// What to say before the store answered, and while it does not.
#[component]
fn Trouble(
    /// The content.
    shelf: Shelf,
) -> impl IntoView {
    let store = shelf.holds.kind().label();
    move || match shelf.state.get() {
        State::There => ().into_any(),
        State::Asking => view! { <p class="quiet">{format!("Asking {store}…")}</p> }.into_any(),
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

/// One key or row.
#[component]
fn EntryRow(
    /// The content.
    shelf: Shelf,
    /// Which.
    key: String,
    /// The keys that the table shows.
    shown: Memo<Vec<String>>,
    /// The form.
    draft: RwSignal<Option<Draft>>,
) -> impl IntoView {
    let entry = {
        let key = key.clone();
        Memo::new(move |_| shelf.entries.with(|entries| entries.get(&key).cloned()))
    };
    let value = Memo::new(move |_| entry.get().map(|entry| entry.value).unwrap_or_default());
    // Two classes in turn, so that a change right after another starts the animation anew.
    let flash = move || match entry.get().map(|entry| entry.changes) {
        Some((count, at_ms)) if count > 0 && browser::now_ms() - at_ms < FLASH_MS => {
            if count % 2 == 0 {
                "changed-even"
            } else {
                "changed-odd"
            }
        }
        _ => "",
    };
    let left_s = move || {
        let expires_ms = entry.with(|entry| entry.as_ref().and_then(|entry| entry.expires_ms))?;
        Some(((expires_ms - shelf.now_ms.get()) / 1_000.0).ceil().max(0.0) as u64)
    };
    let edit = {
        let key = key.clone();
        move |_| {
            let ttl_s = untrack(left_s).map(|left_s| left_s.max(1).to_string()).unwrap_or_default();
            draft.set(Some(Draft { key: Some(key.clone()), value: value.get_untracked(), ttl_s }));
        }
    };
    let delete = {
        let key = key.clone();
        move |_| {
            let next = shown.with_untracked(|shown| {
                let at = shown.iter().position(|other| *other == key)?;
                shown.get(at + 1).or_else(|| shown.get(at.checked_sub(1)?)).cloned()
            });
            let next = next.map_or_else(|| ADD.to_owned(), |next| button_id("delete", &next));
            shelf.delete(key.clone(), move || focus_soon(next));
        }
    };
    view! {
        <tr class=flash>
            <th scope="row" class="mono" title=key.clone()><span>{key.clone()}</span></th>
            <td class="mono" title=value><span>{value}</span></td>
            {(shelf.holds == Holds::Keys)
                .then(|| view! { <td class="ttl">{move || left_s().map_or("no expiry".to_owned(), span)}</td> })}
            <td class="acts">
                <button type="button" class="tool" id=button_id("edit", &key) aria-label=format!("Edit {key}") on:click=edit>
                    <Sign icon=Icon::Pencil />
                </button>
                <button type="button" class="tool" id=button_id("delete", &key) aria-label=format!("Delete {key}") on:click=delete>
                    <Sign icon=Icon::Cross />
                </button>
            </td>
        </tr>
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

/// "keys" as "Keys".
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
