//! The live service: a drawing's server, answering HTTP for any program.
//!
//! `GET`, `PUT` and `DELETE /live/{address}/{server}/{resource}/{key}`, and `POST /live/{address}/{server}/{resource}`, which
//! makes a key. What is stored and told is JSON; what the stores did stands in headers.
//!
//! # Layout
//!
//! - `address.rs`: what an address names. `body.rs`: what is sent, and what is answered.
//! - `caches.rs`: `Cache-Status` and `Age`. `timing.rs`: `Server-Timing`. `problem.rs`: why there is no answer.
//! - `cors.rs`: pages of other origins. `to_its_end.rs`: visitors that hang up.
//!
//! *Invariant*: nothing is decided here about caches and databases. A request is checked, handed to the engine, and its answer
//! written down; so what a program gets is what the canvas shows.

pub mod address;
mod body;
mod caches;
mod cors;
pub mod problem;
mod timing;
mod to_its_end;

use aside_domain::{Key, Method as Asked, Request as Asks};
use aside_engine::{Busy, Engine, EngineError, Entered, ErrorKind, Served, Service};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    AGE, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::any;

use self::address::{Address, BELOW};
use self::problem::{Headers, Problem};
use self::to_its_end::ToItsEnd;
use crate::refusal::status_of;
use crate::{panic, security};

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The caches are the drawing's: one on the way would answer in their place.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");
/// Room for all headers of an answer: those that come in between would make it grow again and again.
const HEADERS: usize = 16;

/// The letters and digits of a key that is made here: none that is taken for another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// How many it has: 65 random bits.
const LETTERS_IN_A_KEY: u32 = 13;

/// Everything below `/live/`. No cookie is read or set here, and no origin is foreign.
pub fn routes(engine: Engine) -> Router {
    Router::new().route(BELOW, any(answer)).route(&format!("{BELOW}{{*path}}"), any(answer)).with_state(engine)
}

async fn answer(State(engine): State<Engine>, request: Request) -> Response {
    let uri = request.uri().clone();
    let mut response = match *request.method() {
        Method::OPTIONS => cors::preflight(uri.path()),
        _ => {
            let answer = async { respond(&engine, request).await.unwrap_or_else(|problem| problem.at(&uri)) };
            panic::catch(&uri, answer).await
        }
    };
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::warn!("a request to a live service was answered with 500");
    }
    let headers = response.headers_mut();
    cors::open_to_all(headers);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFFING);
    headers.insert(CONTENT_SECURITY_POLICY, security::NOTHING);
    response
}

async fn respond(engine: &Engine, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let address = Address::of(parts.uri.path())?;
    let service = engine.service(address.sandbox, address.server).await.map_err(unknown)?;
    let resource = service.resource().as_str();
    if address.resource != resource {
        let why = format!("This server has no such resource: its keys are below {resource}, which is a setting of it.");
        return Err(Problem::new(StatusCode::NOT_FOUND, why));
    }
    let entered = service.enter().map_err(busy)?;
    let asks = match (&parts.method, address.has_key()) {
        (&Method::GET | &Method::HEAD, true) => Asks::get(address.key()?),
        (&Method::PUT, true) => {
            let key = address.key()?;
            Asks::put(key, body::value(&parts.headers, body).await?)
        }
        (&Method::DELETE, true) => Asks::delete(address.key()?),
        (&Method::POST, false) => {
            let key = fresh_key()?;
            Asks::put(key, body::value(&parts.headers, body).await?)
        }
        _ => return Err(other_method(&address)),
    };
    let served = carry_out(service, entered, asks.clone()).await;
    let mut headers = told(address.server, &served);
    let status = status(&served);
    if !status.is_success() {
        return Err(Problem::new(status, served.text).with_all(headers));
    }
    let json = match (asks.method, &asks.value) {
        // It is answered as the canvas shows it, with 200; so there is something to say.
        (Asked::Delete, _) => body::deleted(&asks.key),
        (_, Some(written)) => body::entry(&asks.key, written.as_str()),
        (_, None) => body::entry(&asks.key, &served.text),
    };
    if !address.has_key()
        && let Ok(location) = HeaderValue::from_str(&format!("{}/{}", parts.uri.path(), asks.key))
    {
        headers.push((LOCATION, location));
    }
    headers.extend([(CONTENT_TYPE, JSON), (CACHE_CONTROL, NO_STORE)]);
    let mut response = Response::new(json.into());
    *response.status_mut() = status;
    response.headers_mut().reserve(HEADERS);
    response.headers_mut().extend(headers);
    Ok(response)
}

/// Has the drawing answer, to the end: whoever hangs up meanwhile keeps no write from being completed.
async fn carry_out(service: Service, entered: Entered, asks: Asks) -> Served {
    ToItsEnd::of(async move { service.ask(&entered, asks).await }).await
}

/// What the answer tells about its making.
fn told(server: &str, served: &Served) -> Headers {
    let texts = [(CACHE_STATUS, caches::status(server, served)), (SERVER_TIMING, timing::hops(served))];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?)));
    texts.chain(caches::age_s(served).map(|age_s| (AGE, age_s.into()))).collect()
}

/// The status that the drawing answers with. A request that somebody stopped has none; it may be sent again.
fn status(served: &Served) -> StatusCode {
    StatusCode::from_u16(served.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

/// Nobody is told whether it is the address, the server or its switch.
fn unknown(error: EngineError) -> Problem {
    let why = match error.kind() {
        ErrorKind::NotFound => {
            "No live service answers here: the address is an old one, or the server is not in the drawing, or its live service \
             is switched off."
                .to_owned()
        }
        _ => error.to_string(),
    };
    Problem::new(status_of(&error), why)
}

fn busy(busy: Busy) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, busy.reason).with(RETRY_AFTER, busy.retry_after_s.into())
}

fn other_method(address: &Address<'_>) -> Problem {
    let why = if address.has_key() {
        "A key is read with GET or HEAD, written with PUT, and deleted with DELETE; POST goes to the address before the key."
    } else {
        "POST makes a key here. Keys are read, written and deleted one by one, each at its own address below this one."
    };
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, why).with(ALLOW, cors::methods(address))
}

/// A key that nobody else has.
fn fresh_key() -> Result<Key, Problem> {
    let random: u128 = rand::random();
    let letter = |index: u32| char::from(LETTERS[(random >> (5 * index)) as usize % LETTERS.len()]);
    let key = Key::new((0..LETTERS_IN_A_KEY).map(letter).collect::<String>());
    key.map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

#[cfg(test)]
mod sample {
    //! Answers of an engine, for tests of what is told about them.

    use aside_domain::{Command, NodeId, Outcome};
    use aside_engine::{Served, Step};

    /// An answer of that status, by these steps.
    pub fn answer(status: u16, steps: Vec<Step>) -> Served {
        Served { status, outcome: Outcome::Found, text: String::new(), steps, took_us: 0 }
    }

    /// A step at a store.
    pub fn step(name: &str, command: Command, outcome: Outcome) -> Step {
        let node = NodeId::new(name.to_ascii_lowercase().replace(' ', "-")).unwrap();
        let name = name.to_owned();
        Step { node, name, command, outcome, took_us: 0, injected_us: 0, ttl_s: None, age_s: None }
    }
}

#[cfg(test)]
mod tests {
    use super::fresh_key;
    use std::collections::BTreeSet;

    #[test]
    fn fresh_keys_are_short_differ_and_need_no_escapes() {
        let keys: BTreeSet<String> = (0..1_000).map(|_| fresh_key().unwrap().into()).collect();
        assert_eq!(keys.len(), 1_000);
        assert!(keys.iter().all(|key| key.len() == 13 && key.bytes().all(|b| b.is_ascii_alphanumeric())));
    }
}
