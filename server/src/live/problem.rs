//! Problem details: why there is no answer, as programs and people can both read it. RFC 9457.
//! <https://www.rfc-editor.org/rfc/rfc9457>

use std::fmt::Display;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Serialize;

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Some headers.
pub type Headers = Vec<(HeaderName, HeaderValue)>;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    headers: Headers,
}

/// A problem as it is sent. What it is about is said by the status alone, so its type is `about:blank` and its title the
/// status' own words, as the RFC wants it then; the detail is for people.
#[derive(Serialize)]
struct Details<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
}

impl Problem {
    /// A problem of that status; the sentence says what was wrong.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), headers: Headers::new() }
    }

    /// The same, with one header more.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same, with these headers too.
    #[must_use]
    pub fn with_all(mut self, headers: Headers) -> Self {
        self.headers.extend(headers);
        self
    }

    /// The status.
    #[cfg(test)]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer to a request for that address.
    pub fn at(self, uri: &Uri) -> Response {
        let details = Details {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            instance: uri.path(),
        };
        let mut body = serde_json::to_string(&details).unwrap_or_default(); // texts and a number: it cannot fail
        body.push('\n');
        let usual = [(CONTENT_TYPE, PROBLEM), (CACHE_CONTROL, NO_STORE)];
        (self.status, usual, AppendHeaders(self.headers), body).into_response()
    }
}

/// A refusal as a sentence: "a key cannot be empty" becomes "A key cannot be empty."
pub fn sentence(refusal: &impl Display) -> String {
    let text = refusal.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
