//! The top bar: what the scenario is called, whether it is saved, and what is done to it as a whole.

mod files;
mod shortcuts;

use crate::editor::Editor;
use crate::live::{Connection, Live};
use crate::notice::Notices;
use crate::saver::{SaveState, Saver};
use crate::theme::ThemeButton;
use crate::transport::buttons::{ToolButton, icon};
use aside_domain::Scenario;
use files::Files;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

/// The top bar.
#[component]
pub fn TopBar() -> impl IntoView {
    let editor = expect_context::<Editor>();
    let notices = expect_context::<Notices>();
    let history = History { editor, notices };
    shortcuts::listen(history);
    view! {
        <header class="topbar">
            <a class="wordmark" href="/">"Aside"</a>
            <span class="topbar-title" title=move || editor.title().get().to_string()>
                {move || editor.title().get().to_string()}
            </span>
            <Saving />
            <div class="topbar-tools">
                <div class="topbar-history" role="group" aria-label="History">
                    <ToolButton
                        name="Undo"
                        hint="Undo (Ctrl+Z)"
                        icon=icon::UNDO
                        off=Signal::derive(move || !editor.can_undo())
                        act=move || history.undo()
                    />
                    <ToolButton
                        name="Redo"
                        hint="Redo (Ctrl+Shift+Z)"
                        icon=icon::REDO
                        off=Signal::derive(move || !editor.can_redo())
                        act=move || history.redo()
                    />
                </div>
                <ScenarioButtons />
            </div>
            <nav class="topbar-nav" aria-label="Main">
                <a href="/academy">"Academy"</a>
                <ThemeButton />
            </nav>
        </header>
    }
}

/// Undo and redo, told to screen readers.
#[derive(Clone, Copy)]
struct History {
    editor: Editor,
    notices: Notices,
}

impl History {
    fn undo(self) {
        self.travel(self.editor.can_undo(), "Undone.", "There is nothing to undo.", || self.editor.undo());
    }

    fn redo(self) {
        self.travel(self.editor.can_redo(), "Done again.", "There is nothing to redo.", || self.editor.redo());
    }

    fn travel(self, can: bool, done: &str, nothing: &str, travel: impl FnOnce()) {
        if can {
            travel();
        }
        self.notices.announce(if can { done } else { nothing });
    }
}

/// Where the latest edit is.
#[component]
fn Saving() -> impl IntoView {
    let saver = expect_context::<Saver>();
    let live = expect_context::<Live>();
    let state = Memo::new(move |_| match (saver.state().get(), live.connection().get()) {
        (SaveState::Kept, _) => ("kept", "Kept in this browser; the server is away"),
        (SaveState::Saving, _) => ("saving", "Saving…"),
        (SaveState::Saved, Connection::Away) => ("away", "The server is away; trying again"),
        (SaveState::Saved, Connection::Opening) => ("saving", "Opening…"),
        (SaveState::Saved, Connection::Live) => ("saved", "Saved"),
    });
    view! {
        <span class="save-state" data-testid="save-state" data-state=move || state.get().0>
            {move || state.get().1}
        </span>
    }
}

/// Import, export, the example, and the stores' data.
#[component]
fn ScenarioButtons() -> impl IntoView {
    let files =
        Files { editor: expect_context(), live: expect_context(), saver: expect_context(), notices: expect_context() };
    let import = move |event| {
        let input = event_target::<HtmlInputElement>(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            files.import(file);
        }
        input.set_value(""); // so that the same file can be chosen again
    };
    let example = move |_| {
        files.replace(
            Scenario::textbook(),
            "The example is back. Undo brings your drawing back, with its data.".to_owned(),
        );
    };
    view! {
        <label class="button file-button" title="Import a scenario file in place of this one; it can be undone">
            <input
                type="file"
                class="visually-hidden"
                accept="application/json,.json"
                aria-label="Import scenario"
                on:change=import
            />
            <span aria-hidden="true">"Import"</span>
        </label>
        <button
            type="button"
            aria-label="Export scenario"
            title="Export the scenario as a file, with the data that its stores hold now"
            on:click=move |_| files.export()
        >
            "Export"
        </button>
        <button type="button" title="Put the textbook's example in place of this scenario; it can be undone" on:click=example>
            "Reset to the example"
        </button>
        <button
            type="button"
            title="Put the data that the scenario starts with back into the stores"
            on:click=move |_| files.refill()
        >
            "Refill the stores"
        </button>
    }
}
