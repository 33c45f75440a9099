//! The workbench: canvas, inspector, transport and receipts around one sandbox.

use crate::academy::lesson_bar;
use crate::browser;
use crate::canvas::Canvas;
use crate::editor::Editor;
use crate::inspector::Inspector;
use crate::live::Live;
use crate::notice::{NoticeBoard, Notices};
use crate::saver::Saver;
use crate::share::recordings::{self, Recordings};
use crate::stores::Stores;
use crate::topbar::TopBar;
use crate::transport::{Player, Receipts, Transport};
use crate::view::{effect, text, view};
use aside_domain::{Place, Recording, Saved};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Event;

/// How much of the workbench a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it, as wide and high as the window.
    Whole,
    /// All of it but the scenario's own bar, beside a lesson.
    Lesson,
    /// The drawing and its transport, as part of a page.
    Demo,
    /// The same, beside the visitor's own workbench.
    Recording,
}

/// Where on its page a workbench stands. There can be three: the visitor's own, and two with recordings. Parts of a workbench
/// that are looked for in the document are looked for there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pane {
    selector: &'static str,
    suffix: &'static str,
}

impl Pane {
    /// The visitor's own, which is the first in the document.
    pub const OWN: Self = Self::within("", "");

    /// That in the element that a selector finds, and how the names of its parts end, so that they differ.
    #[must_use]
    pub const fn within(selector: &'static str, suffix: &'static str) -> Self {
        Self { selector, suffix }
    }

    /// The name of a part of it.
    #[must_use]
    pub fn named(self, part: &'static str) -> Signal<String> {
        text(move || format!("{part}{}", self.suffix))
    }

    /// The element in it that a selector finds.
    #[must_use]
    pub fn find<T: JsCast>(self, selector: &str) -> Option<T> {
        browser::find(&self.selector(selector))
    }

    /// Listens to events in an element in it, found by its selector.
    pub fn listen_in(self, selector: &str, kind: &'static str, act: Box<dyn FnMut(Event)>) {
        browser::listen_in(&self.selector(selector), kind, act);
    }

    fn selector(self, selector: &str) -> String {
        match self.selector {
            "" => format!("{selector}:not(.recordings *)"),
            pane => format!("{pane} {selector}"),
        }
    }
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
    /// Where on the page it stands.
    pub pane: Pane,
    /// Which run is shown, and where in it the viewer is.
    pub player: Player,
    /// The recordings that are open beside it.
    pub recordings: Recordings,
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
        let bench =
            Self { editor, live, notices, pane: Pane::OWN, player, recordings: Recordings::default(), saver, stores };
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

impl Bench {
    /// The handles of a workbench beside this one that shows a recording, put into context. It knows no server.
    #[must_use]
    pub fn beside(self, recording: &Recording, pane: Pane) -> Self {
        let editor = Editor::new(recording.scenario.clone(), self.notices);
        let live = Live::new(self.saver.place(), self.notices);
        let saver = Saver::new(editor, live, self.notices, self.saver.place(), 0);
        let player = Player::new(live, saver, self.notices);
        let stores = Stores::new(live, player);
        let bench = Self { editor, live, pane, player, saver, stores, ..self };
        provide_context(bench);
        live.replay(recording.timeline());
        bench
    }
}

/// The workbench whose handles are in context.
#[component]
pub fn Workbench(
    /// How much of it to show.
    extent: Extent,
) -> impl IntoView {
    let is_editable = matches!(extent, Extent::Whole | Extent::Lesson);
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
            {(extent == Extent::Whole).then(recordings::view)}
            {(extent != Extent::Recording).then(|| view! { <NoticeBoard /> })}
        </div>
    }
}
