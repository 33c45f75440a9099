//! What a person does to a scenario, and what should come of it, written down without the code under test.

use super::scenarios::{conditions, holds, kinds, names, scenarios, settings, wild_delays, wild_points, wild_settings};
use aside_domain::{Change, Condition, Hold, Link, Name, Node, NodeId, Point, Scenario, Settings};
use proptest::prelude::*;
use proptest::sample::Index;

/// One thing that a person tries to do; it may be forbidden. An [`Index`] picks a node or link of the scenario.
#[derive(Debug, Clone)]
pub enum Edit {
    Insert(Node),
    InsertCopy(Index),
    Remove(Index),
    Move(Index, Point),
    Rename(Index, Name),
    Configure(Index, Settings),
    Switch(Index, bool),
    Connect(Index, Index),
    Disconnect(Index),
    Tune(Index, u32, Condition),
    Hold(Index, Option<Hold>),
    Retitle(Name),
    Replace(Box<Scenario>),
}

pub fn edits() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    let suffix = "[a-z0-9]{4}";
    let node =
        (kinds(), suffix, names(), wild_points(), wild_settings()).prop_map(|(kind, suffix, name, at, settings)| {
            Node { id: kind.fresh_id(&suffix).expect("a node id"), name, at, settings }
        });
    prop_oneof![
        6 => node.prop_map(Edit::Insert),
        1 => index().prop_map(Edit::InsertCopy),
        3 => index().prop_map(Edit::Remove),
        3 => (index(), wild_points()).prop_map(|(node, to)| Edit::Move(node, to)),
        2 => (index(), names()).prop_map(|(node, to)| Edit::Rename(node, to)),
        3 => (index(), prop_oneof![settings(), wild_settings()]).prop_map(|(node, to)| Edit::Configure(node, to)),
        2 => (index(), any::<bool>()).prop_map(|(store, off)| Edit::Switch(store, off)),
        12 => (index(), index()).prop_map(|(from, to)| Edit::Connect(from, to)),
        2 => index().prop_map(Edit::Disconnect),
        3 => (index(), wild_delays(), conditions()).prop_map(|(link, delay, now)| Edit::Tune(link, delay, now)),
        2 => (index(), holds()).prop_map(|(link, hold)| Edit::Hold(link, hold)),
        1 => names().prop_map(Edit::Retitle),
        1 => scenarios().prop_map(|to| Edit::Replace(Box::new(to))),
    ]
}

impl Edit {
    /// The change, as the builder makes it; none if there is nothing to edit.
    pub fn change(&self, scenario: &Scenario) -> Option<Change> {
        let node = |index: &Index| pick(&scenario.graph.nodes, index);
        match self {
            Self::Insert(node) => Some(scenario.insert(node.clone())),
            Self::InsertCopy(of) => Some(scenario.insert(node(of)?.clone())),
            Self::Remove(of) => scenario.remove(&node(of)?.id),
            Self::Move(of, to) => scenario.move_to(&node(of)?.id, *to),
            Self::Rename(of, to) => scenario.rename(&node(of)?.id, to.clone()),
            Self::Configure(of, to) => scenario.configure(&node(of)?.id, to.clone()),
            Self::Switch(of, off) => scenario.switch(&node(of)?.id, *off),
            Self::Connect(from, to) => Some(scenario.connect(node(from)?.id.clone(), node(to)?.id.clone())),
            Self::Disconnect(of) => scenario.disconnect(&pick(&scenario.graph.links, of)?.id()),
            Self::Tune(of, delay_ms, condition) => {
                scenario.tune(&pick(&scenario.graph.links, of)?.id(), *delay_ms, *condition)
            }
            Self::Hold(of, hold) => scenario.hold(&pick(&scenario.graph.links, of)?.id(), hold.clone()),
            Self::Retitle(to) => Some(scenario.retitle(to.clone())),
            Self::Replace(to) => Some(scenario.replace((**to).clone())),
        }
    }

    /// The scenario that the edit should give; none if a rule forbids it, or there is nothing to edit.
    pub fn expected(&self, before: &Scenario) -> Option<Scenario> {
        let mut after = before.clone();
        let position = |index: &Index| {
            let len = before.graph.nodes.len();
            (len > 0).then(|| index.index(len))
        };
        match self {
            Self::Insert(node) => after.graph.nodes.push(node.clone()),
            Self::InsertCopy(of) => after.graph.nodes.push(before.graph.nodes[position(of)?].clone()),
            Self::Remove(of) => {
                let gone: NodeId = after.graph.nodes.remove(position(of)?).id;
                after.graph.links.retain(|link| link.from != gone && link.to != gone);
            }
            Self::Move(of, to) => after.graph.nodes[position(of)?].at = to.within_reach(),
            Self::Rename(of, to) => after.graph.nodes[position(of)?].name = to.clone(),
            Self::Configure(of, to) => {
                let node = &mut after.graph.nodes[position(of)?];
                if node.kind() != to.kind() {
                    return None;
                }
                node.settings = to.clone();
            }
            Self::Switch(of, off) => match &mut after.graph.nodes[position(of)?].settings {
                Settings::Redis(redis) => redis.is_off = *off,
                Settings::Postgres(postgres) => postgres.is_off = *off,
                Settings::Client(_) | Settings::Server(_) => {}
            },
            Self::Connect(from, to) => {
                let id = |index| Some(before.graph.nodes[position(index)?].id.clone());
                let link = Link::new(id(from)?, id(to)?);
                after.graph.links.push(link);
            }
            Self::Disconnect(of) => {
                let gone = pick(&before.graph.links, of)?;
                after.graph.links.retain(|link| link != gone);
            }
            Self::Tune(of, delay_ms, condition) => {
                let len = before.graph.links.len();
                let link = &mut after.graph.links[(len > 0).then(|| of.index(len))?];
                (link.delay_ms, link.condition) = (*delay_ms, *condition);
            }
            Self::Hold(of, hold) => {
                let len = before.graph.links.len();
                after.graph.links[(len > 0).then(|| of.index(len))?].hold = hold.clone();
            }
            Self::Retitle(to) => after.title = to.clone(),
            Self::Replace(to) => after = (**to).clone(),
        }
        after.check().is_ok().then_some(after)
    }
}

fn pick<'a, T>(list: &'a [T], index: &Index) -> Option<&'a T> {
    (!list.is_empty()).then(|| index.get(list))
}
