//! Pages and server functions, and the context in which they run.

use aside_app::api::ApiError;
use aside_app::{App, Assets, shell};
use aside_engine::{Engine, SessionId};
use axum::body::to_bytes;
use axum::extract::{FromRef, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions};

use crate::refusal::refuse;
use crate::security::page_policy;

/// What pages and server functions find in context, beside the session of the request.
#[derive(Clone)]
pub struct Context {
    engine: Engine,
    assets: Assets,
    options: LeptosOptions,
}

impl FromRef<Context> for LeptosOptions {
    fn from_ref(context: &Context) -> Self {
        context.options.clone()
    }
}

impl Context {
    /// For pages that name the assets of this version.
    pub fn new(engine: Engine, version: &str) -> Self {
        // Only for the shell's signature: nothing is served from where these options say.
        let options = LeptosOptions::builder().output_name("aside").build();
        Self { engine, assets: Assets { version: version.to_owned() }, options }
    }

    /// Provides it all, for one page or one call.
    fn provide(&self) {
        provide_context(self.engine.clone());
        provide_context(self.assets.clone());
        let session = use_context::<Parts>().and_then(|parts| parts.extensions.get::<SessionId>().cloned());
        if let Some(session) = session {
            provide_context(session);
        }
        // Pages have a nonce, server functions none.
        if let Some(response) = use_context::<ResponseOptions>()
            && let Some(policy) = use_nonce().and_then(|nonce| page_policy(&nonce))
        {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    }

    /// Pages at their addresses, server functions below `/api/`, and the app's own page for every other address.
    pub fn routes(self) -> Router {
        let provide = {
            let context = self.clone();
            move || context.provide()
        };
        let page = {
            let options = self.options.clone();
            move || shell(options.clone())
        };
        let listed = leptos_axum::generate_route_list_with_exclusions_and_ssg_and_context(App, None, provide.clone()).0;
        let not_found = leptos_axum::render_app_async_with_context(provide.clone(), page.clone());
        Router::new()
            .leptos_routes_with_context(&self, listed, provide, page)
            .fallback(move |request: Request| answer_missing(request, not_found.clone()))
            .with_state(self)
            .layer(map_response(honest))
    }
}

/// The app's page for an address that it does not know; it cannot be anything but 404.
async fn answer_missing<F: Future<Output = Response>>(request: Request, page: impl FnOnce(Request) -> F) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return refuse(request.uri(), StatusCode::NOT_FOUND, "There is nothing at this address.");
    }
    let mut response = page(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
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
