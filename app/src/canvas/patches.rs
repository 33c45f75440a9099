//! Cards and links in patches: a few dozen of either share an element.
//!
//! When one of them moves, the browser looks at its patch and passes over the others, where it would look at a thousand
//! children of one element. Whoever came into a patch stays there, and so does the keyboard focus that he has.

use crate::state::Memo;
use crate::view::each;
use leptos::prelude::*;
use std::sync::Arc;

/// How many nodes' cards share a patch, and the links that leave them: about as many as there are patches in a drawing of a
/// thousand.
const PATCH: usize = 32;

/// What is in patches, by the number of the node that it belongs to, and its key.
type Numbered = Vec<(usize, String)>;

/// A list whose items are built once for each key, in the patch of the node of that number. `patch` wraps what shares a patch.
pub fn patches(
    keys: Box<dyn Fn() -> Numbered + Send + Sync>,
    build: Arc<dyn Fn(String) -> AnyView + Send + Sync>,
    patch: fn(AnyView) -> AnyView,
) -> AnyView {
    let sorted = Memo::new(move || {
        let mut sorted: Vec<Vec<String>> = Vec::new();
        for (number, key) in keys() {
            let at = number / PATCH;
            while sorted.len() <= at {
                sorted.push(Vec::new());
            }
            sorted[at].push(key);
        }
        sorted
    });
    let filled = move || {
        let is_filled = |at: &usize| sorted.with(|sorted| !sorted[*at].is_empty());
        (0..sorted.with(Vec::len)).filter(is_filled).map(|at| at.to_string()).collect()
    };
    each(filled, move |at| {
        let (at, build) = (at.parse().unwrap_or(0), Arc::clone(&build));
        let keys = move || sorted.with(|sorted: &Vec<Vec<String>>| sorted.get(at).cloned().unwrap_or_default());
        patch(each(keys, move |key| build(key)))
    })
}
