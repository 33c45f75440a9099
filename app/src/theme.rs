//! Light and dark: the page follows the system until the visitor chooses.

use crate::browser;
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
    let theme = RwSignal::new(Theme::System);
    Effect::new(move |_| {
        theme.set(match browser::recall(DRAWER).as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        });
    });
    let turn = move |_| {
        let next = theme.get_untracked().next();
        theme.set(next);
        browser::keep(DRAWER, next.word());
        if let Some(root) = document().document_element() {
            // Setting or removing this attribute cannot fail.
            let _ = match next.word() {
                Some(word) => root.set_attribute("data-theme", word),
                None => root.remove_attribute("data-theme"),
            };
        }
    };
    view! {
        <button type="button" class="tool" aria-label=move || theme.get().label() title=move || theme.get().label() on:click=turn>
            {move || theme.get().sign()}
        </button>
    }
}
