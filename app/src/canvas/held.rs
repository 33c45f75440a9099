//! The packets that links hold: buttons that hang on the canvas until somebody lets them go.
//!
//! They are what is so now, and not what the film shows: those of several runs hang beside each other, whichever run is
//! shown. Like the lines of the log they are written as text, and kept in the document by one effect: one that stays is the
//! same element, with the keyboard in it if it was there.

use super::focus::focus;
use super::viewport::surface;
use crate::api;
use crate::browser;
use crate::live::Live;
use crate::state::RwSignal;
use crate::transport::words::{Names, about};
use crate::view::{effect, view};
use crate::workbench::{Bench, bench};
use aside_domain::markup::safe;
use aside_domain::scene::{self, Curve, HeldPacket};
use aside_domain::{Released, decimal};
use leptos::prelude::*;
use std::time::Duration;
use web_sys::{Element, HtmlElement};

/// How often is told for how long packets have been held.
const TICK: Duration = Duration::from_secs(1);

/// How the name of a held packet's button begins.
const RELEASE: &str = "Release ";

/// The layer on which held packets hang.
#[component]
pub fn Hanging() -> impl IntoView {
    let bench = bench();
    let (ticks, names) = (RwSignal::new(0_u64), Names::of(bench.editor));
    effect(move || {
        bench.live.version().track();
        ticks.track();
        if hang(bench, names)
            && let Ok(timer) = set_interval_with_handle(move || ticks.update(|ticks| *ticks += 1), TICK)
        {
            on_cleanup(move || timer.clear());
        }
    });
    effect(move || {
        let press = move |event| {
            let held = browser::target(&event).and_then(|target| target.closest(".held-packet").ok().flatten());
            release(bench.live, held.and_then(|held| number_of(&held)));
        };
        bench.pane.listen_in(".hanging", "click", Box::new(press));
        // The ground below is not pressed with it.
        bench.pane.listen_in(".hanging", "pointerdown", Box::new(|event| event.stop_propagation()));
        bench.pane.listen_in(".release-all", "click", Box::new(press));
    });
    view! { <div class="hanging"></div> }
}

/// The button that lets all go; it is there while there is something to let go.
#[component]
pub fn ReleaseAll() -> impl IntoView {
    view! {
        <button type="button" class="release-all" title="Let every held packet go (R)" aria-keyshortcuts="R" hidden="">
            "Release all"
        </button>
    }
}

/// Lets a packet go, by its run and its hop, or all of them.
pub fn release(live: Live, packet: Option<(u32, u32)>) {
    let (run, hop) = packet.unzip();
    live.ask(move |sandbox| api::release(sandbox, run, hop.unwrap_or(0)), |_| ());
}

/// Hangs up what is held and takes down what no longer is, and tells both to whoever does not see it. Whether any is held.
fn hang(Bench { live, editor, notices, pane, .. }: Bench, names: Names) -> bool {
    let (Some(layer), Some(all)) = (pane.find::<Element>(".hanging"), pane.find::<HtmlElement>(".release-all")) else {
        return false;
    };
    let held = editor.with(|scenario| live.with_timeline(|timeline| scene::held(timeline, &scenario.graph)));
    let now_us = live.now_us();
    let mut told = String::new();
    for packet in &held {
        let selector = format!(".held-packet[data-held='{}']", id_of(packet));
        let element = pane.find::<HtmlElement>(&selector).or_else(|| {
            let between = format!("{} and {}", names.get(&packet.link.from), names.get(&packet.link.to));
            told += &format!("{} is held between {between}. ", words(packet));
            let began_us = live.with_timeline(|timeline| timeline.run(packet.run).map_or(0, |run| run.started_us));
            // Inserting at this place cannot fail.
            let _ = layer.insert_adjacent_html("beforeend", &html(packet, &between, packet.since_us - began_us));
            pane.find(&selector)
        });
        let at = |id| editor.place(id).map(|place| place.get());
        let place = at(&packet.link.from).zip(at(&packet.link.to));
        let Some(element) = element else { continue };
        element.set_hidden(place.is_none());
        if let Some((from, to)) = place {
            let (x, y) = packet.on(&Curve::between(from, to));
            let at = format!("translate({}px, {}px) translate(-50%, -50%)", decimal(x, 1), decimal(y, 1));
            // Setting a style of that name cannot fail.
            let _ = element.style().set_property("transform", &at);
        }
        if let Some(held_for) = element.last_element_child() {
            held_for.set_text_content(Some(&format!("{} s", now_us.saturating_sub(packet.since_us) / 1_000_000)));
        }
    }
    for element in browser::all_in(&layer, ".held-packet") {
        let id = element.get_attribute("data-held").unwrap_or_default();
        if held.iter().any(|packet| id_of(packet) == id) {
            continue;
        }
        let label = element.get_attribute("aria-label").unwrap_or_default();
        let packet = label.get(RELEASE.len()..).unwrap_or_default();
        let why = live.with_timeline(|timeline| {
            let (run, hop) = number_of(&element)?;
            timeline.run(run)?.hops.get(hop as usize)?.released
        });
        if why == Some(Released::InTime) {
            notices.say(format!("Nobody let {packet} go: it went on by itself."));
        } else {
            told += &format!("{packet} is released. ");
        }
        if element.matches(":focus").unwrap_or(false) {
            pane.find(".held-packet:not(:focus)").or_else(|| surface(pane)).iter().for_each(focus);
        }
        element.remove();
    }
    if held.is_empty() && all.matches(":focus").unwrap_or(false) {
        surface(pane).iter().for_each(focus);
    }
    all.set_hidden(held.is_empty());
    if !told.is_empty() {
        notices.announce(told);
    }
    !held.is_empty()
}

/// `SET rohan`
fn words(packet: &HeldPacket) -> String {
    format!("{} {}", packet.command.word(), packet.key)
}

/// A held packet's name in markup: run, hop and way.
fn id_of(packet: &HeldPacket) -> String {
    format!("{} {} {}", packet.run, packet.hop, packet.leg.word())
}

/// Run and hop of a held packet's element.
fn number_of(element: &Element) -> Option<(u32, u32)> {
    let id = element.get_attribute("data-held")?;
    let mut parts = id.split(' ').map_while(|part| part.parse().ok());
    parts.next().zip(parts.next())
}

/// A held packet as a button.
fn html(packet: &HeldPacket, between: &str, after_us: u64) -> String {
    let (came, tone) = packet.outcome.map_or(("", ""), |outcome| (outcome.label(), outcome.word()));
    let sign = packet.outcome.map_or("", |outcome| outcome.sign());
    let what = if packet.outcome.is_some() { format!("Reply ({came})") } else { "Request".to_owned() };
    let (run, after) = (packet.run, about(after_us));
    let title = format!("{what} held between {between}, {after} into run {run}. Click to let it go; R lets all go.");
    format!(
        r#"<button type="button" class="held-packet" data-held="{}" data-tone="{tone}" aria-label="{RELEASE}{words}" title="{}"><span aria-hidden="true">‖</span>{words} {sign}<span class="held-for"></span></button>"#,
        id_of(packet),
        safe(&title),
        words = safe(&words(packet)),
    )
}
