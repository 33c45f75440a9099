//! The browser's things that are used in more than one place.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Milliseconds of the browser's monotonic clock.
#[must_use]
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// A random suffix for a new node's id: six letters and digits, new each time.
#[must_use]
pub fn random_suffix() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    (0..6).map(|_| char::from(LETTERS[(js_sys::Math::random() * 32.0) as usize % 32])).collect()
}

/// Reads what the browser keeps under a name, across visits.
#[must_use]
pub fn recall(name: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(name).ok().flatten()
}

/// Keeps a text in the browser under a name; without one, forgets it. A browser that keeps nothing is no error.
pub fn keep(name: &str, text: Option<&str>) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or forbidden storage cannot be mended here, and nothing else depends on it.
        let _ = match text {
            Some(text) => storage.set_item(name, text),
            None => storage.remove_item(name),
        };
    }
}

/// Whether the visitor asked for less movement.
#[must_use]
pub fn prefers_reduced_motion() -> bool {
    window().match_media("(prefers-reduced-motion: reduce)").ok().flatten().is_some_and(|query| query.matches())
}

/// Waits.
pub async fn sleep(duration: std::time::Duration) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let millis = i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
        // Without a timer there is nothing to wait with; the promise then stays open, as it would for a sleeping page.
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

/// Whether a text contains another, in any case. The browser has the tables for that; the module need not bring its own.
#[must_use]
pub fn contains(text: &str, part: &str) -> bool {
    let lower = |text: &str| js_sys::JsString::from(text).to_lower_case();
    lower(text).includes(&String::from(lower(part)), 0)
}

/// The number that a slider is at. The browser reads it: text to float is a table of 10 KB.
#[must_use]
pub fn number_of(event: &web_sys::Event) -> f64 {
    event_target::<web_sys::HtmlInputElement>(event).value_as_number()
}

/// The element that a selector finds. There is one workbench on a page, so its parts need no references of their own: those
/// are a signal for each kind of element.
#[must_use]
pub fn find<T: JsCast>(selector: &str) -> Option<T> {
    document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// Moves the focus to the canvas, once the page has changed, if what had it is gone: it is never lost.
pub fn catch_focus() {
    request_animation_frame(|| {
        let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
        if is_lost && let Some(surface) = find::<web_sys::HtmlElement>(".surface") {
            // A surface that cannot be focused leaves the focus where it is.
            let _ = surface.focus();
        }
    });
}
