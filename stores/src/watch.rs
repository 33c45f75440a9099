//! Bringing a store up, and keeping it up: one that dies is started again, after a pause that grows while it keeps dying.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::child::{Recipe, Running};
use crate::error::StoresError;
use crate::recover::Lock;

/// Between two looks at a store that is coming up.
const POLL: Duration = Duration::from_millis(5);
/// For Postgres to replay its log after a crash, on a slow disk.
const COMING_UP: Duration = Duration::from_secs(60);
/// A store that dies this often while it comes up will not come up.
const ATTEMPTS: u32 = 4;
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// A store that has lived this long is well again: the next pause is short.
const SETTLED: Duration = Duration::from_secs(10);

/// What a private store is, beyond its recipe.
pub(crate) trait Service: Send + Sync + 'static {
    /// How to start and end it.
    fn recipe(&self) -> &Recipe;
    /// Removes what a dead one left that would keep the next from starting. Never called while it runs.
    fn tidy(&self);
    /// Whether it answers, over its own protocol; the reason if not. Bounded.
    fn answers(&self) -> impl Future<Output = Result<(), String>> + Send;
}

/// A store that is kept running by a task of its own.
#[derive(Debug)]
pub(crate) struct Watched {
    pid: watch::Receiver<Option<u32>>,
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Watched {
    /// Starts the store, waits until it answers, and watches it from then on. The lock is held until it has ended.
    pub(crate) async fn start(service: impl Service, lock: Arc<Lock>) -> Result<Self, StoresError> {
        let running = come_up(&service).await?;
        let (pid_sender, pid) = watch::channel(running.pid());
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            keep(&service, running, &pid_sender, stopped).await;
            pid_sender.send_replace(None);
            service.tidy();
            drop(lock);
        });
        Ok(Self { pid, stop, task: Mutex::new(Some(task)) })
    }

    /// The process id; `None` while it is down.
    pub(crate) fn pid(&self) -> Option<u32> {
        *self.pid.borrow()
    }

    /// Ends the store; returns when it has ended.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the task that watches a store failed");
        }
    }
}

/// Starts the store and waits until it answers.
async fn come_up(service: &impl Service) -> Result<Running, StoresError> {
    let recipe = service.recipe();
    let begun = Instant::now();
    let mut pause = PAUSE_MIN;
    for _ in 0..ATTEMPTS {
        service.tidy();
        let mut running = recipe.launch().await?;
        loop {
            let Err(reason) = service.answers().await else {
                tracing::info!(store = recipe.store, pid = running.pid(), took = ?begun.elapsed(), "is up");
                return Ok(running);
            };
            if matches!(running.store.try_wait(), Ok(Some(_))) {
                break;
            }
            if begun.elapsed() > COMING_UP {
                tracing::error!(store = recipe.store, reason, "does not answer");
                running.end(recipe).await;
                return Err(recipe.did_not_come_up());
            }
            sleep(POLL).await;
        }
        running.dismiss_guardian().await;
        // The last backends of a killed Postgres may take a moment to notice, and it will not start beside them.
        sleep(pause).await;
        pause *= 2;
    }
    Err(recipe.did_not_come_up())
}

/// Starts the store again each time it dies, until it is told to stop, or nobody is left to tell it so.
async fn keep(
    service: &impl Service,
    mut running: Running,
    pid: &watch::Sender<Option<u32>>,
    mut stopped: watch::Receiver<bool>,
) {
    let recipe = service.recipe();
    let mut pause = PAUSE_MIN;
    loop {
        let status = tokio::select! {
            () = told(&mut stopped) => return running.end(recipe).await,
            status = running.ended(recipe) => status,
        };
        pid.send_replace(None);
        if running.born.elapsed() > SETTLED {
            pause = PAUSE_MIN;
        }
        match status {
            Ok(status) => tracing::warn!(store = recipe.store, %status, "died, and will be started again"),
            Err(error) => tracing::warn!(store = recipe.store, %error, "cannot be watched, and will be started again"),
        }
        running.dismiss_guardian().await;
        running = loop {
            tokio::select! {
                () = told(&mut stopped) => return,
                () = sleep(pause) => {}
            }
            pause = (pause * 2).min(PAUSE_MAX);
            service.tidy();
            match recipe.launch().await {
                Ok(running) => break running,
                Err(error) => tracing::error!(store = recipe.store, %error, "could not be started again"),
            }
        };
        pid.send_replace(running.pid());
        tracing::info!(store = recipe.store, pid = running.pid(), "was started again");
    }
}

async fn told(stopped: &mut watch::Receiver<bool>) {
    // An error means that the `Watched` was dropped, which asks for the same.
    let _ = stopped.wait_for(|stop| *stop).await;
}
