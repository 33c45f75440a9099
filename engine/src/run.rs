//! One press of Play: every client sends its requests, one after the other, beside the other clients.

use crate::cache_aside::{self, Answer};
use crate::hop::{Journey, Server};
use crate::quote;
use crate::recorder::Departure;
use aside_domain::graph::Method;
use aside_domain::plan::ClientPlan;
use aside_domain::{Fact, Issue, NodeId, Outcome, Plan, Receipt, Reply, RunEnd, Severity, Subject};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The most clients of a run that are at work in the same moment; the others wait for their turn. So a drawing of a
/// thousand clients does not push everyone else's requests out of time.
const AT_ONCE: usize = 64;

/// Which clients a run is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All that can send something.
    All,
    /// These.
    Clients(Vec<NodeId>),
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
        (Subject::Node(node), Which::Clients(clients)) => clients.contains(node),
        (Subject::Link(_), _) => false,
    };
    let mut blocked = issues.iter().filter(|issue| issue.severity == Severity::Blocked);
    blocked.find(meant).map_or_else(
        || "There is nothing to run: add a client with a request, and link it to a server.".to_owned(),
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
    let end = if answered == requests { RunEnd::Completed } else { RunEnd::Stopped };
    journey.recorder.end_run(journey.run, end, journey.written());
}

/// Sends a client's requests, the first of which has that number, and tells how many were answered.
async fn send_all(journey: &Journey, client: &ClientPlan, first: u32) -> usize {
    let turns = client.servers.iter().cycle(); // round robin
    for (index, (request, plan)) in client.requests.iter().zip(turns).enumerate() {
        let server = Server { journey, request: first + index as u32, plan };
        let departure = Departure {
            run: journey.run,
            request: server.request,
            from: &client.client,
            to: &plan.server,
            shown: match request.method {
                Method::Get => quote::get(request.key.as_str()),
            },
        };
        let Some(hop) = journey.recorder.start_request(request, departure) else {
            return index;
        };
        let began = Instant::now();
        let answer = match request.method {
            Method::Get => cache_aside::read(&server, &request.key).await,
        };
        let Ok(answer) = answer else { return index };
        let took_us = began.elapsed().as_micros() as u64;
        let (status, outcome, text) = as_http(answer, &server, request.key.as_str());
        let reply = Reply::of(&text);
        journey.recorder.end_request(
            journey.run,
            server.request,
            hop,
            status,
            Receipt { outcome, sent: None, reply, took_us },
        );
    }
    client.requests.len()
}

/// The status code, what came of it, and the value or the reason why there is none.
fn as_http(answer: Answer, server: &Server<'_>, key: &str) -> (u16, Outcome, String) {
    match answer {
        Answer::Value(value) => (200, Outcome::Found, value),
        Answer::NotFound => (404, Outcome::NotFound, format!("The database has no row for {key}.")),
        Answer::NoDatabase if server.plan.caches.is_empty() => {
            let reason = "This server is linked to no store: there is nowhere to look.";
            (404, Outcome::NotFound, reason.to_owned())
        }
        Answer::NoDatabase => {
            let reason = "No cache has the key, and this server is linked to no database that could be asked.";
            (404, Outcome::NotFound, reason.to_owned())
        }
        Answer::Unavailable(failure) => (503, failure.outcome, failure.reason),
    }
}

impl crate::recorder::Recorder {
    /// Ends a request with its hop from client to server.
    fn end_request(&self, run: u32, request: u32, hop: u32, status: u16, receipt: Receipt) {
        let answer = receipt.reply.text.clone();
        self.end_hop(run, hop, receipt);
        self.record(Fact::RequestEnded { run, request, status, answer });
    }
}
