//! Aside's live server nodes, set up as a visitor would, through the same addresses.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use reqwest::Client;
use serde_json::{Value, json};

/// The textbook's server node: it does what the peers do.
pub const SERVER: &str = "server";
/// A server node beside it, on the same stores, with every option that a person can switch on.
pub const EVERY_OPTION: &str = "every-option";

/// A visitor with a sandbox.
pub struct Visitor {
    client: Client,
    url: String,
    sandbox: String,
}

impl Visitor {
    /// Opens the sandbox: the textbook's drawing over the data set of 200,000 users, and a second server.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let client = Client::builder().cookie_store(true).build()?;
        let mut visitor = Self { client, url: format!("http://{address}"), sandbox: String::new() };
        let opened = visitor.ask("open", json!({ "place": "free" })).await?;
        visitor.sandbox = opened["sandbox"].as_str().context("a sandbox has an id")?.to_owned();
        let mut scenario = opened["saved"]["scenario"].clone();
        let nodes = scenario["graph"]["nodes"].as_array_mut().context("a drawing has nodes")?;
        let postgres = nodes.iter_mut().find(|node| node["id"] == "postgres").context("a drawing has a Postgres")?;
        postgres["settings"]["postgres"]["data_set"] = json!("users");
        nodes.push(json!({
            "id": EVERY_OPTION,
            "name": "Every option",
            "at": { "x": 384, "y": 432 },
            "settings": {
                "server": {
                    "ttl_s": 3_600,
                    "jitter_percent": 10,
                    "negative_ttl_s": 30,
                    "single_flight": true,
                    "lease": true,
                    "early_refresh": true,
                    "breaker": { "failures": 3, "open_s": 10 },
                },
            },
        }));
        let links = scenario["graph"]["links"].as_array_mut().context("a drawing has links")?;
        links.extend(["redis", "postgres"].map(|store| json!({ "from": EVERY_OPTION, "to": store })));
        let saved = json!({
            "sandbox": visitor.sandbox,
            "scenario": scenario,
            "base": opened["saved"]["version"],
            "by": "bench",
            "refill": true,
        });
        visitor.ask("save", saved).await?;
        Ok(visitor)
    }

    /// The path of a server's keys.
    pub async fn live_path(&self, server: &str) -> Result<String> {
        let address = self.ask("live-address", json!({ "sandbox": self.sandbox, "is_fresh": false })).await?;
        let address = address.as_str().context("a live address is a text")?;
        Ok(format!("/live/{address}/{server}/users/"))
    }

    /// Reads the sandbox's events, as an open page does, until the task is ended. A reader that is too slow is cut off and
    /// comes back, as a browser does.
    pub async fn watch(self) -> Result<()> {
        loop {
            let events = self.client.get(format!("{}/api/sandboxes/{}/events", self.url, self.sandbox)).send().await?;
            let mut events = events.error_for_status()?;
            while events.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
        }
    }

    async fn ask(&self, endpoint: &str, arguments: Value) -> Result<Value> {
        let request = self.client.post(format!("{}/api/{endpoint}", self.url)).json(&arguments);
        let answer = request.header("sec-fetch-site", "same-origin").send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("{endpoint} answered {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }
}
