//! What runs, told so that a person can look with `redis-cli` and `psql`.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;

use crate::error::StoresError;
use crate::places::Places;
use crate::recover::recorded_pid;
use crate::url::{masked, shell_word};
use crate::{Settings, postgres, redis};

/// How long a store may take to introduce itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whose a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// Started by this Aside, on a socket below its data directory, and ended with it.
    Private,
    /// Named by `REDIS_URL` or `DATABASE_URL`, and left alone.
    Attached,
}

/// One store, as it introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreReport {
    /// "redis" or "postgres": which part it plays.
    pub store: &'static str,
    /// The name the server gives: "Redis", "Valkey", "PostgreSQL".
    pub name: String,
    /// The version the server gives; empty when it does not answer.
    pub version: String,
    /// Its URL, with any password masked.
    pub url: String,
    /// The command that opens it by hand.
    pub command: String,
    /// Its process id where it is known: for Postgres the postmaster's, and only of a private one.
    pub pid: Option<u32>,
    /// Private or attached.
    pub ownership: Ownership,
    /// Whether it answered just now. A private one that does not is being started again.
    pub answers: bool,
}

/// A list of reports as aligned text, a store a paragraph.
#[derive(Debug, Clone, Copy)]
pub struct ReportText<'a>(pub &'a [StoreReport]);

impl fmt::Display for ReportText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, report) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let ownership = match report.ownership {
                Ownership::Private => "private",
                Ownership::Attached => "attached",
            };
            let version = if report.answers { report.version.as_str() } else { "(does not answer)" };
            writeln!(f, "{:<10} {version}, {ownership}", report.name)?;
            if let Some(pid) = report.pid {
                writeln!(f, "  process  {pid}")?;
            }
            writeln!(f, "  url      {}", report.url)?;
            writeln!(f, "  open     {}", report.command)?;
        }
        Ok(())
    }
}

/// Reports on the stores of the Aside that runs with these settings, perhaps in another process. Starts nothing.
///
/// # Errors
///
/// [`StoresError::NotRunning`] when no private store answers below the data directory, and
/// [`StoresError::OfAnotherUser`] when it may not be asked.
pub async fn report(settings: &Settings) -> Result<Vec<StoreReport>, StoresError> {
    let attached_only = settings.redis_url.is_some() && settings.database_url.is_some();
    let not_running = || StoresError::NotRunning { path: settings.data_dir.clone() };
    let places = if attached_only {
        None
    } else {
        if !settings.data_dir.is_dir() {
            return Err(not_running());
        }
        let places = Places::of(&settings.data_dir)?;
        match places.run_dir_owner() {
            None => return Err(not_running()),
            Some(uid) if uid != places.account.uid => {
                return Err(StoresError::OfAnotherUser { path: settings.data_dir.clone() });
            }
            Some(_) => Some(places),
        }
    };
    let reports = report_on(settings, places.as_ref()).await;
    let private = reports.iter().any(|report| report.ownership == Ownership::Private && report.answers);
    if attached_only || private { Ok(reports) } else { Err(not_running()) }
}

/// Reports on both stores. `places` may be missing only where both are attached.
pub(crate) async fn report_on(settings: &Settings, places: Option<&Places>) -> Vec<StoreReport> {
    let (redis, postgres) = tokio::join!(
        redis_report(settings.redis_url.as_deref(), places),
        postgres_report(settings.database_url.as_deref(), places),
    );
    [redis, postgres].into_iter().flatten().collect()
}

async fn redis_report(attached: Option<&str>, places: Option<&Places>) -> Option<StoreReport> {
    let (url, command) = match attached {
        Some(url) => (url.to_owned(), format!("redis-cli -u {}", shell_word(&masked(url)))),
        // redis-cli 7 knows no `redis+unix://`.
        None => {
            let socket = places?.redis_socket();
            (redis::url(&socket), format!("redis-cli -s {}", shell_word(&socket.to_string_lossy())))
        }
    };
    let answer = timeout(PATIENCE, redis::introduction(&url)).await.ok().and_then(logged);
    Some(StoreReport {
        store: "redis",
        url: masked(&url),
        command,
        ownership: ownership(attached),
        answers: answer.is_some(),
        pid: answer.as_ref().and_then(|answer| answer.pid),
        version: answer.as_ref().map(|answer| answer.version.clone()).unwrap_or_default(),
        name: answer.map_or_else(|| "Redis".to_owned(), |answer| answer.name),
    })
}

async fn postgres_report(attached: Option<&str>, places: Option<&Places>) -> Option<StoreReport> {
    let (url, pid_file) = match attached {
        Some(url) => (url.to_owned(), None),
        None => (postgres::url(places?.run_dir()), places.map(|places| places.cluster().join("postmaster.pid"))),
    };
    let answer = timeout(PATIENCE, postgres::introduction(&url)).await.ok().and_then(logged);
    let answers = answer.is_some();
    let (name, version) = answer.unwrap_or_else(|| ("PostgreSQL".to_owned(), String::new()));
    Some(StoreReport {
        store: "postgres",
        name,
        version,
        url: masked(&url),
        command: format!("psql {}", shell_word(&masked(&url))),
        // The file of one that is down names a process that is gone.
        pid: pid_file.filter(|_| answers).and_then(|path| recorded_pid(&path)),
        ownership: ownership(attached),
        answers,
    })
}

/// A store that is silent is reported as silent; why, only in the log, and there without the URL.
fn logged<T, E: fmt::Display>(answer: Result<T, E>) -> Option<T> {
    if answer.is_err() {
        tracing::debug!("a store does not answer");
    }
    answer.ok()
}

fn ownership(attached: Option<&str>) -> Ownership {
    if attached.is_some() { Ownership::Attached } else { Ownership::Private }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_a_paragraph_a_store() {
        let redis = StoreReport {
            store: "redis",
            name: "Valkey".to_owned(),
            version: "8.1.1".to_owned(),
            url: "redis+unix:///a/redis.sock".to_owned(),
            command: "redis-cli -s /a/redis.sock".to_owned(),
            pid: Some(7),
            ownership: Ownership::Private,
            answers: true,
        };
        let silent = StoreReport { answers: false, pid: None, ownership: Ownership::Attached, ..redis.clone() };
        let expected = "\
Valkey     8.1.1, private
  process  7
  url      redis+unix:///a/redis.sock
  open     redis-cli -s /a/redis.sock

Valkey     (does not answer), attached
  url      redis+unix:///a/redis.sock
  open     redis-cli -s /a/redis.sock
";
        assert_eq!(ReportText(&[redis, silent]).to_string(), expected);
    }
}
