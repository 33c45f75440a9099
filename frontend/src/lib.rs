//! The WebAssembly entry: takes over the page that the server rendered.
#![cfg(target_arch = "wasm32")]
#![recursion_limit = "512"]

use aside_app::{App, Start};
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// A tenth of the size of the one that Rust brings.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// Called once by the page's bootstrap script when the module has loaded.
#[wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    if let Some(start) = Start::of_document() {
        leptos::mount::hydrate_body(move || view! { <App start /> });
    }
}
