//! What a reader of a log gets, and where it is in it.

use aside_domain::{Event, Timeline};
use futures::stream::{BoxStream, Stream, StreamExt};
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A reader's place in a log: the last event that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which log. A sandbox begins a new one when the program starts again.
    pub epoch: String,
    /// The number of the event.
    pub seq: u64,
}

/// Not a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is written EPOCH:NUMBER")]
pub struct BadCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;
    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (epoch, seq) = text.split_once(':').ok_or(BadCursor)?;
        Ok(Self { epoch: epoch.to_owned(), seq: seq.parse().map_err(|_| BadCursor)? })
    }
}

/// What a reader gets.
#[derive(Debug, Clone)]
pub enum FeedItem {
    /// Forget what you have: this is the state now. Only ever the first item.
    Reset {
        /// Where this state stands.
        cursor: Cursor,
        /// The state.
        timeline: Box<Timeline>,
    },
    /// The next event.
    Event {
        /// Where the reader stands after it.
        cursor: Cursor,
        /// The event.
        event: Arc<Event>,
    },
}

impl FeedItem {
    /// Where a reader of this item resumes.
    #[must_use]
    pub const fn cursor(&self) -> &Cursor {
        match self {
            Self::Reset { cursor, .. } | Self::Event { cursor, .. } => cursor,
        }
    }
}

/// The events of a sandbox from some place on, as they happen. It ends when the reader fell too far behind, or the
/// sandbox was swept; the reader comes back with its cursor.
pub struct Feed(BoxStream<'static, FeedItem>);

impl Feed {
    pub(crate) fn new(items: impl Stream<Item = FeedItem> + Send + 'static) -> Self {
        Self(items.boxed())
    }
}

impl Stream for Feed {
    type Item = FeedItem;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<FeedItem>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Feed")
    }
}
