//! The links: curves between cards, and the one that is being drawn.

use super::Drawn;
use super::hands::Hands;
use super::patches::patches;
use super::viewport::Rect;
use crate::browser;
use crate::selection::Part;
use crate::state::{Memo, StoredValue};
use crate::view::{effect, maybe, text, view, when};
use crate::workbench::bench;
use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH, Curve};
use aside_domain::{Condition, Link, LinkId, NodeId, Outcome, Point, decimal};
use leptos::prelude::*;
use std::sync::Arc;
use web_sys::{Element, PointerEvent};

/// How far above a link stands what is done there, and above one that holds packets.
const OVER: f64 = 8.0;
const OVER_HOLD: f64 = 18.0;

/// The class of the link of the frame that is looked at; `data-tone` is what came of it.
const CURRENT: &str = "current";

/// All links of the drawing.
#[component]
pub fn Links(
    /// Whether the visitor may change the drawing.
    editable: bool,
    /// Where links of a large drawing are drawn.
    drawn: Memo<Option<Rect>>,
) -> impl IntoView {
    let editor = bench().editor;
    let (player, pane) = (bench().player, bench().pane);
    // By hand: with a signal each, a thousand links would look at every frame whether it is theirs.
    effect(move || {
        editor.links().track();
        if let Some(before) = pane.find::<Element>(".link.current") {
            let _ = before.class_list().remove_1(CURRENT); // these names cannot be refused
            browser::set(&before, "data-tone", None);
        }
        let Some((link, outcome)) = player.current_link() else { return };
        if let Some(element) = pane.find::<Element>(&format!("[data-link='{}']", name_of(&link))) {
            let _ = element.class_list().add_1(CURRENT);
            browser::set(&element, "data-tone", outcome.map(Outcome::word));
        }
    });
    let links = move || {
        let is_drawn = Drawn::now(editor, drawn);
        editor.links().with(|links| {
            editor.with(|scenario| {
                let by_id = scenario.graph.by_id();
                let place = |id: &NodeId| by_id.get(id).map_or_else(Point::default, |at| scenario.graph.nodes[*at].at);
                let links = links.iter().filter(|link| is_drawn.link(place(&link.from), place(&link.to)));
                links.map(|link| (editor.number(&link.from), format!("{} {}", link.from, link.to))).collect()
            })
        })
    };
    let link = move |ends: String| {
        let ends = ends.split_once(' ').and_then(|(from, to)| NodeId::new(from).ok().zip(NodeId::new(to).ok()));
        ends.map_or_else(|| ().into_any(), |(from, to)| line(LinkId::new(from, to), editable))
    };
    let patch = |links| view! { <svg class="links patch">{links}</svg> };
    patches(Box::new(links), Arc::new(link), patch)
}

/// A link's name in markup.
pub fn name_of(link: &LinkId) -> String {
    format!("{}-{}", link.from, link.to)
}

fn line(link: LinkId, editable: bool) -> AnyView {
    let (editor, hands, name) = (bench().editor, expect_context::<Hands>(), name_of(&link));
    let (Some(from), Some(to)) = (editor.node(&link.from), editor.node(&link.to)) else { return ().into_any() };
    let (Some(start), Some(end)) = (editor.place(&link.from), editor.place(&link.to)) else { return ().into_any() };
    let own = StoredValue::new(link);
    let now = Memo::new(move || {
        editor.links().with(|links| own.with_value(|id| links.iter().find(|link| link.is(id)).cloned()))
    });
    let drawn = move || now.get();
    let label = text(move || {
        let said = drawn().map(|link| what_is_done(&link)).filter(|said| !said.is_empty());
        let said = said.map_or_else(String::new, |said| format!(", {}", said.replace('‖', "holds")));
        from.with(|from| to.with(|to| format!("Link from {} to {}{said}", from.name, to.name)))
    });
    let curve = Signal::derive(move || Curve::between(start.get(), end.get()));
    let path = text(move || curve.get().path());
    let condition = maybe(move || drawn().map(|link| link.condition.word().to_owned()));
    let hold = maybe(move || Some(drawn()?.hold?.leg.word().to_owned()));
    let said = text(move || drawn().map(|link| what_is_done(&link)).unwrap_or_default());
    // Where there is nothing to say, nothing follows the nodes.
    let middle = move || if said.with(String::is_empty) { (0.0, 0.0) } else { curve.get().at(0.5) };
    let is_selected = when(move || editor.selection().with(|selection| own.with_value(|id| selection.has_link(id))));
    let is_pressed = StoredValue::new(false);
    let select = move || {
        let part = Part::Link(own.get_value());
        let is_selected = editor.selection().with_untracked(|selection| selection.has(&part));
        if editable && !is_selected && !is_pressed.get_value() && !hands.is_gathering() {
            editor.select(part);
        }
    };
    let press = move |event: PointerEvent| {
        if editable && event.button() == 0 {
            event.stop_propagation();
            is_pressed.set_value(true); // the focus that comes with it selects nothing
            hands.press_link(Part::Link(own.get_value()), event.shift_key());
        }
    };
    view! {
        <g
            class="link"
            class:selected=is_selected
            data-link=name
            data-condition=condition
            data-hold=hold
            role="button"
            tabindex=if editable { "0" } else { "-1" }
            aria-label=label
            on:pointerdown=press
            on:pointerup=move |_| is_pressed.set_value(false)
            on:focus=move |_| select()
            on:blur=move |_| is_pressed.set_value(false)
        >
            <path class="link-reach" d=path />
            <path class="link-line" d=path />
            <text class="link-said" x=text(move || decimal(middle().0, 1)) y=text(move || decimal(middle().1 - if hold.with(Option::is_some) { OVER_HOLD } else { OVER }, 1))>
                {said}
            </text>
        </g>
    }
    .into_any()
}

/// What a person did to a link, in few words: what is injected into it, and what it holds.
fn what_is_done(link: &Link) -> String {
    let injected = what_is_injected(link);
    let hold = link.hold.as_ref().map_or_else(String::new, |hold| format!(" ‖ {hold}"));
    (injected + &hold).trim_start().to_owned()
}

/// What is injected into a link, in few words.
fn what_is_injected(link: &Link) -> String {
    let condition = match link.condition {
        Condition::Up => "",
        Condition::Cut => "✕ cut",
        Condition::BlackHole => "● black hole",
    };
    match link.delay_ms {
        0 => condition.to_owned(),
        delay_ms => format!("+{delay_ms} ms {condition}").trim_end().to_owned(),
    }
}

/// The link that is being drawn, and whether it is allowed.
#[component]
pub fn Draft() -> impl IntoView {
    let editor = bench().editor;
    let hands = expect_context::<Hands>();
    let place = move |id: &NodeId| editor.place(id).map(|place| place.get());
    let draft = move || {
        let preview = hands.preview().get()?;
        let from = place(&preview.from)?;
        let pointer = preview.pointer?;
        let (curve, verdict) = match &preview.target {
            Some((id, Ok(()))) => (Curve::between(from, place(id)?), Some(Ok(()))),
            // One that is refused has no port to end at.
            Some((_, refusal)) => (Curve::reaching(from, pointer), Some(*refusal)),
            None => (Curve::reaching(from, pointer), None),
        };
        Some((curve.path(), verdict, pointer))
    };
    let state = text(move || {
        match draft() {
            None => "none",
            Some((_, None, _)) => "open",
            Some((_, Some(Ok(())), _)) => "allowed",
            Some((_, Some(Err(_)), _)) => "refused",
        }
        .to_owned()
    });
    let path = text(move || draft().map(|(path, ..)| path).unwrap_or_default());
    let words = text(move || match draft() {
        Some((_, Some(verdict), _)) => {
            verdict.err().map_or_else(|| "Release to link these two.".to_owned(), |refusal| refusal.to_string())
        }
        _ => String::new(),
    });
    let beside = text(move || {
        draft().map_or(String::new(), |(_, _, (x, y))| {
            format!("transform: translate({}px, {}px)", decimal(x, 0), decimal(y, 0))
        })
    });
    view! {
        <svg class="links draft" width="1" height="1" data-state=state aria-hidden="true">
            <path class="link-line" d=path />
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
    let style = text(move || {
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
    });
    let kind = move || hands.carried().get().map(|(kind, _)| kind);
    let tint = maybe(move || kind().map(|kind| kind.word().to_owned()));
    let label = text(move || kind().map_or(String::new(), |kind| kind.label().to_owned()));
    view! {
        <div class="carried" data-tint=tint style=style aria-hidden="true">
            {label}
        </div>
    }
}
