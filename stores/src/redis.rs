//! Redis (or Valkey): a cache and nothing more, so it keeps nothing on disk and drops the least recently used.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use redis::aio::MultiplexedConnection;
use tokio::time::timeout;

use crate::child::Recipe;
use crate::error::StoresError;
use crate::places::Places;
use crate::recover::remove;
use crate::url::{encode_path, masked, without_secrets};
use crate::watch::Service;
use crate::{ATTACH_TIMEOUT, find};

/// For one look at a private server.
const LOOK: Duration = Duration::from_secs(1);

/// The private Redis of one data directory.
pub(crate) struct Redis {
    recipe: Recipe,
    places: Places,
    url: String,
}

impl Redis {
    pub(crate) fn new(places: &Places) -> Result<Self, StoresError> {
        let directory = places.redis_dir();
        let mut args: Vec<OsString> = vec!["--unixsocket".into(), places.redis_socket().into()];
        args.extend(["--dir".into(), directory.clone().into()]);
        // On no TCP port: the socket, in a directory that is closed to others, is the only way in.
        for (option, value) in [
            ("--port", "0"),
            ("--unixsocketperm", "700"),
            ("--save", ""),
            ("--appendonly", "no"),
            ("--maxmemory", "256mb"),
            ("--maxmemory-policy", "allkeys-lru"),
            ("--daemonize", "no"),
        ] {
            args.extend([OsString::from(option), value.into()]);
        }
        let recipe = Recipe {
            store: "Redis",
            program: find::redis_server()?,
            args,
            log: directory.join("redis.log"),
            directory,
            account: places.account,
            stop: Signal::SIGTERM,
            orphaned: "KILL",
        };
        Ok(Self { recipe, places: places.clone(), url: url(&places.redis_socket()) })
    }
}

impl Service for Redis {
    fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn tidy(&self) {
        remove(&self.places.redis_socket());
    }

    async fn answers(&self) -> Result<(), String> {
        match timeout(LOOK, connect(&self.url)).await {
            Ok(answer) => answer.map(drop).map_err(|error| error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}

/// The URL of a Redis on this socket.
pub(crate) fn url(socket: &Path) -> String {
    format!("redis+unix://{}", encode_path(socket))
}

/// Makes sure that the Redis behind a URL answers.
pub(crate) async fn check(url: &str) -> Result<(), StoresError> {
    let reason = match timeout(ATTACH_TIMEOUT, connect(url)).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => without_secrets(&error.to_string(), url),
        Err(_) => format!("no answer within {ATTACH_TIMEOUT:?}"),
    };
    Err(StoresError::Unreachable { store: "Redis", url: masked(url), reason, variable: "REDIS_URL" })
}

async fn connect(url: &str) -> redis::RedisResult<MultiplexedConnection> {
    let mut connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    redis::cmd("PING").query_async::<()>(&mut connection).await?;
    Ok(connection)
}

/// What a server says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Introduction {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) pid: Option<u32>,
}

/// Asks a server who it is.
pub(crate) async fn introduction(url: &str) -> redis::RedisResult<Introduction> {
    let mut connection = connect(url).await?;
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
    Ok(read_info(&info))
}

/// From the server section of INFO. Valkey gives `redis_version:7.2.4` for the sake of old clients, and its own name and
/// version in fields of their own.
fn read_info(info: &str) -> Introduction {
    let field = |name: &str| {
        info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim).map(str::to_owned)
    };
    let server = field("server_name").filter(|name| !name.is_empty()).unwrap_or_else(|| "redis".to_owned());
    let version = field(&format!("{server}_version")).or_else(|| field("redis_version")).unwrap_or_default();
    let mut letters = server.chars();
    let name = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect();
    Introduction { name, version, pid: field("process_id").and_then(|pid| pid.parse().ok()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valkey_is_called_by_its_name_and_its_own_version() {
        let info = "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\nprocess_id:7\r\n";
        let expected = Introduction { name: "Valkey".to_owned(), version: "8.1.1".to_owned(), pid: Some(7) };
        assert_eq!(read_info(info), expected);
    }

    #[test]
    fn redis_does_not_say_its_name() {
        let expected = Introduction { name: "Redis".to_owned(), version: "7.0.15".to_owned(), pid: Some(9) };
        assert_eq!(read_info("# Server\r\nredis_version:7.0.15\r\nprocess_id:9\r\n"), expected);
    }
}
