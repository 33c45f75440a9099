//! Every address that is none.

use crate::view::{effect, view};
use leptos::prelude::*;

/// The page for addresses that lead nowhere; its status is 404.
#[component]
pub fn Lost() -> impl IntoView {
    effect(crate::mark_hydrated);
    view! {
        <main class="plain">
            <h1>"A miss, and nothing behind it"</h1>
            <p>"There is no page at this address."</p>
            <p class="calls">
                <a class="button primary" href="/">"To the front page"</a>
            </p>
        </main>
    }
}
