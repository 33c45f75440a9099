//! A scenario in an address: its JSON, compressed, in the letters that an address may have.

use crate::browser;
use aside_domain::{Scenario, json};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableWritablePair, Response};

/// What stands between the `#` and the scenario.
const MARK: &str = "#drawing=";

/// No scenario is larger, unpacked.
const MOST_BYTES: u32 = 4 * 1024 * 1024;

/// The address of this page with that scenario in it; none if the browser cannot compress.
pub async fn of(scenario: &Scenario) -> Option<String> {
    let bytes = json::write(scenario).into_bytes();
    let packed = through(&bytes, "CompressionStream").await?;
    let binary: String = packed.into_iter().map(char::from).collect();
    let letters = window().btoa(&binary).ok()?.replace('+', "-").replace('/', "_");
    let location = window().location();
    Some(format!("{}/sandbox{MARK}{}", location.origin().ok()?, letters.trim_end_matches('=')))
}

/// What the page's address holds, if it holds a drawing.
pub fn in_address() -> Option<String> {
    let hash = window().location().hash().ok()?;
    hash.strip_prefix(MARK).map(str::to_owned)
}

/// Takes the drawing out of the page's address, so that reloading the page opens it no second time.
pub fn forget() {
    let path = window().location().pathname().unwrap_or_default();
    if let Ok(history) = window().history() {
        // An address of this page's own is never refused.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}

/// The JSON that was packed; none if that cannot be unpacked.
pub async fn unpacked(letters: &str) -> Option<String> {
    let binary = window().atob(&letters.replace('-', "+").replace('_', "/")).ok()?;
    let bytes: Vec<u8> = binary.chars().map(|letter| letter as u8).collect();
    String::from_utf8(through(&bytes, "DecompressionStream").await?).ok()
}

/// Sends bytes through one of the browser's streams, by its name; none if it has no such stream, or it fails.
async fn through(bytes: &[u8], name: &str) -> Option<Vec<u8>> {
    let make = js_sys::Reflect::get(&window(), &JsValue::from_str(name)).ok()?.dyn_into::<js_sys::Function>().ok()?;
    let stream = js_sys::Reflect::construct(&make, &js_sys::Array::of1(&JsValue::from_str("deflate-raw"))).ok()?;
    let stream: &ReadableWritablePair = stream.unchecked_ref();
    let blob: Blob = browser::blob(&js_sys::Uint8Array::from(bytes), "").ok()?;
    let streamed = blob.stream().pipe_through(stream);
    let response = Response::new_with_opt_readable_stream(Some(&streamed)).ok()?;
    let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    let bytes = js_sys::Uint8Array::new(&buffer);
    (bytes.length() <= MOST_BYTES).then(|| bytes.to_vec())
}
