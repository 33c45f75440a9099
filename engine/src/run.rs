//! One press of Play: every client sends its requests, one after the other, beside the other clients.

use crate::cache_aside::{self, Answer};
use crate::hop::{Ended, Server, Step};
use crate::journey::{Apart, Journey, Packet};
use crate::postgres_node::{Edit, Written};
use crate::quote;
use crate::recorder::Departure;
use aside_domain::plan::{ClientPlan, ServerPlan};
use aside_domain::{
    Fact, Issue, Leg, Method, NodeId, Outcome, Plan, Receipt, Reply, Request, RunEnd, Severity, Subject, limits,
};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The most clients of a run that are at work in the same moment; the others wait for their turn. So a drawing of a
/// thousand clients does not push everyone else's requests out of time.
const AT_ONCE: usize = 64;

/// How long a request may take.
const LONGEST: Duration = Duration::from_millis(limits::REQUEST_MS as u64);

/// Which clients a run is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All that can send something.
    All,
    /// These.
    Clients(Vec<NodeId>),
    /// One request of a client, by its place in the client's list, from 0.
    One(NodeId, usize),
}

impl Which {
    /// The clients that are named.
    pub(crate) fn clients(&self) -> &[NodeId] {
        match self {
            Self::All => &[],
            Self::Clients(clients) => clients,
            Self::One(client, _) => std::slice::from_ref(client),
        }
    }

    /// What of a plan is meant.
    pub(crate) fn of(&self, plan: Plan) -> Plan {
        let mut plan = if *self == Self::All { plan } else { plan.only(self.clients()) };
        if let Self::One(_, index) = self {
            let one = |client: &ClientPlan| client.requests.get(*index).cloned();
            for client in &mut plan.clients {
                client.requests = one(client).into_iter().collect();
            }
            plan.clients.retain(|client| !client.requests.is_empty());
        }
        plan
    }
}

/// How many requests each client has, for the run's first event.
pub(crate) fn clients(plan: &Plan) -> Vec<(NodeId, u32)> {
    let count = |client: &ClientPlan| (client.client.clone(), client.requests.len() as u32);
    plan.clients.iter().map(count).collect()
}

/// Why nothing of this can run, in a sentence: the gravest issue of what was to run, or of the whole drawing.
pub(crate) fn why_nothing(which: &Which, issues: &[Issue]) -> String {
    let meant = |issue: &&Issue| match (&issue.subject, which) {
        (Subject::Drawing, _) | (Subject::Node(_), Which::All) => true,
        (Subject::Node(node), which) => which.clients().contains(node),
        (Subject::Link(_), _) => false,
    };
    let mut blocked = issues.iter().filter(|issue| issue.severity == Severity::Blocked);
    blocked.find(meant).map_or_else(
        || match which {
            Which::One(_, index) => format!("This client has no request {}.", index + 1),
            _ => "There is nothing to run: add a client with a request, and link it to a server. Traffic is started at its client."
                .to_owned(),
        },
        |issue| issue.message.clone(),
    )
}

/// Carries out a run that was started, to its end.
pub(crate) async fn carry_out(journey: Arc<Journey>, plan: Plan) {
    let requests = plan.requests();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut clients = JoinSet::new();
    let mut first = 1;
    for client in plan.clients {
        let (journey, turns, number) = (Arc::clone(&journey), Arc::clone(&turns), first);
        first += client.requests.len() as u32;
        clients.spawn(async move {
            let _turn = turns.acquire().await; // it is never closed
            send_all(&journey, &client, number).await
        });
    }
    let mut answered = 0;
    while let Some(client) = clients.join_next().await {
        match client {
            Ok(count) => answered += count,
            Err(error) => tracing::error!(%error, "a client's task broke"),
        }
    }
    journey.observed().await;
    let end = if answered == requests { RunEnd::Completed } else { RunEnd::Stopped };
    if let Some(run) = journey.run {
        journey.sandbox.0.recorder.end_run(run, end, journey.take_written());
    }
}

/// Sends a client's requests, the first of which has that number, and tells how many were answered.
async fn send_all(journey: &Journey, client: &ClientPlan, first: u32) -> usize {
    let turns = client.servers.iter().cycle(); // round robin
    for (index, (request, plan)) in client.requests.iter().zip(turns).enumerate() {
        if send(journey, (&client.client, plan), first + index as u32, request, false).await.is_none() {
            return index;
        }
    }
    client.requests.len()
}

/// What a request came to.
pub(crate) struct Sent {
    /// HTTP's status code; 0 if it never reached its server.
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    /// The value, or the reason why there is none.
    pub(crate) text: String,
    /// Its hops to stores.
    pub(crate) steps: Vec<Step>,
}

/// Sends one request, and tells of it if its journey is told; none if somebody pressed Stop before it was answered.
pub(crate) async fn send(
    journey: &Journey,
    (client, plan): (&NodeId, &ServerPlan),
    number: u32,
    request: &Request,
    asks_ttl: bool,
) -> Option<Sent> {
    let shared = &journey.sandbox.0;
    let shown = if journey.run.is_some() { quote::request(request) } else { String::new() };
    let hop = match journey.run {
        Some(run) => {
            let departure = Departure { run, request: number, from: client, to: &plan.server, shown: shown.clone() };
            shared.recorder.start_request(request, departure)?
        }
        None => 0,
    };
    let packet = Packet { journey, link: (client, &plan.server), hop, shown: &shown, key: &request.key };
    let there = Apart::default();
    packet.hold(&there, Leg::Message, None).await;
    let mut server = Server::new(journey, number, plan, LONGEST);
    server.asks_ttl |= asks_ttl;
    let road = shared.road(client, &plan.server);
    let trip = road.travel("The server", LONGEST, || journey.stopping(), |_| answer(&server, request)).await;
    let (status, outcome, text) = match trip.reply {
        Ok(Ok(answer)) => as_http(answer, &server, request.key.as_str()),
        Ok(Err(Ended::Stopped)) => return None,
        Ok(Err(Ended::Late)) => {
            let reason = format!("The request took longer than {} s, and was given up.", LONGEST.as_secs());
            (504, Outcome::TimedOut, reason)
        }
        Err(_) if journey.is_stopping() => return None,
        Err(failure) => (0, failure.outcome, failure.reason), // it never reached the server
    };
    let (within_us, held_us) = server.apart.now();
    packet.hold(&there, Leg::Reply, Some(outcome)).await;
    if let Some(run) = journey.run {
        let receipt = Receipt {
            outcome,
            sent: None,
            reply: Reply::of(&text),
            took_us: (trip.took.as_micros() as u64).saturating_sub(within_us + held_us),
            injected_us: trip.injected.as_micros() as u64 + within_us,
            held_us: there.now().1 + held_us,
        };
        let answer = receipt.reply.text.clone();
        shared.recorder.end_hop(run, hop, receipt);
        shared.recorder.record(Fact::RequestEnded { run, request: number, status, answer });
    }
    let steps = server.steps.into_inner().unwrap_or_else(PoisonError::into_inner);
    Some(Sent { status, outcome, text, steps })
}

/// What the server does with a request.
async fn answer(server: &Server<'_>, request: &Request) -> Result<Answer, Ended> {
    let answer = match (request.method, &request.value) {
        (Method::Get, _) => cache_aside::read(server, &request.key).await,
        (Method::Put, Some(value)) => Box::pin(cache_aside::write(server, &request.key, Edit::Put(value))).await,
        // A PUT without a value is in no scenario that was checked.
        (Method::Delete, _) | (Method::Put, None) => {
            Box::pin(cache_aside::write(server, &request.key, Edit::Delete)).await
        }
    };
    if server.is_late() { answer.and(Err(Ended::Late)) } else { answer }
}

/// The status code, what came of it, and the value or the reason why there is none.
fn as_http(answer: Answer, server: &Server<'_>, key: &str) -> (u16, Outcome, String) {
    match answer {
        Answer::Value(value) => (200, Outcome::Found, value),
        Answer::Done(written, failed) => {
            let (status, outcome, words) = match written {
                Written::Created => (201, Outcome::Stored, "Created."),
                Written::Updated => (200, Outcome::Stored, "Updated."),
                Written::Deleted => (200, Outcome::Deleted, "Deleted."),
                Written::NotThere => (404, Outcome::NotFound, "There was no such row."),
            };
            let lost =
                if failed.is_some() { " A cache could not be told, and may go on with the old value." } else { "" };
            (status, outcome, format!("{words}{lost}"))
        }
        Answer::NotFound => (404, Outcome::NotFound, format!("The database has no row for {key}.")),
        Answer::NoDatabase => (404, Outcome::NotFound, why_nowhere(server)),
        Answer::Unavailable(failure) => (503, failure.outcome, failure.reason),
    }
}

/// Why there is nowhere to look, or to write.
fn why_nowhere(server: &Server<'_>) -> String {
    match server.plan.caches.is_empty() {
        true => "This server is linked to no store: there is nowhere to look, and nowhere to write.",
        false => "This server is linked to no database: what no cache has is nowhere to be found, and nothing can be written.",
    }
    .to_owned()
}
