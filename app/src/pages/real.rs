//! `/real`: what is real, what is slowed, what is injected; and the stores' own counts.

use super::site_head;
use crate::academy::{Document, real};
use crate::view::{effect, view};
use leptos::prelude::*;

/// The page about what is real.
#[component]
pub fn Real() -> impl IntoView {
    real::follow();
    effect(crate::mark_hydrated);
    view! {
        <div class="front">
            {site_head()} <main class="academy" inner_html=Document::Real.html()></main>
        </div>
    }
}
