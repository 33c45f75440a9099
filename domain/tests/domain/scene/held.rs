//! Packets that hang on their links.

use super::at;
use crate::support::logs::{Course, Held, Log, RunCourse, events_of, fold, latest, run_courses, run_of};
use crate::support::{cases, client, fresh, key, link_id, scenario};
use aside_domain::graph::Command;
use aside_domain::scene::{Curve, HANGS_AT, HELD_ROW, held, packets};
use aside_domain::{Event, Fact, Film, Graph, Kind, Leg, Outcome, Point, Released, Request};
use proptest::prelude::*;

/// The drawing of the generated runs, with places of its own for each node.
fn drawing() -> Graph {
    let nodes = vec![
        client("client-0", 1),
        client("client-1", 1),
        fresh("server", Kind::Server),
        fresh("redis-0", Kind::Redis),
        fresh("postgres", Kind::Postgres),
    ];
    let links = [("client-0", "server"), ("client-1", "server"), ("server", "redis-0"), ("server", "postgres")];
    let mut graph = scenario(nodes, &links).graph;
    for (index, node) in (0..).zip(&mut graph.nodes) {
        node.at = Point::new(300 * index, 140 * index);
    }
    graph
}

/// A read that misses, of whose hops one is held: 0 is the client's own, then GET, SELECT, SET.
fn miss(hop: usize, leg: Leg) -> Course {
    let held = Some(Held { hop, leg, held_us: 9_000_000, why: Released::ByHand });
    Course { held, ..Course::read("doe", (Outcome::Miss, 79), Some((Outcome::Found, 412))) }
}

/// How many events there are when so many packets are or were held.
fn held_after(events: &[Event], times: usize) -> usize {
    let held = events.iter().enumerate().filter(|(_, event)| matches!(event.fact, Fact::PacketHeld { .. }));
    held.map(|(index, _)| index + 1).nth(times - 1).expect("so many are held")
}

fn middle(from: Point, to: Point) -> (f64, f64) {
    Curve::between(from, to).at(0.5)
}

#[test]
fn a_message_that_is_held_hangs_in_the_middle_of_its_link_and_says_what_it_is() {
    let events = events_of(&RunCourse::of_one(vec![miss(3, Leg::Message)]));
    let events = &events[..held_after(&events, 1)];
    let graph = drawing();
    let [packet] = &*held(&fold(events), &graph) else { panic!("one packet") };
    assert_eq!((packet.run, packet.hop, packet.leg, packet.outcome), (1, 3, Leg::Message, None));
    assert_eq!((packet.link.clone(), packet.client.as_str()), (link_id("server", "redis-0"), "client-0"));
    assert_eq!((packet.command, &packet.key, packet.nth), (Command::Set, &key("doe"), 0));
    assert_eq!(packet.since_us, events.last().unwrap().at_us);
    assert_eq!(packet.place, Some(middle(graph.nodes[2].at, graph.nodes[3].at)));
}

#[test]
fn a_reply_that_is_held_hangs_there_too_and_tells_its_outcome() {
    for (hop, command, outcome) in [(1, Command::Get, Outcome::Miss), (2, Command::Select, Outcome::Found)] {
        let events = events_of(&RunCourse::of_one(vec![miss(hop, Leg::Reply)]));
        let held = held(&fold(&events[..held_after(&events, 1)]), &drawing());
        let [packet] = &*held else { panic!("one packet: {held:?}") };
        assert_eq!((packet.leg, packet.command, packet.outcome), (Leg::Reply, command, Some(outcome)));
        assert!(packet.place.is_some());
    }
}

#[test]
fn a_row_that_is_written_is_released_as_an_update() {
    let held_put = Course {
        held: Some(Held { hop: 1, leg: Leg::Message, held_us: 5, why: Released::ByHand }),
        database: Some((Outcome::Found, 300)),
        ..Course::of(Request::put(key("doe"), crate::support::value("v2")))
    };
    let events = events_of(&RunCourse::of_one(vec![held_put]));
    let held = held(&fold(&events[..held_after(&events, 1)]), &drawing());
    assert_eq!(held.iter().map(|packet| packet.command.word()).collect::<Vec<_>>(), ["UPDATE"]);
}

#[test]
fn packets_of_one_link_hang_below_each_other_in_the_order_in_which_they_came_and_move_up() {
    let mut log = Log::default();
    let course = RunCourse::of_one(vec![miss(1, Leg::Message)]);
    let events = events_of(&course);
    let upto = held_after(&events, 1) - 1; // behind the run's start
    log.run_around(&course, Some(upto), |log| log.run_around(&course, Some(upto), |log| log.run(&course)));
    let graph = drawing();
    let hanging = |times: usize| held(&fold(&log.events[..held_after(&log.events, times)]), &graph);
    let (x, y) = middle(graph.nodes[2].at, graph.nodes[3].at);
    let three = hanging(3);
    assert_eq!(three.iter().map(|packet| (packet.run, packet.nth)).collect::<Vec<_>>(), [(1, 0), (2, 1), (3, 2)]);
    let row = f64::from(HELD_ROW);
    assert_eq!(
        three.iter().filter_map(|packet| packet.place).collect::<Vec<_>>(),
        [0.0, 1.0, 2.0].map(|nth| (x, y + nth * row))
    );

    let mut more = Log::after(log.events[..held_after(&log.events, 3)].to_vec());
    more.push(Fact::PacketReleased { run: 1, hop: 1, why: Released::ByHand });
    let two = held(&fold(&more.events), &graph);
    assert_eq!(two.iter().map(|packet| (packet.run, packet.nth)).collect::<Vec<_>>(), [(2, 0), (3, 1)]);
}

#[test]
fn packets_of_different_links_do_not_push_each_other_down() {
    let clients = vec![vec![miss(0, Leg::Message)], vec![miss(0, Leg::Message)]];
    let events = events_of(&RunCourse { clients, ..RunCourse::of_one(Vec::new()) });
    let held = held(&fold(&events[..held_after(&events, 2)]), &drawing());
    assert_eq!(held.iter().map(|packet| packet.nth).collect::<Vec<_>>(), [0, 0]);
    assert_ne!(held[0].link, held[1].link);
}

#[test]
fn a_packet_of_a_link_that_is_no_longer_drawn_can_still_be_let_go() {
    let events = events_of(&RunCourse::of_one(vec![miss(3, Leg::Message)]));
    let timeline = fold(&events[..held_after(&events, 1)]);
    let mut graph = drawing();
    graph.links.clear();
    assert_eq!(held(&timeline, &graph), held(&timeline, &drawing()), "both its ends stand where they stood");
    graph.nodes.remove(3);
    let [packet] = &*held(&timeline, &graph) else { panic!("one packet") };
    assert_eq!((packet.hop, packet.place), (3, None));
}

/// How far along their links packets are at a position in the film of these events, by hop; in whole millionths.
fn along(events: &[Event], position: f64) -> Vec<(usize, Leg, f64)> {
    let run = latest(events);
    let film = Film::of(&run);
    let packets = packets(&run, &film, &at(&film, position));
    packets.iter().map(|packet| (packet.hop, packet.leg, (packet.along * 1e6).round() / 1e6)).collect()
}

#[test]
fn a_message_that_is_held_flies_to_where_it_hangs_and_on_from_there_when_it_is_let_go() {
    let events = events_of(&RunCourse::of_one(vec![miss(3, Leg::Message)]));
    let held = &events[..held_after(&events, 1)];
    let film = Film::of(&latest(held));
    assert_eq!((film.frames(), film.over), (6, false), "the film ends where it hangs");
    for (events, name) in [(held, "while it hangs"), (&*events, "and ever after")] {
        assert_eq!(along(events, 5.5), [(3, Leg::Message, HANGS_AT / 2.0)], "{name}");
        let [(3, Leg::Message, nearly)] = along(events, 5.999)[..] else { panic!("{name}") };
        assert!(nearly < HANGS_AT && nearly > HANGS_AT - 0.001, "{name}: {nearly}");
    }
    assert_eq!(along(held, 6.0), [], "now it hangs, and does not fly");
    assert_eq!(along(&events, 6.0), [(3, Leg::Message, HANGS_AT)]);
    let (released, _) = events.split_at(held.len() + 1);
    assert_eq!(along(released, 6.0), [(3, Leg::Message, HANGS_AT)], "nobody is moved when it is let go");
    assert_eq!(along(&events, 6.5), [(3, Leg::Message, (HANGS_AT + 1.0) / 2.0)]);
    assert_eq!(along(&events, 7.0), [(3, Leg::Message, 1.0)]);
    assert_eq!(along(&events, 7.5), [(3, Leg::Reply, 0.5)]);
}

#[test]
fn a_message_that_has_arrived_makes_room_for_its_reply_that_hangs() {
    let events = events_of(&RunCourse::of_one(vec![miss(1, Leg::Reply)]));
    let hanging = &events[..held_after(&events, 1)];
    assert_eq!(Film::of(&latest(hanging)).frames(), 2);
    assert_eq!(along(hanging, 1.5), [(1, Leg::Message, 0.5)]);
    assert_eq!(along(hanging, 2.0), []);
    assert_eq!(along(&events, 2.0), [(1, Leg::Message, 1.0)]);
    assert_eq!(along(&events, 2.5), [(1, Leg::Reply, 0.5)]);
}

#[test]
fn a_message_hangs_while_other_clients_go_on_also_in_the_film_of_it_later() {
    let other = || Course::read("rohan", (Outcome::Hit, 80), None);
    let slow =
        Course { held: Some(Held { hop: 1, leg: Leg::Message, held_us: 2_000, why: Released::ByHand }), ..other() };
    let clients = vec![vec![slow], vec![other(), other(), other()]];
    let run = run_of(&RunCourse { clients, ..RunCourse::of_one(Vec::new()) });
    let hop = run.hops.iter().find(|hop| hop.onward_frame.is_some()).expect("it was held");
    let (message, onward) = (hop.message_frame as usize, hop.onward_frame.unwrap() as usize);
    assert!(onward > message + 4, "others went on: {message} to {onward}");
    let film = Film::of(&run);
    let place = |position: f64| {
        let packets = packets(&run, &film, &at(&film, position));
        packets
            .iter()
            .find(|packet| packet.link == link_id("server", "redis-0") && packet.frame == message)
            .map(|packet| packet.along)
    };
    for frame in message + 1..onward {
        assert_eq!((place(frame as f64 + 0.5), frame), (Some(HANGS_AT), frame));
    }
    assert_eq!(place(onward as f64 + 0.5), None, "it flies on in a frame of its own");
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn what_hangs_now_does_not_fly_where_the_film_ends(course in run_courses(3, 3)) {
        let (events, graph) = (events_of(&course), drawing());
        for length in 1..=events.len() {
            let timeline = fold(&events[..length]);
            let hanging = held(&timeline, &graph);
            prop_assert_eq!(hanging.len(), timeline.held.len());
            let run = timeline.latest().unwrap();
            let film = Film::of(run);
            let flying = packets(run, &film, &at(&film, film.frames() as f64));
            for packet in &hanging {
                prop_assert!(flying.iter().all(|flying| flying.hop != packet.hop as usize), "{:?}", packet);
            }
        }
    }
}
