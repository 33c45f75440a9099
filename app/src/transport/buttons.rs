//! The transport's buttons.
//!
//! A button that has nothing to do at the moment says so with `aria-disabled` and ignores the press, so that a keyboard
//! that has just stepped to the end does not lose its place.

use super::Player;
use crate::editor::Editor;
use aside_domain::{PlaybackCommand, Status};
use leptos::prelude::*;

/// The outlines of the signs, in a square of 16.
pub(crate) mod icon {
    pub const PLAY: &str = "M4 2.5v11l9.5-5.5z";
    pub const PAUSE: &str = "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z";
    pub const STOP: &str = "M3 3h10v10H3z";
    pub const STEP_BACK: &str = "M10.5 2.5v11l-7.5-5.5zM12 2.5h1.5v11H12z";
    pub const STEP_FORWARD: &str = "M5.5 2.5v11l7.5-5.5zM2.5 2.5H4v11H2.5z";
    pub const TO_START: &str = "M2 2.5h1.6v11H2zM9 2.5v11L4 8zM14.5 2.5v11l-5-5.5z";
    pub const TO_END: &str = "M12.4 2.5H14v11h-1.6zM7 2.5v11L12 8zM1.5 2.5v11l5-5.5z";
    pub const REPLAY: &str = "M8 2.8a5.2 5.2 0 1 1-4.9 3.5l1.5.5A3.6 3.6 0 1 0 8 4.4V7L3.8 3.6 8 .3z";
    pub const UNDO: &str = "M6 2.2v2.9h3.6a4.2 4.2 0 0 1 0 8.4H5v-1.6h4.6a2.6 2.6 0 0 0 0-5.2H6v2.9L1.8 5.9z";
    pub const REDO: &str = "M10 2.2v2.9H6.4a4.2 4.2 0 0 0 0 8.4H11v-1.6H6.4a2.6 2.6 0 0 1 0-5.2H10v2.9l4.2-3.7z";
}

/// A button that is only a sign.
#[component]
pub(crate) fn ToolButton(
    /// Its name, for whoever cannot see the sign.
    name: &'static str,
    /// What the mouse is told; the name, if there is no more to say.
    #[prop(default = "")]
    hint: &'static str,
    /// The sign's outline.
    icon: &'static str,
    /// Whether there is nothing to do at the moment.
    #[prop(into)]
    off: Signal<bool>,
    /// What a press does.
    act: impl Fn() + 'static,
) -> impl IntoView {
    let press = move |_| {
        if !off.get_untracked() {
            act();
        }
    };
    view! {
        <button
            type="button"
            class="tool"
            aria-label=name
            title=if hint.is_empty() { name } else { hint }
            aria-disabled=move || off.get().to_string()
            on:click=press
        >
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                <path d=icon fill="currentColor" />
            </svg>
        </button>
    }
}

/// What the main button does when it is pressed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Main {
    Play,
    Pause,
    Resume,
}

impl Main {
    const fn of(status: Status) -> Self {
        match status {
            Status::Playing => Self::Pause,
            Status::Paused => Self::Resume,
            Status::Empty | Status::Finished => Self::Play,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Play => "Play",
            Self::Pause => "Pause",
            Self::Resume => "Resume",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Pause => icon::PAUSE,
            Self::Play | Self::Resume => icon::PLAY,
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Play => "Send a new run: real requests to real stores",
            Self::Pause => "Hold the picture; the stores are not held",
            Self::Resume => "Go on from here",
        }
    }
}

/// All the buttons, and why nothing can be played if nothing can.
#[component]
pub(super) fn Buttons() -> impl IntoView {
    let player = expect_context::<Player>();
    let editor = expect_context::<Editor>();
    let view = player.view();
    let act = move |command: PlaybackCommand| move || player.apply(command);

    let has_run = Memo::new(move |_| view.run.get().is_some());
    let is_playable = Memo::new(move |_| view.frames.get() > 0);
    let at_start = Memo::new(move |_| !is_playable.get() || view.position.get() <= 0.0);
    let at_end = Memo::new(move |_| !is_playable.get() || view.position.get() >= view.frames.get() as f64);
    let is_under_way = move || view.is_going.get() || matches!(view.status.get(), Status::Playing | Status::Paused);

    view! {
        <div class="transport-buttons" role="group" aria-label="Playback">
            <ToolButton name="Jump to start" icon=icon::TO_START off=at_start act=act(PlaybackCommand::JumpToStart) />
            <ToolButton name="Step back" icon=icon::STEP_BACK off=at_start act=act(PlaybackCommand::StepBack) />
            <MainButton player editor />
            <ToolButton name="Step forward" icon=icon::STEP_FORWARD off=at_end act=act(PlaybackCommand::StepForward) />
            <ToolButton name="Jump to end" icon=icon::TO_END off=at_end act=act(PlaybackCommand::JumpToEnd) />
            <ToolButton
                name="Replay"
                hint="Replay: the same run again; no store is touched"
                icon=icon::REPLAY
                off=Signal::derive(move || !has_run.get())
                act=act(PlaybackCommand::Replay)
            />
            <ToolButton
                name="Stop"
                hint="Stop: end the run, and show where it ended"
                icon=icon::STOP
                off=Signal::derive(move || !is_under_way())
                act=move || player.stop()
            />
        </div>
    }
}

/// Play, Pause or Resume: one button whose name follows the state.
#[component]
fn MainButton(player: Player, editor: Editor) -> impl IntoView {
    let view = player.view();
    let main = Memo::new(move |_| Main::of(view.status.get()));
    let obstacle = Memo::new(move |_| editor.findings().with(crate::editor::Findings::obstacle));
    let is_blocked = Memo::new(move |_| main.get() == Main::Play && obstacle.with(Option::is_some));
    let is_asking = move || main.get() == Main::Play && view.is_asking.get();
    let press = move |_| match main.get_untracked() {
        Main::Play if is_blocked.get_untracked() => {}
        Main::Play => player.play(None),
        Main::Pause => player.apply(PlaybackCommand::Pause),
        Main::Resume => player.apply(PlaybackCommand::Resume),
    };
    view! {
        <button
            type="button"
            class="primary play"
            title=move || main.get().hint()
            disabled=move || is_blocked.get()
            aria-disabled=move || (is_blocked.get() || is_asking()).to_string()
            aria-describedby=move || is_blocked.get().then_some("play-obstacle")
            on:click=press
        >
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                <path d=move || main.get().icon() fill="currentColor" />
            </svg>
            <span>{move || main.get().word()}</span>
        </button>
        <span class="obstacle" id="play-obstacle" class:empty=move || obstacle.with(Option::is_none)>
            {move || obstacle.get()}
        </span>
    }
}
