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
use crate::view::{effect, view};
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

/// The handles of a workbench, which its parts find in context.
#[derive(Clone, Copy)]
pub struct Bench {
    /// The scenario under the visitor's hands.
    pub editor: Editor,
    /// The sandbox and its events.
    pub live: Live,
    /// Short messages to the visitor.
    pub notices: Notices,
    /// Which run is shown, and where in it the viewer is.
    pub player: Player,
    /// What brings every edit to the server.
    pub saver: Saver,
    /// How much the store nodes hold.
    pub stores: Stores,
}

/// The handles of the workbench that is being built.
///
/// # Panics
/// Outside of one.
#[must_use]
pub fn bench() -> Bench {
    expect_context()
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
    provide_context(Bench { editor, live, notices, player, saver, stores });

    effect(move || {
        live.open(move |opened| saver.start(opened));
        on_cleanup(move || live.close());
    });
    effect(move || {
        editor.revision().track();
        saver.send_soon();
    });
    effect(move || {
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
