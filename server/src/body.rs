//! How much a request may send, and how long it may take.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use futures::{Stream, StreamExt};
use tokio::time::timeout;

use crate::refusal::refuse;

/// The largest body that is taken, in bytes.
const LIMIT: usize = 2 * 1024 * 1024;

/// What is read beyond a limit, and thrown away: a sender reads an answer only when it has sent everything.
const DRAIN: usize = 4 * LIMIT;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads the body before anything is done, and refuses one that is too large or too slow.
pub async fn limit(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let refusal = match read_in_time(LIMIT, body).await {
        Ok(bytes) => return next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(Unreadable::TooLarge) => {
            (StatusCode::PAYLOAD_TOO_LARGE, "This is more than the 2 MiB that Aside takes at once.")
        }
        Err(Unreadable::Broken) => (StatusCode::BAD_REQUEST, "The request ended before it was complete."),
        Err(Unreadable::Slow) => (StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive."),
    };
    refuse(&parts.uri, refusal.0, refusal.1)
}

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is larger than the limit.
    TooLarge,
    /// It ended too early.
    Broken,
    /// It took too long.
    Slow,
}

/// Reads a body of at most so many bytes.
///
/// # Errors
/// If it is larger, ends too early, or takes too long.
pub async fn read_in_time(limit: usize, body: Body) -> Result<Vec<u8>, Unreadable> {
    timeout(PATIENCE, read(limit, body.into_data_stream())).await.unwrap_or(Err(Unreadable::Slow))
}

async fn read<E>(
    limit: usize,
    mut chunks: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Unreadable::Broken)?;
        length += chunk.len();
        if length <= limit {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
        }
        if length > limit + DRAIN {
            break;
        }
    }
    if length > limit { Err(Unreadable::TooLarge) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    fn chunks(count: usize) -> impl Stream<Item = Result<Bytes, ()>> + Unpin {
        stream::iter((0..count).map(|_| Ok(Bytes::from_static(&[7; 1024]))))
    }

    #[tokio::test]
    async fn the_limit_itself_is_taken_and_one_chunk_more_is_not() {
        assert_eq!(read(LIMIT, chunks(2048)).await.map(|bytes| bytes.len()), Ok(LIMIT));
        assert_eq!(read(LIMIT, chunks(2049)).await, Err(Unreadable::TooLarge));
    }

    #[tokio::test]
    async fn an_endless_body_ends() {
        let endless = stream::repeat_with(|| Ok::<_, ()>(Bytes::from_static(&[7; 1024])));
        assert_eq!(read(LIMIT, Box::pin(endless)).await, Err(Unreadable::TooLarge));
    }

    #[tokio::test]
    async fn a_broken_body_is_not_taken_for_a_whole_one() {
        let broken = chunks(1).chain(stream::iter([Err(())]));
        assert_eq!(read(LIMIT, broken).await, Err(Unreadable::Broken));
    }
}
