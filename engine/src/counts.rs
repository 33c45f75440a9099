//! How often each command of runs was sent to the stores: as the receipts say, and as the stores count it themselves.
//!
//! Both count from one moment on, the baseline: the start of this Aside, or the moment at which it was seen that a store
//! counts anew, because it was started again or its counts were reset.
//!
//! A call that is made again on a new connection (see `connections.rs`) has one receipt, and it can happen that the store saw
//! it twice. A store that others use, too, counts theirs as well.

use crate::Engine;
use crate::connections::{Connections, Redis};
use crate::error::EngineError;
use crate::postgres_node;
use aside_domain::{Command, Counted, Outcome, Receipt, StoreNow};
use sqlx::postgres::PgPool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// How long an answer is told again before the stores are asked once more.
const FRESH: Duration = Duration::from_secs(1);
/// How long a store may take to tell its counts.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a store is asked again because calls were under way meanwhile, and the time between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(2);

/// Calls of three kinds of commands.
type Calls = [u64; 3];

/// What was sent to both stores, by the receipts of all sandboxes.
pub(crate) struct Sent {
    pub(crate) redis: Tally,
    pub(crate) postgres: Tally,
}

impl Default for Sent {
    fn default() -> Self {
        Self { redis: Tally::of(["GET", "SET", "DEL"]), postgres: Tally::of(["SELECT", "INSERT", "DELETE"]) }
    }
}

/// What was sent to a store.
pub(crate) struct Tally {
    /// The first words of the commands.
    commands: [&'static str; 3],
    now: Mutex<Moment>,
}

/// How far the calls of a store have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Moment {
    begun: u64,
    ended: u64,
    /// Those whose receipts say what was sent.
    sent: Calls,
}

impl Tally {
    fn of(commands: [&'static str; 3]) -> Self {
        Self { commands, now: Mutex::default() }
    }

    /// Makes a call, and counts it if its receipt says that it was sent. (A fill that a lease refused is no SET: Redis was asked,
    /// and did not do it.)
    pub(crate) async fn count<T>(&self, command: Command, call: impl Future<Output = (T, Receipt)>) -> (T, Receipt) {
        /// It ends even if nobody waits for its end.
        struct UnderWay<'a>(&'a Tally);
        impl Drop for UnderWay<'_> {
            fn drop(&mut self) {
                self.0.now().ended += 1;
            }
        }
        self.now().begun += 1;
        let _under_way = UnderWay(self);
        let (reply, receipt) = call.await;
        let is_counted = receipt.sent.is_some() && receipt.outcome != Outcome::NotStored;
        let place = self.commands.iter().position(|name| Command::of_shown(name) == command);
        if let Some(place) = place.filter(|_| is_counted) {
            self.now().sent[place] += 1;
        }
        (reply, receipt)
    }

    fn now(&self) -> MutexGuard<'_, Moment> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a store says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    name: String,
    version: String,
    /// Another one each time that it is started.
    start: String,
    /// Its own counts since then; none if it keeps none.
    calls: Option<Calls>,
}

/// A look at a store, and at the receipts beside it.
#[derive(Debug, Clone)]
struct Look {
    /// None if it did not answer.
    seen: Option<Seen>,
    sent: Calls,
    /// Whether no call was under way: otherwise one may be counted on one side only.
    at_rest: bool,
    at: Instant,
}

/// Where both began to count.
#[derive(Debug)]
struct Baseline {
    start: String,
    calls: Option<Calls>,
    sent: Calls,
    at_rest: bool,
    at: Instant,
}

/// A store, as it was seen so far.
struct Watched {
    commands: [&'static str; 3],
    name: String,
    baseline: Baseline,
    /// Its counts when they were told last.
    last: Option<Calls>,
}

/// Both stores, and what was told of them last. Locked while they are asked: so only one asks.
pub(crate) struct Watch(tokio::sync::Mutex<Both>);

struct Both {
    redis: Watched,
    postgres: Watched,
    told: Option<(Instant, Vec<StoreNow>)>,
}

impl Default for Watch {
    fn default() -> Self {
        let Sent { redis, postgres } = Sent::default();
        let redis = Watched::new(redis.commands, "Redis");
        let postgres = Watched::new(postgres.commands, "PostgreSQL");
        Self(tokio::sync::Mutex::new(Both { redis, postgres, told: None }))
    }
}

impl Engine {
    /// Redis and Postgres as they report themselves, and how often each command of runs was sent to them, by the receipts
    /// and by their own count. May be asked by many, and often: an answer holds for a second.
    pub async fn stores_now(&self) -> Vec<StoreNow> {
        let mut both = self.0.watch.0.lock().await;
        if let Some((at, told)) = &both.told
            && at.elapsed() < FRESH
        {
            return told.clone();
        }
        let Connections { redis, postgres, sent, .. } = self.stores();
        let (redis, postgres) =
            tokio::join!(look(&sent.redis, || ask_redis(redis)), look(&sent.postgres, || ask_postgres(postgres)));
        let told = vec![both.redis.tell(redis), both.postgres.tell(postgres)];
        both.told = Some((Instant::now(), told.clone()));
        told
    }

    /// Has the database count statements, where it can and may, and looks where both stores' counts begin.
    pub(crate) async fn begin_counting(&self) {
        let create = sqlx::query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").execute(&self.stores().postgres);
        match timeout(PATIENCE, create).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "this Postgres does not count statements"),
            Err(_) => tracing::debug!("this Postgres does not count statements: no answer in time"),
        }
        self.stores_now().await;
    }
}

/// Looks at a store between two calls, if there is such a moment; under load without a gap the last answer has to do.
async fn look<F>(tally: &Tally, ask: impl Fn() -> F) -> Look
where
    F: Future<Output = Option<Seen>>,
{
    let looking = async {
        let mut tries = 0;
        loop {
            let before = *tally.now();
            let seen = Some(ask().await?);
            let after = *tally.now();
            let at_rest = before == after && after.begun == after.ended;
            tries += 1;
            if at_rest || tries == TRIES {
                return Some(Look { seen, sent: after.sent, at_rest, at: Instant::now() });
            }
            sleep(PAUSE).await;
        }
    };
    let answer = timeout(PATIENCE, looking).await.ok().flatten();
    answer.unwrap_or_else(|| Look { seen: None, sent: tally.now().sent, at_rest: false, at: Instant::now() })
}

impl Watched {
    fn new(commands: [&'static str; 3], name: &str) -> Self {
        let baseline =
            Baseline { start: String::new(), calls: None, sent: Calls::default(), at_rest: false, at: Instant::now() };
        Self { commands, name: name.to_owned(), baseline, last: None }
    }

    /// Takes a look in, and tells what it shows.
    fn tell(&mut self, look: Look) -> StoreNow {
        if let Some(seen) = &look.seen {
            if self.counts_anew(seen, look.at_rest) {
                let (start, calls) = (seen.start.clone(), seen.calls);
                self.baseline = Baseline { start, calls, sent: look.sent, at_rest: look.at_rest, at: look.at };
            }
            self.name.clone_from(&seen.name);
            self.last = seen.calls.or(self.last);
        }
        let calls = look.seen.as_ref().and_then(|seen| seen.calls);
        let counted = |place: usize| Counted {
            command: self.commands[place].to_owned(),
            receipts: look.sent[place].saturating_sub(self.baseline.sent[place]),
            store: calls.zip(self.baseline.calls).map(|(now, first)| now[place].saturating_sub(first[place])),
        };
        StoreNow {
            name: self.name.clone(),
            version: look.seen.as_ref().map(|seen| seen.version.clone()),
            since_s: look.at.saturating_duration_since(self.baseline.at).as_secs(),
            counts: (0..self.commands.len()).map(counted).collect(),
        }
    }

    /// Whether its counts have nothing to do with those of the baseline; or that one was taken while calls were under way,
    /// and now there is a better one.
    fn counts_anew(&self, seen: &Seen, at_rest: bool) -> bool {
        let fell = |(now, last): (Calls, Calls)| now.iter().zip(last).any(|(&now, last)| now < last);
        self.baseline.start != seen.start
            || (self.baseline.calls.is_none() && seen.calls.is_some())
            || seen.calls.zip(self.last).is_some_and(fell)
            || (at_rest && !self.baseline.at_rest)
    }
}

async fn ask_redis(redis: &Redis) -> Option<Seen> {
    let mut info = redis::pipe();
    info.cmd("INFO").arg("server").cmd("INFO").arg("commandstats");
    let (server, stats) = redis.ask_all::<(String, String)>(&info).await.ok()?;
    Some(read_info(&server, &stats))
}

/// From two sections of INFO. Valkey gives `redis_version:7.2.4` for the sake of old clients, and its own name and version in
/// fields of their own.
fn read_info(server: &str, stats: &str) -> Seen {
    let field = |name: &str| server.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let is_valkey = field("server_name").is_some_and(|name| name.eq_ignore_ascii_case("valkey"));
    let (name, version) = if is_valkey { ("Valkey", field("valkey_version")) } else { ("Redis", None) };
    let calls = ["get", "set", "del"].map(|command| {
        // `cmdstat_get:calls=3,usec=…,rejected_calls=1,…`; what it refused was sent to it, too.
        let line =
            stats.lines().find_map(|line| line.strip_prefix("cmdstat_")?.strip_prefix(command)?.strip_prefix(':'));
        let fields = line.unwrap_or_default().trim().split(',').filter_map(|field| field.split_once('='));
        let calls = fields.filter(|(name, _)| matches!(*name, "calls" | "rejected_calls"));
        calls.filter_map(|(_, calls)| calls.parse::<u64>().ok()).sum()
    });
    Seen {
        name: name.to_owned(),
        version: version.or_else(|| field("redis_version")).unwrap_or_default().to_owned(),
        start: field("run_id").unwrap_or_default().to_owned(),
        calls: Some(calls),
    }
}

async fn ask_postgres(pool: &PgPool) -> Option<Seen> {
    // "15.18 (Debian 15.18-0+deb12u1)"; and whether it counts, so that one that does not is not asked in vain each time.
    let sql = "SELECT split_part(current_setting('server_version'), ' ', 1), pg_postmaster_start_time()::text, \
               to_regclass('pg_stat_statements') IS NOT NULL \
               AND coalesce(current_setting('pg_stat_statements.track', true), 'none') <> 'none'";
    let (version, start, counts) = sqlx::query_as::<_, (String, String, bool)>(sql).fetch_one(pool).await.ok()?;
    let calls = if counts { count_statements(pool).await.ok() } else { None };
    Some(Seen { name: "PostgreSQL".to_owned(), version, start, calls })
}

async fn count_statements(pool: &PgPool) -> Result<Calls, EngineError> {
    let counted = postgres_node::as_counted();
    let (mut begins, mut places) = (Vec::new(), Vec::new());
    for (place, begin) in (0_i32..).zip(&counted).flat_map(|(place, all)| all.iter().map(move |begin| (place, begin))) {
        begins.push(begin.as_str());
        places.push(place);
    }
    let sql = "SELECT place, sum(calls)::bigint FROM pg_stat_statements \
               JOIN unnest($1::text[], $2::integer[]) AS counted (begins, place) ON starts_with(query, begins) \
               WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY place";
    let query = sqlx::query_as::<_, (i32, i64)>(sql).bind(begins).bind(places);
    let mut calls = Calls::default();
    for (place, counted) in query.fetch_all(pool).await? {
        calls[place as usize] = u64::try_from(counted).unwrap_or(0);
    }
    Ok(calls)
}

#[cfg(test)]
mod tests;
