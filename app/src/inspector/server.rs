//! A server: how it reads and writes, what it does when its cache fails, and whom it asks.

use super::controls::{choice, switch};
use super::field::{Number, TTL_RANGE};
use super::live_service::live_service;
use super::{configure, mention, server_figures, settings};
use crate::editor::Editor;
use crate::state::StoredValue;
use crate::view::{dynamic, text, view, when};
use crate::workbench::bench;
use aside_domain::graph::{Breaker, Server};
use aside_domain::{Kind, NodeId, Settings, WritePolicy, limits};
use leptos::prelude::*;

/// The settings of one server: a cheap handle.
#[derive(Clone, Copy)]
pub struct Own {
    pub editor: Editor,
    pub id: StoredValue<NodeId>,
}

impl Own {
    /// The settings; tracks them.
    pub fn get(self) -> Server {
        match self.id.with_value(|id| settings(self.editor, id)) {
            Some(Settings::Server(server)) => server,
            _ => Server::default(),
        }
    }

    /// Changes them.
    pub fn set(self, set: &dyn Fn(&mut Server)) {
        self.id.with_value(|id| {
            configure(self.editor, id, &mut |settings| match settings {
                Settings::Server(server) => {
                    let before = server.clone();
                    set(server);
                    *server != before
                }
                _ => false,
            })
        });
    }

    /// A field for one of its numbers.
    fn number(self, number: Number<Server>) -> AnyView {
        number.field(move || self.get(), move |set| self.set(set))
    }

    /// A switch, and what is to be set while it is on.
    fn option(self, option: Choice) -> AnyView {
        let Choice { id, label, why, is_on, turn, numbers } = option;
        let is_on = super::settled(when(move || is_on(&self.get())));
        let fields = dynamic(move || {
            let fields = is_on.get().then(|| numbers().into_iter().map(|number| self.number(number)));
            fields.into_iter().flatten().collect::<Vec<_>>().into_any()
        });
        view! { {switch(id, label, why, is_on, Box::new(move |on| self.set(&|server| turn(server, on))))} {fields} }
            .into_any()
    }
}

/// Something that a server can do or leave.
struct Choice {
    id: &'static str,
    label: &'static str,
    why: &'static str,
    is_on: fn(&Server) -> bool,
    turn: fn(&mut Server, bool),
    numbers: fn() -> Vec<Number<Server>>,
}

/// The settings of a server.
pub fn server_settings(editor: Editor, id: NodeId) -> AnyView {
    let own = Own { editor, id: StoredValue::new(id.clone()) };
    let asked = {
        let id = id.clone();
        dynamic(move || {
            editor.revision().track();
            path(editor, targets(editor, &id, Kind::Redis), targets(editor, &id, Kind::Postgres))
        })
    };
    view! {
        {part("inspector-reads", "Reads", vec![own.number(TTL), quiet(TTL_WHY), own.option(JITTER), own.option(NEGATIVE), own.option(SINGLE_FLIGHT), own.option(EARLY_REFRESH), own.option(LEASE)])}
        {part("inspector-writes", "Writes", vec![write_policy(own)])}
        {part("inspector-failures", "When Redis fails", vec![own.number(TIMEOUT), quiet(TIMEOUT_WHY), own.option(BREAKER), breaker_now(id.clone())])}
        {live_service(own)}
        {server_figures::figures(id)}
        {part("inspector-asks", "Whom it asks", vec![asked])}
    }
    .into_any()
}

/// A part of the panel, under a heading.
pub fn part(id: &'static str, title: &'static str, content: Vec<AnyView>) -> AnyView {
    view! {
        <section class="inspector-part" aria-labelledby=id>
            <h3 id=id>{title}</h3>
            {content}
        </section>
    }
    .into_any()
}

fn quiet(words: &'static str) -> AnyView {
    view! { <p class="quiet">{words}</p> }.into_any()
}

const TTL: Number<Server> = Number {
    id: "inspector-ttl",
    label: "TTL (seconds)",
    range: TTL_RANGE,
    nothing: "",
    get: |server| Some(server.ttl_s),
    set: |server, ttl_s| server.ttl_s = ttl_s.unwrap_or(server.ttl_s),
};

const TTL_WHY: &str = "How long what this server fills into a cache stays there. Nobody tells the cache when a row changes behind the server's back: the TTL bounds how old an answer can be.";

const JITTER: Choice = Choice {
    id: "inspector-jitter",
    label: "TTL jitter",
    why: "Each fill gets a slightly different TTL, so that keys that were filled together do not all expire, and miss, together.",
    is_on: |server| server.jitter_percent.is_some(),
    turn: |server, on| server.jitter_percent = on.then_some(Server::USUAL_JITTER_PERCENT),
    numbers: || {
        vec![Number {
            id: "inspector-jitter-percent",
            label: "Jitter (percent)",
            range: (1, limits::JITTER_PERCENT),
            nothing: "",
            get: |server| server.jitter_percent,
            set: |server, percent| server.jitter_percent = percent,
        }]
    },
};

const NEGATIVE: Choice = Choice {
    id: "inspector-negative",
    label: "Negative caching",
    why: "Remembers in the cache, for a short while, that a key is not there. Otherwise every read of what does not exist goes to the database. It is forgotten when the key is created through a server that tells its cache.",
    is_on: |server| server.negative_ttl_s.is_some(),
    turn: |server, on| server.negative_ttl_s = on.then_some(Server::USUAL_NEGATIVE_TTL_S),
    numbers: || {
        vec![Number {
            id: "inspector-negative-ttl",
            label: "Remembered for (seconds)",
            range: (1, limits::NEGATIVE_TTL_S),
            nothing: "",
            get: |server| server.negative_ttl_s,
            set: |server, ttl_s| server.negative_ttl_s = ttl_s,
        }]
    },
};

const SINGLE_FLIGHT: Choice = Choice {
    id: "inspector-single-flight",
    label: "Single-flight",
    why: "Concurrent misses of one key share one query: the first asks the database, the others wait for its answer. Without it a popular key that expires sends every reader to the database at once.",
    is_on: |server| server.single_flight,
    turn: |server, on| server.single_flight = on,
    numbers: Vec::new,
};

const EARLY_REFRESH: Choice = Choice {
    id: "inspector-early-refresh",
    label: "Early refresh",
    why: "A hit may query the database and fill the key anew before it expires, the more probably the less time is left: a popular key is renewed by one reader, and does not expire under all of them.",
    is_on: |server| server.early_refresh,
    turn: |server, on| server.early_refresh = on,
    numbers: Vec::new,
};

const LEASE: Choice = Choice {
    id: "inspector-lease",
    label: "Lease",
    why: "A miss takes a token, a write ends it, and a fill is stored only while its token holds. So a reader that was overtaken by a write cannot put the old value back.",
    is_on: |server| server.lease,
    turn: |server, on| server.lease = on,
    numbers: Vec::new,
};

const TIMEOUT: Number<Server> = Number {
    id: "inspector-redis-timeout",
    label: "Redis timeout (ms)",
    range: (1, limits::REQUEST_MS),
    nothing: "none",
    get: |server| server.redis_timeout_ms,
    set: |server, timeout_ms| server.redis_timeout_ms = timeout_ms,
};

const TIMEOUT_WHY: &str = "How long a request waits for Redis before it goes on without it. Empty it for none: then a cache that does not answer holds every request up until its 30 s are over.";

const BREAKER: Choice = Choice {
    id: "inspector-breaker",
    label: "Circuit breaker",
    why: "After some failures in a row the server stops asking a cache for a while, and does not wait for the same timeout again and again. Then it lets one call through, to see. While it is open no DEL gets through either.",
    is_on: |server| server.breaker.is_some(),
    turn: |server, on| server.breaker = on.then(Breaker::default),
    numbers: || {
        vec![
            Number {
                id: "inspector-breaker-failures",
                label: "Failures in a row",
                range: (1, limits::BREAKER_FAILURES),
                nothing: "",
                get: |server| server.breaker.map(|breaker| breaker.failures),
                set: |server, failures| {
                    server.breaker =
                        server.breaker.zip(failures).map(|(breaker, failures)| Breaker { failures, ..breaker });
                },
            },
            Number {
                id: "inspector-breaker-open",
                label: "Open for (seconds)",
                range: (1, limits::BREAKER_OPEN_S),
                nothing: "",
                get: |server| server.breaker.map(|breaker| breaker.open_s),
                set: |server, open_s| {
                    server.breaker = server.breaker.zip(open_s).map(|(breaker, open_s)| Breaker { open_s, ..breaker });
                },
            },
        ]
    },
};

/// How the server's circuit breakers stand, as long as one is not closed.
fn breaker_now(id: NodeId) -> AnyView {
    let (stores, editor) = (bench().stores, bench().editor);
    dynamic(move || {
        editor.revision().track();
        let name =
            |cache: &NodeId| editor.with(|scenario| scenario.graph.node(cache).map(|node| node.name.to_string()));
        let line = |(cache, state): (NodeId, &'static str)| {
            let name = name(&cache).unwrap_or_default();
            view! { <p class="breaker-now" data-breaker=state>{format!("{name}: the breaker is {state}.")}</p> }
                .into_any()
        };
        stores.breakers(&id).into_iter().map(line).collect::<Vec<_>>().into_any()
    })
}

/// The write policy, and what it does.
fn write_policy(own: Own) -> AnyView {
    let policy = text(move || own.get().policy.word().to_owned());
    let options = WritePolicy::ALL.iter().map(|policy| (policy.word(), policy.label())).collect();
    let choose = move |word: String| {
        if let Some(policy) = WritePolicy::ALL.into_iter().find(|policy| policy.word() == word) {
            own.set(&|server| server.policy = policy);
        }
    };
    let why = text(move || what_it_does(own.get().policy).to_owned());
    view! {
        {choice("inspector-policy".to_owned(), "Write policy".to_owned(), false, options, policy, Box::new(choose))}
        <p class="quiet">{why}</p>
    }
    .into_any()
}

const fn what_it_does(policy: WritePolicy) -> &'static str {
    match policy {
        WritePolicy::Invalidate => {
            "Writes the database, then deletes the key from every cache: the next read misses and fills in the new value. A reader that missed just before can still fill in the old one."
        }
        WritePolicy::Update => {
            "Writes the database, then the new value into every cache: the next read hits. Two writers that pass each other can leave the older value in the cache."
        }
        WritePolicy::Forget => {
            "Writes the database and tells no cache: the classic bug. Whoever has the key cached goes on with the old value until its TTL ends."
        }
        WritePolicy::InvalidateFirst => {
            "Deletes the key from every cache, then writes the database: the classic wrong order. A reader that comes in between fills the old value in again."
        }
    }
}

/// The nodes of a kind that a server is linked to, in link order, with their names.
fn targets(editor: Editor, server: &NodeId, kind: Kind) -> Vec<(NodeId, String)> {
    editor.with(|scenario| {
        let graph = &scenario.graph;
        let links = graph.links.iter().filter(|link| link.from == *server);
        let nodes = links.filter_map(|link| graph.node(&link.to)).filter(|node| node.kind() == kind);
        nodes.map(|node| (node.id.clone(), node.name.to_string())).collect()
    })
}

/// The way of a read, in words.
fn path(editor: Editor, caches: Vec<(NodeId, String)>, databases: Vec<(NodeId, String)>) -> AnyView {
    let step = |words: &'static str, (id, name): (NodeId, String)| {
        view! { <li>{words} {mention(editor, id, text(move || name.clone()))}</li> }.into_any()
    };
    let count = caches.len();
    let database = databases.into_iter().next();
    let end = match (count, database.is_some()) {
        (0, false) => "It is linked to no store: every request ends in 404.",
        (0, true) => "There is no cache: every read goes to the database.",
        (_, false) => "There is no database: a miss in every cache ends in 404.",
        (1, true) => "What the database has is then filled into the cache.",
        (_, true) => "What the database has is then filled into every cache that missed.",
    };
    let cache = |(index, cache)| step(if index == 0 { "asks the cache " } else { "on a miss, asks the cache " }, cache);
    let database = database.map(|database| {
        step(if count == 0 { "queries the database " } else { "on a miss, queries the database " }, database)
    });
    view! {
        <ol class="steps">
            {caches.into_iter().enumerate().map(cache).collect::<Vec<_>>()} {database}
        </ol>
        <p class="quiet">{end}</p>
    }
    .into_any()
}
