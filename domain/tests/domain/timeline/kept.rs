//! Which runs a timeline keeps.

use crate::support::logs::{Log, fold, logs};
use crate::support::{cases, id, key};
use aside_domain::{Fact, Request, RunEnd, Source, Timeline, limits};
use proptest::prelude::*;

/// The runs that are to be kept of these, which are told by number, source and whether they are over; written down without
/// the code under test.
fn kept_of(mut runs: Vec<(u32, Source, bool)>) -> Vec<(u32, Source, bool)> {
    loop {
        let goes = |is_sample: bool| {
            let goes = |(_, source, is_over): &(u32, Source, bool)| *is_over && (*source != Source::Play) == is_sample;
            runs.iter().rev().skip(1).rev().position(goes)
        };
        let samples = runs.iter().filter(|(_, source, _)| *source != Source::Play).count();
        let surplus = match (runs.len() > 8, samples > 3) {
            (true, _) => goes(true).or(goes(false)),
            (false, true) => goes(true),
            (false, false) => None,
        };
        match surplus {
            Some(run) => drop(runs.remove(run)),
            None => return runs,
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn the_latest_runs_are_kept_and_samples_go_before_those_that_somebody_pressed_play_for(log in logs(24)) {
        let mut timeline = Timeline::default();
        let mut expected = Vec::new();
        for event in &log {
            timeline.fold(event).unwrap();
            match event.fact {
                Fact::RunStarted { run, source, .. } => expected.push((run, source, false)),
                Fact::RunEnded { run, .. } => {
                    expected.iter_mut().filter(|(number, ..)| *number == run).for_each(|(.., is_over)| *is_over = true);
                }
                _ => {}
            }
            expected = kept_of(expected);
            let kept: Vec<_> = timeline.runs.iter().map(|run| (run.run, run.source, run.is_over())).collect();
            prop_assert_eq!(&kept, &expected, "these small runs are let go by their number alone");
        }
    }

    #[test]
    fn the_latest_run_is_kept_and_every_one_that_is_not_over(log in logs(24)) {
        let mut timeline = Timeline::default();
        let (mut going, mut last) = (Vec::new(), None);
        for event in &log {
            timeline.fold(event).unwrap();
            match event.fact {
                Fact::RunStarted { run, .. } => {
                    going.push(run);
                    last = Some(run);
                }
                Fact::RunEnded { run, .. } => going.retain(|going| *going != run),
                _ => {}
            }
            let kept: Vec<_> = timeline.runs.iter().filter(|run| !run.is_over()).map(|run| run.run).collect();
            prop_assert_eq!(&kept, &going);
            prop_assert_eq!(timeline.latest().map(|run| run.run), last);
        }
    }
}

/// A run of one client that starts so many requests, and ends.
fn bulk(log: &mut Log, run: u32, source: Source, requests: u32) {
    begin(log, run, source, requests);
    end(log, run);
}

fn begin(log: &mut Log, run: u32, source: Source, requests: u32) {
    let client = id("client");
    let clients = vec![(client.clone(), requests)];
    log.push(Fact::RunStarted { run, clients, source });
    for request in 1..=requests {
        let (client, asks) = (client.clone(), Request::get(key("rohan")));
        log.push(Fact::RequestStarted { run, request, client, asks });
    }
}

fn end(log: &mut Log, run: u32) {
    log.push(Fact::RunEnded { run, end: RunEnd::Completed });
}

/// The runs that are kept after runs of so many requests.
fn kept_after(requests: &[u32]) -> Vec<u32> {
    let mut log = Log::default();
    for (run, &requests) in (1..).zip(requests) {
        bulk(&mut log, run, Source::Play, requests);
    }
    let mut timeline = Timeline::default();
    for event in &log.events {
        timeline.fold(event).expect("no gap");
        let kept: usize = timeline.runs.iter().map(|run| run.requests.len()).sum();
        assert!(kept <= limits::REQUESTS_KEPT, "{kept} requests are kept at event {}", event.seq);
    }
    numbers(&timeline)
}

fn numbers(timeline: &Timeline) -> Vec<u32> {
    timeline.runs.iter().map(|run| run.run).collect()
}

#[test]
fn the_requests_of_the_kept_runs_never_pass_the_limit() {
    assert_eq!(kept_after(&[1_000, 1_000]), [1, 2]);
    assert_eq!(kept_after(&[1_000, 1_000, 1]), [2, 3]);
    assert_eq!(kept_after(&[1_000, 1_000, 1_000]), [2, 3]);
    assert_eq!(kept_after(&[500, 500, 500, 1_000, 400]), [3, 4, 5]);
    assert_eq!(kept_after(&[1; 10]), [3, 4, 5, 6, 7, 8, 9, 10]);
}

#[test]
fn a_run_larger_than_the_limit_is_kept_while_it_is_the_latest() {
    let mut log = Log::default();
    bulk(&mut log, 1, Source::Play, limits::REQUESTS_KEPT as u32 + 1);
    assert_eq!(fold(&log.events).latest().unwrap().requests.len(), limits::REQUESTS_KEPT + 1);
}

#[test]
fn three_samples_are_kept_and_they_push_no_run_out_that_somebody_pressed_play_for() {
    let mut log = Log::default();
    bulk(&mut log, 1, Source::Play, 1);
    for run in 2..=20 {
        bulk(&mut log, run, if run % 2 == 0 { Source::Traffic } else { Source::Outside }, 1);
    }
    bulk(&mut log, 21, Source::Play, 1);
    assert_eq!(numbers(&fold(&log.events)), [1, 18, 19, 20, 21]);
}

#[test]
fn samples_go_first_where_there_are_too_many_requests_or_runs() {
    let mut log = Log::default();
    bulk(&mut log, 1, Source::Play, 900);
    bulk(&mut log, 2, Source::Traffic, 100);
    bulk(&mut log, 3, Source::Traffic, 100);
    bulk(&mut log, 4, Source::Play, 900);
    bulk(&mut log, 5, Source::Play, 100);
    assert_eq!(numbers(&fold(&log.events)), [1, 3, 4, 5], "the oldest sample is enough");
    (6..=11).for_each(|run| bulk(&mut log, run, Source::Play, 1));
    assert_eq!(numbers(&fold(&log.events)), [4, 5, 6, 7, 8, 9, 10, 11]);
}

#[test]
fn a_run_that_hangs_is_kept_however_many_come_after_it_and_let_go_when_it_is_over() {
    let mut log = Log::default();
    begin(&mut log, 1, Source::Play, 1);
    begin(&mut log, 2, Source::Outside, 1);
    (3..=20).for_each(|run| bulk(&mut log, run, Source::Play, 1));
    assert_eq!(numbers(&fold(&log.events)), [1, 2, 15, 16, 17, 18, 19, 20]);
    (21..=24).for_each(|run| bulk(&mut log, run, Source::Traffic, 1));
    assert_eq!(numbers(&fold(&log.events)), [1, 2, 16, 17, 18, 19, 20, 24], "samples push each other out");
    end(&mut log, 1);
    end(&mut log, 2);
    assert_eq!(numbers(&fold(&log.events)), [1, 2, 16, 17, 18, 19, 20, 24], "eight are not too many");
    bulk(&mut log, 25, Source::Play, 1);
    assert_eq!(numbers(&fold(&log.events)), [1, 16, 17, 18, 19, 20, 24, 25]);
}

#[test]
fn a_sample_that_is_over_is_let_go_at_once_if_it_was_one_too_many() {
    let mut log = Log::default();
    (1..=4).for_each(|run| begin(&mut log, run, Source::Traffic, 1));
    assert_eq!(numbers(&fold(&log.events)), [1, 2, 3, 4]);
    end(&mut log, 2);
    assert_eq!(numbers(&fold(&log.events)), [1, 3, 4]);
    end(&mut log, 4);
    assert_eq!(numbers(&fold(&log.events)), [1, 3, 4]);
}
