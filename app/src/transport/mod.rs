//! The transport.
mod player;
use leptos::prelude::*;
pub use player::{Player, View};
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
