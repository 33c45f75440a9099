//! The largest drawings that there may be, in the shapes that are hardest for layouts.

use crate::support::{faults, graph, moved};
use aside_domain::{Graph, Kind, limits};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// As long as anyone should have to wait.
const PATIENCE: Duration = Duration::from_secs(2);

fn largest(clients: usize, servers: usize, links: impl IntoIterator<Item = (String, String)>) -> Graph {
    let stores = limits::NODES - clients - servers;
    graph([(Kind::Client, clients), (Kind::Server, servers), (Kind::Redis, stores)], links)
}

fn asks(client: usize, server: usize) -> (String, String) {
    (format!("client-{client}"), format!("server-{server}"))
}

fn uses(server: usize, store: usize) -> (String, String) {
    (format!("server-{server}"), format!("redis-{store}"))
}

/// So many links without any order, by a generator of Lehmer's; it knows nothing of the drawing.
fn tangle(clients: usize, servers: usize) -> Graph {
    let mut state = 1_u64;
    let mut pick = |below: usize| {
        state = state * 48_271 % 0x7fff_ffff;
        state as usize % below
    };
    let mut links = BTreeSet::new();
    while links.len() < limits::LINKS {
        let (server, other) = (pick(servers), pick(limits::NODES - servers));
        links.insert(if other < clients { asks(other, server) } else { uses(server, other - clients) });
    }
    largest(clients, servers, links)
}

/// Tidies it where there is as little stack as the threads of a test and of a server have.
fn check(what: &str, drawing: &Graph) {
    let start = Instant::now();
    let tidy = moved(drawing, &[]);
    let took = start.elapsed();
    eprintln!("{what}: {took:?}");
    assert!(cfg!(debug_assertions) || took < PATIENCE, "{what}: {took:?}");
    assert_eq!(faults(&tidy), [""; 0], "{what}");
}

#[test]
fn tangles_are_tidied() {
    check("as many of each layer", &tangle(667, 666));
    check("hardly a client", &tangle(2, 1_000));
    check("no store", &tangle(1_000, 1_000));
    check("hardly a server", &tangle(1_000, 4));
}

#[test]
fn stars_are_tidied() {
    let stores = limits::NODES - 1;
    check("a star", &largest(0, 1, (0..stores).map(|store| uses(0, store))));
    check("a star, the last first", &largest(0, 1, (0..stores).rev().map(|store| uses(0, store))));
}

#[test]
fn chains_are_tidied() {
    let half = limits::NODES / 2;
    let chain = |order: fn(usize) -> usize| {
        (0..half - 1).flat_map(move |nth| [uses(order(nth), order(nth)), uses(order(nth + 1), order(nth))])
    };
    check("a chain", &largest(0, half, chain(|nth| nth)));
    check("a chain, the last first", &largest(0, half, chain(|nth| limits::NODES / 2 - 1 - nth)));
    check("a chain in leaps", &largest(0, half, chain(|nth| nth * 387 % (limits::NODES / 2))));
    let twisted = (0..half).flat_map(|nth| (0..4).map(move |leap| uses(nth, (half - 1 - nth + leap * 37) % half)));
    check("a chain that crosses itself", &largest(0, half, twisted));
}

#[test]
fn crowds_are_tidied() {
    let half = limits::NODES / 2;
    check("pairs", &largest(0, half, (0..half).map(|nth| uses(nth, half - 1 - nth))));
    check("nothing but nodes", &largest(700, 700, []));
    let ten = (0..200).flat_map(|nth| (1..10).map(move |store| uses(nth, nth * 9 + store - 1)));
    check("fans", &largest(0, 200, ten));
}
