//! `/academy/{slug}`: a lesson, beside a sandbox of its own.

use crate::academy::{Document, Reader, panes};
use crate::theme::ThemeButton;
use crate::view::{effect, view};
use crate::workbench::{Bench, Extent, Workbench};
use aside_domain::{Place, Saved};
use leptos::prelude::*;

/// A lesson.
#[component]
pub fn Lesson(
    /// The visitor's place, which is called as the lesson is.
    place: Place,
    /// What he left there, or what the lesson starts with.
    saved: Saved,
) -> impl IntoView {
    let slug = place.to_string();
    let reader = Reader::new(Bench::lay_out(place.clone(), saved), place);
    provide_context(reader);
    effect(panes::listen);
    let tab = |pane: &'static str, words: &'static str, is_first: bool| {
        view! {
            <button type="button" data-pane=pane aria-pressed=is_first.to_string()>
                {words}
            </button>
        }
    };
    view! {
        <div class="lesson-page">
            <header class="lesson-top">
                <a class="wordmark" href="/">"Aside"</a>
                <div class="top-told" inner_html=Document::Top(&slug).html()></div>
                <div class="pane-tabs" role="group" aria-label="Panes">
                    {tab("prose", "Lesson", true)} {tab("sandbox", "Sandbox", false)}
                </div>
                <nav aria-label="Main">
                    <a href="/academy">"Academy"</a>
                    <a class="to-sandbox" href="/sandbox">"Sandbox"</a>
                    <ThemeButton />
                </nav>
            </header>
            <div class="panes">
                <main class="prose-pane" tabindex="-1" inner_html=Document::Lesson(&slug).html()></main>
                <section class="sandbox-pane" aria-label="Sandbox of this lesson">
                    <Workbench extent=Extent::Lesson />
                </section>
            </div>
        </div>
    }
}
