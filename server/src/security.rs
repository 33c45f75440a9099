//! What is refused, and the headers that tell browsers what to refuse.
//!
//! # Who may change something
//!
//! A browser sends the session's cookie with requests that a foreign page makes, so the cookie alone proves nothing.
//! Every request with a method other than GET, HEAD or OPTIONS must show that it comes from a page of this Aside:
//!
//! 1. `Sec-Fetch-Site`, where the browser sends it, must be `same-origin`. Pages cannot set that header. `same-site` is
//!    not enough: all ports of `localhost` are one site, and share cookies.
//! 2. Without it (browsers send it over HTTPS and to this machine only) there must be an `Origin` that names the `Host`.
//! 3. With neither, no browser of the last years sent it. It is let in if it brings no cookie, because then it acts for a
//!    session of its own: `curl` works, and an old browser that was tricked is refused.
//!
//! Reads below `/api` are refused as well when the browser says that another site asks: nobody else has business there.
//!
//! A foreign name that resolves to this machine (DNS rebinding) passes for an origin of its own, but the browser keeps
//! cookies by name, so it reaches no visitor's session.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderName, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::uri::{Authority, Scheme, Uri};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::refusal::refuse;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What is no page needs nothing. Not for files of the bundle: a worker takes its policy from its own file.
pub const NOTHING: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// Whether visitors come by HTTPS only.
#[derive(Debug, Clone, Copy)]
pub struct Transport {
    /// If so, an `Origin` of plain HTTP is foreign.
    pub https_only: bool,
}

/// The policy of a page whose scripts carry `nonce`. Nodes stand where their style attributes say, hence the one
/// exception for those.
#[must_use]
pub fn page_policy(nonce: &str) -> Option<HeaderValue> {
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; script-src-attr 'none'; \
         style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).ok() // a nonce is base64: it cannot fail
}

/// Adds what every answer carries, and to what is neither page nor asset a policy that allows nothing.
pub async fn headers(request: Request, next: Next) -> Response {
    let is_asset = request.uri().path().starts_with(crate::assets::BELOW);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    if !is_asset {
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
    }
    response
}

/// Refuses what a foreign page sent.
pub async fn same_origin(State(transport): State<Transport>, request: Request, next: Next) -> Response {
    match judge(&request, transport) {
        Ok(()) => next.run(request).await,
        Err(sentence) => refuse(request.uri(), StatusCode::FORBIDDEN, sentence),
    }
}

fn judge<B>(request: &axum::http::Request<B>, transport: Transport) -> Result<(), &'static str> {
    let headers = request.headers();
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        let ours = matches!(site, None | Some(b"same-origin" | b"none"));
        return if ours || !request.uri().path().starts_with("/api/") {
            Ok(())
        } else {
            Err("Another site asked for this: only pages of this Aside may.")
        };
    }
    match (site, headers.get(ORIGIN)) {
        (Some(b"same-origin"), _) => Ok(()),
        (Some(_), _) => Err("This came from a page of another site: nothing was changed."),
        (None, Some(origin)) if names_host(origin, headers, transport) => Ok(()),
        (None, Some(_)) => Err("This came from a page of another origin: nothing was changed."),
        (None, None) if headers.contains_key(COOKIE) => {
            Err("This does not say which page it came from: nothing was changed. Send an Origin header, or no cookie.")
        }
        (None, None) => Ok(()),
    }
}

/// Whether an `Origin` is the host that was asked. `null` is none.
fn names_host(origin: &HeaderValue, headers: &HeaderMap, transport: Transport) -> bool {
    let Some((scheme, origin)) = origin.to_str().ok().and_then(origin_of) else {
        return false;
    };
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok()) else {
        return false;
    };
    let usual = if scheme == Scheme::HTTPS { 443 } else { 80 };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(usual);
    (scheme == Scheme::HTTPS || !transport.https_only)
        && origin.host().eq_ignore_ascii_case(host.host())
        && port(&origin) == port(&host)
}

fn origin_of(text: &str) -> Option<(Scheme, Authority)> {
    let parts = text.parse::<Uri>().ok()?.into_parts();
    let scheme = parts.scheme.filter(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS)?;
    Some((scheme, parts.authority?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTP: Transport = Transport { https_only: false };

    fn allowed(method: &str, path: &str, transport: Transport, headers: &[(&str, &str)]) -> bool {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        judge(&request.body(()).unwrap(), transport).is_ok()
    }

    fn may_post(headers: &[(&str, &str)]) -> bool {
        let with_host: Vec<_> =
            [("host", "localhost:3000"), ("cookie", "aside=1")].iter().chain(headers).copied().collect();
        allowed("POST", "/api/run", HTTP, &with_host)
    }

    #[test]
    fn the_browser_s_own_word_decides() {
        assert!(may_post(&[("sec-fetch-site", "same-origin")]));
        for site in ["same-site", "cross-site", "none", "", "Same-Origin"] {
            assert!(!may_post(&[("sec-fetch-site", site), ("origin", "http://localhost:3000")]), "{site}");
        }
    }

    #[test]
    fn without_it_the_origin_must_be_the_host() {
        assert!(may_post(&[("origin", "http://localhost:3000")]));
        assert!(may_post(&[("origin", "http://LOCALHOST:3000")]));
        for origin in [
            "null",
            "",
            "http://localhost",
            "http://localhost:4000",
            "http://evil.example",
            "http://localhost:3000.evil.example",
            "http://localhost.evil.example:3000",
            "localhost:3000",
            "file://localhost:3000",
            "https://evil.example:3000",
        ] {
            assert!(!may_post(&[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn a_usual_port_may_be_left_out() {
        for (host, origin) in [
            ("aside.example", "https://aside.example"),
            ("aside.example:443", "https://aside.example"),
            ("aside.example", "http://aside.example"),
            ("[::1]:3000", "http://[::1]:3000"),
        ] {
            assert!(allowed("POST", "/", HTTP, &[("host", host), ("origin", origin)]), "{host} {origin}");
        }
        assert!(!allowed("POST", "/", HTTP, &[("host", "aside.example:80"), ("origin", "https://aside.example")]));
    }

    #[test]
    fn plain_http_is_foreign_where_visitors_come_by_https() {
        let https = Transport { https_only: true };
        for (origin, expected) in [("https://aside.example", true), ("http://aside.example", false)] {
            assert_eq!(allowed("POST", "/", https, &[("host", "aside.example"), ("origin", origin)]), expected);
        }
    }

    #[test]
    fn a_program_without_a_cookie_is_let_in_and_with_one_is_not() {
        assert!(allowed("POST", "/api/open", HTTP, &[("host", "localhost:3000")]));
        assert!(!may_post(&[]));
    }

    #[test]
    fn every_method_that_can_change_something_is_judged() {
        for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "INVENTED"] {
            assert!(!allowed(method, "/", HTTP, &[("host", "a"), ("origin", "http://b")]), "{method}");
        }
    }

    #[test]
    fn other_sites_may_link_to_a_page_but_not_read_the_api() {
        for method in ["GET", "HEAD"] {
            assert!(allowed(method, "/", HTTP, &[("sec-fetch-site", "cross-site")]));
            assert!(allowed(method, "/api/sandboxes/1/events", HTTP, &[]));
            assert!(allowed(method, "/api/sandboxes/1/events", HTTP, &[("sec-fetch-site", "same-origin")]));
            assert!(!allowed(method, "/api/sandboxes/1/events", HTTP, &[("sec-fetch-site", "same-site")]));
        }
    }
}
