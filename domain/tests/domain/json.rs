use crate::support::cases;
use crate::support::logs::{fold, logs};
use crate::support::scenarios::scenarios;
use aside_domain::json::{Raw, read};
use aside_domain::{DataEdit, Event, Scenario, Timeline};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::Deserialize;
use std::collections::BTreeMap;

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn what_the_server_writes_is_read(log in logs(8), scenario in scenarios()) {
        let timeline = fold(&log);
        prop_assert_eq!(read::<Timeline>(&serde_json::to_string(&timeline).unwrap()), Ok(timeline));
        prop_assert_eq!(read::<Vec<Event>>(&serde_json::to_string(&log).unwrap()), Ok(log));
        prop_assert_eq!(read::<Scenario>(&serde_json::to_string_pretty(&scenario).unwrap()), Ok(scenario));
    }

    #[test]
    fn every_text_and_every_number_is_read(texts in vec("(?s).{0,40}", 0..4), numbers: (u64, i32, Option<u16>, bool)) {
        prop_assert_eq!(read::<Vec<String>>(&serde_json::to_string(&texts).unwrap()), Ok(texts));
        prop_assert_eq!(read::<(u64, i32, Option<u16>, bool)>(&serde_json::to_string(&numbers).unwrap()), Ok(numbers));
    }

    #[test]
    fn what_is_read_of_odd_bytes_is_what_serde_json_reads_of_them(
        scenario in scenarios(),
        damages in vec((any::<Index>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = scenario.to_json().into_bytes();
        for (at, byte) in damages {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let text = String::from_utf8_lossy(&bytes);
        let (ours, theirs) = (read::<Scenario>(&text), serde_json::from_str::<Scenario>(&text));
        prop_assert_eq!(ours.ok(), theirs.ok());
    }
}

#[test]
fn escapes_are_read() {
    let read = |text: &str| read::<String>(text);
    assert_eq!(read(r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00é""#).as_deref(), Ok("\"\\/\u{8}\u{c}\n\r\té😀é"));
    for bad in [
        r#""\"#,
        r#""\x""#,
        r#""\u12"#,
        r#""\u12é4""#,
        r#""\uD83D""#,
        r#""\uD83D\u0041""#,
        r#""\uDE00""#,
        "\"\n\"",
        "\"a",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_variant_is_its_name_or_holds_its_data() {
    assert_eq!(read(r#""Flush""#), Ok(DataEdit::Flush));
    assert_eq!(read(r#"{"Flush":null}"#), Ok(DataEdit::Flush));
    assert_eq!(read(r#" { "Delete" : { "key" : "k" } } "#), Ok(DataEdit::Delete { key: "k".to_owned() }));
    for bad in
        [r#""Delete""#, r#"{"Delete":{}}"#, r#"{"Flush":1}"#, r#"{"Delete":{"key":"k"},"Flush":null}"#, "{}", "1", ""]
    {
        assert!(read::<DataEdit>(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_is_not_known_is_skipped_and_what_is_wrong_is_named() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct One {
        one: u32,
    }
    let odd = r#"{"zero":[{},[],{"a":[1,-2.5e+3,"}",null]}],"one":1,"two":{"three":true}}"#;
    assert_eq!(read(odd), Ok(One { one: 1 }));
    let error = |text: &str| read::<One>(text).unwrap_err().to_string();
    assert_eq!(error("{}"), "missing field `one`");
    assert_eq!(error(r#"{"one":"1"}"#), "invalid type: string, expected u32");
    assert_eq!(error(r#"{"one":-1}"#), "invalid value: integer `-1`, expected u32");
    assert_eq!(error(r#"{"one":01}"#), "invalid value: number `01`, expected u32");
    assert_eq!(error(r#"{"one":1.5}"#), "invalid value: number `1.5`, expected u32");
    assert_eq!(error(r#"{"one":1,"one":2}"#), "duplicate field `one`");
    assert_eq!(error("\n{\"one\":1,}"), "expected value at line 2 column 10");
    assert_eq!(error("{\"one\":1"), "the text ends too early at line 1 column 9");
    assert_eq!(error("{\"one\":1} x"), "trailing characters at line 1 column 11");
    assert_eq!(error("yes"), "expected value at line 1 column 1");
    assert!(read::<f64>("1.5").is_err()); // no type of ours has one: it is refused, not misread
    let deep = "[".repeat(100_000);
    assert!(error(&format!("{{\"zero\":{deep}")).starts_with("too deep"));
}

#[test]
fn a_part_is_kept_as_it_was_written() {
    let parts: BTreeMap<String, Option<Raw>> = read(r#"{"a": {"b": [1, "]"]} , "c": null}"#).unwrap();
    assert_eq!(parts["a"].as_ref().map(|raw| raw.0.as_str()), Some(r#"{"b": [1, "]"]}"#));
    assert!(parts["c"].is_none());
}
