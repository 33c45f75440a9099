//! What is injected: delays and conditions of links, and stores that are off.

use crate::support::{client, fresh, id, key, link, link_id, scenario};
use aside_domain::change::Placed;
use aside_domain::graph::{Command, Server};
use aside_domain::{
    Change, ChangeError, Condition, Hold, Kind, Leg, Link, LinkId, Request, Scenario, Settings, limits,
};

const TOO_SLOW: &str = "server to redis: a delay is 0 to 2000 milliseconds.";

fn to_redis() -> LinkId {
    link_id("server", "redis")
}

/// The textbook, whose Redis is behind a slow link that is cut.
fn cut_off() -> Scenario {
    let mut drawing = Scenario::textbook();
    let cut = drawing.tune(&to_redis(), 250, Condition::Cut).expect("the link is drawn");
    drawing.apply(&cut).expect("it can be cut");
    drawing
}

fn refused(drawing: &Scenario, change: &Change) -> ChangeError {
    let mut now = drawing.clone();
    let error = now.apply(change).expect_err("it should be refused");
    assert_eq!(now, *drawing, "it changes nothing");
    error
}

#[test]
fn a_link_that_is_tuned_stays_where_it_is_in_the_order_and_undo_gives_back_what_it_was() {
    let mut drawing = Scenario::textbook();
    let cut = drawing.tune(&to_redis(), 250, Condition::Cut).unwrap();
    drawing.apply(&cut).unwrap();
    let tuned = Link { delay_ms: 250, condition: Condition::Cut, ..link("server", "redis") };
    assert_eq!(drawing.graph.links, [link("client", "server"), tuned, link("server", "postgres")]);
    assert_eq!(drawing.check(), Ok(()));

    let lost = drawing.tune(&to_redis(), 0, Condition::BlackHole).unwrap();
    drawing.apply(&lost).unwrap();
    assert_eq!(drawing.graph.links[1], Link { condition: Condition::BlackHole, ..link("server", "redis") });
    drawing.apply(&lost.inverse()).unwrap();
    assert_eq!(drawing, cut_off());
    drawing.apply(&cut.inverse()).unwrap();
    assert_eq!(drawing, Scenario::textbook());
}

#[test]
fn a_link_can_be_tuned_to_what_it_is() {
    let mut drawing = cut_off();
    drawing.apply(&drawing.tune(&to_redis(), 250, Condition::Cut).unwrap()).unwrap();
    assert_eq!(drawing, cut_off());
}

#[test]
fn tuning_never_gives_a_link_other_ends() {
    let nodes = vec![client("a", 1), client("b", 1), fresh("server", Kind::Server), fresh("redis", Kind::Redis)];
    let drawing = scenario(nodes, &[("a", "server")]);
    for to in [link("b", "server"), link("server", "redis"), link("server", "a"), link("a", "gone")] {
        assert_eq!(refused(&drawing, &Change::Tune { from: link("a", "server"), to }), ChangeError::Stale);
    }
}

#[test]
fn a_link_that_was_tuned_or_deleted_since_is_not_tuned() {
    let before = Scenario::textbook();
    let slower = before.tune(&to_redis(), 10, Condition::Up).unwrap();
    assert_eq!(refused(&cut_off(), &slower), ChangeError::Stale);
    let mut without = before.clone();
    without.apply(&before.disconnect(&to_redis()).unwrap()).unwrap();
    assert_eq!(refused(&without, &slower), ChangeError::Stale);
}

#[test]
fn a_link_is_slowed_down_by_2_seconds_at_most() {
    let mut drawing = Scenario::textbook();
    for delay_ms in [limits::DELAY_MS + 1, u32::MAX] {
        let change = drawing.tune(&to_redis(), delay_ms, Condition::Up).unwrap();
        assert_eq!(refused(&drawing, &change).to_string(), TOO_SLOW);
    }
    drawing.apply(&drawing.tune(&to_redis(), limits::DELAY_MS, Condition::Up).unwrap()).unwrap();
    assert_eq!(drawing.check(), Ok(()));
}

#[test]
fn a_link_that_is_too_slow_is_neither_drawn_nor_put_back_with_its_node() {
    let slow = Link { delay_ms: 2_001, ..link("server", "redis") };
    let mut drawing = Scenario::textbook();
    drawing.apply(&drawing.disconnect(&to_redis()).unwrap()).unwrap();
    assert_eq!(refused(&drawing, &Change::Connect { at: 0, link: slow.clone() }).to_string(), TOO_SLOW);

    drawing.apply(&drawing.remove(&id("redis")).unwrap()).unwrap();
    let placed = Placed { at: 0, node: fresh("redis", Kind::Redis), links: vec![(0, slow)] };
    assert_eq!(refused(&drawing, &Change::Insert(Box::new(placed))).to_string(), TOO_SLOW);
}

#[test]
fn a_link_that_is_put_back_is_as_slow_and_as_broken_as_it_was() {
    let before = cut_off();
    let deleted = before.disconnect(&to_redis()).unwrap();
    let with_its_node = before.remove(&id("redis")).unwrap();
    for change in [deleted, with_its_node] {
        let mut drawing = before.clone();
        drawing.apply(&change).unwrap();
        assert_eq!(drawing.graph.link(&to_redis()), None);
        drawing.apply(&change.inverse()).unwrap();
        assert_eq!(drawing, before);
    }
}

#[test]
fn a_link_is_deleted_by_its_ends_but_not_over_what_it_became_since() {
    let deleted = Scenario::textbook().disconnect(&to_redis()).unwrap();
    assert_eq!(refused(&cut_off(), &deleted), ChangeError::Stale, "undo would not know its condition");
}

#[test]
fn a_link_is_not_drawn_a_second_time_with_another_delay() {
    let again = Change::Connect { at: 3, link: Link { delay_ms: 5, ..link("server", "redis") } };
    assert_eq!(refused(&Scenario::textbook(), &again).to_string(), "These two are already linked.");
}

/// SETs of one key.
fn sets() -> Hold {
    Hold { leg: Leg::Message, command: Some(Command::Set), key: Some(key("doe")) }
}

#[test]
fn a_link_that_is_to_hold_packets_stays_as_it_is_otherwise_and_undo_gives_back_what_it_held() {
    let mut drawing = cut_off();
    let holds = drawing.hold(&to_redis(), Some(sets())).unwrap();
    drawing.apply(&holds).unwrap();
    let held = |drawing: &Scenario| drawing.graph.link(&to_redis()).unwrap().hold.clone();
    let whole = Link { delay_ms: 250, condition: Condition::Cut, hold: Some(sets()), ..link("server", "redis") };
    assert_eq!(drawing.graph.link(&to_redis()), Some(&whole));
    assert_eq!(drawing.check(), Ok(()));

    let replies = Hold { leg: Leg::Reply, command: None, key: None };
    let others = drawing.hold(&to_redis(), Some(replies.clone())).unwrap();
    drawing.apply(&others).unwrap();
    assert_eq!(held(&drawing), Some(replies));
    drawing.apply(&others.inverse()).unwrap();
    assert_eq!(held(&drawing), Some(sets()));
    drawing.apply(&holds.inverse()).unwrap();
    assert_eq!(drawing, cut_off());
}

#[test]
fn a_link_holds_on_while_it_is_tuned_and_until_it_is_to_hold_no_more() {
    let mut drawing = Scenario::textbook();
    drawing.apply(&drawing.hold(&to_redis(), Some(sets())).unwrap()).unwrap();
    drawing.apply(&drawing.tune(&to_redis(), 20, Condition::BlackHole).unwrap()).unwrap();
    assert_eq!(drawing.graph.link(&to_redis()).unwrap().hold, Some(sets()));
    drawing.apply(&drawing.tune(&to_redis(), 0, Condition::Up).unwrap()).unwrap();
    drawing.apply(&drawing.hold(&to_redis(), None).unwrap()).unwrap();
    assert_eq!(drawing, Scenario::textbook());
}

#[test]
fn a_change_of_what_a_link_holds_is_refused_once_it_holds_something_else() {
    let before = Scenario::textbook();
    let holds = before.hold(&to_redis(), Some(sets())).unwrap();
    let slower = before.tune(&to_redis(), 20, Condition::Up).unwrap();
    let mut after = before.clone();
    after.apply(&holds).unwrap();
    assert_eq!(refused(&after, &holds), ChangeError::Stale);
    assert_eq!(refused(&after, &slower), ChangeError::Stale, "it would forget what is held");
    assert_eq!(before.hold(&link_id("client", "redis"), None), None, "there is no such link");
}

#[test]
fn a_link_that_is_put_back_holds_what_it_held() {
    let mut before = Scenario::textbook();
    before.apply(&before.hold(&to_redis(), Some(sets())).unwrap()).unwrap();
    for change in [before.disconnect(&to_redis()).unwrap(), before.remove(&id("redis")).unwrap()] {
        let mut drawing = before.clone();
        drawing.apply(&change).unwrap();
        drawing.apply(&change.inverse()).unwrap();
        assert_eq!(drawing, before);
    }
}

#[test]
fn a_store_is_switched_off_with_what_it_starts_with_and_on_again() {
    for store in ["redis", "postgres"] {
        let mut drawing = Scenario::textbook();
        let off = drawing.switch(&id(store), true).unwrap();
        drawing.apply(&off).unwrap();
        assert!(drawing.graph.node(&id(store)).unwrap().settings.is_off());
        let mut again = drawing.clone();
        again.apply(&again.switch(&id(store), false).unwrap()).unwrap();
        assert_eq!(again, Scenario::textbook());
        drawing.apply(&off.inverse()).unwrap();
        assert_eq!(drawing, Scenario::textbook());
    }
}

#[test]
fn a_client_and_a_server_have_no_switch() {
    for node in ["client", "server"] {
        let mut drawing = Scenario::textbook();
        drawing.apply(&drawing.switch(&id(node), true).unwrap()).unwrap();
        assert_eq!(drawing, Scenario::textbook());
    }
}

#[test]
fn settings_beyond_a_limit_are_refused_with_a_sentence_that_names_the_node() {
    let drawing = Scenario::textbook();
    let server = Settings::Server(Server { jitter_percent: Some(51), ..Server::default() });
    let change = drawing.configure(&id("server"), server).unwrap();
    assert_eq!(refused(&drawing, &change).to_string(), "server.jitter_percent: jitter is 1 to 50 percent.");

    let mut settings = drawing.graph.node(&id("client")).unwrap().settings.clone();
    let Settings::Client(client) = &mut settings else { panic!("no client") };
    client.requests[1].value = Some(crate::support::value("John, Leeds"));
    let change = drawing.configure(&id("client"), settings.clone()).unwrap();
    assert_eq!(refused(&drawing, &change).to_string(), "client.requests[1]: a GET has no value.");
    let Settings::Client(client) = &mut settings else { panic!("no client") };
    client.requests[1] =
        Request { value: None, ..Request::put(client.requests[1].key.clone(), crate::support::value("")) };
    let change = drawing.configure(&id("client"), settings).unwrap();
    assert_eq!(refused(&drawing, &change).to_string(), "client.requests[1]: a PUT needs a value.");
}
