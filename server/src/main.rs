//! The program: reads the settings, runs one command, and turns what fails into one sentence and an exit code.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use aside_server::{Cli, Command, Server, Settings, Signals, feedback, log};
use aside_stores::ReportText;
use clap::Parser;
use mimalloc::MiMalloc;

/// A request is a few dozen small allocations, and some of a few kilobytes; glibc's own allocator spends a fifth of a busy
/// server's time on them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What a shell expects of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None | Some(Command::Serve) => serve(&cli.settings).await,
        Some(Command::Stores { json }) => stores(&cli.settings, json).await,
        Some(Command::Feedback) => print_feedback(&cli.settings).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            tell(&format!("aside: {sentence}"));
            ExitCode::FAILURE
        }
    }
}

async fn serve(settings: &Settings) -> Result<(), String> {
    log::start(&settings.log).map_err(sentence)?;
    let mut signals = Signals::listen().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let server = tokio::select! {
        server = Server::start(settings, tell) => server.map_err(sentence)?,
        // The stores' guardians end what was started.
        () = signals.next() => std::process::exit(INTERRUPTED),
    };
    say(&format!("Aside is at {}", server.url()));
    signals.next().await;
    tell("Stopping …");
    tokio::spawn(async move {
        signals.next().await;
        std::process::exit(INTERRUPTED);
    });
    server.stop().await;
    Ok(())
}

async fn stores(settings: &Settings, json: bool) -> Result<(), String> {
    let reports = aside_stores::report(&settings.stores()).await.map_err(sentence)?;
    if json {
        say(&serde_json::to_string_pretty(&reports).map_err(sentence)?);
    } else {
        say(ReportText(&reports).to_string().trim_end());
    }
    Ok(())
}

async fn print_feedback(settings: &Settings) -> Result<(), String> {
    let table = feedback::table(&settings.stores()).await.map_err(sentence)?;
    let mut out = io::stdout();
    match out.write_all(&table).and_then(|()| out.flush()) {
        // Whoever closed the pipe has read what he wanted; but half a file must not look like a whole one.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("cannot write the table: {error}")),
        _ => Ok(()),
    }
}

fn sentence(error: impl Display) -> String {
    error.to_string()
}

/// One line for whoever, or whatever, reads the output. Nobody reading is no failure.
fn say(line: &str) {
    let mut out = io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// One line for the person at the terminal.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
