//! Validation: what of a drawing can run, and what there is to say about it.
//!
//! It never fails. Every issue is tied to the node or link that it is about, and is written for a learner.

use crate::graph::{Condition, DataSet, Graph, Hold, Kind, LinkId, Map, NodeId, Request, Server, Settings, Traffic};
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
        server_of(&Map::of(graph), graph.index(server)?)
    }

    /// The servers of a client, in link order.
    #[must_use]
    pub fn behind(graph: &Graph, client: &NodeId) -> Vec<Self> {
        let map = Map::of(graph);
        let servers = graph.index(client).into_iter().flat_map(|client| map.targets(client, Kind::Server));
        servers.filter_map(|server| server_of(&map, server)).collect()
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
                let servers = map.targets(index, Kind::Server);
                let servers: Vec<ServerPlan> = servers.filter_map(|index| server_of(&map, index)).collect();
                if let Some(traffic) = &client.traffic {
                    lost_keys(graph, traffic, &servers).iter().for_each(|sentence| say(Severity::Warning, sentence));
                } else if client.requests.is_empty() {
                    say(Severity::Blocked, "This client has no requests: add one in its inspector.");
                }
                if servers.is_empty() {
                    say(Severity::Blocked, "This client is not linked to a server: its requests have nowhere to go.");
                }
                if !client.requests.is_empty() && !servers.is_empty() && client.traffic.is_none() {
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
    let holding = graph.links.iter().filter_map(|link| {
        let message = holds(link.hold.as_ref()?);
        Some(Issue { subject: Subject::Link(link.id()), severity: Severity::Note, message })
    });
    issues.extend(holding);
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

/// How the server at `index` answers; none if another node is there.
fn server_of(map: &Map<'_>, index: usize) -> Option<ServerPlan> {
    let node = &map.graph.nodes[index];
    let Settings::Server(settings) = &node.settings else { return None };
    let id = |index: usize| map.graph.nodes[index].id.clone();
    let database = map.targets(index, Kind::Postgres).next();
    Some(ServerPlan {
        server: node.id.clone(),
        settings: settings.clone(),
        caches: map.targets(index, Kind::Redis).map(id).collect(),
        database: database.map(id),
        data_set: database.and_then(|database| map.data_set(database)),
    })
}

/// What there is to say about a client whose traffic asks for keys that are nowhere; each sentence once, also where several
/// servers have the same database.
fn lost_keys(graph: &Graph, traffic: &Traffic, servers: &[ServerPlan]) -> Vec<String> {
    let name = |id: &NodeId| graph.node(id).map(|node| node.name.as_str()).unwrap_or_default();
    let mut sentences: Vec<String> = Vec::new();
    for plan in servers {
        let sentence = match (&plan.database, plan.data_set) {
            (Some(database), Some(set)) if traffic.keys > set.keys() => format!(
                "This client draws from {} keys, and {} has {} {}: a read of any other ends in 404.",
                traffic.keys,
                name(database),
                set.keys(),
                set.word()
            ),
            (None, _) => {
                format!("{} has no database: what no cache holds ends in 404.", name(&plan.server))
            }
            _ => continue,
        };
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

/// What there is to say about a link that holds packets.
fn holds(hold: &Hold) -> String {
    let minutes = limits::HELD_S / 60;
    format!("This link holds packets: {hold} waits until somebody lets it go, or for {minutes} minutes.")
}
