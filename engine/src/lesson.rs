//! What lessons do with a sandbox: checkpoints are carried out on it, and conditions are judged by what it really holds.

use crate::error::EngineError;
use crate::redis_data::Names;
use crate::sandbox::{Sandbox, stores};
use crate::{inspect, postgres_data};
use aside_domain::lesson::{Applied, Effect, Evidence, When, completed};
use aside_domain::{EntryNow, Kind, NodeId, Scenario, Value};
use std::collections::BTreeMap;

impl Sandbox {
    /// Carries out a checkpoint's effects, in order: first what they do to the drawing, then what they do to the data; and
    /// tells what it did.
    /// `scenarios` are those that they can replace the drawing with, by name; `by` is what the browser tab calls itself.
    ///
    /// # Errors
    /// [`EngineError::Checkpoint`] if they do not fit the drawing, and nothing is changed then;
    /// [`EngineError::Conflict`] if it is changed meanwhile; or a store that does not answer.
    pub async fn carry_out(
        &self,
        effects: &[Effect],
        scenarios: &BTreeMap<String, Scenario>,
        by: &str,
    ) -> Result<Applied, EngineError> {
        let saved = self.saved().await?;
        let mut drawn = saved.scenario.clone();
        for effect in effects {
            effect.draw(&mut drawn, &|name| scenarios.get(name).cloned())?;
        }
        if let Some(Effect::Replace(_)) = effects.first() {
            self.reset(drawn, saved.version, by).await?;
        } else if drawn != saved.scenario {
            self.save(drawn, saved.version, by).await?;
        }
        for effect in effects {
            self.change_data(effect).await?;
        }
        let saved = self.saved().await?;
        let mut touched = Vec::new();
        for node in effects.iter().flat_map(|effect| effect.touched(&saved.scenario)) {
            if !touched.contains(&node) {
                touched.push(node);
            }
        }
        let told = effects.iter().map(|effect| effect.told(&saved.scenario)).collect();
        Ok(Applied { saved, touched, told })
    }

    async fn change_data(&self, effect: &Effect) -> Result<(), EngineError> {
        match effect {
            Effect::Empty(node) => self.flush(node).await.map(drop),
            Effect::Put { node, key, value, ttl_s } => match self.kind_of(node) {
                Some(Kind::Redis) => self.put_key(node, key.clone(), value.clone(), *ttl_s).await,
                _ => self.put_row(node, key.clone(), value.clone()).await.map(drop),
            },
            Effect::Delete { node, key } => match self.kind_of(node) {
                Some(Kind::Redis) => self.delete_key(node, key.as_str()).await,
                _ => self.delete_row(node, key.as_str()).await.map(drop),
            },
            Effect::Configure(_)
            | Effect::Requests { .. }
            | Effect::Link { .. }
            | Effect::Power { .. }
            | Effect::Replace(_) => Ok(()),
        }
    }

    fn kind_of(&self, node: &NodeId) -> Option<Kind> {
        self.last().scenario.graph.node(node).map(aside_domain::Node::kind)
    }

    /// Which of these conditions hold now: by the saved drawing, by what the stores really hold, and by what happened. A
    /// store that does not answer, or is switched off, holds nothing. With it comes the number of the latest run that
    /// completed, which is the one that they are judged by; 0 if none did.
    ///
    /// # Errors
    /// If the sandbox was swept.
    pub async fn judge(&self, conditions: &[When]) -> Result<(u32, Vec<bool>), EngineError> {
        let saved = self.current().await?;
        let redis = &self.0.stores.redis;
        let names = redis.names(self.id()).await.unwrap_or_default();
        let none = Names::new();
        let mut data = BTreeMap::new();
        for (node, kind) in stores(&saved.scenario).filter(|(node, _)| inspect::expect_on(&saved, node).is_ok()) {
            let entries = match kind {
                Kind::Redis => redis.values(self.id(), node, names.get(node.as_str()).unwrap_or(&none)).await,
                _ => postgres_data::rows(&self.0.stores.postgres, self.id(), node).await,
            };
            let entries = entries.unwrap_or_default().into_iter().filter(is_a_value);
            data.insert(node.clone(), entries.map(|entry| (entry.key, entry.value)).collect());
        }
        let graph = &saved.scenario.graph;
        Ok(self.0.recorder.read(|timeline| {
            let evidence = Evidence { graph, data: &data, timeline };
            let run = completed(timeline).next_back().map_or(0, |run| run.run);
            (run, conditions.iter().map(|condition| condition.holds(evidence)).collect())
        }))
    }
}

/// Whether an entry is one that holds something: what negative caching remembers is no value.
fn is_a_value(entry: &EntryNow) -> bool {
    Value::new(entry.value.as_str()).is_ok()
}
