//! What readers of a sandbox get, over real runs: each event once and in order, wherever they come back.

mod common;

use aside_domain::{Scenario, Timeline};
use aside_engine::{Cursor, FeedItem, SessionId, Which};
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
