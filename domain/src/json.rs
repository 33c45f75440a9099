//! JSON, read by `serde_json` as a tree first, and from there into a value: reading into each type straight from the text
//! is compiled anew for each of them, with all that a text needs (white space, escapes, positions), and was a fifth of the
//! browser's module.

use serde::de::DeserializeOwned;

/// Why a text could not be read: half a sentence.
pub use serde_json::Error as JsonError;

/// Any value.
pub use serde_json::Value as Tree;

/// Reads a value.
///
/// # Errors
/// Half a sentence that says what is wrong; and where, if the text is no JSON.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    of(&serde_json::from_slice(text.as_bytes())?)
}

/// Reads a value from a tree.
///
/// # Errors
/// Half a sentence that says what is wrong.
pub fn of<T: DeserializeOwned>(tree: &Tree) -> Result<T, JsonError> {
    T::deserialize(tree)
}
