//! Checkpoints that hold packets and let them go, and conditions on what was held, on traffic, and on requests from outside.

mod common;

use aside_domain::lesson::{Bounds, Effect, Goal, Hops, Line, Questions, RunWhen, Since, TrafficWhen, Verdict, When};
use aside_domain::{Command, DataSet, Distribution, Kind, Leg, Outcome, Request, Scenario, Settings, Source, Traffic};
use aside_engine::{Sandbox, Which};
use common::*;
use std::collections::BTreeMap;

async fn apply(sandbox: &Sandbox, effects: &[Effect]) -> Vec<String> {
    sandbox.carry_out(effects, &BTreeMap::new(), "test").await.expect("it can be carried out").told
}

/// How these goals stand, by the names of their conditions.
async fn judge(sandbox: &Sandbox, goals: &[(&str, When)], since: Since) -> Verdict {
    let goal = |(id, when): &(&str, When)| Goal {
        id: (*id).to_owned(),
        text: "It is met.".to_owned(),
        hints: ["a".to_owned(), "b".to_owned()],
        when: when.clone(),
    };
    let goals: Vec<Goal> = goals.iter().map(goal).collect();
    let questions = Questions { goals: goals.iter().collect(), predictions: Vec::new() };
    sandbox.judge(&questions, since).await.expect("it is judged")
}

fn of(client: &str) -> Which {
    Which::Clients(vec![id(client)])
}

/// A reader and a writer of `a` at one server; the cache is empty.
fn race() -> Scenario {
    let nodes = ["client1:a", "client2:PUT a=new", "server", "redis", "postgres:a=old"];
    drawing(&nodes, &["client1>server", "client2>server", "server>redis", "server>postgres"])
}

fn hold_fills() -> Effect {
    let (from, to) = (id("server"), id("redis"));
    Effect::Hold { from, to, leg: Leg::Message, command: Some(Command::Set), key: Some(key("a")) }
}

fn release() -> Effect {
    Effect::Release { from: id("server"), to: id("redis") }
}

fn fill(outcome: Outcome, held: bool) -> RunWhen {
    let hops = vec![Hops { at: Kind::Redis, outcome: Some(outcome), key: None, held, times: 1, most: None }];
    RunWhen { hops, ..RunWhen::default() }
}

fn written() -> RunWhen {
    let hops =
        vec![Hops { at: Kind::Postgres, outcome: Some(Outcome::Stored), key: None, held: false, times: 1, most: None }];
    RunWhen { hops, ..RunWhen::default() }
}

/// Has the reader's fill hang while the writer writes, and lets it go by a checkpoint. Gives what was judged meanwhile and then.
async fn by_checkpoint(sandbox: &Sandbox, goals: &[(&str, When)]) -> [Verdict; 2] {
    apply(sandbox, &[hold_fills()]).await;
    let reader = sandbox.run(of("client1")).await.expect("it starts");
    until("the fill hangs", || async { sandbox.held() == 1 }).await;
    run(sandbox, of("client2")).await;
    let meanwhile = judge(sandbox, goals, Since::default()).await;
    let told = apply(sandbox, &[release()]).await;
    assert_eq!(told, ["The link from server to redis holds nothing."]);
    let since = Since { judged: meanwhile.judged, ..Since::default() };
    until("the reader's run ends", || async { judge(sandbox, &[], since).await.runs == [reader] }).await;
    [meanwhile, judge(sandbox, goals, since).await]
}

#[test]
fn a_checkpoint_holds_and_releases_and_the_run_that_hung_is_judged_when_it_ends() {
    test(async {
        let sandbox = sandbox_of(race()).await;
        let goals = [
            ("written", When::Runs(vec![written()])),
            ("held", When::Runs(vec![written(), fill(Outcome::Stored, true)])),
            ("refused", When::Run(Box::new(fill(Outcome::NotStored, true)))),
        ];
        let [meanwhile, then] = by_checkpoint(&sandbox, &goals).await;
        assert_eq!((meanwhile.runs, meanwhile.holds), (vec![2], vec!["written".to_owned()]));
        assert_eq!((then.runs, then.holds), (vec![1], vec!["written".to_owned(), "held".to_owned()]));
        assert_eq!(cached(&sandbox, "redis").await, entries(&[("a", "old")]));
        let saved = sandbox.saved().await.expect("it is there").scenario;
        assert!(saved.graph.links.iter().all(|link| link.hold.is_none()));
    });
}

#[test]
fn with_leases_the_same_fill_is_refused_and_that_is_judged() {
    test(async {
        let sandbox = sandbox_of(race().server(|server| server.lease = true)).await;
        let goals = [
            ("held", When::Run(Box::new(fill(Outcome::Stored, true)))),
            ("refused", When::Run(Box::new(fill(Outcome::NotStored, true)))),
        ];
        let [meanwhile, then] = by_checkpoint(&sandbox, &goals).await;
        assert!(meanwhile.holds.is_empty());
        assert_eq!(then.holds, ["refused"]);
        assert_eq!(cached(&sandbox, "redis").await, []);
    });
}

#[test]
fn only_what_hangs_on_that_link_is_let_go() {
    test(async {
        let sandbox = sandbox_of(race()).await;
        let (from, to) = (id("client2"), id("server"));
        let requests = Effect::Hold { from, to, leg: Leg::Message, command: None, key: None };
        apply(&sandbox, &[hold_fills(), requests]).await;
        sandbox.run(of("client1")).await.expect("it starts");
        until("the fill hangs", || async { sandbox.held() == 1 }).await;
        sandbox.run(of("client2")).await.expect("it starts");
        until("the write hangs", || async { sandbox.held() == 2 }).await;
        apply(&sandbox, &[release()]).await;
        until("the fill has gone on", || async { sandbox.held() == 1 }).await;
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("a", "old")]));
        assert_eq!(sandbox.release(None), 1);
    });
}

#[test]
fn what_traffic_came_to_is_judged_once_and_no_sample_of_it() {
    test(async {
        let sandbox = sandbox_of(usual("a", "", "")).await;
        let send = Traffic {
            users: 4,
            rate_per_s: None,
            duration_s: 1,
            write_percent: 0,
            keys: 100,
            distribution: Distribution::Uniform,
            seed: 1,
        };
        let set = Effect::DataSet { node: id("postgres"), set: DataSet::Sessions };
        apply(&sandbox, &[set, Effect::Traffic { node: id("client"), send }]).await;
        let number = sandbox.start_traffic(&id("client")).await.expect("it starts");
        let is_over = || async { sandbox.traffic().iter().all(|traffic| traffic.end.is_some()) };
        until("the traffic is over", is_over).await;
        let at_least = |least| TrafficWhen { requests: Bounds { least, most: None }, ..TrafficWhen::default() };
        let goals = [
            ("some", When::Traffic(Box::new(at_least(1)))),
            ("all", When::Traffic(Box::new(at_least(u64::MAX)))),
            ("a-run", When::Run(Box::new(fill(Outcome::Stored, false)))),
        ];
        let verdict = judge(&sandbox, &goals, Since::default()).await;
        assert_eq!((verdict.runs, verdict.outside, verdict.traffic), (vec![], vec![], vec![number]));
        assert_eq!(verdict.holds, ["some"]);
        let again = judge(&sandbox, &goals, Since { judged: verdict.judged, ..Since::default() }).await;
        assert_eq!((again.traffic, again.holds), (vec![], vec![]));
        // The client sends its list again when it is told to.
        let line = Line::try_from("GET session:9".to_owned()).expect("a request");
        apply(&sandbox, &[Effect::Requests { node: id("client"), send: vec![line] }]).await;
        let saved = sandbox.saved().await.expect("it is there").scenario;
        let Settings::Client(client) = &saved.graph.nodes[0].settings else { panic!("the client") };
        assert!(client.traffic.is_none());
        assert_eq!(statuses(&run_all(&sandbox).await), [200]);
    });
}

#[test]
fn a_request_from_outside_is_judged_as_one() {
    test(async {
        let engine = engine().await;
        let sandbox = open(&engine).await;
        let address = sandbox.live_address().await.expect("it has one");
        let service = engine.service(&address, "server").await.expect("it is there");
        let entered = service.enter().expect("there is room");
        assert_eq!(service.ask(&entered, Request::get(key("doe"))).await.status, 200);
        let goals = [
            ("outside", When::Run(Box::new(RunWhen { source: Source::Outside, ..fill(Outcome::Stored, false) }))),
            ("play", When::Run(Box::new(fill(Outcome::Stored, false)))),
            ("one", When::Outside(1)),
            ("two", When::Outside(2)),
        ];
        let is_over = || async { !judge(&sandbox, &[], Since::default()).await.outside.is_empty() };
        until("the sample is over", is_over).await;
        let verdict = judge(&sandbox, &goals, Since::default()).await;
        assert_eq!((verdict.runs, verdict.outside.len()), (vec![], 1));
        assert_eq!(verdict.holds, ["outside", "one"]);
    });
}
