//! The links: curves between cards, and the one that is being drawn.

use super::hands::Hands;
use crate::editor::{Editor, Selection};
use crate::transport::Player;
use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH, Curve};
use aside_domain::{Link, NodeId, Outcome, Point};
use leptos::prelude::*;

/// All links of the drawing.
#[component]
pub fn Links(
    /// Whether the visitor may change the drawing.
    editable: bool,
) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let player = expect_context::<Player>();
    let current = Memo::new(move |_| player.current_link());
    // One subscription a link, woken only when it begins or ceases to be the current one.
    let is_current = Selector::new(move || current.get().map(|(link, _)| link));
    view! {
        <svg class="links" width="1" height="1">
            <For each=move || editor.links().get() key=Clone::clone let:link>
                <Line link=link.clone() editable current is_current=is_current.clone() />
            </For>
        </svg>
    }
}

#[component]
fn Line(
    link: Link,
    editable: bool,
    current: Memo<Option<(Link, Option<Outcome>)>>,
    is_current: Selector<Option<Link>>,
) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let (Some(from), Some(to)) = (editor.node(&link.from), editor.node(&link.to)) else {
        return ().into_any();
    };
    let label = {
        let (from, to) = (from.clone(), to.clone());
        move || {
            format!(
                "Link from {} to {}",
                from.with(|node| node.name.to_string()),
                to.with(|node| node.name.to_string())
            )
        }
    };
    let from = Memo::new(move |_| from.with(|node| node.at));
    let to = Memo::new(move |_| to.with(|node| node.at));
    let path = Memo::new(move |_| Curve::between(from.get(), to.get()).path());
    let is_selected = {
        let link = link.clone();
        move || editor.selection().with(|selection| *selection == Some(Selection::Link(link.clone())))
    };
    let outcome = {
        let link = link.clone();
        move || is_current.selected(&Some(link.clone())).then(|| current.get()).flatten().map(|(_, outcome)| outcome)
    };
    let word = outcome.clone();
    let name = format!("{}-{}", link.from, link.to);
    let (pressed, focused) = (link.clone(), link);
    let select = move |link: &Link| {
        if editable {
            editor.select(Some(Selection::Link(link.clone())));
        }
    };
    view! {
        <g
            class="link"
            class:selected=is_selected
            class:current=move || outcome().is_some()
            data-link=name
            data-tone=move || word().flatten().map(Outcome::word)
            role="button"
            tabindex=if editable { "0" } else { "-1" }
            aria-label=label
            on:pointerdown=move |event| {
                if editable && event.button() == 0 {
                    event.stop_propagation();
                    select(&pressed);
                }
            }
            on:focus=move |_| select(&focused)
        >
            <path class="link-reach" d=path />
            <path class="link-line" d=path />
        </g>
    }
    .into_any()
}

/// The link that is being drawn, and whether it is allowed.
#[component]
pub fn Draft() -> impl IntoView {
    let editor = expect_context::<Editor>();
    let hands = expect_context::<Hands>();
    let place = move |id: &NodeId| editor.node(id).map(|node| node.with(|node| node.at));
    let draft = Memo::new(move |_| {
        let preview = hands.preview().get()?;
        let from = place(&preview.from)?;
        let pointer = preview.pointer?;
        let (curve, verdict) = match &preview.target {
            Some((id, verdict)) => (Curve::between(from, place(id)?), Some(*verdict)),
            None => (Curve::reaching(from, pointer), None),
        };
        Some((curve.path(), verdict, pointer))
    });
    let state = move || match draft.get() {
        None => "none",
        Some((_, None, _)) => "open",
        Some((_, Some(Ok(())), _)) => "allowed",
        Some((_, Some(Err(_)), _)) => "refused",
    };
    let words = move || {
        let (_, verdict, _) = draft.get()?;
        Some(verdict?.err().map_or_else(|| "Release to link these two.".to_owned(), |refusal| refusal.to_string()))
    };
    let beside =
        move || draft.get().map_or(String::new(), |(_, _, (x, y))| format!("transform: translate({x:.0}px, {y:.0}px)"));
    view! {
        <svg class="links draft" width="1" height="1" data-state=state aria-hidden="true">
            <path class="link-line" d=move || draft.get().map(|(path, ..)| path).unwrap_or_default() />
        </svg>
        <div class="draft-words" data-state=state style=beside role="status" aria-live="polite">
            {words}
        </div>
    }
}

/// The frame of a card that is carried from the palette.
#[component]
pub fn Carried() -> impl IntoView {
    let hands = expect_context::<Hands>();
    let style = move || {
        hands.carried().get().map_or_else(
            || "display: none".to_owned(),
            |(_, (x, y))| {
                let corner = Point::new(x as i32 - CARD_WIDTH / 2, y as i32 - CARD_HEIGHT / 2);
                format!(
                    "transform: translate({}px, {}px); width: {CARD_WIDTH}px; height: {CARD_HEIGHT}px",
                    corner.x, corner.y
                )
            },
        )
    };
    let kind = move || hands.carried().get().map(|(kind, _)| kind);
    view! {
        <div class="carried" data-tint=move || kind().map(|kind| kind.word()) style=style aria-hidden="true">
            {move || kind().map(|kind| kind.label())}
        </div>
    }
}
