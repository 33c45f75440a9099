//! Buttons with a sign.

use crate::view::view;
use leptos::prelude::*;

/// What a sign shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Upwards.
    Up,
    /// Downwards.
    Down,
    /// Take away.
    Cross,
    /// Edit.
    Pencil,
    /// Send.
    Send,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Up => "M8 13V3.5M4 7.5l4-4 4 4",
            Self::Down => "M8 3v9.5M4 8.5l4 4 4-4",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Send => "M5 3.5v9l7-4.5z",
            Self::Pencil => "M3 13l.6-3L10.8 2.8l2.4 2.4L6 12.4zM9.2 4.4l2.4 2.4",
        }
    }
}

/// A button with a sign; its label is its name.
pub fn tool(icon: Icon, id: String, label: String, disabled: Signal<bool>, click: Box<dyn Fn()>) -> AnyView {
    view! {
        <button type="button" class="tool" id=id aria-label=label disabled=disabled on:click=move |_| click()>
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
                <path
                    d=icon.path()
                    fill="none"
                    stroke="currentColor"
                    stroke-width="1.5"
                    stroke-linecap="round"
                    stroke-linejoin="round"
                />
            </svg>
        </button>
    }
    .into_any()
}
