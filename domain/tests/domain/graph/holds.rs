//! What a link holds.

use crate::support::key;
use aside_domain::graph::Command;
use aside_domain::{Hold, Kind, Leg};

/// What is sent along links, as it is shown, by the kind of the node that is asked.
const SENT: [(Kind, Command, &str); 9] = [
    (Kind::Server, Command::Get, "GET doe"),
    (Kind::Server, Command::Put, "PUT doe \"Jane Doe\""),
    (Kind::Server, Command::Delete, "DELETE doe"),
    (Kind::Redis, Command::Get, "GET doe"),
    (Kind::Redis, Command::Set, "SET doe \"Jane Doe\" EX 3600"),
    (Kind::Redis, Command::Del, "DEL doe"),
    (Kind::Postgres, Command::Select, "SELECT value FROM users WHERE key = 'doe'"),
    (
        Kind::Postgres,
        Command::Update,
        "INSERT INTO users (key, value) VALUES ('doe', 'Jane') ON CONFLICT (key) DO UPDATE SET value = 'Jane'",
    ),
    (Kind::Postgres, Command::Delete, "DELETE FROM users WHERE key = 'doe'"),
];

const LEGS: [Leg; 2] = [Leg::Message, Leg::Reply];

fn hold(leg: Leg, command: Option<Command>, of: Option<&str>) -> Hold {
    Hold { leg, command, key: of.map(key) }
}

#[test]
fn a_link_that_holds_all_of_a_way_holds_every_packet_on_it_and_none_on_the_other() {
    for (_, _, shown) in SENT {
        for (held, leg) in LEGS.into_iter().flat_map(|held| LEGS.map(|leg| (held, leg))) {
            assert_eq!(hold(held, None, None).catches(leg, shown, &key("doe")), held == leg, "{shown}");
        }
    }
}

#[test]
fn a_command_is_held_by_its_own_name_and_not_by_that_of_another() {
    for (_, held, _) in SENT {
        for (_, command, shown) in SENT {
            for leg in LEGS {
                let catches = hold(leg, Some(held), None).catches(leg, shown, &key("doe"));
                assert_eq!(catches, held == command, "{} holds {shown}", held.word());
            }
        }
    }
}

#[test]
fn a_write_of_a_row_is_held_as_the_update_that_it_may_become() {
    let shown =
        "INSERT INTO users (key, value) VALUES ('doe', 'UPDATE') ON CONFLICT (key) DO UPDATE SET value = 'UPDATE'";
    let catches = |command| hold(Leg::Message, Some(command), None).catches(Leg::Message, shown, &key("doe"));
    assert!(catches(Command::Update) && !catches(Command::Put) && !catches(Command::Set));
}

#[test]
fn a_query_that_begins_with_another_word_is_a_select() {
    for shown in ["WITH RECURSIVE tree AS (SELECT 1) SELECT * FROM tree", "SELECT\n  value\nFROM users", "  SELECT 1"] {
        assert_eq!(Command::of_shown(shown), Command::Select);
    }
}

#[test]
fn of_one_key_only_packets_about_that_key_are_held() {
    for (_, command, shown) in SENT {
        for command in [None, Some(command)] {
            let hold = hold(Leg::Message, command, Some("doe"));
            assert!(hold.catches(Leg::Message, shown, &key("doe")), "{shown}");
            assert!(!hold.catches(Leg::Message, shown, &key("do")), "{shown}");
            assert!(!hold.catches(Leg::Message, shown, &key("doe ")), "{shown}");
        }
    }
    let shown = "SET john doe EX 60";
    assert!(!hold(Leg::Message, Some(Command::Set), Some("doe")).catches(Leg::Message, shown, &key("john")));
}

#[test]
fn a_link_to_a_store_or_a_server_can_hold_what_travels_along_it() {
    for kind in Kind::ALL {
        let sent = SENT.into_iter().filter(|(to, ..)| *to == kind).map(|(_, command, _)| command);
        assert_eq!(Command::of(kind), sent.collect::<Vec<_>>(), "to {kind}");
    }
}

#[test]
fn commands_and_legs_are_written_by_their_word() {
    for (_, command, _) in SENT {
        assert_eq!(serde_json::to_string(&command).unwrap(), format!("\"{}\"", command.word()));
    }
    for leg in LEGS {
        assert_eq!(serde_json::to_string(&leg).unwrap(), format!("\"{}\"", leg.word()));
    }
}

#[test]
fn a_hold_says_what_it_holds() {
    let said = |leg, command, key| hold(leg, command, key).to_string();
    assert_eq!(said(Leg::Message, None, None), "every message");
    assert_eq!(said(Leg::Reply, None, None), "every reply");
    assert_eq!(said(Leg::Message, Some(Command::Set), None), "every SET");
    assert_eq!(said(Leg::Reply, Some(Command::Select), None), "every reply to SELECT");
    assert_eq!(said(Leg::Message, None, Some("doe")), "every message about doe");
    assert_eq!(said(Leg::Message, Some(Command::Set), Some("doe")), "every SET of doe");
    assert_eq!(said(Leg::Reply, Some(Command::Get), Some("doe")), "every reply to GET of doe");
}
