//! Who asks: an anonymous session, known by a random cookie.
//!
//! A request without a valid cookie gets a session of its own at once, and the cookie with the answer. Several first
//! requests at the same time each get one; the browser keeps the last, and since a page that is only read leaves nothing
//! behind, the others hold nothing.

use aside_engine::SessionId;
use axum::extract::{Request, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// The cookie's name.
pub const COOKIE_NAME: &str = "aside";

/// How long a browser keeps it, in seconds: a year.
const MAX_AGE_S: u32 = 365 * 24 * 60 * 60;

/// How cookies are set.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    /// Whether they carry `Secure`.
    pub secure: bool,
}

/// Tells the request whose it is, by a [`SessionId`] among its extensions.
pub async fn identify(State(cookies): State<Cookies>, mut request: Request, next: Next) -> Response {
    let known = session_of(request.headers());
    let session = known.clone().unwrap_or_else(SessionId::fresh);
    request.extensions_mut().insert(session.clone());
    let mut response = next.run(request).await;
    if known.is_none()
        && let Some(cookie) = cookies.set(&session)
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

impl Cookies {
    fn set(self, session: &SessionId) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let value = session.as_str();
        let cookie = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&cookie).ok() // hexadecimal digits: it cannot fail
    }
}

/// The session that the request's cookies name. Of several cookies of our name, the first that is valid.
fn session_of(headers: &HeaderMap) -> Option<SessionId> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE_NAME)
        .find_map(|(_, value)| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_str(cookie).unwrap())).collect()
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let session = SessionId::fresh();
        let mine = format!("{COOKIE_NAME}={}", session.as_str());
        for cookies in [
            vec![mine.as_str()],
            vec![&format!("theme=dark; {mine}; a=b")],
            vec!["theme=dark", &mine],
            vec![&format!("{COOKIE_NAME}=broken; {mine}")],
        ] {
            assert_eq!(session_of(&headers(&cookies)), Some(session.clone()), "{cookies:?}");
        }
    }

    #[test]
    fn scripts_cannot_read_the_cookie_and_foreign_pages_cannot_send_it() {
        let session = SessionId::fresh();
        let set = |secure| Cookies { secure }.set(&session).unwrap();
        let plain = format!("aside={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", session.as_str());
        assert_eq!(set(false), plain);
        assert_eq!(set(true), format!("{plain}; Secure"));
    }

    #[test]
    fn what_is_no_session_is_none() {
        for cookie in ["", "aside", "aside=", "aside=1", "aside=zz", "besides=0123456789abcdef0123456789abcdef"] {
            assert!(session_of(&headers(&[cookie])).is_none(), "{cookie}");
        }
    }
}
