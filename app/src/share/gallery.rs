//! The gallery: scenarios to start from, each with its picture. The server writes it, and keeps the scenarios.

use crate::browser::{self, find};
use crate::canvas::overlay;
use crate::topbar::Files;
use crate::view::effect;
use crate::workbench::Bench;
use aside_domain::Scenario;
use leptos::task::spawn_local;
use web_sys::{Element, Event, HtmlDialogElement};

/// The id of the dialog.
pub const GALLERY: &str = "gallery";

/// Where the server has it.
const ADDRESS: &str = "/api/gallery";

/// Listens to presses in the gallery.
pub fn listen(bench: Bench) {
    effect(move || {
        let press = move |event: Event| {
            let pressed = browser::target(&event).and_then(|it| it.closest("[data-scenario]").ok().flatten());
            if let Some(name) = pressed.and_then(|it| it.get_attribute("data-scenario")) {
                start_from(bench, name);
            }
        };
        browser::listen_in("#gallery", "click", Box::new(press));
    });
}

/// Opens it.
pub fn open(bench: Bench) {
    spawn_local(async move {
        let Some(dialog) = find::<Element>("#gallery") else { return };
        match browser::read(ADDRESS).await {
            Some(html) => {
                dialog.set_inner_html(&html);
                overlay::open(GALLERY);
            }
            None => bench.notices.warn("Aside's server does not answer: it keeps the gallery."),
        }
    });
}

/// Puts a scenario of the gallery in the place of this one.
fn start_from(bench: Bench, name: String) {
    if let Some(dialog) = find::<HtmlDialogElement>("#gallery") {
        dialog.close();
    }
    spawn_local(async move {
        let text = browser::read(&format!("{ADDRESS}/{name}")).await;
        match text.map(|text| Scenario::from_json(&text)) {
            Some(Ok(scenario)) => {
                let done = format!("{}: press Play. Undo brings your drawing back, with its data.", scenario.title);
                Files::of(bench).replace(scenario, done);
            }
            Some(Err(error)) => bench.notices.warn(error.to_string()),
            None => bench.notices.warn("Aside's server does not answer: it keeps the gallery."),
        }
    });
}
