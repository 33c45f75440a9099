mod held;

use crate::support::cases;
use crate::support::logs::{run_of, runs, textbook_course};
use crate::support::scenarios::points;
use aside_domain::Leg;
use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH, Curve, bounds, outside, packets};
use aside_domain::{Film, Playback, PlaybackCommand, Point};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;

fn at(film: &Film, position: f64) -> Playback {
    let mut playback = Playback::default();
    playback.apply(PlaybackCommand::Seek(position), film);
    playback
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_curve_leads_from_the_right_side_of_one_card_to_the_left_side_of_the_other(from in points(), to in points()) {
        let curve = Curve::between(from, to);
        let middle = f64::from(CARD_HEIGHT) / 2.0;
        prop_assert_eq!(curve.at(0.0), (f64::from(from.x + CARD_WIDTH), f64::from(from.y) + middle));
        prop_assert_eq!(curve.at(1.0), (f64::from(to.x), f64::from(to.y) + middle));
    }

    #[test]
    fn a_curve_that_is_drawn_ends_at_the_pointer(from in points(), x in -1e5..1e5_f64, y in -1e5..1e5_f64) {
        let curve = Curve::reaching(from, (x, y));
        prop_assert_eq!(curve.at(0.0), Curve::between(from, Point::default()).at(0.0));
        prop_assert_eq!(curve.at(1.0), (x, y));
    }

    #[test]
    fn whoever_asks_from_outside_stands_left_of_the_server_and_above_it_without_touching(server in points()) {
        let at = outside(server);
        prop_assert!(at.x + CARD_WIDTH < server.x && at.y + CARD_HEIGHT < server.y);
    }

    #[test]
    fn a_path_names_the_ends_of_its_curve(from in points(), to in points()) {
        let curve = Curve::between(from, to);
        let ((x0, y0), (x1, y1)) = (curve.at(0.0), curve.at(1.0));
        let start = format!("M{x0:.1},{y0:.1} C");
        let end = format!(" {x1:.1},{y1:.1}");
        let path = curve.path();
        prop_assert!(path.starts_with(&start) && path.ends_with(&end), "{}", path);
        prop_assert_eq!(path.matches(',').count(), 4);
    }

    #[test]
    fn the_bounds_hold_every_card_and_touch_one_on_each_side(places in vec(points(), 1..12)) {
        let (low, high) = bounds(places.iter().copied()).unwrap();
        for at in &places {
            prop_assert!(low.x <= at.x && low.y <= at.y);
            prop_assert!(at.x + CARD_WIDTH <= high.x && at.y + CARD_HEIGHT <= high.y);
        }
        prop_assert!(places.iter().any(|at| at.x == low.x) && places.iter().any(|at| at.y == low.y));
        prop_assert!(places.iter().any(|at| at.x + CARD_WIDTH == high.x));
        prop_assert!(places.iter().any(|at| at.y + CARD_HEIGHT == high.y));
    }

    #[test]
    fn messages_fly_along_the_links_of_their_hops_and_replies_back(run in runs(3, 3)) {
        let film = Film::of(&run);
        let mut last: HashMap<usize, f64> = HashMap::new();
        for step in 0..=film.frames() * 8 {
            for packet in packets(&run, &film, &at(&film, step as f64 / 8.0)) {
                let (hop, leg) = run.hop_of(packet.frame).unwrap();
                prop_assert_eq!((&packet.link.from, &packet.link.to, packet.leg), (&hop.from, &hop.to, leg));
                prop_assert_eq!(packet.hop, run.frames[packet.frame].hop as usize);
                prop_assert!((0.0..=1.0).contains(&packet.along), "{:?}", packet);
                let start = if leg == Leg::Message { 0.0 } else { 1.0 };
                let before = last.insert(packet.frame, packet.along).unwrap_or(start);
                let onward = if leg == Leg::Message { packet.along >= before } else { packet.along <= before };
                prop_assert!(onward, "{:?} came from {}", packet, before);
            }
        }
    }
}

#[test]
fn a_message_flies_from_0_to_1_and_a_reply_from_1_to_0() {
    let run = run_of(&textbook_course());
    let film = Film::of(&run);
    for (frame, leg) in [(1.0, Leg::Message), (2.0, Leg::Reply)] {
        let along = |part: f64| {
            let packets = packets(&run, &film, &at(&film, frame + part));
            assert_eq!((packets.len(), packets[0].leg), (1, leg));
            assert_eq!((packets[0].link.from.as_str(), packets[0].link.to.as_str()), ("server", "redis-0"));
            if leg == Leg::Message { packets[0].along } else { 1.0 - packets[0].along }
        };
        assert!(along(0.01) < 0.01, "it starts slowly");
        assert!((along(0.5) - 0.5).abs() < 1e-9);
        assert!((along(1.0) - 1.0).abs() < 1e-9);
    }
}

#[test]
fn nothing_flies_before_the_first_frame() {
    let run = run_of(&textbook_course());
    let film = Film::of(&run);
    assert_eq!(packets(&run, &film, &Playback::default()), []);
}

#[test]
fn without_cards_there_are_no_bounds() {
    assert_eq!(bounds([]), None);
    let one = bounds([Point::new(24, -48)]);
    assert_eq!(one, Some((Point::new(24, -48), Point::new(24 + CARD_WIDTH, CARD_HEIGHT - 48))));
}
