//! One visitor's live, isolated instance of a scenario.

use crate::breakers::Breakers;
use crate::cache_aside::Answer;
use crate::conditions::{Conditions, Road};
use crate::connections::{Connections, begin, patiently};
use crate::error::EngineError;
use crate::feed::{Cursor, Feed};
use crate::fetches::Fetches;
use crate::flights::Flights;
use crate::holds::Holds;
use crate::ids::{SandboxId, SessionId};
use crate::journey::Journey;
use crate::live::Live;
use crate::observer::Observer;
use crate::recorder::{NoRecording, Recorder};
use crate::run::{self, Which};
use crate::traffic::Traffics;
use crate::{postgres_data, room, storage};
use aside_domain::{
    Fact, Key, Kind, Method, Node, NodeId, Plan, Recording, Released, Saved, Scenario, Source, TextError, limits,
    validate,
};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::MutexGuard;

/// How often a sandbox in use is marked as such.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// A sandbox; cheap to clone.
#[derive(Clone)]
pub struct Sandbox(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) id: SandboxId,
    pub(crate) session: SessionId,
    pub(crate) stores: Connections,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) breakers: Breakers,
    pub(crate) flights: Flights<(Answer, (u64, u64))>,
    pub(crate) observer: Observer,
    /// The packets that are held.
    pub(crate) holds: Holds,
    /// How long servers usually take to fetch.
    pub(crate) fetches: Fetches,
    /// The live service.
    pub(crate) live: Live,
    /// The traffic, the latest last.
    pub(crate) traffic: Traffics,
    /// Held while data or scenario are changed, and while a run starts: so changes and their events have one order, and
    /// limits hold. A run that is going never waits for it.
    changing: tokio::sync::Mutex<()>,
    /// The scenario as it was last seen, for when Postgres is down: hits are answered even then.
    last: Mutex<Arc<Saved>>,
    /// The conditions of its links.
    conditions: Mutex<Conditions>,
    touched: Mutex<Option<Instant>>,
}

impl Shared {
    /// Whether a link may hold a packet about that key, as it is now.
    pub(crate) fn may_hold(&self, key: &Key) -> bool {
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner).may_hold(key)
    }

    /// The way from one node to another, as it is now.
    pub(crate) fn road(&self, from: &NodeId, to: &NodeId) -> Road {
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner).road(from, to)
    }
}

impl Sandbox {
    pub(crate) fn new(id: SandboxId, session: SessionId, stores: Connections, saved: Saved) -> Self {
        let recorder = Arc::new(Recorder::new());
        Self(Arc::new(Shared {
            id,
            session,
            live: Live::new(stores.share),
            stores,
            breakers: Breakers::new(Arc::clone(&recorder)),
            flights: Flights::default(),
            observer: Observer::new(),
            holds: Holds::default(),
            fetches: Fetches::default(),
            traffic: Traffics::default(),
            conditions: Mutex::new(Conditions::of(&saved.scenario.graph)),
            recorder,
            changing: tokio::sync::Mutex::default(),
            last: Mutex::new(Arc::new(saved)),
            touched: Mutex::default(),
        }))
    }

    /// Its identity.
    #[must_use]
    pub fn id(&self) -> &SandboxId {
        &self.0.id
    }

    /// The scenario that was saved last; while Postgres is down, as this process saw it last.
    ///
    /// # Errors
    /// If the sandbox was swept.
    pub async fn saved(&self) -> Result<Saved, EngineError> {
        self.current().await.map(Arc::unwrap_or_clone)
    }

    /// Saves a scenario, if `base_version` is still the current one, and gives its version. `by` is what the browser tab
    /// that saves calls itself.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] if another was saved meanwhile; [`EngineError::Scenario`] if it breaks a rule.
    pub async fn save(&self, scenario: Scenario, base_version: u64, by: &str) -> Result<u64, EngineError> {
        check(&scenario, by)?;
        let (own, by) = (self.clone(), by.to_owned());
        to_its_end(async move {
            let _changing = own.changing().await;
            let before = own.current().await?;
            let version = patiently(async {
                let mut connection = own.0.stores.postgres.acquire().await?;
                storage::save(&mut connection, own.id(), &scenario, base_version).await
            })
            .await?;
            let (off, on) = switched(&before.scenario, &scenario);
            own.forget(&on).await; // before anybody can ask it
            own.was_saved(scenario, version, by);
            own.forget(&off).await; // when nobody can fill it any more
            for node in off.into_iter().chain(on) {
                own.0.recorder.record(Fact::DataChanged { node });
            }
            Ok(version)
        })
        .await
    }

    /// Saves a scenario and begins with it afresh: all data of this sandbox is deleted, also that of nodes no longer drawn,
    /// and the stores get what the scenario starts them with. A run that is going is stopped. All or nothing: if a store
    /// does not answer, nothing is saved.
    ///
    /// # Errors
    /// As [`Sandbox::save`], or a store that does not answer.
    pub async fn reset(&self, scenario: Scenario, base_version: u64, by: &str) -> Result<u64, EngineError> {
        check(&scenario, by)?;
        let (own, by) = (self.clone(), by.to_owned());
        to_its_end(async move { own.begin_afresh(scenario, base_version, by).await }).await
    }

    /// Empties caches that are switched off or on: what stood in their memory is gone.
    async fn forget(&self, caches: &[NodeId]) {
        for node in caches {
            if let Err(error) = self.0.stores.redis.flush(self.id(), node).await {
                tracing::warn!(sandbox = %self.id(), %node, %error, "a cache that was switched could not be emptied");
            }
        }
    }

    async fn begin_afresh(&self, scenario: Scenario, base_version: u64, by: String) -> Result<u64, EngineError> {
        let Connections { redis, postgres, .. } = &self.0.stores;
        let _changing = self.changing().await;
        let mut transaction = patiently(begin(postgres)).await?;
        let version = patiently(storage::save(&mut transaction, self.id(), &scenario, base_version)).await?;
        self.stop();
        self.traffic_at_rest().await;
        self.0.recorder.at_rest().await;
        patiently(postgres_data::clear(&mut transaction, self.id())).await?;
        patiently(postgres_data::seed(&mut transaction, self.id(), &scenario)).await?;
        redis.clear(self.id()).await?;
        redis.seed(self.id(), &scenario).await?;
        self.0.observer.clear();
        self.0.breakers.clear();
        patiently(async { Ok(transaction.commit().await?) }).await?;
        let stores: Vec<NodeId> = stores(&scenario).map(|(id, _)| id.clone()).collect();
        self.was_saved(scenario, version, by);
        for node in stores {
            self.0.recorder.record(Fact::DataChanged { node });
        }
        Ok(version)
    }

    fn was_saved(&self, scenario: Scenario, version: u64, by: String) {
        self.0.breakers.keep(&scenario.graph);
        self.remember(Saved { scenario, version });
        self.prepare_soon();
        self.0.recorder.record(Fact::ScenarioSaved { version, by: by.to_owned() });
    }

    /// Starts a run of the saved scenario in the background, and gives its number.
    ///
    /// # Errors
    /// [`EngineError::AlreadyRunning`]; [`EngineError::NothingToRun`] with the reason; [`EngineError::NoSuchNode`] or
    /// [`EngineError::WrongKind`] if a client is named that is none.
    pub async fn run(&self, which: Which) -> Result<u32, EngineError> {
        let _changing = self.changing().await;
        // A run that hangs on a held packet waits for a person, who may want to send something else meanwhile.
        let going = self.0.recorder.going();
        if going.len() >= limits::RUNS_KEPT || going.into_iter().any(|run| self.0.holds.count(Some(run)) == 0) {
            return Err(EngineError::AlreadyRunning);
        }
        let saved = self.current().await?;
        let (plan, issues) = validate(&saved.scenario.graph);
        for client in which.clients() {
            expect(&saved, client, Kind::Client)?;
        }
        let plan = which.of(plan);
        if plan.clients.is_empty() {
            return Err(EngineError::NothingToRun(run::why_nothing(&which, &issues)));
        }
        self.check_room(&plan).await?;
        self.prepare(plan.clients.iter().flat_map(|client| &client.servers)).await?;
        self.touch().await;
        let run = self.0.recorder.start_run(run::clients(&plan), Source::Play, saved);
        let (run, stopping) = run.ok_or(EngineError::AlreadyRunning)?;
        let journey = Journey::new(Some(run), self.clone(), stopping);
        tokio::spawn(run::carry_out(Arc::new(journey), plan));
        Ok(run)
    }

    /// Checks that a run cannot bring more rows into a database of it than that may hold.
    async fn check_room(&self, plan: &Plan) -> Result<(), EngineError> {
        let requests = || plan.clients.iter().flat_map(|client| &client.requests);
        let servers = || plan.clients.iter().flat_map(|client| &client.servers);
        // Over a data set, what is deleted leaves a tombstone.
        let buries = servers().any(|server| server.data_set.is_some());
        let writes = |method| method == Method::Put || (method == Method::Delete && buries);
        let keys: HashSet<&Key> =
            requests().filter(|request| writes(request.method)).map(|request| &request.key).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let databases: Vec<&NodeId> = servers().filter_map(|server| server.database.as_ref()).collect();
        room::check(self.rows_in(&databases).await, keys.len() as u64)
    }

    /// How many rows of its own the fullest of these databases has. One that does not answer counts as empty: it takes no rows
    /// either.
    pub(crate) async fn rows_in(&self, databases: &[&NodeId]) -> u64 {
        let rows = postgres_data::taken(&self.0.stores.postgres, self.id()).await.unwrap_or_default();
        databases.iter().filter_map(|database| rows.get(database.as_str())).max().copied().unwrap_or(0)
    }

    /// Ends what is running: what is under way comes to its end, and nothing more starts. False if nothing was going.
    pub fn stop(&self) -> bool {
        let traffic = self.stop_traffic();
        self.0.recorder.stop() || traffic
    }

    /// Lets a held packet go, by its run and its hop in it, or all; tells how many there were.
    pub fn release(&self, packet: Option<(u32, u32)>) -> usize {
        self.0.holds.release(packet, Released::ByHand)
    }

    /// How many packets are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.holds.count(None)
    }

    /// A run as a file that can be replayed without stores.
    ///
    /// # Errors
    /// [`EngineError::NoSuchRun`] if it is not among those that the timeline keeps; [`EngineError::StillGoing`].
    pub fn recording(&self, run: u32) -> Result<Recording, EngineError> {
        self.0.recorder.recording(run).map_err(|reason| match reason {
            NoRecording::NoSuchRun => EngineError::NoSuchRun,
            NoRecording::Going => EngineError::StillGoing,
        })
    }

    /// The events after `from`, as they happen. Without a cursor, or with one that does not fit, the state comes first.
    pub fn subscribe(&self, from: Option<Cursor>) -> Feed {
        Arc::clone(&self.0.recorder).subscribe(from)
    }

    /// The saved scenario, or, while Postgres is down, the one that was seen last.
    pub(crate) async fn current(&self) -> Result<Arc<Saved>, EngineError> {
        match storage::load(&self.0.stores.postgres, self.id(), &self.0.session).await {
            Ok(saved) => Ok(self.remember(saved)),
            Err(EngineError::Postgres(reason)) => {
                tracing::warn!(sandbox = %self.id(), reason, "the scenario is taken from memory");
                Ok(self.last())
            }
            Err(error) => Err(error),
        }
    }

    /// The scenario as it was last seen.
    pub(crate) fn last(&self) -> Arc<Saved> {
        Arc::clone(&self.0.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn remember(&self, saved: Saved) -> Arc<Saved> {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        // What has the same version is the same.
        if saved.version > last.version {
            *self.0.conditions.lock().unwrap_or_else(PoisonError::into_inner) = Conditions::of(&saved.scenario.graph);
            *last = Arc::new(saved);
        }
        Arc::clone(&last)
    }

    pub(crate) async fn changing(&self) -> MutexGuard<'_, ()> {
        self.0.changing.lock().await
    }

    /// Marks the sandbox as in use, once a minute at most. That it cannot be marked now stops nobody.
    pub(crate) async fn touch(&self) {
        {
            let mut touched = self.0.touched.lock().unwrap_or_else(PoisonError::into_inner);
            if touched.is_some_and(|at| at.elapsed() < TOUCH_EVERY) {
                return;
            }
            *touched = Some(Instant::now());
        }
        if let Err(error) = storage::touch(&self.0.stores.postgres, self.id()).await {
            tracing::warn!(sandbox = %self.id(), %error, "could not be marked as in use");
        }
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Sandbox").field(self.id()).finish()
    }
}

/// Does something in a task of its own: who asked for it may go away meanwhile (a browser tab that is closed), and must not
/// leave behind a change without its event.
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
) -> Result<T, EngineError> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(EngineError::Setup("Aside is just being stopped.".to_owned())),
    }
}

/// The stores of a scenario, in the order of the drawing.
pub(crate) fn stores(scenario: &Scenario) -> impl Iterator<Item = (&NodeId, Kind)> {
    let nodes = scenario.graph.nodes.iter().filter(|node| node.kind().is_store());
    nodes.map(|node| (&node.id, node.kind()))
}

/// The caches that are switched off between two scenarios, and those that are switched on.
fn switched(before: &Scenario, after: &Scenario) -> (Vec<NodeId>, Vec<NodeId>) {
    let was_off = |id: &NodeId| before.graph.node(id).is_some_and(|node| node.settings.is_off());
    let caches = after.graph.nodes.iter().filter(|node| node.kind() == Kind::Redis);
    let switched = caches.filter(|node| node.settings.is_off() != was_off(&node.id));
    let (off, on): (Vec<_>, Vec<_>) = switched.partition(|node| node.settings.is_off());
    let ids = |nodes: Vec<&Node>| nodes.into_iter().map(|node| node.id.clone()).collect();
    (ids(off), ids(on))
}

/// Checks that the node is there, and of that kind.
pub(crate) fn expect<'a>(saved: &'a Saved, id: &NodeId, needs: Kind) -> Result<&'a Node, EngineError> {
    let node = saved.scenario.graph.node(id).ok_or_else(|| EngineError::NoSuchNode(id.clone()))?;
    if node.kind() == needs {
        return Ok(node);
    }
    Err(EngineError::WrongKind { node: id.clone(), is: node.kind(), needs })
}

fn check(scenario: &Scenario, by: &str) -> Result<(), EngineError> {
    scenario.check()?;
    if by.len() > limits::NAME_CHARS {
        return Err(EngineError::Text(TextError::TooLong {
            what: "tab's name",
            limit: limits::NAME_CHARS,
            unit: "bytes",
            length: by.len(),
        }));
    }
    Ok(())
}
