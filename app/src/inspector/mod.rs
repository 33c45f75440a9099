//! The inspector.
use leptos::prelude::*;
/// The inspector.
#[component]
pub fn Inspector() -> impl IntoView {
    view! { <aside aria-label="Inspector"></aside> }
}
