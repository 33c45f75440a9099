//! How long each hop took, as `Server-Timing` (<https://www.w3.org/TR/server-timing/>): a browser's developer tools draw it.
//!
//! Each hop is a metric with the store's name; a delay that was injected into it is a metric of its own behind it, because it is
//! not measured. The last is the whole answer, with everything that was injected or held.

use aside_engine::{Served, Step};

/// The value of `Server-Timing` for an answer.
pub fn hops(served: &Served) -> String {
    let total = format!("total;dur={}", milliseconds(served.took_us));
    served.steps.iter().flat_map(hop).chain([total]).collect::<Vec<_>>().join(", ")
}

fn hop(step: &Step) -> impl Iterator<Item = String> {
    let name = token(&step.name);
    let what = format!("{} {}", step.command.word(), step.outcome.label());
    let measured = format!("{name};dur={};desc=\"{what}\"", milliseconds(step.took_us));
    let injected =
        (step.injected_us > 0).then(|| format!("injected;dur={};desc=\"{name}\"", milliseconds(step.injected_us)));
    std::iter::once(measured).chain(injected)
}

/// A name, with a hyphen where a token has no place for a character.
fn token(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    name.chars().map(fit).collect()
}

fn milliseconds(us: u64) -> String {
    format!("{}.{:03}", us / 1_000, us % 1_000)
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
