//! Pages and server functions, and the context in which they run.

use any_spawner::Executor;
use aside_app::api::ApiError;
use aside_app::{Page, Start, shell};
use aside_domain::{Place, Saved};
use aside_engine::{Engine, SessionId};
use aside_lessons::Book;
use axum::body::to_bytes;
use axum::extract::{Path, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, on};
use axum::{Json, Router};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::ResponseOptions;
use std::sync::Arc;

use crate::refusal::refuse;
use crate::security::page_policy;

/// What pages and server functions stand on.
#[derive(Clone)]
pub struct Context {
    engine: Engine,
    book: Arc<Book>,
    version: Arc<str>,
}

impl Context {
    /// For pages that name the assets of this version.
    pub fn new(engine: Engine, book: Arc<Book>, version: &str) -> Self {
        Self { engine, book, version: version.into() }
    }

    /// Pages at their addresses, server functions below `/api/`, and the app's own page for every other address.
    pub fn routes(self) -> Router {
        // Rendering spawns tasks. Leptos' own router would see to it; an error means that it has been done.
        let _ = Executor::init_tokio();
        let mut router = Router::new();
        for (address, page) in Page::ADDRESSES {
            let context = self.clone();
            router = router.route(address, get(move |request| context.page(page, page.place(), request)));
        }
        let context = self.clone();
        router = router
            .route("/academy/{slug}", get(move |Path(slug): Path<String>, request| context.lesson(slug, request)));
        for (address, method) in server_fn_paths() {
            let Ok(method) = method.try_into() else { continue }; // every method of ours is one that axum routes
            let context = self.clone();
            router = router.route(address, on(method, move |request| context.call(request)));
        }
        router.fallback(move |request| self.missing(request)).layer(map_response(honest))
    }

    /// Renders a page, with what the visitor left at its place.
    async fn page(self, page: Page, place: Option<Place>, request: Request) -> Response {
        let session = request.extensions().get::<SessionId>().cloned();
        let saved = match (session, &place) {
            (Some(session), Some(place)) => self.engine.find(&session, place).await.unwrap_or_else(|error| {
                // The page still shows what its place begins with, and opens the sandbox when it can.
                tracing::warn!(%error, "a visitor's scenario could not be looked up");
                None
            }),
            _ => None,
        };
        let lesson = place.as_ref().and_then(|place| self.book.lesson(place.as_str()));
        let title = lesson.map_or_else(|| page.title().to_owned(), |lesson| format!("{} · Aside", lesson.head.title));
        let begin = || lesson.map(|lesson| Saved { scenario: lesson.start().clone(), version: 0 });
        let start = Start { page, saved: saved.or_else(begin), place };
        let stores = if page == Page::Real { self.engine.stores_now().await } else { Vec::new() };
        let provide = {
            let book = Arc::clone(&self.book);
            move || {
                set_policy();
                provide_context(Arc::clone(&book));
                provide_context(stores.clone());
            }
        };
        let render = leptos_axum::render_app_async_with_context(provide, move || {
            shell(start.clone(), title.clone(), &self.version)
        });
        render(request).await
    }

    /// Renders a lesson, if there is one of that name.
    async fn lesson(self, slug: String, request: Request) -> Response {
        match Place::new(slug.as_str()).ok().filter(|_| self.book.lesson(&slug).is_some()) {
            Some(place) => self.page(Page::Lesson, Some(place), request).await,
            None => self.missing(request).await,
        }
    }

    /// Answers a server function.
    async fn call(self, request: Request) -> Response {
        let provide = move || {
            provide_context(self.engine.clone());
            provide_context(Arc::clone(&self.book));
            let session = use_context::<Parts>().and_then(|parts| parts.extensions.get::<SessionId>().cloned());
            if let Some(session) = session {
                provide_context(session);
            }
        };
        leptos_axum::handle_server_fns_with_context(provide, request).await.into_response()
    }

    /// The app's page for an address that it does not know.
    async fn missing(self, request: Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return refuse(request.uri(), StatusCode::NOT_FOUND, "There is nothing at this address.");
        }
        let mut response = self.page(Page::Lost, None, request).await;
        if response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        response
    }
}

/// Gives a page's answer the policy that its nonce belongs to.
fn set_policy() {
    if let Some(response) = use_context::<ResponseOptions>()
        && let Some(policy) = use_nonce().and_then(|nonce| page_policy(&nonce))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// Gives a server function's refusal the status that it names: Leptos answers 500 to all of them but those that set one.
/// And nothing here is kept by anybody: it is one visitor's.
async fn honest(mut response: Response) -> Response {
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR && response.headers().contains_key(SERVER_FN_ERROR) {
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default(); // it is in memory already
        let error = match serde_json::from_slice(&body) {
            Ok(error @ ApiError::Refused { .. }) => error,
            // The browser's word for an answer that it cannot read; said here, it was the question.
            Ok(ApiError::Away) => unreadable(),
            Err(error) => {
                tracing::error!(%error, "a server function failed");
                failed()
            }
        };
        let status = match error {
            ApiError::Refused { status, .. } => StatusCode::from_u16(status).ok(),
            ApiError::Away => None,
        };
        response = (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(error)).into_response();
    } else if response.headers().contains_key(SERVER_FN_ERROR) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn unreadable() -> ApiError {
    ApiError::Refused { status: 422, message: "This request cannot be understood: nothing was changed.".to_owned() }
}

fn failed() -> ApiError {
    ApiError::Refused { status: 500, message: "Something went wrong in Aside's server.".to_owned() }
}

/// Leptos marks errors of server functions with it.
const SERVER_FN_ERROR: &str = "serverfnerror";
