//! The transport's buttons.
//!
//! A button that has nothing to do at the moment says so with `aria-disabled` and ignores the press, so that a keyboard
//! that has just stepped to the end does not lose its place.

use super::Player;
use crate::editor::{Editor, Findings};
use crate::view::{maybe, text, view, when};
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
pub(crate) struct Tool {
    /// Its name, for whoever cannot see the sign.
    pub name: &'static str,
    /// What the mouse is told.
    pub hint: &'static str,
    /// The sign's outline.
    pub icon: &'static str,
}

impl Tool {
    /// The button. `off` says whether there is nothing to do at the moment, `act` is what a press does.
    pub fn button(self, off: Signal<bool>, act: Box<dyn Fn()>) -> AnyView {
        let press = move |_| {
            if !off.get_untracked() {
                act();
            }
        };
        view! {
            <button
                type="button"
                class="tool"
                aria-label=self.name
                title=self.hint
                aria-disabled=text(move || off.get().to_string())
                on:click=press
            >
                <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                    <path d=self.icon fill="currentColor" />
                </svg>
            </button>
        }
        .into_any()
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
            Status::Empty | Status::Finished | Status::Hanging => Self::Play,
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

    const fn hint(self, is_recorded: bool) -> &'static str {
        match self {
            Self::Play if is_recorded => "Show the run; no store is touched",
            Self::Play => "Send a new run: real requests to real stores",
            Self::Pause => "Hold the picture; the stores are not held",
            Self::Resume => "Go on from here",
        }
    }
}

/// All the buttons, and why nothing can be played if nothing can.
pub(super) fn all(player: Player, editor: Editor) -> AnyView {
    let view = player.view();
    let at_start = when(move || view.frames.get() == 0 || view.position.get() <= 0.0);
    let at_end = when(move || view.position.get() >= view.frames.get() as f64);
    let has_no_run = when(move || view.run.get().is_none());
    let is_over = when(move || !view.is_going.get() && matches!(view.status.get(), Status::Empty | Status::Finished));
    let tool =
        |name, hint, icon, off, command| Tool { name, hint, icon }.button(off, Box::new(move || player.apply(command)));
    let replay_hint = "Replay: the same run again; no store is touched";
    let stop = Tool { name: "Stop", hint: "Stop: end the run, and show where it ended", icon: icon::STOP };
    view! {
        <div class="transport-buttons" role="group" aria-label="Playback">
            {tool("Jump to start", "Jump to start", icon::TO_START, at_start, PlaybackCommand::JumpToStart)}
            {tool("Step back", "Step back", icon::STEP_BACK, at_start, PlaybackCommand::StepBack)}
            {main_button(player, editor)}
            {tool("Step forward", "Step forward", icon::STEP_FORWARD, at_end, PlaybackCommand::StepForward)}
            {tool("Jump to end", "Jump to end", icon::TO_END, at_end, PlaybackCommand::JumpToEnd)}
            {tool("Replay", replay_hint, icon::REPLAY, has_no_run, PlaybackCommand::Replay)}
            {stop.button(is_over, Box::new(move || player.stop()))}
        </div>
    }
    .into_any()
}

/// Play, Pause or Resume: one button whose name follows the state.
fn main_button(player: Player, editor: Editor) -> AnyView {
    let view = player.view();
    let main = move || Main::of(view.status.get());
    let is_recorded = player.is_recorded();
    let obstacle = maybe(move || editor.findings().with(Findings::obstacle).filter(|_| !is_recorded));
    let is_blocked = when(move || main() == Main::Play && obstacle.with(Option::is_some));
    let is_off = move || is_blocked.get() || main() == Main::Play && view.is_asking.get();
    let press = move |_| match Main::of(view.status.get_untracked()) {
        Main::Play if is_blocked.get_untracked() => {}
        Main::Play => player.play(None, None),
        Main::Pause => player.apply(PlaybackCommand::Pause),
        Main::Resume => player.apply(PlaybackCommand::Resume),
    };
    view! {
        <button
            type="button"
            class="primary play"
            title=text(move || main().hint(is_recorded).to_owned())
            disabled=is_blocked
            aria-disabled=text(move || is_off().to_string())
            aria-describedby=maybe(move || is_blocked.get().then(|| "play-obstacle".to_owned()))
            on:click=press
        >
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                <path d=text(move || main().icon().to_owned()) fill="currentColor" />
            </svg>
            <span>{text(move || main().word().to_owned())}</span>
        </button>
        <span class="obstacle" id="play-obstacle" class:empty=when(move || obstacle.with(Option::is_none))>
            {text(move || obstacle.get().unwrap_or_default())}
        </span>
    }
    .into_any()
}
