//! What the tests share: real stores, one runtime for all, visitors, scenarios, and runs told as short lines.

#![allow(dead_code, reason = "every test binary uses another part of this")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use aside_domain::graph::{Client, Postgres, Redis, Server};
use aside_domain::{Event, Fact, Key, Link, Node, NodeId, Note, Outcome, Place, Point, Receipt, Request, RunEnd};
use aside_domain::{Name, Row, Scenario, SeedKey, Settings, Value};
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

/// How long runs wait for a store in tests that are not about timeouts. What is injected does not depend on it.
pub const PATIENT: Duration = Duration::from_secs(10);

/// One for all tests of a binary: connections and the stores' watch belong to it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Runs a test, in bounded time.
pub fn test(body: impl Future<Output = ()>) {
    test_within(LONG, body);
}

/// Runs a test that takes longer than others do.
pub fn test_within(limit: Duration, body: impl Future<Output = ()>) {
    RUNTIME.block_on(async { timeout(limit, body).await.expect("the test takes too long") });
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

    /// One that waits for a Redis which is late because the machine is busy.
    pub async fn engine(&self) -> Engine {
        let config = Config::new(self.stores.redis_url(), self.stores.database_url());
        Engine::connect(Config { least_redis_patience: PATIENT, ..config }).await.unwrap()
    }

    /// One that waits for Redis exactly as long as its servers say: for tests about just that.
    pub async fn strict_engine(&self) -> Engine {
        Engine::connect(Config::new(self.stores.redis_url(), self.stores.database_url())).await.unwrap()
    }

    /// How often Postgres says that it carried out statements whose text is like that. None, after a word about it, if this
    /// Postgres cannot count.
    pub async fn count(&self, like: &str) -> Option<i64> {
        let pool = sqlx::PgPool::connect(self.stores.database_url()).await.unwrap();
        if let Err(error) = sqlx::query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").execute(&pool).await {
            eprintln!("SKIPPED, NOTHING WAS PROVEN: this Postgres cannot count statements ({error})");
            return None;
        }
        let sql = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query LIKE $1";
        let calls = sqlx::query_scalar::<_, i64>(sql).bind(like).fetch_one(&pool).await.unwrap();
        pool.close().await;
        Some(calls)
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
    let config = Config::new(redis_url, database_url);
    Engine::connect(Config { least_redis_patience: PATIENT, postgres_timeout: PATIENT, ..config }).await.unwrap()
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

/// A drawing in a few words: `client:a,PUT b=1,DELETE c` sends GET a and so on; `server`; `redis:a=1`; `postgres:a=1,b=2`. A
/// node's id is the first word, with a number for the second of a kind: `redis2`. Links as `client>server`.
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
        let request = |&(k, v): &(&str, &str)| match k.split_once(' ') {
            Some(("PUT", k)) => Request::put(key(k), value(v)),
            Some(("DELETE", k)) => Request::delete(key(k)),
            Some((_, k)) => Request::get(key(k)), // GET
            None => Request::get(key(k)),
        };
        let settings = match name.trim_end_matches(char::is_numeric) {
            "client" => Settings::Client(Client { requests: entries.iter().map(request).collect() }),
            "server" => Settings::Server(Server { ttl_s: 60, ..Server::default() }),
            "redis" => {
                let keys = entries.iter().map(seed).map(|(key, value)| SeedKey { key, value, ttl_s: None });
                Settings::Redis(Redis { keys: keys.collect(), ..Redis::default() })
            }
            "postgres" => {
                let rows = entries.iter().map(seed).map(|(key, value)| Row { key, value });
                Settings::Postgres(Postgres { rows: rows.collect(), ..Postgres::default() })
            }
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
        scenario.graph.links.push(Link::new(id(from), id(to)));
    }
    scenario.check().unwrap();
    scenario
}

/// `client>server`, `server>redis`, `server>postgres`: what most drawings are linked like.
pub const LINKS: [&str; 3] = ["client>server", "server>redis", "server>postgres"];

/// A client that sends that, a server, and two stores that hold that.
pub fn usual(client: &str, redis: &str, postgres: &str) -> Scenario {
    let nodes = [format!("client:{client}"), "server".into(), format!("redis:{redis}"), format!("postgres:{postgres}")];
    drawing(&nodes.each_ref().map(String::as_str), &LINKS)
}

/// What may be said of a drawing that is not in its words.
pub trait Amend: Sized {
    /// Changes the settings of every server.
    fn server(self, change: impl Fn(&mut Server)) -> Self;
    /// Changes one link: `server>redis`.
    fn link(self, link: &str, change: impl FnOnce(&mut Link)) -> Self;
    /// Switches a store off or on.
    fn switch(self, node: &str, off: bool) -> Self;
}

impl Amend for Scenario {
    fn server(mut self, change: impl Fn(&mut Server)) -> Self {
        for node in &mut self.graph.nodes {
            if let Settings::Server(server) = &mut node.settings {
                change(server);
            }
        }
        self
    }

    fn link(mut self, link: &str, change: impl FnOnce(&mut Link)) -> Self {
        let (from, to) = link.split_once('>').unwrap();
        let link = self.graph.links.iter_mut().find(|link| link.from.as_str() == from && link.to.as_str() == to);
        change(link.expect("it is drawn"));
        self
    }

    fn switch(mut self, node: &str, off: bool) -> Self {
        let node = self.graph.nodes.iter_mut().find(|other| other.id.as_str() == node);
        node.expect("it is drawn").settings.switch(off);
        self
    }
}

/// Saves a sandbox's scenario with a change.
pub async fn amend(sandbox: &Sandbox, change: impl FnOnce(Scenario) -> Scenario) {
    let saved = sandbox.saved().await.unwrap();
    sandbox.save(change(saved.scenario), saved.version, "test").await.unwrap();
}

/// Gives a link of a sandbox that condition.
pub async fn set_condition(sandbox: &Sandbox, link: &str, condition: aside_domain::Condition) {
    amend(sandbox, |scenario| scenario.link(link, |link| link.condition = condition)).await;
}

/// Switches a store of a sandbox off or on.
pub async fn switch(sandbox: &Sandbox, node: &str, off: bool) {
    amend(sandbox, |scenario| scenario.switch(node, off)).await;
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
        Fact::HopEnded { hop, receipt, .. } => {
            let to = &asked[*hop as usize];
            format!("{to} ! {}: {}", receipt.outcome, receipt.reply.text)
        }
        Fact::Noted { request, note: Note::Waited { leader, .. }, .. } => format!("#{request} waited for #{leader}"),
        Fact::Noted { request, note: Note::NotSent { cache, shown }, .. } => {
            format!("#{request} not sent to {cache}: {shown}")
        }
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

/// The keys of a Redis node with their values.
pub async fn cached(sandbox: &Sandbox, node: &str) -> Vec<(String, String)> {
    let keys = sandbox.keys(&id(node)).await.unwrap();
    keys.into_iter().map(|now| (now.key, now.value)).collect()
}

/// The rows of a Postgres node.
pub async fn stored(sandbox: &Sandbox, node: &str) -> Vec<(String, String)> {
    let rows = sandbox.rows(&id(node)).await.unwrap();
    rows.into_iter().map(|now| (now.key, now.value)).collect()
}

/// Entries as `stored` and `cached` give them.
pub fn entries(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// How many entries each store has.
pub async fn sizes(sandbox: &Sandbox) -> Vec<(NodeId, u64)> {
    let sizes = sandbox.sizes().await.unwrap();
    sizes.into_iter().map(|held| (held.node, held.entries)).collect()
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
