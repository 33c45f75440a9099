//! Everything that the mouse can do on the canvas, with the keyboard.

use super::actions::{self, Action, Desk};
use super::focus::card_of;
use crate::browser;
use crate::selection::{Part, Selection};
use crate::state::StoredValue;
use crate::view::effect;
use aside_domain::scene::GRID;
use aside_domain::{NodeId, Point};
use leptos::ev::{keydown, keyup};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// How much one press of + or - zooms.
pub const ZOOM_STEP: f64 = 1.2;

/// The keyboard on the canvas: a cheap handle.
#[derive(Clone, Copy)]
pub struct Keys {
    desk: StoredValue<Desk>,
    /// The nodes that the arrows are moving; one press, however long, is one edit.
    nudged: StoredValue<Vec<NodeId>>,
}

/// Keys that do the same wherever the focus is, but in a text.
const EVERYWHERE: [&str; 7] = ["Undo", "Redo", "Release all", "Command palette", "Keyboard shortcuts", "Play", "Stop"];

impl Keys {
    /// The keyboard of a canvas.
    #[must_use]
    pub fn new(desk: StoredValue<Desk>) -> Self {
        Self { desk, nudged: StoredValue::default() }
    }

    /// Listens, as long as the canvas is there: to keys that go down on the surface or while nothing on the page has the
    /// focus, to some wherever they go down, and to all that go up.
    pub fn listen(self) {
        effect(move || {
            let down = window_event_listener(keydown, move |event| {
                if event.default_prevented() || browser::is_typing(&event) || browser::is_covered() {
                    return;
                }
                if target(&event).is_some_and(|element| element.tag_name() == "BODY") {
                    self.down(&event);
                } else if let Some(action) = actions::of_key(&event).filter(|it| EVERYWHERE.contains(&it.name)) {
                    self.press(action, &event);
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
        let (hands, editor) = self.desk.with_value(|desk| (desk.hands, desk.bench.editor));
        let is_plain = !(event.ctrl_key() || event.meta_key());
        let is_connecting = hands.preview().with_untracked(Option::is_some);
        match (event.key().as_str(), node) {
            ("Escape", _) => {
                if !hands.cancel() {
                    editor.select(Selection::default());
                }
            }
            (" ", None) if is_ground(event) => hands.space_is_down().set(true),
            ("Enter" | " " | "c" | "C", Some(node)) if is_connecting && is_plain => hands.finish_connecting(&node),
            (" ", Some(_)) => hands.space_is_down().set(true),
            ("Enter", Some(node)) if is_plain => {
                editor.select(Part::Node(node));
                open_inspector();
            }
            ("Enter", None) if !is_link(event) => return,
            ("ArrowLeft", Some(node)) => self.nudge(&node, -1, 0, event),
            ("ArrowRight", Some(node)) => self.nudge(&node, 1, 0, event),
            ("ArrowUp", Some(node)) => self.nudge(&node, 0, -1, event),
            ("ArrowDown", Some(node)) => self.nudge(&node, 0, 1, event),
            _ => {
                // Keys mean what has the focus, whatever else was selected before.
                let Some(action) = actions::of_key(event) else { return };
                let selected = editor.selection().get_untracked();
                if let Some(node) = focused_node(event).filter(|id| !selected.has_node(id) && !hands.is_gathering()) {
                    editor.select(Part::Node(node));
                }
                return self.press(action, event);
            }
        }
        event.prevent_default();
    }

    /// Does what a key stands for. What cannot be done now leaves the key to the browser.
    fn press(&self, action: &Action, event: &KeyboardEvent) {
        let desk = self.desk.get_value();
        if action.can(desk) {
            event.prevent_default();
            action.press(desk);
            browser::catch_focus();
        }
    }

    /// A key went up, or the focus left: what the arrows moved has arrived.
    pub fn up(&self) {
        let Some(desk) = self.desk.try_get_value() else { return };
        let (hands, editor) = (desk.hands, desk.bench.editor);
        hands.space_is_down().set(false);
        let nodes = self.nudged.try_update_value(std::mem::take).unwrap_or_default();
        let places = editor.places(&nodes);
        let Some((_, to)) = places.first() else { return };
        if editor.arrive(&places) {
            desk.bench.notices.announce(match places.len() {
                1 => format!("Moved to {}, {}.", to.x, to.y),
                count => format!("{count} nodes moved."),
            });
        }
    }

    /// Moves the node with the focus by a step, and all that are selected with it.
    fn nudge(&self, id: &NodeId, dx: i32, dy: i32, event: &KeyboardEvent) {
        let Desk { bench, viewport, .. } = self.desk.get_value();
        let selected = bench.editor.selection().with_untracked(Selection::sorted).nodes;
        let mut nodes = vec![id.clone()];
        if selected.contains(id) {
            nodes.extend(selected.into_iter().filter(|other| other != id));
        }
        if self.nudged.with_value(|nudged| !nudged.is_empty() && *nudged != nodes) {
            self.up();
        }
        let freely = event.alt_key() || event.shift_key();
        let places = bench.editor.places(&nodes);
        let Some((_, at)) = places.first() else { return };
        let step = if freely { 1 } else { GRID };
        let to = Point::new(at.x + dx * step, at.y + dy * step);
        let to = if freely { to } else { to.snapped(GRID) };
        let by = Point::new(to.x - at.x, to.y - at.y);
        for (id, at) in &places {
            bench.editor.preview_move(id, Point::new(at.x + by.x, at.y + by.y));
        }
        viewport.reveal(to);
        self.nudged.set_value(nodes);
    }
}

/// Moves the focus to the heading of the inspector.
pub fn open_inspector() {
    request_animation_frame(|| {
        if let Some(heading) = browser::find::<HtmlElement>("#inspector-heading") {
            // A heading that is not there leaves the focus where it is.
            let _ = heading.focus();
        }
    });
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
