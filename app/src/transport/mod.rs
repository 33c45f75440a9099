//! The transport.
mod player;
pub use player::{Player, View};
use leptos::prelude::*;
/// The transport.
#[component]
pub fn Transport() -> impl IntoView {
    view! { <section aria-label="Transport"></section> }
}
/// The receipts.
#[component]
pub fn Receipts() -> impl IntoView {
    view! { <section aria-label="Receipts"></section> }
}
