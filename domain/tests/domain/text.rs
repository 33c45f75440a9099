use aside_domain::{Key, Name, NodeId, Place, Resource, Value, limits};

fn error<T: std::fmt::Debug>(text: Result<T, aside_domain::TextError>) -> String {
    text.expect_err("it should be refused").to_string()
}

#[test]
fn a_key_has_1_to_128_bytes_and_no_control_characters() {
    assert!(Key::new("k").is_ok());
    assert!(Key::new("k".repeat(128)).is_ok());
    assert!(Key::new("é".repeat(64)).is_ok());
    assert_eq!(error(Key::new("k".repeat(129))), "a key can have at most 128 bytes, this one has 129");
    assert_eq!(error(Key::new("é".repeat(65))), "a key can have at most 128 bytes, this one has 130");
    assert_eq!(error(Key::new("")), "a key cannot be empty");
    assert_eq!(error(Key::new("a\nb")), "a key cannot hold '\\n'");
    assert_eq!(error(Key::new("a\u{7f}b")), "a key cannot hold '\\u{7f}'");
}

#[test]
fn a_value_has_up_to_4096_bytes_and_no_nul() {
    assert!(Value::new("").is_ok());
    assert!(Value::new("two\nlines\tand a tab").is_ok());
    assert!(Value::new("v".repeat(4_096)).is_ok());
    assert_eq!(error(Value::new("v".repeat(4_097))), "a value can have at most 4096 bytes, this one has 4097");
    assert_eq!(error(Value::new("a\0b")), "a value cannot hold '\\0'");
}

#[test]
fn a_name_has_up_to_64_characters_that_are_not_all_spaces() {
    assert!(Name::new("n").is_ok());
    assert!(Name::new("字".repeat(64)).is_ok());
    assert_eq!(error(Name::new("字".repeat(65))), "a name can have at most 64 characters, this one has 65");
    assert_eq!(error(Name::new("")), "a name cannot be empty");
    assert_eq!(error(Name::new("   ")), "a name cannot be empty");
    assert_eq!(error(Name::new("a\tb")), "a name cannot hold '\\t'");
}

#[test]
fn ids_and_places_have_1_to_48_lower_case_letters_digits_and_hyphens() {
    let longest = "a".repeat(limits::ID_CHARS);
    assert!(NodeId::new("redis-2").is_ok() && NodeId::new(&*longest).is_ok());
    assert!(Place::new("first-miss").is_ok() && Place::new(&*longest).is_ok());
    let longer = format!("{longest}a");
    assert_eq!(error(NodeId::new(&*longer)), "a node id can have at most 48 characters, this one has 49");
    assert_eq!(error(Place::new(&*longer)), "a place can have at most 48 characters, this one has 49");
    for bad in ["A", "ä", "a b", "a:b", "{a}", "a/b", "..", "a_b"] {
        assert!(error(NodeId::new(bad)).starts_with("a node id cannot hold"), "{bad}");
        assert!(error(Place::new(bad)).starts_with("a place cannot hold"), "{bad}");
    }
    assert_eq!(error(NodeId::new("")), "a node id cannot be empty");
    assert_eq!(error(Place::new("")), "a place cannot be empty");
}

#[test]
fn a_resource_has_1_to_32_lower_case_letters_digits_and_hyphens() {
    assert_eq!(Resource::default().as_str(), "users");
    let longest = "a".repeat(32);
    assert!(Resource::new("to-dos-2").is_ok() && Resource::new(&*longest).is_ok());
    let longer = format!("{longest}a");
    assert_eq!(error(Resource::new(&*longer)), "a resource can have at most 32 characters, this one has 33");
    for bad in ["Users", "ä", "a b", "a/b", "..", "a_b", "a%20b", "a?b"] {
        assert!(error(Resource::new(bad)).starts_with("a resource cannot hold"), "{bad}");
    }
    assert_eq!(error(Resource::new("")), "a resource cannot be empty");
}

#[test]
fn text_from_json_is_checked_as_well() {
    assert!(serde_json::from_str::<Key>("\"rohan\"").is_ok());
    let error = serde_json::from_str::<Key>("\"\"").unwrap_err();
    assert!(error.to_string().starts_with("a key cannot be empty"), "{error}");
}
