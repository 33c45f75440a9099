//! Any page of any origin may ask, and read the answer: an address that nobody can guess is all that it takes, and cookies play
//! no part. So nothing is said about credentials, and a browser sends none.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, HeaderName,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::address::Address;

const ANYBODY: HeaderValue = HeaderValue::from_static("*");
/// What scripts may read beside what they always may.
const EXPOSED: HeaderValue = HeaderValue::from_static("age, allow, cache-status, location, retry-after, server-timing");
/// How long a browser need not ask again, in seconds: as long as any of them remembers.
const TWO_HOURS: HeaderValue = HeaderValue::from_static("7200");

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// Adds what browsers want to see in every answer.
pub fn open_to_all(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANYBODY);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.insert(TIMING_ALLOW_ORIGIN, ANYBODY);
}

/// The methods that an address takes.
pub const fn methods(address: &Address<'_>) -> HeaderValue {
    HeaderValue::from_static(if address.has_key() { "GET, HEAD, PUT, DELETE, OPTIONS" } else { "POST, OPTIONS" })
}

/// What may be asked: browsers ask that before they ask. Whether anything is there is not looked up: a browser tells its page nothing about a preflight that
/// failed, and the answer to what is asked then says it better.
pub fn preflight(path: &str) -> Response {
    let methods =
        Address::of(path).map_or(HeaderValue::from_static("GET, HEAD, PUT, POST, DELETE, OPTIONS"), |a| methods(&a));
    let allowed = [
        (ALLOW, methods.clone()),
        (ACCESS_CONTROL_ALLOW_METHODS, methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, ANYBODY),
        (ACCESS_CONTROL_MAX_AGE, TWO_HOURS),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}
