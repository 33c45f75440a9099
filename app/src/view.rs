//! Dynamic parts of the screen, of few types.
//!
//! Leptos compiles its machinery anew for every type of closure in a `view!`. What changes is therefore given to it as
//! [`Signal`](leptos::prelude::Signal)s of few types, and as the one type of block that stands here: the browser's module
//! is a third smaller for it.

use leptos::prelude::*;
use std::sync::Arc;

/// Leptos' `view!`, whose result is an [`AnyView`] at once. Leptos wraps what its macro makes; that wrapper would be one
/// more type for each kind of element, with all that a type costs.
macro_rules! erased_view {
    ($($markup:tt)*) => {
        ::leptos::prelude::IntoAny::into_any(::leptos::prelude::view! { $($markup)* }.into_inner())
    };
}
pub(crate) use erased_view as view;

/// A part of the screen that is built anew whenever what it reads changes.
pub fn dynamic(build: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    boxed(Box::new(build))
}

fn boxed(build: Box<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
    (move || build()).into_any()
}

/// A list whose items are built once for each key, and kept, with the focus in them, while others come and go.
pub fn each(
    keys: impl Fn() -> Vec<String> + Send + Sync + 'static,
    build: impl Fn(String) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    boxed_each(Box::new(keys), Arc::new(build))
}

fn boxed_each(
    keys: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    build: Arc<dyn Fn(String) -> AnyView + Send + Sync>,
) -> AnyView {
    view! { <For each=keys key=Clone::clone children=move |key| build(key) /> }.into_any()
}

/// A text that follows what it reads.
pub fn text(text: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    boxed_text(Box::new(text))
}

fn boxed_text(text: Box<dyn Fn() -> String + Send + Sync>) -> Signal<String> {
    Signal::derive(text)
}

/// A condition that follows what it reads.
pub fn when(condition: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    boxed_when(Box::new(condition))
}

fn boxed_when(condition: Box<dyn Fn() -> bool + Send + Sync>) -> Signal<bool> {
    Signal::derive(condition)
}

/// An attribute that is there while there is something to say.
pub fn maybe(text: impl Fn() -> Option<String> + Send + Sync + 'static) -> Signal<Option<String>> {
    boxed_maybe(Box::new(text))
}

fn boxed_maybe(text: Box<dyn Fn() -> Option<String> + Send + Sync>) -> Signal<Option<String>> {
    Signal::derive(text)
}

/// Something that is done in the browser, now and whenever what it reads changes.
pub fn effect(act: impl Fn() + 'static) {
    boxed_effect(Box::new(act));
}

fn boxed_effect(act: Box<dyn Fn()>) {
    Effect::new(move |_| act());
}
