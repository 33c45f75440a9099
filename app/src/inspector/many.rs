//! Several things at once: how they come into line, and how they are deleted.

use super::{HEADING, foot};
use crate::canvas::actions::{Desk, in_line};
use crate::editor::Editor;
use crate::selection::Selection;
use crate::view::{text, view};
use leptos::prelude::*;

/// What there is to do with several nodes and links.
pub fn many(editor: Editor) -> AnyView {
    let heading = text(move || editor.selection().with(Selection::to_string));
    let buttons = in_line().map(|action| {
        let press = move |_| {
            if let Some(desk) = Desk::here() {
                action.press(desk);
            }
        };
        view! { <button type="button" on:click=press>{action.name}</button> }
    });
    let delete = move || {
        if editor.delete_selected() {
            super::focus_soon(HEADING);
        }
    };
    view! {
        <header class="inspector-head">
            <h2 id=HEADING tabindex="-1">{heading}</h2>
        </header>
        <section class="inspector-part">
            <h3>"Bring into line"</h3>
            <div class="in-line">{buttons.collect::<Vec<_>>()}</div>
        </section>
        {foot("Delete all of it", Box::new(delete))}
    }
}
