//! The packets that links hold: buttons that hang on the canvas until somebody lets them go.
//!
//! They are what is so now, and not what the film shows: those of several runs hang beside each other, whichever run is
//! shown.

use super::hands::focus;
use super::viewport::surface;
use crate::api;
use crate::browser;
use crate::editor::Editor;
use crate::live::Live;
use crate::state::{Memo, RwSignal, StoredValue};
use crate::transport::words::about;
use crate::view::{dynamic, each, effect, text, view};
use crate::workbench::bench;
use aside_domain::scene::Curve;
use aside_domain::timeline::Waiting;
use aside_domain::{Command, LinkId, NodeId, Released, Timeline, decimal};
use leptos::prelude::*;
use std::time::Duration;
use web_sys::HtmlElement;

/// How often is told for how long they have been held.
const TICK: Duration = Duration::from_secs(1);

/// By how much each of several on a link hangs lower than the one before, in canvas pixels.
const HEIGHT: f64 = 28.0;

/// What is said of a held packet.
struct Words {
    /// `SET rohan`
    packet: String,
    /// `Server and Redis`
    between: String,
    link: LinkId,
}

impl Words {
    fn of(timeline: &Timeline, editor: Editor, held: &Waiting) -> Option<Self> {
        let run = timeline.run(held.run)?;
        let hop = run.hops.get(held.hop as usize)?;
        let key = &run.asked(hop.request)?.asks.key;
        let name = |id: &NodeId| {
            let name = editor.with(|scenario| scenario.graph.node(id).map(|node| node.name.to_string()));
            name.unwrap_or_else(|| id.to_string())
        };
        Some(Self {
            packet: format!("{} {key}", method(&hop.shown)),
            between: format!("{} and {}", name(&hop.from), name(&hop.to)),
            link: hop.link(),
        })
    }
}

/// The command's word, as the link's inspector has it.
fn method(shown: &str) -> &str {
    match shown.split(' ').next() {
        Some("INSERT") => Command::Update.word(),
        word => word.unwrap_or_default(),
    }
}

/// How many hang on the same link above that one.
fn rank(timeline: &Timeline, held: &Waiting) -> usize {
    let link = |held: &Waiting| Some(timeline.run(held.run)?.hops.get(held.hop as usize)?.link());
    let own = link(held);
    timeline.held.iter().take_while(|other| *other != held).filter(|other| link(other) == own).count()
}

/// The layer on which held packets hang.
#[component]
pub fn Hanging() -> impl IntoView {
    let (live, editor) = (bench().live, bench().editor);
    announce(live, editor);
    let seconds = RwSignal::new(0_u64);
    let is_any = is_any(live);
    effect(move || {
        if is_any.get()
            && let Ok(timer) = set_interval_with_handle(move || seconds.update(|seconds| *seconds += 1), TICK)
        {
            on_cleanup(move || timer.clear());
        }
    });
    let names = move || {
        live.version().track();
        live.with_timeline(|timeline| timeline.held.iter().map(name_of).collect())
    };
    let packet = move |name: String| {
        let found = live.with_timeline(|timeline| {
            let held = *timeline.held.iter().find(|held| name_of(held) == name)?;
            Some((held, Words::of(timeline, editor, &held)?, timeline.run(held.run)?.started_us))
        });
        found.map_or_else(|| ().into_any(), |(held, words, began_us)| button(held, words, began_us, seconds))
    };
    view! { <div class="hanging">{each(names, packet)}</div> }
}

/// Different for each packet that is held.
fn name_of(held: &Waiting) -> String {
    format!("{} {} {}", held.run, held.hop, held.since_us)
}

fn is_any(live: Live) -> Memo<bool> {
    Memo::new(move || {
        live.version().track();
        live.with_timeline(|timeline| !timeline.held.is_empty())
    })
}

fn button(held: Waiting, words: Words, began_us: u64, seconds: RwSignal<u64>) -> AnyView {
    let (live, editor) = (bench().live, bench().editor);
    let Words { packet, between, link } = words;
    let title = format!(
        "{} held between {between}, {} into run {}. Click to let it go; R lets all go.",
        held.outcome.map_or_else(|| "Request".to_owned(), |outcome| format!("Reply ({outcome})")),
        about(held.since_us.saturating_sub(began_us)),
        held.run,
    );
    let name = format!("Release {packet}");
    let place = text(move || {
        live.version().track();
        let at = |id| editor.node(id).map(|node| node.with(|node| node.at));
        let below = live.with_timeline(|timeline| rank(timeline, &held));
        let Some((from, to)) = at(&link.from).zip(at(&link.to)) else { return "display: none".to_owned() };
        let (x, y) = Curve::between(from, to).at(0.5);
        format!(
            "transform: translate({}px, {}px) translate(-50%, -50%)",
            decimal(x, 1),
            decimal(y + HEIGHT * below as f64, 1)
        )
    });
    let for_s = text(move || {
        seconds.get();
        format!("{} s", live.now_us().saturating_sub(held.since_us) / 1_000_000)
    });
    view! {
        <button
            type="button"
            class="held"
            aria-label=name
            title=title
            data-tone=held.outcome.map(|outcome| outcome.word())
            style=place
            on:pointerdown=|event| event.stop_propagation()
            on:click=move |_| release(live, Some((held.run, held.hop)))
        >
            <span aria-hidden="true">"‖"</span>
            <span>{packet}</span>
            {held.outcome.map(|outcome| view! { <span>{outcome.sign()}</span> })}
            <span class="held-for">{for_s}</span>
        </button>
    }
}

/// The button that lets all go.
#[component]
pub fn ReleaseAll() -> impl IntoView {
    let live = bench().live;
    let is_any = is_any(live);
    dynamic(move || {
        if !is_any.get() {
            return ().into_any();
        }
        view! {
            <button
                type="button"
                class="release-all"
                title="Let every held packet go (R)"
                aria-keyshortcuts="R"
                on:click=move |_| release(live, None)
            >
                "Release all"
            </button>
        }
    })
}

/// Lets a packet go, by its run and its hop, or all. Whoever has the keyboard on a button that goes with it is moved on.
pub fn release(live: Live, packet: Option<(u32, u32)>) {
    if browser::find::<HtmlElement>(".held:focus, .release-all:focus").is_some() {
        let next = packet.and_then(|_| browser::find(".held:not(:focus)"));
        next.or_else(surface).iter().for_each(focus);
    }
    live.ask(move |sandbox| api::release(sandbox, packet), |_| ());
}

/// Tells what is held and what goes on to whoever does not see it, and to everybody what went on by itself.
fn announce(live: Live, editor: Editor) {
    let notices = bench().notices;
    let known = StoredValue::new(Vec::<Waiting>::new());
    effect(move || {
        live.version().track();
        let mut told = String::new();
        let mut tell = |is_held: bool, held: &Waiting, timeline: &Timeline| {
            let Some(Words { packet, between, .. }) = Words::of(timeline, editor, held) else { return };
            let hop = timeline.run(held.run).and_then(|run| run.hops.get(held.hop as usize));
            if is_held {
                told += &format!("{packet} is held between {between}. ");
            } else if hop.is_some_and(|hop| hop.released == Some(Released::InTime)) {
                notices.say(format!("Nobody let {packet} go: it went on by itself."));
            } else {
                told += &format!("{packet} is released. ");
            }
        };
        live.with_timeline(|timeline| {
            let now = &timeline.held;
            let before = known.try_update_value(|known| std::mem::replace(known, now.clone())).unwrap_or_default();
            now.iter().filter(|held| !before.contains(held)).for_each(|held| tell(true, held, timeline));
            before.iter().filter(|held| !now.contains(held)).for_each(|held| tell(false, held, timeline));
        });
        if !told.is_empty() {
            notices.announce(told);
        }
    });
}
