//! Validation: what of a drawing can run, and what there is to say about it.
//!
//! It never fails. Every issue is tied to the node or link that it is about, and is written for a learner.

use crate::graph::{Condition, DataSet, Graph, Kind, LinkId, NodeId, Request, Server, Settings};
use crate::limits;
use serde::{Deserialize, Serialize};

/// What can run: every client that has something to send and somewhere to send it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The clients, in the order of the drawing. They run beside each other.
    pub clients: Vec<ClientPlan>,
}

/// One client's part of a run: its requests, one after the other, to its servers in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientPlan {
    /// The client.
    pub client: NodeId,
    /// What it sends, in order.
    pub requests: Vec<Request>,
    /// Who answers, round robin; never empty.
    pub servers: Vec<ServerPlan>,
}

/// How a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPlan {
    /// The server.
    pub server: NodeId,
    /// How it reads and writes.
    pub settings: Server,
    /// The caches that it asks, in link order.
    pub caches: Vec<NodeId>,
    /// The database that it queries on a miss.
    pub database: Option<NodeId>,
    /// The shared rows under that database's own.
    pub data_set: Option<DataSet>,
}

/// What an issue is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// The whole drawing.
    Drawing,
    /// One node.
    Node(NodeId),
    /// One link.
    Link(LinkId),
}

/// How much an issue matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It runs, and something will fail.
    Warning,
    /// Its subject cannot run.
    Blocked,
}

/// Something to say about a drawing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// What it is about.
    pub subject: Subject,
    /// How much it matters.
    pub severity: Severity,
    /// A sentence for a learner.
    pub message: String,
}

impl ServerPlan {
    /// How the server of that id answers; none if there is no such server.
    #[must_use]
    pub fn of(graph: &Graph, server: &NodeId) -> Option<Self> {
        Map::of(graph).server(graph.index(server)?)
    }

    /// The servers of a client, in link order.
    #[must_use]
    pub fn behind(graph: &Graph, client: &NodeId) -> Vec<Self> {
        let map = Map::of(graph);
        let servers = graph.index(client).into_iter().flat_map(|client| map.targets(client, Kind::Server));
        servers.filter_map(|server| map.server(server)).collect()
    }
}

impl Plan {
    /// The number of requests that a run of everything would send.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.clients.iter().map(|client| client.requests.len()).sum()
    }

    /// Only these clients of the plan.
    #[must_use]
    pub fn only(mut self, clients: &[NodeId]) -> Self {
        self.clients.retain(|plan| clients.contains(&plan.client));
        self
    }
}

/// Finds what can run, and everything there is to say about the drawing, the gravest first.
#[must_use]
pub fn validate(graph: &Graph) -> (Plan, Vec<Issue>) {
    let map = Map::of(graph);
    let mut issues = Vec::new();
    let mut plan = Plan::default();
    for (index, node) in graph.nodes.iter().enumerate() {
        let mut say = |severity, message: &str| {
            issues.push(Issue { subject: Subject::Node(node.id.clone()), severity, message: message.to_owned() });
        };
        match &node.settings {
            Settings::Client(client) => {
                let servers: Vec<ServerPlan> = map.targets(index, Kind::Server).filter_map(|i| map.server(i)).collect();
                let has_traffic = client.traffic.is_some();
                if client.requests.is_empty() && !has_traffic {
                    say(Severity::Blocked, "This client has no requests: add one in its inspector.");
                }
                if servers.is_empty() {
                    say(Severity::Blocked, "This client is not linked to a server: its requests have nowhere to go.");
                }
                if !client.requests.is_empty() && !servers.is_empty() && !has_traffic {
                    plan.clients.push(ClientPlan {
                        client: node.id.clone(),
                        requests: client.requests.clone(),
                        servers,
                    });
                }
            }
            Settings::Server(_) => {
                let caches = map.targets(index, Kind::Redis).count();
                let databases = map.targets(index, Kind::Postgres).count();
                match (caches, databases) {
                    (0, 0) => say(Severity::Warning, "This server has no store: every request will end in 404."),
                    (0, _) => say(Severity::Note, "This server has no cache: every read goes to the database."),
                    (_, 0) => say(Severity::Warning, "This server has no database: a miss will end in 404."),
                    _ => {}
                }
                if databases > 1 {
                    say(Severity::Warning, "This server has several databases: only the one linked first is asked.");
                }
                if !map.is_asked(index) {
                    say(Severity::Note, "No client is linked to this server.");
                }
            }
            Settings::Redis(_) | Settings::Postgres(_) => {
                if node.settings.is_off() {
                    say(Severity::Warning, "This store is switched off: it refuses every connection.");
                }
                if !map.is_asked(index) {
                    say(Severity::Note, "No server is linked to this store.");
                }
            }
        }
    }
    let broken = graph.links.iter().filter_map(|link| {
        let message = match link.condition {
            Condition::Up => return None,
            Condition::Cut => "This link is cut: whoever asks along it is refused at once.",
            Condition::BlackHole => "This link is a black hole: no answer ever comes, and whoever asks waits in vain.",
        };
        let subject = Subject::Link(link.id());
        Some(Issue { subject, severity: Severity::Warning, message: message.to_owned() })
    });
    issues.extend(broken);
    let mut about_all =
        |message: String| issues.push(Issue { subject: Subject::Drawing, severity: Severity::Blocked, message });
    if graph.nodes.is_empty() {
        about_all("Nothing is drawn yet: add a client, a server and a store, and link them.".to_owned());
    } else if !graph.nodes.iter().any(|node| node.kind() == Kind::Client) {
        about_all("There is no client: add one, it sends the requests.".to_owned());
    }
    if plan.requests() > limits::REQUESTS_PER_RUN {
        about_all(format!(
            "The clients have {} requests together; a run can have at most {}.",
            plan.requests(),
            limits::REQUESTS_PER_RUN
        ));
        plan = Plan::default();
    }
    // The gravest first; for three grades a sort would be much code.
    let grades = [Severity::Blocked, Severity::Warning, Severity::Note];
    let of_grade = |grade| issues.iter().filter(move |issue: &&Issue| issue.severity == grade);
    let issues = grades.into_iter().flat_map(of_grade).cloned().collect();
    (plan, issues)
}

/// The drawing with its links by index, so that validation takes one walk over nodes and links.
struct Map<'a> {
    graph: &'a Graph,
    out: Vec<Vec<usize>>,
    asked: Vec<bool>,
}

impl<'a> Map<'a> {
    fn of(graph: &'a Graph) -> Self {
        let by_id: std::collections::HashMap<_, _> =
            graph.nodes.iter().enumerate().map(|(index, node)| (&node.id, index)).collect();
        let mut out = vec![Vec::new(); graph.nodes.len()];
        let mut asked = vec![false; graph.nodes.len()];
        for link in &graph.links {
            if let (Some(&from), Some(&to)) = (by_id.get(&link.from), by_id.get(&link.to)) {
                out[from].push(to);
                asked[to] = true;
            }
        }
        Self { graph, out, asked }
    }

    /// The nodes of a kind that the node at `index` is linked to, in link order.
    fn targets(&self, index: usize, kind: Kind) -> impl Iterator<Item = usize> + '_ {
        self.out[index].iter().copied().filter(move |&to| self.graph.nodes[to].kind() == kind)
    }

    fn is_asked(&self, index: usize) -> bool {
        self.asked[index]
    }

    fn server(&self, index: usize) -> Option<ServerPlan> {
        let node = &self.graph.nodes[index];
        let Settings::Server(settings) = &node.settings else {
            return None;
        };
        let id = |index: usize| self.graph.nodes[index].id.clone();
        let database = self.targets(index, Kind::Postgres).map(id).next();
        Some(ServerPlan {
            server: node.id.clone(),
            settings: settings.clone(),
            caches: self.targets(index, Kind::Redis).map(id).collect(),
            data_set: database.as_ref().and_then(|database| self.graph.data_set(database)),
            database,
        })
    }
}
