//! What lies over the canvas for a moment: the context menu, the command palette, the sheet of shortcuts.
//!
//! All three are lists of the table in `actions.rs`. Like the lines of the log they are written as text; they are there only
//! while they are open, and the focus goes back to where it was.

use super::actions::{ACTIONS, Desk, Ground};
use super::focus::{card_of, focus, focus_node_soon};
use super::viewport::surface;
use crate::browser::{self, find};
use crate::selection::{Part, Selected, Selection};
use crate::state::StoredValue;
use crate::view::{effect, view};
use crate::workbench::Pane;
use aside_domain::NodeId;
use aside_domain::markup::safe;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent, PointerEvent};

/// The id of the command palette.
pub const PALETTE: &str = "command-palette";
/// The id of the sheet of shortcuts.
pub const SHEET: &str = "shortcuts";

/// How many nodes the palette finds at most.
const NODES_FOUND: usize = 20;

/// Opens one of the two dialogs.
pub fn open(id: &str) {
    let Some(dialog) = find::<HtmlDialogElement>(&format!("#{id}")).filter(|dialog| !dialog.open()) else { return };
    if id == SHEET
        && let Some(list) = find::<Element>("#shortcuts dl")
    {
        list.set_inner_html(&sheet());
    }
    if let Some(input) = find::<HtmlInputElement>("#command-palette input") {
        input.set_value("");
        show_found();
    }
    // It is in the document, and not open: that cannot fail.
    let _ = dialog.show_modal();
}

/// The menu, the palette and the sheet.
#[component]
pub fn Overlays(
    /// What actions work with.
    desk: StoredValue<Desk>,
) -> impl IntoView {
    effect(move || show_menu(desk));
    effect(move || {
        browser::listen_in(".menu", "click", Box::new(move |event| choose(desk, &event)));
        browser::listen_in(".menu", "keydown", Box::new(move |event| on_menu_key(desk, event.unchecked_ref())));
        // Whatever is pressed elsewhere closes it.
        let elsewhere = move |event: Event| {
            let is_inside = browser::target(&event).is_some_and(|it| it.closest(".menu").ok().flatten().is_some());
            if !is_inside {
                desk.with_value(|desk| desk.hands.menu().set(None));
            }
        };
        for kind in ["pointerdown", "wheel", "blur"] {
            browser::listen(&window(), kind, Box::new(elsewhere));
        }
        browser::listen_in("#command-palette", "input", Box::new(|_| show_found()));
        browser::listen_in("#command-palette", "click", Box::new(move |event| run_found(desk, &event)));
        browser::listen_in("#command-palette", "keydown", Box::new(move |event| on_palette_key(event.unchecked_ref())));
        // A press beside a dialog closes it: it is its own backdrop.
        for dialog in browser::find_all("dialog.overlay") {
            browser::listen(&dialog, "pointerdown", Box::new(|event| close_beside(event.unchecked_ref())));
        }
    });
    view! {
        <div class="menu" role="menu" aria-label="Actions" hidden=""></div>
        <dialog id=PALETTE class="overlay" aria-label="Command palette">
            <input
                type="text"
                role="combobox"
                aria-label="Search for an action or a node"
                aria-expanded="true"
                aria-controls="commands"
                autocomplete="off"
                spellcheck="false"
                placeholder="What do you want to do?"
            />
            <ul id="commands" role="listbox" aria-label="Actions and nodes"></ul>
        </dialog>
        <dialog id=SHEET class="overlay" aria-label="Keyboard shortcuts">
            <h2>"Keyboard shortcuts"</h2>
            <dl></dl>
            <form method="dialog">
                <button>"Close"</button>
            </form>
        </dialog>
    }
}

/// Closes a dialog that was pressed where it is not.
fn close_beside(event: &PointerEvent) {
    let Some(dialog) = browser::target(event).and_then(|it| it.dyn_into::<HtmlDialogElement>().ok()) else { return };
    let (rect, x, y) = (dialog.get_bounding_client_rect(), f64::from(event.client_x()), f64::from(event.client_y()));
    if x < rect.left() || x > rect.right() || y < rect.top() || y > rect.bottom() {
        dialog.close();
    }
}

// The menu.

/// Opens the menu where the hands want it, or closes it.
fn show_menu(desk: StoredValue<Desk>) {
    let desk = desk.get_value();
    let place = desk.hands.menu().get();
    let Some(menu) = find::<HtmlElement>(".menu") else { return };
    let was_open = !menu.hidden();
    menu.set_hidden(place.is_none());
    let Some((x, y)) = place else {
        if was_open && menu.contains(document().active_element().map(|it| it.unchecked_into()).as_ref()) {
            give_back(desk);
        }
        return;
    };
    desk.hands.menu_was_at(place);
    let Selected { nodes, links } = desk.bench.editor.selection().with_untracked(Selection::sorted);
    let ground = match (nodes.len(), links.len()) {
        (0, 0) => Ground::Canvas,
        (0, _) => Ground::Link,
        _ => Ground::Nodes,
    };
    let offered = ACTIONS.iter().enumerate().filter(|(_, action)| action.is_on(ground) && action.can(desk));
    let items = offered.map(|(index, action)| {
        let (name, keys) = (safe(action.name), key_caps(action.shown_keys()));
        format!(r#"<button type="button" role="menuitem" tabindex="-1" data-action="{index}">{name}{keys}</button>"#)
    });
    menu.set_inner_html(&items.collect::<String>());
    // Within the window, however near to its edge it was asked for.
    let rect = menu.get_bounding_client_rect();
    let fit = |at: f64, length: f64, room: f64| at.min(room - length - 4.0).max(4.0);
    let room = document().document_element();
    let (width, height) = room.map_or((0.0, 0.0), |it| (it.client_width().into(), it.client_height().into()));
    let (x, y) = (fit(x, rect.width(), width), fit(y, rect.height(), height));
    // Setting a style of that name cannot fail.
    let _ = menu.style().set_property("transform", &format!("translate({}px, {}px)", x as i32, y as i32));
    find::<HtmlElement>(".menu [role=menuitem]").iter().for_each(focus);
}

/// Gives the focus to what the menu was about.
fn give_back(desk: Desk) {
    let nodes = desk.bench.editor.selection().with_untracked(Selection::sorted).nodes;
    nodes.first().and_then(card_of).or_else(|| surface(Pane::OWN)).iter().for_each(focus);
}

fn choose(desk: StoredValue<Desk>, event: &Event) {
    let Some(action) = index_of(event).and_then(|index| ACTIONS.get(index)) else { return };
    let desk = desk.get_value();
    desk.hands.menu().set(None);
    give_back(desk);
    action.press(desk);
    desk.hands.menu_was_at(None);
    browser::catch_focus();
}

fn on_menu_key(desk: StoredValue<Desk>, event: &KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        "Home" => i32::MIN,
        "End" => i32::MAX,
        "Escape" | "Tab" => {
            desk.with_value(|desk| desk.hands.menu().set(None));
            give_back(desk.get_value());
            0
        }
        _ => return,
    };
    event.stop_propagation();
    event.prevent_default();
    let items = browser::find_all(".menu [role=menuitem]");
    let at = items.iter().position(|item| item.matches(":focus").unwrap_or(false));
    let last = items.len().saturating_sub(1) as i32;
    let next = match step {
        0 => return,
        i32::MIN => 0,
        i32::MAX => last,
        step => (at.map_or(-1, |at| at as i32) + step).rem_euclid(last + 1),
    };
    if let Some(item) = items.get(next as usize).and_then(|item| item.dyn_ref::<HtmlElement>()) {
        focus(item);
    }
}

/// The number of the action that was pressed.
fn index_of(event: &Event) -> Option<usize> {
    let pressed = browser::target(event)?.closest("[data-action]").ok().flatten()?;
    pressed.get_attribute("data-action")?.parse().ok()
}

// The palette.

/// Lists what fits what is typed: actions that can be done now, then nodes.
fn show_found() {
    let (Some(desk), Some(input)) = (Desk::here(), find::<HtmlInputElement>("#command-palette input")) else { return };
    let wanted = input.value();
    let wanted = wanted.trim();
    let actions = ACTIONS.iter().enumerate().filter(|(_, it)| browser::contains(it.name, wanted) && it.can(desk));
    let mut items: Vec<String> = actions
        .filter(|(_, action)| !action.keys.contains("Ctrl+K"))
        .map(|(index, it)| format!(r#"data-action="{index}">{}{}"#, safe(it.name), key_caps(it.shown_keys())))
        .collect();
    if !wanted.is_empty() {
        desk.bench.editor.with(|scenario| {
            let found = scenario.graph.nodes.iter().filter(|node| browser::contains(node.name.as_str(), wanted));
            let item =
                |node: &aside_domain::Node| format!(r#"data-node="{}">Go to {}"#, node.id, safe(node.name.as_str()));
            items.extend(found.take(NODES_FOUND).map(item));
        });
    }
    let list = |(index, item): (usize, String)| {
        format!(r#"<li role="option" id="command-{index}" aria-selected="{}" {item}</li>"#, index == 0)
    };
    let html: String = items.into_iter().enumerate().map(list).collect();
    if let Some(found) = find::<Element>("#commands") {
        let nothing =
            r#"<li class="quiet" role="option" aria-selected="false" aria-disabled="true">Nothing of that name.</li>"#;
        found.set_inner_html(if html.is_empty() { nothing } else { &html });
    }
    browser::set(&input, "aria-activedescendant", Some("command-0"));
}

fn on_palette_key(event: &KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        "Enter" => {
            event.prevent_default();
            return find::<HtmlElement>("#commands [aria-selected=true]").iter().for_each(HtmlElement::click);
        }
        _ => return,
    };
    event.prevent_default();
    let items = browser::find_all("#commands [role=option]");
    let is_chosen = |item: &Element| item.get_attribute("aria-selected").as_deref() == Some("true");
    let at = items.iter().position(is_chosen).unwrap_or(0) as i32;
    let next = (at + step).rem_euclid(items.len().max(1) as i32) as usize;
    for (index, item) in items.iter().enumerate() {
        browser::set(item, "aria-selected", Some(if index == next { "true" } else { "false" }));
    }
    if let (Some(item), Some(input)) = (items.get(next), find::<Element>("#command-palette input")) {
        browser::set(&input, "aria-activedescendant", Some(&item.id()));
        item.scroll_into_view_with_bool(false);
    }
}

fn run_found(desk: StoredValue<Desk>, event: &Event) {
    let Some(item) = browser::target(event).and_then(|it| it.closest("[role=option]").ok().flatten()) else { return };
    let (desk, action) = (desk.get_value(), index_of(event).and_then(|index| ACTIONS.get(index)));
    let node = item.get_attribute("data-node").and_then(|id| NodeId::new(id).ok());
    if let Some(dialog) = find::<HtmlDialogElement>("#command-palette") {
        dialog.close();
    }
    if let Some(action) = action {
        action.press(desk);
        browser::catch_focus();
    }
    if let Some(id) = node {
        if let Some(place) = desk.bench.editor.place(&id) {
            desk.viewport.reveal(place.get_untracked());
        }
        desk.bench.editor.select(Part::Node(id.clone()));
        focus_node_soon(&id);
    }
}

// The sheet.

/// Every action that has keys, and what the hands do beside them.
fn sheet() -> String {
    let others = [
        ("Go from node to node", "Tab"),
        ("Move nodes", "Arrows"),
        ("Move nodes freely", "Shift+Arrows"),
        ("Select one more, with the mouse", "Shift+click"),
        ("Select with a lasso", "Shift+drag"),
        ("Move the view", "Space+drag"),
        ("Zoom", "Ctrl+wheel"),
        ("Drag without snapping", "Alt+drag"),
        ("Open the context menu", "Shift+F10"),
        ("Give up what you are doing", "Esc"),
    ];
    let keyed =
        ACTIONS.iter().filter(|action| !action.keys.is_empty()).map(|action| (action.name, action.shown_keys()));
    let line = |(name, keys): (&str, &str)| format!("<div><dt>{}</dt><dd>{}</dd></div>", safe(name), key_caps(keys));
    keyed.chain(others).map(line).collect()
}

/// Keys as markup.
fn key_caps(keys: &str) -> String {
    let parts = if keys == "+" { vec!["+"] } else { keys.split('+').collect() };
    let caps = parts.into_iter().filter(|key| !key.is_empty()).map(|key| format!("<kbd>{}</kbd>", safe(key)));
    let caps: String = caps.collect();
    if caps.is_empty() { caps } else { format!(r#"<span class="keys">{caps}</span>"#) }
}
