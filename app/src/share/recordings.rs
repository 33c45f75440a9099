//! Recordings: a run saved as a file; opened again, it is replayed without stores, by itself or beside a second one.

use crate::browser;
use crate::state::{RwSignal, StoredValue};
use crate::topbar::{Files, file_button, slug};
use crate::transport::words::took;
use crate::view::{each, effect, view, when};
use crate::workbench::{Bench, Extent, Pane, Workbench, bench};
use crate::{api, browser::find};
use aside_domain::markup::safe;
use aside_domain::recording::{Figures, MOST_BYTES};
use aside_domain::{Recording, grouped};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, File, HtmlElement, KeyboardEvent};

/// How many can be open.
const PLACES: usize = 2;
/// Where they are.
const PANES: [Pane; PLACES] = [
    Pane::within("[data-place='0']", " of the first recording"),
    Pane::within("[data-place='1']", " of the second recording"),
];

/// How a recording's file is called at its end.
const ENDING: &str = ".aside-recording.json";

/// What is under the recordings, and cannot be reached meanwhile.
const UNDER: &str = ".whole-page > .workbench > :is(.topbar, .desk, .deck)";

/// The recordings that are open: a cheap handle.
#[derive(Clone, Copy, Default)]
pub struct Recordings {
    /// Each in its place.
    open: RwSignal<[Option<Opened>; PLACES]>,
    count: StoredValue<u32>,
}

/// A recording that is open.
#[derive(Clone)]
struct Opened {
    /// Its place, and how many had been opened before it: another in the same place is another.
    key: String,
    file: String,
    recording: Arc<Recording>,
}

impl Recordings {
    fn is_empty(self) -> bool {
        self.open.with(|open| open.iter().all(Option::is_none))
    }

    fn close(self, is_meant: impl Fn(usize) -> bool) {
        self.open.update(|open| {
            for (place, opened) in open.iter_mut().enumerate() {
                if is_meant(place) {
                    *opened = None;
                }
            }
        });
        cover(!untrack(|| self.is_empty()));
    }
}

/// Saves the run that is shown.
pub fn save(bench: Bench) {
    let Some(run) = bench.player.view().run.get_untracked() else { return };
    let name = format!("{}-run-{run}{ENDING}", slug(bench.editor.title().get_untracked().as_str()));
    bench.live.ask(
        move |sandbox| api::recording(sandbox, run),
        move |file| match browser::download_text(&name, &file) {
            Ok(()) => bench.notices.say(format!("Saved as {name}. “Open recording” replays it, without any stores.")),
            Err(_) => bench.notices.warn("This browser did not take the file."),
        },
    );
}

/// Opens a file: by itself, or beside the one that is open.
pub fn open(bench: Bench, file: File) {
    let Recordings { open, count } = bench.recordings;
    spawn_local(async move {
        let text = browser::text_of(&file, (MOST_BYTES >> 20) as u32).await;
        let recording = text.and_then(|text| Recording::from_json(&text).map_err(|error| error.to_string()));
        let recording = match recording {
            Ok(recording) => Arc::new(recording),
            Err(sentence) => return bench.notices.warn(sentence),
        };
        count.update_value(|count| *count += 1);
        bench.notices.announce(format!("{} is open.", file.name()));
        open.update(|open| {
            let place = open.iter().position(Option::is_none).unwrap_or(PLACES - 1);
            let key = format!("{place}{}", count.get_value());
            let file = file.name().replace(ENDING, "");
            open[place] = Some(Opened { key, file, recording });
        });
        cover(true);
    });
}

/// Lays them over the workbench, or takes them away, and moves the focus.
fn cover(is_covered: bool) {
    for element in browser::find_all(UNDER) {
        browser::set(&element, "inert", is_covered.then_some(""));
    }
    let focus = if is_covered { ".recordings" } else { "[aria-label='Open recording']" };
    // Once they are there, or gone.
    request_animation_frame(move || {
        if let Some(element) = find::<HtmlElement>(focus) {
            // An element that cannot take the focus leaves it where it is.
            let _ = element.focus();
        }
    });
}

/// What lies over the workbench while recordings are open.
pub fn view() -> AnyView {
    let bench = bench();
    let Recordings { open, .. } = bench.recordings;
    let keys = move || open.with(|open| open.iter().flatten().map(|opened| opened.key.clone()).collect());
    let item = move |key: String| {
        let opened = open.with_untracked(|open| open.iter().flatten().find(|opened| opened.key == key).cloned());
        opened.map_or_else(|| ().into_any(), |opened| one(bench, opened))
    };
    effect(move || {
        let html = open.with(|open| table(open.iter().flatten()));
        find::<Element>(".recordings-figures").iter().for_each(|it| it.set_inner_html(&html));
    });
    effect(move || {
        browser::listen_in(".recordings", "click", Box::new(move |event| press(bench, &event)));
        let leave = move |event: Event| {
            if event.unchecked_ref::<KeyboardEvent>().key() == "Escape" && !event.default_prevented() {
                bench.recordings.close(|_| true);
            }
        };
        browser::listen_in(".recordings", "keydown", Box::new(leave));
    });
    view! {
        <section class="recordings" class:empty=when(move || bench.recordings.is_empty()) aria-label="Recordings" tabindex="-1">
            <header class="recordings-head">
                <strong>"Recordings"</strong>
                <span class="quiet">"Replayed from files: no store and no server is asked."</span>
                {file_button(
                    "Compare with…",
                    "Compare with another",
                    "Open a second recording beside this one",
                    Box::new(move |file| self::open(bench, file)),
                )}
                <button type="button" data-recordings="replay">
                    "Replay all"
                </button>
                <button type="button" data-recordings="leave">
                    "Back to the sandbox"
                </button>
            </header>
            <div class="recordings-figures"></div>
            <div class="recordings-panes">{each(keys, item)}</div>
        </section>
    }
}

/// A button of the recordings was pressed.
fn press(bench: Bench, event: &Event) {
    let Some(target) = browser::target(event) else { return };
    let place = || target.closest("[data-place]").ok()??.get_attribute("data-place")?.parse::<usize>().ok();
    match (target.get_attribute("data-recordings").as_deref(), place()) {
        // Not now, for those presses come here, too.
        (Some("replay"), _) => request_animation_frame(|| {
            let all = PANES.iter().filter_map(|pane| pane.find::<HtmlElement>("[aria-label='Replay']"));
            all.for_each(|replay| replay.click());
        }),
        (Some("leave"), _) => bench.recordings.close(|_| true),
        (Some("close"), Some(closed)) => bench.recordings.close(|place| place == closed),
        (Some("use"), Some(place)) => {
            let opened = bench.recordings.open.with_untracked(|open| open.get(place).cloned().flatten());
            bench.recordings.close(|_| true);
            if let Some(Opened { file, recording, .. }) = opened {
                let done = format!("This is the drawing of {file}. Undo brings back what you had, with its data.");
                Files::of(bench).replace(recording.scenario.clone(), done);
            }
        }
        _ => {}
    }
}

/// A recording's pane.
fn one(bench: Bench, Opened { key, file, recording }: Opened) -> AnyView {
    let place = usize::from(key.starts_with('1'));
    let head = format!(
        r#"<strong>{}</strong><span class="quiet">{}</span><button type="button" data-recordings="use" title="Draw it in the sandbox, in place of what is there">Use this drawing</button><button type="button" data-recordings="close" aria-label="Close this recording">×</button>"#,
        safe(recording.scenario.title.as_str()),
        safe(&file),
    );
    let _ = bench.beside(&recording, PANES[place]);
    view! {
        <section class="recording" data-place=place.to_string() aria-label=PANES[place].named("Run")>
            <header class="recordings-head" inner_html=head></header>
            <Workbench extent=Extent::Recording />
        </section>
    }
}

/// A figure: its name, and how it is found and written.
type Row = (&'static str, fn(&Figures) -> u64, fn(u64) -> String);

/// What the runs came to, beside each other.
fn table<'a>(open: impl Iterator<Item = &'a Opened>) -> String {
    let rows: [Row; 9] = [
        ("Requests", |it| it.requests, grouped),
        ("Reads from a cache", |it| it.hits, grouped),
        ("Reads without one", |it| it.misses, grouped),
        ("Redis asked", |it| it.redis, grouped),
        ("Postgres asked", |it| it.postgres, grouped),
        ("Failures", |it| it.failures, grouped),
        ("Average request", |it| it.mean_us, took),
        ("Slowest request", |it| it.slowest_us, took),
        ("Whole run", |it| it.took_us, took),
    ];
    let head = rows.iter().map(|(name, ..)| format!("<th scope=\"col\">{name}</th>"));
    let mut html = format!("<table><thead><tr><td></td>{}</tr></thead><tbody>", head.collect::<String>());
    for Opened { file, recording, .. } in open {
        let figures = recording.timeline().latest().map(Figures::of).unwrap_or_default();
        let cells = rows.iter().map(|(_, figure, written)| format!("<td>{}</td>", written(figure(&figures))));
        html += &format!("<tr><th scope=\"row\">{}</th>{}</tr>", safe(file), cells.collect::<String>());
    }
    html + "</tbody></table>"
}
