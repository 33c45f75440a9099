//! Checked text: a [`Key`], a [`Value`] or a [`Name`] that exists is within its limits.

use crate::limits;

/// Why a text was refused: a sentence for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing was typed.
    #[error("a {what} cannot be empty")]
    Empty {
        /// What the text was to be.
        what: &'static str,
    },
    /// It is longer than the limit.
    #[error("a {what} can have at most {limit} {unit}, this one has {length}")]
    TooLong {
        /// What the text was to be.
        what: &'static str,
        /// The limit that it passed.
        limit: usize,
        /// What the limit counts.
        unit: &'static str,
        /// How long the text is.
        length: usize,
    },
    /// It holds a character that has no place in it.
    #[error("a {what} cannot hold {found:?}")]
    Character {
        /// What the text was to be.
        what: &'static str,
        /// The first character that is not allowed.
        found: char,
    },
}

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks `text` against the limits.
            ///
            /// # Errors
            /// A sentence that says what is wrong with it.
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::text::TextError> {
                let text = text.into();
                let check: fn(&str) -> Result<(), $crate::text::TextError> = $check;
                check(&text)?;
                Ok(Self(text))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::text::TextError;
            fn try_from(text: String) -> Result<Self, $crate::text::TextError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use checked_text;

checked_text!(
    /// A key in a cache, and the primary key of a row.
    Key,
    |text| {
        not_empty("key", text)?;
        within("key", text.len(), limits::KEY_BYTES, "bytes")?;
        no_character("key", text, |c| c.is_control())
    }
);

checked_text!(
    /// What is stored under a key. It may be empty.
    Value,
    |text| {
        within("value", text.len(), limits::VALUE_BYTES, "bytes")?;
        no_character("value", text, |c| c == '\0') // Postgres' text type has no place for it
    }
);

checked_text!(
    /// What a person calls a node or a scenario.
    Name,
    |text| {
        not_empty("name", text.trim())?;
        within("name", text.chars().count(), limits::NAME_CHARS, "characters")?;
        no_character("name", text, |c| c.is_control())
    }
);

pub(crate) fn not_empty(what: &'static str, text: &str) -> Result<(), TextError> {
    if text.is_empty() { Err(TextError::Empty { what }) } else { Ok(()) }
}

pub(crate) fn within(what: &'static str, length: usize, limit: usize, unit: &'static str) -> Result<(), TextError> {
    if length > limit { Err(TextError::TooLong { what, limit, unit, length }) } else { Ok(()) }
}

pub(crate) fn no_character(what: &'static str, text: &str, bad: fn(char) -> bool) -> Result<(), TextError> {
    match text.chars().find(|&c| bad(c)) {
        Some(found) => Err(TextError::Character { what, found }),
        None => Ok(()),
    }
}
