//! The live service: a drawing that answers requests from outside.
//!
//! Whoever knows a sandbox's live address may ask its servers; the address says nothing about the sandbox, and can be replaced
//! by a fresh one. Requests go the same way as those of a run, through a flow of their own.

use crate::Engine;
use crate::config::Share;
use crate::connections::patiently;
use crate::error::EngineError;
use crate::flow::Flow;
use crate::ids::LiveAddress;
use crate::rate::Rate;
use crate::room::{Place, Room};
use crate::run::Sent;
use crate::sandbox::{Sandbox, Shared};
use crate::{hop, postgres_data, storage};
use aside_domain::graph::Resource;
use aside_domain::plan::ServerPlan;
use aside_domain::{Command, Method, NodeId, Outcome, Request, Source, limits};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How often the saved scenario of a service in use is looked at again: another process may have saved one.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A sandbox's live service.
pub(crate) struct Live {
    rate: Rate,
    in_flight: Option<Arc<Semaphore>>,
    share: Share,
    room: Room,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Where requests go through, once there was one, and what ends it.
    flow: Option<(Flow, watch::Sender<bool>)>,
    /// The servers that were asked, as they are in that version of the scenario.
    servers: HashMap<NodeId, (u64, Arc<Asked>)>,
    /// Where the service is found, as far as is known here.
    address: Option<LiveAddress>,
    /// When scenario and address were looked at last.
    looked: Option<Instant>,
}

/// A server that is asked.
struct Asked {
    plan: ServerPlan,
    /// The stores' names as tokens.
    names: HashMap<NodeId, String>,
}

/// A server of a sandbox that answers requests from outside.
#[derive(Clone)]
pub struct Service {
    sandbox: Sandbox,
    asked: Arc<Asked>,
}

/// A request that was let in: it takes its place until this is dropped.
#[derive(Debug)]
pub struct Entered {
    _place: Option<OwnedSemaphorePermit>,
}

/// There is no room for one more request now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Busy {
    /// When to try again, in seconds.
    pub retry_after_s: u32,
    /// A sentence.
    pub reason: String,
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// HTTP's status code.
    pub status: u16,
    /// What came of it.
    pub outcome: Outcome,
    /// The value, or the reason why there is none.
    pub text: String,
    /// The stores that were asked, in order.
    pub steps: Vec<Step>,
    /// Microseconds, with everything that was injected and held.
    pub took_us: u64,
}

/// A store that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub node: NodeId,
    /// Its name as a token of a header: `redis-1`.
    pub name: String,
    /// What for; this tells what kind of store it is, too.
    pub command: Command,
    /// What came of it.
    pub outcome: Outcome,
    /// Microseconds, around the store's call alone.
    pub took_us: u64,
    /// Microseconds of injected delay.
    pub injected_us: u64,
    /// For how many seconds a cache keeps the key from now on: what a hit has left, or what a fill was given.
    pub ttl_s: Option<u64>,
    /// How old a hit is, in seconds: known where its server gives every fill the same time to live.
    pub age_s: Option<u64>,
}

impl Live {
    pub(crate) fn new(share: Share) -> Self {
        let rate = Rate::new(share.rate_per_s);
        let in_flight = (share.in_flight > 0).then(|| Arc::new(Semaphore::new(share.in_flight as usize)));
        Self { rate, in_flight, share, room: Room::default(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what goes on: the sandbox is forgotten.
    pub(crate) fn close(&self) {
        if let Some((_, stop)) = self.state().flow.take() {
            stop.send_replace(true);
        }
    }
}

impl Engine {
    /// The server of that id at a live address.
    ///
    /// # Errors
    /// [`EngineError::NoSuchSandbox`] if nobody has that address; [`EngineError::NoSuchServer`] if the drawing has no such
    /// server, or it is private.
    pub async fn service(&self, address: &str, server: &str) -> Result<Service, EngineError> {
        let address: LiveAddress = address.parse().map_err(|_| EngineError::NoSuchSandbox)?;
        let known = self.addresses().get(&address).cloned();
        let sandbox = match known.filter(|sandbox| sandbox.0.live.state().address.as_ref() == Some(&address)) {
            Some(sandbox) => sandbox,
            None => {
                let found = storage::at_address(&self.stores().postgres, &address).await?;
                let (id, session, saved) = found.ok_or(EngineError::NoSuchSandbox)?;
                let sandbox = self.remember(id, &session, saved);
                sandbox.0.live.state().address = Some(address.clone());
                let mut addresses = self.addresses();
                addresses.retain(|_, of| of.id() != sandbox.id());
                addresses.insert(address, sandbox.clone());
                sandbox
            }
        };
        sandbox.look_again();
        let asked = NodeId::new(server).ok().and_then(|server| sandbox.asked(&server));
        let asked = asked.ok_or(EngineError::NoSuchServer)?;
        sandbox.prepare([&asked.plan]).await?;
        Ok(Service { sandbox, asked })
    }
}

impl Sandbox {
    /// The address of its live service.
    ///
    /// # Errors
    /// If the sandbox was swept, or Postgres does not answer.
    pub async fn live_address(&self) -> Result<String, EngineError> {
        self.address(false).await
    }

    /// A new address of its live service; the old one leads nowhere any more.
    ///
    /// # Errors
    /// As [`Sandbox::live_address`].
    pub async fn new_live_address(&self) -> Result<String, EngineError> {
        self.address(true).await
    }

    async fn address(&self, fresh: bool) -> Result<String, EngineError> {
        let postgres = &self.0.stores.postgres;
        let known = if fresh { None } else { patiently(storage::live_address(postgres, self.id())).await? };
        let address = match known {
            Some(address) => address,
            None => patiently(storage::give_live_address(postgres, self.id(), fresh)).await?,
        };
        self.0.live.state().address = Some(address.clone());
        Ok(address.as_str().to_owned())
    }

    /// Looks at the saved scenario and the address now and then, beside the requests: another process may have changed them.
    fn look_again(&self) {
        let mut state = self.0.live.state();
        if state.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return;
        }
        state.looked = Some(Instant::now());
        let own = self.clone();
        tokio::spawn(async move {
            let looked = async {
                own.current().await?;
                own.address(false).await
            };
            if let Err(error) = looked.await {
                tracing::debug!(sandbox = %own.id(), %error, "could not be looked at");
            }
            own.touch().await;
        });
    }

    /// A server of the drawing as it was saved last; none if there is no such server, or it is private.
    fn asked(&self, server: &NodeId) -> Option<Arc<Asked>> {
        let saved = self.last();
        let mut state = self.0.live.state();
        let known = state.servers.get(server).filter(|(version, _)| *version == saved.version);
        let asked = match known {
            Some((_, asked)) => Arc::clone(asked),
            None => {
                let graph = &saved.scenario.graph;
                let plan = ServerPlan::of(graph, server)?;
                let names = graph.nodes.iter().filter(|node| node.kind().is_store());
                let names = names.map(|node| (node.id.clone(), token(node.name.as_str()))).collect();
                let asked = Arc::new(Asked { plan, names });
                state.servers.retain(|_, (version, _)| *version == saved.version);
                state.servers.insert(server.clone(), (saved.version, Arc::clone(&asked)));
                asked
            }
        };
        (!asked.plan.settings.is_private).then_some(asked)
    }

    /// The flow of requests from outside.
    fn outside(&self) -> Flow {
        let mut state = self.0.live.state();
        let (flow, _) = state.flow.get_or_insert_with(|| {
            let (stop, stopping) = watch::channel(false);
            (Flow::new(self.clone(), NodeId::outside(), Source::Outside, stopping), stop)
        });
        flow.clone()
    }
}

impl Service {
    /// What the drawing calls its keys.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.asked.plan.settings.resource
    }

    /// Lets a request in, if the sandbox has not had its share.
    ///
    /// # Errors
    /// [`Busy`] if it has.
    pub fn enter(&self) -> Result<Entered, Busy> {
        let Live { rate, in_flight, share, .. } = &self.sandbox.0.live;
        let place = in_flight.as_ref().map(|places| Arc::clone(places).try_acquire_owned()).transpose();
        let place = place.map_err(|_| Busy {
            retry_after_s: 1,
            reason: format!(
                "{} requests are being answered already, as many as one sandbox may have at once.",
                share.in_flight
            ),
        })?;
        if let Err(wait) = rate.take() {
            let reason = format!("One sandbox may be asked {} times a second.", share.rate_per_s);
            return Err(Busy { retry_after_s: (wait.as_secs_f64().ceil() as u32).max(1), reason });
        }
        Ok(Entered { _place: place })
    }

    /// Does with a request what the drawing says.
    pub async fn ask(&self, _entered: &Entered, request: Request) -> Served {
        let began = Instant::now();
        let Asked { plan, names } = &*self.asked;
        let refused = |status, reason: &str| Served {
            status,
            outcome: Outcome::Refused,
            text: reason.to_owned(),
            steps: Vec::new(),
            took_us: began.elapsed().as_micros() as u64,
        };
        // Over a data set, what is updated becomes a row of the database's own, and what is deleted leaves a tombstone.
        let over_set = plan.data_set.is_some() && request.method != Method::Get;
        let mut place = None;
        if (request.method == Method::Put || over_set)
            && let Some(database) = &plan.database
        {
            let Shared { id, stores, live, .. } = &*self.sandbox.0;
            place = live.room.place(database, self.sandbox.rows_in(&[database])).await;
            let is_there = || postgres_data::has_row(&stores.postgres, id, database, &request.key);
            if place.is_none() && !is_there().await.unwrap_or(false) {
                let reason =
                    format!("This database has {} rows of its own, and takes no more.", limits::ROWS_PER_DATABASE);
                return refused(507, &reason);
            }
        }
        // On the heap: without optimisation it is more than the stack of a thread takes along.
        let sent = Box::pin(self.sandbox.outside().send(plan, &request, true)).await;
        let Some(Sent { status, outcome, text, steps, .. }) = sent else {
            return refused(503, "The requests under way were stopped in the sandbox.");
        };
        if status == 201 || (status == 200 && over_set) {
            place.into_iter().for_each(Place::take);
        }
        let fixed_ttl_s = plan.settings.jitter_percent.is_none().then_some(u64::from(plan.settings.ttl_s));
        let steps = steps.into_iter().map(|step| {
            let name = names.get(&step.node).cloned().unwrap_or_else(|| token(step.node.as_str()));
            // What is not of this server's time to live was written by somebody else, or before it was changed.
            let age = fixed_ttl_s.zip(step.ttl_s).and_then(|(whole, left)| whole.checked_sub(left));
            let age_s = age.filter(|_| step.command == Command::Get && step.outcome == Outcome::Hit);
            let hop::Step { node, command, outcome, took_us, injected_us, ttl_s, .. } = step;
            Step { node, name, command, outcome, took_us, injected_us, ttl_s, age_s }
        });
        Served { status, outcome, text, steps: steps.collect(), took_us: began.elapsed().as_micros() as u64 }
    }
}

/// A name as a token: lower-case letters, digits and hyphens, and a letter first.
fn token(name: &str) -> String {
    let mut token = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => token.push(c),
            _ if !token.is_empty() && !token.ends_with('-') => token.push('-'),
            _ => {}
        }
    }
    let token = token.trim_end_matches('-');
    if token.starts_with(|c: char| c.is_ascii_alphabetic()) {
        token.to_owned()
    } else {
        format!("node-{token}").trim_end_matches('-').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn names_become_tokens() {
        let names =
            [("Redis 1", "redis-1"), ("Cache (eu)", "cache-eu"), ("7", "node-7"), ("日本", "node"), ("  A  b ", "a-b")];
        for (name, expected) in names {
            assert_eq!(token(name), expected);
        }
    }
}
