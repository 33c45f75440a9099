//! What the visitor's hands are doing on the canvas: one gesture at a time, from a press to a release or to Escape.
//!
//! The surface captures the pointer when a gesture begins, so all of it arrives there, wherever the pointer goes.

mod making;

use super::drag::Drag;
use super::viewport::{Rect, Viewport, surface};
use crate::editor::Editor;
use crate::notice::Notices;
use crate::selection::{Part, Selection};
use crate::state::{RwSignal, StoredValue};
use crate::workbench::Pane;
use aside_domain::graph::Refusal;
use aside_domain::guides::Guide;
use aside_domain::{Kind, NodeId};
use leptos::prelude::*;
use making::centered;
use std::sync::Arc;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent, PointerEvent};

/// How far the pointer may move before a press becomes a drag, in pixels.
const SLACK: f64 = 4.0;
/// After how long a finger that rests is a right click.
const LONG_PRESS: Duration = Duration::from_millis(500);

/// A gesture under way.
#[derive(Debug, Clone, PartialEq)]
enum Gesture {
    /// The drawing follows the hand.
    Pan { last: (f64, f64) },
    /// Two fingers move and zoom it.
    Pinch { fingers: [(i32, (f64, f64)); 2] },
    /// Nodes follow the hand; the one under it was selected with others before.
    Drag { drag: Arc<Drag>, node: NodeId, was_among: bool },
    /// A rectangle is drawn around what is to be selected, beside what was selected before.
    Lasso { from: (f64, f64), before: Selection },
    /// A link is being drawn.
    Connect { from: NodeId },
    /// A node of a kind was taken from the palette.
    Carry { kind: Kind },
}

/// A link that is being drawn, as the canvas previews it.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The node that it starts from.
    pub from: NodeId,
    /// Where the pointer is, on the canvas; none while it is drawn with the keyboard.
    pub pointer: Option<(f64, f64)>,
    /// The node under the pointer, and whether it may be linked to.
    pub target: Option<(NodeId, Result<(), Refusal>)>,
}

/// The visitor's hands: a cheap handle, found in context within the canvas.
#[derive(Clone, Copy)]
pub struct Hands {
    editor: Editor,
    notices: Notices,
    viewport: Viewport,
    gesture: StoredValue<Option<Gesture>>,
    /// Where the pointer was pressed, in the window, and whether it has moved since.
    pressed: StoredValue<((f64, f64), bool)>,
    /// Counts the presses.
    presses: StoredValue<u32>,
    /// What was selected part by part with the keyboard: the focus then goes from part to part and selects nothing.
    gathered: StoredValue<Selection>,
    /// The rectangle that is being drawn around what is to be selected.
    lasso: RwSignal<Option<Rect>>,
    /// The lines along which what is being moved is in line.
    guides: RwSignal<Vec<Guide>>,
    /// Where the context menu is open, in the window.
    menu: RwSignal<Option<(f64, f64)>>,
    /// Where it was opened, while what was chosen from it is done.
    menu_was: StoredValue<Option<(f64, f64)>>,
    preview: RwSignal<Option<Preview>>,
    carried: RwSignal<Option<(Kind, (f64, f64))>>,
    /// A node that was just added with a click: a click on free ground puts it there.
    placing: RwSignal<Option<NodeId>>,
    space_is_down: RwSignal<bool>,
}

impl Hands {
    /// Hands that rest.
    #[must_use]
    pub fn new(editor: Editor, notices: Notices, viewport: Viewport) -> Self {
        Self {
            editor,
            notices,
            viewport,
            gesture: StoredValue::default(),
            pressed: StoredValue::default(),
            presses: StoredValue::default(),
            gathered: StoredValue::default(),
            lasso: RwSignal::default(),
            guides: RwSignal::default(),
            menu: RwSignal::default(),
            menu_was: StoredValue::default(),
            preview: RwSignal::default(),
            carried: RwSignal::default(),
            placing: RwSignal::default(),
            space_is_down: RwSignal::default(),
        }
    }

    /// The rectangle that is being drawn around what is to be selected.
    #[must_use]
    pub const fn lasso(&self) -> RwSignal<Option<Rect>> {
        self.lasso
    }

    /// The lines along which what is being moved is in line.
    #[must_use]
    pub const fn guides(&self) -> RwSignal<Vec<Guide>> {
        self.guides
    }

    /// Whether what is selected was selected part by part with the keyboard.
    #[must_use]
    pub fn is_gathering(&self) -> bool {
        let selected = self.editor.selection().get_untracked();
        !selected.is_empty() && self.gathered.with_value(|gathered| *gathered == selected)
    }

    /// Whether they do nothing.
    #[must_use]
    pub fn are_at_rest(&self) -> bool {
        self.gesture.with_value(Option::is_none)
    }

    /// A press on a link. With Shift, it joins those that are selected, or leaves them.
    pub fn press_link(&self, part: Part, with_shift: bool) {
        if with_shift {
            return self.toggle(part);
        }
        self.gathered.set_value(Selection::default());
        self.editor.select(part);
    }

    /// The part joins those that are selected, or leaves them; the focus that it takes then says nothing else.
    fn toggle(&self, part: Part) {
        let selected = self.editor.selection().get_untracked().toggled(part);
        self.gathered.set_value(selected.clone());
        self.editor.select(selected);
    }

    /// Selects a part beside the others, or no longer. The first is selected already, by its focus.
    pub fn gather(&self, part: Part) {
        let selected = self.editor.selection().get_untracked();
        let is_first = !self.is_gathering() && selected.has(&part);
        let selected = if is_first { selected } else { selected.toggled(part) };
        self.gathered.set_value(selected.clone());
        self.editor.select(selected);
        self.tell_selection();
    }

    /// Where the context menu is open, in the window.
    #[must_use]
    pub const fn menu(&self) -> RwSignal<Option<(f64, f64)>> {
        self.menu
    }

    /// Where the context menu was opened, while what was chosen from it is done.
    #[must_use]
    pub fn menu_was(&self) -> Option<(f64, f64)> {
        self.menu_was.get_value()
    }

    /// Remembers where the context menu was opened, or forgets it.
    pub fn menu_was_at(&self, place: Option<(f64, f64)>) {
        self.menu_was.set_value(place);
    }

    /// The link that is being drawn.
    #[must_use]
    pub const fn preview(&self) -> RwSignal<Option<Preview>> {
        self.preview
    }

    /// The node that is being carried from the palette, and where the pointer is in the window.
    #[must_use]
    pub const fn carried(&self) -> RwSignal<Option<(Kind, (f64, f64))>> {
        self.carried
    }

    /// The node that the next click on free ground puts there.
    #[must_use]
    pub const fn placing(&self) -> RwSignal<Option<NodeId>> {
        self.placing
    }

    /// Whether Space is held: a drag then moves the drawing, wherever it starts.
    #[must_use]
    pub const fn space_is_down(&self) -> RwSignal<bool> {
        self.space_is_down
    }

    // Presses.

    /// A press on free ground, or anywhere with Space or the middle button. With Shift, a lasso.
    pub fn press_ground(&self, event: &PointerEvent) {
        self.take(event);
        let at = place(event);
        if event.is_primary() {
            self.press(event);
        }
        let fingers = self.gesture.get_value();
        match (fingers, self.placing.get_untracked()) {
            // A second finger.
            (Some(Gesture::Pan { last }), _) if event.pointer_type() == "touch" && !event.is_primary() => {
                self.gesture.set_value(Some(Gesture::Pinch { fingers: [(0, last), (event.pointer_id(), at)] }));
            }
            (Some(Gesture::Drag { drag, .. }), _) if event.pointer_type() == "touch" && !event.is_primary() => {
                drag.back(self.editor);
                self.guides.set(Vec::new());
                let (first, _) = self.pressed.get_value();
                self.gesture.set_value(Some(Gesture::Pinch { fingers: [(0, first), (event.pointer_id(), at)] }));
            }
            (_, Some(node)) => {
                self.placing.set(None);
                let (x, y) = self.viewport.canvas_point(at.0, at.1);
                self.editor
                    .apply_if(self.editor.with(|scenario| scenario.move_to(&node, centered(x, y, event.alt_key()))));
            }
            (_, None) if event.shift_key() && event.button() == 0 => {
                self.cancel();
                let from = self.viewport.canvas_point(at.0, at.1);
                self.gesture.set_value(Some(Gesture::Lasso { from, before: self.editor.selection().get_untracked() }));
            }
            _ => {
                self.cancel();
                if !self.space_is_down.get_untracked() && event.button() == 0 {
                    self.editor.select(Selection::default());
                }
                self.gesture.set_value(Some(Gesture::Pan { last: at }));
            }
        }
    }

    /// A press on a node: it is dragged, with all others that are selected if it is one of them. With Shift, it joins those
    /// that are selected, or leaves them.
    pub fn press_node(&self, event: &PointerEvent, id: &NodeId) {
        if event.button() == 1 || self.space_is_down.get_untracked() || !event.is_primary() {
            return self.press_ground(event);
        }
        if event.button() != 0 {
            return;
        }
        self.placing.set(None);
        if self.preview.with_untracked(Option::is_some) {
            return self.finish_connecting(id);
        }
        self.press(event);
        let part = Part::Node(id.clone());
        let selection = self.editor.selection().get_untracked();
        if event.shift_key() {
            return self.toggle(part);
        }
        self.gathered.set_value(Selection::default());
        self.take(event);
        let was_among = selection.has(&part) && selection.only().is_none();
        if !was_among {
            self.editor.select(part);
        }
        let others = self.editor.selection().with_untracked(Selection::sorted).nodes.into_iter();
        let nodes: Vec<NodeId> = std::iter::once(id.clone()).chain(others.filter(|other| other != id)).collect();
        let (x, y) = place(event);
        let grabbed = self.viewport.canvas_point(x, y);
        let seen = self.viewport.seen();
        let drag = Drag::of(self.editor, &nodes, grabbed, |at| seen.is_none_or(|seen| seen.meets(at)));
        self.gesture.set_value(Some(Gesture::Drag { drag: Arc::new(drag), node: id.clone(), was_among }));
    }

    /// A press on a node's out port.
    pub fn press_port(&self, event: &PointerEvent, from: &NodeId) {
        if event.button() != 0 {
            return;
        }
        event.stop_propagation();
        self.take(event);
        self.press(event);
        self.gesture.set_value(Some(Gesture::Connect { from: from.clone() }));
        self.preview_at(from, place(event));
    }

    /// A press on a kind in the palette.
    pub fn press_palette(&self, event: &PointerEvent, kind: Kind) {
        if event.button() == 0 {
            self.cancel();
            capture(event.current_target(), event.pointer_id());
            self.press(event);
            self.gesture.set_value(Some(Gesture::Carry { kind }));
        }
    }

    /// The context menu was asked for, with the mouse or the keyboard: it is about what is selected, and that is what was asked
    /// about.
    pub fn ask_for_menu(&self, event: &MouseEvent) {
        event.prevent_default();
        self.cancel();
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let part = crate::browser::target(event).and_then(|element| self.part_at(&element));
        match part {
            Some(part) if self.editor.selection().with_untracked(|selection| selection.has(&part)) => {}
            Some(part) => self.editor.select(part),
            None => self.editor.select(Selection::default()),
        }
        self.menu.set(Some(at));
    }

    /// The part of the drawing that an element belongs to.
    #[must_use]
    pub fn part_at(&self, element: &Element) -> Option<Part> {
        let name = |attribute: &str| element.closest(&format!("[{attribute}]")).ok()??.get_attribute(attribute);
        if let Some(id) = name("data-node-id") {
            return NodeId::new(id).ok().map(Part::Node);
        }
        let link = name("data-link")?;
        let drawn = |scenario: &aside_domain::Scenario| {
            let mut links = scenario.graph.links.iter().map(aside_domain::Link::id);
            links.find(|id| super::links::name_of(id) == link)
        };
        self.editor.with(drawn).map(Part::Link)
    }

    /// Remembers where the pointer was pressed. A finger that stays there opens the context menu.
    fn press(&self, event: &PointerEvent) {
        let at = place(event);
        self.pressed.set_value((at, false));
        self.menu.set(None);
        let Some(press) = self.presses.try_update_value(|presses| {
            *presses += 1;
            *presses
        }) else {
            return;
        };
        if event.pointer_type() != "touch" {
            return;
        }
        let this = *self;
        set_timeout(
            move || {
                let is_same = this.presses.try_get_value() == Some(press) && !this.pressed.get_value().1;
                let rests = this
                    .gesture
                    .with_value(|gesture| matches!(gesture, Some(Gesture::Pan { .. } | Gesture::Drag { .. })));
                if is_same && rests {
                    this.cancel();
                    this.menu.set(Some(at));
                }
            },
            LONG_PRESS,
        );
    }

    // Moves.

    /// The pointer moved.
    pub fn moved(&self, event: &PointerEvent) {
        let at = place(event);
        let Some(gesture) = self.gesture.get_value() else {
            return;
        };
        let (pressed, has_moved) = self.pressed.get_value();
        let has_moved = has_moved || distance(at, pressed) > SLACK;
        self.pressed.set_value((pressed, has_moved));
        match gesture {
            Gesture::Pan { last } => {
                self.viewport.pan(at.0 - last.0, at.1 - last.1);
                self.gesture.set_value(Some(Gesture::Pan { last: at }));
            }
            Gesture::Pinch { fingers } => self.pinch(fingers, event.pointer_id(), event.is_primary(), at),
            Gesture::Drag { drag, .. } if has_moved => {
                let hand = self.viewport.canvas_point(at.0, at.1);
                let guides = drag.to(self.editor, hand, self.viewport.zoom(), event.alt_key());
                if self.guides.with_untracked(|now| *now != guides) {
                    self.guides.set(guides);
                }
            }
            Gesture::Lasso { from, before } if has_moved => {
                let rect = Rect::between(from, self.viewport.canvas_point(at.0, at.1));
                let caught = self.editor.with(|scenario| {
                    let nodes = scenario.graph.nodes.iter().filter(|node| rect.meets(node.at));
                    before.with_nodes(nodes.map(|node| node.id.clone()))
                });
                self.lasso.set(Some(rect));
                self.editor.select(caught);
            }
            Gesture::Connect { from } => self.preview_at(&from, at),
            Gesture::Carry { kind } if has_moved => self.carried.set(Some((kind, at))),
            Gesture::Drag { .. } | Gesture::Lasso { .. } | Gesture::Carry { .. } => {}
        }
    }

    fn pinch(&self, fingers: [(i32, (f64, f64)); 2], pointer: i32, is_primary: bool, at: (f64, f64)) {
        let [first, second] = fingers;
        let next = if is_primary { [(pointer, at), second] } else { [first, (pointer, at)] };
        let middle = |fingers: &[(i32, (f64, f64)); 2]| {
            ((fingers[0].1.0 + fingers[1].1.0) / 2.0, (fingers[0].1.1 + fingers[1].1.1) / 2.0)
        };
        let (was, is) = (middle(&fingers), middle(&next));
        self.viewport.pan(is.0 - was.0, is.1 - was.1);
        let spread = |fingers: &[(i32, (f64, f64)); 2]| distance(fingers[0].1, fingers[1].1).max(1.0);
        self.viewport.zoom_by(spread(&next) / spread(&fingers), Some(is));
        self.gesture.set_value(Some(Gesture::Pinch { fingers: next }));
    }

    fn preview_at(&self, from: &NodeId, at: (f64, f64)) {
        let target = node_at(at).filter(|id| id != from);
        let verdict = |id: NodeId| {
            let allowed = self.editor.with(|scenario| scenario.graph.check_link(from, &id));
            (id, allowed)
        };
        let pointer = Some(self.viewport.canvas_point(at.0, at.1));
        self.preview.set(Some(Preview { from: from.clone(), pointer, target: target.map(verdict) }));
    }

    // Releases.

    /// The pointer was released.
    pub fn released(&self, event: &PointerEvent) {
        let Some(gesture) = self.gesture.get_value() else {
            return;
        };
        self.gesture.set_value(None);
        let (_, has_moved) = self.pressed.get_value();
        match gesture {
            Gesture::Drag { drag, .. } if has_moved => {
                self.guides.set(Vec::new());
                drag.arrive(self.editor);
            }
            Gesture::Drag { node, was_among: true, .. } => self.editor.select(Part::Node(node)),
            Gesture::Lasso { .. } => {
                self.lasso.set(None);
                self.tell_selection();
            }
            // A tap on a port: the next one, on a node, is the link's end.
            Gesture::Connect { from } if !has_moved => self.start_connecting(&from),
            Gesture::Connect { .. } => {
                let target = self.preview.get_untracked().and_then(|preview| preview.target);
                match target {
                    Some((id, _)) => self.finish_connecting(&id),
                    None => self.preview.set(None),
                }
            }
            Gesture::Carry { kind } if has_moved => {
                self.carried.set(None);
                let at = place(event);
                if self.viewport.holds(at.0, at.1) {
                    let (x, y) = self.viewport.canvas_point(at.0, at.1);
                    self.add(kind, centered(x, y, event.alt_key()));
                }
            }
            Gesture::Pinch { .. } | Gesture::Pan { .. } | Gesture::Drag { .. } | Gesture::Carry { .. } => {}
        }
    }

    /// Gives up whatever is under way; nothing has changed then. False if nothing was.
    pub fn cancel(&self) -> bool {
        let gesture = self.gesture.try_update_value(Option::take).flatten();
        let was_busy = gesture.is_some()
            || self.preview.with_untracked(Option::is_some)
            || self.placing.with_untracked(Option::is_some);
        match gesture {
            Some(Gesture::Drag { drag, .. }) => drag.back(self.editor),
            Some(Gesture::Lasso { before, .. }) => self.editor.select(before),
            _ => {}
        }
        self.gathered.set_value(Selection::default());
        self.lasso.set(None);
        self.guides.set(Vec::new());
        self.preview.set(None);
        self.carried.set(None);
        self.placing.set(None);
        was_busy
    }

    /// Tells how much is selected, to whoever does not see it.
    pub fn tell_selection(&self) {
        self.notices.announce(self.editor.selection().with_untracked(Selection::to_string));
    }

    /// Begins to capture the pointer on the surface.
    fn take(&self, event: &PointerEvent) {
        capture(surface(Pane::OWN).map(Into::into), event.pointer_id());
    }
}

fn capture(target: Option<web_sys::EventTarget>, pointer: i32) {
    if let Some(element) = target.and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
        // A pointer that is gone by now cannot be captured; its release will not come either, and Escape helps.
        let _ = element.set_pointer_capture(pointer);
    }
}

/// The node under a point of the window.
fn node_at(at: (f64, f64)) -> Option<NodeId> {
    let element = document().element_from_point(at.0 as f32, at.1 as f32)?;
    let card = element.closest("[data-node-id]").ok().flatten()?;
    NodeId::new(card.get_attribute("data-node-id")?).ok()
}

fn place(event: &PointerEvent) -> (f64, f64) {
    (f64::from(event.client_x()), f64::from(event.client_y()))
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}
