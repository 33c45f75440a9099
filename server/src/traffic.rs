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
use aside_engine::{Engine, SessionId};
use aside_report::{choices, csv, file_name, page, panel};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, RequestPartsExt, Router};
use serde::Deserialize;

use crate::refusal::Refusal;

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

/// The sandbox that is named.
#[derive(Deserialize)]
struct Named {
    id: String,
}

/// The traffic that is named.
#[derive(Deserialize)]
struct Numbered {
    number: u32,
}

type Answer = Result<Response, Refusal>;

/// Everything here.
pub(crate) fn routes(engine: Engine) -> Router {
    Router::new()
        .route("/api/sandboxes/{id}/traffic", get(latest))
        .route("/api/sandboxes/{id}/traffic/{number}", get(one))
        .route("/api/sandboxes/{id}/traffic/{number}/csv", get(table))
        .route("/api/sandboxes/{id}/traffic/{number}/report", get(report))
        .with_state(engine)
}

/// A sandbox's traffics, and their address.
struct Traffics {
    all: Vec<Measured>,
    base: String,
}

impl FromRequestParts<Engine> for Traffics {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Response> {
        let (Extension(session), Path(Named { id })) =
            parts.extract::<(Extension<SessionId>, Path<Named>)>().await.map_err(IntoResponse::into_response)?;
        let sandbox = engine.sandbox(&session, &id).await.map_err(|error| Refusal::from(error).into_response())?;
        Ok(Self { all: sandbox.traffic(), base: format!("/api/sandboxes/{}/traffic", sandbox.id()) })
    }
}

impl Traffics {
    fn find(&self, number: u32) -> Result<&Measured, Refusal> {
        let found = self.all.iter().find(|measured| measured.number == number);
        found.ok_or_else(|| {
            let sentence = format!("There is no traffic no. {number}: only the latest are remembered.");
            Refusal::new(StatusCode::NOT_FOUND, sentence)
        })
    }

    /// What is to stand beside it, if anything.
    fn beside(&self, wanted: &Wanted) -> Result<Option<&Measured>, Refusal> {
        wanted.beside.map(|number| self.find(number)).transpose()
    }

    fn panel(&self, measured: &Measured, wanted: &Wanted) -> Answer {
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

async fn latest(traffics: Traffics, Query(wanted): Query<Wanted>) -> Answer {
    let is_wanted = |it: &&Measured| wanted.client.as_deref().is_none_or(|client| it.client.as_str() == client);
    match traffics.all.iter().rev().find(is_wanted) {
        Some(measured) => traffics.panel(measured, &wanted),
        None => Ok(html(String::new())),
    }
}

async fn one(traffics: Traffics, Path(Numbered { number }): Path<Numbered>, Query(wanted): Query<Wanted>) -> Answer {
    traffics.panel(traffics.find(number)?, &wanted)
}

async fn table(traffics: Traffics, Path(Numbered { number }): Path<Numbered>) -> Answer {
    let measured = traffics.find(number)?;
    Ok(([(CONTENT_TYPE, CSV), NOT_KEPT], attached(measured, "csv"), csv(measured)).into_response())
}

async fn report(traffics: Traffics, Path(Numbered { number }): Path<Numbered>, Query(wanted): Query<Wanted>) -> Answer {
    let (measured, beside) = (traffics.find(number)?, traffics.beside(&wanted)?);
    let headers = [(CONTENT_TYPE, HTML), NOT_KEPT, (CONTENT_SECURITY_POLICY, REPORT_POLICY)];
    Ok((headers, attached(measured, "html"), page(measured, beside)).into_response())
}
