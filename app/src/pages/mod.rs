//! The pages.

mod academy;
mod home;
mod lesson;
mod lost;
mod real;
mod sandbox;

pub use academy::Academy;
pub use home::Home;
pub use lesson::Lesson;
pub use lost::Lost;
pub use real::Real;
pub use sandbox::Sandbox;

use crate::theme::ThemeButton;
use crate::view::view;
use leptos::prelude::*;

/// The head of the pages around the sandbox: the way home, to the sandbox and to the lessons.
fn site_head() -> AnyView {
    view! {
        <header class="front-head">
            <a class="wordmark" href="/">
                "Aside"
            </a>
            <nav aria-label="Main">
                <a href="/sandbox">"Sandbox"</a>
                <a href="/academy">"Academy"</a>
                <ThemeButton />
            </nav>
        </header>
    }
    .into_any()
}
