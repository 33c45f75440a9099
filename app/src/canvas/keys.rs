//! Everything that the mouse can do on the canvas, with the keyboard.

use super::hands::{Hands, card_of, focus, focus_node_soon};
use super::viewport::{Viewport, surface};
use crate::browser;
use crate::editor::{Editor, Selection};
use crate::notice::Notices;
use crate::state::StoredValue;
use crate::view::effect;
use aside_domain::scene::GRID;
use aside_domain::{LinkId, NodeId, Point};
use leptos::ev::{keydown, keyup};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// How much one press of + or - zooms.
pub const ZOOM_STEP: f64 = 1.2;

/// The keyboard on the canvas: a cheap handle.
#[derive(Clone, Copy)]
pub struct Keys {
    editor: Editor,
    hands: Hands,
    viewport: Viewport,
    notices: Notices,
    /// The node that the arrows are moving; one press, however long, is one edit.
    nudged: StoredValue<Option<NodeId>>,
}

impl Keys {
    /// The keyboard of a canvas.
    #[must_use]
    pub fn new(editor: Editor, hands: Hands, viewport: Viewport, notices: Notices) -> Self {
        Self { editor, hands, viewport, notices, nudged: StoredValue::default() }
    }

    /// Listens, as long as the canvas is there, to keys that go down while nothing on the page has the focus, and to all
    /// that go up.
    pub fn listen(self) {
        effect(move || {
            let down = window_event_listener(keydown, move |event| {
                if target(&event).is_some_and(|element| element.tag_name() == "BODY") {
                    self.down(&event);
                }
            });
            let up = window_event_listener(keyup, move |_| self.up());
            on_cleanup(move || {
                down.remove();
                up.remove();
            });
        });
    }

    /// A key went down on the canvas.
    pub fn down(&self, event: &KeyboardEvent) {
        if browser::is_typing(event) {
            return;
        }
        let node = focused_node(event);
        let (ctrl, key) = (event.ctrl_key() || event.meta_key(), event.key());
        let is_connecting = self.hands.preview().with_untracked(Option::is_some);
        let handled = match (key.as_str(), node) {
            ("Escape", _) => {
                if !self.hands.cancel() {
                    self.editor.select(None);
                }
                true
            }
            ("+" | "=", _) if !ctrl => self.zoom(ZOOM_STEP),
            ("-", _) if !ctrl => self.zoom(1.0 / ZOOM_STEP),
            (" ", None) if is_ground(event) => {
                self.hands.space_is_down().set(true);
                true
            }
            ("Enter" | " " | "c" | "C", Some(node)) if is_connecting && !ctrl => {
                self.hands.finish_connecting(&node);
                true
            }
            ("c" | "C", Some(node)) if !ctrl => {
                self.hands.start_connecting(&node);
                true
            }
            (" ", Some(_)) => {
                self.hands.space_is_down().set(true);
                true
            }
            ("Enter", Some(node)) => {
                self.editor.select(Some(Selection::Node(node)));
                open_inspector();
                true
            }
            ("Enter", None) if self.editor.selection().with_untracked(Option::is_some) && is_link(event) => {
                open_inspector();
                true
            }
            ("Delete" | "Backspace", _) => self.delete(),
            ("ArrowLeft", Some(node)) => self.nudge(&node, -1, 0, event),
            ("ArrowRight", Some(node)) => self.nudge(&node, 1, 0, event),
            ("ArrowUp", Some(node)) => self.nudge(&node, 0, -1, event),
            ("ArrowDown", Some(node)) => self.nudge(&node, 0, 1, event),
            _ => false,
        };
        if handled {
            event.prevent_default();
        }
    }

    /// A key went up, or the focus left: what the arrows moved has arrived.
    pub fn up(&self) {
        self.hands.space_is_down().set(false);
        let Some(id) = self.nudged.try_update_value(Option::take).flatten() else {
            return;
        };
        let Some(to) = self.editor.node(&id).map(|node| node.with_untracked(|node| node.at)) else {
            return;
        };
        if self.editor.apply_if(self.editor.with(|scenario| {
            scenario.move_to(&id, to).filter(|_| scenario.graph.node(&id).is_some_and(|node| node.at != to))
        })) {
            self.notices.announce(format!("Moved to {}, {}.", to.x, to.y));
        }
    }

    fn zoom(&self, factor: f64) -> bool {
        self.viewport.zoom_by(factor, None);
        true
    }

    fn nudge(&self, id: &NodeId, dx: i32, dy: i32, event: &KeyboardEvent) -> bool {
        let Some(at) = self.editor.node(id).map(|node| node.with_untracked(|node| node.at)) else {
            return false;
        };
        if self.nudged.with_value(|nudged| nudged.as_ref().is_some_and(|nudged| nudged != id)) {
            self.up();
        }
        let freely = event.alt_key() || event.shift_key();
        let step = if freely { 1 } else { GRID };
        let to = Point::new(at.x + dx * step, at.y + dy * step);
        let to = if freely { to } else { to.snapped(GRID) };
        self.nudged.set_value(Some(id.clone()));
        self.editor.preview_move(id, to);
        self.viewport.reveal(to);
        true
    }

    /// Deletes what is selected, and moves the focus to what is next to it, so that it is never lost.
    fn delete(&self) -> bool {
        let Some(selection) = self.editor.selection().get_untracked() else {
            return false;
        };
        let (words, next) = self.editor.with(|scenario| {
            let name = |id: &NodeId| scenario.graph.node(id).map_or_else(String::new, |node| node.name.to_string());
            match &selection {
                Selection::Node(id) => {
                    let at = scenario.graph.index(id).unwrap_or(0);
                    let beside =
                        scenario.graph.nodes.get(at + 1).or_else(|| scenario.graph.nodes.get(at.wrapping_sub(1)));
                    (format!("{} deleted.", name(id)), beside.map(|node| node.id.clone()))
                }
                Selection::Link(LinkId { from, to }) => {
                    (format!("Link from {} to {} deleted.", name(from), name(to)), Some(from.clone()))
                }
            }
        });
        self.editor.delete_selected();
        self.notices.announce(words);
        match next {
            Some(next) => focus_node_soon(&next),
            None => focus_surface(),
        }
        true
    }
}

/// Moves the focus to the heading of the inspector.
fn open_inspector() {
    request_animation_frame(|| {
        if let Some(heading) = browser::find::<HtmlElement>("#inspector-heading") {
            // A heading that is not there leaves the focus where it is.
            let _ = heading.focus();
        }
    });
}

fn focus_surface() {
    if let Some(surface) = surface() {
        focus(&surface);
    }
}

fn target(event: &KeyboardEvent) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The node whose card has the focus itself, not a button on it.
fn focused_node(event: &KeyboardEvent) -> Option<NodeId> {
    let id = NodeId::new(target(event)?.get_attribute("data-node-id")?).ok()?;
    card_of(&id).map(|_| id)
}

/// Whether nothing in particular has the focus: Space is no button's then.
fn is_ground(event: &KeyboardEvent) -> bool {
    target(event).is_some_and(|element| element.class_list().contains("surface") || element.tag_name() == "BODY")
}

fn is_link(event: &KeyboardEvent) -> bool {
    target(event).is_some_and(|element| element.has_attribute("data-link"))
}
