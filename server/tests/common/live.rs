//! A visitor's drawing, as a live service.

use aside_domain::{Link, LinkId, NodeId, Saved, Scenario, Settings, graph};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::{Reader, Running, Visitor};

/// A visitor with a sandbox, and the address of its live service.
pub struct Service {
    pub visitor: Visitor,
    pub sandbox: String,
    pub address: String,
    saved: Saved,
    /// A program that knows the address and nothing else.
    program: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The key's value, as JSON.
    pub fn value(&self) -> Value {
        self.json()["value"].clone()
    }

    /// What the caches did.
    pub fn caches(&self) -> &str {
        self.header("cache-status")
    }

    /// What a problem tells.
    pub fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap().to_owned()
    }
}

impl Service {
    /// The textbook's example, of a new visitor.
    pub async fn of(running: &Running) -> Self {
        let visitor = running.visitor();
        let mut opened = visitor.ask("open", json!({ "place": "free" })).await;
        let sandbox = opened["sandbox"].as_str().unwrap().to_owned();
        let saved = serde_json::from_value(opened["saved"].take()).unwrap();
        let mut service = Self { visitor, sandbox, address: String::new(), saved, program: Client::new() };
        service.ask_address(false).await;
        service
    }

    pub async fn ask_address(&mut self, is_fresh: bool) {
        let arguments = json!({ "sandbox": self.sandbox, "is_fresh": is_fresh });
        self.address = self.visitor.ask("live-address", arguments).await.as_str().unwrap().to_owned();
    }

    /// Changes the drawing, and saves it.
    pub async fn draw(&mut self, change: impl FnOnce(&mut Scenario)) {
        change(&mut self.saved.scenario);
        let Saved { scenario, version } = &self.saved;
        let arguments =
            json!({ "sandbox": self.sandbox, "scenario": scenario, "base": version, "by": "a test", "refill": false });
        self.saved.version = self.visitor.ask("save", arguments).await.as_u64().unwrap();
    }

    /// Changes the settings of the server of that id.
    pub async fn set(&mut self, server: &str, change: impl FnOnce(&mut graph::Server)) {
        self.draw(|scenario| {
            if let Settings::Server(settings) = settings_of(scenario, server) {
                change(settings);
            }
        })
        .await;
    }

    /// Changes the link from one node to another.
    pub async fn link(&mut self, from: &str, to: &str, change: impl FnOnce(&mut Link)) {
        let id = LinkId::new(NodeId::new(from).unwrap(), NodeId::new(to).unwrap());
        self.draw(|scenario| change(scenario.graph.links.iter_mut().find(|link| link.is(&id)).unwrap())).await;
    }

    /// Switches a store off or on.
    pub async fn switch(&mut self, store: &str, off: bool) {
        self.draw(|scenario| settings_of(scenario, store).switch(off)).await;
    }

    /// Asks what a line says: a method, then what comes after the address; a body and headers, if there are any.
    pub async fn send(&self, line: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        self.send_to(method, &format!("/live/{}/{path}", self.address), headers, body).await
    }

    /// Asks for any path.
    pub async fn send_to(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let mut request = self.program.request(method.parse().unwrap(), format!("{}{path}", self.visitor.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        read(request.send().await.unwrap()).await
    }

    /// Reads a key of the textbook's server.
    pub async fn get(&self, key: &str) -> Answer {
        self.send(&format!("GET server/users/{key}"), &[], None).await
    }

    /// Writes a key of the textbook's server.
    pub async fn put(&self, key: &str, value: &Value) -> Answer {
        let json = [("content-type", "application/json")];
        self.send(&format!("PUT server/users/{key}"), &json, Some(&json!({ "value": value }).to_string())).await
    }

    pub async fn events(&self) -> Reader {
        self.visitor.events(&self.sandbox, None).await
    }
}

fn settings_of<'a>(scenario: &'a mut Scenario, node: &str) -> &'a mut Settings {
    let mut nodes = scenario.graph.nodes.iter_mut();
    &mut nodes.find(|found| found.id.as_str() == node).unwrap().settings
}

async fn read(response: Response) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.text().await.unwrap() }
}
