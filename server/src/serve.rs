//! [`Server`]: from the listener to the end.

use std::future::IntoFuture;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use aside_engine::{Config, Engine, EngineError};
use aside_lessons::{Book, Problem};
use aside_stores::{Stores, StoresError};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use crate::assets::{Site, SiteError};
use crate::routes::routes;
use crate::settings::Settings;

/// How long requests that are being answered may go on once Aside is stopping. With the stores' own end it stays below
/// the ten seconds that a service manager commonly waits.
const DRAIN: Duration = Duration::from_secs(3);

/// How often idle sandboxes are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// How long a sandbox may be idle before it is swept.
const IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// Why Aside did not start: a sentence for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody listens there already.
    #[error("{address} is in use: stop the program that listens there, or choose another address with --listen")]
    InUse {
        /// The address.
        address: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address} ({reason}): choose another address with --listen")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        reason: io::Error,
    },
    /// There is no bundle.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// There is something wrong with the lessons; a test sees to it that there is not.
    #[error("the lessons cannot be read: {}", sentences(.0))]
    Lessons(Vec<Problem>),
    /// A store did not come up, or could not be reached.
    #[error(transparent)]
    Stores(#[from] StoresError),
    /// The stores are there, but the engine cannot use them.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A running Aside.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stopping: watch::Sender<bool>,
    answering: JoinHandle<io::Result<()>>,
    sweeping: JoinHandle<()>,
    stores: Stores,
}

impl Server {
    /// Starts it; it answers when this returns. `tell` is given what a waiting person wants to know.
    ///
    /// # Errors
    ///
    /// Any [`StartError`]; then nothing is left running.
    pub async fn start(settings: &Settings, tell: impl Fn(&str)) -> Result<Self, StartError> {
        // First, so that a busy port fails at once.
        let listener = listen(&settings.listen).await?;
        let address = listener.local_addr().map_err(|reason| refused(&settings.listen, reason))?;
        let site = Site::open(&settings.site)?;
        let book = Book::open().map_err(StartError::Lessons)?;

        let wanted = settings.stores();
        tell(&announcement(&wanted));
        let stores = Stores::start(&wanted).await?;
        let mut config = Config::new(stores.redis_url(), stores.database_url());
        config.least_redis_patience = Duration::from_millis(settings.least_redis_patience_ms);
        config.share = settings.share();
        let engine = match Engine::connect(config).await {
            Ok(engine) => engine,
            Err(error) => {
                stores.stop().await;
                return Err(error.into());
            }
        };

        let (stopping, stop) = watch::channel(false);
        let routes = routes(&engine, book, &site, stop.clone(), settings.secure_cookies);
        // Events are small and must not wait for each other.
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let answering =
            tokio::spawn(axum::serve(listener, routes).with_graceful_shutdown(told(stop.clone())).into_future());
        let sweeping = tokio::spawn(sweep(engine, stop));
        Ok(Self { address, stopping, answering, sweeping, stores })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to type into a browser on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        if self.address.ip().is_unspecified() {
            format!("http://localhost:{}", self.address.port())
        } else {
            format!("http://{}", self.address)
        }
    }

    /// The stores behind it.
    #[must_use]
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Ends it: no new request is taken, streams are closed, requests are answered, then the stores are stopped.
    pub async fn stop(self) {
        let _ = self.stopping.send(true);
        self.sweeping.abort();
        if timeout(DRAIN, self.answering).await.is_err() {
            tracing::warn!("some requests were cut off");
        }
        self.stores.stop().await;
    }
}

fn sentences(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

async fn listen(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|reason| refused(address, reason))
}

fn refused(address: &str, reason: io::Error) -> StartError {
    let address = address.to_owned();
    if reason.kind() == io::ErrorKind::AddrInUse {
        StartError::InUse { address }
    } else {
        StartError::Listen { address, reason }
    }
}

fn announcement(stores: &aside_stores::Settings) -> String {
    let below = stores.data_dir.display();
    match (&stores.redis_url, &stores.database_url) {
        (None, None) => format!("Starting Redis and Postgres in {below} …"),
        (Some(_), None) => format!("Starting Postgres in {below}, connecting to Redis …"),
        (None, Some(_)) => format!("Starting Redis in {below}, connecting to Postgres …"),
        (Some(_), Some(_)) => "Connecting to Redis and Postgres …".to_owned(),
    }
}

async fn told(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn sweep(engine: Engine, stop: watch::Receiver<bool>) {
    let mut hourly = interval(SWEEP_EVERY);
    let sweeping = async {
        loop {
            hourly.tick().await;
            if let Err(error) = engine.sweep(SystemTime::now(), IDLE).await {
                tracing::warn!(%error, "idle sandboxes were not swept");
            }
        }
    };
    tokio::select! {
        () = sweeping => {}
        () = told(stop) => {}
    }
}
