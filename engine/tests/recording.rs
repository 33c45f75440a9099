//! What readers of a sandbox get, over real runs: each event once and in order, wherever they come back.

mod common;

use aside_domain::recording::MOST_BYTES;
use aside_domain::{Event, Hold, Leg, Recording, Scenario, Timeline, json, limits};
use aside_engine::{Cursor, EngineError, FeedItem, SessionId, Which};
use common::*;
use futures::StreamExt;

#[test]
fn a_reader_that_comes_back_at_any_event_of_a_run_misses_nothing_and_gets_nothing_twice() {
    test(async {
        let sandbox = textbook().await;
        let Some(FeedItem::Reset { cursor: start, .. }) = sandbox.subscribe(None).next().await else {
            panic!("no reset")
        };
        let events = run_all(&sandbox).await;
        for seen in 0..=events.len() {
            let seq = start.seq + seen as u64;
            let cursor: Cursor = format!("{}:{seq}", start.epoch).parse().unwrap();
            let mut feed = sandbox.subscribe(Some(cursor));
            for event in &events[seen..] {
                assert_eq!(next_event(&mut feed).await, *event);
            }
        }
    });
}

#[test]
fn the_state_at_any_moment_of_a_run_goes_on_to_the_same_end() {
    test(async {
        let sandbox = sandbox_of(busy(200)).await;
        let mut whole = sandbox.subscribe(None);
        let mut joined = vec![sandbox.subscribe(None)];
        sandbox.run(Which::All).await.unwrap();
        while sandbox.run(Which::All).await.is_err() {
            joined.push(sandbox.subscribe(None)); // as often as there is time, while it runs
            tokio::task::yield_now().await;
        }
        sandbox.stop();
        let Some(FeedItem::Reset { timeline, .. }) = whole.next().await else { panic!("no reset") };
        let mut expected = *timeline;
        for _ in 0..2 {
            let events = to_the_end(&mut whole).await;
            events.iter().for_each(|event| expected.fold(event).unwrap());
        }
        for mut feed in joined {
            let mut timeline = Timeline::default();
            while timeline.seq < expected.seq {
                match feed.next().await {
                    Some(FeedItem::Reset { timeline: state, .. }) => timeline = *state,
                    Some(FeedItem::Event { event, .. }) => timeline.fold(&event).unwrap(),
                    None => panic!("cut off"),
                }
            }
            assert!(timeline == expected);
        }
    });
}

#[test]
fn after_a_restart_an_old_cursor_gets_the_state_of_the_new_log() {
    test(async {
        let session = SessionId::fresh();
        let sandbox = engine().await.open(&session, &place(), &Scenario::textbook()).await.unwrap();
        run_all(&sandbox).await;
        let Some(FeedItem::Reset { cursor: old, .. }) = sandbox.subscribe(None).next().await else {
            panic!("no reset")
        };
        let stores = stores().await;
        let restarted = connect(stores.redis_url(), stores.database_url()).await;
        let again = restarted.sandbox(&session, sandbox.id().as_str()).await.unwrap();
        run_all(&again).await;
        match again.subscribe(Some(old.clone())).next().await {
            Some(FeedItem::Reset { cursor, timeline }) => {
                assert_ne!(cursor.epoch, old.epoch);
                assert_eq!((timeline.seq, timeline.runs.len()), (cursor.seq, 1));
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_run_s_recording_tells_what_the_timeline_tells_and_is_of_the_scenario_that_ran() {
    test(async {
        let sandbox = textbook().await;
        let events = run_all(&sandbox).await;
        let before = sandbox.saved().await.unwrap();
        let version = sandbox.save(Scenario::empty("Another").unwrap(), before.version, "a tab").await.unwrap();
        assert_eq!(version, before.version + 1);

        let recording = sandbox.recording(1).unwrap();
        assert_eq!(recording.scenario, before.scenario);
        let read = Recording::from_json(&json::write(&recording)).unwrap();
        assert_eq!(read, recording);
        let mut live = Timeline::default();
        for (seq, event) in (1..).zip(events) {
            live.fold(&Event { seq, ..event }).unwrap();
        }
        assert_eq!(read.timeline().latest(), live.latest());
    });
}

#[test]
fn the_longest_run_is_recorded_whole_though_readers_could_not_come_back_to_its_start() {
    test(async {
        let sandbox = sandbox_of(busy(limits::REQUESTS_PER_RUN)).await;
        run_all(&sandbox).await;
        let recording = sandbox.recording(1).unwrap();
        assert!(recording.events.len() > limits::EVENTS_KEPT, "{}", recording.events.len());
        let text = json::write(&recording);
        assert!(text.len() < MOST_BYTES / 2, "{}", text.len());
        let timeline = Recording::from_json(&text).unwrap().timeline();
        let run = timeline.latest().unwrap();
        assert_eq!(run.requests.len(), limits::REQUESTS_PER_RUN);
        assert!(run.requests.iter().all(|asked| asked.answer.is_some()));
    });
}

#[test]
fn a_run_can_be_recorded_when_it_is_over_and_as_long_as_it_is_kept() {
    test(async {
        let mut scenario = Scenario::textbook();
        scenario.graph.links[1].hold = Some(Hold { leg: Leg::Message, command: None, key: None });
        let sandbox = sandbox_of(scenario).await;
        assert_eq!(sandbox.recording(1), Err(EngineError::NoSuchRun));
        let mut feed = sandbox.subscribe(None);
        feed.next().await; // the state before it
        sandbox.run(Which::All).await.unwrap();
        assert_eq!(sandbox.recording(1), Err(EngineError::StillGoing));
        sandbox.stop();
        to_the_end(&mut feed).await;
        let stopped = sandbox.recording(1).unwrap();
        assert!(Recording::from_json(&json::write(&stopped)).is_ok());

        let saved = sandbox.saved().await.unwrap();
        sandbox.save(Scenario::textbook(), saved.version, "a tab").await.unwrap();
        for _ in 0..limits::RUNS_KEPT {
            run_all(&sandbox).await;
        }
        assert_eq!(sandbox.recording(1), Err(EngineError::NoSuchRun));
        assert!(sandbox.recording(2).is_ok());
    });
}
