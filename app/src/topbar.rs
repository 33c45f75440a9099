//! The top bar.
use leptos::prelude::*;
/// The top bar.
#[component]
pub fn TopBar() -> impl IntoView {
    view! { <header></header> }
}
