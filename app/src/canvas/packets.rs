//! The packets: messages and replies on their way along the links.
//!
//! They are not signals. Whenever the film moves, one effect takes the scene from the domain and moves a small pool of
//! elements; nothing else of the page is touched.

use crate::browser;
use crate::editor::Editor;
use crate::transport::words::about;
use crate::view::{effect, view};
use crate::workbench::bench;
use aside_domain::Leg;
use aside_domain::scene::{self, Curve, Packet};
use aside_domain::timeline::Run;
use aside_domain::{NodeId, Point, Source, Stale, Status, decimal};
use leptos::prelude::*;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Longest label on a packet, in characters.
const LABEL: usize = 26;

/// More packets than these are a crowd: dots without a word, which nobody could read.
const CROWD: usize = 150;

/// The layer on which packets fly.
#[component]
pub fn Packets() -> impl IntoView {
    let editor = bench().editor;
    let (player, pane) = (bench().player, bench().pane);
    // The pool is the effect's own: it is used in the browser only.
    let pool = RefCell::new((Vec::new(), String::new(), false));
    effect(move || {
        let (pool, drawn, was_crowd) = &mut *pool.borrow_mut();
        player.view().position.track();
        player.view().edition.track();
        let Some(layer) = pane.find::<HtmlElement>(".packets") else { return };
        let is_calm = browser::prefers_reduced_motion();
        // Then the last packet has arrived.
        let is_seen = matches!(player.view().status.get(), Status::Finished | Status::Hanging);
        let packets = player.with_shown(|run, film, playback| {
            let packets = if is_seen { Vec::new() } else { scene::packets(run, film, playback) };
            let is_crowd = packets.len() > CROWD;
            if is_crowd || *was_crowd {
                let dots = if is_crowd { crowd(editor, run, &packets, is_calm) } else { String::new() };
                pane.find::<Element>(".crowd").iter().for_each(|crowd| crowd.set_inner_html(&dots));
                *was_crowd = is_crowd;
            }
            if is_crowd {
                return 0;
            }
            while pool.len() < packets.len() {
                match Sprite::new(&layer) {
                    Some(sprite) => pool.push(sprite),
                    None => break,
                }
            }
            for (sprite, packet) in pool.iter_mut().zip(&packets) {
                match spot(editor, packet, is_calm) {
                    Some(at) => sprite.show(run, packet, at),
                    None => sprite.hide(),
                }
            }
            packets.len()
        });
        if packets.is_none() && std::mem::take(was_crowd) {
            pane.find::<Element>(".crowd").iter().for_each(|crowd| crowd.set_inner_html(""));
        }
        pool.iter_mut().skip(packets.unwrap_or(0)).for_each(Sprite::hide);
        let outsiders = player.with_shown(|run, _, _| outsiders(editor, run)).unwrap_or_default();
        if let Some(element) = pane.find::<HtmlElement>(".outsiders").filter(|_| outsiders != *drawn) {
            element.set_inner_html(&outsiders);
            *drawn = outsiders;
        }
    });
    view! {
        <div class="outsiders"></div>
        <svg class="links crowd" width="1" height="1" aria-hidden="true"></svg>
        <div class="packets" aria-hidden="true"></div>
    }
}

/// Those who ask from outside, each before the server that he asks in the shown run; tracks these servers' places.
fn outsiders(editor: Editor, run: &Run) -> String {
    if run.source != Source::Outside {
        return String::new();
    }
    let mut servers: Vec<&NodeId> = Vec::new();
    for hop in run.hops.iter().filter(|hop| hop.from.is_outside()) {
        if !servers.contains(&&hop.to) {
            servers.push(&hop.to);
        }
    }
    let outsider = |server: &NodeId| {
        let at = editor.place(server)?.get();
        let curve = Curve::between(scene::outside(at), at);
        let (x, y) = curve.at(0.0);
        Some(format!(
            r#"<svg class="outside-line" aria-hidden="true"><path d="{}"/></svg><div class="outside" style="transform: translate({}px, {}px) translate(-100%, -50%)">Outside</div>"#,
            curve.path(),
            decimal(x, 1),
            decimal(y, 1),
        ))
    };
    servers.into_iter().filter_map(outsider).collect()
}

/// Many packets as dots: messages round, replies square, and those that look alike as one path, for hundreds of elements that move
/// are more than a browser paints in time. Tracks the drawing.
fn crowd(editor: Editor, run: &Run, packets: &[Packet], is_calm: bool) -> String {
    editor.revision().track();
    let mut paths: Vec<(Leg, &'static str, u32, String)> = Vec::new();
    editor.with(|scenario| {
        let by_id = scenario.graph.by_id();
        let at = |id: &NodeId| Some(scenario.graph.nodes[*by_id.get(id)?].at);
        for packet in packets {
            let Some(spot) = place(packet, is_calm, at) else { continue };
            let receipt = run.hops.get(packet.hop).and_then(|hop| hop.receipt.as_ref());
            let tone = receipt.filter(|_| packet.leg == Leg::Reply).map_or("", |receipt| receipt.outcome.word());
            let dot = format!("M{},{}h0", spot.0 as i32, spot.1 as i32);
            match paths.iter_mut().find(|path| (path.0, path.1) == (packet.leg, tone)) {
                Some(path) => {
                    path.2 += 1;
                    path.3 += &dot;
                }
                None => paths.push((packet.leg, tone, 1, dot)),
            }
        }
    });
    let path = |(leg, tone, count, dots): (Leg, &str, u32, String)| {
        format!(r#"<path data-leg="{}" data-tone="{tone}" data-count="{count}" d="{dots}"/>"#, leg.word())
    };
    paths.into_iter().map(path).collect()
}

/// Where a packet is on the canvas; tracks the two nodes, so that it stays on its link while they are moved. Whoever
/// asked for less movement sees it rest in the middle of its link.
fn spot(editor: Editor, packet: &Packet, is_calm: bool) -> Option<(f64, f64)> {
    place(packet, is_calm, |id| editor.place(id).map(|place| place.get()))
}

/// Where a packet is, by the places of nodes.
fn place(packet: &Packet, is_calm: bool, at: impl Fn(&NodeId) -> Option<Point>) -> Option<(f64, f64)> {
    let (from, to) = (&packet.link.from, at(&packet.link.to)?);
    let curve = Curve::between(if from.is_outside() { scene::outside(to) } else { at(from)? }, to);
    Some(curve.at(if is_calm { 0.5 } else { packet.along }))
}

/// An element of the pool.
struct Sprite {
    element: HtmlElement,
    /// The run, the frame and whether the hop had ended and was found stale, of what is written on it.
    shows: Option<(u32, usize, bool, bool)>,
}

impl Sprite {
    fn new(layer: &HtmlElement) -> Option<Self> {
        let element: HtmlElement = document().create_element("div").ok()?.dyn_into().ok()?;
        element.set_class_name("packet");
        element.set_hidden(true);
        layer.append_child(&element).ok()?;
        Some(Self { element, shows: None })
    }

    fn hide(&mut self) {
        if self.shows.take().is_some() {
            self.element.set_hidden(true);
        }
    }

    fn show(&mut self, run: &Run, packet: &Packet, (x, y): (f64, f64)) {
        let Some(hop) = run.hops.get(packet.hop) else { return };
        let is_stale = hop.stale.is_some() && packet.leg == Leg::Reply;
        let shows = (run.run, packet.frame, hop.receipt.is_some(), is_stale);
        if self.shows != Some(shows) {
            self.shows = Some(shows);
            let outcome = hop.receipt.as_ref().map(|receipt| receipt.outcome);
            let (leg, outcome, label) = match (packet.leg, outcome) {
                (Leg::Reply, Some(outcome)) => {
                    let stale = hop.stale.map_or_else(String::new, |Stale { for_us }| {
                        for_us.map_or_else(|| ", stale".to_owned(), |us| format!(", stale for {}", about(us)))
                    });
                    ("reply", outcome.word(), format!("{} {}{stale}", outcome.sign(), outcome.label()))
                }
                _ => ("message", "", shortened(&hop.shown)),
            };
            let element = &self.element;
            element.set_text_content(Some(&label));
            // Setting attributes of fixed names cannot fail.
            let _ = element.set_attribute("data-leg", leg);
            let _ = element.set_attribute("data-tone", outcome);
            let _ = match is_stale {
                true => element.set_attribute("data-stale", "true"),
                false => element.remove_attribute("data-stale"),
            };
            element.set_hidden(false);
        }
        let at = format!("translate({}px, {}px) translate(-50%, -50%)", decimal(x, 1), decimal(y, 1));
        let _ = self.element.style().set_property("transform", &at);
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LABEL {
        return text.to_owned();
    }
    text.chars().take(LABEL - 1).chain(['…']).collect()
}
