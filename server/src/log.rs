//! What is written down: of a request its method, its path, the status and the time. Never a query string, a cookie, a
//! body, or an id in a path: where a route has parameters, their names are logged. Of requests to live services, which are many
//! and fail as the drawing says, only mistakes of ours are: see `live.rs`.

use std::io::{self, IsTerminal};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing_subscriber::EnvFilter;

/// The longest path that is logged, in bytes.
const PATH_BYTES: usize = 120;

/// The filter is not one.
#[derive(Debug, thiserror::Error)]
#[error("`{filter}` is not a log filter ({reason}): try `info`, or `warn,aside=debug`")]
pub struct FilterError {
    filter: String,
    reason: tracing_subscriber::filter::ParseError,
}

/// Starts logging to stderr.
///
/// # Errors
///
/// If the filter cannot be read.
pub fn start(filter: &str) -> Result<(), FilterError> {
    let parsed = EnvFilter::try_new(filter).map_err(|reason| FilterError { filter: filter.to_owned(), reason })?;
    let _ = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .compact()
        .try_init(); // whoever embeds the server may have started it already
    Ok(())
}

/// Logs a request when its answer begins.
pub async fn request(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let (route, uri) = (request.extensions().get::<MatchedPath>().cloned(), request.uri().clone());
    let response = next.run(request).await;
    let path = route.as_ref().map_or_else(|| cut(uri.path()), MatchedPath::as_str);
    let status = response.status().as_u16();
    let ms = began.elapsed().as_secs_f64() * 1e3;
    let quiet = path.starts_with(crate::assets::BELOW) || matches!(path, "/healthz" | "/readyz");
    if status >= 500 {
        tracing::warn!("{method} {path} {status} in {ms:.1} ms");
    } else if quiet && status < 400 {
        tracing::debug!("{method} {path} {status} in {ms:.1} ms");
    } else {
        tracing::info!("{method} {path} {status} in {ms:.1} ms");
    }
    response
}

fn cut(path: &str) -> &str {
    &path[..path.floor_char_boundary(PATH_BYTES)]
}
