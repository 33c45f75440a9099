//! Every address that is none.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page for addresses that lead nowhere; its status is 404.
#[component]
pub fn Lost() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    Effect::new(|_| crate::mark_hydrated());
    view! {
        <Title text="Not found" />
        <main class="plain">
            <h1>"A miss, and nothing behind it"</h1>
            <p>"There is no page at this address."</p>
            <p class="calls">
                <a class="button primary" href="/">"To the front page"</a>
            </p>
        </main>
    }
}
