//! What the caches did, as headers: `Cache-Status` (RFC 9211, <https://www.rfc-editor.org/rfc/rfc9211>), and `Age`.
//!
//! The caches are the drawing's. They stand aside, but a read passes them like caches in a row: one that misses sends it on. So
//! each that took part is a member, and the one that was asked last comes first, because the RFC begins with the cache that is
//! nearest to the origin.
//!
//! | what happened | what is said |
//! |---|---|
//! | a hit | `redis-1; hit; ttl=3540` |
//! | a hit that says that there is no row | `redis-1; hit; detail=negative` |
//! | a hit that was refreshed before it expired | `redis-1; fwd=stale; stored; detail=early-refresh` |
//! | a miss, and a fill | `redis-1; fwd=miss; stored` |
//! | a miss, and the answer of another request's query | `redis-1; fwd=miss; collapsed` |
//! | a miss, and a fill that a lease refused | `redis-1; fwd=miss; stored=?0; detail=lease` |
//! | no answer in time, or none at all | `redis-1; fwd=miss; detail=timeout`, or `detail=refused` |
//! | a write, and what it told the cache | `redis-1; fwd=method; detail=invalidated`, or `; stored` |
//! | no cache was asked | `server-1; fwd=bypass` |
//!
//! A cache that does not answer is a miss, not a bypass: a bypass is a cache that is *configured* not to handle the request, and
//! a miss is one that had nothing "that could be used to satisfy" it, whatever the reason; `detail` has the reason.

use std::fmt::Write;

use aside_domain::{Command, Kind, Outcome};
use aside_engine::{Served, Step};

/// The value of `Cache-Status` for an answer of that server.
pub fn status(server: &str, served: &Served) -> String {
    let is_cache = |step: &&Step| step.command.store() == Some(Kind::Redis);
    let mut members = List(String::with_capacity(64));
    // The one that was asked last comes first; each is told once, by its first step.
    for (index, step) in served.steps.iter().enumerate().rev().filter(|(_, step)| is_cache(step)) {
        if !served.steps[..index].iter().any(|before| before.node == step.node && is_cache(&before)) {
            members.begin(&step.name);
            tell(&mut members, step, served);
        }
    }
    if members.0.is_empty() {
        members.begin(server);
        members.say("fwd=bypass");
    }
    members.0
}

/// A list of members, each with what there is to say of it. The spaces are those of the RFC's examples.
struct List(String);

impl List {
    fn begin(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push_str(", ");
        }
        identity(&mut self.0, name);
    }

    fn say(&mut self, parameter: &str) {
        self.0.push_str("; ");
        self.0.push_str(parameter);
    }
}

/// How old the answer is, in seconds, if a cache gave it and knows when it was filled.
pub fn age_s(served: &Served) -> Option<u64> {
    served.steps.iter().find(|step| is_answer(step, served)).and_then(|step| step.age_s)
}

/// Whether the step is a hit that was the answer. One that was refreshed early is none: the database's answer took its place.
fn is_answer(step: &Step, served: &Served) -> bool {
    step.command == Command::Get && step.outcome == Outcome::Hit && !database_answered(served)
}

fn database_answered(served: &Served) -> bool {
    served.steps.iter().any(|step| step.command.store() == Some(Kind::Postgres) && !step.outcome.is_failure())
}

/// Tells what there is to say of a cache, whose first step this is.
fn tell(members: &mut List, first: &Step, served: &Served) {
    let fill = served.steps.iter().find(|step| step.node == first.node && step.command == Command::Set);
    match (first.command, first.outcome) {
        (Command::Get, Outcome::Hit) if is_answer(first, served) => {
            members.say("hit");
            if let Some(ttl_s) = first.ttl_s {
                let _ = write!(members.0, "; ttl={ttl_s}"); // writing to a text cannot fail
            }
            if served.status == 404 {
                members.say("detail=negative");
            }
        }
        (Command::Get, Outcome::Hit) => {
            members.say("fwd=stale");
            if fill.is_none_or(|fill| !tell_fill(members, fill)) {
                members.say("detail=early-refresh");
            }
        }
        (Command::Get, outcome) => {
            members.say("fwd=miss");
            failure(outcome).into_iter().for_each(|why| members.say(why));
            fill.into_iter().for_each(|fill| _ = tell_fill(members, fill));
            // Whoever has an answer without having asked for it waited for another request's.
            if served.status == 200 && !database_answered(served) && !has_hit(served) {
                members.say("collapsed");
            }
        }
        (Command::Del, outcome) => {
            members.say("fwd=method");
            members.say(failure(outcome).unwrap_or("detail=invalidated"));
        }
        _ => {
            members.say("fwd=method");
            fill.into_iter().for_each(|fill| _ = tell_fill(members, fill));
        }
    }
}

fn has_hit(served: &Served) -> bool {
    served.steps.iter().any(|step| step.outcome == Outcome::Hit)
}

/// Tells what came of a fill; whether a detail was among it.
fn tell_fill(members: &mut List, fill: &Step) -> bool {
    if fill.outcome == Outcome::Stored {
        members.say("stored");
        return false;
    }
    members.say("stored=?0");
    let why = if fill.outcome == Outcome::NotStored { Some("detail=lease") } else { failure(fill.outcome) };
    why.into_iter().for_each(|why| members.say(why));
    why.is_some()
}

/// Why a cache gave no answer, if it gave none.
const fn failure(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::TimedOut => Some("detail=timeout"),
        Outcome::Refused => Some("detail=refused"),
        _ => None,
    }
}

/// Writes a name, as a token where it is one, and else as a string (RFC 8941, sections 3.3.3 and 3.3.4).
fn identity(text: &mut String, name: &str) {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c);
    if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*') && name.chars().all(is_inner) {
        return text.push_str(name);
    }
    text.push('"');
    for c in name.chars().filter(|c| matches!(c, ' '..='~')) {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::sample::{answer, step};
    use super::*;
    use sfv::{BareItem, List, ListEntry, Parser};

    /// The header, once it was read back by a parser of structured fields.
    fn told(served: &Served) -> String {
        let header = status("server-1", served);
        let parsed: List = Parser::new(&header).parse().unwrap_or_else(|error| panic!("{header}: {error}"));
        for entry in &parsed {
            let ListEntry::Item(item) = entry else { panic!("{header} has a list in it") };
            assert!(matches!(item.bare_item, BareItem::Token(_) | BareItem::String(_)), "{header}");
            assert!(item.params.contains_key("hit") != item.params.contains_key("fwd"), "{header}: one of the two");
        }
        header
    }

    fn get(outcome: Outcome) -> Step {
        step("redis-1", Command::Get, outcome)
    }

    fn set(outcome: Outcome) -> Step {
        step("redis-1", Command::Set, outcome)
    }

    fn select() -> Step {
        step("postgres", Command::Select, Outcome::Found)
    }

    #[test]
    fn reads_tell_what_the_cache_did() {
        let hit = || Step { ttl_s: Some(3_540), age_s: Some(60), ..get(Outcome::Hit) };
        for (status, steps, expected) in [
            (200, vec![hit()], "redis-1; hit; ttl=3540"),
            (200, vec![get(Outcome::Hit)], "redis-1; hit"),
            (404, vec![hit()], "redis-1; hit; ttl=3540; detail=negative"),
            (200, vec![hit(), step("postgres", Command::Select, Outcome::Refused)], "redis-1; hit; ttl=3540"),
            (200, vec![hit(), select(), set(Outcome::Stored)], "redis-1; fwd=stale; stored; detail=early-refresh"),
            (200, vec![hit(), select(), set(Outcome::NotStored)], "redis-1; fwd=stale; stored=?0; detail=lease"),
            (200, vec![get(Outcome::Miss), select(), set(Outcome::Stored)], "redis-1; fwd=miss; stored"),
            (404, vec![get(Outcome::Miss), select()], "redis-1; fwd=miss"),
            (200, vec![get(Outcome::Miss)], "redis-1; fwd=miss; collapsed"),
            (404, vec![get(Outcome::Miss)], "redis-1; fwd=miss"),
            (
                200,
                vec![get(Outcome::Miss), select(), set(Outcome::NotStored)],
                "redis-1; fwd=miss; stored=?0; detail=lease",
            ),
            (
                200,
                vec![get(Outcome::Miss), select(), set(Outcome::TimedOut)],
                "redis-1; fwd=miss; stored=?0; detail=timeout",
            ),
            (200, vec![get(Outcome::TimedOut), select()], "redis-1; fwd=miss; detail=timeout"),
            (200, vec![get(Outcome::Refused), select()], "redis-1; fwd=miss; detail=refused"),
            (200, vec![select()], "server-1; fwd=bypass"),
            (404, vec![], "server-1; fwd=bypass"),
        ] {
            assert_eq!(told(&answer(status, steps)), expected);
        }
    }

    #[test]
    fn writes_tell_what_the_cache_was_told() {
        let update = || step("postgres", Command::Update, Outcome::Found);
        let del = |outcome| step("redis-1", Command::Del, outcome);
        for (steps, expected) in [
            (vec![update(), del(Outcome::Deleted)], "redis-1; fwd=method; detail=invalidated"),
            (vec![update(), del(Outcome::NotFound)], "redis-1; fwd=method; detail=invalidated"),
            (vec![update(), del(Outcome::Refused)], "redis-1; fwd=method; detail=refused"),
            (vec![update(), set(Outcome::Stored)], "redis-1; fwd=method; stored"),
            (vec![update(), set(Outcome::TimedOut)], "redis-1; fwd=method; stored=?0; detail=timeout"),
            (vec![update()], "server-1; fwd=bypass"),
        ] {
            assert_eq!(told(&answer(200, steps)), expected);
        }
    }

    #[test]
    fn the_cache_that_was_asked_last_comes_first() {
        let second = |command, outcome| step("redis-2", command, outcome);
        let hit = vec![get(Outcome::Miss), second(Command::Get, Outcome::Hit)];
        assert_eq!(told(&answer(200, hit)), "redis-2; hit, redis-1; fwd=miss");
        let miss = vec![
            get(Outcome::Miss),
            second(Command::Get, Outcome::Miss),
            select(),
            set(Outcome::Stored),
            second(Command::Set, Outcome::Stored),
        ];
        assert_eq!(told(&answer(200, miss)), "redis-2; fwd=miss; stored, redis-1; fwd=miss; stored");
    }

    #[test]
    fn any_name_can_be_told() {
        for (name, expected) in [
            ("redis-1", "redis-1"),
            ("1st", "\"1st\""),
            ("", "\"\""),
            ("my cache", "\"my cache\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("Zürich\n", "\"Zrich\""),
        ] {
            let hit = answer(200, vec![Step { name: name.to_owned(), ..get(Outcome::Hit) }]);
            assert_eq!(told(&hit), format!("{expected}; hit"));
        }
    }

    #[test]
    fn an_answer_has_the_age_of_the_hit_that_gave_it() {
        let hit = Step { age_s: Some(60), ..get(Outcome::Hit) };
        assert_eq!(age_s(&answer(200, vec![hit.clone()])), Some(60));
        assert_eq!(age_s(&answer(200, vec![hit, select(), set(Outcome::Stored)])), None);
        assert_eq!(age_s(&answer(200, vec![get(Outcome::Hit)])), None);
        assert_eq!(age_s(&answer(200, vec![get(Outcome::Miss), select()])), None);
    }
}
