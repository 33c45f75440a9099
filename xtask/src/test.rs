//! Everything a change must pass, the quick things first; the first step that fails ends it.

use std::fmt::Write;
use std::io::{IsTerminal, stdout};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use crate::build::{self, Profile};
use crate::place::Place;
use crate::setup::{self, Needs};
use crate::{bundle, lint, npm, process, report};

/// Which part of the tests to run.
#[derive(clap::Args)]
pub struct Options {
    /// Leave out the bundle and the browser tests
    #[arg(long, conflicts_with = "only_browser")]
    skip_browser: bool,
    /// Only the bundle and the browser tests
    #[arg(long)]
    only_browser: bool,
    /// Handed to Playwright: a file name, `--grep TITLE`, …
    #[arg(last = true)]
    playwright: Vec<String>,
}

/// Runs them, then prints what each step took and how many tests passed and failed.
pub fn run(place: &Place, options: &Options) -> Result<()> {
    let mut tally = Tally::default();
    let outcome = steps(place, options, &mut tally);
    println!("{}", tally.summary());
    outcome
}

fn steps(place: &Place, options: &Options, tally: &mut Tally) -> Result<()> {
    let needs = if options.skip_browser { Needs::to_test() } else { Needs::to_test_in_a_browser() };
    tally.step("set-up", |_| setup::ensure(needs).map(drop))?;
    if !options.only_browser {
        tally.step("lints", |_| lint::run(place))?;
        tally.step("import arrows", |tally| {
            let quiet = ["test", "--quiet", "--package", "xtask", "--test", "arrows"];
            tally.tests(&mut process::cargo(place, &quiet), "a crate imports what it must not", false)
        })?;
        // All targets at once, so that the server is compiled with the same features as the tests, and not twice.
        tally.step("compilation", |_| {
            process::run(&mut process::cargo(place, &["build", "--workspace", "--all-targets"]))
        })?;
    }
    if !options.skip_browser {
        if options.only_browser {
            tally.step("server", |_| build::server(place, Profile::Dev))?;
        }
        tally.step("bundle", |_| bundle::build(place, Profile::Release))?;
        tally.step("bundle size", |_| bundle::check_budget(place).map(|verdict| println!("  {verdict}")))?;
    }
    match (options.only_browser, options.skip_browser) {
        (_, true) => tally.step("tests", |tally| tally.tests(&mut rust_tests(place), "tests fail", true)),
        (true, _) => tally.step("browser tests", |tally| browser_tests(place, &options.playwright, tally)),
        (false, false) => tally.step("tests", |tally| both(place, &options.playwright, tally)),
    }
}

fn rust_tests(place: &Place) -> Command {
    let mut command = process::cargo(place, &["test", "--workspace", "--no-fail-fast"]);
    if stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").args(["--", "--color", "always"]);
    }
    command
}

/// The browser's tests, and beside them the others, which mostly wait: for stores that hang, links that are slow, keys that
/// expire. What these say is printed when the browser is done.
fn both(place: &Place, args: &[String], tally: &mut Tally) -> Result<()> {
    let (browser, others) = thread::scope(|scope| {
        let others = scope.spawn(|| process::run_and_collect(&mut rust_tests(place)));
        (browser_tests(place, args, tally), others.join())
    });
    let (status, said) = others.map_err(|_| anyhow!("the tests could not be watched"))??;
    print!("{said}");
    said.lines().for_each(|line| tally.count(line));
    browser?;
    if status.success() { Ok(()) } else { bail!("tests fail") }
}

fn browser_tests(place: &Place, args: &[String], tally: &mut Tally) -> Result<()> {
    let folder = place.root.join("end2end");
    npm::install(&folder, "Playwright")?;
    let Some(chromium) = setup::chromium() else {
        bail!("Chromium is not here");
    };
    process::run(Command::new("node").arg("node_modules/typescript/bin/tsc").arg("--noEmit").current_dir(&folder))?;
    let mut command = Command::new("node");
    command.arg("node_modules/@playwright/test/cli.js").arg("test").args(args).current_dir(&folder);
    command.env("ASIDE_BIN", place.server("debug")).env("ASIDE_SITE", place.site()).env("CHROMIUM", chromium);
    if stdout().is_terminal() {
        command.env("FORCE_COLOR", "1");
    }
    tally.tests(&mut command, "browser tests fail", true)
}

/// What was done so far.
#[derive(Default)]
struct Tally {
    steps: Vec<(&'static str, Duration, bool)>,
    passed: u64,
    failed: u64,
}

impl Tally {
    fn step(&mut self, name: &'static str, action: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        report::heading(name);
        let began = Instant::now();
        let outcome = action(self);
        self.steps.push((name, began.elapsed(), outcome.is_ok()));
        outcome
    }

    /// Runs a command that runs tests, and counts them if asked to.
    fn tests(&mut self, command: &mut Command, complaint: &'static str, counted: bool) -> Result<()> {
        let success = process::run_and_watch(command, |line| {
            if counted {
                self.count(line);
            }
        })?;
        if !success {
            bail!(complaint);
        }
        Ok(())
    }

    fn count(&mut self, line: &str) {
        let (passed, failed) = counts(line);
        self.passed += passed;
        self.failed += failed;
    }

    /// One line a step; the last line stands alone and says how many tests passed and failed.
    fn summary(&self) -> String {
        let mut text = String::from("\n");
        for (name, took, success) in &self.steps {
            let line = report::line(name, *took, if *success { "" } else { "FAILED" });
            let _ = writeln!(text, "{line}");
        }
        let _ = write!(text, "\n{} passed, {} failed", self.passed, self.failed);
        text
    }
}

/// Reads the closing lines of cargo's tests (`test result: ok. 3 passed; 0 failed; …`) and of Playwright
/// (`  3 passed (2.1s)`, `  1 failed`).
fn counts(line: &str) -> (u64, u64) {
    let plain = without_colours(line);
    let words: Vec<&str> = plain.split_whitespace().collect();
    let closing = plain.starts_with("test result:")
        || matches!(words.as_slice(), [number, "passed" | "failed", ..] if number.parse::<u64>().is_ok());
    if !closing {
        return (0, 0);
    }
    let before = |what: &str| {
        let at = words.iter().position(|word| word.trim_end_matches(';') == what)?;
        words.get(at.checked_sub(1)?)?.parse().ok()
    };
    (before("passed").unwrap_or(0), before("failed").unwrap_or(0))
}

/// Leaves out terminal colour sequences (`ESC [ … m`).
fn without_colours(line: &str) -> String {
    let mut pieces = line.split('\u{1b}');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(piece.split_once('m').map_or(piece, |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted() {
        assert_eq!(counts("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out"), (12, 0));
        assert_eq!(counts("test result: FAILED. 1 passed; 2 failed; 0 ignored"), (1, 2));
        assert_eq!(counts("  3 passed (2.1s)\n"), (3, 0));
        assert_eq!(counts("\u{1b}[31m  1 failed\u{1b}[39m"), (0, 1));
        assert_eq!(counts("test result: \u{1b}[32mok\u{1b}(B\u{1b}[m. 4 passed; 0 failed"), (4, 0));
    }

    #[test]
    fn other_lines_are_not() {
        assert_eq!(counts("test a_request_that_passed ... ok"), (0, 0));
        assert_eq!(counts("  ✓ 1 smoke.spec.ts › 2 passed notes are shown"), (0, 0));
    }
}
