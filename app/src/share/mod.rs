//! Sharing: a drawing as a link, and as a picture; a run as a recording; and a gallery to start from.
//!
//! Neither leaves anything on the server: a link has the whole scenario in it, after the `#`, which browsers keep to
//! themselves; a picture is drawn here.

pub mod gallery;
mod image;
mod link;
pub mod recordings;

use crate::browser::{self, find};
use crate::canvas::{overlay, told};
use crate::notice::Notices;
use crate::topbar::Files;
use crate::view::{effect, view};
use crate::workbench::{Bench, bench};
use aside_domain::Scenario;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{Event, HtmlInputElement};

/// The id of the dialog.
pub const SHARE: &str = "share";

/// From this length on, some programs cut a link.
const LONG: usize = 30_000;

/// What stands in the dialog: markup without a life of its own.
const CONTENT: &str = r#"<h2>Share</h2><p class="quiet">The link has the whole scenario in it, with what its stores hold now. Nothing is stored on the server; whoever opens it gets a copy.</p><div class="field"><label for="share-link">Link</label><input id="share-link" type="text" readonly></div><div class="in-line"><button type="button" data-share="link" class="primary">Copy link</button><button type="button" data-share="png">Export PNG</button><button type="button" data-share="svg">Export SVG</button></div><form method="dialog"><button>Close</button></form>"#;

/// The dialog, and the opening of links that others have shared.
#[component]
pub fn Share() -> impl IntoView {
    let bench = bench();
    effect(move || {
        let press = move |event: Event| {
            let what = browser::target(&event).and_then(|it| it.get_attribute("data-share"));
            match what.as_deref() {
                Some("link") => copy_link(bench),
                Some("png") => export(bench, true),
                Some("svg") => export(bench, false),
                _ => {}
            }
        };
        browser::listen_in("#share", "click", Box::new(press));
        browser::listen(&window(), "hashchange", Box::new(move |_| open_shared(bench)));
    });
    effect(move || {
        if bench.live.sandbox().with(Option::is_some) {
            open_shared(bench);
        }
    });
    gallery::listen(bench);
    view! {
        <dialog id=SHARE class="overlay" aria-label="Share" inner_html=CONTENT.to_owned()></dialog>
        <dialog id=gallery::GALLERY class="overlay gallery" aria-label="Gallery"></dialog>
    }
}

/// Opens the dialog, with the link of the drawing as it is now.
pub fn open(bench: Bench) {
    overlay::open(SHARE);
    make_link(bench, |_, link| show_link(&link));
}

/// Copies a link to the drawing with its data.
pub fn copy_link(bench: Bench) {
    make_link(bench, |notices, link| {
        show_link(&link);
        spawn_local(async move {
            match browser::copy(&link).await {
                true if link.len() > LONG => notices.warn(
                    "The link is copied. It is a long one, which some programs cut: a file, by “Export”, goes everywhere.",
                ),
                true => notices.say("The link is copied."),
                false => notices.warn("This browser lets no page copy: the link is in the field, to be copied by hand."),
            }
        });
    });
}

fn make_link(bench: Bench, then: impl Fn(Notices, String) + 'static) {
    let notices = bench.notices;
    Files::of(bench).held(move |scenario| {
        spawn_local(async move {
            match link::of(&scenario).await {
                Some(link) => then(notices, link),
                None => notices.warn("This browser cannot compress: export the scenario as a file instead."),
            }
        });
    });
}

fn show_link(link: &str) {
    if let Some(input) = find::<HtmlInputElement>("#share-link") {
        input.set_value(link);
    }
}

/// Opens what the page's address holds, if it holds a drawing: as a copy, in the place of what was drawn here.
fn open_shared(bench: Bench) {
    let Some(shared) = link::in_address() else { return };
    link::forget();
    spawn_local(async move {
        let text = link::unpacked(&shared).await;
        let scenario = text.as_deref().map(Scenario::from_json);
        match scenario {
            Some(Ok(scenario)) => {
                let done = format!(
                    "This is your own copy of “{}”, which somebody shared. Undo brings back what you had, with its data.",
                    scenario.title
                );
                Files::of(bench).replace(scenario, done);
            }
            Some(Err(error)) => bench.notices.warn(format!("What this link holds cannot be used. {error}")),
            None => bench.notices.warn("This link is damaged, or only a part of one: ask for it once more."),
        }
    });
}

/// Hands the drawing out as a picture: in the colours of the page, and with what its cards tell now.
pub fn export(bench: Bench, is_png: bool) {
    let scenario = bench.editor.scenario();
    let name = format!("{}.{}", crate::topbar::slug(scenario.title.as_str()), if is_png { "png" } else { "svg" });
    let told = untrack(|| scenario.graph.nodes.iter().map(|node| told(bench, &node.id)).collect());
    spawn_local(async move {
        match image::of(scenario, told, is_png).await {
            Ok(blob) if browser::download(&name, &blob).is_ok() => {
                bench.notices.announce(format!("Exported as {name}."));
            }
            Ok(_) => bench.notices.warn("This browser did not take the file."),
            Err(sentence) => bench.notices.warn(sentence),
        }
    });
}
