//! Choices and switches.

use crate::view::{view, when};
use leptos::prelude::*;

/// One of several: each with its word in code, and its words for people.
pub type Options = Vec<(&'static str, &'static str)>;

/// A labelled choice.
pub fn choice(
    id: String,
    label: String,
    is_quiet: bool,
    options: Options,
    value: Signal<String>,
    choose: Box<dyn Fn(String)>,
) -> AnyView {
    let option = |(word, label)| view! { <option value=word>{label}</option> }.into_any();
    let options: Vec<AnyView> = options.into_iter().map(option).collect();
    view! {
        <div class="field">
            <label class=if is_quiet { "visually-hidden" } else { "" } for=id.clone()>{label}</label>
            <select id=id prop:value=value on:change=move |event| choose(event_target_value(&event))>
                {options}
            </select>
        </div>
    }
    .into_any()
}

/// A labelled switch, and what it is for.
pub fn switch(
    id: &'static str,
    label: &'static str,
    why: &'static str,
    is_on: Signal<bool>,
    turn: Box<dyn Fn(bool)>,
) -> AnyView {
    let why_id = format!("{id}-why");
    view! {
        <div class="switch">
            <input
                type="checkbox"
                role="switch"
                id=id
                aria-describedby=why_id.clone()
                prop:checked=when(move || is_on.get())
                on:change=move |event| turn(event_target_checked(&event))
            />
            <label for=id>{label}</label>
            <p class="quiet" id=why_id>{why}</p>
        </div>
    }
    .into_any()
}
