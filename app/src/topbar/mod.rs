//! The top bar: what the scenario is called, whether it is saved, and what is done to it as a whole.

mod files;

use crate::editor::Editor;
use crate::live::Connection;
use crate::notice::Notices;
use crate::saver::SaveState;
use crate::share::{self, gallery, recordings};
use crate::theme::ThemeButton;
use crate::transport::buttons::{Tool, icon};
use crate::view::{text, view, when};
use crate::workbench::{Bench, bench};
pub use files::{FILE_MIB, Files, slug};
use leptos::prelude::*;
use web_sys::{File, HtmlInputElement};

/// The top bar.
#[component]
pub fn TopBar() -> impl IntoView {
    let editor = bench().editor;
    let title = text(move || editor.title().get().to_string());
    view! {
        <header class="topbar">
            <a class="wordmark" href="/">"Aside"</a>
            <span class="topbar-title" title=title>
                {title}
            </span>
            {saving()}
            <div class="topbar-tools">
                {history()}
                {scenario_buttons()}
            </div>
            <nav class="topbar-nav" aria-label="Main">
                <a href="/academy">"Academy"</a>
                <ThemeButton />
            </nav>
        </header>
    }
}

/// Undo and redo, as buttons.
pub fn history() -> AnyView {
    let editor = bench().editor;
    let history = History::of(bench());
    let undo = Tool { name: "Undo", hint: "Undo (Ctrl+Z)", icon: icon::UNDO };
    let redo = Tool { name: "Redo", hint: "Redo (Ctrl+Shift+Z)", icon: icon::REDO };
    view! {
        <div class="topbar-history" role="group" aria-label="History">
            {undo.button(when(move || !editor.can_undo()), Box::new(move || history.undo()))}
            {redo.button(when(move || !editor.can_redo()), Box::new(move || history.redo()))}
        </div>
    }
    .into_any()
}

/// Undo and redo, told to screen readers.
#[derive(Clone, Copy)]
pub struct History {
    editor: Editor,
    notices: Notices,
}

impl History {
    /// The history of a workbench's editor.
    #[must_use]
    pub const fn of(Bench { editor, notices, .. }: Bench) -> Self {
        Self { editor, notices }
    }

    /// Takes the last edit back.
    pub fn undo(self) {
        self.travel(self.editor.can_undo(), "Undone.", "There is nothing to undo.", Editor::undo);
    }

    /// Makes it again.
    pub fn redo(self) {
        self.travel(self.editor.can_redo(), "Done again.", "There is nothing to redo.", Editor::redo);
    }

    fn travel(self, can: bool, done: &str, nothing: &str, travel: fn(&Editor)) {
        if can {
            travel(&self.editor);
        }
        self.notices.announce(if can { done } else { nothing });
    }
}

/// Where the latest edit is.
pub fn saving() -> AnyView {
    let (saver, live) = (bench().saver, bench().live);
    let state = move || match (saver.state().get(), live.connection().get()) {
        (SaveState::Kept, _) => ("kept", "Kept in this browser; the server is away"),
        (SaveState::Saving, _) => ("saving", "Saving…"),
        (SaveState::Saved, Connection::Away) => ("away", "The server is away; trying again"),
        (SaveState::Saved, Connection::Opening) => ("saving", "Opening…"),
        (SaveState::Saved, Connection::Live | Connection::Recorded) => ("saved", "Saved"),
    };
    view! {
        <span class="save-state" data-testid="save-state" data-state=text(move || state().0.to_owned())>
            {text(move || state().1.to_owned())}
        </span>
    }
    .into_any()
}

/// Import, export, the example, and the stores' data.
fn scenario_buttons() -> AnyView {
    let bench = bench();
    let files = Files::of(bench);
    view! {
        {file_button(
            "Import",
            "Import scenario",
            "Import a scenario file in place of this one; it can be undone",
            Box::new(move |file| files.import(file)),
        )}
        {button(
            "Export",
            Some("Export scenario".to_owned()),
            "Export the scenario as a file, with the data that its stores hold now",
            Box::new(move || files.export()),
        )}
        {button("Gallery", None, "Scenarios to start from, each with its picture", Box::new(move || gallery::open(bench)))}
        {button("Share", None, "Share the drawing as a link or a picture", Box::new(move || share::open(bench)))}
        {file_button(
            "Open recording",
            "Open recording",
            "Replay a run that was saved as a file; no store is touched",
            Box::new(move |file| recordings::open(bench, file)),
        )}
        {button(
            "Reset to the example",
            None,
            "Put the textbook's example in place of this scenario; it can be undone",
            Box::new(move || files.example()),
        )}
        {button(
            "Refill the stores",
            None,
            "Put the data that the scenario starts with back into the stores",
            Box::new(move || files.refill()),
        )}
    }
    .into_any()
}

/// A button that asks for a JSON file.
pub fn file_button(text: &'static str, name: &'static str, hint: &'static str, act: Box<dyn Fn(File)>) -> AnyView {
    let choose = move |event| {
        let input = event_target::<HtmlInputElement>(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            act(file);
        }
        input.set_value(""); // so that the same file can be chosen again
    };
    view! {
        <label class="button file-button" title=hint>
            <input type="file" class="visually-hidden" accept="application/json,.json" aria-label=name on:change=choose />
            <span aria-hidden="true">{text}</span>
        </label>
    }
    .into_any()
}

fn button(text: &'static str, name: Option<String>, hint: &'static str, act: Box<dyn Fn()>) -> AnyView {
    view! {
        <button type="button" aria-label=name title=hint on:click=move |_| act()>
            {text}
        </button>
    }
    .into_any()
}
