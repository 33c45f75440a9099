//! One lesson being read: a cheap handle, and what the buttons in its text do.

use super::judge::{self, Docket};
use super::keeper::Keeper;
use super::paint;
use super::panes;
use crate::api;
use crate::browser::{self, set};
use crate::state::StoredValue;
use crate::view::effect;
use crate::workbench::Bench;
use aside_domain::lesson::{Applied, Line, Mark, What};
use aside_domain::{NodeId, Place, Saved, Settings, Source};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, HtmlTextAreaElement};

/// The lesson's text.
const PROSE: &str = ".prose-pane";
/// How long a card shows that a checkpoint touched it.
const TOUCHED: Duration = Duration::from_millis(2_400);

/// The lesson that is being read.
#[derive(Clone, Copy)]
pub struct Reader {
    pub(super) bench: Bench,
    pub(super) keeper: Keeper,
    pub(super) place: StoredValue<Place>,
    /// What the server was asked for, and what for.
    pub(super) docket: Docket,
    /// Whether a checkpoint is being applied.
    is_applying: StoredValue<bool>,
    /// What the visitor said of the lesson.
    is_helpful: StoredValue<bool>,
}

impl Reader {
    /// The lesson at that place, in that workbench. Its text comes to life with the page.
    #[must_use]
    pub fn new(bench: Bench, place: Place) -> Self {
        let keeper = Keeper::new();
        let reader = Self {
            bench,
            keeper,
            place: StoredValue::new(place),
            docket: Docket::default(),
            is_applying: StoredValue::default(),
            is_helpful: StoredValue::new(true),
        };
        effect(move || {
            browser::listen_in(PROSE, "click", Box::new(move |event| reader.clicked(&event)));
            browser::listen_in(PROSE, "submit", Box::new(move |event| reader.submitted(&event)));
        });
        effect(move || {
            if bench.live.sandbox().with(Option::is_some) {
                paint::wake();
                keeper.add(&[reader.mark(What::Opened, "")]);
            }
        });
        effect(move || keeper.with(|progress| paint::show(progress, &reader.slug())));
        judge::follow(reader);
        reader
    }

    /// The lesson's slug.
    #[must_use]
    pub fn slug(&self) -> String {
        self.place.with_value(ToString::to_string)
    }

    /// The number of the latest run, or of the latest traffic, over or not.
    pub(super) fn latest(&self, of: Source) -> u32 {
        self.bench.live.with_timeline(|timeline| match of {
            Source::Traffic => timeline.latest_traffic,
            Source::Play | Source::Outside => timeline.latest().map_or(0, |run| run.run),
        })
    }

    /// That something was done in this lesson, now.
    pub(super) fn mark(&self, what: What, id: &str) -> Mark {
        let slug = self.slug();
        Mark::new(&slug, what, id, self.keeper.now_ms(&slug))
    }

    /// A click in the text.
    fn clicked(self, event: &Event) {
        let Some(target) = browser::target(event) else { return };
        if target.closest(".toc a").is_ok_and(|link| link.is_some()) {
            return panes::close_contents();
        }
        let Some(button) = target.closest("button").ok().flatten() else { return };
        let named = |name: &str| button.get_attribute(name);
        if button.get_attribute("aria-disabled").as_deref() == Some("true") {
            return;
        }
        if let Some(pane) = named("data-show") {
            panes::show(&pane);
        } else if let Some(id) = named("data-apply") {
            self.apply(Some(id));
        } else if let Some(id) = named("data-lock") {
            self.lock(&id);
        } else if let Some(id) = named("data-send") {
            self.send(id);
        } else if let Some(is_helpful) = named("data-helpful") {
            self.is_helpful.set_value(is_helpful == "true");
            self.give_feedback(String::new());
        } else if named("data-do").as_deref() == Some("start-over") {
            self.start_over();
        }
    }

    /// A form in the text was sent.
    fn submitted(self, event: &Event) {
        event.prevent_default();
        if let Some(text) = browser::find::<HtmlTextAreaElement>(".opinion textarea") {
            self.give_feedback(text.value());
        }
    }

    /// Applies a checkpoint; without one, puts the sandbox back to what the lesson starts with. One after the other.
    pub fn apply(self, checkpoint: Option<String>) {
        if self.is_applying.get_value() {
            return;
        }
        self.is_applying.set_value(true);
        spawn_local(async move {
            let bench = self.bench;
            let sandbox = if bench.saver.flush().await { bench.live.sandbox().get_untracked() } else { None };
            match sandbox {
                Some(sandbox) => bench.saver.while_busy(self.carry_out(sandbox, checkpoint)).await,
                None => bench.notices.warn("Aside's server does not answer: nothing was changed."),
            }
            self.is_applying.set_value(false);
        });
    }

    async fn carry_out(self, sandbox: String, checkpoint: Option<String>) -> Option<Saved> {
        let (place, by) = (self.place.get_value(), self.bench.saver.tab());
        match api::apply(sandbox, place, checkpoint.clone(), by).await {
            Ok(Applied { saved, touched, told }) => {
                match checkpoint {
                    Some(id) => paint::applied(&id, &told),
                    None => {
                        paint::nothing_applied();
                        let words =
                            "The sandbox is back to where this lesson starts. What you have reached stays reached.";
                        self.bench.notices.say(words);
                    }
                }
                request_animation_frame(move || light_up(&touched));
                Some(saved)
            }
            Err(error) => {
                self.bench.notices.warn(error.to_string());
                None
            }
        }
    }

    /// Locks in the answer to a prediction; or opens one again that a run has marked.
    fn lock(self, id: &str) {
        if paint::is_marked(id) {
            return paint::ask_again(id);
        }
        let chosen: Vec<u32> = browser::find_all(&format!("[data-prediction=\"{id}\"] input"))
            .into_iter()
            .filter_map(|input| input.dyn_into::<HtmlInputElement>().ok())
            .enumerate()
            .filter(|(_, input)| input.checked())
            .map(|(place, _)| place as u32)
            .collect();
        if chosen.is_empty() && !paint::takes_none(id) {
            return paint::say(id, "Choose an answer first.");
        }
        let answer = Mark { chosen, ..self.mark(What::Answer, id) };
        self.docket.locked(&answer, self.latest(paint::marked_by(id)));
        self.keeper.add(&[answer]);
    }

    /// Sends the one request of an example.
    fn send(self, id: String) {
        let Some(example) = browser::find::<Element>(&format!("[data-example=\"{id}\"]")) else { return };
        let wanted = |name: &str| example.get_attribute(name).unwrap_or_default();
        let (client, request) = (wanted("data-client"), wanted("data-request"));
        let found = self.bench.editor.with(|scenario| {
            let node = scenario.graph.nodes.iter().find(|node| node.id.as_str() == client)?;
            let Settings::Client(settings) = &node.settings else { return None };
            let place = settings.requests.iter().position(|other| Line(other.clone()).to_string() == request)?;
            Some((node.id.clone(), place as u32))
        });
        match found {
            Some((client, place)) => spawn_local(async move {
                if let Some(run) = self.bench.player.send(Some(vec![client]), Some(place)).await {
                    self.docket.sent(id, run);
                }
            }),
            None => self.bench.notices.warn(format!(
                "No client sends {request} any more. “Reset lesson” brings back the drawing that this example is about."
            )),
        }
    }

    fn start_over(self) {
        self.keeper.add(&[self.mark(What::StartedOver, "")]);
        self.bench.notices.say("What you did in this lesson is forgotten. The sandbox is as it was.");
    }

    fn give_feedback(self, sentence: String) {
        let has_sentence = !sentence.trim().is_empty();
        spawn_local(async move {
            let answer = api::feedback(self.place.get_value(), self.is_helpful.get_value(), sentence).await;
            let says = match &answer {
                Ok(()) if has_sentence => "Thank you. Your sentence has arrived.".to_owned(),
                Ok(()) => "Thank you. If you like, say in a sentence why.".to_owned(),
                Err(error) => error.to_string(),
            };
            for button in browser::find_all("[data-helpful]").into_iter().filter(|_| answer.is_ok()) {
                let is_this = button.get_attribute("data-helpful") == Some(self.is_helpful.get_value().to_string());
                set(&button, "aria-pressed", Some(if is_this { "true" } else { "false" }));
            }
            if let Some(form) = browser::find::<HtmlElement>(".opinion") {
                form.set_hidden(has_sentence && answer.is_ok());
            }
            if let Some(said) = browser::find::<Element>(".feedback .said") {
                said.set_text_content(Some(&says));
            }
        });
    }
}

/// Shows for a while which cards a checkpoint touched.
fn light_up(nodes: &[NodeId]) {
    for node in nodes {
        // Ids are letters, digits and hyphens: nothing in them means anything to a selector.
        if let Some(card) = browser::find::<Element>(&format!("[data-node-id=\"{node}\"]")) {
            set(&card, "data-touched", Some("true"));
            set_timeout(move || set(&card, "data-touched", None), TOUCHED);
        }
    }
}
