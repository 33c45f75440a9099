//! Drawings in a few words.

use aside_domain::graph::{Client, Postgres, Redis, Server};
use aside_domain::{Key, Link, Name, Node, NodeId, Point, Request, Row, Scenario, SeedKey, Settings, Value};

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
            "client" => Settings::Client(Client { requests: entries.iter().map(request).collect(), traffic: None }),
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
