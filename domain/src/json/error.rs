//! Why something could not be read.

use serde::de::{Error, Expected, Unexpected};
use std::fmt;

/// Why a text or a tree could not be read: half a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(Box<str>);

impl JsonError {
    pub(super) fn new(sentence: String) -> Self {
        Self(sentence.into_boxed_str())
    }

    /// Both sentences of serde about a value, without its way of writing numbers with a fraction, which is long.
    fn unfit(what: &str, found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(value) => format!("boolean `{value}`"),
            Unexpected::Unsigned(value) => format!("integer `{value}`"),
            Unexpected::Signed(value) => format!("integer `{value}`"),
            Unexpected::Float(_) => "a number with a fraction".to_owned(),
            Unexpected::Str(value) => format!("string {value:?}"),
            Unexpected::Unit => "null".to_owned(),
            Unexpected::Seq => "sequence".to_owned(),
            Unexpected::Map => "map".to_owned(),
            Unexpected::UnitVariant => "unit variant".to_owned(),
            _ => "something else".to_owned(),
        };
        Self::new(format!("invalid {what}: {found}, expected {expected}"))
    }
}

impl Error for JsonError {
    fn custom<T: fmt::Display>(sentence: T) -> Self {
        Self::new(sentence.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::unfit("type", found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::unfit("value", found, expected)
    }

    /// Of a field that is missing [`Members`](super::pieces::Members) knows more.
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::new("too few or too many elements".to_owned())
    }
}
