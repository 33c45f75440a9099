//! The screen: Leptos components, pages and server functions.
//!
//! # Layout
//!
//! - [`shell`] is the HTML document, [`App`] what is in it; a page is a file in [`pages`].
//! - [`workbench`] puts a sandbox on the screen, and gives its parts these handles through context:
//!   - [`editor`]: the scenario under the visitor's hands, its history and selection;
//!   - [`saver`]: brings every edit to the server;
//!   - [`live`]: the sandbox, and its event stream folded into a timeline;
//!   - [`transport::Player`]: which run is shown, and where in it the viewer is;
//!   - [`stores`]: how much the store nodes hold;
//!   - [`notice`]: short messages to the visitor.
//! - `academy`: lessons, written by the server and brought to life beside a sandbox; and the pages around them.
//! - [`canvas`], [`inspector`], [`transport`] and [`topbar`] are what is seen of them.
//! - [`api`] is what the screen asks of the server.
//! - `view` and `state` are Leptos' views and signals in few types, `browser` what the browser can do.

#![recursion_limit = "512"]

mod academy;
pub mod api;
mod browser;
pub mod canvas;
pub mod editor;
pub mod inspector;
pub mod live;
pub mod notice;
pub mod pages;
pub mod saver;
mod selection;
mod share;
mod shell;
mod state;
pub mod stores;
pub mod theme;
pub mod topbar;
pub mod transport;
mod view;
pub mod workbench;

pub use shell::{App, Page, Start, shell};

/// Tells tests and tools that the page answers to its visitor: `<body data-hydrated="true">`.
fn mark_hydrated() {
    if let Some(body) = leptos::prelude::document().body() {
        // Setting an attribute of that name cannot fail.
        let _ = body.set_attribute("data-hydrated", "true");
    }
}
