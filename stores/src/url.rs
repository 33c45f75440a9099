//! URLs: built from paths, and shown without their passwords.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

const MASK: &str = "***";

/// A path as a part of a URL.
pub(crate) fn encode_path(path: &Path) -> String {
    let mut encoded = String::new();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A word for a shell, quoted where needed.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:@=%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The URL with every password in it masked. In doubt it masks more than it must.
pub(crate) fn masked(url: &str) -> String {
    let mut shown = url.to_owned();
    for secret in secrets(url) {
        shown = replace_secret(&shown, url, secret);
    }
    shown
}

/// A text about this URL (an error of a driver, say) with its passwords masked.
pub(crate) fn without_secrets(text: &str, url: &str) -> String {
    let mut shown = text.replace(url, &masked(url));
    for secret in secrets(url) {
        // A password as short as that would mask half of the words, and gives nothing away among them.
        if secret.len() > 2 {
            shown = shown.replace(secret, MASK).replace(&decoded(secret), MASK);
        }
    }
    shown
}

/// What stands where a password stands: after the colon of `user:password@`, and in parameters such as `password=`.
fn secrets(url: &str) -> Vec<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (userinfo, after) = rest.rsplit_once('@').map_or(("", rest), |(userinfo, after)| (userinfo, after));
    let mut secrets: Vec<&str> = userinfo.split_once(':').map(|(_, password)| password).into_iter().collect();
    // From the whole rest: an @ in a parameter must not hide another one.
    for text in [rest, after] {
        let query = text.split_once('?').map_or("", |(_, query)| query);
        for (key, value) in query.split(['&', '#']).filter_map(|parameter| parameter.split_once('=')) {
            if key.to_ascii_lowercase().contains("pass") {
                secrets.push(value);
            }
        }
    }
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

/// Masks the secret where it stands in the URL, not the same letters elsewhere (a password equal to the user's name).
fn replace_secret(shown: &str, url: &str, secret: &str) -> String {
    let (before, after) = match url.find(&format!(":{secret}@")) {
        Some(_) => (":", "@"),
        None => ("=", ""),
    };
    shown.replace(&format!("{before}{secret}{after}"), &format!("{before}{MASK}{after}"))
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_masked_wherever_it_may_stand() {
        for (url, shown) in [
            ("postgres://joe:s3cret@db:5432/app", "postgres://joe:***@db:5432/app"),
            ("redis://:s3cret@cache/0", "redis://:***@cache/0"),
            ("postgres://joe:joe@db/joe", "postgres://joe:***@db/joe"),
            ("postgres:///app?host=/run&password=s3cret", "postgres:///app?host=/run&password=***"),
            ("redis+unix:///run/redis.sock?pass=s3cret&db=1", "redis+unix:///run/redis.sock?pass=***&db=1"),
            ("redis://joe:p@ss/w?rd@cache", "redis://joe:***@cache"),
            ("redis://localhost:6379/0", "redis://localhost:6379/0"),
            ("postgres://joe@db/app", "postgres://joe@db/app"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }

    #[test]
    fn a_drivers_words_are_cleaned_of_the_password_encoded_or_not() {
        let url = "postgres://joe:s%40cret@db/app";
        assert_eq!(without_secrets("cannot use s@cret or s%40cret", url), "cannot use *** or ***");
        assert_eq!(without_secrets(&format!("bad url {url}"), url), "bad url postgres://joe:***@db/app");
    }

    #[test]
    fn a_path_with_spaces_survives_a_url_and_a_shell() {
        assert_eq!(encode_path(Path::new("/a b/é")), "/a%20b/%C3%A9");
        assert_eq!(shell_word("/a b"), "'/a b'");
        assert_eq!(shell_word("/run/redis.sock"), "/run/redis.sock");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
