//! How conditions stand where a packet was held, a fill was refused, or somebody asked from outside.

use super::{FIRST, HIT, MISS, drawing, goal, hit, hops, is_met, judged, log, miss, run};
use crate::support::logs::{Log, fold};
use crate::support::{id, key};
use aside_domain::lesson::{Choice, HoldWhen, Hops, Prediction, Questions, RunWhen, ServerWhen, Since, When};
use aside_domain::{Command, Condition, Event, Fact, Hold, Kind, Leg, Outcome, Settings, Source, Tally};
use std::collections::BTreeMap;

/// The run of that number ends last: it hung while the others came and went.
fn hangs(log: &mut Log, number: u32) {
    let place = log.events.iter().position(|event| matches!(event.fact, Fact::RunEnded { run, .. } if run == number));
    let ended = log.events.remove(place.expect("it ended"));
    for (index, event) in log.events.iter_mut().enumerate() {
        event.seq = index as u64 + 1;
    }
    log.push(ended.fact);
}

/// The first SET of a log was held for that long, and came to that.
fn holds_fill(log: &mut Log, held: u64, came_to: Outcome) {
    let fill = log.events.iter_mut().find_map(|event| match &mut event.fact {
        Fact::HopEnded { receipt, .. } if receipt.outcome == Outcome::Stored => Some(receipt),
        _ => None,
    });
    let fill = fill.expect("a fill");
    (fill.held_us, fill.outcome) = (held, came_to);
}

fn of_source(log: &mut Log, number: u32, of: Source) {
    for event in &mut log.events {
        match &mut event.fact {
            Fact::RunStarted { run, source, .. } if *run == number => *source = of,
            _ => {}
        }
    }
}

fn held_fill(outcome: Outcome) -> When {
    let fill =
        Hops { at: Kind::Redis, outcome: Some(outcome), key: Some(key("doe")), held: true, times: 1, most: None };
    run(RunWhen { hops: vec![fill], ..RunWhen::default() })
}

#[test]
fn a_run_that_hung_while_later_ones_came_and_went_is_judged_when_it_ends() {
    let goals = [goal("miss", run(miss())), goal("last", When::Runs(vec![hit(), miss()]))];
    let mut log = log(&[MISS, HIT]);
    hangs(&mut log, 1);
    let released = log.events.pop().expect("the end of run 1");
    let first = judged(&goals, &drawing(), &log, FIRST);
    assert_eq!((first.runs, first.holds), (vec![2], vec![]));
    log.events.push(released);
    let since = Since { judged: first.judged, ..FIRST };
    let second = judged(&goals, &drawing(), &log, since);
    assert_eq!((second.runs, second.holds), (vec![1], vec!["miss".to_owned(), "last".to_owned()]));
    let all = judged(&goals, &drawing(), &log, FIRST);
    assert_eq!((all.runs, all.judged), (vec![2, 1], second.judged), "they ended in this order");
    assert!(!is_met(When::Runs(vec![miss(), hit()]), &log, FIRST));
}

#[test]
fn what_was_held_is_told_from_what_was_not() {
    let mut log = log(&[MISS]);
    assert!(!is_met(held_fill(Outcome::Stored), &log, FIRST));
    holds_fill(&mut log, 5, Outcome::Stored);
    assert!(is_met(held_fill(Outcome::Stored), &log, FIRST));
    assert!(!is_met(held_fill(Outcome::NotStored), &log, FIRST));
    assert!(is_met(run(hops(Kind::Redis, Some(Outcome::Stored), 1, None)), &log, FIRST), "where it does not matter");
    holds_fill(&mut log, 5, Outcome::NotStored);
    assert!(is_met(held_fill(Outcome::NotStored), &log, FIRST));
}

#[test]
fn a_drawing_is_judged_by_its_holds_and_its_leases() {
    let met = |graph: &aside_domain::Graph, when| {
        judged(&[goal("goal", when)], graph, &Log::default(), FIRST).holds == ["goal"]
    };
    let hold = |to, command| When::Hold(HoldWhen { to, command });
    let mut graph = drawing();
    assert!(!met(&graph, hold(Kind::Redis, None)));
    graph.links[1].hold = Some(Hold { leg: Leg::Message, command: Some(Command::Set), key: None });
    assert!(met(&graph, hold(Kind::Redis, None)));
    assert!(met(&graph, hold(Kind::Redis, Some(Command::Set))));
    assert!(!met(&graph, hold(Kind::Redis, Some(Command::Del))));
    assert!(!met(&graph, hold(Kind::Postgres, None)));
    assert!(!met(&graph, When::Condition { to: Kind::Redis, is: Condition::Cut }));

    let lease = |lease| When::Server(ServerWhen { lease: Some(lease), ..ServerWhen::default() });
    let early = |early| When::Server(ServerWhen { early_refresh: Some(early), ..ServerWhen::default() });
    assert!(met(&graph, When::All(vec![lease(false), early(false)])));
    let Settings::Server(server) = &mut graph.nodes[1].settings else { panic!("the server") };
    (server.lease, server.early_refresh) = (true, true);
    assert!(met(&graph, When::All(vec![lease(true), early(true)])));
}

#[test]
fn a_run_of_play_is_no_request_from_outside_and_samples_of_traffic_are_nothing() {
    let outside = || run(RunWhen { source: Source::Outside, ..hit() });
    let mut log = log(&[HIT, HIT, HIT]);
    of_source(&mut log, 2, Source::Outside);
    of_source(&mut log, 3, Source::Traffic);
    let verdict = judged(&[goal("play", run(hit())), goal("outside", outside())], &drawing(), &log, FIRST);
    assert_eq!((verdict.runs, verdict.outside, verdict.traffic), (vec![1], vec![2], vec![]));
    assert_eq!(verdict.holds, ["play", "outside"]);
    assert!(!is_met(outside(), &super::log(&[HIT]), FIRST));

    let choice = |when| Choice { text: "This.".to_owned(), when };
    let prediction = |id: &str, when: When| Prediction {
        id: id.to_owned(),
        question: "What?".to_owned(),
        many: false,
        choices: vec![choice(when.clone()), choice(When::Not(Box::new(when)))],
        why: "Because.".to_owned(),
    };
    let (play, outside) = (prediction("play", run(hit())), prediction("outside", outside()));
    assert_eq!((play.marked_by(), outside.marked_by()), (Source::Play, Source::Outside));
    let questions = Questions { goals: Vec::new(), predictions: vec![&play, &outside] };
    let verdict = questions.judge(&drawing(), &BTreeMap::new(), &fold(&log.events), &[], FIRST);
    assert_eq!(verdict.holds, ["1/play/0", "2/outside/0"]);
}

#[test]
fn requests_from_outside_count_also_where_they_are_not_told_one_by_one() {
    let mut log = log(&[HIT, HIT]);
    of_source(&mut log, 1, Source::Outside);
    let (met, not_yet) = (When::Outside(1), When::Outside(2));
    assert!(is_met(met.clone(), &log, FIRST));
    assert!(!is_met(not_yet.clone(), &log, FIRST));
    let tallies = vec![(id("server"), Tally { asked: 400, ..Tally::default() })];
    log.push(Fact::Served { run: 1, requests: 400, tallies: tallies.clone() });
    log.push(Fact::Served { run: 2, requests: 400, tallies });
    assert!(is_met(When::Outside(401), &log, FIRST));
    assert!(!is_met(When::Outside(402), &log, FIRST), "the others were not from outside");
    assert!(!is_met(met, &log, Since { forgotten: 1, ..FIRST }));
    let is_start = |event: &&Event| matches!(event.fact, Fact::RunStarted { .. });
    assert_eq!(log.events.iter().filter(is_start).count(), 2);
}
