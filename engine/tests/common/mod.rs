//! What the tests share: real stores, one runtime for all, visitors, scenarios, and runs told as short lines.

#![allow(dead_code, reason = "every test binary uses another part of this")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use aside_domain::{Event, Fact, Key, Link, Node, NodeId, Outcome, Place, Point, Request, RunEnd, Scenario, Settings};
use aside_domain::{Name, Row, SeedKey, Value};
use aside_engine::{Config, Engine, Feed, FeedItem, Sandbox, SessionId, Which};
use aside_stores::Stores;
use futures::StreamExt;
use std::future::Future;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// Longer than anything here takes, on a machine that is busy with other things.
pub const LONG: Duration = Duration::from_secs(60);

/// One for all tests of a binary: connections and the stores' watch belong to it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Runs a test, in bounded time.
pub fn test(body: impl Future<Output = ()>) {
    RUNTIME.block_on(async { timeout(LONG, body).await.expect("the test takes too long") });
}

fn temp_root() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Stores of a test's own, to be stopped at its end.
pub struct OwnStores {
    pub stores: Stores,
    pub settings: aside_stores::Settings,
    _home: tempfile::TempDir,
}

impl OwnStores {
    pub async fn start() -> Self {
        Self::beside(None).await
    }

    /// A Postgres of its own beside a Redis that runs already.
    pub async fn beside(redis_url: Option<String>) -> Self {
        use std::os::unix::fs::PermissionsExt;
        // Postgres refuses root and runs as another user, who must reach it.
        let home = tempfile::Builder::new()
            .prefix("engine-")
            .permissions(PermissionsExt::from_mode(0o755))
            .tempdir_in(temp_root())
            .unwrap();
        let settings = aside_stores::Settings { data_dir: home.path().to_owned(), redis_url, database_url: None };
        let stores = Stores::start(&settings).await.unwrap();
        Self { stores, settings, _home: home }
    }

    pub async fn engine(&self) -> Engine {
        connect(self.stores.redis_url(), self.stores.database_url()).await
    }
}

/// The stores that all tests of a binary share. They end with the process; what they leave is removed by the next.
pub async fn stores() -> &'static Stores {
    static STORES: OnceCell<Stores> = OnceCell::const_new();
    STORES
        .get_or_init(|| async {
            let own = |pid: &str| temp_root().join(format!("shared-{pid}"));
            for entry in std::fs::read_dir(temp_root()).unwrap().flatten() {
                let name = entry.file_name().into_string().unwrap_or_default();
                if let Some(pid) = name.strip_prefix("shared-")
                    && !Path::new("/proc").join(pid).exists()
                {
                    let _ = std::fs::remove_dir_all(own(pid));
                }
            }
            let settings =
                aside_stores::Settings { data_dir: own(&std::process::id().to_string()), ..Default::default() };
            Stores::start(&settings).await.unwrap()
        })
        .await
}

pub async fn connect(redis_url: &str, database_url: &str) -> Engine {
    Engine::connect(Config::new(redis_url, database_url)).await.unwrap()
}

pub async fn engine() -> Engine {
    static ENGINE: OnceCell<Engine> = OnceCell::const_new();
    let connect = async || {
        let stores = stores().await;
        connect(stores.redis_url(), stores.database_url()).await
    };
    ENGINE.get_or_init(connect).await.clone()
}

/// A new visitor's sandbox with the textbook's scenario, on the shared stores.
pub async fn textbook() -> Sandbox {
    open(&engine().await).await
}

pub async fn open(engine: &Engine) -> Sandbox {
    engine.open(&SessionId::fresh(), &place()).await.unwrap()
}

/// A new visitor's sandbox with that scenario, its stores seeded from it, on the shared stores.
pub async fn sandbox_of(scenario: Scenario) -> Sandbox {
    let sandbox = textbook().await;
    sandbox.reset(scenario, 1, "test").await.unwrap();
    sandbox
}

pub fn place() -> Place {
    Place::new("free").unwrap()
}

pub fn id(text: &str) -> NodeId {
    NodeId::new(text).unwrap()
}

pub fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

pub fn value(text: &str) -> Value {
    Value::new(text).unwrap()
}

/// A drawing in a few words: `client:a,b` sends GET a and GET b; `server`; `redis:a=1`; `postgres:a=1,b=2`. A node's id is
/// the first word, with a number for the second of a kind: `redis2`. Links as `client>server`.
pub fn drawing(nodes: &[&str], links: &[&str]) -> Scenario {
    let mut scenario = Scenario::empty("Test").unwrap();
    for node in nodes {
        let (name, content) = node.split_once(':').unwrap_or((node, ""));
        let entries: Vec<(&str, &str)> = content
            .split(',')
            .filter(|entry| !entry.is_empty())
            .map(|entry| entry.split_once('=').unwrap_or((entry, "")))
            .collect();
        let seed = |&(k, v): &(&str, &str)| (key(k), value(v));
        let settings = match name.trim_end_matches(char::is_numeric) {
            "client" => Settings::Client(aside_domain::graph::Client {
                requests: entries.iter().map(|(k, _)| Request::get(key(k))).collect(),
            }),
            "server" => Settings::Server(aside_domain::graph::Server { ttl_s: 60 }),
            "redis" => Settings::Redis(aside_domain::graph::Redis {
                keys: entries.iter().map(seed).map(|(key, value)| SeedKey { key, value, ttl_s: None }).collect(),
            }),
            "postgres" => Settings::Postgres(aside_domain::graph::Postgres {
                rows: entries.iter().map(seed).map(|(key, value)| Row { key, value }).collect(),
            }),
            other => panic!("no kind {other}"),
        };
        scenario.graph.nodes.push(Node {
            id: id(name),
            name: Name::new(name).unwrap(),
            at: Point::new(0, 0),
            settings,
        });
    }
    for link in links {
        let (from, to) = link.split_once('>').unwrap();
        let (from, to) = (id(from), id(to));
        scenario.graph.links.push(Link { from, to });
    }
    scenario.check().unwrap();
    scenario
}

/// The textbook with so many requests, all for `doe`, `john` and `rohan` in turn.
pub fn busy(requests: usize) -> Scenario {
    let mut scenario = Scenario::textbook();
    let Settings::Client(client) = &mut scenario.graph.nodes[0].settings else {
        panic!("the textbook begins with its client")
    };
    let keys = ["doe", "john", "rohan"].iter().cycle();
    client.requests = keys.take(requests).map(|k| Request::get(key(k))).collect();
    scenario
}

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
        Fact::HopEnded { hop, receipt, .. } => {
            let to = &asked[*hop as usize];
            format!("{to} ! {}: {}", receipt.outcome, receipt.reply.text)
        }
        Fact::RequestEnded { status, answer, .. } => format!("{status} {answer}"),
        Fact::RunEnded { end, .. } => format!("end {end:?}"),
        Fact::DataChanged { node } => format!("changed {node}"),
        Fact::ScenarioSaved { version, by } => format!("saved {version} by {by}"),
    };
    events.iter().map(line).collect()
}

/// The outcomes of a node's hops, in the order of their ends.
pub fn outcomes(events: &[Event], node: &str) -> Vec<Outcome> {
    let mut asked = Vec::new();
    let mut outcomes = Vec::new();
    for event in events {
        match &event.fact {
            Fact::HopStarted { to, .. } => asked.push(to.as_str()),
            Fact::HopEnded { hop, receipt, .. } if asked[*hop as usize] == node => outcomes.push(receipt.outcome),
            _ => {}
        }
    }
    outcomes
}

/// The status codes, in the order of the answers.
pub fn statuses(events: &[Event]) -> Vec<u16> {
    let status = |event: &Event| match event.fact {
        Fact::RequestEnded { status, .. } => Some(status),
        _ => None,
    };
    events.iter().filter_map(status).collect()
}

pub fn end(events: &[Event]) -> Option<RunEnd> {
    match events.last()?.fact {
        Fact::RunEnded { end, .. } => Some(end),
        _ => None,
    }
}

/// The keys of a Redis node with their values.
pub async fn cached(sandbox: &Sandbox, node: &str) -> Vec<(String, String)> {
    let keys = sandbox.keys(&id(node)).await.unwrap();
    keys.into_iter().map(|now| (now.key, now.value)).collect()
}

/// Sends a signal to a process that this test started.
pub fn signal(name: &str, pid: Option<u32>) {
    let pid = pid.expect("it runs").to_string();
    let done = std::process::Command::new("kill").args([name, &pid]).status().unwrap();
    assert!(done.success());
}

/// Asks again and again until it is so.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    timeout(LONG / 2, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("never: {what}"));
}
