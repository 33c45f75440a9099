//! The canvas: nodes as cards, links as curves, packets as labelled capsules.
//!
//! # Layout
//!
//! - [`viewport`]: which part of the canvas is seen;
//! - [`hands`]: what the pointer is doing; [`keys`]: the same with the keyboard;
//! - [`card`], [`links`], [`packets`], [`palette`]: what is drawn.
//!
//! The surface fills the canvas and takes the gestures; the world lies on it, moved and scaled as a whole. The links
//! stand behind the cards but after them in the document, so that Tab walks the nodes first.

mod card;
mod hands;
mod keys;
mod links;
mod packets;
mod palette;
mod viewport;

pub use card::severity_word;
pub use palette::KindSign;

use crate::editor::Editor;
use crate::notice::Notices;
use aside_domain::Point;
use card::Card;
use hands::Hands;
use keys::{Keys, ZOOM_STEP};
use leptos::prelude::*;
use links::{Carried, Draft, Links};
use packets::Packets;
use palette::Palette;
use viewport::Viewport;

/// How much a turn of the wheel zooms, by pixel of turning.
const WHEEL_ZOOM: f64 = 0.0016;

/// The canvas.
#[component]
pub fn Canvas(
    /// Whether the visitor may change the drawing; otherwise he can look at it and run it.
    editable: bool,
) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let notices = expect_context::<Notices>();
    let places =
        move || -> Vec<Point> { editor.with(|scenario| scenario.graph.nodes.iter().map(|node| node.at).collect()) };
    let viewport = Viewport::on(places());
    let hands = Hands::new(editor, notices, viewport);
    let keys = Keys::new(editor, hands, viewport, notices);
    provide_context(hands);
    Effect::new(move |before: Option<u64>| {
        let arrivals = editor.arrivals().get();
        if before.is_some_and(|before| before != arrivals) {
            viewport.fit(places());
        }
        arrivals
    });
    let is_empty = move || editor.order().with(Vec::is_empty);
    view! {
        <section class="canvas" class:editable=editable aria-label="Canvas" on:keyup=move |_| keys.up() on:focusout=move |_| keys.up()>
            {editable.then(|| view! { <Palette /> })}
            <div
                class="surface"
                class:grabbing=move || hands.space_is_down().get()
                class:placing=move || hands.placing().with(Option::is_some)
                node_ref=viewport.surface()
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
                on:wheel=move |event| {
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
                }
            >
                <div class="world" style=move || viewport.style()>
                    <For each=move || editor.order().get() key=Clone::clone let:id>
                        <Card id editable />
                    </For>
                    <Links editable />
                    <Draft />
                    <Packets />
                </div>
                <Show when=is_empty>
                    <p class="canvas-empty">"Nothing is drawn yet. Drag a client, a server and a store from the left, and link them."</p>
                </Show>
                <Show when=move || hands.placing().with(Option::is_some)>
                    <p class="canvas-hint">"Click where it should be, or press Esc to leave it here."</p>
                </Show>
            </div>
            {editable
                .then(|| {
                    view! {
                        <div class="zoom" role="toolbar" aria-label="Zoom">
                            <button type="button" aria-label="Zoom out" title="Zoom out (-)" on:click=move |_| viewport.zoom_by(1.0 / ZOOM_STEP, None)>
                                "−"
                            </button>
                            <button type="button" aria-label="Zoom in" title="Zoom in (+)" on:click=move |_| viewport.zoom_by(ZOOM_STEP, None)>
                                "+"
                            </button>
                            <button type="button" aria-label="Fit view" title="Show the whole drawing" on:click=move |_| viewport.fit(places())>
                                "Fit"
                            </button>
                        </div>
                    }
                })}
            <Carried />
        </section>
    }
}
