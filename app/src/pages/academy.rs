//! `/academy`: the path of the lessons, and what is kept of them.

use super::site_head;
use crate::academy::{Document, Keeper, path};
use crate::view::{effect, view};
use leptos::prelude::*;

/// The Academy.
#[component]
pub fn Academy() -> impl IntoView {
    path::follow(Keeper::new());
    effect(crate::mark_hydrated);
    view! {
        <div class="front">
            {site_head()}
            <main class="academy" inner_html=Document::Path.html()></main>
        </div>
    }
}
