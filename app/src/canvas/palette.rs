//! The palette: the kinds of nodes, to be dragged onto the canvas, clicked, or added with the keyboard.

use super::hands::Hands;
use crate::state::StoredValue;
use crate::view::view;
use aside_domain::Kind;
use leptos::prelude::*;

/// The palette.
#[component]
pub fn Palette() -> impl IntoView {
    view! {
        <div class="palette" role="toolbar" aria-label="Add a node" aria-orientation="vertical">
            {Kind::ALL.map(|kind| view! { <Sample kind /> }).collect_view()}
        </div>
    }
}

#[component]
fn Sample(kind: Kind) -> impl IntoView {
    let hands = expect_context::<Hands>();
    // A drag ends in a click on the button as well; that one adds nothing.
    let was_carried = StoredValue::new(false);
    let label = match kind {
        Kind::Client => "Add client",
        Kind::Server => "Add server",
        Kind::Redis => "Add Redis",
        Kind::Postgres => "Add Postgres",
    };
    view! {
        <button
            type="button"
            class="sample"
            data-adds=kind.word()
            aria-label=label
            title=format!("{label}: drag it onto the canvas, or click")
            on:pointerdown=move |event| {
                was_carried.set_value(false);
                hands.press_palette(&event, kind);
            }
            on:pointermove=move |event| hands.moved(&event)
            on:pointerup=move |event| {
                was_carried.set_value(hands.carried().with_untracked(Option::is_some));
                hands.released(&event);
            }
            on:pointercancel=move |_| {
                hands.cancel();
            }
            on:click=move |event| {
                if !was_carried.get_value() {
                    hands.add_nearby(kind, event.detail() > 0);
                }
                was_carried.set_value(false);
            }
        >
            <KindSign kind />
            <span aria-hidden="true">{kind.label()}</span>
        </button>
    }
}

/// The sign of a kind of node.
#[component]
pub fn KindSign(
    /// The kind.
    kind: Kind,
) -> impl IntoView {
    let shape = match kind {
        Kind::Client => "M3 4h14v9H3zM7 17h6M10 13v4",
        Kind::Server => "M3 4h14v5H3zM3 11h14v5H3zM6 6.5h.01M6 13.5h.01",
        Kind::Redis => "M11 2 4 11h5l-1 7 8-10h-5z",
        Kind::Postgres => "M4 5c0-3 12-3 12 0v10c0 3-12 3-12 0zM4 5c0 3 12 3 12 0M4 10c0 3 12 3 12 0",
    };
    view! {
        <svg class="kind-sign" data-tint=kind.word() viewBox="0 0 20 20" aria-hidden="true">
            <path d=shape fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
}
