//! How goals and predictions stand.

mod hanging;
mod traffic;

use crate::support::logs::{Course, Log, RunCourse, fold};
use crate::support::{client, fresh, id, key, scenario, value};
use aside_domain::lesson::{
    Answers, Choice, Goal, HoldWhen, Hops, Line, Prediction, Questions, RunWhen, ServerWhen, Since, TrafficWhen, Upto,
    Verdict, When,
};
use aside_domain::{Condition, Event, Fact, Graph, Kind, Outcome, Request, RunEnd, Settings};
use std::collections::BTreeMap;

fn goal(id: &str, when: When) -> Goal {
    let hints = ["a nudge".to_owned(), "the way".to_owned()];
    Goal { id: id.to_owned(), text: "It is met.".to_owned(), hints, when }
}

fn line(text: &str) -> Line {
    Line::try_from(text.to_owned()).expect("a request")
}

fn hops(at: Kind, outcome: Option<Outcome>, times: u32, most: Option<u32>) -> RunWhen {
    RunWhen { hops: vec![Hops { at, outcome, key: None, held: false, times, most }], ..RunWhen::default() }
}

fn run(wanted: RunWhen) -> When {
    When::Run(Box::new(wanted))
}

/// A run in which Redis had what it was asked for.
fn hit() -> RunWhen {
    hops(Kind::Redis, Some(Outcome::Hit), 1, None)
}

/// A run in which it had not.
fn miss() -> RunWhen {
    hops(Kind::Redis, Some(Outcome::Miss), 1, None)
}

const HIT: (&str, Outcome) = ("rohan", Outcome::Hit);
const MISS: (&str, Outcome) = ("doe", Outcome::Miss);

/// A log of runs of one read each.
fn log(runs: &[(&str, Outcome)]) -> Log {
    let mut log = Log::default();
    runs.iter().for_each(|run| add(&mut log, *run));
    log
}

fn add(log: &mut Log, (key, outcome): (&str, Outcome)) {
    let database = (outcome == Outcome::Miss).then_some((Outcome::Found, 412));
    log.run(&RunCourse::of_one(vec![Course::read(key, (outcome, 118), database)]));
}

/// Somebody pressed Stop in the last run, after all that it did.
fn stop(log: &mut Log) {
    match log.events.last_mut() {
        Some(Event { fact: Fact::RunEnded { end, .. }, .. }) => *end = RunEnd::Stopped,
        other => panic!("no run that ended: {other:?}"),
    }
}

/// The drawing that these runs were of.
fn drawing() -> Graph {
    let nodes = vec![
        client("client-0", 1),
        fresh("server", Kind::Server),
        fresh("redis-0", Kind::Redis),
        fresh("postgres", Kind::Postgres),
    ];
    scenario(nodes, &[("client-0", "server"), ("server", "redis-0"), ("server", "postgres")]).graph
}

fn judged(goals: &[Goal], graph: &Graph, log: &Log, since: Since) -> Verdict {
    let questions = Questions { goals: goals.iter().collect(), predictions: Vec::new() };
    questions.judge(graph, &BTreeMap::new(), &fold(&log.events), &[], since)
}

fn is_met(when: When, log: &Log, since: Since) -> bool {
    judged(&[goal("goal", when)], &drawing(), log, since).holds == ["goal"]
}

/// Nothing was judged or forgotten before.
const FIRST: Since = Since { forgotten: 0, forgotten_traffic: 0, judged: Upto { ended_us: 0, traffic: 0 } };

/// What ended up to the end of that run was judged before; nothing, if there is no such run.
fn judged_upto(log: &Log, run: u32) -> Since {
    let is_end = |event: &&Event| matches!(event.fact, Fact::RunEnded { run: ended, .. } if ended == run);
    let ended_us = log.events.iter().find(is_end).map_or(0, |event| event.at_us);
    Since { judged: Upto { ended_us, traffic: 0 }, ..FIRST }
}

#[test]
fn a_goal_that_only_an_earlier_of_two_new_runs_met_is_met() {
    for runs in [[HIT, MISS], [MISS, HIT]] {
        let goals = [goal("hit", run(hit())), goal("miss", run(miss())), goal("stale", run(stale()))];
        let verdict = judged(&goals, &drawing(), &log(&runs), FIRST);
        assert_eq!((verdict.runs, verdict.holds), (vec![1, 2], vec!["hit".to_owned(), "miss".to_owned()]));
    }
}

fn stale() -> RunWhen {
    RunWhen { stale: 1, ..RunWhen::default() }
}

#[test]
fn two_runs_do_not_meet_together_what_one_run_has_to_meet() {
    let both = RunWhen { hops: [hit().hops, miss().hops].concat(), ..RunWhen::default() };
    let all = When::All(vec![run(hit()), run(miss())]);
    for when in [run(both), all] {
        assert!(!is_met(when, &log(&[HIT, MISS]), FIRST));
    }
}

#[test]
fn a_run_that_was_judged_before_does_not_meet_a_goal_together_with_a_later_edit() {
    let sends = || When::Sends(line("GET new"));
    let goals = [
        goal("run", When::All(vec![run(hit()), sends()])),
        goal("runs", When::All(vec![sends(), When::Runs(vec![hit()])])),
        goal("edit", sends()),
    ];
    let mut log = log(&[HIT]);
    assert!(judged(&goals, &drawing(), &log, FIRST).holds.is_empty());
    let mut edited = drawing();
    let Settings::Client(client) = &mut edited.nodes[0].settings else { panic!("the client") };
    client.requests.push(Request::get(key("new")));
    let since = judged_upto(&log, 1);
    let verdict = judged(&goals, &edited, &log, since);
    assert_eq!((verdict.runs, verdict.holds), (Vec::new(), vec!["edit".to_owned()]));
    assert_eq!(verdict.judged, since.judged);
    // A run that came before the edit, but was not judged yet, counts; and so does one that comes after it.
    assert_eq!(judged(&goals, &edited, &log, FIRST).holds, ["run", "runs", "edit"]);
    add(&mut log, MISS);
    assert_eq!(judged(&goals, &edited, &log, since).holds, ["runs", "edit"]);
    add(&mut log, HIT);
    assert_eq!(judged(&goals, &edited, &log, since).holds, ["run", "runs", "edit"]);
}

#[test]
fn a_run_that_was_judged_before_is_not_judged_again() {
    let log = log(&[HIT, MISS]);
    let since = |run| judged_upto(&log, run);
    assert!(!is_met(run(hit()), &log, since(1)));
    assert!(is_met(run(miss()), &log, since(1)));
    assert!(!is_met(run(miss()), &log, since(2)));
    assert_eq!(judged(&[], &drawing(), &log, since(1)).runs, [2]);
    assert_eq!(judged(&[], &drawing(), &log, since(2)).runs, [0; 0]);
    // What a verdict says is what the next one is asked with.
    let first = judged(&[], &drawing(), &log, FIRST);
    assert_eq!(judged(&[], &drawing(), &log, Since { judged: first.judged, ..FIRST }).runs, [0; 0]);
}

#[test]
fn runs_that_are_forgotten_meet_nothing_also_not_as_the_latest() {
    let log = log(&[HIT, MISS]);
    let since = |forgotten| Since { forgotten, ..FIRST };
    assert!(is_met(run(hit()), &log, since(0)));
    assert!(!is_met(run(hit()), &log, since(1)));
    assert!(is_met(run(miss()), &log, since(1)));
    assert!(!is_met(When::Runs(vec![hit(), miss()]), &log, since(1)));
    for when in [run(miss()), run(RunWhen::default()), When::Runs(vec![miss()])] {
        assert!(!is_met(when, &log, since(2)));
    }
    assert_eq!(judged(&[], &drawing(), &log, since(1)).runs, [2]);
    assert_eq!(judged(&[], &drawing(), &log, since(2)).runs, [0; 0]);
}

#[test]
fn what_lies_beyond_the_latest_run_counts_as_nothing() {
    let log = log(&[HIT, MISS]);
    let beyond = Upto { ended_us: log.now_us() + 1, traffic: 7 };
    let runs = |forgotten, judged| {
        let since = Since { forgotten, judged, ..FIRST };
        self::judged(&[], &drawing(), &log, since).runs
    };
    assert_eq!(runs(0, beyond), [1, 2]);
    assert_eq!(runs(3, Upto::default()), [1, 2]);
    assert_eq!(runs(u32::MAX, Upto { ended_us: u64::MAX, traffic: u32::MAX }), [1, 2]);
    assert_eq!(runs(1, beyond), [2], "each by itself");
    assert_eq!(runs(3, judged_upto(&log, 1).judged), [2]);
    assert!(is_met(run(hit()), &log, Since { forgotten: 3, forgotten_traffic: 3, judged: beyond }));
    let nothing =
        judged(&[], &drawing(), &Log::default(), Since { forgotten: 1, forgotten_traffic: 1, judged: beyond });
    assert_eq!(nothing, Verdict::default());
}

#[test]
fn each_choice_of_a_prediction_is_judged_for_each_new_run_by_itself() {
    let choice = |when| Choice { text: "This.".to_owned(), when };
    let prediction = |id: &str, choices: Vec<When>| Prediction {
        id: id.to_owned(),
        question: "What?".to_owned(),
        many: true,
        choices: choices.into_iter().map(choice).collect(),
        why: "Because.".to_owned(),
    };
    let which = prediction("which", vec![run(hit()), run(miss()), When::Runs(vec![hit(), miss()]), run(stale())]);
    let drawn = prediction("drawn", vec![When::Drawn { kind: Kind::Redis, times: 1 }]);
    let questions = Questions { goals: Vec::new(), predictions: vec![&which, &drawn] };
    let holds = |log: &Log, judged| {
        let since = judged_upto(log, judged);
        questions.judge(&drawing(), &BTreeMap::new(), &fold(&log.events), &[], since).holds
    };
    let mut log = log(&[HIT, MISS]);
    assert_eq!(holds(&log, 0), ["1/which/0", "1/drawn/0", "2/which/1", "2/which/2", "2/drawn/0"]);
    assert_eq!(holds(&log, 1), ["2/which/1", "2/which/2", "2/drawn/0"]);
    assert_eq!(holds(&log, 2), [""; 0], "without a new run there is nothing to be right about");
    // A run that is stopped marks no answer, and has its number all the same.
    add(&mut log, HIT);
    stop(&mut log);
    add(&mut log, HIT);
    assert_eq!(holds(&log, 2), ["4/which/0", "4/which/2", "4/drawn/0"]);
}

#[test]
fn a_run_that_was_stopped_or_is_under_way_counts_for_nothing() {
    let mut log = log(&[HIT]);
    stop(&mut log);
    for when in [run(hit()), When::Runs(vec![hit()]), run(RunWhen::default())] {
        assert!(!is_met(when, &log, FIRST));
    }
    assert_eq!(judged(&[], &drawing(), &log, FIRST).runs, [0; 0]);
    // Nor does it take the place of the latest, or stand between others.
    let mut log = self::log(&[MISS, MISS]);
    stop(&mut log);
    add(&mut log, HIT);
    add(&mut log, MISS);
    let ended = log.events.pop();
    assert!(matches!(ended, Some(Event { fact: Fact::RunEnded { run: 4, .. }, .. })));
    let verdict = judged(&[goal("hit", run(hit()))], &drawing(), &log, judged_upto(&log, 1));
    assert_eq!((verdict.runs, verdict.holds), (vec![3], vec!["hit".to_owned()]));
    assert!(is_met(When::Runs(vec![miss(), hit()]), &log, FIRST));
    assert!(!is_met(When::Runs(vec![miss(), miss()]), &log, FIRST));
}

#[test]
fn several_runs_are_seen_in_their_order_perhaps_with_others_between_them() {
    let met = |wanted: &[RunWhen], runs: &[(&str, Outcome)]| is_met(When::Runs(wanted.to_vec()), &log(runs), FIRST);
    assert!(met(&[hit(), miss()], &[HIT, MISS]));
    assert!(!met(&[hit(), miss()], &[MISS, HIT]));
    assert!(met(&[hit(), miss()], &[MISS, HIT, HIT, MISS, HIT]));
    assert!(met(&[hit(), miss(), hit()], &[HIT, HIT, MISS, MISS, HIT]));
    assert!(!met(&[hit(), miss(), hit()], &[MISS, HIT, MISS]));
    // One run is one of them.
    assert!(!met(&[hit(), hit()], &[HIT]));
    assert!(met(&[hit(), hit()], &[HIT, HIT]));
    // Those that were judged before are among them: the last of them has to be new.
    let wanted = || When::Runs(vec![hit(), miss()]);
    let log = log(&[HIT, MISS]);
    assert!(is_met(wanted(), &log, judged_upto(&log, 1)));
    assert!(!is_met(wanted(), &log, judged_upto(&log, 2)));
}

#[test]
fn what_needs_no_run_is_judged_as_it_is_now() {
    let data = BTreeMap::from([(id("redis-0"), BTreeMap::from([("rohan".to_owned(), "Rohan, Mumbai".to_owned())]))]);
    let held = |held: &str| When::Holds { kind: Kind::Redis, key: key("rohan"), value: Some(value(held)) };
    let lacks = |gone: &str| When::Lacks { kind: Kind::Redis, key: key(gone) };
    let goals = [
        goal("drawn", When::Drawn { kind: Kind::Redis, times: 1 }),
        goal("twice", When::Drawn { kind: Kind::Redis, times: 2 }),
        goal("held", held("Rohan, Mumbai")),
        goal("other", held("Rohan, Pune")),
        goal("lacks", lacks("doe")),
        goal("has", lacks("rohan")),
        goal("either", When::Any(vec![run(hit()), lacks("doe")])),
    ];
    let questions = Questions { goals: goals.iter().collect(), predictions: Vec::new() };
    let judged = log(&[HIT]);
    let since = judged_upto(&judged, 1);
    for (log, since) in [(Log::default(), FIRST), (log(&[MISS]), FIRST), (judged, since)] {
        let verdict = questions.judge(&drawing(), &data, &fold(&log.events), &[], since);
        assert_eq!(verdict.holds, ["drawn", "held", "lacks", "either"]);
    }
}

#[test]
fn hops_are_judged_by_what_was_asked_and_not_by_what_is_drawn() {
    let of = |asks, database| Course { caches: vec![(Outcome::Hit, 90)], database, ..Course::of(asks) };
    let mut log = Log::default();
    log.run(&RunCourse::of_one(vec![
        Course { delay_us: 2_000, ..Course::read("doe", (Outcome::Miss, 79), Some((Outcome::Found, 412))) },
        of(Request::put(key("rohan"), value("Rohan, Pune")), Some((Outcome::Found, 300))),
        of(Request::delete(key("john")), Some((Outcome::Found, 300))),
    ]));
    let exactly = |at, outcome, times| run(hops(at, outcome, times, Some(times)));
    let met = [
        // GET, SET; DEL; DEL.
        exactly(Kind::Redis, None, 4),
        exactly(Kind::Redis, Some(Outcome::Miss), 1),
        exactly(Kind::Redis, Some(Outcome::Stored), 1),
        exactly(Kind::Redis, Some(Outcome::Deleted), 2),
        // SELECT; INSERT; DELETE.
        exactly(Kind::Postgres, None, 3),
        exactly(Kind::Postgres, Some(Outcome::Found), 1),
        exactly(Kind::Postgres, Some(Outcome::Stored), 1),
        exactly(Kind::Postgres, Some(Outcome::Deleted), 1),
        exactly(Kind::Server, None, 3),
        exactly(Kind::Client, None, 0),
        run(RunWhen { lasted_ms: 2, ..RunWhen::default() }),
    ];
    let unmet = [
        exactly(Kind::Redis, None, 0),
        exactly(Kind::Postgres, None, 0),
        exactly(Kind::Postgres, Some(Outcome::Deleted), 0),
        exactly(Kind::Server, None, 0),
        run(RunWhen { lasted_ms: 60_000, ..RunWhen::default() }),
    ];
    let is_goal = |(number, when): (usize, &When)| goal(&number.to_string(), when.clone());
    let goals: Vec<Goal> = met.iter().chain(&unmet).enumerate().map(is_goal).collect();
    let expected: Vec<String> = (0..met.len()).map(|number| number.to_string()).collect();

    let mut drawings = vec![drawing(), Graph::default()];
    for node in 0..drawing().nodes.len() {
        let mut without = drawing();
        let gone = without.nodes.remove(node).id;
        without.links.retain(|link| link.from != gone && link.to != gone);
        drawings.push(without);
    }
    // And one in which others have taken over the names.
    let kinds =
        [("client-0", Kind::Redis), ("server", Kind::Postgres), ("redis-0", Kind::Client), ("postgres", Kind::Redis)];
    drawings.push(scenario(kinds.map(|(id, kind)| fresh(id, kind)).into(), &[]).graph);
    for graph in drawings {
        assert_eq!(judged(&goals, &graph, &log, FIRST).holds, expected, "{graph:?}");
    }
}

#[test]
fn data_are_needed_for_what_stores_hold_and_lack_however_deep_it_stands() {
    let holds = || When::Holds { kind: Kind::Redis, key: key("a"), value: None };
    let lacks = || When::Lacks { kind: Kind::Postgres, key: key("a") };
    let drawn = || When::Drawn { kind: Kind::Redis, times: 1 };
    let not = |when| When::Not(Box::new(when));
    for when in [
        holds(),
        lacks(),
        not(holds()),
        When::All(vec![drawn(), lacks()]),
        When::Any(vec![drawn(), holds()]),
        When::All(vec![run(hit()), When::Any(vec![drawn(), not(When::All(vec![drawn(), not(lacks())]))])]),
    ] {
        assert!(when.needs_data(), "{when:?}");
        assert!(need_data(&when), "{when:?}");
    }
    let answers = vec![Answers { request: None, status: Some(200), value: Some(value("a")), times: 1, most: None }];
    for when in [
        drawn(),
        When::Linked { from: Kind::Server, to: Kind::Redis },
        When::Sends(line("GET a")),
        When::Server(ServerWhen::default()),
        When::Condition { to: Kind::Redis, is: Condition::Cut },
        When::Off(Kind::Redis),
        When::Hold(HoldWhen { to: Kind::Redis, command: None }),
        When::Traffic(Box::default()),
        When::Traffics(vec![TrafficWhen::default()]),
        When::Outside(1),
        run(RunWhen { answers, ..hit() }),
        When::Runs(vec![hit(), miss()]),
        When::All(vec![drawn(), not(When::Any(vec![run(hit()), drawn()]))]),
        When::All(Vec::new()),
    ] {
        assert!(!when.needs_data(), "{when:?}");
        assert!(!need_data(&when), "{when:?}");
    }
}

/// Whether a goal with that condition needs data, and a choice with it, too, among others that need none.
fn need_data(when: &When) -> bool {
    let drawn = || When::Drawn { kind: Kind::Redis, times: 1 };
    let (first, second) = (goal("drawn", drawn()), goal("goal", when.clone()));
    let of_goals = Questions { goals: vec![&first, &second], predictions: Vec::new() }.need_data();
    let choice = |when| Choice { text: "This.".to_owned(), when };
    let prediction = Prediction {
        id: "which".to_owned(),
        question: "What?".to_owned(),
        many: false,
        choices: vec![choice(drawn()), choice(when.clone())],
        why: "Because.".to_owned(),
    };
    let of_choices = Questions { goals: vec![&first], predictions: vec![&prediction] }.need_data();
    assert_eq!(of_goals, of_choices, "{when:?}");
    of_goals
}
