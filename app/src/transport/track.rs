//! The timeline: a slider over a drawing of the run, and the speed.

use super::Player;
use super::segments;
use super::words::{Flying, Names, counter};
use crate::browser;
use crate::view::{effect, text, view};
use crate::workbench::Pane;
use aside_domain::playback::{FASTEST, SLOWEST};
use aside_domain::{PlaybackCommand, decimal};
use leptos::prelude::*;
use web_sys::{Element, Event, HtmlInputElement, KeyboardEvent};

/// The slider named Timeline. Its unit is the frame, and its thumb is the playhead.
pub(super) fn timeline(player: Player, names: Names, pane: Pane) -> AnyView {
    let view = player.view();
    effect(move || {
        let (frames, position) = (view.frames.get(), view.position.get());
        if let Some(slider) = pane.find::<HtmlInputElement>(".timeline input") {
            slider.set_max(&frames.to_string()); // first, for a value beyond it would be cut
            slider.set_value_as_number(position);
        }
    });
    effect(move || {
        view.edition.track();
        view.run.track();
        let Some(drawing) = pane.find::<Element>(".segments") else { return };
        let (lanes, inside) =
            player.with_shown(|run, _, _| (segments::lanes(run), segments::svg(run))).unwrap_or_default();
        drawing.set_inner_html(&inside);
        // Setting an attribute of that name cannot fail.
        let _ = drawing.set_attribute("data-lanes", &lanes.max(1).to_string());
    });

    let told = text(move || {
        let count = counter(view.frame.get(), view.frames.get());
        match Flying::now(player, names) {
            Some(flying) => format!("{count}: {flying}"),
            None => count,
        }
    });
    let seek = move |event: Event| {
        player.apply(PlaybackCommand::Seek(browser::number_of(&event)));
    };
    let key = move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let command = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => PlaybackCommand::StepBack,
            "ArrowRight" | "ArrowUp" => PlaybackCommand::StepForward,
            "Home" => PlaybackCommand::JumpToStart,
            "End" => PlaybackCommand::JumpToEnd,
            _ => return,
        };
        event.prevent_default();
        player.apply(command);
    };
    view! {
        <div class="timeline">
            <svg class="segments" data-lanes="1" aria-hidden="true"></svg>
            <input
                type="range"
                aria-label="Timeline"
                min="0"
                max="0"
                step="any"
                value="0"
                autocomplete="off"
                aria-valuetext=told
                on:input=seek
                on:keydown=key
            />
        </div>
    }
    .into_any()
}

/// The slider named Speed.
pub(super) fn speed(player: Player) -> AnyView {
    let speed = player.view().speed;
    let figure = text(move || {
        let figure = decimal(speed.get(), 1);
        figure.strip_suffix(".0").unwrap_or(&figure).to_owned()
    });
    let set = move |event: Event| {
        player.apply(PlaybackCommand::SetSpeed(browser::number_of(&event)));
    };
    view! {
        <div class="speed">
            <span aria-hidden="true">"Speed"</span>
            <input
                type="range"
                aria-label="Speed"
                min=decimal(SLOWEST, 1)
                max=decimal(FASTEST, 0)
                step="0.1"
                value="1"
                autocomplete="off"
                prop:value=figure
                aria-valuetext=text(move || format!("{} times", figure.get()))
                on:input=set
            />
            <span class="speed-figure" aria-hidden="true">{text(move || format!("{}x", figure.get()))}</span>
        </div>
    }
    .into_any()
}

/// What flies in the frame that is looked at, in words; tracks the viewer.
pub(super) fn now(player: Player, names: Names) -> AnyView {
    let Some(flying) = Flying::now(player, names) else { return ().into_any() };
    let badge = flying.outcome.map(|outcome| {
        view! {
            <span class="badge">
                <span aria-hidden="true">{outcome.sign()}</span>
                {outcome.label()}
            </span>
        }
        .into_any()
    });
    view! {
        <span class="now-told" data-tone=flying.outcome.map(|outcome| outcome.word().to_owned())>
            <span class="now-path">{flying.path}</span>
            <code>{flying.command}</code>
            {badge}
        </span>
    }
    .into_any()
}
