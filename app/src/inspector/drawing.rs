//! Nothing is selected: the drawing as a whole, and how to work on it.

use super::field::Field;
use super::issues::all_issues;
use super::{HEADING, counted, sentence};
use crate::editor::Editor;
use crate::view::{text, view};
use aside_domain::Name;
use leptos::prelude::*;

/// What the keyboard does, on the canvas and around it.
const KEYS: [(&[&str], &str); 13] = [
    (&["Tab"], "walks the nodes"),
    (&["←", "↑", "→", "↓"], "move the selected node"),
    (&["Enter"], "opens it in this inspector"),
    (&["C"], "then a target: connects them"),
    (&["Delete"], "deletes what is selected"),
    (&["Esc"], "gives up, or selects nothing"),
    (&["Ctrl+Z"], "takes an edit back"),
    (&["Ctrl+Shift+Z", "Ctrl+Y"], "makes it again"),
    (&["R"], "lets all held packets go"),
    (&["Space-drag"], "moves the view"),
    (&["Ctrl-wheel"], "zooms"),
    (&["+", "-"], "zoom in and out"),
    (&["Alt"], "while dragging, places freely"),
];

/// The drawing: its title, its size, its issues, and the keyboard's help.
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
            <h3 id="inspector-help">"Keyboard"</h3>
            <dl class="shortcuts">{KEYS.into_iter().map(shortcut).collect::<Vec<_>>()}</dl>
        </section>
    }
    .into_any()
}

fn shortcut((keys, what): (&'static [&'static str], &'static str)) -> AnyView {
    let keys: Vec<_> = keys.iter().map(|key| view! { <kbd>{*key}</kbd> " " }.into_any()).collect();
    view! {
        <div>
            <dt>{keys}</dt>
            <dd>{what}</dd>
        </div>
    }
    .into_any()
}
