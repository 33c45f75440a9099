//! A sandbox's events, as server-sent events.
//!
//! `GET /api/sandboxes/{id}/events` sends `event`s (the JSON of a domain event) and `reset`s (the JSON of a timeline, when
//! what came between cannot be told any more). The id of each is the cursor to resume from: a browser that reconnects
//! sends the last one as `Last-Event-ID`; who cannot set headers sends `?from=`.
//!
//! *Invariant*: no event is lost, doubled or reordered. A reader that is too slow is cut off rather than given a gap.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aside_engine::{Cursor, Engine, FeedItem, SessionId};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde::Deserialize;
use tokio::sync::watch;

use crate::refusal::Refusal;

/// Streams that one session may have open: a tab needs one.
pub const PER_SESSION: usize = 16;

/// How often a comment is sent on a silent stream, so that nobody on the way takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a browser waits before it reconnects.
const RETRY: Duration = Duration::from_secs(1);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const NO_BUFFERING: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// What streams stand on.
#[derive(Clone)]
pub struct Streams {
    engine: Engine,
    /// True once Aside is stopping: an open stream would hold it up.
    stopping: watch::Receiver<bool>,
    open: Arc<Mutex<HashMap<SessionId, usize>>>,
}

/// Where to go on.
#[derive(Debug, Deserialize)]
pub struct Resume {
    from: Option<String>,
}

impl Streams {
    /// No stream is open yet; all will end when `stopping` turns true.
    #[must_use]
    pub fn new(engine: Engine, stopping: watch::Receiver<bool>) -> Self {
        Self { engine, stopping, open: Arc::default() }
    }

    /// A place for one more stream of that session, if it has one left. It is given back when the place is dropped.
    fn place(&self, session: &SessionId) -> Option<StreamPlace> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(session.clone()).or_default();
        if *count >= PER_SESSION {
            return None;
        }
        *count += 1;
        Some(StreamPlace { session: session.clone(), open: Arc::clone(&self.open) })
    }
}

struct StreamPlace {
    session: SessionId,
    open: Arc<Mutex<HashMap<SessionId, usize>>>,
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.session);
            }
        }
    }
}

/// Answers with the stream.
pub(crate) async fn events(
    State(streams): State<Streams>,
    Extension(session): Extension<SessionId>,
    Path(sandbox): Path<String>,
    Query(resume): Query<Resume>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let sandbox = streams.engine.sandbox(&session, &sandbox).await?;
    let place = streams.place(&session).ok_or_else(|| {
        let sentence = format!("Aside is open in {PER_SESSION} tabs already: close one of them.");
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, sentence)
    })?;
    // A cursor that makes no sense is like none: the reader gets a reset.
    let cursor = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).or(resume.from.as_deref());
    let feed = sandbox.subscribe(cursor.and_then(|cursor| cursor.parse::<Cursor>().ok()));

    let mut stopping = streams.stopping;
    let first = stream::once(async { Ok(Event::default().retry(RETRY)) });
    let items = feed.map(move |item| {
        let _ = &place; // held as long as the stream
        sent(&item)
    });
    let until_stopping = first.chain(items).take_until(async move {
        let _ = stopping.wait_for(|stopping| *stopping).await;
    });
    let stream = Sse::new(until_stopping).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(([NO_BUFFERING], stream).into_response())
}

fn sent(item: &FeedItem) -> Result<Event, axum::Error> {
    match item {
        FeedItem::Event { cursor, event } => {
            Event::default().event("event").id(cursor.to_string()).json_data(event.as_ref())
        }
        FeedItem::Reset { cursor, timeline } => {
            Event::default().event("reset").id(cursor.to_string()).json_data(timeline.as_ref())
        }
    }
}
