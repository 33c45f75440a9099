//! A lesson's text as HTML: prose, pictures, and its living blocks, which the browser brings to life.
//!
//! It reads without them, too: what a checkpoint does, what is asked and what is to be reached stands in the text. What is
//! alive carries `data-` attributes with its id; nothing here knows a sandbox.

use crate::{Content, Lesson};
use aside_domain::lesson::{Checkpoint, Example, Figure, Goal, Prediction};
use aside_domain::markup::safe;
use aside_domain::{Source, picture};
use std::fmt::Write;

impl Lesson {
    /// The text, as the inside of an `article`.
    #[must_use]
    pub fn html(&self) -> String {
        let mut html = String::new();
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            // Writing to a string cannot fail.
            let _ = match &part.content {
                Content::Heading(level, anchor, inside) => {
                    write!(html, r##"<h{level} id="{anchor}"><a href="#{anchor}">{inside}</a></h{level}>"##)
                }
                Content::Prose(prose, _) => write!(html, "{prose}"),
                Content::Checkpoint(block) => checkpoint(&mut html, block),
                Content::Predict(block) => prediction(&mut html, block),
                Content::Figure(block) => self.figure(&mut html, block),
                Content::Example(block) => example(&mut html, block),
                Content::Goal(block) => {
                    html.push_str(r#"<ul class="goals">"#);
                    let _ = goal(&mut html, block);
                    while let Some(Content::Goal(block)) = parts.peek().map(|part| &part.content) {
                        let _ = goal(&mut html, block);
                        parts.next();
                    }
                    write!(html, "</ul>")
                }
            };
        }
        html
    }

    fn figure(&self, html: &mut String, figure: &Figure) -> std::fmt::Result {
        let Figure { id, scenario, caption, alt } = figure;
        let picture = self.scenarios.get(scenario).map_or_else(String::new, |scenario| picture::svg(scenario, alt));
        write!(html, r#"<figure id="figure-{id}">{picture}<figcaption>{}</figcaption></figure>"#, safe(caption))
    }
}

fn checkpoint(html: &mut String, checkpoint: &Checkpoint) -> std::fmt::Result {
    let Checkpoint { id, title, text, then, .. } = checkpoint;
    write!(
        html,
        r#"<section class="block checkpoint" id="checkpoint-{id}" role="group" aria-labelledby="{id}-title" data-checkpoint="{id}" data-then="{}"><h3 id="{id}-title">{}</h3><p>{}</p><button type="button" data-apply="{id}" disabled>Apply</button><div class="said" role="status"></div></section>"#,
        safe(then),
        safe(title),
        safe(text),
    )
}

fn prediction(html: &mut String, prediction: &Prediction) -> std::fmt::Result {
    let Prediction { id, question, many, choices, why } = prediction;
    let kind = if *many { "checkbox" } else { "radio" };
    let (by, next) = match prediction.marked_by() {
        Source::Play => ("play", "Now press Play; the run will mark it."),
        Source::Traffic => ("traffic", "Now start the traffic; its end will mark it."),
        Source::Outside => ("outside", "Now send the request; its answer will mark it."),
    };
    write!(
        html,
        r#"<fieldset class="block prediction" id="predict-{id}" data-prediction="{id}" data-marked-by="{by}" data-next="Locked in. {next}"><legend>{}</legend>"#,
        safe(question)
    )?;
    for (index, choice) in choices.iter().enumerate() {
        let text = safe(&choice.text);
        write!(
            html,
            r#"<label data-choice="{index}"><input type="{kind}" name="{id}" value="{index}" disabled><span>{text} <em class="mark"></em></span></label>"#
        )?;
    }
    let why = safe(why);
    write!(
        html,
        r#"<button type="button" data-lock="{id}" disabled>Lock in</button><p class="said" role="status"></p><p class="why" hidden>{why}</p></fieldset>"#
    )
}

fn goal(html: &mut String, goal: &Goal) -> std::fmt::Result {
    let Goal { id, text, hints: [nudge, way], .. } = goal;
    let hint = |what: &str, hint: &str| format!("<details><summary>{what}</summary><p>{}</p></details>", safe(hint));
    let hints = hint("Hint", nudge) + &hint("Show me the way", way);
    write!(
        html,
        r#"<li class="block goal" id="goal-{id}" data-goal="{id}" data-met="false"><p><span class="goal-state">To do: </span><span class="goal-text">{}</span></p>{hints}</li>"#,
        safe(text)
    )
}

fn example(html: &mut String, example: &Example) -> std::fmt::Result {
    let Example { id, text, client, request } = example;
    let request = safe(&request.to_string());
    write!(
        html,
        r#"<section class="block example" id="example-{id}" role="group" aria-label="Example: {request}" data-example="{id}" data-client="{client}" data-request="{request}"><p>{}</p><button type="button" data-send="{id}" disabled>Send <code>{request}</code></button><div class="receipts-of" role="status"></div></section>"#,
        safe(text),
    )
}

#[cfg(test)]
mod tests {
    use crate::Book;

    #[test]
    fn every_lesson_is_a_page_with_all_its_blocks() {
        let book = Book::open().unwrap_or_else(|problems| panic!("{problems:?}"));
        for lesson in &book.lessons {
            let html = lesson.html();
            let count = |what: &str| html.matches(what).count();
            assert!(count("data-apply=") >= 2 && count("data-lock=") >= 1, "{}", lesson.slug);
            assert!(count("data-goal=") >= 2 && count(r#"<svg class="picture""#) >= 1, "{}", lesson.slug);
            assert_eq!(count("<ul class=\"goals\">") > 0, count("data-goal=") > 0);
            assert!(!html.contains("<script"), "{}", lesson.slug);
        }
    }
}
