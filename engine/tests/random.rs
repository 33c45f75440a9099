//! Random requests, outages and edits, one after the other: whatever happens, an answer is a value that the key had, a stale
//! one is no older than its time to live allows, and the observer says so of exactly those.

mod common;

use aside_domain::graph::{Breaker, Server};
use aside_domain::live::NOT_THERE;
use aside_domain::{Condition, Key, Request, Scenario, Settings, Value, WritePolicy};
use aside_engine::{EngineError, Sandbox, Which};
use common::*;
use futures::StreamExt;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const CASES: usize = 48;
const KEYS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone, Copy)]
enum Step {
    Get(usize),
    Put(usize),
    Delete(usize),
    /// In an inspector, as all that follow up to the links.
    PutRow(usize),
    DeleteRow(usize),
    PutKey(usize, u32),
    DeleteKey(usize),
    Flush,
    Break(&'static str, Condition),
    SwitchOff(&'static str),
    /// Everything works again.
    Mend,
    /// Waits for longer than the shortest time to live (two of these are longer than most), and reads.
    GetLater(usize),
}

fn step() -> impl Strategy<Value = Step> {
    // Most of it happens to one key, so that much happens to it.
    let k = prop_oneof![4 => Just(0), 1 => Just(1), 1 => Just(2)];
    // A black hole takes as long as the server waits; for Postgres that would be seconds.
    let conditions = prop_oneof![
        Just(("server>redis", Condition::Cut)),
        Just(("server>redis", Condition::BlackHole)),
        Just(("server>postgres", Condition::Cut)),
        Just(("client>server", Condition::Cut)),
    ];
    prop_oneof![
        10 => k.clone().prop_map(Step::Get),
        5 => k.clone().prop_map(Step::Put),
        1 => k.clone().prop_map(Step::Delete),
        4 => k.clone().prop_map(Step::PutRow),
        1 => k.clone().prop_map(Step::DeleteRow),
        1 => (k.clone(), 1..=2_u32).prop_map(|(k, ttl_s)| Step::PutKey(k, ttl_s)),
        1 => k.clone().prop_map(Step::DeleteKey),
        1 => Just(Step::Flush),
        3 => conditions.prop_map(|(link, condition)| Step::Break(link, condition)),
        1 => prop_oneof![Just("redis"), Just("postgres")].prop_map(Step::SwitchOff),
        5 => Just(Step::Mend),
        5 => k.prop_map(Step::GetLater),
    ]
}

fn server() -> impl Strategy<Value = Server> {
    // Half of the servers keep to the policy that makes the strongest promise.
    let policy = prop_oneof![
        3 => Just(WritePolicy::Invalidate),
        1 => Just(WritePolicy::Update),
        1 => Just(WritePolicy::Forget),
        1 => Just(WritePolicy::InvalidateFirst),
    ];
    let breaker = (1..=3_u32).prop_map(|failures| Breaker { failures, open_s: 1 });
    let switches = (any::<bool>(), any::<bool>(), any::<bool>());
    let options = (option::of(1..=2_u32), option::of(Just(50)), switches, option::of(breaker));
    (policy, 1..=2_u32, options).prop_map(
        |(policy, ttl_s, (negative_ttl_s, jitter_percent, (single_flight, lease, early_refresh), breaker))| {
            let redis_timeout_ms = Some(20);
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
                ..Server::default()
            }
        },
    )
}

/// What a step writes: no two the same.
fn written(step: usize) -> String {
    format!("by step {step}")
}

/// A client whose requests are those of the steps, in their order.
fn scenario(server: &Server, steps: &[Step]) -> Scenario {
    let asks = |(number, step): (usize, &Step)| match step {
        Step::Get(k) | Step::GetLater(k) => Some(Request::get(key(KEYS[*k]))),
        Step::Put(k) => Some(Request::put(key(KEYS[*k]), value(&written(number)))),
        Step::Delete(k) => Some(Request::delete(key(KEYS[*k]))),
        _ => None,
    };
    let mut scenario = usual("a", "", "a=first,b=first").server(|node| *node = server.clone());
    if let Settings::Client(client) = &mut scenario.graph.nodes[0].settings {
        client.requests = steps.iter().enumerate().filter_map(asks).collect();
    }
    scenario
}

/// What is known of a key.
#[derive(Default)]
struct Known {
    row: Option<String>,
    /// What the row was, or a person wrote into the cache: with the time at which the last copy of it has expired.
    copies: Vec<(Option<String>, Instant)>,
    /// Whether something but a server's request, or a lost invalidation, may have left another value in the cache.
    may_be_stale: bool,
}

/// A case that is carried out.
struct Case<'a> {
    server: &'a Server,
    sandbox: Sandbox,
    keys: HashMap<&'static str, Known>,
    postgres_answers: bool,
    reaches_server: bool,
}

type Verdict = Result<(), String>;

fn expect(is_so: bool, what: impl FnOnce() -> String) -> Verdict {
    if is_so { Ok(()) } else { Err(what()) }
}

/// Whether an edit was made; a store that is off refuses it.
fn edited<T>(result: Result<T, EngineError>) -> Result<bool, String> {
    match result {
        Ok(_) => Ok(true),
        Err(EngineError::Off(_)) => Ok(false),
        Err(other) => Err(format!("{other:?}")),
    }
}

impl Case<'_> {
    fn known(&mut self, k: usize) -> &mut Known {
        self.keys.entry(KEYS[k]).or_default()
    }

    /// The row changed just now. Whoever copied what it was did so before.
    fn row_changed(&mut self, k: usize, to: Option<String>) {
        let Server { ttl_s, jitter_percent, negative_ttl_s, .. } = *self.server;
        let longest_s = ttl_s + ttl_s * jitter_percent.unwrap_or(0) / 100;
        let before = std::mem::replace(&mut self.known(k).row, to);
        // Without negative caching nobody copies that there was no row.
        let copied_s = if before.is_some() { Some(longest_s) } else { negative_ttl_s };
        if let Some(copied_s) = copied_s {
            let until = Instant::now() + Duration::from_secs(copied_s.into());
            self.known(k).copies.push((before, until));
        }
    }

    /// Sends a request, and gives its answer and how many stale reads were found.
    async fn send(&self, index: usize) -> (u16, String, usize) {
        let events = run(&self.sandbox, Which::One(id("client"), index)).await;
        let (status, text) = answers(&events).pop().expect("it was answered");
        (status, text, stale_reads(&events).len())
    }

    async fn read(&mut self, k: usize, index: usize) -> Verdict {
        let began = Instant::now();
        let (status, text, stale) = self.send(index).await;
        let told = match status {
            200 => Some(text),
            404 => None,
            503 => return expect(!self.postgres_answers, || format!("503 {text}")),
            0 => return expect(!self.reaches_server, || format!("0 {text}")),
            other => return Err(format!("{other} {text}")),
        };
        let policy = self.server.policy;
        let Known { row, copies, may_be_stale } = self.known(k);
        if told == *row {
            return expect(stale == 0, || format!("{told:?} is no stale read"));
        }
        let is_allowed = copies.iter().any(|(copy, until)| *copy == told && began <= *until);
        expect(is_allowed, || format!("{told:?} was read, where {row:?} is; known are {copies:?}, now is {began:?}"))?;
        expect(policy != WritePolicy::Invalidate || *may_be_stale, || format!("{told:?} was read, where {row:?} is"))?;
        expect(stale == 1, || format!("{told:?} is a stale read, where {row:?} is"))
    }

    async fn write(&mut self, k: usize, index: usize, to: Option<String>) -> Verdict {
        let before = self.known(k).row.clone();
        let (status, text, _) = self.send(index).await;
        match status {
            503 => return expect(!self.postgres_answers, || format!("503 {text}")),
            0 => return expect(!self.reaches_server, || format!("0 {text}")),
            _ => {}
        }
        let expected = match (&before, &to) {
            (None, Some(_)) => 201,
            (None, None) => 404,
            (Some(_), _) => 200,
        };
        expect(status == expected && self.reaches_server && self.postgres_answers, || format!("{status} {text}"))?;
        self.row_changed(k, to);
        self.known(k).may_be_stale = text.contains("could not be told");
        Ok(())
    }

    async fn edit(&mut self, number: usize, step: Step) -> Verdict {
        let (redis, postgres) = (id("redis"), id("postgres"));
        let new = |k: usize| -> (Key, Value) { (key(KEYS[k]), value(&written(number))) };
        match step {
            Step::PutRow(k) => {
                let (key, value) = new(k);
                if edited(self.sandbox.put_row(&postgres, key, value).await)? {
                    self.row_changed(k, Some(written(number)));
                    self.known(k).may_be_stale = true;
                }
            }
            Step::DeleteRow(k) => {
                if edited(self.sandbox.delete_row(&postgres, KEYS[k]).await)? {
                    self.row_changed(k, None);
                    self.known(k).may_be_stale = true;
                }
            }
            Step::PutKey(k, ttl_s) => {
                let (key, value) = new(k);
                if edited(self.sandbox.put_key(&redis, key, value, Some(ttl_s)).await)? {
                    let until = Instant::now() + Duration::from_secs(ttl_s.into());
                    self.known(k).copies.push((Some(written(number)), until));
                    self.known(k).may_be_stale = true;
                }
            }
            Step::DeleteKey(k) => drop(edited(self.sandbox.delete_key(&redis, KEYS[k]).await)?),
            Step::Flush => drop(edited(self.sandbox.flush(&redis).await)?),
            Step::Break(link, condition) => {
                set_condition(&self.sandbox, link, condition).await;
                self.postgres_answers &= link != "server>postgres";
                self.reaches_server &= link != "client>server";
            }
            Step::SwitchOff(node) => {
                switch(&self.sandbox, node, true).await;
                self.postgres_answers &= node != "postgres";
            }
            Step::Mend => self.mend().await,
            Step::Get(_) | Step::GetLater(_) | Step::Put(_) | Step::Delete(_) => unreachable!("requests are sent"),
        }
        Ok(())
    }

    async fn mend(&mut self) {
        amend(&self.sandbox, |mut scenario| {
            scenario.graph.links.iter_mut().for_each(|link| link.condition = Condition::Up);
            scenario.switch("redis", false).switch("postgres", false)
        })
        .await;
        (self.postgres_answers, self.reaches_server) = (true, true);
    }

    /// With everything whole again: the rows are as they should be, and of the keys exactly those are marked that differ.
    async fn look(&mut self) -> Verdict {
        self.mend().await;
        let keys = self.sandbox.keys(&id("redis")).await.map_err(|error| error.to_string())?;
        for now in keys {
            let copy = (now.value != NOT_THERE).then_some(now.value.as_str());
            let row = self.keys.get(now.key.as_str()).and_then(|known| known.row.as_deref());
            expect(now.stale.is_some() == (copy != row), || format!("{now:?}, where {row:?} is"))?;
        }
        let mut rows: Vec<(String, String)> =
            self.keys.iter().filter_map(|(k, known)| Some(((*k).to_owned(), known.row.clone()?))).collect();
        rows.sort();
        let found = stored(&self.sandbox, "postgres").await;
        expect(found == rows, || format!("the rows are {found:?}, and should be {rows:?}"))
    }
}

/// Carries out a case; if something is wrong, says what, and at which step.
async fn carry_out(server: &Server, steps: &[Step]) -> Verdict {
    let sandbox = sandbox_of(scenario(server, steps)).await;
    let mut case = Case { server, sandbox, keys: HashMap::new(), postgres_answers: true, reaches_server: true };
    for k in ["a", "b"] {
        case.keys.entry(k).or_default().row = Some("first".to_owned());
    }
    let mut requests = 0..;
    for (number, step) in steps.iter().enumerate() {
        let mut index = || requests.next().expect("they do not end");
        let done = match *step {
            Step::Get(k) => case.read(k, index()).await,
            Step::GetLater(k) => {
                tokio::time::sleep(Duration::from_millis(1_600)).await;
                case.read(k, index()).await
            }
            Step::Put(k) => case.write(k, index(), Some(written(number))).await,
            Step::Delete(k) => case.write(k, index(), None).await,
            other => case.edit(number, other).await,
        };
        done.map_err(|wrong| format!("step {number}, {step:?}: {wrong}"))?;
    }
    case.look().await.map_err(|wrong| format!("in the end: {wrong}"))
}

#[test]
fn whatever_happens_an_answer_is_what_the_key_has_or_had_no_longer_ago_than_a_time_to_live() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (server(), vec(step(), 10..=30));
    let cases: Vec<_> = (0..CASES).map(|_| strategy.new_tree(&mut runner).expect("nothing is filtered")).collect();
    test_within(4 * LONG, async {
        // Beside each other, because most of their time they wait.
        let outcomes = futures::stream::iter(cases).map(async |tree| {
            let (server, steps) = tree.current();
            (carry_out(&server, &steps).await, tree)
        });
        let mut outcomes = std::pin::pin!(outcomes.buffer_unordered(24));
        while let Some((verdict, mut tree)) = outcomes.next().await {
            let Err(mut wrong) = verdict else { continue };
            // Looks for a shorter one, for a while.
            for _ in 0..60 {
                let (server, steps) = tree.current();
                let go_on = match carry_out(&server, &steps).await {
                    Err(shorter) => {
                        wrong = format!("{shorter}\n{server:?}\n{steps:#?}");
                        tree.simplify()
                    }
                    Ok(()) => tree.complicate(),
                };
                if !go_on {
                    break;
                }
            }
            panic!("{wrong}");
        }
    });
}
