//! `/sandbox`: the whole workbench.

use super::WorkbenchAt;
use crate::workbench::Extent;
use leptos::prelude::*;
use leptos_meta::Title;

/// The free sandbox.
#[component]
pub fn Sandbox() -> impl IntoView {
    view! {
        <Title text="Sandbox" />
        <main class="whole-page">
            <h1 class="visually-hidden">"Sandbox"</h1>
            <WorkbenchAt place="free" extent=Extent::Whole />
        </main>
    }
}
