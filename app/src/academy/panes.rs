//! Text and sandbox beside each other; on a phone two panes, side by side, each of which keeps its place. And the table of
//! contents, which follows the text.

use crate::browser::{self, set};
use leptos::prelude::*;
use web_sys::{Element, HtmlElement};

/// How far below the upper edge of the text a heading counts as reached, in pixels.
const REACHED: f64 = 96.0;

/// Brings a pane into view: `prose` or `sandbox`.
pub fn show(pane: &str) {
    if let Some(panes) = browser::find::<HtmlElement>(".panes")
        && let Some(pane) = browser::find::<HtmlElement>(&format!(".{pane}-pane"))
    {
        panes.set_scroll_left(pane.offset_left());
    }
}

/// The panes were moved: their tabs say which is in view.
fn moved() {
    let Some(panes) = browser::find::<HtmlElement>(".panes") else { return };
    let is_sandbox = panes.scroll_left() * 2 > panes.client_width();
    for tab in browser::find_all(".pane-tabs [data-pane]") {
        let is_this = (tab.get_attribute("data-pane").as_deref() == Some("sandbox")) == is_sandbox;
        set(&tab, "aria-pressed", Some(if is_this { "true" } else { "false" }));
    }
}

/// The text was moved: the table of contents says where the reader is.
fn follow() {
    let Some(pane) = browser::find::<Element>(".prose-pane") else { return };
    let edge = pane.get_bounding_client_rect().top() + REACHED;
    let headings = browser::find_all(".lesson-text h2");
    let current = headings.iter().rev().find(|heading| heading.get_bounding_client_rect().top() <= edge);
    let id = current.map(|heading| heading.id()).unwrap_or_default();
    for entry in browser::find_all(".toc [data-heading]") {
        let is_here = entry.get_attribute("data-heading").as_ref() == Some(&id);
        set(&entry, "aria-current", is_here.then_some("location"));
    }
    if let Some(now) = browser::find::<Element>(".toc-now") {
        now.set_text_content(current.and_then(|heading| heading.text_content()).as_deref());
    }
}

/// A click in the table of contents closes it: it has led where it was to lead.
pub fn close_contents() {
    if let Some(contents) = browser::find::<Element>(".toc[open]") {
        set(&contents, "open", None);
    }
}

/// Follows both, from wherever the address has led.
pub fn listen() {
    browser::listen_in(".prose-pane", "scroll", Box::new(|_| follow()));
    browser::listen_in(".panes", "scroll", Box::new(|_| moved()));
    browser::listen_in(
        ".pane-tabs",
        "click",
        Box::new(|event| {
            if let Some(pane) = browser::target(&event).and_then(|tab| tab.get_attribute("data-pane")) {
                show(&pane);
            }
        }),
    );
    request_animation_frame(follow);
}
