//! The axum program: pages, event stream, security layers, configuration.
//!
//! # Layout
//!
//! * `settings.rs`: what a person can set, by argument or by environment.
//! * `serve.rs`: [`Server`], from the listener to the end; the sweeper.
//! * `signals.rs`: Ctrl-C and SIGTERM.
//! * `routes.rs`: which address leads where, and through which layers.
//! * `pages.rs`: pages and server functions, and the context in which they run.
//! * `stream.rs`: a sandbox's events, as server-sent events.
//! * `live.rs`: drawings as services, for any program.
//! * `traffic.rs`: what traffic came to, as people see it.
//! * `assets.rs`: the browser's bundle.
//! * `health.rs`: alive, and ready.
//! * `session.rs`: who asks.
//! * `security.rs`: what is refused, and the headers that tell browsers what to refuse.
//! * `body.rs`: how much a request may send.
//! * `refusal.rs`: a "no", with its sentence.
//! * `panic.rs`: a mistake of ours, kept to the request that met it.
//! * `log.rs`: what is written down, and what never is.
//! * `feedback.rs`: what visitors think of the lessons, as a table for the command `aside feedback`.
//!
//! *Invariant*: nothing here knows what a scenario means; whoever asks for a sandbox gets it from the engine by session
//! and id together, so a forgotten check cannot hand out another visitor's.

// The types of Leptos' views nest deeply.
#![recursion_limit = "512"]

pub mod assets;
pub mod feedback;
pub mod log;
pub mod refusal;
pub mod security;
pub mod serve;
pub mod session;
pub mod settings;
pub mod signals;
pub mod stream;

mod body;
mod gallery;
mod health;
mod live;
mod pages;
mod panic;
mod routes;
mod traffic;

pub use serve::{Server, StartError};
pub use settings::{Cli, Command, Settings};
pub use signals::Signals;
