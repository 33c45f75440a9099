//! The program as a person starts and stops it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use aside_engine::{Config, Engine, SessionId};
use common::{PATIENCE, Visitor, base, write_site};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The time that Aside promises to stop in.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

fn aside(base: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aside"));
    for variable in ["REDIS_URL", "DATABASE_URL", "ASIDE_LISTEN", "ASIDE_DATA_DIR", "ASIDE_SITE", "ASIDE_LOG"] {
        command.env_remove(variable);
    }
    command.env("RUST_BACKTRACE", "1").current_dir(base);
    command.args(["--listen", "127.0.0.1:0", "--site", "site", "--data-dir", "data"]);
    command
}

/// A started program. One that a test leaves behind is killed, and its stores end with it.
struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    url: String,
}

impl Program {
    fn start(base: &Path) -> Self {
        let log = File::options().create(true).append(true).open(base.join("log")).unwrap();
        let mut child =
            aside(base).env("ASIDE_LOG", "warn,aside=debug").stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("Aside is at ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        Self { child, stdout, url }
    }

    fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    /// Waits for its end; how it ended, and what it printed after its first line.
    fn end(mut self) -> (ExitStatus, String) {
        let status = ended(&mut self.child, STOPS_WITHIN);
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (status, rest)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ended(child: &mut Child, within: Duration) -> ExitStatus {
    let deadline = Instant::now() + within;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < deadline, "it goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
}

/// What `aside stores --json` prints: the stores, by the part they play.
fn reported(base: &Path) -> (Value, Value) {
    let output = aside(base).args(["stores", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |part: &str| reports.as_array().unwrap().iter().find(|report| report["store"] == part).unwrap().clone();
    (of("redis"), of("postgres"))
}

fn pid(report: &Value) -> u32 {
    report["pid"].as_u64().unwrap().try_into().unwrap()
}

fn is_running(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

async fn until_ready(visitor: &Visitor, expected: u16) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = visitor.get("/readyz").await;
        if answer.status() == expected {
            return answer.text().await.unwrap();
        }
        assert!(Instant::now() < deadline, "{}", answer.text().await.unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn with_site() -> TempDir {
    let base = base();
    write_site(base.path());
    base
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_told_by_readyz_and_stores_are_told_beside_a_running_aside() {
    let base = with_site();
    let program = Program::start(base.path());
    let visitor = Visitor::of(program.url.clone());
    assert_eq!(until_ready(&visitor, 200).await, "Redis: ok\nPostgres: ok\n");

    let (redis, postgres) = reported(base.path());
    assert_eq!((&redis["answers"], &postgres["answers"]), (&json!(true), &json!(true)));
    assert!(is_running(pid(&redis)) && is_running(pid(&postgres)));
    let text = aside(base.path()).arg("stores").output().unwrap();
    assert!(String::from_utf8_lossy(&text.stdout).contains("psql"));

    send(pid(&redis), Signal::SIGSTOP);
    assert_eq!(until_ready(&visitor, 503).await, "Redis: does not answer\nPostgres: ok\n");
    assert_eq!(visitor.get("/healthz").await.status(), 200);
    assert_eq!(visitor.get("/").await.status(), 200);
    send(pid(&redis), Signal::SIGCONT);
    until_ready(&visitor, 200).await;
}

#[tokio::test]
async fn sigterm_ends_streams_program_and_stores_and_a_reader_goes_on_after_a_new_start() {
    let base = with_site();
    let program = Program::start(base.path());
    let mut visitor = Visitor::of(program.url.clone());
    let sandbox = visitor.open("free").await;
    let mut events = visitor.events(&sandbox, None).await;
    events.next().await.unwrap();
    visitor.ask("run", json!({ "sandbox": sandbox, "clients": null })).await;
    let last = events.run().await.pop().unwrap();
    let (redis, postgres) = reported(base.path());

    program.signal(Signal::SIGTERM);
    while events.next().await.is_some() {}
    let (status, more) = program.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(more, "", "one line on stdout, no more");
    assert!(!is_running(pid(&redis)) && !is_running(pid(&postgres)));

    let program = Program::start(base.path());
    visitor.url.clone_from(&program.url); // the same cookie: cookies know no ports
    let mut events = visitor.events(&sandbox, Some(&last.id)).await;
    let reset = events.next().await.unwrap();
    assert_eq!(reset.name, "reset");
    visitor.ask("run", json!({ "sandbox": sandbox, "clients": null })).await;
    let run = events.run().await;
    assert_eq!(run[0].seq(), reset.seq() + 1);

    program.signal(Signal::SIGINT);
    assert_eq!(program.end().0.code(), Some(0));
}

#[tokio::test]
async fn the_log_tells_of_requests_but_holds_no_cookie_id_value_or_query() {
    let base = with_site();
    let program = Program::start(base.path());
    let visitor = Visitor::of(program.url.clone());
    let page = visitor.get("/?secret=query").await;
    let cookie = page.headers()["set-cookie"].to_str().unwrap()["aside=".len()..][..32].to_owned();
    let sandbox = visitor.open("free").await;
    visitor.put(&sandbox, "redis", "thekey", "thevalue").await;
    visitor.events(&sandbox, None).await.next().await.unwrap();
    visitor.get(&format!("/api/sandboxes/{}/events?from=secret:1", "0".repeat(32))).await;
    program.signal(Signal::SIGTERM);
    assert!(program.end().0.success());

    let log = std::fs::read_to_string(base.path().join("log")).unwrap();
    for told in ["GET / 200", "POST /api/open 200", "GET /api/sandboxes/{id}/events 404"] {
        assert!(log.contains(told), "{told} is not in {log}");
    }
    for hidden in ["secret", &cookie, &sandbox, "thekey", "thevalue"] {
        assert!(!log.contains(hidden), "{hidden} is in {log}");
    }
}

#[tokio::test]
async fn what_visitors_think_of_the_lessons_is_a_table_for_spreadsheets_without_formulas() {
    let base = with_site();
    let _program = Program::start(base.path());
    let printed = || {
        let output = aside(base.path()).arg("feedback").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(printed(), "time,lesson,helpful,sentence\n");

    let (redis, postgres) = reported(base.path());
    let url = |report: &Value| report["url"].as_str().unwrap().to_owned();
    let engine = Engine::connect(Config::new(url(&redis), url(&postgres))).await.unwrap();
    let (one, two) = (SessionId::fresh(), SessionId::fresh());
    engine.give_feedback(&one, "ttl", false, "Too \"clever\", and\ntoo long.").await.unwrap();
    engine.give_feedback(&two, "ttl", true, "=HYPERLINK(\"http://evil\")").await.unwrap();
    engine.give_feedback(&two, "writes", true, "").await.unwrap();
    let table = printed();
    let mut times = Vec::new();
    let mut rest = table.strip_prefix("time,lesson,helpful,sentence\n").unwrap();
    for row in [
        "ttl,no,\"Too \"\"clever\"\", and\ntoo long.\"\n",
        "ttl,yes,\"'=HYPERLINK(\"\"http://evil\"\")\"\n",
        "writes,yes,\n",
    ] {
        let (time, others) = rest.split_once(',').unwrap();
        assert!(time.starts_with("20") && time.ends_with('Z') && time.len() == 20, "{time}");
        times.push(time);
        rest = others.strip_prefix(row).unwrap_or_else(|| panic!("{table}"));
    }
    assert!(rest.is_empty() && times.is_sorted(), "{table}");

    // By its URL it needs no Aside; and a database that no Aside has used has no table.
    let elsewhere = with_site();
    let attached = aside(elsewhere.path()).args(["feedback", "--database-url", &url(&postgres)]).output().unwrap();
    assert_eq!(String::from_utf8(attached.stdout).unwrap(), table);
    let empty = url(&postgres).replace("/aside?", "/postgres?");
    let sentence = refused(aside(elsewhere.path()).args(["--database-url", &empty, "feedback"]));
    assert!(sentence.contains("no feedback in this database"), "{sentence}");
}

#[test]
fn asking_for_feedback_without_a_database_to_ask_is_told() {
    let base = with_site();
    let sentence = refused(aside(base.path()).arg("feedback"));
    assert!(sentence.contains("no Aside is running"), "{sentence}");
    let gone = "postgres://user:geheim@127.0.0.1:1/aside";
    let sentence = refused(aside(base.path()).args(["feedback", "--database-url", gone]));
    assert!(sentence.contains("Postgres") && !sentence.contains("geheim"), "{sentence}");
}

/// Starts what must fail; its sentence.
fn refused(command: &mut Command) -> String {
    let mut child = command.env("ASIDE_LOG", "warn").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = ended(&mut child, PATIENCE);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    let is_progress = |line: &&str| line.ends_with('…');
    let lines: Vec<&str> = stderr.lines().filter(|line| !is_progress(line)).collect();
    assert!(lines.len() == 1 && lines[0].starts_with("aside: "), "{stderr}");
    for sign in ["panicked", "backtrace", "Error {", "Os {", "Err("] {
        assert!(!stderr.contains(sign), "{stderr}");
    }
    lines[0].to_owned()
}

#[test]
fn a_busy_port_is_told_before_anything_is_started() {
    let base = with_site();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let sentence = refused(aside(base.path()).args(["serve", "--listen", &address]));
    assert!(sentence.contains(&address) && sentence.contains("in use"), "{sentence}");
    assert!(!base.path().join("data").exists());
}

#[test]
fn an_address_that_is_none_is_told() {
    let base = with_site();
    let sentence = refused(aside(base.path()).args(["serve", "--listen", "256.0.0.1:http"]));
    assert!(sentence.contains("256.0.0.1:http"), "{sentence}");
}

#[test]
fn a_data_directory_that_cannot_be_written_is_told() {
    let base = with_site();
    std::fs::write(base.path().join("file"), "").unwrap();
    let sentence = refused(aside(base.path()).args(["serve", "--data-dir", "file/data"]));
    assert!(sentence.contains("file/data"), "{sentence}");
}

#[test]
fn a_missing_bundle_is_told_with_the_command_that_makes_it() {
    let base = base();
    let sentence = refused(&mut aside(base.path()));
    assert!(sentence.contains("cargo xtask build"), "{sentence}");
    let site = write_site(base.path());
    for version in ["", "gone", "../site", "/"] {
        std::fs::write(site.join("VERSION"), version).unwrap();
        let sentence = refused(&mut aside(base.path()));
        assert!(sentence.contains("not complete"), "{version}: {sentence}");
    }
}

#[test]
fn stores_that_cannot_be_reached_are_told_without_their_passwords() {
    let base = with_site();
    let redis = "redis://user:geheim@127.0.0.1:1/";
    let postgres = "postgres://user:geheim@127.0.0.1:1/aside";
    for (variable, url) in [("REDIS_URL", redis), ("DATABASE_URL", postgres)] {
        let sentence = refused(aside(base.path()).env(variable, url));
        assert!(sentence.contains(variable) && sentence.contains("127.0.0.1"), "{sentence}");
        assert!(!sentence.contains("geheim"), "{sentence}");
    }
    let help = aside(base.path()).env("DATABASE_URL", postgres).arg("--help").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("geheim"));
}

#[test]
fn a_log_filter_that_is_none_is_told() {
    let base = with_site();
    let sentence = refused(aside(base.path()).args(["serve", "--log", "loud=very=much"]));
    assert!(sentence.contains("loud=very=much"), "{sentence}");
}

#[test]
fn asking_for_the_stores_of_an_aside_that_does_not_run_is_told() {
    let base = with_site();
    let sentence = refused(aside(base.path()).arg("stores"));
    assert!(sentence.contains("no Aside is running"), "{sentence}");
}
