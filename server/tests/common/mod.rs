//! What the tests share: a server with a small made-up site, and visitors who talk to it.

#![allow(dead_code, reason = "every test binary uses its own part")]

pub mod live;

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use aside_domain::{DataEdit, Event, Fact, Key};
use aside_server::{Cli, Server, Settings};
use clap::Parser;
use futures::{Stream, StreamExt};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Far more than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The version of the made-up site.
pub const VERSION: &str = "0123abcd";

/// A directory for a data directory and a site. Stores that are started by root run as another user, who must get in.
pub fn base() -> TempDir {
    let base = tempfile::Builder::new().prefix("aside-server-").tempdir().unwrap();
    fs::set_permissions(base.path(), fs::Permissions::from_mode(0o755)).unwrap();
    base
}

/// Writes a site as `cargo xtask build` would.
pub fn write_site(base: &Path) -> PathBuf {
    let site = base.join("site");
    let folder = site.join(VERSION);
    fs::create_dir_all(&folder).unwrap();
    fs::write(site.join("VERSION"), format!("{VERSION}\n")).unwrap();
    fs::write(site.join(".made-from"), "secret").unwrap();
    fs::write(folder.join("aside.js"), "export {};").unwrap();
    fs::write(folder.join("aside.js.br"), "brotli").unwrap();
    fs::write(folder.join("aside.js.gz"), "gzip").unwrap();
    fs::write(folder.join("aside_bg.wasm"), b"\0asm\x01\0\0\0").unwrap();
    fs::write(folder.join("favicon.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    site
}

/// A server inside this process, with stores of its own. It ends when the last test lets go of it.
pub struct Running {
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _base: TempDir,
}

/// The server that all tests of a binary share.
pub fn server() -> Arc<Running> {
    static SHARED: Mutex<Weak<Running>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let running = Arc::new(Running::start(|_| {}));
        *shared = Arc::downgrade(&running);
        running
    })
}

impl Running {
    /// A server of a test's own, with settings of its own.
    pub fn start(set: impl FnOnce(&mut Settings)) -> Self {
        let base = base();
        let mut settings = settings(base.path());
        set(&mut settings);
        let (end, ended) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        // A runtime of its own: each test's ends with the test.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let server = Server::start(&settings, |_| {}).await.unwrap();
                tell.send(server.address()).unwrap();
                let _ = ended.await;
                server.stop().await;
            });
        });
        let address = told.recv().expect("the server starts");
        Self { address, end: Some(end), thread: Some(thread), _base: base }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::of(self.url())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn settings(base: &Path) -> Settings {
    let site = write_site(base);
    let data_dir = base.join("data");
    let line = ["aside", "--listen", "127.0.0.1:0", "--redis-url", "", "--database-url", ""].map(Into::into);
    let mut settings = Cli::parse_from::<_, std::ffi::OsString>(line).settings;
    settings.site = site;
    settings.data_dir = data_dir;
    settings
}

/// A browser, as far as the server can tell.
#[derive(Clone)]
pub struct Visitor {
    pub url: String,
    pub client: Client,
}

impl Visitor {
    pub fn of(url: String) -> Self {
        Self { url, client: Client::builder().cookie_store(true).build().unwrap() }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    /// Calls a server function; the answer's status, and its JSON.
    pub async fn call(&self, endpoint: &str, arguments: &Value) -> (u16, Value) {
        let request = self.client.post(format!("{}/api/{endpoint}", self.url)).json(arguments);
        let response = request.header("sec-fetch-site", "same-origin").send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{endpoint} answers JSON, not {text:?}"));
        (status, json)
    }

    /// Calls a server function that must succeed.
    pub async fn ask(&self, endpoint: &str, arguments: Value) -> Value {
        let (status, json) = self.call(endpoint, &arguments).await;
        assert_eq!(status, 200, "{endpoint}: {json}");
        json
    }

    /// Opens the sandbox at a place; its id.
    pub async fn open(&self, place: &str) -> String {
        let opened = self.ask("open", json!({ "place": place })).await;
        opened["sandbox"].as_str().unwrap().to_owned()
    }

    /// Puts an entry into a store node of the textbook's example.
    pub async fn put(&self, sandbox: &str, kind: &str, key: &str, value: &str) {
        self.ask("edit", put(sandbox, kind, key, value)).await;
    }

    /// What a store node of the textbook's example holds.
    pub async fn contents(&self, sandbox: &str, kind: &str) -> Value {
        self.ask("contents", json!({ "sandbox": sandbox, "node": kind, "kind": kind })).await
    }

    /// Asks for a sandbox's events, after `cursor` if there is one.
    pub async fn ask_events(&self, sandbox: &str, cursor: Option<&str>) -> Response {
        let mut request = self.client.get(format!("{}/api/sandboxes/{sandbox}/events", self.url));
        if let Some(cursor) = cursor {
            request = request.header("last-event-id", cursor);
        }
        request.send().await.unwrap()
    }

    pub async fn events(&self, sandbox: &str, cursor: Option<&str>) -> Reader {
        let response = self.ask_events(sandbox, cursor).await;
        assert_eq!(response.status(), 200);
        Reader::of(response)
    }
}

/// The arguments that put an entry into a store node of the textbook's example, whose id is its kind.
pub fn put(sandbox: &str, kind: &str, key: &str, value: &str) -> Value {
    let (key, value) = (Key::new(key).unwrap(), aside_domain::Value::new(value).unwrap());
    let edit = DataEdit::Put { key, value, ttl_s: None };
    json!({ "sandbox": sandbox, "node": kind, "kind": kind, "edit": edit })
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub name: String,
    pub id: String,
    pub data: Value,
}

impl Item {
    pub fn seq(&self) -> u64 {
        self.data["seq"].as_u64().unwrap()
    }

    /// What it tells, if it is an event.
    pub fn told(&self) -> Option<Fact> {
        (self.name == "event").then(|| self.fact())
    }

    /// What an event tells.
    pub fn fact(&self) -> Fact {
        serde_json::from_value::<Event>(self.data.clone()).unwrap().fact
    }

    pub fn ends_a_run(&self) -> bool {
        matches!(self.fact(), Fact::RunEnded { .. })
    }
}

/// Reads server-sent events.
pub struct Reader {
    bytes: Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>,
    received: Vec<u8>,
    /// What of it is read.
    read: usize,
    pub retry: Option<String>,
}

impl Reader {
    pub fn of(response: Response) -> Self {
        let bytes = response.bytes_stream().map(|chunk| chunk.expect("the stream ends in order").to_vec());
        Self { bytes: Box::pin(bytes), received: Vec::new(), read: 0, retry: None }
    }

    /// The next event; none when the server ended the stream.
    pub async fn next(&mut self) -> Option<Item> {
        loop {
            while let Some(length) = self.received[self.read..].windows(2).position(|pair| pair == b"\n\n") {
                let block = String::from_utf8(self.received[self.read..][..length].to_vec()).unwrap();
                self.read += length + 2;
                if let Some(item) = self.item(&block) {
                    return Some(item);
                }
            }
            let chunk = timeout(PATIENCE, self.bytes.next()).await.expect("something comes")?;
            self.received.drain(..std::mem::take(&mut self.read));
            self.received.extend(chunk);
        }
    }

    fn item(&mut self, block: &str) -> Option<Item> {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            Some(line.strip_prefix(' ').unwrap_or(line).to_owned())
        };
        self.retry = self.retry.take().or(field("retry"));
        let data = field("data")?;
        Some(Item { name: field("event")?, id: field("id")?, data: serde_json::from_str(&data).unwrap() })
    }

    /// All events up to the end of a run.
    pub async fn run(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        loop {
            let item = self.next().await.expect("the run ends before the stream");
            let is_last = item.ends_a_run();
            items.push(item);
            if is_last {
                return items;
            }
        }
    }
}
