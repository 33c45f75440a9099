//! Shows in a lesson's text how things stand. The text is the server's; what changes in it is found by its attributes.

use crate::browser::{find, find_all, set};
use aside_domain::Source;
use aside_domain::lesson::{Mark, Progress, What};
use aside_domain::markup::safe;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

/// Says of which answer, by its time, a prediction was opened again.
const AGAIN: &str = "data-again";

fn block(kind: &str, id: &str) -> String {
    format!("[data-{kind}=\"{id}\"]")
}

fn write(selector: &str, text: &str) {
    if let Some(element) = find::<Element>(selector)
        && element.text_content().as_deref() != Some(text)
    {
        element.set_text_content(Some(text));
    }
}

/// The sandbox is open: what needs it can be pressed.
pub fn wake() {
    for element in find_all(".prose-pane [disabled]") {
        set(&element, "disabled", None);
    }
}

/// Shows what was done in the lesson.
pub fn show(progress: &Progress, slug: &str) {
    let goals = find_all("[data-goal]");
    let mut met = 0;
    for goal in &goals {
        let is_met = goal.get_attribute("data-goal").is_some_and(|id| progress.find(slug, What::Goal, &id).is_some());
        met += u32::from(is_met);
        set(goal, "data-met", Some(if is_met { "true" } else { "false" }));
        if let Ok(Some(state)) = goal.query_selector(".goal-state") {
            state.set_text_content(Some(if is_met { "Reached: " } else { "To do: " }));
        }
    }
    let all = goals.len();
    let words = if met as usize == all { format!("All {all} goals reached") } else { format!("{met} of {all} goals") };
    write(".top-progress", &words);
    for prediction in find_all("[data-prediction]") {
        let id = prediction.get_attribute("data-prediction").unwrap_or_default();
        answer(&prediction, &id, progress.find(slug, What::Answer, &id));
    }
}

/// What a goal asks for.
pub fn goal(id: &str) -> String {
    let text = find::<Element>(&format!("{} .goal-text", block("goal", id)));
    text.and_then(|text| text.text_content()).unwrap_or_default()
}

/// Shows an answer: open, locked in, or marked.
fn answer(prediction: &Element, id: &str, answer: Option<&Mark>) {
    let happened = answer.and_then(|answer| answer.happened.as_ref());
    let state = match (answer, happened) {
        (None, _) => "open",
        (Some(_), None) => "locked",
        (Some(_), Some(_)) => "marked",
    };
    let at_ms = answer.map(|answer| answer.at_ms.to_string());
    let is_asked_again = at_ms.is_some() && prediction.get_attribute(AGAIN) == at_ms;
    if is_asked_again || state == "open" && prediction.get_attribute("data-state").as_deref() == Some("open") {
        return; // the visitor may be choosing
    }
    set(prediction, "data-state", Some(state));
    set(prediction, "data-at", at_ms.as_deref());
    set(prediction, AGAIN, None);
    for (place, label) in find_all(&format!("{} [data-choice]", block("prediction", id))).into_iter().enumerate() {
        let place = place as u32;
        let is_chosen = answer.is_some_and(|answer| answer.chosen.contains(&place));
        let has_happened = happened.is_some_and(|happened| happened.contains(&place));
        if let Ok(Some(input)) = label.query_selector("input")
            && let Ok(input) = input.dyn_into::<HtmlInputElement>()
        {
            input.set_checked(is_chosen);
            input.set_disabled(state != "open");
        }
        set(&label, "data-happened", has_happened.then_some("true"));
        if let Ok(Some(mark)) = label.query_selector(".mark") {
            mark.set_text_content(Some(match (is_chosen && happened.is_some(), has_happened) {
                (true, true) => "✓ your answer, and what happened",
                (true, false) => "your answer",
                (false, true) => "what happened",
                (false, false) => "",
            }));
        }
    }
    let next = prediction.get_attribute("data-next").unwrap_or_default();
    let says = match (answer, happened) {
        (None, _) => "",
        (Some(_), None) => &next,
        (Some(answer), Some(happened)) if answer.chosen == *happened => "It went as you said.",
        (Some(_), Some(_)) => "It went differently this time. Both stand above.",
    };
    say(id, says);
    write(
        &format!("{} [data-lock]", block("prediction", id)),
        match state {
            "open" => "Lock in",
            "locked" => "Locked in",
            _ => "Answer again",
        },
    );
    if let Some(button) = find::<Element>(&format!("{} [data-lock]", block("prediction", id))) {
        set(&button, "aria-disabled", (state == "locked").then_some("true"));
    }
    if let Some(why) = find::<HtmlElement>(&format!("{} .why", block("prediction", id))) {
        why.set_hidden(happened.is_none());
    }
}

/// Opens a prediction for another answer; the one before counts until there is a new one.
pub fn ask_again(id: &str) {
    if let Some(prediction) = find::<Element>(&block("prediction", id)) {
        let at_ms = prediction.get_attribute("data-at");
        answer(&prediction, id, None);
        set(&prediction, AGAIN, at_ms.as_deref());
    }
}

/// Whether a run has marked the answer that a prediction shows.
pub fn is_marked(id: &str) -> bool {
    find::<Element>(&format!("{}[data-state=\"marked\"]", block("prediction", id))).is_some()
}

/// What marks a prediction: the server has written it there.
pub fn marked_by(id: &str) -> Source {
    let by = find::<Element>(&block("prediction", id)).and_then(|element| element.get_attribute("data-marked-by"));
    match by.as_deref() {
        Some("traffic") => Source::Traffic,
        Some("outside") => Source::Outside,
        _ => Source::Play,
    }
}

/// Whether a prediction can be answered with nothing at all.
pub fn takes_none(id: &str) -> bool {
    find::<Element>(&format!("{} [type=\"checkbox\"]", block("prediction", id))).is_some()
}

/// Says something below a prediction.
pub fn say(id: &str, words: &str) {
    write(&format!("{} .said", block("prediction", id)), words);
}

/// Shows what a checkpoint did, and what to do next.
pub fn applied(id: &str, told: &[String]) {
    nothing_applied();
    let Some(checkpoint) = find::<Element>(&block("checkpoint", id)) else { return };
    set(&checkpoint, "data-applied", Some("true"));
    if let Ok(Some(said)) = checkpoint.query_selector(".said") {
        let told: String = told.iter().map(|sentence| format!("<li>{}</li>", safe(sentence))).collect();
        let then = safe(&checkpoint.get_attribute("data-then").unwrap_or_default());
        let lead = r#"<button type="button" data-show="sandbox">Show the sandbox</button>"#;
        said.set_inner_html(&format!("<ul>{told}</ul><p>{then}</p>{lead}"));
    }
}

/// No checkpoint is the one that was applied last.
pub fn nothing_applied() {
    for checkpoint in find_all("[data-applied]") {
        set(&checkpoint, "data-applied", None);
        if let Ok(Some(said)) = checkpoint.query_selector(".said") {
            said.set_text_content(None);
        }
    }
}

/// Shows the receipts of an example.
pub fn receipts(id: &str, lines: &str) {
    if let Some(receipts) = find::<Element>(&format!("{} .receipts-of", block("example", id))) {
        receipts.set_inner_html(lines);
    }
}
