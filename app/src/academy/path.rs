//! `/academy` comes to life: how far one has come in each lesson, where to go on, and what is done with what is kept.

use super::keeper::Keeper;
use crate::api::ApiError;
use crate::browser::{self, set};
use crate::topbar::FILE_MIB;
use crate::view::effect;
use aside_domain::lesson::{Mark, Progress, ProgressError, What};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::pin::Pin;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

/// Where the focus goes when the button that was pressed is gone: to the code, or to the button that makes one.
const CODE: &str = ".sync-code";
const MAKE: &str = "[data-do=\"begin-sync\"]";

/// Shows what is kept, and keeps it shown.
pub fn follow(keeper: Keeper) {
    effect(move || {
        for element in browser::find_all(".keeping [disabled]") {
            set(&element, "disabled", None);
        }
        browser::listen_in(".keeping", "click", Box::new(move |event| clicked(keeper, &event)));
        browser::listen_in(".keeping", "submit", Box::new(move |event| submitted(keeper, &event)));
        browser::listen_in(".keeping", "change", Box::new(move |event| changed(keeper, &event)));
    });
    effect(move || {
        if keeper.has_lost_code() {
            say(
                "The code of this device is no longer known: it was deleted, or nobody used it for 90 days. Your progress is still here.",
            );
        }
    });
    effect(move || {
        keeper.with(show);
        let code = keeper.code();
        for part in browser::find_all(".keeping [data-when]") {
            let is_shown = (part.get_attribute("data-when").as_deref() == Some("synced")) == code.is_some();
            set(&part, "hidden", (!is_shown).then_some(""));
        }
        if let Some(shown) = browser::find::<Element>(".sync-code") {
            shown.set_text_content(code.as_deref());
        }
    });
}

fn show(progress: &Progress) {
    let mut next: Option<(u64, Element)> = None;
    for step in browser::find_all("[data-lesson]") {
        let named = |name: &str| step.get_attribute(name).unwrap_or_default();
        let (slug, goals) = (named("data-lesson"), named("data-goals"));
        let all = goals.split(' ').count();
        let met = goals.split(' ').filter(|goal| progress.find(&slug, What::Goal, goal).is_some()).count();
        let done = progress.marks(&slug).filter(|mark| mark.what != What::StartedOver);
        let seen = done.map(|mark| mark.at_ms).max().unwrap_or(0);
        let (state, words) = match (met, seen) {
            (met, _) if met == all => ("done", format!("done, all {all} goals")),
            (_, 0) => ("open", format!("{all} goals")),
            (met, _) => ("begun", format!("{met} of {all} goals")),
        };
        set(&step, "data-state", Some(state));
        if let Ok(Some(shown)) = step.query_selector(".step-state") {
            shown.set_text_content(Some(&words));
        }
        // One goes on where one was last, or else with the first that is not done.
        if state != "done" && next.as_ref().is_none_or(|(before, _)| seen > *before) {
            next = Some((seen, step));
        }
    }
    let Some(link) = browser::find::<Element>("#continue") else { return };
    let (words, address) = match next {
        Some((seen, step)) => {
            let title = step.get_attribute("data-title").unwrap_or_default();
            let verb = if seen > 0 || progress.lessons().next().is_some() { "Continue" } else { "Begin" };
            (format!("{verb}: {title}"), format!("/academy/{}", step.get_attribute("data-lesson").unwrap_or_default()))
        }
        None => ("All lessons are done. Open the sandbox".to_owned(), "/sandbox".to_owned()),
    };
    link.set_text_content(Some(&words));
    set(&link, "href", Some(&address));
}

/// Something was pressed.
fn clicked(keeper: Keeper, event: &Event) {
    let Some(button) = browser::target(event).and_then(|element| element.closest("button[data-do]").ok().flatten())
    else {
        return;
    };
    match button.get_attribute("data-do").unwrap_or_default().as_str() {
        "export" => {
            say(match browser::download_text("aside-progress.json", &keeper.with_untracked(Progress::to_json)) {
                Ok(()) => "Exported as aside-progress.json.",
                Err(_) => "This browser did not take the file.",
            })
        }
        "forget" => {
            let sure = "Forget everything that you did in the lessons, here and on synced devices?";
            if window().confirm_with_message(sure).unwrap_or(false) {
                let lessons: Vec<String> =
                    keeper.with_untracked(|progress| progress.lessons().map(str::to_owned).collect());
                let over = |lesson: &String| Mark::new(lesson, What::StartedOver, "", keeper.now_ms(lesson));
                keeper.add(&lessons.iter().map(over).collect::<Vec<_>>());
                say("Everything is forgotten.");
            }
        }
        "begin-sync" => act(Box::pin(keeper.begin_sync()), "The code is made. Type it in on your other device.", CODE),
        "leave" => {
            keeper.leave();
            say("This device keeps its progress to itself again. The code goes on working elsewhere.");
            focus(MAKE);
        }
        "end-sync" => act(Box::pin(keeper.end_sync()), "The code is deleted, and what was kept under it.", MAKE),
        _ => {}
    }
}

/// A code of another device was typed in.
fn submitted(keeper: Keeper, event: &Event) {
    event.prevent_default();
    let code = browser::find::<HtmlInputElement>(".sync input").map(|input| input.value()).unwrap_or_default();
    if code.trim().is_empty() {
        return say("Type the code that the other device shows.");
    }
    act(Box::pin(keeper.join(code)), "Both devices have the same progress now.", CODE);
}

/// A file was chosen.
fn changed(keeper: Keeper, event: &Event) {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
    let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
    spawn_local(async move {
        let read = browser::text_of(&file, FILE_MIB).await;
        let read = read.and_then(|text| Progress::read(&text).map_err(|error: ProgressError| error.to_string()));
        input.set_value(""); // so that the same file can be chosen again
        match read {
            Ok(progress) => match keeper.merge(&progress) {
                Ok(_) => say("Imported. What was kept here before is kept as well."),
                Err(error) => say(&error.to_string()),
            },
            Err(sentence) => say(&sentence),
        }
    });
}

/// Does something that the server is asked for, and says what came of it. The focus goes where it is of use, because the
/// button that was pressed may be gone.
fn act(work: Pin<Box<dyn Future<Output = Result<(), ApiError>>>>, done: &'static str, then: &'static str) {
    spawn_local(async move {
        match work.await {
            Ok(()) => say(done),
            Err(error) => say(&error.to_string()),
        }
        focus(then);
    });
}

/// Moves the focus, once the screen has caught up.
fn focus(selector: &'static str) {
    request_animation_frame(move || {
        if let Some(element) = browser::find::<HtmlElement>(selector) {
            // It takes the focus only if it can, and else leaves it where it is.
            let _ = element.focus();
        }
    });
}

fn say(words: &str) {
    if let Some(said) = browser::find::<Element>(".keeping .said") {
        said.set_text_content(Some(words));
    }
}
