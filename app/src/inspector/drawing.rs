//! Nothing is selected: the drawing as a whole, and how to work on it.

use super::field::Field;
use super::issues::all_issues;
use super::{HEADING, counted, sentence};
use crate::canvas::overlay;
use crate::editor::Editor;
use crate::view::{text, view};
use aside_domain::Name;
use leptos::prelude::*;

/// The drawing: its title, its size, its issues, and the way to everything that can be done with it.
pub fn drawing(editor: Editor) -> AnyView {
    let title = text(move || editor.title().with(Name::to_string));
    let retitle = move |typed: String| {
        let to = Name::new(typed.trim()).map_err(sentence)?;
        if to.as_str() != title.get_untracked() {
            editor.apply(editor.with(|scenario| scenario.retitle(to)));
        }
        Ok(())
    };
    let nodes = text(move || counted(editor.order().with(Vec::len) as u64, "node", "nodes"));
    let links = text(move || counted(editor.links().with(Vec::len) as u64, "link", "links"));
    let requests =
        text(move || counted(editor.findings().with(|findings| findings.requests) as u64, "request", "requests"));
    view! {
        <header class="inspector-head">
            <h2 id=HEADING tabindex="-1">"Drawing"</h2>
        </header>
        <section class="inspector-part">
            <Field id="inspector-title" label="Title" value=title commit=Box::new(retitle) />
            <p class="quiet">
                {nodes} ", " {links} ", " {requests} " in a run"
            </p>
        </section>
        <section class="inspector-part" aria-labelledby="inspector-issues">
            <h3 id="inspector-issues">"Issues"</h3>
            {all_issues()}
        </section>
        <section class="inspector-part" aria-labelledby="inspector-help">
            <h3 id="inspector-help">"Help"</h3>
            <div class="in-line">
                <button type="button" title="Everything that can be done, by name (Ctrl+K)" on:click=|_| overlay::open(overlay::PALETTE)>
                    "Command palette"
                </button>
                <button type="button" title="Keys and gestures (?)" on:click=|_| overlay::open(overlay::SHEET)>
                    "Keyboard shortcuts"
                </button>
            </div>
        </section>
    }
    .into_any()
}
