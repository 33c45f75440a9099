//! The whole drawing in small, with a frame around what is seen of it.

use super::viewport::{Rect, Viewport};
use crate::browser;
use crate::state::{Memo, StoredValue};
use crate::view::{text, view, when};
use crate::workbench::bench;
use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH, bounds};
use aside_domain::{Kind, decimal};
use leptos::prelude::*;
use web_sys::{Element, PointerEvent};

/// Free room around the drawing, in canvas pixels.
const MARGIN: f64 = 120.0;

/// The overview.
#[component]
pub fn Overview(viewport: Viewport) -> impl IntoView {
    let editor = bench().editor;
    // A node that is being dragged is not followed; where it ends is an edit.
    let whole = Memo::new(move || {
        editor.revision().track();
        editor.with(|scenario| bounds(scenario.graph.nodes.iter().map(|node| node.at)))
    });
    let frame = move || {
        let drawn = whole.get().map(|(low, high)| Rect {
            low: (f64::from(low.x) - MARGIN, f64::from(low.y) - MARGIN),
            high: (f64::from(high.x) + MARGIN, f64::from(high.y) + MARGIN),
        });
        let (drawn, seen) = (drawn?, viewport.shown()?);
        Some(Rect {
            low: (drawn.low.0.min(seen.low.0), drawn.low.1.min(seen.low.1)),
            high: (drawn.high.0.max(seen.high.0), drawn.high.1.max(seen.high.1)),
        })
    };
    let view_box = text(move || {
        let Some(Rect { low, high }) = frame() else { return "0 0 1 1".to_owned() };
        let [x, y, width, height] = [low.0, low.1, high.0 - low.0, high.1 - low.1].map(|length| decimal(length, 0));
        format!("{x} {y} {width} {height}")
    });
    let cards = |kind: Kind| {
        let path = text(move || {
            editor.revision().track();
            editor.with(|scenario| {
                let nodes = scenario.graph.nodes.iter().filter(|node| node.kind() == kind);
                nodes
                    .map(|node| format!("M{},{}h{CARD_WIDTH}v{CARD_HEIGHT}h-{CARD_WIDTH}z", node.at.x, node.at.y))
                    .collect()
            })
        });
        view! { <path data-tint=kind.word() d=path /> }
    };
    let seen = text(move || {
        viewport.shown().map_or_else(String::new, |Rect { low, high }| {
            let [x, y, right, bottom] = [low.0, low.1, high.0, high.1].map(|at| decimal(at, 0));
            format!("M{x},{y}H{right}V{bottom}H{x}z")
        })
    });
    let is_held = StoredValue::new(false);
    let go = move |event: &PointerEvent| {
        let (Some(frame), Some(map)) = (untrack(frame), browser::find::<Element>(".minimap")) else { return };
        let rect = map.get_bounding_client_rect();
        // As the browser fits a view box: whole, and in the middle.
        let (width, height) = (frame.high.0 - frame.low.0, frame.high.1 - frame.low.1);
        let scale = (rect.width() / width).min(rect.height() / height);
        let at = |pointer: i32, low: f64, length: f64, from: f64, extent: f64| {
            from + extent / 2.0 + (f64::from(pointer) - low - length / 2.0) / scale
        };
        viewport.center_on((
            at(event.client_x(), rect.left(), rect.width(), frame.low.0, width),
            at(event.client_y(), rect.top(), rect.height(), frame.low.1, height),
        ));
    };
    view! {
        <svg
            class="minimap"
            class:empty=when(move || whole.with(Option::is_none))
            data-testid="minimap"
            aria-hidden="true"
            viewBox=view_box
            on:pointerdown=move |event| {
                is_held.set_value(true);
                if let Some(map) = browser::target(&event).and_then(|it| it.closest(".minimap").ok().flatten()) {
                    // A pointer that is gone cannot be captured, and moves nothing.
                    let _ = map.set_pointer_capture(event.pointer_id());
                }
                go(&event);
            }
            on:pointermove=move |event| {
                if is_held.get_value() {
                    go(&event);
                }
            }
            on:pointerup=move |_| is_held.set_value(false)
            on:pointercancel=move |_| is_held.set_value(false)
        >
            {Kind::ALL.map(cards).collect_view()}
            <path class="minimap-seen" d=seen />
        </svg>
    }
}
