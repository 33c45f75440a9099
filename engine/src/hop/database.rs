//! A database, as its server sees it.

use super::{Ended, Exchange, Message, Server, may_have_arrived};
use crate::connections::Failure;
use crate::postgres_node::{Edit, Found, PostgresNode, Written};
use crate::quote;
use aside_domain::{Command, Key, NodeId, Receipt};
use std::time::{Duration, Instant};

/// A database, as its server sees it.
pub(crate) struct Database<'a> {
    pub(super) server: &'a Server<'a>,
    pub(super) node: &'a NodeId,
}

impl Database<'_> {
    /// The row of a key.
    pub(crate) async fn select(&self, key: &Key) -> Result<Result<Found, Failure>, Ended> {
        let shown = || quote::select(self.server.plan.data_set, key.as_str());
        let message = Message { command: Command::Select, key, shown: &shown };
        let began = Instant::now();
        let asked = self.ask(message, |patience| self.store(patience).select(key)).await?;
        if asked.reply.is_ok() {
            self.server.shared().fetches.took(&self.server.plan.server, began.elapsed());
        }
        Ok(asked.reply)
    }

    /// Writes or deletes the row of a key.
    pub(crate) async fn write(&self, key: &Key, edit: Edit<'_>) -> Result<Result<Written, Failure>, Ended> {
        let (command, value) = match edit {
            Edit::Put(value) => (Command::Update, Some(value.as_str())),
            Edit::Delete => (Command::Delete, None),
        };
        let shown = || match value {
            Some(value) => quote::put(self.server.plan.data_set, key.as_str(), value),
            None => quote::delete(self.server.plan.data_set, key.as_str()),
        };
        let shared = self.server.shared();
        let writing = shared.observer.writing(self.node, key.as_str(), value);
        let message = Message { command, key, shown: &shown };
        let asked = self.ask(message, |patience| self.store(patience).write(key, edit)).await;
        match &asked {
            Ok(Exchange { reply, receipt, call: (_, done), .. }) if reply.is_ok() || may_have_arrived(receipt) => {
                writing.done(*done);
                self.server.journey.wrote(self.node);
                // Whoever misses from now on must not wait for a query that was sent before.
                shared.flights.forget(&self.server.plan.server, key);
            }
            // Refused, or not sent because somebody pressed Stop: the row is as it was.
            Ok(_) | Err(_) => writing.failed(),
        }
        Ok(asked?.reply)
    }

    async fn ask<T, F>(&self, message: Message<'_>, call: impl FnOnce(Duration) -> F) -> Result<Exchange<T>, Ended>
    where
        F: Future<Output = (Result<T, Failure>, Receipt)>,
    {
        // An injected delay comes on top: how long a link may delay is not for Aside's own timeout to say.
        let shared = self.server.shared();
        let patience = shared.stores.postgres_timeout + shared.road(&self.server.plan.server, self.node).delay();
        let command = message.command;
        let call = |patience| shared.stores.sent.postgres.count(command, call(patience));
        self.server.exchange((self.node, "Postgres"), message, patience, call).await
    }

    fn store(&self, patience: Duration) -> PostgresNode<'_> {
        let shared = self.server.shared();
        let (data_set, is_told) = (self.server.plan.data_set, self.server.journey.run.is_some());
        PostgresNode { stores: &shared.stores, sandbox: &shared.id, node: self.node, data_set, patience, is_told }
    }
}
