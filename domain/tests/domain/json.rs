use crate::support::cases;
use crate::support::edits::edits;
use crate::support::logs::logs;
use crate::support::scenarios::scenarios;
use aside_domain::json::{self, read};
use aside_domain::{Change, Event, Scenario};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Whole {
    first: u16,
    #[serde(default)]
    second: Option<i32>,
    #[serde(default = "seven")]
    third: Option<u8>,
    list: Vec<(String, bool)>,
    #[serde(default)]
    map: BTreeMap<String, f64>,
}

fn seven() -> Option<u8> {
    Some(7)
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    NothingElse,
    One(u64),
    Two(u64, char),
    Named { first: u64, second: Box<Option<Choice>> },
}

fn assert_survives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    assert_eq!(read::<T>(&json::write(value)).as_ref(), Ok(value));
}

fn said<T: DeserializeOwned>(text: &str) -> String {
    read::<T>(text).err().expect("it should be refused").to_string()
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn what_is_written_is_read_again(log in logs(3), scenario in scenarios(), edit in edits()) {
        log.iter().for_each(assert_survives::<Event>);
        edit.change(&scenario).iter().for_each(assert_survives::<Change>);
        assert_survives::<Scenario>(&scenario);
    }

    #[test]
    fn numbers_are_read_as_they_are(unsigned in any::<u64>(), signed in any::<i64>(), small in any::<i8>(), eighths in any::<i32>()) {
        assert_survives(&unsigned);
        assert_survives(&(signed, small));
        assert_survives(&(f64::from(eighths) / 8.0));
    }
}

#[test]
fn every_kind_of_variant_is_read() {
    assert_survives(&Choice::NothingElse);
    assert_survives(&Choice::One(u64::MAX));
    assert_survives(&Choice::Two(0, 'é'));
    assert_survives(&Choice::Named { first: 1, second: Box::new(Some(Choice::NothingElse)) });
    assert_eq!(read(r#"{"nothing-else": null}"#), Ok(Choice::NothingElse));
}

#[test]
fn fields_are_found_by_their_name_whatever_their_order_and_whatever_else_there_is() {
    let text = r#"{"list": [["a", true]], "else": [1], "third": null, "first": 1, "map": {"x": 1.5}}"#;
    let list = vec![("a".to_owned(), true)];
    let map = BTreeMap::from([("x".to_owned(), 1.5)]);
    assert_eq!(read(text), Ok(Whole { first: 1, second: None, third: None, list, map }));
}

#[test]
fn a_missing_field_has_its_default_or_is_named() {
    let usual = Whole { first: 1, second: None, third: Some(7), list: vec![], map: BTreeMap::new() };
    assert_eq!(read(r#"{"first": 1, "list": []}"#), Ok(usual));
    assert_eq!(said::<Whole>(r#"{"first": 1}"#), "missing field `list`");
    assert_eq!(said::<Whole>("{}"), "missing field `first`");
    assert_eq!(said::<Choice>(r#"{"named": {"first": 1}}"#), "missing field `second`");
    assert_eq!(said::<Choice>(r#"{"named": {"first": 1, "second": {"named": {}}}}"#), "missing field `first`");
}

#[test]
fn what_does_not_fit_is_told_with_what_was_expected() {
    let wrong = |first: &str| said::<Whole>(&format!(r#"{{"first": {first}, "list": []}}"#));
    assert_eq!(wrong("true"), "invalid type: boolean `true`, expected u16");
    assert_eq!(wrong("\"1\""), "invalid type: string \"1\", expected u16");
    assert_eq!(wrong("null"), "invalid type: null, expected u16");
    assert_eq!(wrong("[]"), "invalid type: sequence, expected u16");
    assert_eq!(wrong("1.5"), "invalid type: a number with a fraction, expected u16");
    assert_eq!(wrong("-1"), "invalid value: integer `-1`, expected u16");
    assert_eq!(wrong("65536"), "invalid value: integer `65536`, expected u16");
    assert_eq!(said::<Whole>("[]"), "invalid type: sequence, expected struct Whole");
    assert_eq!(said::<Whole>(r#"{"first": 1, "list": {}}"#), "invalid type: map, expected a sequence");
    assert_eq!(said::<Whole>(r#"{"first": 1, "list": [["a"]]}"#), "too few or too many elements");
    assert_eq!(said::<(u8, u8)>("[1, 2, 3]"), "too few or too many elements");
    assert_eq!(
        said::<Choice>("\"three\""),
        "unknown variant `three`, expected one of `nothing-else`, `one`, `two`, `named`"
    );
    assert_eq!(said::<Choice>("\"one\""), "invalid type: unit variant, expected newtype variant");
    assert_eq!(said::<Choice>(r#"{"nothing-else": 1}"#), "invalid type: integer `1`, expected unit variant");
    assert_eq!(said::<Choice>("{}"), "invalid type: map, expected enum Choice");
}

#[test]
fn where_a_text_is_no_json_is_told() {
    assert_eq!(said::<u8>("{\"a\":\n1,}"), "trailing comma at line 2 column 3");
}
