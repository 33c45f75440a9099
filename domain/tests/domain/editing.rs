//! Many nodes at once: copied, pasted, brought into line, deleted; and all of it undone.

use crate::support::edits::{Edit, edits};
use crate::support::scenarios::{points, scenarios};
use crate::support::{cases, fresh, id, name, scenario};
use aside_domain::arrange::{Arrangement, arranged};
use aside_domain::guides::snapped;
use aside_domain::scene::{CARD_HEIGHT, CARD_WIDTH, GRID};
use aside_domain::{Change, ChangeError, Kind, LinkId, NodeId, Point, Scenario, limits};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::HashSet;

const ARRANGEMENTS: [Arrangement; 8] = [
    Arrangement::Left,
    Arrangement::Center,
    Arrangement::Right,
    Arrangement::Top,
    Arrangement::Middle,
    Arrangement::Bottom,
    Arrangement::Across,
    Arrangement::Down,
];

/// What is done with many nodes at once; the booleans pick them.
#[derive(Debug, Clone)]
enum Deed {
    Edit(Box<Edit>),
    Paste(Vec<bool>, Point),
    Arrange(Vec<bool>, Arrangement),
    Remove(Vec<bool>, Vec<bool>),
}

fn deeds() -> impl Strategy<Value = Deed> {
    let some = || vec(any::<bool>(), 8);
    prop_oneof![
        3 => edits().prop_map(|edit| Deed::Edit(Box::new(edit))),
        2 => (some(), points()).prop_map(|(nodes, by)| Deed::Paste(nodes, by)),
        2 => (some(), select(ARRANGEMENTS.to_vec())).prop_map(|(nodes, how)| Deed::Arrange(nodes, how)),
        1 => (some(), some()).prop_map(|(nodes, links)| Deed::Remove(nodes, links)),
    ]
}

fn picked<T>(all: Vec<T>, which: &[bool]) -> Vec<T> {
    all.into_iter().zip(which.iter().cycle()).filter(|(_, is_picked)| **is_picked).map(|(one, _)| one).collect()
}

fn nodes_of(scenario: &Scenario) -> Vec<NodeId> {
    scenario.graph.nodes.iter().map(|node| node.id.clone()).collect()
}

fn links_of(scenario: &Scenario) -> Vec<LinkId> {
    scenario.graph.links.iter().map(aside_domain::Link::id).collect()
}

/// Suffixes that never come twice.
fn suffixes() -> impl FnMut() -> String {
    let mut count = 0;
    move || {
        count += 1;
        format!("p{count}")
    }
}

fn change_of(deed: &Deed, scenario: &Scenario, suffix: &mut dyn FnMut() -> String) -> Option<Change> {
    let nodes = |which: &[bool]| picked(nodes_of(scenario), which);
    match deed {
        Deed::Edit(edit) => edit.change(scenario),
        Deed::Paste(which, by) => Some(scenario.paste(&scenario.fragment(&nodes(which)), *by, suffix)?.change),
        Deed::Arrange(which, how) => scenario.move_all(&arranged(&scenario.graph, &nodes(which), *how)),
        Deed::Remove(which, links) => scenario.remove_all(&nodes(which), &picked(links_of(scenario), links)),
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn whatever_is_done_with_many_nodes_can_be_undone_and_done_again(first in scenarios(), deeds in vec(deeds(), 1..16)) {
        let (mut now, mut suffix, mut done) = (first.clone(), suffixes(), Vec::new());
        for deed in &deeds {
            let before = now.clone();
            let Some(change) = change_of(deed, &now, &mut suffix) else { continue };
            match now.apply(&change) {
                Ok(()) => done.push(change),
                Err(_) => prop_assert_eq!(&now, &before, "what is refused changes nothing"),
            }
            prop_assert_eq!(now.check(), Ok(()), "after {:?}", deed);
        }
        let last = now.clone();
        for change in done.iter().rev() {
            prop_assert_eq!(now.apply(&change.clone().inverse()), Ok(()));
        }
        prop_assert_eq!(&now, &first);
        for change in &done {
            prop_assert_eq!(now.apply(change), Ok(()));
        }
        prop_assert_eq!(&now, &last);
    }

    #[test]
    fn what_is_pasted_is_what_was_copied_under_new_ids_and_free_names(
        first in scenarios(), which in vec(any::<bool>(), 8), by in points()
    ) {
        let copied = first.fragment(&picked(nodes_of(&first), &which));
        prop_assert_eq!(copied.check(), Ok(()), "a fragment is a scenario");
        let Some(pasted) = first.paste(&copied, by, &mut suffixes()) else {
            prop_assert!(copied.graph.nodes.is_empty());
            return Ok(());
        };
        let mut now = first.clone();
        prop_assert_eq!(now.apply(&pasted.change), Ok(()));
        let new = now.fragment(&pasted.nodes);
        prop_assert_eq!(new.graph.nodes.len(), copied.graph.nodes.len());
        for (old, new) in copied.graph.nodes.iter().zip(&new.graph.nodes) {
            prop_assert_eq!(&old.settings, &new.settings);
            prop_assert_eq!(Point::new(old.at.x + by.x, old.at.y + by.y).within_reach(), new.at);
            prop_assert!(first.graph.nodes.iter().all(|node| node.name != new.name));
        }
        let place = |of: &Scenario, id: &NodeId| of.graph.index(id);
        let drawn = |of: &Scenario| -> Vec<_> {
            let links = of.graph.links.iter();
            links.map(|link| (place(of, &link.from), place(of, &link.to), link.delay_ms, link.condition, link.hold.clone())).collect()
        };
        prop_assert_eq!(drawn(&copied), drawn(&new));
        let names: HashSet<_> = new.graph.nodes.iter().map(|node| &node.name).collect();
        prop_assert_eq!(names.len(), new.graph.nodes.len());
    }

    #[test]
    fn a_fragment_of_everything_is_the_drawing(first in scenarios()) {
        prop_assert_eq!(first.fragment(&nodes_of(&first)), first);
    }

    #[test]
    fn nodes_that_are_in_line_stay_between_the_outermost(
        first in scenarios(), which in vec(any::<bool>(), 8), how in select(ARRANGEMENTS.to_vec())
    ) {
        let nodes = picked(nodes_of(&first), &which);
        let before: Vec<Point> = nodes.iter().map(|id| first.graph.node(id).unwrap().at).collect();
        let after = arranged(&first.graph, &nodes, how);
        prop_assert_eq!(after.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), nodes.clone());
        let xs = |places: &[Point]| places.iter().map(|at| at.x).collect::<Vec<_>>();
        let ys = |places: &[Point]| places.iter().map(|at| at.y).collect::<Vec<_>>();
        let after: Vec<Point> = after.into_iter().map(|(_, at)| at).collect();
        let is_across = matches!(how, Arrangement::Left | Arrangement::Center | Arrangement::Right | Arrangement::Across);
        let (mut was, mut is, stayed) = if is_across {
            (xs(&before), xs(&after), ys(&before) == ys(&after))
        } else {
            (ys(&before), ys(&after), xs(&before) == xs(&after))
        };
        prop_assert!(stayed, "the other direction is as it was");
        was.sort_unstable();
        is.sort_unstable();
        let (Some(&low), Some(&high)) = (was.first(), was.last()) else { return Ok(()) };
        let all_at = |line: i32| is.iter().all(|&at| at == line);
        match how {
            Arrangement::Left | Arrangement::Top => prop_assert!(all_at(low)),
            Arrangement::Right | Arrangement::Bottom => prop_assert!(all_at(high)),
            Arrangement::Center | Arrangement::Middle => prop_assert!(is.iter().all(|&at| at == is[0] && ((low + high) / 2 - at).abs() <= 1)),
            Arrangement::Across | Arrangement::Down => {
                prop_assert_eq!((is[0], is[is.len() - 1]), (low, high));
                let steps: Vec<i32> = is.windows(2).map(|two| two[1] - two[0]).collect();
                let apart = steps.iter().max().zip(steps.iter().min()).map_or(0, |(most, least)| most - least);
                prop_assert!(apart <= 1, "{:?}", steps);
            }
        }
        let again = first.move_all(&nodes.iter().cloned().zip(after.clone()).collect::<Vec<_>>());
        let mut now = first.clone();
        prop_assert!(again.is_none_or(|change| now.apply(&change).is_ok()));
        let twice: Vec<Point> = arranged(&now.graph, &nodes, how).into_iter().map(|(_, at)| at).collect();
        prop_assert_eq!(twice, after, "what is in line stays so");
    }

    #[test]
    fn what_snaps_is_in_line_along_each_of_its_guides(
        moving in vec(points(), 1..4), standing in vec(points(), 0..6), reach in 0..20_i32
    ) {
        let there = snapped(&moving, &standing, reach);
        let moved: Vec<Point> = moving.iter().map(|at| Point::new(at.x + there.by.x, at.y + there.by.y)).collect();
        let edges = |at: i32, length: i32| [at, at + length / 2, at + length];
        for guide in &there.guides {
            let lines = |card: &Point| if guide.is_upright { edges(card.x, CARD_WIDTH) } else { edges(card.y, CARD_HEIGHT) };
            prop_assert!(standing.iter().any(|card| lines(card).contains(&guide.at)));
            prop_assert!(guide.from < guide.to);
        }
        let is_guided = |is_upright| there.guides.iter().any(|guide| guide.is_upright == is_upright);
        let most = |is_upright| if is_guided(is_upright) { reach } else { GRID / 2 };
        prop_assert!(there.by.x.abs() <= most(true) && there.by.y.abs() <= most(false));
        prop_assert!(is_guided(true) || moved[0].x == moved[0].snapped(GRID).x);
        prop_assert!(is_guided(false) || moved[0].y == moved[0].snapped(GRID).y);
    }
}

#[test]
fn a_card_snaps_to_the_edge_of_its_neighbour_and_the_guide_spans_both() {
    let there = snapped(&[Point::new(203, 500)], &[Point::new(200, 100), Point::new(900, 900)], 6);
    assert_eq!(there.by, Point::new(-3, 4), "left edges in line, and on the grid downwards");
    let guide = there.guides[0];
    assert!(guide.is_upright && guide.at == 200 + CARD_WIDTH / 2 && guide.from == 100 && guide.to == 504 + CARD_HEIGHT);
}

#[test]
fn a_name_that_is_taken_gets_the_next_number() {
    let mut drawing = scenario(vec![fresh("redis-a", Kind::Redis), fresh("redis-b", Kind::Redis)], &[]);
    drawing.apply(&drawing.rename(&id("redis-a"), name("Redis")).unwrap()).unwrap();
    drawing.apply(&drawing.rename(&id("redis-b"), name("Redis 2")).unwrap()).unwrap();
    let pasted = drawing.paste(&drawing.clone(), Point::new(24, 24), &mut suffixes()).unwrap();
    drawing.apply(&pasted.change).unwrap();
    let names: Vec<&str> = drawing.graph.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["Redis", "Redis 2", "Redis 3", "Redis 4"]);
}

#[test]
fn a_paste_that_is_one_node_too_many_is_refused_whole() {
    let nodes = (0..limits::NODES - 1).map(|n| fresh(&format!("server-{n}"), Kind::Server)).collect();
    let mut drawing = scenario(nodes, &[]);
    let two = scenario(vec![fresh("client", Kind::Client), fresh("server", Kind::Server)], &[("client", "server")]);
    let before = drawing.clone();
    let pasted = drawing.paste(&two, Point::default(), &mut suffixes()).unwrap();
    assert_eq!(drawing.apply(&pasted.change), Err(ChangeError::TooManyNodes));
    assert_eq!(drawing, before);
}
