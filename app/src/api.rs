//! Server functions: everything that the screen asks of the server, each at a fixed address below `/api/`.
//!
//! They call the engine that they find in context, for the session that they find there; another session's sandbox is
//! answered with 404. What changes over time does not come from here but from the event stream ([`crate::live`]).

#![cfg_attr(
    feature = "ssr",
    expect(missing_docs, reason = "the server macro makes public structs whose fields are the functions' arguments")
)]

use aside_domain::lesson::{Applied, Progress, Since, Verdict};
use aside_domain::{DataEdit, EntryNow, Graph, Held, Kind, NodeId, Place, Point, Saved, Scenario};
#[cfg(feature = "ssr")]
use leptos::{prelude::server, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

/// Why the server did not do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// It answered, and said no; a sentence for the person who asked.
    #[error("{message}")]
    Refused {
        /// HTTP's status code.
        status: u16,
        /// The sentence.
        message: String,
    },
    /// It did not answer.
    #[error("Aside's server does not answer.")]
    Away,
}

impl ApiError {
    /// Whether trying the same again later can help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Away => true,
            Self::Refused { status, .. } => *status == 503,
        }
    }

    /// Whether somebody else changed it first.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { status: 409, .. })
    }
}

/// A sandbox that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its id.
    pub sandbox: String,
    /// Its scenario.
    pub saved: Saved,
}

/// Each endpoint is declared once: on the server it is a server function of Leptos', in the browser a request to it. What
/// Leptos brings for asking is made for every encoding there is, and would be a large part of the browser's module.
macro_rules! endpoints {
    ($($(#[$doc:meta])* $endpoint:literal => async fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty $body:block)*) => {
        $(
            $(#[$doc])*
            #[cfg(feature = "ssr")]
            #[server(endpoint = $endpoint, input = Json)]
            pub async fn $name($($argument: $type),*) -> $answer $body

            $(#[$doc])*
            #[cfg(not(feature = "ssr"))]
            pub async fn $name($($argument: $type),*) -> $answer {
                let question = asking::Question::to(concat!("/api/", $endpoint));
                $(let question = question.with(stringify!($argument), &$argument);)*
                question.ask().await
            }
        )*
    };
}

endpoints! {
    /// Opens the visitor's sandbox at a place; where there is none, it is created: with a lesson's own scenario at a lesson's
    /// place, else with the textbook's example.
    "open" => async fn open(place: Place) -> Result<Opened, ApiError> {
        let (engine, session) = context::caller()?;
        let textbook = Scenario::textbook();
        let book = context::book()?;
        let start = book.lesson(place.as_str()).map_or(&textbook, aside_lessons::Lesson::start);
        let sandbox = context::answer(engine.open(&session, &place, start).await)?;
        let saved = context::answer(sandbox.saved().await)?;
        Ok(Opened { sandbox: sandbox.id().to_string(), saved })
    }

    /// Saves a scenario over version `base`, and tells the new version. With `refill`, the stores are emptied and filled with
    /// the data that the scenario starts with.
    "save" => async fn save(sandbox: String, scenario: Scenario, base: u64, by: String, refill: bool) -> Result<u64, ApiError> {
        let sandbox = context::sandbox(&sandbox).await?;
        context::answer(if refill {
            sandbox.reset(scenario, base, &by).await
        } else {
            sandbox.save(scenario, base, &by).await
        })
    }

    /// The saved scenario; with `data`, what its stores hold now is what it starts with.
    "load" => async fn load(sandbox: String, data: bool) -> Result<Saved, ApiError> {
        let sandbox = context::sandbox(&sandbox).await?;
        let mut saved = context::answer(sandbox.saved().await)?;
        if data {
            saved.scenario = context::answer(sandbox.export().await)?;
        }
        Ok(saved)
    }

    /// The picture of a drawing, as SVG with classes for colours. What the cards tell on the asker's screen comes along.
    "picture" => async fn picture(scenario: Scenario, told: Vec<(String, String)>) -> Result<String, ApiError> {
        context::caller()?;
        context::check_size(&scenario.graph)?;
        Ok(aside_domain::picture::svg_telling(&scenario, scenario.title.as_str(), &told))
    }

    /// New places for these nodes of a drawing, or for all if none is named, in layers along its links. The drawing is that of
    /// the asker, saved or not, and is not changed.
    "tidy" => async fn tidy(graph: Graph, nodes: Vec<NodeId>) -> Result<Vec<(NodeId, Point)>, ApiError> {
        context::caller()?;
        context::check_size(&graph)?;
        // The largest drawings take a good part of a second, in which a thread that serves others cannot be spared.
        context::elsewhere(move || aside_tidy::tidied(&graph, &nodes)).await
    }

    /// Starts a run, of these clients or of all, and tells its number. With `only`, it is of that one request of the first
    /// client, by its place in the client's list, from 0.
    "run" => async fn run(sandbox: String, clients: Option<Vec<NodeId>>, only: Option<u32>) -> Result<u32, ApiError> {
        use aside_engine::Which;
        let which = match (clients, only) {
            (None, _) => Which::All,
            (Some(clients), Some(index)) if clients.len() == 1 => Which::One(clients[0].clone(), index as usize),
            (Some(clients), _) => Which::Clients(clients),
        };
        context::answer(context::sandbox(&sandbox).await?.run(which).await)
    }

    /// A run that is over, as a recording's file.
    "recording" => async fn recording(sandbox: String, run: u32) -> Result<String, ApiError> {
        let sandbox = context::sandbox(&sandbox).await?;
        context::answer(sandbox.recording(run)).map(|recording| aside_domain::json::write(&recording))
    }

    /// Ends the run that is going; tells whether there was one.
    "stop" => async fn stop(sandbox: String) -> Result<bool, ApiError> {
        Ok(context::sandbox(&sandbox).await?.stop())
    }

    /// Starts the traffic of a client, and tells its number. What comes of it has addresses of its own (`server/src/traffic.rs`).
    "start-traffic" => async fn start_traffic(sandbox: String, client: NodeId) -> Result<u32, ApiError> {
        context::answer(context::sandbox(&sandbox).await?.start_traffic(&client).await)
    }

    /// Stops the traffic that is going; tells whether there was any.
    "stop-traffic" => async fn stop_traffic(sandbox: String) -> Result<bool, ApiError> {
        Ok(context::sandbox(&sandbox).await?.stop_traffic())
    }

    /// Where other programs find the sandbox's servers: a word that nobody can guess. A fresh one takes the place of the one
    /// before.
    "live-address" => async fn live_address(sandbox: String, is_fresh: bool) -> Result<String, ApiError> {
        let sandbox = context::sandbox(&sandbox).await?;
        context::answer(if is_fresh { sandbox.new_live_address().await } else { sandbox.live_address().await })
    }

    /// Lets a held packet go, by its run and its hop in it; without a run, all of them. Tells whether there was one.
    "release" => async fn release(sandbox: String, run: Option<u32>, hop: u32) -> Result<bool, ApiError> {
        Ok(context::sandbox(&sandbox).await?.release(run.map(|run| (run, hop))) > 0)
    }

    /// What a store node of this kind holds now: a Redis node's keys, or a Postgres node's rows.
    "contents" => async fn contents(sandbox: String, node: NodeId, kind: Kind) -> Result<Vec<EntryNow>, ApiError> {
        let sandbox = context::sandbox(&sandbox).await?;
        context::answer(match kind {
            Kind::Redis => sandbox.keys(&node).await,
            _ => sandbox.rows(&node).await,
        })
    }

    /// Changes the data of a store node of this kind, and tells how many entries a flush deleted, or how many caches
    /// hold something else than the row that was changed.
    "edit" => async fn edit(sandbox: String, node: NodeId, kind: Kind, edit: DataEdit) -> Result<u64, ApiError> {
        let sandbox = context::sandbox(&sandbox).await?;
        context::answer(match (kind, edit) {
            (Kind::Redis, DataEdit::Flush) => sandbox.flush(&node).await,
            (Kind::Redis, DataEdit::Put { key, value, ttl_s }) => {
                sandbox.put_key(&node, key, value, ttl_s).await.map(|()| 0)
            }
            (Kind::Redis, DataEdit::Delete { key }) => sandbox.delete_key(&node, &key).await.map(|()| 0),
            (_, DataEdit::Put { key, value, ttl_s: None }) => sandbox.put_row(&node, key, value).await,
            (_, DataEdit::Delete { key }) => sandbox.delete_row(&node, &key).await,
            (_, DataEdit::Flush | DataEdit::Put { .. }) => {
                let message = "Rows do not expire, and are deleted one by one.".to_owned();
                return Err(ApiError::Refused { status: 422, message });
            }
        })
    }

    /// How many keys and rows the store nodes hold now, and how many keys are stale. A store that does not answer is left out.
    "sizes" => async fn sizes(sandbox: String) -> Result<Vec<Held>, ApiError> {
        context::answer(context::sandbox(&sandbox).await?.sizes().await)
    }

    /// Applies a checkpoint of a lesson to a sandbox; without one, puts the sandbox back to what the lesson starts with.
    "apply" => async fn apply(
        sandbox: String,
        lesson: Place,
        checkpoint: Option<String>,
        by: String
    ) -> Result<Applied, ApiError> {
        use aside_domain::lesson::Effect;
        let sandbox = context::sandbox(&sandbox).await?;
        let book = context::book()?;
        let lesson = context::lesson(&book, &lesson)?;
        let afresh = [Effect::Replace(aside_lessons::START.to_owned())];
        let effects = match &checkpoint {
            Some(id) => &lesson.checkpoint(id).ok_or_else(context::not_there)?.effects,
            None => &afresh[..],
        };
        context::answer(sandbox.carry_out(effects, &lesson.scenarios, &by).await)
    }

    /// How the goals and predictions of a lesson stand in a sandbox.
    "judge" => async fn judge(sandbox: String, lesson: Place, since: Since) -> Result<Verdict, ApiError> {
        use aside_domain::lesson::Questions;
        let sandbox = context::sandbox(&sandbox).await?;
        let book = context::book()?;
        let lesson = context::lesson(&book, &lesson)?;
        let questions = Questions { goals: lesson.goals().collect(), predictions: lesson.predictions().collect() };
        context::answer(sandbox.judge(&questions, since).await)
    }

    /// What a visitor thinks of a lesson; a later opinion takes the place of an earlier one.
    "feedback" => async fn feedback(lesson: Place, is_helpful: bool, sentence: String) -> Result<(), ApiError> {
        let (engine, session) = context::caller()?;
        let book = context::book()?;
        let lesson = context::lesson(&book, &lesson)?;
        context::answer(engine.give_feedback(&session, &lesson.slug, is_helpful, &sentence).await)
    }

    /// Keeps progress on the server, under a new code, for another device to fetch.
    "begin-sync" => async fn begin_sync(progress: Progress) -> Result<String, ApiError> {
        let (engine, session) = context::caller()?;
        Ok(context::answer(engine.begin_sync(&session, &progress).await)?.to_string())
    }

    /// Brings this device's progress to what is kept under a code, and gives both.
    "sync" => async fn sync(code: String, progress: Progress) -> Result<Progress, ApiError> {
        let (engine, session) = context::caller()?;
        context::answer(engine.sync(&session, &context::code(&code)?, &progress).await)
    }

    /// Deletes a code and what is kept under it.
    "end-sync" => async fn end_sync(code: String) -> Result<(), ApiError> {
        let (engine, session) = context::caller()?;
        context::answer(engine.end_sync(&session, &context::code(&code)?).await)
    }

    /// The stores as they report themselves, and their counts beside those of the receipts: the rows of a table.
    "counts" => async fn counts() -> Result<String, ApiError> {
        Ok(crate::academy::rows(&context::caller()?.0.stores_now().await))
    }
}

/// What the server functions stand on.
#[cfg(feature = "ssr")]
mod context {
    use super::ApiError;
    use aside_domain::{ChangeError, Graph, Place, limits};
    use aside_engine::{Engine, EngineError, Sandbox, SessionId, SyncCode};
    use aside_lessons::{Book, Lesson};
    use leptos::prelude::{FromServerFnError, ServerFnErrorErr, use_context};
    use leptos::server_fn::codec::JsonEncoding;
    use std::sync::Arc;

    impl FromServerFnError for ApiError {
        type Encoder = JsonEncoding;

        fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
            match error {
                ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Away,
                // It is the question that cannot be read.
                ServerFnErrorErr::Args(message)
                | ServerFnErrorErr::MissingArg(message)
                | ServerFnErrorErr::Deserialization(message) => Self::Refused { status: 422, message },
                other => Self::Refused { status: 500, message: other.to_string() },
            }
        }
    }

    pub fn caller() -> Result<(Engine, SessionId), ApiError> {
        let missing = || ApiError::Refused { status: 500, message: "This request came without a session.".to_owned() };
        Ok((use_context().ok_or_else(missing)?, use_context().ok_or_else(missing)?))
    }

    pub fn book() -> Result<Arc<Book>, ApiError> {
        let missing = || ApiError::Refused { status: 500, message: "This server came without its lessons.".to_owned() };
        use_context().ok_or_else(missing)
    }

    pub fn lesson<'a>(book: &'a Book, place: &Place) -> Result<&'a Lesson, ApiError> {
        book.lesson(place.as_str()).ok_or_else(not_there)
    }

    pub fn not_there() -> ApiError {
        refused(404, "There is no such lesson, or it has no such checkpoint.".to_owned())
    }

    pub fn code(text: &str) -> Result<SyncCode, ApiError> {
        text.parse().map_err(|error: aside_engine::BadCode| refused(422, error.to_string()))
    }

    /// Refuses a drawing of more nodes or links than one may have.
    pub fn check_size(graph: &Graph) -> Result<(), ApiError> {
        let excess = match graph {
            Graph { nodes, .. } if nodes.len() > limits::NODES => ChangeError::TooManyNodes,
            Graph { links, .. } if links.len() > limits::LINKS => ChangeError::TooManyLinks,
            _ => return Ok(()),
        };
        Err(refused(422, excess.to_string()))
    }

    /// What takes long, on a thread of its own.
    pub async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        tokio::task::spawn_blocking(work).await.map_err(|error| refused(500, error.to_string()))
    }

    pub async fn sandbox(id: &str) -> Result<Sandbox, ApiError> {
        let (engine, session) = caller()?;
        answer(engine.sandbox(&session, id).await)
    }

    pub fn answer<T>(result: Result<T, EngineError>) -> Result<T, ApiError> {
        result.map_err(|error| refused(error.status(), error.to_string()))
    }

    fn refused(status: u16, message: String) -> ApiError {
        if let Some(response) = use_context::<leptos_axum::ResponseOptions>()
            && let Ok(code) = http::StatusCode::from_u16(status)
        {
            response.set_status(code);
        }
        ApiError::Refused { status, message }
    }
}

/// How the browser asks.
#[cfg(not(feature = "ssr"))]
mod asking {
    use super::ApiError;
    use aside_domain::json;
    use leptos::prelude::window;
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Headers, RequestInit, Response};

    /// A question to the server: an endpoint, and its arguments as the members of a JSON object.
    pub struct Question {
        endpoint: &'static str,
        members: String,
    }

    impl Question {
        pub fn to(endpoint: &'static str) -> Self {
            Self { endpoint, members: String::new() }
        }

        #[must_use]
        pub fn with<T: Serialize>(self, name: &str, argument: &T) -> Self {
            self.with_json(name, &json::write(argument))
        }

        fn with_json(mut self, name: &str, argument: &str) -> Self {
            let comma = if self.members.is_empty() { "" } else { "," };
            self.members += &format!("{comma}\"{name}\":{argument}");
            self
        }

        /// The answer. One that is none of ours, a proxy's page or that of a server that is shutting down, is none.
        pub async fn ask<T: DeserializeOwned>(self) -> Result<T, ApiError> {
            let (is_refusal, answer) = self.send().await.map_err(|_| ApiError::Away)?;
            if is_refusal {
                return Err(json::read(&answer).unwrap_or(ApiError::Away));
            }
            json::read(&answer).map_err(|_| ApiError::Away)
        }

        /// Whether the answer is a refusal, and the answer.
        async fn send(self) -> Result<(bool, String), JsValue> {
            let headers = Headers::new()?;
            headers.set("Content-Type", "application/json")?;
            headers.set("Accept", "application/json")?;
            let request = RequestInit::new();
            request.set_method("POST");
            request.set_headers(&headers);
            request.set_body(&format!("{{{}}}", self.members).into());
            let response = JsFuture::from(window().fetch_with_str_and_init(self.endpoint, &request)).await?;
            let response: Response = response.unchecked_into();
            let answer = JsFuture::from(response.text()?).await?;
            Ok((response.status() >= 400, answer.as_string().unwrap_or_default()))
        }
    }
}
