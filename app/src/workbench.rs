//! The workbench: canvas, inspector, transport and receipts around one sandbox.

use crate::canvas::Canvas;
use crate::editor::Editor;
use crate::inspector::Inspector;
use crate::live::Live;
use crate::notice::{NoticeBoard, Notices};
use crate::saver::Saver;
use crate::stores::Stores;
use crate::topbar::TopBar;
use crate::transport::{Player, Receipts, Transport};
use aside_domain::{Place, Saved};
use leptos::prelude::*;

/// How much of the workbench a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it, as wide and high as the window.
    Whole,
    /// The drawing and its transport, as part of a page.
    Demo,
}

/// A workbench around the visitor's sandbox at `place`, showing `saved` until the sandbox is open.
#[component]
pub fn Workbench(
    /// Which of the visitor's sandboxes.
    place: Place,
    /// What is drawn until the sandbox is open.
    saved: Saved,
    /// How much of the workbench to show.
    extent: Extent,
) -> impl IntoView {
    let notices = Notices::default();
    let editor = Editor::new(saved.scenario, notices);
    let live = Live::new(place.clone(), notices);
    let saver = Saver::new(editor, live, notices, place, saved.version);
    let player = Player::new(live, saver, notices);
    let stores = Stores::new(live, player);
    provide_context(notices);
    provide_context(editor);
    provide_context(live);
    provide_context(saver);
    provide_context(player);
    provide_context(stores);

    Effect::new(move |_| {
        live.open(move |opened| saver.start(opened));
        on_cleanup(move || live.close());
    });
    Effect::new(move |_| {
        editor.revision().track();
        saver.send_soon();
    });
    Effect::new(move |_| {
        if live.version().get() > 0 {
            crate::mark_hydrated();
        }
        if let Some((version, by)) = live.with_timeline(|timeline| timeline.saved.clone()) {
            saver.heard_of(version, &by);
        }
    });
    let whole = extent == Extent::Whole;
    view! {
        <div class="workbench" class:demo=!whole>
            {whole.then(|| view! { <TopBar /> })}
            <div class="desk">
                <Canvas editable=whole />
                {whole.then(|| view! { <Inspector /> })}
            </div>
            <div class="deck">
                <Transport />
                <Receipts />
            </div>
            <NoticeBoard />
        </div>
    }
}
