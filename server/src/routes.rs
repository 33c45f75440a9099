//! Which address leads where, and through which layers.
//!
//! From the outside in: log, headers, same origin, panics; then, where there are visitors, body, session, compression. Live
//! services are for any program: there are no visitors, and no origin is foreign. They stand outside of all layers, and do
//! themselves what of these they need, because each layer costs a request a few microseconds.

use std::sync::Arc;

use aside_engine::Engine;
use aside_lessons::Book;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get};
use tokio::sync::watch;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::assets::Site;
use crate::pages::Context;
use crate::refusal::{nothing_here, other_method};
use crate::security::{self, Transport};
use crate::session::{self, Cookies};
use crate::stream::{self, Streams};
use crate::{body, gallery, health, live, log, panic, traffic};

/// What brotli and gzip do in well under a millisecond for a page.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(4);

/// Everything that Aside answers to.
pub fn routes(engine: &Engine, book: Book, site: &Site, stopping: watch::Receiver<bool>, secure: bool) -> Router {
    let pages = Context::new(engine.clone(), Arc::new(book), site.version())
        .routes()
        .layer(CompressionLayer::new().quality(COMPRESSION));
    let api = Router::new()
        .route("/api/sandboxes/{id}/events", get(stream::events))
        .with_state(Streams::new(engine.clone(), stopping))
        .merge(
            traffic::routes(engine.clone())
                .merge(gallery::routes())
                .layer(CompressionLayer::new().quality(COMPRESSION)),
        )
        .route("/api/{*path}", any(nothing_here));
    let visitors =
        api.merge(pages).layer(from_fn_with_state(Cookies { secure }, session::identify)).layer(from_fn(body::limit));
    let health = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(engine.clone());
    visitors
        .merge(health)
        .merge(site.routes())
        .method_not_allowed_fallback(other_method)
        .layer(from_fn(panic::caught))
        .layer(from_fn_with_state(Transport { https_only: secure }, security::same_origin))
        .layer(from_fn(security::headers))
        .layer(from_fn(log::request))
        .merge(live::routes(engine.clone()))
}
