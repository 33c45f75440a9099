use super::*;
use aside_domain::{Key, Kind, Outcome, Reply, Scenario};
use futures::FutureExt;

fn node(kind: Kind) -> NodeId {
    kind.fresh_id("1").unwrap()
}

fn saved() -> Arc<Saved> {
    Arc::new(Saved { scenario: Scenario::textbook(), version: 1 })
}

fn change(recorder: &Recorder) {
    recorder.record(Fact::DataChanged { node: node(Kind::Redis) });
}

/// What the feed has to give without waiting, and whether it ended.
fn ready(feed: &mut Feed) -> (Vec<FeedItem>, bool) {
    let mut items = Vec::new();
    loop {
        match feed.next().now_or_never() {
            Some(Some(item)) => items.push(item),
            Some(None) => return (items, true),
            None => return (items, false),
        }
    }
}

fn numbers(items: &[FeedItem]) -> Vec<u64> {
    items.iter().map(|item| item.cursor().seq).collect()
}

fn is_reset(item: &FeedItem) -> bool {
    matches!(item, FeedItem::Reset { .. })
}

fn departure<'a>(run: u32, from: &'a NodeId, to: &'a NodeId) -> Departure<'a> {
    let shown = "GET k".to_owned();
    Departure { run, request: 1, from, to, shown }
}

#[test]
fn a_reader_that_resumes_at_any_event_gets_each_event_after_it_once_and_in_order() {
    let recorder = Arc::new(Recorder::new());
    let last = BATCH as u64 + 10;
    (0..last).for_each(|_| change(&recorder));
    for seq in 0..=last {
        let cursor = recorder.cursor(seq).to_string().parse().unwrap();
        let mut feed = Arc::clone(&recorder).subscribe(Some(cursor));
        let (items, ended) = ready(&mut feed);
        assert!(!ended && !items.iter().any(is_reset));
        assert_eq!(numbers(&items), (seq + 1..=last).collect::<Vec<_>>());
    }
}

#[test]
fn a_cursor_that_does_not_fit_gets_the_whole_state_first_and_then_what_follows() {
    let recorder = Arc::new(Recorder::new());
    (0..limits::EVENTS_KEPT + 3).for_each(|_| change(&recorder));
    let now = limits::EVENTS_KEPT as u64 + 3;
    let elsewhere = Cursor { epoch: "another".to_owned(), seq: now };
    let too_old = recorder.cursor(2);
    let future = recorder.cursor(now + 1);
    let far_future = recorder.cursor(u64::MAX);
    for cursor in [None, Some(elsewhere), Some(too_old), Some(future), Some(far_future)] {
        let mut feed = Arc::clone(&recorder).subscribe(cursor.clone());
        let (items, _) = ready(&mut feed);
        assert_eq!(items.len(), 1, "{cursor:?}");
        let FeedItem::Reset { cursor, timeline } = &items[0] else { panic!("no reset for {cursor:?}") };
        assert_eq!((cursor.seq, timeline.seq), (now, now));
    }
    let mut feed = Arc::clone(&recorder).subscribe(Some(recorder.cursor(3))); // the oldest that still fits
    assert_eq!(numbers(&ready(&mut feed).0).first(), Some(&4));
}

#[test]
fn the_state_and_its_tail_make_the_same_timeline_as_all_events() {
    let recorder = Arc::new(Recorder::new());
    let (client, server) = (node(Kind::Client), node(Kind::Server));
    let steps: [&dyn Fn(); 5] = [
        &|| assert_eq!(start(&recorder, vec![(client.clone(), 1)]), Some(1)),
        &|| {
            let asks = Request::get(Key::new("k").unwrap());
            let hop = recorder.start_request(&asks, departure(1, &client, &server));
            assert_eq!(hop, Some(0));
        },
        &|| change(&recorder),
        &|| {
            let receipt = Receipt {
                outcome: Outcome::Found,
                sent: None,
                reply: Reply::of("v"),
                took_us: 7,
                injected_us: 0,
                held_us: 0,
            };
            recorder.end_hop(1, 0, receipt);
        },
        &|| recorder.end_run(1, RunEnd::Completed, [node(Kind::Redis)]),
    ];
    let mut feeds = vec![Arc::clone(&recorder).subscribe(None)];
    for step in steps {
        step();
        feeds.push(Arc::clone(&recorder).subscribe(None));
    }
    let timelines: Vec<Timeline> = feeds
        .iter_mut()
        .map(|feed| {
            let mut timeline = Timeline::default();
            for item in ready(feed).0 {
                match item {
                    FeedItem::Reset { timeline: state, .. } => timeline = *state,
                    FeedItem::Event { event, .. } => timeline.fold(&event).unwrap(),
                }
            }
            Timeline { now_us: 0, ..timeline } // a snapshot has the time when it was taken
        })
        .collect();
    assert_eq!(timelines[0].latest().unwrap().hops.len(), 1);
    assert!(timelines.iter().all(|timeline| *timeline == timelines[0]));
}

#[test]
fn a_slow_reader_is_cut_off_and_misses_nothing_when_it_resumes() {
    let recorder = Arc::new(Recorder::new());
    let mut slow = Arc::clone(&recorder).subscribe(None);
    change(&recorder);
    let (items, ended) = ready(&mut slow);
    assert!(!ended);
    (0..=limits::EVENTS_KEPT).for_each(|_| change(&recorder));
    let (after, ended) = ready(&mut slow);
    assert!(after.is_empty() && ended, "it must not skip");

    let cursor = items.last().unwrap().cursor().clone();
    let mut again = Arc::clone(&recorder).subscribe(Some(cursor));
    let (items, ended) = ready(&mut again);
    assert!(!ended && is_reset(&items[0]));
    assert_eq!(numbers(&items), [limits::EVENTS_KEPT as u64 + 2]);
}

#[tokio::test]
async fn a_reader_that_waits_is_woken_by_each_event() {
    let recorder = Arc::new(Recorder::new());
    let mut feed = Arc::clone(&recorder).subscribe(Some(recorder.cursor(0)));
    let reader = tokio::spawn(async move {
        let mut got = Vec::new();
        while got.len() < 200 {
            got.extend(feed.next().await.map(|item| item.cursor().seq));
        }
        got
    });
    for _ in 0..200 {
        change(&recorder);
        tokio::task::yield_now().await;
    }
    let got = tokio::time::timeout(std::time::Duration::from_secs(20), reader).await;
    assert_eq!(got.unwrap().unwrap(), (1..=200).collect::<Vec<_>>());
}

fn start(recorder: &Recorder, clients: Vec<(NodeId, u32)>) -> Option<u32> {
    recorder.start_run(clients, Source::Play, saved()).map(|(run, _)| run)
}

#[test]
fn a_run_may_begin_beside_another_and_one_that_is_stopped_leaves_the_other_alone() {
    let recorder = Recorder::new();
    let (client, server) = (node(Kind::Client), node(Kind::Server));
    let (_, stopping) = recorder.start_run(vec![], Source::Play, saved()).unwrap();
    let (sample, sampled) = recorder.start_run(vec![], Source::Outside, saved()).unwrap();
    assert_eq!(recorder.going(), [1], "nobody pressed Play for the other");
    recorder.stop_run(sample);
    assert!(*sampled.borrow() && !*stopping.borrow());
    assert_eq!(recorder.start_hop(departure(2, &client, &server)), None);
    assert_eq!(recorder.start_hop(departure(1, &client, &server)), Some(0));
    assert!(recorder.stop() && *stopping.borrow());
}

#[test]
fn no_hop_starts_after_stop_and_a_run_ends_once() {
    let recorder = Recorder::new();
    let (client, server) = (node(Kind::Client), node(Kind::Server));
    let asks = Request::get(Key::new("k").unwrap());
    assert!(!recorder.stop(), "nothing is going");
    assert_eq!(start(&recorder, vec![]), Some(1));
    assert_eq!(recorder.start_hop(departure(1, &client, &server)), Some(0));
    assert_eq!(recorder.start_hop(departure(1, &client, &server)), Some(1));
    assert!(recorder.stop());
    assert_eq!(recorder.start_hop(departure(1, &client, &server)), None);
    assert_eq!(recorder.start_request(&asks, departure(1, &client, &server)), None);
    recorder.end_run(1, RunEnd::Stopped, []);
    assert!(!recorder.stop());
    assert_eq!(start(&recorder, vec![]), Some(2));
    assert_eq!(recorder.start_hop(departure(2, &client, &server)), Some(0), "hops are numbered per run");
}

#[test]
fn a_closed_log_gives_its_readers_the_rest_and_ends_them() {
    let recorder = Arc::new(Recorder::new());
    let mut feed = Arc::clone(&recorder).subscribe(Some(recorder.cursor(0)));
    change(&recorder);
    recorder.close();
    let (items, ended) = ready(&mut feed);
    assert_eq!((numbers(&items), ended), (vec![1], true));
    assert_eq!(start(&recorder, vec![]), None);
    let (items, ended) = ready(&mut Arc::clone(&recorder).subscribe(None));
    assert!(is_reset(&items[0]) && ended);
}

#[test]
fn a_cursor_is_read_back_and_what_is_none_is_refused() {
    let cursor = Recorder::new().cursor(42);
    assert_eq!(cursor.to_string().parse(), Ok(cursor));
    for bad in ["", "7", "a:", "a:-1", "a:1:2"] {
        assert!(bad.parse::<Cursor>().is_err(), "{bad}");
    }
}
