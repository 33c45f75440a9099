//! What is sent to be stored, and what is answered: JSON, in both directions.

use aside_domain::{Key, TextError, Value, limits};
use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::problem::{Problem, sentence};
use crate::body::{self, Unreadable};

/// The largest body, in bytes: written with escapes alone, the longest value is six times as long.
const BODY_BYTES: usize = 8 * limits::VALUE_BYTES;

/// What a body has to look like.
const FORM: &str = "Send {\"value\": \"some text\"}; an object or an array may stand in place of the text.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
}

/// Reads the value that a request brings.
///
/// # Errors
/// 415 if it is not sent as JSON, 413 if it is too large, 408 if it comes too slowly, 400 if it is not JSON, 422 if it is JSON
/// of another form.
pub async fn value(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    if !is_json(headers.get(CONTENT_TYPE)) {
        let why = "The body has to be JSON, and to say so: send Content-Type: application/json.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let why = "The body is compressed, and is taken only as it is: send no Content-Encoding.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let bytes = body::read_in_time(BODY_BYTES, body).await.map_err(|unreadable| match unreadable {
        Unreadable::TooLarge => {
            let why = format!("The body has more than {BODY_BYTES} bytes, and none that is taken needs as many.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, why)
        }
        Unreadable::Broken => Problem::new(StatusCode::BAD_REQUEST, "The request ended before it was complete."),
        Unreadable::Slow => Problem::new(StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive."),
    })?;
    read(&bytes)
}

/// Whether the header says JSON. There is no other encoding of JSON than UTF-8, but some clients name it.
fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let Some(text) = content_type.and_then(|header| header.to_str().ok()) else { return false };
    let mut parts = text.split(';').map(str::trim);
    let is_media_type = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_utf8 = |parameter: &str| {
        let parameter = parameter.to_ascii_lowercase();
        matches!(parameter.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"")
    };
    is_media_type && parts.all(is_utf8)
}

fn read(body: &[u8]) -> Result<Value, Problem> {
    let malformed = |error: &serde_json::Error| {
        Problem::new(StatusCode::BAD_REQUEST, format!("The body is not JSON: {error}. {FORM}"))
    };
    let misshapen = |why: &str| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{why} {FORM}"));
    // First all of it as JSON, so that what is not JSON is never told to be of a wrong form.
    serde_json::from_slice::<&RawValue>(body).map_err(|error| malformed(&error))?;
    let sent: Sent = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => misshapen(&format!("The body has another form than it should: {error}.")),
        Category::Syntax | Category::Eof | Category::Io => malformed(&error),
    })?;
    let json = sent.value.get();
    let text = match json.bytes().next() {
        Some(b'"') => serde_json::from_str(json).map_err(|error| malformed(&error))?,
        Some(b'{' | b'[') => json.to_owned(), // as it was sent: nothing is lost by reading it and writing it again
        _ => return Err(misshapen("The value is neither a text nor an object nor an array.")),
    };
    Value::new(text).map_err(|refusal| {
        let status = match refusal {
            TextError::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            TextError::Empty { .. } | TextError::Character { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Problem::new(status, sentence(&refusal))
    })
}

/// An answer that tells what is under a key.
pub fn entry(key: &Key, value: &str) -> String {
    #[derive(Serialize)]
    struct Entry<'a> {
        key: &'a Key,
        value: Shown<'a>,
    }
    written(&Entry { key, value: Shown::of(value) })
}

/// An answer that tells that a key was deleted.
pub fn deleted(key: &Key) -> String {
    #[derive(Serialize)]
    struct Deleted<'a> {
        key: &'a Key,
        deleted: bool,
    }
    written(&Deleted { key, deleted: true })
}

/// A stored text in JSON: what is an object or an array is told as one.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Json(&'a RawValue),
    Text(&'a str),
}

impl<'a> Shown<'a> {
    fn of(text: &'a str) -> Self {
        let may_be = text.trim_start().starts_with(['{', '[']);
        let json = may_be.then(|| serde_json::from_str(text).ok()).flatten();
        json.map_or(Self::Text(text), Self::Json)
    }
}

/// JSON, with the end of line that a terminal likes.
fn written(answer: &impl Serialize) -> String {
    let mut json = serde_json::to_string(answer).unwrap_or_default(); // texts and JSON: it cannot fail
    json.push('\n');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(body: &str) -> u16 {
        read(body.as_bytes()).unwrap_err().status().as_u16()
    }

    #[test]
    fn texts_objects_and_arrays_are_taken_as_they_are() {
        for (body, expected) in [
            (r#"{"value": ""}"#, ""),
            (r#"{"value": "Rohan"}"#, "Rohan"),
            (r#"{"value": "a \"quoted\" Z\u00fcrich"}"#, "a \"quoted\" Zürich"),
            (r#"{"value": {"b": 1.0,  "a": [null]} }"#, r#"{"b": 1.0,  "a": [null]}"#),
            ("\n{\"value\":\n[1e400]\n}\n", "[1e400]"),
        ] {
            assert_eq!(read(body.as_bytes()).unwrap().as_str(), expected, "{body}");
        }
    }

    #[test]
    fn the_longest_value_is_taken_however_it_is_written() {
        let longest = "\\u0041".repeat(limits::VALUE_BYTES);
        let body = format!(r#"{{"value": "{longest}"}}"#);
        assert!(body.len() < BODY_BYTES);
        assert_eq!(read(body.as_bytes()).unwrap().as_str(), "A".repeat(limits::VALUE_BYTES));
        assert_eq!(status(&format!(r#"{{"value": "{longest}A"}}"#)), 413);
    }

    #[test]
    fn what_is_not_json_is_told_from_json_of_another_form() {
        let not_utf8 = read(b"{\"value\": \"\xff\"}").unwrap_err();
        assert_eq!(not_utf8.status().as_u16(), 400);
        for body in
            ["", "{", "value=1", r#"{"value": "a"#, r#"{"vlaue": 1,}"#, r#"{"value": "a"} b"#, r#"{"value": "\ud800"}"#]
        {
            assert_eq!(status(body), 400, "{body}");
        }
        for body in [
            "1",
            "[]",
            "{}",
            r#""a""#,
            r#"{"value": 1}"#,
            r#"{"value": true}"#,
            r#"{"value": null}"#,
            r#"{"vlaue": "a"}"#,
            r#"{"value": "a", "ttl": 1}"#,
            r#"{"value": "a", "value": "b"}"#,
            r#"{"value": "\u0000"}"#,
        ] {
            assert_eq!(status(body), 422, "{body}");
        }
    }

    #[test]
    fn a_deeply_nested_value_is_read() {
        let nested = "[".repeat(2_000) + &"]".repeat(2_000);
        let value = read(format!(r#"{{"value": {nested}}}"#).as_bytes()).unwrap();
        assert_eq!(entry(&Key::new("k").unwrap(), value.as_str()), format!("{{\"key\":\"k\",\"value\":{nested}}}\n"));
    }

    #[test]
    fn a_stored_text_is_json_if_it_reads_as_an_object_or_an_array() {
        let key = Key::new("a \"key\"").unwrap();
        for (text, expected) in [
            ("Rohan", r#""Rohan""#),
            ("", r#""""#),
            ("12", r#""12""#),
            (r#""quoted""#, r#""\"quoted\"""#),
            (r#"{"a": 1}"#, r#"{"a": 1}"#),
            (" [1, 2] ", "[1, 2]"),
            ("{not json}", r#""{not json}""#),
            ("[1] and more", r#""[1] and more""#),
        ] {
            assert_eq!(entry(&key, text), format!("{{\"key\":\"a \\\"key\\\"\",\"value\":{expected}}}\n"), "{text}");
        }
    }

    #[test]
    fn only_json_is_json() {
        let says = |text| is_json(Some(&HeaderValue::from_static(text)));
        for text in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8",
            "application/json; charset=\"utf-8\"",
            "application/json;",
        ] {
            assert!(says(text), "{text}");
        }
        for text in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=latin1",
            "application/jsonp",
            "application/problem+json",
        ] {
            assert!(!says(text), "{text}");
        }
        assert!(!is_json(None));
    }
}
