//! How long each hop took, as `Server-Timing` (<https://www.w3.org/TR/server-timing/>): a browser's developer tools draw it.
//!
//! Each hop is a metric with the store's name; a delay that was injected into it is a metric of its own behind it, because it is
//! not measured. The last is the whole answer, with everything that was injected or held.

use std::fmt::{self, Display, Formatter, Write};

use aside_engine::{Served, Step};

/// The value of `Server-Timing` for an answer.
pub fn hops(served: &Served) -> String {
    // One text, and not one for each of its parts: this is written for each of some ten thousand answers a second.
    let mut text = String::with_capacity(128);
    served.steps.iter().for_each(|step| hop(&mut text, step));
    let _ = write!(text, "total;dur={}", Milliseconds(served.took_us)); // writing to a text cannot fail
    text
}

fn hop(text: &mut String, Step { name, command, outcome, took_us, injected_us, .. }: &Step) {
    let (name, command, outcome) = (Token(name), command.word(), outcome.label());
    let _ = write!(text, "{name};dur={};desc=\"{command} {outcome}\", ", Milliseconds(*took_us));
    if *injected_us > 0 {
        let _ = write!(text, "injected;dur={};desc=\"{name}\", ", Milliseconds(*injected_us));
    }
}

/// A name, with a hyphen where a token has no place for a character.
struct Token<'a>(&'a str);

impl Display for Token<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let fit = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        self.0.chars().try_for_each(|c| f.write_char(fit(c)))
    }
}

/// Microseconds, written as milliseconds.
struct Milliseconds(u64);

impl Display for Milliseconds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{answer, step};
    use super::*;
    use aside_domain::{Command, Outcome};

    #[test]
    fn every_hop_is_told_and_what_was_injected_apart() {
        let get = Step { took_us: 182, ..step("redis-1", Command::Get, Outcome::Miss) };
        let select = Step { took_us: 1_004, injected_us: 20_000, ..step("my db", Command::Select, Outcome::NotFound) };
        let served = Served { took_us: 2_300, ..answer(404, vec![get, select]) };
        assert_eq!(
            hops(&served),
            "redis-1;dur=0.182;desc=\"GET miss\", my-db;dur=1.004;desc=\"SELECT not found\", \
             injected;dur=20.000;desc=\"my-db\", total;dur=2.300"
        );
        assert_eq!(hops(&answer(404, vec![])), "total;dur=0.000");
    }
}
