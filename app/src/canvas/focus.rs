//! The keyboard focus on the canvas: moved to cards, and followed by the view.

use super::hands::Hands;
use super::viewport::{Viewport, surface};
use crate::browser;
use crate::editor::Editor;
use crate::selection::Part;
use crate::view::effect;
use crate::workbench::Pane;
use aside_domain::{NodeId, Point};
use leptos::prelude::*;
use web_sys::HtmlElement;

/// Moves the view to what the keyboard leads to. The browser would scroll there, if it can: only to the right, and down.
pub fn follow(pane: Pane, editor: Editor, hands: Hands, viewport: Viewport) {
    effect(move || {
        let unscroll = move |_| {
            if let Some(surface) = surface(pane) {
                surface.set_scroll_left(0);
                surface.set_scroll_top(0);
            }
        };
        let follow = move |event| {
            let met = browser::target(&event).filter(|it| it.matches(":focus-visible").unwrap_or(false));
            let place = match met.and_then(|element| hands.part_at(&element)) {
                Some(Part::Node(id)) => editor.place(&id).map(|place| place.get_untracked()),
                Some(Part::Link(link)) => editor.places(&[link.from, link.to]).iter().map(|(_, at)| *at).reduce(middle),
                None => None,
            };
            if let Some(place) = place.filter(|_| hands.are_at_rest()) {
                viewport.reveal(place);
            }
        };
        pane.listen_in(".surface", "focusin", Box::new(follow));
        pane.listen_in(".surface", "scroll", Box::new(unscroll));
    });
}

/// The place between two others.
const fn middle(a: Point, b: Point) -> Point {
    Point::new(i32::midpoint(a.x, b.x), i32::midpoint(a.y, b.y))
}

/// Moves the keyboard focus to a node's card, once it is on the screen.
pub fn focus_node_soon(id: &NodeId) {
    if let Some(card) = card_of(id) {
        return focus(&card);
    }
    let id = id.clone();
    request_animation_frame(move || {
        if let Some(card) = card_of(&id) {
            focus(&card);
        }
    });
}

/// The card of a node.
#[must_use]
pub fn card_of(id: &NodeId) -> Option<HtmlElement> {
    browser::find(&format!("[data-node-id='{id}']"))
}

/// Moves the keyboard focus without scrolling the surface under the drawing.
pub fn focus(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    // An element that cannot be focused leaves the focus where it is.
    let _ = element.focus_with_options(&options);
}
