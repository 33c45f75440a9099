//! Runs, and what their events say.

use super::id;
use aside_domain::{Event, Fact, Note, Outcome, Receipt, RunEnd};
use aside_engine::{Feed, FeedItem, Sandbox, Which};
use futures::StreamExt;

/// Only what comes from now on.
pub async fn from_now(sandbox: &Sandbox) -> Feed {
    let mut feed = sandbox.subscribe(None);
    assert!(matches!(feed.next().await, Some(FeedItem::Reset { .. })));
    feed
}

pub async fn next_event(feed: &mut Feed) -> Event {
    match feed.next().await {
        Some(FeedItem::Event { event, .. }) => (*event).clone(),
        other => panic!("no event but {other:?}"),
    }
}

/// The next events, up to the end of a run.
pub async fn to_the_end(feed: &mut Feed) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let event = next_event(feed).await;
        let over = matches!(event.fact, Fact::RunEnded { .. });
        events.push(event);
        if over {
            return events;
        }
    }
}

/// Runs to the end, and gives the run's events.
pub async fn run(sandbox: &Sandbox, which: Which) -> Vec<Event> {
    let mut feed = from_now(sandbox).await;
    sandbox.run(which).await.unwrap();
    to_the_end(&mut feed).await
}

pub async fn run_all(sandbox: &Sandbox) -> Vec<Event> {
    run(sandbox, Which::All).await
}

/// Sends one request of `client`, by its place in the list, and gives the status code and the answer.
pub async fn one(sandbox: &Sandbox, index: usize) -> (u16, String) {
    let events = run(sandbox, Which::One(id("client"), index)).await;
    answers(&events).pop().expect("it was answered")
}

/// The events as short lines: `redis ? GET doe`, `redis ! hit: Doe`, `200 Doe`.
pub fn story(events: &[Event]) -> Vec<String> {
    let mut asked = Vec::new();
    let line = |event: &Event| match &event.fact {
        Fact::RunStarted { clients, .. } => {
            let clients: Vec<String> = clients.iter().map(|(client, n)| format!("{client}*{n}")).collect();
            format!("run {}", clients.join(" "))
        }
        Fact::RequestStarted { request, client, asks, .. } => format!("{client} #{request} {asks}"),
        Fact::HopStarted { hop, to, shown, .. } => {
            assert_eq!(*hop as usize, asked.len(), "hops are numbered as they start");
            asked.push(to.clone());
            format!("{to} ? {shown}")
        }
        Fact::Served { requests, .. } => format!("and {requests} more"),
        Fact::TrafficStarted(now) => format!("traffic {} of {}", now.number, now.client),
        Fact::TrafficEnded { number } => format!("end of traffic {number}"),
        Fact::PacketHeld { hop, leg, .. } => format!("held {leg:?} of {}", asked[*hop as usize]),
        Fact::PacketReleased { hop, why, .. } => format!("released {} {why:?}", asked[*hop as usize]),
        Fact::HopEnded { hop, receipt, .. } => {
            let to = &asked[*hop as usize];
            format!("{to} ! {}: {}", receipt.outcome, receipt.reply.text)
        }
        Fact::Noted { request, note: Note::Waited { leader, .. }, .. } => format!("#{request} waited for #{leader}"),
        Fact::Noted { request, note: Note::NotSent { cache, shown }, .. } => {
            format!("#{request} not sent to {cache}: {shown}")
        }
        Fact::Noted { request, note: Note::NotFilled { cache }, .. } => format!("#{request} did not fill {cache}"),
        Fact::Noted { request, note: Note::RefreshedEarly { .. }, .. } => format!("#{request} refreshed early"),
        Fact::StaleRead { hop, .. } => format!("{} was stale", asked[*hop as usize]),
        Fact::BreakerMoved(now) => format!("breaker {}>{} {}", now.server, now.cache, now.state.word()),
        Fact::RequestEnded { status, answer, .. } => format!("{status} {answer}"),
        Fact::RunEnded { end, .. } => format!("end {end:?}"),
        Fact::DataChanged { node } => format!("changed {node}"),
        Fact::ScenarioSaved { version, by } => format!("saved {version} by {by}"),
    };
    events.iter().map(line).collect()
}

/// The lines of a story that say what stores were asked and answered: `redis ? GET doe`, `redis ! hit: Doe`.
pub fn at_stores(events: &[Event]) -> Vec<String> {
    let of_store = |line: &String| line.starts_with("redis") || line.starts_with("postgres");
    story(events).into_iter().filter(of_store).filter(|line| !line.ends_with("was stale")).collect()
}

/// The receipts of a node's hops, in the order of their ends.
pub fn receipts(events: &[Event], node: &str) -> Vec<Receipt> {
    let mut asked = Vec::new();
    let mut receipts = Vec::new();
    for event in events {
        match &event.fact {
            Fact::HopStarted { to, .. } => asked.push(to.as_str()),
            Fact::HopEnded { hop, receipt, .. } if asked[*hop as usize] == node => receipts.push(receipt.clone()),
            _ => {}
        }
    }
    receipts
}

/// The outcomes of a node's hops, in the order of their ends.
pub fn outcomes(events: &[Event], node: &str) -> Vec<Outcome> {
    receipts(events, node).iter().map(|receipt| receipt.outcome).collect()
}

/// What was noted about requests, with their numbers.
pub fn notes(events: &[Event]) -> Vec<(u32, Note)> {
    let note = |event: &Event| match &event.fact {
        Fact::Noted { request, note, .. } => Some((*request, note.clone())),
        _ => None,
    };
    events.iter().filter_map(note).collect()
}

/// For how long the stale hits had been stale, in microseconds, in the order of their finding.
pub fn stale_reads(events: &[Event]) -> Vec<Option<u64>> {
    let stale = |event: &Event| match event.fact {
        Fact::StaleRead { stale_us, .. } => Some(stale_us),
        _ => None,
    };
    events.iter().filter_map(stale).collect()
}

/// The status codes and answers, in the order of the answers.
pub fn answers(events: &[Event]) -> Vec<(u16, String)> {
    let answer = |event: &Event| match &event.fact {
        Fact::RequestEnded { status, answer, .. } => Some((*status, answer.clone())),
        _ => None,
    };
    events.iter().filter_map(answer).collect()
}

/// The status codes, in the order of the answers.
pub fn statuses(events: &[Event]) -> Vec<u16> {
    answers(events).into_iter().map(|(status, _)| status).collect()
}

pub fn end(events: &[Event]) -> Option<RunEnd> {
    match events.last()?.fact {
        Fact::RunEnded { end, .. } => Some(end),
        _ => None,
    }
}
