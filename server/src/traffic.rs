//! What traffic came to, as people see it: the inspector's panel, a table, a report.
//!
//! | `GET` below `/api/sandboxes/{id}/traffic` | answer |
//! |---|---|
//! | `?client=C` | the panel of that client's latest traffic; empty if there is none |
//! | `/{number}` | the panel of the traffic of that number |
//! | `/{number}/csv` | a row for each second, as a file |
//! | `/{number}/report` | a report that stands by itself, as a file |
//!
//! With `beside=N`, panels and reports show the traffic of that number beside it. Another session's sandbox is answered with
//! 404, and so is traffic that is forgotten.

use aside_domain::measured::Measured;
use aside_engine::{Engine, EngineError, SandboxId, SessionId};
use aside_report::{choices, csv, file_name, page, panel};
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;

use crate::refusal::refuse;

const HTML: &str = "text/html; charset=utf-8";
const CSV: &str = "text/csv; charset=utf-8; header=present";
/// A report has its style in itself, and nothing else.
const REPORT_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is asked for beside the number.
#[derive(Debug, Deserialize)]
struct Wanted {
    client: Option<String>,
    beside: Option<u32>,
}

/// Everything here.
pub(crate) fn routes(engine: Engine) -> Router {
    Router::new()
        .route("/api/sandboxes/{id}/traffic", get(latest))
        .route("/api/sandboxes/{id}/traffic/{number}", get(one))
        .route("/api/sandboxes/{id}/traffic/{number}/csv", get(table))
        .route("/api/sandboxes/{id}/traffic/{number}/report", get(report))
        .with_state(engine)
}

/// A session's question for a sandbox's traffics.
struct Asked {
    engine: Engine,
    session: SessionId,
    sandbox: String,
    uri: Uri,
}

/// A "no": its status and its sentence.
struct Refusal(StatusCode, String);

impl Asked {
    /// Answers with what `give` makes of the sandbox's traffics.
    async fn answer(self, give: impl FnOnce(&Traffics) -> Result<Response, Refusal>) -> Response {
        let answer = self.traffics().await.and_then(|traffics| give(&traffics));
        answer.unwrap_or_else(|Refusal(status, sentence)| refuse(&self.uri, status, sentence))
    }

    async fn traffics(&self) -> Result<Traffics, Refusal> {
        let sandbox = match self.sandbox.parse::<SandboxId>() {
            Ok(id) => self.engine.sandbox(&self.session, &id).await,
            Err(_) => Err(EngineError::NoSuchSandbox),
        };
        let sandbox = sandbox.map_err(|error| {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Refusal(status, error.to_string())
        })?;
        let base = format!("/api/sandboxes/{}/traffic", sandbox.id());
        Ok(Traffics { all: sandbox.traffic(), base })
    }
}

/// A sandbox's traffics, and their address.
struct Traffics {
    all: Vec<Measured>,
    base: String,
}

impl Traffics {
    fn find(&self, number: u32) -> Result<&Measured, Refusal> {
        let found = self.all.iter().find(|measured| measured.number == number);
        found.ok_or_else(|| {
            let sentence = format!("There is no traffic no. {number}: only the latest are remembered.");
            Refusal(StatusCode::NOT_FOUND, sentence)
        })
    }

    /// What is to stand beside it, if anything.
    fn beside(&self, wanted: &Wanted) -> Result<Option<&Measured>, Refusal> {
        wanted.beside.map(|number| self.find(number)).transpose()
    }

    fn panel(&self, measured: &Measured, wanted: &Wanted) -> Result<Response, Refusal> {
        let beside = self.beside(wanted)?;
        Ok(html(panel(measured, beside) + &choices(measured, beside, &self.all, &self.base)))
    }
}

fn html(text: String) -> Response {
    ([(CONTENT_TYPE, HTML), NOT_KEPT], text).into_response()
}

const NOT_KEPT: (HeaderName, &str) = (CACHE_CONTROL, "no-store");

fn attached(measured: &Measured, extension: &str) -> [(HeaderName, String); 1] {
    [(CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file_name(measured, extension)))]
}

async fn latest(
    State(engine): State<Engine>,
    Extension(session): Extension<SessionId>,
    Path(sandbox): Path<String>,
    Query(wanted): Query<Wanted>,
    uri: Uri,
) -> Response {
    let is_wanted = |it: &&Measured| wanted.client.as_deref().is_none_or(|client| it.client.as_str() == client);
    let give = |traffics: &Traffics| match traffics.all.iter().rev().find(is_wanted) {
        Some(measured) => traffics.panel(measured, &wanted),
        None => Ok(html(String::new())),
    };
    Asked { engine, session, sandbox, uri }.answer(give).await
}

async fn one(
    State(engine): State<Engine>,
    Extension(session): Extension<SessionId>,
    Path((sandbox, number)): Path<(String, u32)>,
    Query(wanted): Query<Wanted>,
    uri: Uri,
) -> Response {
    let give = |traffics: &Traffics| traffics.panel(traffics.find(number)?, &wanted);
    Asked { engine, session, sandbox, uri }.answer(give).await
}

async fn table(
    State(engine): State<Engine>,
    Extension(session): Extension<SessionId>,
    Path((sandbox, number)): Path<(String, u32)>,
    uri: Uri,
) -> Response {
    let give = |traffics: &Traffics| {
        let measured = traffics.find(number)?;
        Ok(([(CONTENT_TYPE, CSV), NOT_KEPT], attached(measured, "csv"), csv(measured)).into_response())
    };
    Asked { engine, session, sandbox, uri }.answer(give).await
}

async fn report(
    State(engine): State<Engine>,
    Extension(session): Extension<SessionId>,
    Path((sandbox, number)): Path<(String, u32)>,
    Query(wanted): Query<Wanted>,
    uri: Uri,
) -> Response {
    let give = |traffics: &Traffics| {
        let (measured, beside) = (traffics.find(number)?, traffics.beside(&wanted)?);
        let headers = [(CONTENT_TYPE, HTML), NOT_KEPT, (CONTENT_SECURITY_POLICY, REPORT_POLICY)];
        Ok((headers, attached(measured, "html"), page(measured, beside)).into_response())
    };
    Asked { engine, session, sandbox, uri }.answer(give).await
}
