//! The engine against a model of it that fits on a page: every write policy, every option of a server and every outage, with the
//! requests of two clients in every order.

mod common;

use aside_domain::graph::{Breaker, Server};
use aside_domain::live::NOT_THERE;
use aside_domain::{Condition, Scenario, WritePolicy};
use aside_engine::{Sandbox, Which};
use common::*;
use futures::StreamExt;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Outage {
    None,
    RedisCut,
    PostgresCut,
    RedisOff,
    /// Cut, and whole again before the third request.
    RedisRestored,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Extra {
    None,
    NegativeCaching,
    Jitter,
    SingleFlight,
    Breaker,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ask {
    Put(&'static str),
    Get,
    Delete,
}

/// What the engine should do, from the drawing's documentation alone. Jitter and single-flight change nothing that can be
/// seen when requests come one at a time.
struct Model {
    policy: WritePolicy,
    option: Extra,
    redis_answers: bool,
    postgres_answers: bool,
    cache: BTreeMap<String, String>,
    rows: BTreeMap<String, String>,
    /// In a row. After two of them a breaker is open, for longer than the test takes.
    failures: u32,
}

impl Model {
    /// Whether the cache can be asked, and is.
    fn reach_cache(&mut self) -> bool {
        if self.option == Extra::Breaker && self.failures >= 2 {
            return false;
        }
        self.failures = if self.redis_answers { 0 } else { self.failures + 1 };
        self.redis_answers
    }

    /// The status code; with it the value that was read, or whether the caches were told of what was written.
    fn answer(&mut self, key: &str, ask: Ask) -> (u16, String) {
        let (value, policy) = match ask {
            Ask::Get => return self.read(key),
            Ask::Put(value) => (Some(value), self.policy),
            Ask::Delete => (None, self.policy),
        };
        let mut told = true;
        if policy == WritePolicy::InvalidateFirst {
            told = self.tell(key, None);
        }
        if !self.postgres_answers {
            return (503, String::new());
        }
        let before = match value {
            Some(value) => self.rows.insert(key.to_owned(), value.to_owned()),
            None => self.rows.remove(key),
        };
        match policy {
            WritePolicy::Invalidate => told = self.tell(key, None),
            WritePolicy::Update => told = self.tell(key, value),
            WritePolicy::Forget | WritePolicy::InvalidateFirst => {}
        }
        let status = match (value, before) {
            (Some(_), None) => 201,
            (None, None) => 404,
            (_, Some(_)) => 200,
        };
        (status, if told { "told" } else { "not told" }.to_owned())
    }

    /// Writes a key of the cache, or deletes it. Whether that arrived.
    fn tell(&mut self, key: &str, value: Option<&str>) -> bool {
        let reached = self.reach_cache();
        if reached {
            self.cache.remove(key);
            self.cache.extend(value.map(|value| (key.to_owned(), value.to_owned())));
        }
        reached
    }

    fn read(&mut self, key: &str) -> (u16, String) {
        let reached = self.reach_cache();
        match self.cache.get(key).filter(|_| reached) {
            Some(copy) if copy == NOT_THERE => return (404, String::new()),
            Some(copy) => return (200, copy.clone()),
            None if !self.postgres_answers => return (503, String::new()),
            None => {}
        }
        let row = self.rows.get(key).cloned();
        let negative = (self.option == Extra::NegativeCaching).then(|| NOT_THERE.to_owned());
        if let Some(fill) = row.clone().or(negative).filter(|_| reached) {
            self.tell(key, Some(&fill));
        }
        row.map_or((404, String::new()), |row| (200, row))
    }
}

/// Client A puts a key and gets it, client B gets it and deletes it: in all six orders.
const ORDERS: [&str; 6] = ["AABB", "ABAB", "ABBA", "BAAB", "BABA", "BBAA"];
const OF_A: [Ask; 2] = [Ask::Put("new"), Ask::Get];
const OF_B: [Ask; 2] = [Ask::Get, Ask::Delete];
/// What the key is before: nowhere, a row, or a row with its copy.
const BEFORE: [&str; 3] = ["nowhere", "row", "copied"];

/// One for each order and beginning: cases share a sandbox, each with a key of its own.
fn cases() -> impl Iterator<Item = (usize, &'static str, String, &'static str)> {
    let all = ORDERS.iter().flat_map(|order| BEFORE.map(|before| (*order, before)));
    all.enumerate().map(|(index, (order, before))| (index, order, format!("{order}-{before}"), before))
}

fn scenario(policy: WritePolicy, option: Extra, outage: Outage) -> Scenario {
    let asks = |ask: Ask, key: &str| match ask {
        Ask::Put(value) => format!("PUT {key}={value}"),
        Ask::Get => format!("GET {key}"),
        Ask::Delete => format!("DELETE {key}"),
    };
    let requests = |of: [Ask; 2]| {
        let all = cases().flat_map(|(_, _, key, _)| of.map(|ask| asks(ask, &key)));
        all.collect::<Vec<_>>().join(",")
    };
    let entries = |befores: &[&str]| {
        let all = cases().filter(|(.., before)| befores.contains(before));
        all.map(|(_, _, key, _)| format!("{key}=old")).collect::<Vec<_>>().join(",")
    };
    let nodes = [
        format!("client1:{}", requests(OF_A)),
        format!("client2:{}", requests(OF_B)),
        "server".to_owned(),
        format!("redis:{}", entries(&["copied"])),
        format!("postgres:{}", entries(&["row", "copied"])),
    ];
    let links = ["client1>server", "client2>server", "server>redis", "server>postgres"];
    let set = |server: &mut Server| {
        server.policy = policy;
        match option {
            Extra::None => {}
            Extra::NegativeCaching => server.negative_ttl_s = Some(300),
            Extra::Jitter => server.jitter_percent = Some(50),
            Extra::SingleFlight => server.single_flight = true,
            Extra::Breaker => server.breaker = Some(Breaker { failures: 2, open_s: 600 }),
        }
    };
    let scenario = drawing(&nodes.each_ref().map(String::as_str), &links).server(set);
    let cut = |scenario: Scenario, link| scenario.link(link, |link| link.condition = Condition::Cut);
    match outage {
        Outage::None => scenario,
        Outage::RedisCut | Outage::RedisRestored => cut(scenario, "server>redis"),
        Outage::PostgresCut => cut(scenario, "server>postgres"),
        Outage::RedisOff => scenario.switch("redis", true),
    }
}

/// What the engine answers to one request, in the model's words.
async fn answer(sandbox: &Sandbox, client: &str, index: usize, ask: Ask) -> (u16, String) {
    let events = run(sandbox, Which::One(id(client), index)).await;
    let (status, text) = answers(&events).pop().expect("it was answered");
    let text = match (status, ask) {
        (503, _) | (404, Ask::Get) => String::new(),
        (_, Ask::Get) => text,
        _ if text.contains("could not be told") => "not told".to_owned(),
        _ => "told".to_owned(),
    };
    (status, text)
}

/// Sends all cases of one combination, and compares each answer, and in the end both stores.
async fn compare(policy: WritePolicy, option: Extra, outage: Outage) {
    let sandbox = sandbox_of(scenario(policy, option, outage)).await;
    let seeds = |befores: &[&str]| {
        let all = cases().filter(|(.., before)| befores.contains(before));
        all.map(|(_, _, key, _)| (key, "old".to_owned())).collect()
    };
    let mut model = Model {
        policy,
        option,
        redis_answers: matches!(outage, Outage::None | Outage::PostgresCut),
        postgres_answers: outage != Outage::PostgresCut,
        cache: if outage == Outage::RedisOff { BTreeMap::new() } else { seeds(&["copied"]) },
        rows: seeds(&["row", "copied"]),
        failures: 0,
    };
    for (case, order, key, _) in cases() {
        let (mut of_a, mut of_b) = (OF_A.into_iter().enumerate(), OF_B.into_iter().enumerate());
        for (turn, who) in order.chars().enumerate() {
            if outage == Outage::RedisRestored && turn % 2 == 0 {
                model.redis_answers = turn == 2;
                let condition = if model.redis_answers { Condition::Up } else { Condition::Cut };
                set_condition(&sandbox, "server>redis", condition).await;
            }
            let (client, own) = if who == 'A' { ("client1", &mut of_a) } else { ("client2", &mut of_b) };
            let (index, ask) = own.next().expect("two of each");
            let expected = model.answer(&key, ask);
            let found = answer(&sandbox, client, 2 * case + index, ask).await;
            assert_eq!(found, expected, "{policy:?}, {option:?}, {outage:?}: {key}, turn {turn}: {ask:?}");
        }
    }
    let what = format!("{policy:?}, {option:?}, {outage:?}");
    assert_eq!(stored(&sandbox, "postgres").await, model.rows.into_iter().collect::<Vec<_>>(), "{what}");
    match outage {
        Outage::RedisOff => assert!(model.cache.is_empty(), "{what}"),
        _ => assert_eq!(cached(&sandbox, "redis").await, model.cache.into_iter().collect::<Vec<_>>(), "{what}"),
    }
}

/// The combinations with one outage.
fn with(outage: Outage) {
    let options = [Extra::None, Extra::NegativeCaching, Extra::Jitter, Extra::SingleFlight, Extra::Breaker];
    test(async {
        let all = WritePolicy::ALL.into_iter().flat_map(|policy| options.map(|option| (policy, option)));
        // Beside each other, but not so many that the machine is late everywhere.
        let all = futures::stream::iter(all).map(|(policy, option)| compare(policy, option, outage));
        all.buffer_unordered(5).collect::<()>().await;
    });
}

#[test]
fn the_engine_does_what_the_model_does_while_all_is_well() {
    with(Outage::None);
}

#[test]
fn the_engine_does_what_the_model_does_with_the_link_to_redis_cut() {
    with(Outage::RedisCut);
}

#[test]
fn the_engine_does_what_the_model_does_with_the_link_to_postgres_cut() {
    with(Outage::PostgresCut);
}

#[test]
fn the_engine_does_what_the_model_does_with_redis_off() {
    with(Outage::RedisOff);
}

#[test]
fn the_engine_does_what_the_model_does_when_the_link_to_redis_is_restored_in_the_middle() {
    with(Outage::RedisRestored);
}
