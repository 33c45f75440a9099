//! The canvas: nodes as cards, links as curves, packets as labelled capsules.
//!
//! # Layout
//!
//! - [`viewport`]: which part of the canvas is seen, and [`overview`]: all of it in small;
//! - [`actions`]: everything that can be done, by name, and [`overlay`]: the lists that offer it; [`clipboard`] and [`tidy`] are
//!   two of them;
//! - [`hands`]: what the pointer is doing, and [`drag`]: nodes in it; [`keys`]: the same with the keyboard, and [`focus`];
//! - [`card`], [`links`], [`marks`], [`packets`], [`held`], [`palette`]: what is drawn; cards and links in [`patches`].
//!
//! The surface fills the canvas and takes the gestures; the world lies on it, moved and scaled as a whole. The links
//! stand behind the cards but after them in the document, so that Tab walks the nodes first.

pub mod actions;
mod card;
mod clipboard;
mod drag;
mod focus;
mod hands;
mod held;
mod keys;
mod links;
mod marks;
pub mod overlay;
mod overview;
mod packets;
mod palette;
mod patches;
mod tidy;
mod viewport;

pub use card::{severity_word, told};
pub use palette::KindSign;

use crate::editor::Editor;
use crate::selection::Part;
use crate::share::Share;
use crate::state::{Memo, StoredValue};
use crate::view::{dynamic, effect, text, view, when};
use crate::workbench::bench;
use actions::Desk;
use aside_domain::{Node, NodeId, Point, decimal};
use card::Card;
use hands::Hands;
use held::{Hanging, ReleaseAll};
use keys::{Keys, ZOOM_STEP};
use leptos::prelude::*;
use links::{Carried, Draft, Links};
use marks::Marks;
use overlay::Overlays;
use overview::Overview;
use packets::Packets;
use palette::Palette;
use patches::patches;
use std::sync::Arc;
use viewport::{Rect, Viewport};
use web_sys::WheelEvent;

/// How much a turn of the wheel zooms, by pixel of turning.
const WHEEL_ZOOM: f64 = 0.0016;

/// How many nodes are drawn wherever they stand. Of more, only those that can be seen are in the document.
const ALL_DRAWN: usize = 150;

/// What of the drawing is in the document.
struct Drawn {
    /// Where it is drawn; none if it is drawn everywhere.
    within: Option<Rect>,
    /// A node that is drawn wherever it stands: the one that is selected, for it may have the focus.
    always: Option<NodeId>,
}

impl Drawn {
    /// As it is now; tracks the nodes, and of a large drawing their places, what is seen and what is selected.
    fn now(editor: Editor, drawn: Memo<Option<Rect>>) -> Self {
        if editor.order().with(Vec::len) <= ALL_DRAWN {
            return Self { within: None, always: None };
        }
        editor.revision().track();
        let always = editor.selection().with(|selection| match selection.only() {
            Some(Part::Node(id)) => Some(id.clone()),
            _ => None,
        });
        Self { within: drawn.get(), always }
    }

    fn node(&self, node: &Node) -> bool {
        self.within.is_none_or(|within| within.meets(node.at)) || self.always.as_ref() == Some(&node.id)
    }

    fn link(&self, from: Point, to: Point) -> bool {
        self.within.is_none_or(|within| within.meets_any(from, to))
    }
}

/// The canvas.
#[component]
pub fn Canvas(
    /// Whether the visitor may change the drawing; otherwise he can look at it and run it.
    editable: bool,
) -> impl IntoView {
    let editor = bench().editor;
    let notices = bench().notices;
    let places =
        move || -> Vec<Point> { editor.with(|scenario| scenario.graph.nodes.iter().map(|node| node.at).collect()) };
    let pane = bench().pane;
    let viewport = Viewport::on(pane, places());
    let hands = Hands::new(editor, notices, viewport);
    let desk = Desk { bench: bench(), hands, viewport };
    let kept = StoredValue::new(desk);
    let keys = Keys::new(kept);
    provide_context(hands);
    viewport.watch();
    if editable {
        desk.stand();
        keys.listen();
        clipboard::listen(kept);
    }
    let fitted = StoredValue::new(None);
    effect(move || {
        let arrivals = editor.arrivals().get();
        let before = fitted.try_update_value(|fitted| fitted.replace(arrivals)).flatten();
        if before.is_some_and(|before| before != arrivals) {
            viewport.fit(places());
        }
    });
    focus::follow(pane, editor, hands, viewport);
    let drawn = viewport.drawn();
    let nodes = move || {
        let is_drawn = Drawn::now(editor, drawn);
        editor.with(|scenario| {
            let nodes = scenario.graph.nodes.iter().filter(|node| is_drawn.node(node));
            nodes.map(|node| (editor.number(&node.id), node.id.to_string())).collect()
        })
    };
    let node = move |id: String| match NodeId::new(id) {
        Ok(id) => view! { <Card id editable /> }.into_any(),
        Err(_) => ().into_any(), // it was an id a moment ago
    };
    let hint = move || {
        if editor.order().with(Vec::is_empty) {
            let words = "Nothing is drawn yet. Drag a client, a server and a store from the left, and link them.";
            view! { <p class="canvas-empty">{words}</p> }.into_any()
        } else if hands.placing().with(Option::is_some) {
            view! { <p class="canvas-hint">"Click where it should be, or press Esc to leave it here."</p> }.into_any()
        } else {
            ().into_any()
        }
    };
    let turn = move |event: WheelEvent| {
        if !editable {
            return;
        }
        event.prevent_default();
        if event.ctrl_key() || event.meta_key() {
            let about = (f64::from(event.client_x()), f64::from(event.client_y()));
            viewport.zoom_by((-event.delta_y() * WHEEL_ZOOM).exp(), Some(about));
        } else if event.shift_key() && event.delta_x() == 0.0 {
            viewport.pan(-event.delta_y(), 0.0);
        } else {
            viewport.pan(-event.delta_x(), -event.delta_y());
        }
    };
    let zoom_button = |label: &'static str, title: &'static str, sign: &'static str, press: Box<dyn Fn()>| {
        view! {
            <button type="button" aria-label=label title=title on:click=move |_| press()>
                {sign}
            </button>
        }
        .into_any()
    };
    let level = text(move || {
        viewport.shown().map_or_else(|| "100 %".to_owned(), |_| format!("{} %", decimal(viewport.zoom() * 100.0, 0)))
    });
    let zoom_bar = move || {
        view! {
            <div class="zoom" role="toolbar" aria-label="Zoom">
                {zoom_button("Zoom out", "Zoom out (-)", "−", Box::new(move || viewport.zoom_by(1.0 / ZOOM_STEP, None)))}
                {zoom_button("Zoom in", "Zoom in (+)", "+", Box::new(move || viewport.zoom_by(ZOOM_STEP, None)))}
                <button type="button" class="zoom-level" title="Zoom to 100 % (Shift+0)" on:click=move |_| viewport.zoom_to(1.0)>
                    {level}
                </button>
                {zoom_button("Fit view", "Show the whole drawing (F)", "Fit", Box::new(move || viewport.fit(places())))}
            </div>
        }
        .into_any()
    };
    view! {
        <section
            class="canvas"
            class:editable=editable
            aria-label=bench().pane.named("Canvas")
            on:focusout=move |_| keys.up()
        >
            {editable.then(|| view! { <Palette /> })}
            <div
                class="surface"
                class:grabbing=when(move || hands.space_is_down().get())
                class:placing=when(move || hands.placing().with(Option::is_some))
                tabindex="-1"
                on:pointerdown=move |event| {
                    if editable && event.button() < 2 {
                        hands.press_ground(&event);
                    }
                }
                on:pointermove=move |event| hands.moved(&event)
                on:pointerup=move |event| hands.released(&event)
                on:pointercancel=move |_| {
                    hands.cancel();
                }
                on:keydown=move |event| {
                    if editable {
                        keys.down(&event);
                    }
                }
                on:wheel=turn
                on:contextmenu=move |event| {
                    if editable {
                        hands.ask_for_menu(&event);
                    }
                }
            >
                <div class="world" class:far=when(move || viewport.is_far()) style=text(move || viewport.style())>
                    {patches(Box::new(nodes), Arc::new(node), |cards| view! { <div class="cards patch">{cards}</div> })}
                    <Links editable drawn />
                    <Draft />
                    <Marks />
                    <Packets />
                    <Hanging />
                </div>
                {dynamic(hint)}
            </div>
            <ReleaseAll />
            {editable.then(|| view! { <Overview viewport /> })}
            {editable.then(zoom_bar)}
            <Carried />
            {editable.then(|| view! { <Overlays desk=kept /> })}
            {editable.then(|| view! { <Share /> })}
        </section>
    }
}
