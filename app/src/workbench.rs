//! The workbench: canvas, inspector, transport and receipts around one sandbox.

use crate::academy::lesson_bar;
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
    /// All of it but the scenario's own bar, beside a lesson.
    Lesson,
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

impl Bench {
    /// Lays out the handles of a workbench around the visitor's sandbox at `place`, showing `saved` until the sandbox is open,
    /// and puts them into context. The sandbox is opened once the page is alive.
    #[must_use]
    pub fn lay_out(place: Place, saved: Saved) -> Self {
        let notices = Notices::default();
        let editor = Editor::new(saved.scenario, notices);
        let live = Live::new(place.clone(), notices);
        let saver = Saver::new(editor, live, notices, place, saved.version);
        let player = Player::new(live, saver, notices);
        let stores = Stores::new(live, player);
        let bench = Self { editor, live, notices, player, saver, stores };
        provide_context(bench);

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
        bench
    }
}

/// The workbench whose handles are in context.
#[component]
pub fn Workbench(
    /// How much of it to show.
    extent: Extent,
) -> impl IntoView {
    let is_editable = extent != Extent::Demo;
    view! {
        <div class="workbench" class:demo=!is_editable>
            {(extent == Extent::Whole).then(|| view! { <TopBar /> })}
            {(extent == Extent::Lesson).then(lesson_bar)}
            <div class="desk">
                <Canvas editable=is_editable />
                {is_editable.then(|| view! { <Inspector /> })}
            </div>
            <div class="deck">
                <Transport />
                <Receipts />
            </div>
            <NoticeBoard />
        </div>
    }
}
