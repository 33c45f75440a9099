//! Fields: what is typed is taken over when it is complete, and a refusal is told at the field.

use super::{sentence, settled};
use crate::state::RwSignal;
use crate::view::{dynamic, effect, maybe, text, view};
use aside_domain::limits;
use leptos::ev::{Event, KeyboardEvent};
use leptos::prelude::*;
use web_sys::HtmlInputElement;

/// Takes a text over, or tells why not.
pub type Commit = Box<dyn Fn(String) -> Result<(), String>>;

/// A labelled field whose text is taken over on Enter and when it is left; Escape brings the old text back.
#[component]
pub fn Field(
    /// The input's id, unique on the page.
    #[prop(into)]
    id: String,
    /// Its name.
    #[prop(into)]
    label: String,
    /// Whether the name is for screen readers alone.
    #[prop(optional)]
    is_quiet: bool,
    /// The smallest and the greatest number, if it is one.
    #[prop(optional)]
    range: Option<(u32, u32)>,
    /// What it means that nothing stands in it.
    #[prop(optional)]
    nothing: &'static str,
    /// What it shows.
    value: Signal<String>,
    /// Takes the text over.
    commit: Commit,
) -> impl IntoView {
    let value = settled(value); // what is being typed stays until there is something else to show
    let problem = RwSignal::new(None::<String>);
    effect(move || {
        value.get();
        problem.set(None);
    });
    let take = move |event: &Event| {
        let input: HtmlInputElement = event_target(event);
        match commit(typed(&input)) {
            Ok(()) => {
                problem.set(None);
                input.set_value(&value.get_untracked());
            }
            Err(sentence) => problem.set(Some(sentence)),
        }
    };
    let take = std::rc::Rc::new(take);
    let on_change = {
        let take = take.clone();
        move |event: Event| take(&event)
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" if !event.is_composing() => take(&event),
        "Escape" => {
            event.stop_propagation();
            event_target::<HtmlInputElement>(&event).set_value(&value.get_untracked());
            problem.set(None);
        }
        _ => {}
    };
    view! {
        <div class="field">
            <label class=if is_quiet { "visually-hidden" } else { "" } for=id.clone()>{label}</label>
            <input
                id=id.clone()
                type=if range.is_some() { "number" } else { "text" }
                min=range.map(|(min, _)| min.to_string())
                max=range.map(|(_, max)| max.to_string())
                step=range.map(|_| "1".to_owned())
                placeholder=nothing
                autocomplete="off"
                spellcheck="false"
                value=value.get_untracked()
                prop:value=value
                aria-invalid=invalid(problem)
                aria-describedby=described_by(&id, problem)
                on:change=on_change
                on:keydown=on_key
            />
            {complaint(&id, problem)}
        </div>
    }
}

/// A number of some settings.
pub struct Number<T> {
    /// The input's id, unique on the page.
    pub id: &'static str,
    /// Its name.
    pub label: &'static str,
    /// The smallest and the greatest.
    pub range: (u32, u32),
    /// What it means that there is none; empty if there has to be one.
    pub nothing: &'static str,
    /// Reads it.
    pub get: fn(&T) -> Option<u32>,
    /// Writes it.
    pub set: fn(&mut T, Option<u32>),
}

impl<T: 'static> Number<T> {
    /// A field for it; `now` gives the settings and tracks them, `change` changes them.
    pub fn field(
        self,
        now: impl Fn() -> T + Send + Sync + 'static,
        change: impl Fn(&dyn Fn(&mut T)) + 'static,
    ) -> AnyView {
        let Self { id, label, range, nothing, get, set } = self;
        let value = text(move || get(&now()).map_or_else(String::new, |number| number.to_string()));
        let commit = move |typed: String| {
            let is_none = typed.trim().is_empty() && !nothing.is_empty();
            let typed = if is_none { None } else { Some(whole(&typed, label, range)?) };
            change(&|settings| set(settings, typed));
            Ok(())
        };
        view! { <Field id=id label=label range=range nothing=nothing value=value commit=Box::new(commit) /> }.into_any()
    }
}

/// Why the text of the input of that id was refused, if it was.
pub fn complaint(id: &str, problem: RwSignal<Option<String>>) -> AnyView {
    let id = problem_id(id);
    dynamic(move || {
        let Some(sentence) = problem.get() else { return ().into_any() };
        view! { <p class="problem" id=id.clone() role="alert">{sentence}</p> }.into_any()
    })
}

/// The `aria-invalid` of an input.
pub fn invalid(problem: RwSignal<Option<String>>) -> Signal<Option<String>> {
    maybe(move || problem.with(Option::is_some).then(|| "true".to_owned()))
}

/// The `aria-describedby` of the input of that id.
pub fn described_by(id: &str, problem: RwSignal<Option<String>>) -> Signal<Option<String>> {
    let id = problem_id(id);
    maybe(move || problem.with(Option::is_some).then(|| id.clone()))
}

fn problem_id(id: &str) -> String {
    format!("{id}-problem")
}

/// What stands in an input. A number input hides what it cannot read as a number: that is told apart from nothing.
pub fn typed(input: &HtmlInputElement) -> String {
    let text = input.value();
    if text.is_empty() && input.matches(":invalid").unwrap_or(false) { "?".to_owned() } else { text }
}

/// Reads a whole number within a range, the first and last included; `what` it is opens the refusal.
pub fn whole(text: &str, what: &str, (min, max): (u32, u32)) -> Result<u32, String> {
    let number = text.trim().parse().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| sentence(format!("{what} is a whole number from {min} to {max}")))
}

/// Reads a time to live in seconds.
pub fn ttl_s(text: &str) -> Result<u32, String> {
    whole(text, "a time to live in seconds", TTL_RANGE)
}

/// The times to live that there are, in seconds.
pub const TTL_RANGE: (u32, u32) = (1, limits::TTL_S);
