//! A mistake of ours in one request: its sender gets a sentence, and nobody else notices.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;

use crate::refusal::refuse;

/// Answers 500 where a handler panics; where and why, the panic itself has written to stderr.
pub async fn caught(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    catch(&uri, next.run(request)).await
}

/// The same for one answer to a request to `uri`.
pub async fn catch(uri: &Uri, answer: impl Future<Output = Response>) -> Response {
    // What a handler shares with others is behind locks that recover, or in the stores.
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|_| refuse(uri, StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong in Aside's server."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_panic_is_answered() {
        let router = Router::new()
            .route(
                "/",
                get(|| async {
                    if true {
                        panic!("as the test wants it")
                    }
                }),
            )
            .layer(from_fn(caught));
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
