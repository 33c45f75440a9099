//! The transport: playing runs, going through them, and the receipts.
//!
//! # Layout
//!
//! - [`Player`] is the handle: which run is shown, and where in it the viewer is.
//! - `buttons` and `track` are its controls; `segments` draws a run along the timeline.
//! - `receipts` lists the evidence, a `receipt` is one line of it.
//! - `words` writes figures and names as people read them.

pub(crate) mod buttons;
mod player;
mod receipt;
mod receipts;
mod segments;
mod track;
mod words;

pub use player::{Player, View};
pub use receipts::Receipts;

use crate::editor::Editor;
use crate::live::Live;
use aside_domain::Status;
use buttons::Buttons;
use leptos::prelude::*;
use track::{Now, Speed, Track};
use words::Names;

/// The transport: buttons, timeline, speed, and how much slower than it happened a run is shown.
#[component]
pub fn Transport() -> impl IntoView {
    let player = expect_context::<Player>();
    let view = player.view();
    let names = Names::of(expect_context::<Editor>());
    view! {
        <section aria-label="Transport" class="transport">
            <div class="transport-controls">
                <Buttons />
                <Speed />
            </div>
            <Track names />
            <div class="transport-foot">
                <span class="frame-counter" data-testid="frame-counter">
                    {move || words::counter(view.frame.get(), view.frames.get())}
                </span>
                <Now names />
                <Meanwhile />
                <Caption />
            </div>
        </section>
    }
}

/// The real time of the run, and how much it is slowed down; or that the viewer waits for what has not happened yet.
#[component]
fn Caption() -> impl IntoView {
    let player = expect_context::<Player>();
    let view = player.view();
    let is_waiting =
        Memo::new(move |_| view.status.get() == Status::Playing && view.position.get() >= view.frames.get() as f64);
    let caption = move || {
        if is_waiting.get() {
            return "Waiting for the next event…".to_owned();
        }
        if view.frames.get() == 0 {
            return String::new();
        }
        let took = words::about(player.real_us());
        match player.slowdown() {
            Some(slowdown) => format!("{took}, {}", words::pace(slowdown)),
            None => took,
        }
    };
    view! { <span class="caption" data-testid="slowdown">{caption}</span> }
}

/// That there is a newer run than the one that is shown.
#[component]
fn Meanwhile() -> impl IntoView {
    let player = expect_context::<Player>();
    let live = expect_context::<Live>();
    let view = player.view();
    let newer = Memo::new(move |_| {
        live.version().track();
        view.is_going.track();
        let shown = view.run.get()?;
        let latest = live.with_timeline(|timeline| timeline.latest().map(|run| (run.run, run.is_over())));
        latest.filter(|(run, _)| *run > shown)
    });
    let told = move |(run, is_over): (u32, bool)| {
        let text = if is_over {
            format!("Run {run} has happened meanwhile")
        } else {
            format!("Run {run} is under way meanwhile")
        };
        view! {
            <span class="meanwhile">
                {text}
                <button type="button" on:click=move |_| player.show_latest()>
                    "Show it"
                </button>
            </span>
        }
    };
    view! { {move || newer.get().map(told)} }
}
