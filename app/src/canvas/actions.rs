//! Everything that can be done with the drawing, by name.
//!
//! One table: context menus, the command palette, the shortcut sheet and the keyboard are made of it. What needs the place of
//! the pointer, or moves with the arrows, is in `hands` and `keys`.

use super::clipboard;
use super::hands::Hands;
use super::keys::ZOOM_STEP;
use super::tidy::tidy;
use super::viewport::Viewport;
use super::{held, overlay};
use crate::browser;
use crate::selection::{Part, Selected, Selection};
use crate::share::{self, gallery, recordings};
use crate::state::StoredValue;
use crate::topbar::{Files, History};
use crate::workbench::Bench;
use aside_domain::arrange::{Arrangement, arranged};
use aside_domain::{Kind, NodeId, PlaybackCommand, Scenario, Settings};
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{HtmlElement, KeyboardEvent};

/// The handles that actions work with.
#[derive(Clone, Copy)]
pub struct Desk {
    /// Those of the workbench.
    pub bench: Bench,
    /// The visitor's hands.
    pub hands: Hands,
    /// What is seen.
    pub viewport: Viewport,
}

/// Where a context menu can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// On free ground.
    Canvas,
    /// On nodes, or with several things selected.
    Nodes,
    /// On a link.
    Link,
}

/// Something that can be done.
#[derive(Clone, Copy)]
pub struct Action {
    /// What it is called.
    pub name: &'static str,
    /// The keys that do it, with spaces between; the first are shown.
    pub keys: &'static str,
    /// The menus that offer it.
    grounds: &'static [Ground],
    /// Whether there is anything to do now.
    can: fn(Desk) -> bool,
    act: fn(Desk),
}

const EVERYWHERE: &[Ground] = &[Ground::Canvas, Ground::Nodes, Ground::Link];
const CANVAS: &[Ground] = &[Ground::Canvas];
const NODES: &[Ground] = &[Ground::Nodes];
const PARTS: &[Ground] = &[Ground::Nodes, Ground::Link];
const NOWHERE: &[Ground] = &[];

const fn action(
    name: &'static str,
    keys: &'static str,
    grounds: &'static [Ground],
    can: fn(Desk) -> bool,
    act: fn(Desk),
) -> Action {
    Action { name, keys, grounds, can, act }
}

/// All of them, in the order in which they are shown. Keys that the browser has a meaning for (copying) are the browser's to
/// tell: see `clipboard.rs`.
pub const ACTIONS: &[Action] = &[
    action("Add client", "", CANVAS, always, |desk| add(desk, Kind::Client)),
    action("Add server", "", CANVAS, always, |desk| add(desk, Kind::Server)),
    action("Add Redis", "", CANVAS, always, |desk| add(desk, Kind::Redis)),
    action("Add Postgres", "", CANVAS, always, |desk| add(desk, Kind::Postgres)),
    action("Send its requests", "", NODES, is_client, send),
    action("Switch off or on", "", NODES, is_store, switch),
    action("Connect", "C", NODES, is_asker, connect),
    action("Open inspector", "Enter", PARTS, is_something, |_| super::keys::open_inspector()),
    action("Cut", "Ctrl+X", NODES, has_nodes, |_| clipboard::ask_browser_to("cut")),
    action("Copy", "Ctrl+C", NODES, has_nodes, |_| clipboard::ask_browser_to("copy")),
    action("Paste", "Ctrl+V", EVERYWHERE, always, clipboard::paste_from_browser),
    action("Duplicate", "Ctrl+D", NODES, has_nodes, clipboard::duplicate),
    action("Delete", "Delete Backspace", PARTS, is_something, delete),
    action("Select all", "Ctrl+A", CANVAS, has_drawing, select_all),
    action("Select one more, or one less", "M", NOWHERE, |desk| focused(desk).is_some(), gather),
    action("Align left", "", NOWHERE, are_two, |desk| arrange(desk, Arrangement::Left)),
    action("Align centers", "", NOWHERE, are_two, |desk| arrange(desk, Arrangement::Center)),
    action("Align right", "", NOWHERE, are_two, |desk| arrange(desk, Arrangement::Right)),
    action("Align top", "", NOWHERE, are_two, |desk| arrange(desk, Arrangement::Top)),
    action("Align middles", "", NOWHERE, are_two, |desk| arrange(desk, Arrangement::Middle)),
    action("Align bottom", "", NOWHERE, are_two, |desk| arrange(desk, Arrangement::Bottom)),
    action("Distribute across", "", NOWHERE, are_three, |desk| arrange(desk, Arrangement::Across)),
    action("Distribute down", "", NOWHERE, are_three, |desk| arrange(desk, Arrangement::Down)),
    action("Tidy up", "T", EVERYWHERE, has_drawing, tidy),
    action("Undo", "Ctrl+Z", NOWHERE, always, |desk| History::of(desk.bench).undo()),
    action("Redo", "Ctrl+Shift+Z Ctrl+Y", NOWHERE, always, |desk| History::of(desk.bench).redo()),
    action("Fit view", "Shift+1 F", CANVAS, has_drawing, |desk| fit(desk, false)),
    action("Zoom to selection", "Shift+2", NODES, has_nodes, |desk| fit(desk, true)),
    action("Zoom to 100 %", "Shift+0", NOWHERE, always, |desk| desk.viewport.zoom_to(1.0)),
    action("Zoom in", "+ =", NOWHERE, always, |desk| desk.viewport.zoom_by(ZOOM_STEP, None)),
    action("Zoom out", "-", NOWHERE, always, |desk| desk.viewport.zoom_by(1.0 / ZOOM_STEP, None)),
    action("Play", "", CANVAS, can_play, |desk| desk.bench.player.play(None, None)),
    action("Stop", "", NOWHERE, always, |desk| desk.bench.player.stop()),
    action("Replay", "", NOWHERE, has_run, |desk| desk.bench.player.apply(PlaybackCommand::Replay)),
    action("Step back", "", NOWHERE, has_run, |desk| desk.bench.player.apply(PlaybackCommand::StepBack)),
    action("Step forward", "", NOWHERE, has_run, |desk| desk.bench.player.apply(PlaybackCommand::StepForward)),
    action("Save recording", "", NOWHERE, has_run, |desk| recordings::save(desk.bench)),
    action("Open recording", "", NOWHERE, is_free, |_| choose_file("Open recording")),
    action("Release all", "R", NOWHERE, is_held, |desk| held::release(desk.bench.live, None)),
    action("Share", "", CANVAS, always, |desk| share::open(desk.bench)),
    action("Copy link", "", NOWHERE, always, |desk| share::copy_link(desk.bench)),
    action("Import scenario", "", NOWHERE, is_free, |_| choose_file("Import scenario")),
    action("Export scenario", "", NOWHERE, always, |desk| Files::of(desk.bench).export()),
    action("Export PNG", "", NOWHERE, has_drawing, |desk| share::export(desk.bench, true)),
    action("Export SVG", "", NOWHERE, has_drawing, |desk| share::export(desk.bench, false)),
    action("Gallery", "", CANVAS, is_free, |desk| gallery::open(desk.bench)),
    action("Reset to the example", "", NOWHERE, is_free, |desk| Files::of(desk.bench).example()),
    action("Refill the stores", "", NOWHERE, always, |desk| Files::of(desk.bench).refill()),
    action("Command palette", "Ctrl+K", NOWHERE, always, |_| overlay::open(overlay::PALETTE)),
    action("Keyboard shortcuts", "?", NOWHERE, always, |_| overlay::open(overlay::SHEET)),
];

thread_local! {
    /// The desk of the canvas that is on the page.
    static HERE: std::cell::Cell<Option<StoredValue<Desk>>> = const { std::cell::Cell::new(None) };
}

impl Desk {
    /// Makes it the one of this page, as long as the canvas is there.
    pub fn stand(self) {
        HERE.set(Some(StoredValue::new(self)));
    }

    /// That of this page.
    #[must_use]
    pub fn here() -> Option<Self> {
        HERE.get()?.try_get_value()
    }

    fn selected(self) -> Selected {
        self.bench.editor.selection().with_untracked(Selection::sorted)
    }

    /// The node that is selected, if it is one alone.
    fn node<T>(self, read: impl FnOnce(&Scenario, &NodeId) -> T) -> Option<T> {
        let selection = self.bench.editor.selection().get_untracked();
        let Some(Part::Node(id)) = selection.only() else { return None };
        Some(self.bench.editor.with(|scenario| read(scenario, id)))
    }

    fn is_kind(self, is: impl FnOnce(Kind) -> bool) -> bool {
        let kind = self.node(|scenario, id| scenario.graph.node(id).map(aside_domain::Node::kind));
        kind.flatten().is_some_and(is)
    }
}

impl Action {
    /// Whether there is anything to do now.
    #[must_use]
    pub fn can(&self, desk: Desk) -> bool {
        untrack(|| (self.can)(desk))
    }

    /// Does it, if there is anything to do.
    pub fn press(&self, desk: Desk) {
        if self.can(desk) {
            (self.act)(desk);
        }
    }

    /// Whether a menu offers it there.
    #[must_use]
    pub fn is_on(&self, ground: Ground) -> bool {
        self.grounds.contains(&ground)
    }

    /// The keys that are shown, if there are any.
    #[must_use]
    pub fn shown_keys(&self) -> &'static str {
        self.keys.split(' ').next().unwrap_or_default()
    }
}

/// Those that bring nodes into line.
pub fn in_line() -> impl Iterator<Item = &'static Action> {
    let words = ["Align", "Distribute", "Tidy"];
    ACTIONS.iter().filter(move |action| words.iter().any(|word| action.name.starts_with(word)))
}

/// The action of a key that went down, if it has one and the browser does not tell of it in its own way.
#[must_use]
pub fn of_key(event: &KeyboardEvent) -> Option<&'static Action> {
    let pressed = chord(event);
    if clipboard::IS_TOLD_BY_BROWSER.contains(&pressed.as_str()) {
        return None;
    }
    ACTIONS.iter().find(|action| action.keys.split(' ').any(|keys| keys == pressed))
}

/// What was pressed, as the table writes it: `Ctrl+Shift+Z`, `Shift+1`, `?`.
fn chord(event: &KeyboardEvent) -> String {
    let (key, code) = (event.key(), event.code());
    // What a digit's key writes with Shift differs from keyboard to keyboard.
    let name = code
        .strip_prefix("Digit")
        .filter(|_| event.shift_key())
        .map_or_else(|| key.to_ascii_uppercase(), str::to_owned);
    let name = if name.len() > 1 { key } else { name };
    let is_sign = name.len() == 1 && !name.bytes().all(|b| b.is_ascii_alphanumeric());
    let control = if event.ctrl_key() || event.meta_key() { "Ctrl+" } else { "" };
    let shift = if event.shift_key() && !is_sign { "Shift+" } else { "" };
    let alt = if event.alt_key() { "Alt+" } else { "" };
    format!("{control}{alt}{shift}{name}")
}

// Whether there is anything to do.

fn always(_: Desk) -> bool {
    true
}

/// Whether the drawing is the visitor's own, and not a lesson's.
fn is_free(_: Desk) -> bool {
    browser::find::<web_sys::Element>(".topbar").is_some()
}

fn has_drawing(desk: Desk) -> bool {
    desk.bench.editor.with(|scenario| !scenario.graph.nodes.is_empty())
}

fn is_something(desk: Desk) -> bool {
    desk.bench.editor.selection().with_untracked(|selection| !selection.is_empty())
}

fn has_nodes(desk: Desk) -> bool {
    !desk.selected().nodes.is_empty()
}

fn are_two(desk: Desk) -> bool {
    desk.selected().nodes.len() >= 2
}

fn are_three(desk: Desk) -> bool {
    desk.selected().nodes.len() >= 3
}

fn is_client(desk: Desk) -> bool {
    desk.node(|_, id| desk.bench.editor.findings().with(|findings| findings.clients.contains(id))).unwrap_or(false)
}

fn is_store(desk: Desk) -> bool {
    desk.is_kind(Kind::is_store)
}

fn is_asker(desk: Desk) -> bool {
    desk.is_kind(|kind| !kind.is_store())
}

fn is_held(desk: Desk) -> bool {
    desk.bench.live.with_timeline(|timeline| !timeline.held.is_empty())
}

fn can_play(desk: Desk) -> bool {
    desk.bench.editor.findings().with(|findings| findings.requests > 0)
}

fn has_run(desk: Desk) -> bool {
    desk.bench.player.view().run.get_untracked().is_some()
}

// What is done.

/// Presses the button that asks for a file: nothing else may.
fn choose_file(name: &str) {
    browser::find::<HtmlElement>(&format!("[aria-label='{name}']")).iter().for_each(HtmlElement::click);
}

fn add(desk: Desk, kind: Kind) {
    match desk.hands.menu_was() {
        Some((x, y)) => desk.hands.add_at(kind, (x, y)),
        None => desk.hands.add_nearby(kind, false),
    }
}

fn send(desk: Desk) {
    if let Some(id) = desk.node(|_, id| id.clone()) {
        super::card::send(desk.bench, &id);
    }
}

fn switch(desk: Desk) {
    let Bench { editor, saver, .. } = desk.bench;
    let change = desk.node(|scenario, id| {
        let is_off = scenario.graph.node(id).is_some_and(|node| Settings::is_off(&node.settings));
        scenario.switch(id, !is_off)
    });
    editor.apply_if(change.flatten());
    spawn_local(async move {
        saver.flush().await;
    });
}

fn connect(desk: Desk) {
    if let Some(id) = desk.node(|_, id| id.clone()) {
        desk.hands.start_connecting(&id);
        super::focus::focus_node_soon(&id);
    }
}

/// Deletes what is selected, and moves the focus to what is next to it, so that it is never lost.
fn delete(desk: Desk) {
    let Bench { editor, notices, .. } = desk.bench;
    let Selected { nodes, links } = desk.selected();
    let (words, next) = editor.with(|scenario| {
        let all = &scenario.graph.nodes;
        let name = |id: &NodeId| scenario.graph.node(id).map_or_else(String::new, |node| node.name.to_string());
        let words = match (&nodes[..], &links[..]) {
            ([id], []) => format!("{} deleted.", name(id)),
            ([], [link]) => format!("Link from {} to {} deleted.", name(&link.from), name(&link.to)),
            _ => editor.selection().with_untracked(Selection::to_string).replace("selected", "deleted."),
        };
        let first = nodes.first().and_then(|id| scenario.graph.index(id));
        let stays = |at: &usize| all.get(*at).is_some_and(|node| !nodes.contains(&node.id));
        let beside = first.and_then(|first| (first + 1..all.len()).chain((0..first).rev()).find(stays));
        let beside = beside.and_then(|at| all.get(at)).map(|node| node.id.clone());
        (words, beside.or_else(|| links.first().map(|link| link.from.clone()).filter(|_| nodes.is_empty())))
    });
    if !editor.delete_selected() {
        return;
    }
    notices.announce(words);
    match next {
        Some(next) => super::focus::focus_node_soon(&next),
        None => browser::catch_focus(),
    }
}

fn select_all(desk: Desk) {
    let editor = desk.bench.editor;
    editor.select(Selection::of_nodes(editor.order().get_untracked()));
    desk.hands.tell_selection();
}

/// The part of the drawing that has the focus.
fn focused(desk: Desk) -> Option<Part> {
    desk.hands.part_at(&document().active_element()?)
}

fn gather(desk: Desk) {
    if let Some(part) = focused(desk) {
        desk.hands.gather(part);
    }
}

fn arrange(desk: Desk, how: Arrangement) {
    let Bench { editor, notices, .. } = desk.bench;
    let nodes = desk.selected().nodes;
    let places = editor.with(|scenario| arranged(&scenario.graph, &nodes, how));
    if editor.arrive(&places) {
        notices.announce(format!("{} nodes are in line.", nodes.len()));
    }
}

fn fit(desk: Desk, is_selection: bool) {
    let selected = desk.selected().nodes;
    let places = desk.bench.editor.with(|scenario| {
        let is_meant = |id: &NodeId| !is_selection || selected.contains(id);
        let nodes = scenario.graph.nodes.iter().filter(|node| is_meant(&node.id));
        nodes.map(|node| node.at).collect::<Vec<_>>()
    });
    desk.viewport.fit(places);
}
