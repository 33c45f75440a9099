//! `/academy`: the lessons, once there are some.

use super::site_head;
use crate::view::{effect, view};
use leptos::prelude::*;

/// The Academy.
#[component]
pub fn Academy() -> impl IntoView {
    effect(crate::mark_hydrated);
    view! {
        <div class="front">
            {site_head()}
            <main class="plain">
                <h1>"The Academy opens soon"</h1>
                <p>
                    "Short lessons whose buttons change a live system beside the text. Until they are here, the sandbox holds the textbook's example: press Play twice, and see what the cache remembered."
                </p>
                <p class="calls">
                    <a class="button primary" href="/sandbox">"Open the sandbox"</a>
                </p>
            </main>
        </div>
    }
}
