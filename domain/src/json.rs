//! JSON, read by `serde_json` from bytes, and nowhere in another way: it is compiled anew for each way of reading.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// Why a text could not be read: half a sentence.
pub use serde_json::Error as JsonError;

/// Any value, as it was written.
pub type Raw = Box<RawValue>;

/// Reads a value.
///
/// # Errors
/// Half a sentence that says what is wrong, and where.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    serde_json::from_slice(text.as_bytes())
}
