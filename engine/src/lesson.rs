//! What lessons do with a sandbox: checkpoints are carried out on it, and conditions are judged by what it really holds.

use crate::error::EngineError;
use crate::redis_data::Names;
use crate::sandbox::{Sandbox, stores};
use crate::{inspect, postgres_data};
use aside_domain::lesson::{Applied, Effect, Questions, Since, Verdict};
use aside_domain::timeline::{Hop, Waiting};
use aside_domain::{EntryNow, Kind, LinkId, NodeId, Saved, Scenario, Timeline, Value};
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
            Effect::Release { from, to } => {
                self.release_on(&LinkId::new(from.clone(), to.clone()));
                Ok(())
            }
            Effect::Configure(_)
            | Effect::Requests { .. }
            | Effect::Traffic { .. }
            | Effect::DataSet { .. }
            | Effect::Link { .. }
            | Effect::Hold { .. }
            | Effect::Power { .. }
            | Effect::Replace(_) => Ok(()),
        }
    }

    /// Lets go what hangs on a link.
    fn release_on(&self, link: &LinkId) {
        let hangs = |timeline: &Timeline| -> Vec<(u32, u32)> {
            let link_of = |held: &Waiting| timeline.run(held.run)?.hops.get(held.hop as usize).map(Hop::link);
            let held = timeline.held.iter().filter(|held| link_of(held).as_ref() == Some(link));
            held.map(|held| (held.run, held.hop)).collect()
        };
        for packet in self.0.recorder.read(hangs) {
            self.release(Some(packet));
        }
    }

    fn kind_of(&self, node: &NodeId) -> Option<Kind> {
        self.last().scenario.graph.node(node).map(aside_domain::Node::kind)
    }

    /// How goals and predictions stand: by the saved drawing, by what the stores really hold, and by what happened. A store that
    /// is switched off holds nothing.
    ///
    /// # Errors
    /// If the sandbox was swept, or a store does not answer by whose data something is to be judged.
    pub async fn judge(&self, questions: &Questions<'_>, since: Since) -> Result<Verdict, EngineError> {
        let saved = self.current().await?;
        let data = if questions.need_data() { self.held_now(&saved).await? } else { BTreeMap::new() };
        let graph = &saved.scenario.graph;
        let traffic = self.traffic();
        Ok(self.0.recorder.read(|timeline| questions.judge(graph, &data, timeline, &traffic, since)))
    }

    /// What each store that is on holds now.
    async fn held_now(&self, saved: &Saved) -> Result<BTreeMap<NodeId, BTreeMap<String, String>>, EngineError> {
        let redis = &self.0.stores.redis;
        let names = redis.names(self.id()).await?;
        let none = Names::new();
        let mut data = BTreeMap::new();
        for (node, kind) in stores(&saved.scenario).filter(|(node, _)| inspect::expect_on(saved, node).is_ok()) {
            let entries = match kind {
                Kind::Redis => redis.values(self.id(), node, names.get(node.as_str()).unwrap_or(&none)).await?,
                _ => postgres_data::rows(&self.0.stores.postgres, self.id(), node).await?,
            };
            let entries = entries.into_iter().filter(is_a_value);
            data.insert(node.clone(), entries.map(|entry| (entry.key, entry.value)).collect());
        }
        Ok(data)
    }
}

/// Whether an entry is one that holds something: what negative caching remembers is no value.
fn is_a_value(entry: &EntryNow) -> bool {
    Value::new(entry.value.as_str()).is_ok()
}
