//! `/`: what Aside is, in one screen, with the textbook's example alive in it.

use super::WorkbenchAt;
use crate::theme::ThemeButton;
use crate::workbench::Extent;
use leptos::prelude::*;
use leptos_meta::Title;

/// The front page.
#[component]
pub fn Home() -> impl IntoView {
    view! {
        <Title text="" />
        <div class="front">
            <header class="front-head">
                <a class="wordmark" href="/">"Aside"</a>
                <nav aria-label="Main">
                    <a href="/sandbox">"Sandbox"</a>
                    <a href="/academy">"Academy"</a>
                    <ThemeButton />
                </nav>
            </header>
            <main class="front-main">
                <section class="pitch">
                    <h1>"Caching, for real."</h1>
                    <p>
                        "Draw an architecture and press Play. Real requests go through a "<strong>"real Redis"</strong>
                        " and a "<strong>"real Postgres"</strong>
                        ", and every hit, miss and fill comes back along the line you drew, with the command that was sent and the microseconds that it took."
                    </p>
                    <p class="calls">
                        <a class="button primary" href="/sandbox">"Open the sandbox"</a>
                        <a class="button" href="/academy">"Academy"</a>
                    </p>
                </section>
                <section class="stage" aria-label="The textbook's example, live">
                    <WorkbenchAt place="home" extent=Extent::Demo />
                </section>
            </main>
        </div>
    }
}
