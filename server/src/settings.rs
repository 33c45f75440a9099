//! What a person can set, by argument or by environment; an argument wins.

use std::path::PathBuf;

use aside_engine::Share;
use clap::builder::FalseyValueParser;

/// Aside: learn caching by doing it for real.
#[derive(Debug, clap::Parser)]
#[command(name = "aside", version, about)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub settings: Settings,
    /// What to do; without one, [`Command::Serve`].
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, clap::Subcommand)]
pub enum Command {
    /// Start Aside (the default)
    Serve,
    /// Tell which Redis and Postgres a running Aside uses, and how to look into them
    Stores {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Print what visitors think of the lessons, as CSV; a cell that a spreadsheet would take for a formula begins with an
    /// apostrophe
    Feedback,
}

/// What can be set.
#[derive(Clone, clap::Args)]
pub struct Settings {
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, env = "ASIDE_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:3000", global = true)]
    pub listen: String,

    /// Directory of the private Redis and Postgres
    #[arg(long, env = "ASIDE_DATA_DIR", value_name = "DIRECTORY", default_value = ".aside", global = true)]
    pub data_dir: PathBuf,

    /// Use this Redis instead of a private one
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true, global = true)]
    pub redis_url: Option<String>,

    /// Use this Postgres database instead of a private one
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,

    /// Directory with the browser bundle, as `cargo xtask build` makes it
    #[arg(long, env = "ASIDE_SITE", value_name = "DIRECTORY", default_value = "target/site", global = true)]
    pub site: PathBuf,

    /// Wait at least this long for an answer of Redis, whatever a server's timeout in the drawing says, in milliseconds: for
    /// machines so busy that Redis is late
    #[arg(
        long,
        env = "ASIDE_LEAST_REDIS_PATIENCE_MS",
        value_name = "MS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(0..=30_000),
        global = true
    )]
    pub least_redis_patience_ms: u64,

    /// Requests a second that a sandbox's live service takes; 0 for no limit. Its traffic may send as many
    #[arg(long, env = "ASIDE_LIVE_RATE", value_name = "REQUESTS", default_value_t = Share::default().rate_per_s, global = true)]
    pub live_rate: u32,

    /// Requests that a sandbox's live service answers at once; 0 for no limit
    #[arg(
        long,
        env = "ASIDE_LIVE_IN_FLIGHT",
        value_name = "REQUESTS",
        default_value_t = Share::default().in_flight,
        global = true
    )]
    pub live_in_flight: u32,

    /// What to log, as a tracing filter
    #[arg(long, env = "ASIDE_LOG", value_name = "FILTER", default_value = "warn,aside=info", global = true)]
    pub log: String,

    /// Visitors come by HTTPS: their cookies are sent over nothing else
    #[arg(long, env = "ASIDE_SECURE_COOKIES", value_parser = FalseyValueParser::new(), global = true)]
    pub secure_cookies: bool,
}

impl Settings {
    /// The part that is the stores'. A URL that is set but empty counts as not set.
    #[must_use]
    pub fn stores(&self) -> aside_stores::Settings {
        let set = |url: &Option<String>| url.clone().filter(|url| !url.trim().is_empty());
        aside_stores::Settings {
            data_dir: self.data_dir.clone(),
            redis_url: set(&self.redis_url),
            database_url: set(&self.database_url),
        }
    }

    /// What a sandbox's live service may take.
    #[must_use]
    pub const fn share(&self) -> Share {
        Share { rate_per_s: self.live_rate, in_flight: self.live_in_flight }
    }
}

// Not derived: URLs hold passwords.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("stores", &self.stores())
            .field("site", &self.site)
            .field("share", &self.share())
            .field("log", &self.log)
            .field("secure_cookies", &self.secure_cookies)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn settings_stand_before_or_after_the_command() {
        for line in [["aside", "--listen", "[::1]:0", "serve"], ["aside", "serve", "--listen", "[::1]:0"]] {
            assert_eq!(Cli::parse_from(line).settings.listen, "[::1]:0");
        }
        assert_eq!(Cli::parse_from(["aside", "stores", "--json"]).command, Some(Command::Stores { json: true }));
        assert_eq!(Cli::parse_from(["aside", "feedback"]).command, Some(Command::Feedback));
    }

    #[test]
    fn a_live_service_has_a_usual_share_and_zero_is_no_limit() {
        let share = |line: &[&str]| Cli::parse_from(line).settings.share();
        assert_eq!(share(&["aside"]), Share::default());
        let unlimited = share(&["aside", "--live-rate", "0", "--live-in-flight", "0"]);
        assert_eq!(unlimited, Share { rate_per_s: 0, in_flight: 0 });
    }

    #[test]
    fn an_empty_url_is_no_url() {
        let settings = Cli::parse_from(["aside", "--redis-url", "", "--database-url", "postgres://there/db"]).settings;
        assert_eq!(settings.stores().redis_url, None);
        assert_eq!(settings.stores().database_url.as_deref(), Some("postgres://there/db"));
    }

    #[test]
    fn a_password_is_not_printed() {
        let settings = Cli::parse_from(["aside", "--database-url", "postgres://me:geheim@there/db"]).settings;
        assert!(!format!("{settings:?}").contains("geheim"));
    }
}
