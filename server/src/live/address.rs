//! What an address names: `/live/{address}/{server}/{resource}`, and a key after it.

use aside_domain::{Key, TextError};
use axum::http::StatusCode;
use percent_encoding::percent_decode_str;

use super::problem::{Problem, sentence};

/// Every live service is below this path.
pub const BELOW: &str = "/live/";

/// An address, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The sandbox, by its random address.
    pub sandbox: &'a str,
    /// The server, by its node's id.
    pub server: &'a str,
    /// What the server calls its keys.
    pub resource: &'a str,
    /// The key as it is written in the address; none for all of them.
    key: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// Takes a path apart.
    ///
    /// # Errors
    /// 404 if it is none of a live service.
    pub fn of(path: &'a str) -> Result<Self, Problem> {
        let mut parts = path.strip_prefix(BELOW).unwrap_or_default().splitn(4, '/');
        let (Some(sandbox), Some(server), Some(resource)) = (parts.next(), parts.next(), parts.next()) else {
            let form = "This is no address of a live service: one is /live/{address}/{server}/{resource}/{key}.";
            return Err(Problem::new(StatusCode::NOT_FOUND, form));
        };
        let key = parts.next();
        if key.is_some_and(|key| key.contains('/')) {
            let escaped = "The address goes on behind the key: a slash in a key is written %2F.";
            return Err(Problem::new(StatusCode::NOT_FOUND, escaped));
        }
        Ok(Self { sandbox, server, resource, key })
    }

    /// Whether it names one key, and not all of them.
    pub const fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The key that it names.
    ///
    /// # Errors
    /// 414 if it is too long, 400 if it is no key for another reason.
    pub fn key(&self) -> Result<Key, Problem> {
        let decoded = decoded(self.key.unwrap_or_default())?;
        Key::new(decoded).map_err(|refusal| {
            let status = match refusal {
                TextError::TooLong { .. } => StatusCode::URI_TOO_LONG,
                TextError::Empty { .. } | TextError::Character { .. } => StatusCode::BAD_REQUEST,
            };
            Problem::new(status, sentence(&refusal))
        })
    }
}

/// A part of a path without its escapes. What looks like one and is none is no character of a key either: who sent it
/// forgot to escape a percent sign.
fn decoded(raw: &str) -> Result<String, Problem> {
    let refused = |why| Problem::new(StatusCode::BAD_REQUEST, why);
    let is_escape =
        |at: usize| raw.as_bytes().get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if !raw.match_indices('%').all(|(at, _)| is_escape(at)) {
        return Err(refused("The key has a % that begins no escape: a percent sign in a key is written %25."));
    }
    let text = percent_decode_str(raw).decode_utf8();
    text.map(String::from).map_err(|_| refused("The key's escapes are no UTF-8."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(raw: &str) -> Result<String, u16> {
        let path = format!("/live/a/s/users/{raw}");
        let key = Address::of(&path).and_then(|address| address.key());
        key.map(String::from).map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn an_address_has_three_parts_or_four() {
        let all = Address { sandbox: "a", server: "s", resource: "users", key: None };
        assert_eq!(Address::of("/live/a/s/users").ok(), Some(all));
        assert!(Address::of("/live/a/s/users/").is_ok_and(|address| address.has_key()));
        for path in ["/", "/live", "/live/", "/live/a", "/live/a/s", "/live/a/s/users/k/", "/live/a/s/users/k/l"] {
            assert_eq!(Address::of(path).map_err(|problem| problem.status().as_u16()), Err(404), "{path}");
        }
    }

    #[test]
    fn keys_are_read_without_their_escapes() {
        for (raw, expected) in [
            ("rohan", "rohan"),
            ("user:1", "user:1"),
            ("user%3A1", "user:1"),
            ("a%2fb", "a/b"),
            ("100%25", "100%"),
            ("a+b", "a+b"),
            ("Z%C3%BCrich", "Zürich"),
            ("Zürich", "Zürich"),
            ("%20", " "),
        ] {
            assert_eq!(key(raw).as_deref(), Ok(expected), "{raw}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let longest = "k".repeat(128);
        assert_eq!(key(&longest), Ok(longest.clone()));
        assert_eq!(key(&format!("{longest}k")), Err(414));
        for raw in ["", "%", "100%", "%2", "%zz", "%00", "%0A", "%ff", "%C3"] {
            assert_eq!(key(raw), Err(400), "{raw}");
        }
    }
}
