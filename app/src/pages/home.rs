//! `/`: what Aside is, in one screen, with the textbook's example alive in it.

use super::site_head;
use crate::view::view;
use crate::workbench::{Bench, Extent, Workbench};
use aside_domain::{Place, Saved};
use leptos::prelude::*;

/// The front page.
#[component]
pub fn Home(
    /// The visitor's place.
    place: Place,
    /// What he left there.
    saved: Saved,
) -> impl IntoView {
    let _ = Bench::lay_out(place, saved);
    view! {
        <div class="front">
            {site_head()}
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
                        <a class="button" href="/real">"What is real here"</a>
                    </p>
                </section>
                <section class="stage" aria-label="The textbook's example, live">
                    <Workbench extent=Extent::Demo />
                </section>
            </main>
        </div>
    }
}
