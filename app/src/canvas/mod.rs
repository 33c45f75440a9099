//! The canvas.
use leptos::prelude::*;
/// The canvas.
#[component]
pub fn Canvas(editable: bool) -> impl IntoView {
    let _ = editable;
    view! { <section aria-label="Canvas"></section> }
}
