//! A "no", with a sentence that says why.

use aside_app::api::ApiError;
use aside_engine::EngineError;
use axum::Json;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::live;
use crate::live::problem::Problem;

/// Below it, refusals are the JSON that the screen understands; below that of live services they are problem details; elsewhere
/// they are text for people.
const API: &str = "/api/";

const NO_STORE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

/// A "no" to a question of the screen's.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, message: sentence.into() }
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        Self::new(status_of(&error), error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, message } = self;
        (status, NO_STORE, Json(ApiError::Refused { status: status.as_u16(), message })).into_response()
    }
}

/// HTTP's status for an error of the engine's.
pub(crate) fn status_of(error: &EngineError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Refuses a request to `uri`.
#[must_use]
pub fn refuse(uri: &Uri, status: StatusCode, sentence: impl Into<String>) -> Response {
    if uri.path().starts_with(API) {
        Refusal::new(status, sentence).into_response()
    } else if uri.path().starts_with(live::address::BELOW) {
        Problem::new(status, sentence).at(uri)
    } else {
        (status, NO_STORE, format!("{}\n", sentence.into())).into_response()
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
