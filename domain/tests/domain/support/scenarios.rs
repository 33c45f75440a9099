//! Any scenario that a person could draw, and graphs that nobody could.

use aside_domain::graph::{Breaker, Client, Command, Postgres, Redis, Server, check_kinds};
use aside_domain::scenario::FORMAT;
use aside_domain::{
    Condition, DataSet, Distribution, Graph, Hold, Key, Kind, Leg, Link, Method, Name, Node, NodeId, Point, Request,
    Resource, Row, Scenario, SeedKey, Settings, Traffic, Value, WritePolicy, limits,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::ops::RangeInclusive;

pub fn names() -> impl Strategy<Value = Name> {
    "\\PC{1,64}".prop_filter_map("a name", |text| Name::new(text).ok())
}

fn few_keys() -> impl Strategy<Value = Key> + Clone {
    select(vec!["rohan", "john", "doe"]).prop_map(super::key)
}

pub fn keys() -> impl Strategy<Value = Key> {
    let any = "\\PC{1,32}".prop_filter_map("a key", |text| Key::new(text).ok());
    prop_oneof![
        3 => few_keys(),
        1 => any,
    ]
}

pub fn values() -> impl Strategy<Value = Value> {
    "(?s).{0,40}".prop_filter_map("a value", |text| Value::new(text).ok())
}

pub fn points() -> impl Strategy<Value = Point> {
    let reach = -limits::CANVAS_REACH..=limits::CANVAS_REACH;
    (reach.clone(), reach).prop_map(|(x, y)| Point::new(x, y))
}

/// Points that may stand too far out.
pub fn wild_points() -> impl Strategy<Value = Point> {
    prop_oneof![points(), (any::<i32>(), any::<i32>()).prop_map(|(x, y)| Point::new(x, y))]
}

pub fn kinds() -> impl Strategy<Value = Kind> {
    select(&Kind::ALL[..])
}

/// Whether what is made keeps the rules, or may break them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    Kept,
    Wild,
}

impl Rules {
    /// Numbers within a limit; wild ones now and then lie just outside.
    fn numbers(self, within: RangeInclusive<u32>) -> BoxedStrategy<u32> {
        let (low, high) = (*within.start(), *within.end());
        match self {
            Self::Kept => within.boxed(),
            Self::Wild => prop_oneof![12 => within, 1 => Just(low.saturating_sub(1)), 1 => Just(high + 1)].boxed(),
        }
    }

    fn ttls(self) -> BoxedStrategy<u32> {
        self.numbers(1..=limits::TTL_S)
    }

    /// Delays of links, most of which have none.
    fn delays(self) -> BoxedStrategy<u32> {
        prop_oneof![2 => Just(0), 1 => self.numbers(0..=limits::DELAY_MS)].boxed()
    }

    fn requests(self) -> BoxedStrategy<Request> {
        let right = prop_oneof![
            3 => keys().prop_map(Request::get),
            1 => (keys(), values()).prop_map(|(key, value)| Request::put(key, value)),
            1 => keys().prop_map(Request::delete),
        ];
        let any = (select(&Method::ALL[..]), keys(), option::of(values()));
        let any = any.prop_map(|(method, key, value)| Request { method, key, value });
        match self {
            Self::Kept => right.boxed(),
            Self::Wild => prop_oneof![20 => right, 1 => any].boxed(),
        }
    }

    fn servers(self) -> BoxedStrategy<Server> {
        let timeout = prop_oneof![
            2 => Just(Some(Server::USUAL_TIMEOUT_MS)),
            1 => Just(None),
            2 => self.numbers(1..=limits::REQUEST_MS).prop_map(Some),
        ];
        let breaker = (self.numbers(1..=limits::BREAKER_FAILURES), self.numbers(1..=limits::BREAKER_OPEN_S));
        let breaker = breaker.prop_map(|(failures, open_s)| Breaker { failures, open_s });
        let resource = prop_oneof![
            2 => Just(Resource::default()),
            1 => "[a-z0-9-]{1,32}".prop_filter_map("a resource", |text| Resource::new(text).ok()),
        ];
        let switches = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
        let first = (
            self.ttls(),
            select(&WritePolicy::ALL[..]),
            timeout,
            option::of(self.numbers(1..=limits::NEGATIVE_TTL_S)),
            option::of(self.numbers(1..=limits::JITTER_PERCENT)),
        );
        (first, option::of(breaker), switches, resource)
            .prop_map(|(first, breaker, (single_flight, lease, early_refresh, is_private), resource)| {
                let (ttl_s, policy, redis_timeout_ms, negative_ttl_s, jitter_percent) = first;
                Server {
                    ttl_s,
                    policy,
                    redis_timeout_ms,
                    negative_ttl_s,
                    jitter_percent,
                    single_flight,
                    breaker,
                    lease,
                    early_refresh,
                    is_private,
                    resource,
                }
            })
            .boxed()
    }

    fn traffic(self) -> BoxedStrategy<Traffic> {
        let numbers = (
            self.numbers(1..=Traffic::USERS),
            option::of(self.numbers(1..=Traffic::RATE_PER_S)),
            self.numbers(1..=Traffic::DURATION_S),
            self.numbers(0..=100),
            self.numbers(Traffic::KEYS),
        );
        let distribution = select(&Distribution::ALL[..]);
        (numbers, distribution, any::<u32>())
            .prop_map(|((users, rate_per_s, duration_s, write_percent, keys), distribution, seed)| Traffic {
                users,
                rate_per_s,
                duration_s,
                write_percent,
                keys,
                distribution,
                seed,
            })
            .boxed()
    }

    fn settings(self) -> BoxedStrategy<Settings> {
        let seeds = (btree_map(keys(), (values(), option::of(self.ttls())), 0..4), any::<bool>());
        let rows = (btree_map(keys(), values(), 0..4), any::<bool>(), option::of(select(&DataSet::ALL[..])));
        let clients = (vec(self.requests(), 0..5), option::weighted(0.3, self.traffic()));
        prop_oneof![
            clients.prop_map(|(requests, traffic)| Settings::Client(Client { requests, traffic })),
            self.servers().prop_map(Settings::Server),
            seeds.prop_map(|(seeds, is_off)| {
                let seed = |(key, (value, ttl_s))| SeedKey { key, value, ttl_s };
                let keys = seeds.into_iter().map(seed).collect();
                Settings::Redis(Redis { keys, is_off })
            }),
            rows.prop_map(|(rows, is_off, data_set)| {
                let rows = rows.into_iter().map(|(key, value)| Row { key, value }).collect();
                Settings::Postgres(Postgres { rows, is_off, data_set })
            }),
        ]
        .boxed()
    }
}

/// What a link holds, if it holds anything.
pub fn holds() -> impl Strategy<Value = Option<Hold>> + Clone {
    let commands = Kind::ALL.into_iter().flat_map(|kind| Command::of(kind).iter().copied()).collect::<Vec<_>>();
    let parts = (select(vec![Leg::Message, Leg::Reply]), option::of(select(commands)), option::of(few_keys()));
    option::weighted(0.3, parts.prop_map(|(leg, command, key)| Hold { leg, command, key }))
}

pub fn conditions() -> impl Strategy<Value = Condition> + Clone {
    prop_oneof![2 => Just(Condition::Up), 1 => select(&Condition::ALL[..])]
}

/// Delays of links that may be too long.
pub fn wild_delays() -> impl Strategy<Value = u32> + Clone {
    Rules::Wild.delays()
}

pub fn settings() -> impl Strategy<Value = Settings> {
    Rules::Kept.settings()
}

/// Settings that may break a rule.
pub fn wild_settings() -> impl Strategy<Value = Settings> {
    let requests = vec![Request::get(super::key("rohan")); limits::REQUESTS_PER_RUN + 1];
    prop_oneof![
        20 => Rules::Wild.settings(),
        1 => Just(Settings::Client(Client { requests, traffic: None })),
    ]
}

/// Any scenario within the rules, with its links in any order.
pub fn scenarios() -> impl Strategy<Value = Scenario> {
    let nodes = vec(("[a-z0-9-]{0,6}", names(), points(), settings()), 0..9);
    let links = vec((any::<Index>(), any::<Index>(), Rules::Kept.delays(), conditions(), holds()), 0..40);
    (names(), nodes, links).prop_map(|(title, nodes, wishes)| {
        let nodes: Vec<Node> = nodes
            .into_iter()
            .enumerate()
            .map(|(index, (prefix, name, at, settings))| Node {
                id: super::id(&format!("{prefix}-{index}")),
                name,
                at,
                settings,
            })
            .collect();
        let mut links: Vec<Link> = Vec::new();
        for (from, to, delay_ms, condition, hold) in wishes {
            if nodes.is_empty() {
                break;
            }
            let (from, to) = (from.get(&nodes), to.get(&nodes));
            let link = Link { delay_ms, condition, hold, ..Link::new(from.id.clone(), to.id.clone()) };
            if check_kinds(from.kind(), to.kind()).is_ok() && !links.iter().any(|drawn| drawn.is(&link.id())) {
                links.push(link);
            }
        }
        Scenario { format: FORMAT, title, graph: Graph { nodes, links } }
    })
}

/// Graphs that nobody could draw: ids that come twice, links to nowhere, to itself, twice, and between any kinds.
pub fn wild_graphs() -> impl Strategy<Value = Graph> {
    let ids = || select(vec!["a", "b", "c", "d", "e", "f"]).prop_map(super::id);
    let nodes = (ids(), names(), wild_points(), wild_settings()).prop_map(|(id, name, at, settings)| Node {
        id,
        name,
        at,
        settings,
    });
    let links = (ids(), ids(), wild_delays(), conditions(), holds());
    let links = links.prop_map(|(from, to, delay_ms, condition, hold): (NodeId, NodeId, _, _, _)| Link {
        delay_ms,
        condition,
        hold,
        ..Link::new(from, to)
    });
    (vec(nodes, 0..9), vec(links, 0..16)).prop_map(|(nodes, links)| Graph { nodes, links })
}
