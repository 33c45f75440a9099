//! What a call of a store leaves behind, for its receipt.

use crate::connections::Failure;
use aside_domain::{Outcome, Receipt, Reply};
use std::borrow::Cow;

/// What was sent, and how long it took.
pub(crate) struct Evidence {
    /// Exactly what was sent; none if nothing was. Empty if nobody is told.
    pub(crate) sent: Option<String>,
    /// Microseconds.
    pub(crate) took_us: u64,
    /// Whether anybody is told; if not, the reply is empty, too.
    pub(crate) is_told: bool,
}

impl Evidence {
    /// The receipt of that answer.
    pub(crate) fn receipt<T>(
        self,
        answer: &Result<T, Failure>,
        told: impl FnOnce(&T) -> (Outcome, Cow<'_, str>),
    ) -> Receipt {
        let (outcome, reply) = match answer {
            Ok(answer) => told(answer),
            Err(failure) => (failure.outcome, failure.reason.as_str().into()),
        };
        let reply = Reply::of(if self.is_told { &reply } else { "" });
        Receipt { outcome, sent: self.sent, reply, took_us: self.took_us, injected_us: 0, held_us: 0 }
    }
}
