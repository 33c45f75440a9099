//! The transport: playing runs, going through them, and the receipts.
//!
//! # Layout
//!
//! - [`Player`] is the handle: which run is shown, and where in it the viewer is.
//! - `buttons` and `track` are its controls; `segments` draws a run along the timeline.
//! - `receipts` lists the evidence, `lines` keeps what of it is rendered, a `receipt` is one line.
//! - `words` writes figures and names as people read them.

pub(crate) mod buttons;
mod lines;
mod player;
mod receipt;
mod receipts;
mod segments;
mod track;
pub(crate) mod words;

pub use player::{Player, View};
pub use receipts::Receipts;

use crate::live::Live;
use crate::share::recordings;
use crate::state::Memo;
use crate::view::{dynamic, text, view};
use crate::workbench::{Bench, bench};
use aside_domain::Status;
use aside_domain::timeline::{Hop, Run};
use leptos::prelude::*;
use words::Names;

/// The transport: buttons, timeline, speed, and how much slower than it happened a run is shown.
#[component]
pub fn Transport() -> impl IntoView {
    let bench = bench();
    let Bench { player, editor, live, .. } = bench;
    let view = player.view();
    let names = Names::of(editor);
    view! {
        <section aria-label=bench.pane.named("Transport") class="transport">
            <div class="transport-controls">{buttons::all(player, editor)} {track::speed(player)}</div>
            {track::timeline(player, names, bench.pane)}
            <div class="transport-foot">
                <span class="frame-counter" data-testid="frame-counter">
                    {text(move || words::counter(view.frame.get(), view.frames.get()))}
                </span>
                <span class="now">{dynamic(move || track::now(player, names))}</span>
                {meanwhile(player, live)}
                <span class="caption" data-testid="slowdown">
                    {text(move || caption(player, live))}
                </span>
                {(!live.is_recorded()).then(|| save_recording(bench))}
            </div>
        </section>
    }
}

/// The button that saves the run that is shown as a file.
fn save_recording(bench: Bench) -> AnyView {
    let has_no_run = text(move || bench.player.view().run.get().is_none().to_string());
    view! {
        <button
            type="button"
            class="save-recording"
            title="Save this run as a file, which anyone can open and replay without stores"
            aria-disabled=has_no_run
            on:click=move |_| recordings::save(bench)
        >
            "Save recording"
        </button>
    }
    .into_any()
}

/// The receipts of a run, one line each, as HTML that stands by itself.
pub(crate) fn lines_of(run: &Run, names: Names) -> String {
    let line = |(index, hop): (usize, &Hop)| {
        let inside = receipt::inside(run, hop, index + 1, names);
        let outcome = hop.receipt.as_ref().map_or("", |receipt| receipt.outcome.word());
        format!(r#"<li class="receipt-grid" data-outcome="{outcome}">{inside}</li>"#)
    };
    format!("<ol>{}</ol>", run.ended().enumerate().map(line).collect::<String>())
}

/// The real time of the run, and how much it is slowed down; or that the viewer waits for what has not happened yet.
fn caption(player: Player, live: Live) -> String {
    let view = player.view();
    live.version().track(); // what is served beside a sample is no frame of it
    let frames = view.frames.get();
    match view.status.get() {
        Status::Hanging => return "Waiting for a held packet…".to_owned(),
        Status::Playing if view.position.get() >= frames as f64 => return "Waiting for the next event…".to_owned(),
        _ => {}
    }
    if frames == 0 {
        return String::new();
    }
    let one_in = player.with_shown(|run, _, _| run.one_in()).filter(|n| *n > 1);
    let sample = one_in.map_or_else(String::new, |n| format!(", showing 1 in {n}"));
    let took = words::about(player.real_us()) + player.apart() + &sample;
    match player.slowdown() {
        Some(slowdown) => format!("{took}, {}", words::pace(slowdown)),
        None => took,
    }
}

/// That there is another run than the one that is shown.
fn meanwhile(player: Player, live: Live) -> AnyView {
    let view = player.view();
    let other = Memo::new(move || {
        live.version().track();
        view.is_going.track();
        view.run.track();
        player.beside().map(|(run, stands)| format!("Run {run} {stands} meanwhile"))
    });
    dynamic(move || match other.get() {
        Some(text) => view! {
            <span class="meanwhile">
                {text}
                <button type="button" on:click=move |_| player.show_beside()>
                    "Show it"
                </button>
            </span>
        }
        .into_any(),
        None => ().into_any(),
    })
}
