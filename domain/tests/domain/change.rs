mod conditions;

use crate::support::edits::{Edit, edits};
use crate::support::scenarios::{conditions, holds, kinds, points, scenarios, wild_delays, wild_points};
use crate::support::{cases, client, fresh, id, link, link_id, name, scenario};
use aside_domain::change::Placed;
use aside_domain::{Change, ChangeError, Condition, Kind, Link, Point, Scenario, limits};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Carries out the edits that are allowed and returns their changes.
fn carry_out(scenario: &mut Scenario, edits: &[Edit]) -> Vec<Change> {
    let mut done = Vec::new();
    for edit in edits {
        if let Some(change) = edit.change(scenario)
            && scenario.apply(&change).is_ok()
        {
            done.push(change);
        }
    }
    done
}

/// Changes that no builder made: with any places, orders and links.
fn handmade(scenario: &Scenario) -> impl Strategy<Value = Change> + use<> {
    let mut ids: Vec<_> = scenario.graph.nodes.iter().map(|node| node.id.clone()).collect();
    ids.extend([id("new"), id("nowhere")]);
    let ids = select(ids);
    let ends = (ids.clone(), prop_oneof![3 => Just(id("new")), 1 => ids.clone()], any::<bool>());
    let links = (ends, wild_delays(), conditions(), holds());
    let links = links.prop_map(|((from, to, turned), delay_ms, condition, hold)| {
        let (from, to) = if turned { (to, from) } else { (from, to) };
        Link { delay_ms, condition, hold, ..Link::new(from, to) }
    });
    let mut drawn = scenario.graph.links.clone();
    drawn.push(link("new", "nowhere"));
    let tune = (select(drawn), wild_delays(), conditions(), holds(), option::weighted(0.3, links.clone()));
    let insert =
        (0..6_usize, prop_oneof![kinds(), Just(Kind::Server)], points(), vec((0..4_usize, links.clone()), 0..4));
    let (title, last) = (scenario.title.clone(), scenario.graph.nodes.len());
    prop_oneof![
        6 => insert.prop_map(|(at, kind, place, links)| {
            let mut node = fresh("new", kind);
            node.at = place;
            Change::Insert(Box::new(Placed { at, node, links }))
        }),
        1 => (ids, wild_points(), wild_points()).prop_map(|(node, from, to)| Change::Move { node, from, to }),
        1 => (0..6_usize, links.clone()).prop_map(|(at, link)| Change::Connect { at, link }),
        1 => (0..6_usize, links).prop_map(|(at, link)| Change::Disconnect { at, link }),
        2 => tune.prop_map(|(from, delay_ms, condition, hold, another)| Change::Tune {
            to: another.unwrap_or(Link { delay_ms, condition, hold, ..from.clone() }),
            from,
        }),
        1 => Just(Change::Retitle { from: title, to: name("Another") }),
        1 => Just(Change::Remove(Box::new(Placed { at: last, node: fresh("new", Kind::Redis), links: Vec::new() }))),
    ]
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn changes_undone_in_reverse_give_the_first_scenario_and_redone_the_last(
        first in scenarios(), edits in vec(edits(), 0..24)
    ) {
        let mut now = first.clone();
        let done = carry_out(&mut now, &edits);
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
    fn an_edit_does_what_it_says_unless_a_rule_forbids_it_and_then_nothing(
        first in scenarios(), edits in vec(edits(), 0..24)
    ) {
        let mut now = first;
        for edit in &edits {
            let before = now.clone();
            let Some(change) = edit.change(&now) else {
                prop_assert!(edit.expected(&before).is_none());
                continue;
            };
            let done = now.apply(&change);
            match edit.expected(&before) {
                Some(after) => {
                    prop_assert_eq!(done, Ok(()), "{:?} was refused", change);
                    prop_assert_eq!(&now, &after);
                }
                None => {
                    prop_assert!(done.is_err(), "{:?} was not refused", change);
                    prop_assert_eq!(&now, &before);
                }
            }
        }
    }

    #[test]
    fn every_scenario_that_edits_reach_is_within_the_rules(first in scenarios(), edits in vec(edits(), 0..24)) {
        let mut now = first;
        for edit in &edits {
            carry_out(&mut now, std::slice::from_ref(edit));
            prop_assert_eq!(now.check(), Ok(()), "after {:?}", edit);
        }
    }

    #[test]
    fn a_change_of_any_making_is_refused_whole_or_can_be_undone(
        (first, changes) in scenarios().prop_flat_map(|first| {
            let changes = vec(handmade(&first), 1..8);
            (Just(first), changes)
        })
    ) {
        let mut now = first;
        for change in changes {
            let before = now.clone();
            let done = now.apply(&change);
            if done.is_err() {
                prop_assert_eq!(&now, &before);
                continue;
            }
            prop_assert_eq!(now.check(), Ok(()), "after {:?}", change);
            let mut undone = now.clone();
            prop_assert_eq!(undone.apply(&change.clone().inverse()), Ok(()), "undoing {:?}", change);
            prop_assert_eq!(&undone, &before);
        }
    }

    #[test]
    fn a_change_of_another_time_is_refused_whole_or_can_be_undone(
        first in scenarios(), edits in vec(edits(), 1..16), late in any::<Index>()
    ) {
        let mut now = first;
        let done = carry_out(&mut now, &edits);
        prop_assume!(!done.is_empty());
        let before = now.clone();
        let change = late.get(&done);
        if now.apply(change).is_ok() {
            prop_assert_eq!(now.check(), Ok(()));
            prop_assert_eq!(now.apply(&change.clone().inverse()), Ok(()));
        }
        prop_assert_eq!(&now, &before);
    }

    #[test]
    fn the_inverse_of_the_inverse_is_the_change(first in scenarios(), edits in vec(edits(), 1..8)) {
        for edit in &edits {
            if let Some(change) = edit.change(&first) {
                prop_assert_eq!(change.clone().inverse().inverse(), change);
            }
        }
    }

    #[test]
    fn a_change_survives_its_way_as_json(first in scenarios(), edit in edits()) {
        if let Some(change) = edit.change(&first) {
            let json = serde_json::to_string(&change).unwrap();
            prop_assert_eq!(serde_json::from_str::<Change>(&json).unwrap(), change);
        }
    }
}

#[test]
fn each_forbidden_link_is_refused_with_a_sentence_that_teaches() {
    const TO_STORE: &str = "A client never talks to a store itself: it asks a server, and the server asks the stores.";
    const BETWEEN_STORES: &str = "The cache and the database never talk to each other: the server is the go-between.";
    const FROM_STORE: &str = "A store only answers, it never asks: draw the link from the server to the store.";
    use Kind::{Client, Postgres, Redis, Server};
    let pairs = [
        (Client, Client, Some("Clients do not talk to each other: each one asks a server.")),
        (Client, Server, None),
        (Client, Redis, Some(TO_STORE)),
        (Client, Postgres, Some(TO_STORE)),
        (Server, Client, Some("Draw it from the client to the server: the reply comes back along the same line.")),
        (Server, Server, Some("Servers do not ask each other here: each one reads from its own caches and database.")),
        (Server, Redis, None),
        (Server, Postgres, None),
        (Redis, Client, Some(FROM_STORE)),
        (Redis, Server, Some(FROM_STORE)),
        (Redis, Redis, Some(BETWEEN_STORES)),
        (Redis, Postgres, Some(BETWEEN_STORES)),
        (Postgres, Client, Some(FROM_STORE)),
        (Postgres, Server, Some(FROM_STORE)),
        (Postgres, Redis, Some(BETWEEN_STORES)),
        (Postgres, Postgres, Some(BETWEEN_STORES)),
    ];
    for (from, to, sentence) in pairs {
        let mut drawing = scenario(vec![fresh("a", from), fresh("b", to)], &[]);
        let before = drawing.clone();
        let refused = drawing.apply(&drawing.connect(id("a"), id("b"))).err();
        assert_eq!(refused.map(|error| error.to_string()).as_deref(), sentence, "{from} to {to}");
        match sentence {
            None => assert_eq!(drawing.graph.links, [link("a", "b")]),
            Some(_) => assert_eq!(drawing, before),
        }
    }
}

#[test]
fn a_link_to_itself_or_to_nowhere_or_drawn_twice_is_refused() {
    let mut drawing =
        scenario(vec![fresh("client", Kind::Client), fresh("server", Kind::Server)], &[("client", "server")]);
    let mut refusal = |from: &str, to: &str| {
        let change = drawing.connect(id(from), id(to));
        drawing.apply(&change).unwrap_err().to_string()
    };
    assert_eq!(refusal("server", "server"), "A node cannot be linked to itself.");
    assert_eq!(refusal("client", "gone"), "One of these nodes is no longer in the drawing.");
    assert_eq!(refusal("gone", "server"), "One of these nodes is no longer in the drawing.");
    assert_eq!(refusal("client", "server"), "These two are already linked.");
}

#[test]
fn there_is_nothing_to_change_about_a_node_that_is_not_there() {
    let drawing = Scenario::textbook();
    let gone = id("gone");
    assert_eq!(drawing.remove(&gone), None);
    assert_eq!(drawing.move_to(&gone, Point::default()), None);
    assert_eq!(drawing.rename(&gone, name("Gone")), None);
    assert_eq!(drawing.configure(&gone, fresh("gone", Kind::Redis).settings), None);
    assert_eq!(drawing.disconnect(&link_id("client", "gone")), None);
    assert_eq!(drawing.tune(&link_id("client", "gone"), 1, Condition::Cut), None);
    assert_eq!(drawing.switch(&gone, true), None);
}

#[test]
fn removing_a_node_takes_its_links_and_undo_puts_each_back_in_its_place() {
    let mut drawing = Scenario::textbook();
    let change = drawing.remove(&id("server")).unwrap();
    drawing.apply(&change).unwrap();
    assert_eq!(drawing.graph.links, []);
    assert_eq!(drawing.graph.nodes.len(), 3);
    drawing.apply(&change.inverse()).unwrap();
    assert_eq!(drawing, Scenario::textbook());
}

#[test]
fn a_node_cannot_become_another_kind() {
    let mut drawing = Scenario::textbook();
    let change = drawing.configure(&id("redis"), fresh("redis", Kind::Postgres).settings);
    assert_eq!(drawing.apply(&change.unwrap()), Err(ChangeError::Stale));
    assert_eq!(drawing, Scenario::textbook());
}

#[test]
fn a_node_is_never_put_too_far_out() {
    let mut drawing = Scenario::textbook();
    let far = Point::new(limits::CANVAS_REACH + 1, 0);
    drawing.apply(&drawing.move_to(&id("redis"), far).unwrap()).unwrap();
    assert_eq!(drawing.graph.node(&id("redis")).unwrap().at, Point::new(limits::CANVAS_REACH, 0));
    let mut node = fresh("far", Kind::Redis);
    node.at = far;
    let refused = drawing.apply(&drawing.insert(node)).unwrap_err().to_string();
    assert_eq!(refused, "far: it stands too far out.");
    let by_hand = Change::Move { node: id("server"), from: Point::new(384, 192), to: far };
    assert_eq!(drawing.apply(&by_hand).unwrap_err().to_string(), "server: it stands too far out.");
}

#[test]
fn no_node_can_take_the_place_of_requests_from_outside() {
    let mut drawing = Scenario::textbook();
    let refused = drawing.apply(&drawing.insert(fresh("outside", Kind::Client))).unwrap_err();
    assert_eq!(refused.to_string(), "outside: this id is kept for requests from outside.");
    assert_eq!(drawing, Scenario::textbook());
}

#[test]
fn a_stale_change_says_that_the_drawing_has_changed() {
    let mut drawing = Scenario::textbook();
    let rename = drawing.rename(&id("redis"), name("Cache")).unwrap();
    drawing.apply(&rename).unwrap();
    let error = drawing.apply(&rename).unwrap_err();
    assert_eq!(error.to_string(), "The drawing has changed since, so this edit no longer fits it.");
}

#[test]
fn the_last_node_and_the_last_link_fit_and_one_more_does_not() {
    let nodes = (1..limits::NODES).map(|number| fresh(&format!("redis-{number}"), Kind::Redis));
    let mut drawing = scenario(nodes.collect(), &[]);
    drawing.apply(&drawing.insert(fresh("last", Kind::Redis))).unwrap();
    let error = drawing.apply(&drawing.insert(fresh("more", Kind::Redis))).unwrap_err();
    assert_eq!(error.to_string(), "A drawing can have at most 2000 nodes.");
    assert_eq!(drawing.check(), Ok(()));

    let mut nodes: Vec<_> = (0..40).map(|number| fresh(&format!("server-{number}"), Kind::Server)).collect();
    nodes.extend((0..101).map(|number| client(&format!("client-{number}"), 1)));
    let mut drawing = scenario(nodes, &[]);
    let pairs = (0..100).flat_map(|from| (0..40).map(move |to| (from, to)));
    let links = pairs.map(|(from, to)| link(&format!("client-{from}"), &format!("server-{to}")));
    drawing.graph.links = links.collect();
    let last = drawing.disconnect(&link_id("client-7", "server-7")).unwrap();
    drawing.apply(&last).unwrap();
    drawing.apply(&last.inverse()).unwrap();
    assert_eq!(drawing.graph.links.len(), limits::LINKS);
    let error = drawing.apply(&drawing.connect(id("client-100"), id("server-0"))).unwrap_err();
    assert_eq!(error.to_string(), "A drawing can have at most 4000 links.");
    assert_eq!(drawing.check(), Ok(()));
}

#[test]
fn a_node_is_only_put_back_with_links_of_its_own_in_their_order() {
    let nodes = vec![client("a", 1), client("b", 1), fresh("other", Kind::Server)];
    let before = scenario(nodes, &[]);
    let insert = |links: &[(usize, Link)]| {
        let (node, links) = (fresh("server", Kind::Server), links.to_vec());
        let mut drawing = before.clone();
        drawing.apply(&Change::Insert(Box::new(Placed { at: 0, node, links })))
    };
    let (a, b) = (link("a", "server"), link("b", "server"));
    assert_eq!(insert(&[(0, a.clone()), (1, b.clone())]), Ok(()));
    assert_eq!(insert(&[(0, a), (0, b)]), Err(ChangeError::Stale), "it could not be undone");
    assert_eq!(insert(&[(0, link("a", "other"))]), Err(ChangeError::Stale), "it could not be undone");
}

#[test]
fn a_scenario_that_breaks_a_rule_never_takes_the_place_of_another() {
    let mut drawing = Scenario::textbook();
    let twice = scenario(vec![client("a", 1), client("a", 1)], &[]);
    let refused = drawing.apply(&drawing.replace(twice)).unwrap_err();
    assert_eq!(refused.to_string(), "graph.nodes[1] (a): another node has the same id.");
    assert_eq!(drawing, Scenario::textbook());
}
