//! The browser's things that are used in more than one place.

use leptos::prelude::*;
use send_wrapper::SendWrapper;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, Clipboard, Element, Event, EventTarget, File, HtmlAnchorElement, KeyboardEvent, Response,
    Url,
};

/// How long a downloaded file's address stays good.
const DOWNLOAD: Duration = Duration::from_secs(30);

/// Inputs in which nothing is typed.
const NOT_TYPED: [&str; 9] = ["range", "checkbox", "radio", "button", "submit", "reset", "file", "color", "image"];

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
pub async fn sleep(duration: Duration) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let millis = i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
        // Without a timer there is nothing to wait with; the promise then stays open, as it would for a sleeping page.
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
    });
    let _ = JsFuture::from(promise).await;
}

/// Waits for the next frame of the screen.
pub async fn next_frame() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        // Without a window there are no frames, and nobody who waits for one.
        let _ = window().request_animation_frame(&resolve);
    });
    let _ = JsFuture::from(promise).await;
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

/// Whether the key goes into a text.
#[must_use]
pub fn is_typing(event: &KeyboardEvent) -> bool {
    target(event).is_some_and(|target| takes_text(&target))
}

/// Whether what is typed goes into that element.
#[must_use]
pub fn takes_text(target: &Element) -> bool {
    match target.tag_name().to_ascii_lowercase().as_str() {
        "textarea" | "select" => true,
        "input" => {
            let kind = target.get_attribute("type").unwrap_or_default().to_ascii_lowercase();
            !NOT_TYPED.contains(&kind.as_str())
        }
        _ => target.closest("[contenteditable]").is_ok_and(|editable| editable.is_some()),
    }
}

/// All elements that a selector finds, in their order.
#[must_use]
pub fn find_all(selector: &str) -> Vec<Element> {
    document().document_element().map_or_else(Vec::new, |root| all_in(&root, selector))
}

/// All elements in another that a selector finds, in their order.
#[must_use]
pub fn all_in(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

/// Sets an attribute, or removes it where there is nothing to say.
pub fn set(element: &Element, name: &str, value: Option<&str>) {
    // The names are ours, and none of them is refused.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// Milliseconds since 1970, by the device's clock.
#[must_use]
pub fn clock_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// The text of a file that the visitor chose, if it has at most so many MiB.
///
/// # Errors
/// A sentence for him, if it is too large or cannot be read.
pub async fn text_of(file: &File, most_mib: u32) -> Result<String, String> {
    if file.size() > f64::from(most_mib << 20) {
        return Err(format!("{} is larger than {most_mib} MiB: no such file of Aside's is.", file.name()));
    }
    let text = JsFuture::from(file.text()).await;
    text.ok().and_then(|text| text.as_string()).ok_or_else(|| format!("{} could not be read.", file.name()))
}

/// What the server has at an address of ours, as text; none if it does not answer, or says no.
pub async fn read(address: &str) -> Option<String> {
    let response: Response = JsFuture::from(window().fetch_with_str(address)).await.ok()?.unchecked_into();
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string();
    text.filter(|_| response.ok())
}

/// A text, or bytes, as a file of that media type.
///
/// # Errors
/// If the browser does not make one.
pub fn blob(content: &JsValue, kind: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(content), &options)
}

/// Copies a text; false if the browser lets no page do that.
pub async fn copy(text: &str) -> bool {
    match clipboard() {
        Some(clipboard) => JsFuture::from(clipboard.write_text(text)).await.is_ok(),
        None => false,
    }
}

/// The clipboard, which a browser gives to pages that come by HTTPS or from this machine only.
#[must_use]
pub fn clipboard() -> Option<Clipboard> {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("clipboard")).ok()?;
    clipboard.is_object().then(|| clipboard.unchecked_into())
}

/// Whether recordings or a dialog lie over the workbench: then its keys are not meant.
#[must_use]
pub fn is_covered() -> bool {
    find::<Element>(".recordings:not(.empty), dialog[open]").is_some()
}

/// Has the browser save a text, which is JSON, as a file under a name.
///
/// # Errors
/// If the browser does not take it.
pub fn download_text(name: &str, json: &str) -> Result<(), JsValue> {
    download(name, &blob(&JsValue::from_str(json), "application/json")?)
}

/// Has the browser save a file under a name.
///
/// # Errors
/// If the browser does not take it.
pub fn download(name: &str, file: &Blob) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(file)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser reads it after this function has returned.
    set_timeout(move || drop(Url::revoke_object_url(&address)), DOWNLOAD);
    Ok(())
}

/// Listens to events of one kind, by its name, as long as the effect that this is called in lives. What has no element of
/// our own making (a document's parts, the window) is listened to in this way, which costs one type for all of them.
pub fn listen(target: &EventTarget, kind: &'static str, act: Box<dyn FnMut(Event)>) {
    let target = SendWrapper::new((target.clone(), Closure::<dyn FnMut(Event)>::new(act)));
    let (element, heard) = &*target;
    // The names are ours, and none is refused.
    let _ = element.add_event_listener_with_callback(kind, heard.as_ref().unchecked_ref());
    on_cleanup(move || {
        let (element, heard) = &*target;
        let _ = element.remove_event_listener_with_callback(kind, heard.as_ref().unchecked_ref());
    });
}

/// Listens to events in an element, found by its selector.
pub fn listen_in(selector: &str, kind: &'static str, act: Box<dyn FnMut(Event)>) {
    if let Some(element) = find::<EventTarget>(selector) {
        listen(&element, kind, act);
    }
}

/// The element that an event happened to.
#[must_use]
pub fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}
