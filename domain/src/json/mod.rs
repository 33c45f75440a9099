//! JSON, read by `serde_json` as a tree first, and from there into a value by a reader of our own ([`part`]): what
//! `serde_json` compiles anew for each type that it reads was a fifth of the browser's module.
//!
//! Less can be read than with `serde_json`: fields are those that a type names, and an `Option` that may be missing has to
//! say so (`#[serde(default)]`), as everything else has. What is flattened or untagged cannot be read.

mod error;
mod part;
mod pieces;

pub use error::JsonError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Any value.
pub use serde_json::Value as Tree;

/// Reads a value.
///
/// # Errors
/// Half a sentence that says what is wrong; and where, if the text is no JSON.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    of(&tree(text)?)
}

/// Reads any value.
///
/// # Errors
/// Half a sentence that says what is wrong, and where.
pub fn tree(text: &str) -> Result<Tree, JsonError> {
    serde_json::from_slice(text.as_bytes()).map_err(|error| JsonError::new(error.to_string()))
}

/// Reads a value from a tree.
///
/// # Errors
/// Half a sentence that says what is wrong.
pub fn of<T: DeserializeOwned>(tree: &Tree) -> Result<T, JsonError> {
    T::deserialize(part::Part(tree))
}

/// Writes a value.
#[must_use]
pub fn write<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default() // texts, integers and lists of ours: it cannot fail
}
