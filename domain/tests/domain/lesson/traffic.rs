//! How conditions stand that speak of traffic.

use super::{FIRST, HIT, drawing, goal, hit, log, run};
use crate::support::id;
use crate::support::logs::{Log, fold};
use aside_domain::lesson::{Bounds, Choice, Prediction, Questions, Since, TrafficWhen, Upto, Verdict, When};
use aside_domain::measured::{Measured, Second, Totals};
use aside_domain::{Kind, Name, RunEnd, Source, Traffic};
use std::collections::BTreeMap;

/// The traffic of that number, which sent so many queries among a thousand reads.
fn traffic(number: u32, queries: u64, end: Option<RunEnd>) -> Measured {
    let totals =
        Totals { requests: 1_050, writes: 50, hits: 1_000 - queries, misses: queries, queries, ..Totals::default() };
    let seconds = [queries / 2, 0, queries / 8, queries / 4, queries / 8]; // a cold cache first
    let seconds = (0..).zip(seconds).map(|(at_s, queries)| Second { at_s, queries, ..Second::default() });
    Measured {
        number,
        title: "Traffic".to_owned(),
        client: id("client-0"),
        client_name: Name::new("Client").expect("a name"),
        traffic: Traffic { users: 100, duration_s: 60, ..Traffic::default() },
        drawing: Vec::new(),
        began_ms: 0,
        elapsed_ms: 60_000,
        end,
        totals,
        seconds: seconds.collect(),
    }
}

fn over(number: u32, queries: u64) -> Measured {
    traffic(number, queries, Some(RunEnd::Completed))
}

fn least(least: u64) -> Bounds {
    Bounds { least, most: None }
}

fn most(most: u64) -> Bounds {
    Bounds { least: 0, most: Some(most) }
}

fn queries(queries: Bounds) -> TrafficWhen {
    TrafficWhen { queries, ..TrafficWhen::default() }
}

fn of(wanted: TrafficWhen) -> When {
    When::Traffic(Box::new(wanted))
}

fn judged(when: When, log: &Log, traffic: &[Measured], since: Since) -> Verdict {
    let goal = goal("goal", when);
    let questions = Questions { goals: vec![&goal], predictions: Vec::new() };
    questions.judge(&drawing(), &BTreeMap::new(), &fold(&log.events), traffic, since)
}

fn is_met(when: When, traffic: &[Measured], since: Since) -> bool {
    judged(when, &Log::default(), traffic, since).holds == ["goal"]
}

#[test]
fn each_bound_is_held_against_what_was_measured() {
    let measured = [over(1, 400)];
    type With = fn(Bounds) -> TrafficWhen;
    let parts: [(With, u64); 9] = [
        (|users| TrafficWhen { users, ..TrafficWhen::default() }, 100),
        (|seconds| TrafficWhen { seconds, ..TrafficWhen::default() }, 60),
        (|requests| TrafficWhen { requests, ..TrafficWhen::default() }, 1_050),
        (|writes| TrafficWhen { writes, ..TrafficWhen::default() }, 50),
        (|misses| TrafficWhen { misses, ..TrafficWhen::default() }, 400),
        (|hit_percent| TrafficWhen { hit_percent, ..TrafficWhen::default() }, 60),
        (|queries| TrafficWhen { queries, ..TrafficWhen::default() }, 400),
        (|busiest| TrafficWhen { busiest, ..TrafficWhen::default() }, 100),
        (|errors| TrafficWhen { errors, ..TrafficWhen::default() }, 0),
    ];
    for (with, is) in parts {
        let met = |bounds| is_met(of(with(bounds)), &measured, FIRST);
        assert!(met(Bounds { least: is, most: Some(is) }) && met(least(is)) && met(most(is)), "{:?}", with(least(is)));
        assert!(!met(least(is + 1)), "{:?}", with(least(is)));
        assert!(is == 0 || !met(most(is - 1)), "{:?}", with(most(is)));
    }
    // Without a read there is no hit rate, and nothing can be said of it.
    let mut silent = over(1, 0);
    silent.totals = Totals { requests: 9, writes: 9, ..Totals::default() };
    let of_hits = |hit_percent| of(TrafficWhen { hit_percent, ..TrafficWhen::default() });
    assert!(!is_met(of_hits(most(100)), &[silent.clone()], FIRST));
    assert!(is_met(of(TrafficWhen::default()), &[silent], FIRST));
}

#[test]
fn traffic_that_goes_on_or_was_stopped_counts_for_nothing() {
    for end in [None, Some(RunEnd::Stopped)] {
        let measured = [traffic(1, 10, end)];
        assert!(!is_met(of(TrafficWhen::default()), &measured, FIRST));
        assert!(judged(of(TrafficWhen::default()), &Log::default(), &measured, FIRST).traffic.is_empty());
    }
    assert!(!is_met(of(TrafficWhen::default()), &[], FIRST));
}

#[test]
fn each_new_traffic_is_judged_as_if_it_were_the_latest_and_none_twice() {
    let measured = [over(4, 400), over(5, 20)];
    let (many, few) = (queries(least(300)), queries(most(50)));
    for when in [of(many), of(few), When::Traffics(vec![many, few])] {
        assert!(is_met(when, &measured, FIRST));
    }
    assert!(!is_met(When::Traffics(vec![few, many]), &measured, FIRST));
    let verdict = judged(of(many), &Log::default(), &measured, FIRST);
    assert_eq!((verdict.traffic, verdict.judged.traffic), (vec![4, 5], 5));
    let since = |traffic| Since { judged: Upto { ended_us: 0, traffic }, ..FIRST };
    assert!(!is_met(of(many), &measured, since(4)));
    assert!(is_met(of(few), &measured, since(4)));
    assert!(is_met(When::Traffics(vec![many, few]), &measured, since(4)), "the last of them is new");
    assert!(!is_met(When::Traffics(vec![many, few]), &measured, since(5)));
    assert!(is_met(of(few), &measured, since(6)), "a number of a log that is no more");
    let forgotten = |forgotten_traffic| Since { forgotten_traffic, ..FIRST };
    assert!(!is_met(of(many), &measured, forgotten(4)));
    assert!(!is_met(When::Traffics(vec![many, few]), &measured, forgotten(4)));
    assert!(!is_met(of(few), &measured, forgotten(5)));
}

#[test]
fn a_run_and_traffic_are_judged_each_by_itself() {
    let both = When::All(vec![run(hit()), of(TrafficWhen::default())]);
    let (log, measured) = (log(&[HIT]), [over(1, 10)]);
    assert!(judged(both, &log, &measured, FIRST).holds.is_empty());
    let drawn = When::Drawn { kind: Kind::Redis, times: 1 };
    for when in [run(hit()), of(TrafficWhen::default())] {
        let with = When::All(vec![drawn.clone(), when]);
        assert_eq!(judged(with, &log, &measured, FIRST).holds, ["goal"]);
    }
}

#[test]
fn a_prediction_about_traffic_is_marked_by_traffic_alone() {
    let choice = |when| Choice { text: "This.".to_owned(), when };
    let prediction = Prediction {
        id: "how-many".to_owned(),
        question: "How many?".to_owned(),
        many: false,
        choices: vec![choice(of(queries(most(50)))), choice(of(queries(least(51))))],
        why: "Because.".to_owned(),
    };
    assert_eq!(prediction.marked_by(), Source::Traffic);
    let questions = Questions { goals: Vec::new(), predictions: vec![&prediction] };
    let (log, measured) = (log(&[HIT]), [over(1, 400), over(2, 20)]);
    let verdict = questions.judge(&drawing(), &BTreeMap::new(), &fold(&log.events), &measured, FIRST);
    assert_eq!((verdict.runs, verdict.traffic), (vec![1], vec![1, 2]));
    assert_eq!(verdict.holds, ["1/how-many/1", "2/how-many/0"]);
}
