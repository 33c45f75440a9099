//! The form that adds a key or a row, or edits one.

use super::content::{Holds, NO_VALUE};
use super::field::{complaint, described_by, invalid, ttl_s, typed};
use super::shelf::Shelf;
use super::{focus_soon, sentence};
use crate::browser;
use crate::state::RwSignal;
use crate::view::{effect, view};
use aside_domain::{Key, Value, limits};
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use std::rc::Rc;
use web_sys::{HtmlFormElement, HtmlInputElement, HtmlTextAreaElement};

const KEY: &str = "entry-key";
const VALUE: &str = "entry-value";
const TTL: &str = "entry-ttl";

/// The form that edits the entry of that key, or adds one; `close` is called when it is to be closed. Nothing is sent
/// before every field holds something that the store can take.
pub fn entry_form(shelf: Shelf, edited: Option<String>, close: Rc<dyn Fn()>) -> AnyView {
    let (one, has_ttl, is_new) = (shelf.holds.one(), shelf.holds == Holds::Keys, edited.is_none());
    let old = edited.as_ref().and_then(|key| shelf.entry(key));
    let old_value = old.map(|entry| entry.value).filter(|value| value != NO_VALUE).unwrap_or_default();
    let old_ttl_s = edited.as_ref().and_then(|key| shelf.left_s(key));
    let old_ttl_s = old_ttl_s.map(|left_s| left_s.max(1).to_string()).unwrap_or_default();
    let problem = || RwSignal::new(None::<String>);
    let (key_problem, value_problem, ttl_problem) = (problem(), problem(), problem());
    effect(move || focus_soon(if is_new { KEY } else { VALUE }));

    let read = move || {
        let key = browser::find::<HtmlInputElement>(&format!("#{KEY}"))?.value();
        let value = browser::find::<HtmlTextAreaElement>(&format!("#{VALUE}"))?.value();
        let ttl = browser::find(&format!("#{TTL}")).map(|ttl| typed(&ttl)).unwrap_or_default();
        let key = keep(Key::new(key).map_err(sentence), key_problem, KEY);
        let value = keep(Value::new(value).map_err(sentence), value_problem, VALUE);
        let ttl = if ttl.trim().is_empty() { Ok(None) } else { ttl_s(&ttl).map(Some) };
        let ttl = keep(ttl, ttl_problem, TTL);
        match (key, value, ttl) {
            (Ok(key), Ok(value), Ok(ttl)) => Some((key, value, ttl)),
            (Err(id), ..) | (_, Err(id), _) | (.., Err(id)) => {
                focus_soon(id);
                None
            }
        }
    };
    let save = {
        let close = close.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if let Some((key, value, ttl)) = read() {
                let close = close.clone();
                shelf.put(key, value, ttl, move || {
                    // The visitor may have opened another form meanwhile: that one stays.
                    if key_problem.try_get_untracked().is_some() {
                        close();
                    }
                });
            }
        }
    };
    let on_key = {
        let close = close.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                close();
            }
        }
    };
    // A value may have several lines; most have one, so Enter saves.
    let on_value_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            if let Some(form) = browser::find::<HtmlFormElement>(".entry-form") {
                // It fails only for a button of another form, and none is named here.
                let _ = form.request_submit();
            }
        }
    };
    let name = edited.as_ref().map_or_else(|| format!("New {one}"), |key| format!("Change {key}"));
    view! {
        <form class="entry-form" novalidate=true aria-label=name on:submit=save on:keydown=on_key>
            <div class="field">
                <label for=KEY>"Key"</label>
                <input
                    type="text"
                    class="mono"
                    id=KEY
                    prop:value=edited.unwrap_or_default()
                    readonly=!is_new
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid=invalid(key_problem)
                    aria-describedby=described_by(KEY, key_problem)
                />
                {complaint(KEY, key_problem)}
            </div>
            <div class="field">
                <label for=VALUE>"Value"</label>
                <textarea
                    class="mono"
                    id=VALUE
                    rows="1"
                    prop:value=old_value
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    title="Enter saves, Shift+Enter starts a new line"
                    aria-invalid=invalid(value_problem)
                    aria-describedby=described_by(VALUE, value_problem)
                    on:keydown=on_value_key
                ></textarea>
                {complaint(VALUE, value_problem)}
            </div>
            {has_ttl
                .then(|| {
                    view! {
                        <div class="field">
                            <label for=TTL>"TTL (seconds)"</label>
                            <input
                                type="number"
                                id=TTL
                                prop:value=old_ttl_s
                                min=Some("1".to_owned())
                                max=Some(limits::TTL_S.to_string())
                                step=Some("1".to_owned())
                                placeholder="no expiry"
                                autocomplete="off"
                                aria-invalid=invalid(ttl_problem)
                                aria-describedby=described_by(TTL, ttl_problem)
                            />
                            {complaint(TTL, ttl_problem)}
                        </div>
                    }
                    .into_any()
                })}
            <div class="entry-form-foot">
                <button type="submit" class="primary">"Save"</button>
                <button type="button" on:click=move |_| close()>"Cancel"</button>
            </div>
        </form>
    }
    .into_any()
}

/// Puts a refusal beside its field; what is left of it is the field's id.
fn keep<T>(result: Result<T, String>, problem: RwSignal<Option<String>>, id: &'static str) -> Result<T, &'static str> {
    let (result, refusal) = match result {
        Ok(good) => (Ok(good), None),
        Err(refusal) => (Err(id), Some(refusal)),
    };
    problem.set(refusal);
    result
}
