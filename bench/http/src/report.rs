//! What is printed: medians over the rounds, and the medians of each round's ratios.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use crate::contest::Contest;
use crate::load::Mix;
use crate::rounds::{Rounds, Turn, Turns};

/// The machine, the stores, and how it is measured.
pub fn setting(contest: &Contest, rounds: &Rounds) {
    let line = |path: &str, name: &str| {
        let text = fs::read_to_string(path).ok()?;
        text.lines().find_map(|line| Some(line.strip_prefix(name)?.split_once(':')?.1.trim().to_owned()))
    };
    let cores = available_parallelism().map_or(0, usize::from);
    let cpu = line("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory_kb = line("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let memory = memory_kb.map_or_else(String::new, |kb| format!(", {:.0} GB", kb as f64 / 1024.0 / 1024.0));
    println!("machine   {cores} cores ({cpu}){memory}, {}", said(&["uname", "-sr"]));
    println!("stores    {}, those of Aside, on unix sockets", contest.stores.versions);
    println!("programs  {}, {}", said(&["rustc", "--version"]), said(&["python3", "--version"]));
    let Rounds { rounds, seconds, connections, .. } = rounds;
    println!(
        "load      {connections} connections, on the same machine; {rounds} rounds of turns of {seconds} s; medians"
    );
}

fn said(words: &[&str]) -> String {
    let output = Command::new(words[0]).args(&words[1..]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// The heading of the first table.
pub fn as_fast_as_answered() {
    println!("\nEach connection asks as soon as it is answered:");
}

/// The heading of the second table.
pub fn at_a_fixed_rate(rate: u32) {
    println!("\n{rate} requests a second, whether or not those before are answered:");
}

/// One mix.
pub fn mix(mix: Mix, servers: &[Turns]) {
    println!("\n{:<32} requests/s       p50       p99   CPU a request           hits", mix.name());
    for Turns { name, turns } in servers {
        let of = |figure: fn(&Turn) -> f64| median(turns.iter().map(figure).collect());
        let cpu = turns.iter().map(|turn| turn.cpu_us).collect::<Option<Vec<f64>>>();
        let cpu = cpu.map_or_else(|| "unknown".to_owned(), |cpu| format!("{:.0} µs", median(cpu)));
        println!(
            "  {name:<30} {:>10.0} {:>6.2} ms {:>6.2} ms {cpu:>15} {:>11.1} %",
            of(|turn| turn.rate),
            of(|turn| turn.p50_us) / 1e3,
            of(|turn| turn.p99_us) / 1e3,
            of(|turn| turn.hit_percent),
        );
    }
    // Aside's own nodes against the peers.
    let (asides, peers): (Vec<_>, Vec<_>) = servers.iter().partition(|it| it.name.starts_with("Aside"));
    for (aside, peer) in asides.iter().flat_map(|aside| peers.iter().map(move |peer| (aside, peer))) {
        let ratio = |figure: fn(&Turn) -> f64| {
            let pairs = aside.turns.iter().zip(&peer.turns);
            median(pairs.map(|(aside, peer)| figure(aside) / figure(peer)).collect())
        };
        let (rate, p99) = (ratio(|turn| turn.rate), ratio(|turn| turn.p99_us));
        println!("  {:<30} {rate:>10.2} {:>18.2}", format!("{} / {}", aside.name, peer.name), p99);
    }
}

/// The one in the middle, or between the two in the middle.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len().is_multiple_of(2) { (figures[middle - 1] + figures[middle]) / 2.0 } else { figures[middle] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_round_out_of_the_ordinary_moves_no_median() {
        assert_eq!(median(vec![3.0, 1.0, 900.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 900.0]), 3.0);
        assert_eq!(median(vec![7.0]), 7.0);
    }
}
