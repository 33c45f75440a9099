//! Light and dark: the page follows the system until the visitor chooses.

use crate::browser;
use crate::state::RwSignal;
use crate::view::{effect, text, view};
use leptos::prelude::*;

/// Where the browser keeps the choice; the document's first script reads it too.
const DRAWER: &str = "aside:theme";

/// What the visitor chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    fn of(word: Option<&str>) -> Self {
        match word {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    const fn word(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::System => "Theme: as the system",
            Self::Light => "Theme: light",
            Self::Dark => "Theme: dark",
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::System => "◐",
            Self::Light => "☀",
            Self::Dark => "☾",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// A button that goes from the system's theme to light, to dark, and back.
#[component]
pub fn ThemeButton() -> impl IntoView {
    let chosen = RwSignal::new(None::<String>);
    let theme = move || chosen.with(|word| Theme::of(word.as_deref()));
    effect(move || chosen.set(browser::recall(DRAWER)));
    let turn = move |_| {
        let next = untrack(theme).next();
        chosen.set(next.word().map(str::to_owned));
        browser::keep(DRAWER, next.word());
        if let Some(root) = document().document_element() {
            // Setting or removing this attribute cannot fail.
            let _ = match next.word() {
                Some(word) => root.set_attribute("data-theme", word),
                None => root.remove_attribute("data-theme"),
            };
        }
    };
    let label = text(move || theme().label().to_owned());
    view! {
        <button type="button" class="tool" aria-label=label title=label on:click=turn>
            {text(move || theme().sign().to_owned())}
        </button>
    }
}
