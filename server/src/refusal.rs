//! A "no", with a sentence that says why.

use aside_app::api::ApiError;
use axum::Json;
use axum::http::header::CACHE_CONTROL;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::live;
use crate::live::problem::Problem;

/// Below it, refusals are the JSON that the screen understands; below that of live services they are problem details; elsewhere
/// they are text for people.
const API: &str = "/api/";

/// Refuses a request to `uri`.
#[must_use]
pub fn refuse(uri: &Uri, status: StatusCode, sentence: impl Into<String>) -> Response {
    let message = sentence.into();
    let no_store = [(CACHE_CONTROL, "no-store")];
    if uri.path().starts_with(API) {
        (status, no_store, Json(ApiError::Refused { status: status.as_u16(), message })).into_response()
    } else if uri.path().starts_with(live::address::BELOW) {
        Problem::new(status, message).at(uri)
    } else {
        (status, no_store, format!("{message}\n")).into_response()
    }
}

/// There is nothing at this address.
pub(crate) async fn nothing_here(uri: Uri) -> Response {
    refuse(&uri, StatusCode::NOT_FOUND, "There is nothing at this address.")
}

/// This address does not take that method.
pub(crate) async fn other_method(uri: Uri) -> Response {
    refuse(&uri, StatusCode::METHOD_NOT_ALLOWED, "This address does not take that method.")
}
