use crate::support::logs::{
    Course, Held, Log, RunCourse, events_of, fold, latest, run_courses, run_of, runs, textbook_course,
};
use crate::support::{cases, key};
use aside_domain::timeline::{Hop, Run};
use aside_domain::{Fact, Film, Leg, Outcome, Released, Request, Source};
use proptest::prelude::*;
use std::collections::HashSet;

const EPSILON: f64 = 1e-6;

/// How long a hop is shown, in milliseconds, from the start of its message to the end of its reply.
fn shown_ms(film: &Film, hop: &Hop) -> Option<f64> {
    let reply = hop.reply_frame?;
    Some(film.ms_at(f64::from(reply + 1)) - film.ms_at(f64::from(hop.message_frame)))
}

/// Checks the promise about all pairs of hops to stores, and about all pairs of requests: sorted by how long they
/// lasted, they are sorted by what is shown. What was held is compared with nothing.
fn assert_order_is_kept(run: &Run) {
    let film = Film::of(run);
    let mut begun = HashSet::new();
    let (requests, hops): (Vec<_>, Vec<_>) = run.hops.iter().partition(|hop| begun.insert(hop.request));
    for like in [requests, hops] {
        let lasted_and_shown = |hop: &&Hop| {
            let receipt = hop.receipt.as_ref().filter(|receipt| receipt.held_us == 0)?;
            Some((receipt.took_us + receipt.injected_us, shown_ms(&film, hop)?))
        };
        let mut hops: Vec<(u64, f64)> = like.iter().filter_map(lasted_and_shown).collect();
        hops.sort_by_key(|(lasted_us, _)| *lasted_us);
        let mut longest = 0.0_f64; // shown, of those that lasted strictly less
        for same in hops.chunk_by(|a, b| a.0 == b.0) {
            for (lasted_us, shown) in same {
                assert!(
                    *shown >= longest - EPSILON,
                    "{lasted_us} µs is shown {shown} ms, and less is shown {longest} ms"
                );
            }
            longest = same.iter().map(|(_, shown)| *shown).fold(longest, f64::max);
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn frames_start_one_after_the_other(run in runs(4, 4)) {
        let film = Film::of(&run);
        prop_assert_eq!(film.frames(), run.frames.len());
        prop_assert_eq!(film.ms_at(0.0), 0.0);
        for frame in 0..film.frames() {
            prop_assert!(film.ms_at(frame as f64) < film.ms_at(frame as f64 + 1.0));
        }
        prop_assert_eq!(film.ms_at(film.frames() as f64), film.length_ms());
    }

    #[test]
    fn a_position_is_found_again_at_its_time(run in runs(4, 4), part in 0.0..=1.0_f64) {
        let film = Film::of(&run);
        let position = part * film.frames() as f64;
        prop_assert!((film.position_at(film.ms_at(position)) - position).abs() < EPSILON);
        let ms = part * film.length_ms();
        prop_assert!((film.ms_at(film.position_at(ms)) - ms).abs() < EPSILON);
        for frame in 0..=film.frames() {
            prop_assert_eq!(film.position_at(film.ms_at(frame as f64)), frame as f64, "exact where a frame ends");
        }
    }

    #[test]
    fn times_outside_the_film_are_its_ends(run in runs(2, 2), beyond in 0.0..1e9_f64) {
        let film = Film::of(&run);
        let frames = film.frames() as f64;
        prop_assert_eq!(film.ms_at(-beyond), 0.0);
        prop_assert_eq!(film.ms_at(frames + beyond), film.length_ms());
        prop_assert_eq!(film.position_at(-beyond), 0.0);
        prop_assert_eq!(film.position_at(film.length_ms() + beyond), frames);
        prop_assert_eq!(film.position_at(f64::INFINITY), frames);
    }

    #[test]
    fn of_two_hops_of_one_client_the_one_that_lasted_longer_is_not_shown_shorter(run in runs(1, 8)) {
        assert_order_is_kept(&run);
    }

    #[test]
    fn the_order_is_kept_while_the_run_is_still_going(course in run_courses(1, 4)) {
        let events = events_of(&course);
        for length in 1..=events.len() {
            assert_order_is_kept(&latest(&events[..length]));
        }
    }

    #[test]
    fn a_frame_takes_half_a_second_on_average_and_less_if_clients_share_the_time(run in runs(4, 4)) {
        let film = Film::of(&run);
        let mean_ms = 500.0 / f64::from(run.lanes);
        prop_assert!((film.length_ms() - film.frames() as f64 * mean_ms).abs() < EPSILON);
    }

    #[test]
    fn flights_are_of_frames_that_began_and_each_client_has_at_most_one(run in runs(4, 4), part in 0.0..=1.0_f64) {
        let film = Film::of(&run);
        let frames = film.frames();
        let whole = (0..=frames).map(|position| position as f64);
        for position in whole.chain([part * frames as f64]) {
            let flights = film.flights(position);
            let mut clients = HashSet::new();
            for flight in &flights {
                prop_assert!((0.0..=1.0).contains(&flight.progress), "{:?}", flight);
                prop_assert!((flight.frame as f64) < position);
                let request = run.hop_of(flight.frame).unwrap().0.request;
                let asked = run.requests.iter().find(|asked| asked.request == request).unwrap();
                prop_assert!(clients.insert(&asked.client), "two flights of one client at {}: {:?}", position, flights);
            }
        }
    }

    #[test]
    fn the_frame_that_is_looked_at_always_flies(run in runs(4, 4)) {
        let film = Film::of(&run);
        for frame in 0..film.frames() {
            for position in [frame as f64 + 0.001, frame as f64 + 0.5, frame as f64 + 1.0] {
                let flights = film.flights(position);
                prop_assert!(flights.iter().any(|flight| flight.frame == frame), "at {}: {:?}", position, flights);
            }
        }
    }

    #[test]
    fn one_client_has_exactly_one_flight_which_has_arrived_where_a_frame_ends(run in runs(1, 6), part in 0.001..0.999_f64) {
        let film = Film::of(&run);
        for frame in 0..film.frames() {
            let flights = film.flights(frame as f64 + part);
            prop_assert_eq!(flights.len(), 1, "in frame {}: {:?}", frame, flights);
            prop_assert_eq!(flights[0].frame, frame);
            prop_assert!((flights[0].progress - part).abs() < EPSILON);
            let flights = film.flights(frame as f64 + 1.0);
            prop_assert_eq!(flights.len(), 1, "after frame {}: {:?}", frame, flights);
            prop_assert_eq!(flights[0].frame, frame);
            prop_assert!((flights[0].progress - 1.0).abs() < EPSILON);
        }
    }

    #[test]
    fn a_flight_only_goes_forward(run in runs(3, 3)) {
        let film = Film::of(&run);
        let mut progress = vec![0.0; film.frames()];
        for step in 0..=film.frames() * 8 {
            for flight in film.flights(step as f64 / 8.0) {
                prop_assert!(flight.progress >= progress[flight.frame], "{:?}", flight);
                progress[flight.frame] = flight.progress;
            }
        }
    }

    #[test]
    fn a_film_is_over_when_its_run_is(course in run_courses(2, 2)) {
        let events = events_of(&course);
        let (_, going) = events.split_last().unwrap();
        prop_assert!(!Film::of(&latest(going)).over);
        prop_assert!(Film::of(&latest(&events)).over);
    }
}

#[test]
fn the_textbooks_run_lasts_6_to_10_seconds() {
    let run = run_of(&textbook_course());
    let film = Film::of(&run);
    assert_eq!(film.frames(), 16);
    assert!((6_000.0..=10_000.0).contains(&film.length_ms()), "{} ms", film.length_ms());
    let frames = (0..16).map(|frame| film.ms_at(f64::from(frame) + 1.0) - film.ms_at(f64::from(frame)));
    for (frame, ms) in frames.enumerate() {
        assert!((150.0..=2_000.0).contains(&ms), "frame {frame} can be followed: {ms} ms");
    }
}

#[test]
fn the_slowdown_is_the_time_shown_against_the_time_it_took() {
    let run = run_of(&textbook_course());
    let film = Film::of(&run);
    assert_eq!(film.real_us(), run.took_us());
    let expected = film.length_ms() * 1_000.0 / run.took_us() as f64;
    assert!((film.slowdown(1.0).unwrap() - expected).abs() < EPSILON);
    assert!((film.slowdown(2.0).unwrap() - expected / 2.0).abs() < EPSILON);
    assert_eq!(Film::default().slowdown(1.0), None);
}

#[test]
fn a_query_of_a_second_is_shown_longer_than_a_read_of_50_microseconds_but_not_without_end() {
    let mut course = textbook_course();
    course.clients[0][2].database = Some((Outcome::Found, 1_000_000));
    let run = run_of(&course);
    let film = Film::of(&run);
    let shown: Vec<_> = run.hops.iter().filter_map(|hop| shown_ms(&film, hop)).collect();
    let (read, query) = (shown[1], shown[6]);
    assert!(query > 2.0 * read && query < 20.0 * read, "a query shown {query} ms, a read {read} ms");
}

#[test]
fn a_hop_that_was_delayed_is_shown_as_long_as_one_that_really_took_so_long() {
    let shown = |delay_us: u64, took_us: u64| {
        let fast = Course::read("rohan", (Outcome::Hit, 150), None);
        let slow = Course { delay_us, ..Course::read("john", (Outcome::Hit, took_us), None) };
        let run = run_of(&RunCourse::of_one(vec![fast, slow]));
        let film = Film::of(&run);
        [1, 3].map(|hop: usize| shown_ms(&film, &run.hops[hop]).expect("a hop that ended"))
    };
    let [fast, delayed] = shown(40_000, 100);
    assert!(delayed > 2.0 * fast, "100 µs with 40 ms injected are shown {delayed} ms, 150 µs alone {fast} ms");
    let [_, took] = shown(0, 40_100);
    assert!((delayed - took).abs() < 1.0, "{delayed} ms and {took} ms on screen");
}

#[test]
fn a_request_that_was_delayed_on_its_way_to_the_server_is_not_shown_shorter_than_one_that_was_not() {
    let hit = |delay_us| Course { delay_us, ..Course::read("rohan", (Outcome::Hit, 100), None) };
    let lost = Course { arrives: false, delay_us: 90_000, ..Course::of(Request::get(key("rohan"))) };
    let run = run_of(&RunCourse::of_one(vec![hit(0), lost, hit(20_000)]));
    let lasted: Vec<_> = run.hops.iter().map(|hop| hop.receipt.as_ref().unwrap().lasted_us()).collect();
    assert!(lasted[2] > lasted[3] && lasted[3] > lasted[0], "{lasted:?}");
    let film = Film::of(&run);
    let shown: Vec<_> = run.hops.iter().filter_map(|hop| shown_ms(&film, hop)).collect();
    assert!(shown[2] >= shown[3] - EPSILON && shown[3] >= shown[0] - EPSILON, "{shown:?}");
    assert_order_is_kept(&run);
}

/// A run in which one client's hop is held while another client sends so many reads.
fn held_beside(reads: usize) -> Run {
    let held = Some(Held { hop: 1, leg: Leg::Message, held_us: 1_000_000, why: Released::ByHand });
    let slow = Course { held, ..Course::read("doe", (Outcome::Hit, 50), None) };
    let others = (0..reads as u64).map(|number| Course::read("rohan", (Outcome::Hit, 100 + number % 7), None));
    run_of(&RunCourse { clients: vec![vec![slow], others.collect()], ..RunCourse::of_one(Vec::new()) })
}

#[test]
fn what_hangs_while_others_go_on_stretches_nothing_that_lasted_longer() {
    let run = held_beside(200);
    let (film, hop) = (Film::of(&run), run.hops.iter().find(|hop| hop.onward_frame.is_some()).expect("it was held"));
    assert!(shown_ms(&film, hop).unwrap() > film.length_ms() / 2.0, "it hangs for most of the film");
    let others = run.hops.iter().filter(|other| other.onward_frame.is_none() && other.request != hop.request);
    let longest = others.filter_map(|other| shown_ms(&film, other)).fold(0.0, f64::max);
    assert!(longest < film.length_ms() / 20.0, "another is shown {longest} ms of {}", film.length_ms());
}

#[test]
fn a_film_says_whether_anything_in_it_was_held() {
    assert!(Film::of(&held_beside(1)).has_held() && !Film::of(&held_beside(1)).has_injected());
    assert!(!Film::of(&run_of(&textbook_course())).has_held());
}

#[test]
fn a_message_that_hangs_is_where_it_hangs_from_the_end_of_its_own_frame_on_however_the_film_grows() {
    let course =
        RunCourse { clients: vec![vec![Course::read("rohan", (Outcome::Hit, 80), None); 3]; 2], ..textbook_course() };
    let mut course = course;
    course.clients[0][0].held = Some(Held { hop: 1, leg: Leg::Message, held_us: 1_000, why: Released::ByHand });
    let events = events_of(&course);
    let place = |is: fn(&Fact) -> bool| events.iter().position(|event| is(&event.fact)).expect("it is held");
    let held = place(|fact| matches!(fact, Fact::PacketHeld { .. }));
    let released = place(|fact| matches!(fact, Fact::PacketReleased { .. }));
    let mut grown = 0;
    for length in held + 1..=released {
        let run = latest(&events[..length]);
        let message = run.hops.iter().find(|hop| hop.held.is_some()).expect("it hangs").message_frame as usize;
        let film = Film::of(&run);
        for frame in message + 1..film.frames() {
            let flights = film.flights(frame as f64 + 0.5);
            let hanging = flights.iter().find(|flight| flight.frame == message).map(|flight| flight.progress);
            assert_eq!(hanging, Some(1.0), "frame {frame} of {}", film.frames());
        }
        grown = film.frames() - message;
    }
    assert!(grown > 8, "{grown} frames of others");
}

#[test]
fn a_run_without_frames_gives_an_empty_film() {
    let mut log = Log::default();
    log.push(Fact::RunStarted { run: 7, clients: Vec::new(), source: Source::Play });
    let begun = Film::of(fold(&log.events).latest().unwrap());
    for film in [Film::default(), begun] {
        assert_eq!((film.frames(), film.length_ms()), (0, 0.0));
        assert_eq!((film.ms_at(3.0), film.position_at(100.0)), (0.0, 0.0));
        assert_eq!(film.flights(1.0), []);
    }
}

#[test]
fn a_run_of_1000_requests_and_8000_frames_is_laid_out() {
    let course = |number: u64| {
        let cache = (Outcome::Miss, 40 + number * 7_919 % 500);
        let database = Some((Outcome::Found, 100 + number * 104_729 % 5_000));
        Course { store_us: 60 + number % 90, ..Course::read("rohan", cache, database) }
    };
    let run = run_of(&RunCourse::of_one((0..1_000).map(course).collect()));
    assert_eq!((run.requests.len(), run.frames.len()), (1_000, 8_000));
    assert_order_is_kept(&run);
    let film = Film::of(&run);
    assert!((film.length_ms() - 4_000_000.0).abs() < 1.0);
    assert_eq!(film.flights(7_999.5).len(), 1);
}

#[test]
fn the_last_frame_is_the_answer_on_its_way_to_the_client() {
    let run = run_of(&textbook_course());
    let flights = Film::of(&run).flights(16.0);
    let (hop, leg) = run.hop_of(flights[0].frame).unwrap();
    assert_eq!((hop.to.as_str(), leg), ("server", Leg::Reply));
}
