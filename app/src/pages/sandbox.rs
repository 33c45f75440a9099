//! `/sandbox`: the whole workbench.

use crate::view::view;
use crate::workbench::{Bench, Extent, Workbench};
use aside_domain::{Place, Saved};
use leptos::prelude::*;

/// The free sandbox.
#[component]
pub fn Sandbox(
    /// The visitor's place.
    place: Place,
    /// What he left there.
    saved: Saved,
) -> impl IntoView {
    let _ = Bench::lay_out(place, saved);
    view! {
        <main class="whole-page">
            <h1 class="visually-hidden">"Sandbox"</h1>
            <Workbench extent=Extent::Whole />
        </main>
    }
}
