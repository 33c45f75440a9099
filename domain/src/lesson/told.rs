//! What a checkpoint did, in words, and where.

use super::effect::{Effect, Line, ServerChange};
use crate::graph::{Condition, Distribution, Hold, NodeId, Traffic};
use crate::scenario::Scenario;

impl Effect {
    /// The nodes that this touches, or whose link it touches, in the drawing as it is afterwards.
    #[must_use]
    pub fn touched(&self, drawn: &Scenario) -> Vec<NodeId> {
        match self {
            Self::Empty(node) | Self::Put { node, .. } | Self::Delete { node, .. } => vec![node.clone()],
            Self::Configure(ServerChange { node, .. })
            | Self::Requests { node, .. }
            | Self::Traffic { node, .. }
            | Self::DataSet { node, .. }
            | Self::Power { node, .. } => vec![node.clone()],
            Self::Link { from, to, .. } | Self::Hold { from, to, .. } | Self::Release { from, to } => {
                vec![from.clone(), to.clone()]
            }
            Self::Replace(_) => drawn.graph.nodes.iter().map(|node| node.id.clone()).collect(),
        }
    }

    /// What this did, as a sentence that names nodes as they are called.
    #[must_use]
    pub fn told(&self, drawn: &Scenario) -> String {
        let name = |id: &NodeId| drawn.graph.node(id).map_or_else(|| id.to_string(), |node| node.name.to_string());
        match self {
            Self::Empty(node) => format!("{} was emptied.", name(node)),
            Self::Put { node, key, ttl_s: Some(ttl_s), .. } => {
                format!("{} got {key}, with a TTL of {ttl_s} s.", name(node))
            }
            Self::Put { node, key, .. } => format!("{} got {key}.", name(node)),
            Self::Delete { node, key } => format!("{key} was deleted from {}.", name(node)),
            Self::Configure(change) => format!("{}: {}.", name(&change.node), change.told().join(", ")),
            Self::Requests { node, send } => {
                let lines: Vec<String> = send.iter().map(Line::to_string).collect();
                format!("{} sends {}.", name(node), lines.join("; "))
            }
            Self::Link { from, to, delay_ms, condition } => {
                let how = match condition {
                    Condition::Up => "works",
                    Condition::Cut => "is cut",
                    Condition::BlackHole => "is a black hole",
                };
                let delay = if *delay_ms == 0 { String::new() } else { format!(", with {delay_ms} ms of delay") };
                format!("The link from {} to {} {how}{delay}.", name(from), name(to))
            }
            Self::Traffic { node, send } => format!("{} has traffic: {}.", name(node), traffic(send)),
            Self::DataSet { node, set } => {
                format!("{} stands on the data set {}: {} keys.", name(node), set.word(), set.keys())
            }
            Self::Hold { from, to, leg, command, key } => {
                let hold = Hold { leg: *leg, command: *command, key: key.clone() };
                format!("The link from {} to {} holds {hold}.", name(from), name(to))
            }
            Self::Release { from, to } => format!("The link from {} to {} holds nothing.", name(from), name(to)),
            Self::Power { node, on } => format!("{} is switched {}.", name(node), if *on { "on" } else { "off" }),
            Self::Replace(_) => format!("“{}” is drawn, with its data.", drawn.title),
        }
    }
}

/// A client's traffic, in half sentences.
fn traffic(traffic: &Traffic) -> String {
    let Traffic { users, duration_s, write_percent, keys, .. } = traffic;
    let pace =
        traffic.rate_per_s.map_or_else(|| "as fast as answered".to_owned(), |rate| format!("{rate} requests a second"));
    let drawn = match traffic.distribution {
        Distribution::Uniform => "evenly",
        Distribution::Zipf => "by Zipf",
    };
    format!("{users} users, {pace}, {duration_s} s, {write_percent} % writes, {keys} keys drawn {drawn}")
}

impl ServerChange {
    /// What changes, in half sentences.
    fn told(&self) -> Vec<String> {
        let switched = |what: &str, on: bool| format!("{what} {}", if on { "on" } else { "off" });
        let or_none = |what: &str, number: u32, unit: &str| match number {
            0 => format!("{what} off"),
            number => format!("{what} {number} {unit}"),
        };
        [
            self.ttl_s.map(|ttl_s| format!("TTL {ttl_s} s")),
            self.policy.map(|policy| format!("write policy {}", policy.label())),
            self.redis_timeout_ms.map(|ms| or_none("Redis timeout", ms, "ms")),
            self.negative_ttl_s.map(|s| or_none("negative caching", s, "s")),
            self.jitter_percent.map(|percent| or_none("jitter", percent, "%")),
            self.single_flight.map(|on| switched("single-flight", on)),
            self.breaker.map(|breaker| switched("circuit breaker", breaker.failures > 0)),
            self.lease.map(|on| switched("lease", on)),
            self.early_refresh.map(|on| switched("early refresh", on)),
            self.resource.as_ref().map(|resource| format!("resource {resource}")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(toml: &str) -> Effect {
        serde_json::from_str(toml).expect("an effect")
    }

    #[test]
    fn an_effect_tells_what_it_did_and_where() {
        let drawn = Scenario::textbook();
        for (json, told, touched) in [
            (r#"{"empty":"redis"}"#, "Redis was emptied.", 1),
            (r#"{"put":{"node":"redis","key":"a","value":"b","ttl_s":9}}"#, "Redis got a, with a TTL of 9 s.", 1),
            (r#"{"put":{"node":"postgres","key":"a","value":"b"}}"#, "Postgres got a.", 1),
            (r#"{"delete":{"node":"redis","key":"a"}}"#, "a was deleted from Redis.", 1),
            (
                r#"{"configure":{"node":"server","ttl_s":5,"policy":"forget","redis_timeout_ms":0,"single_flight":true}}"#,
                "Server: TTL 5 s, write policy forget the cache, Redis timeout off, single-flight on.",
                1,
            ),
            (r#"{"requests":{"node":"client","send":["GET a","PUT a b c"]}}"#, "Client sends GET a; PUT a b c.", 1),
            (
                r#"{"link":{"from":"server","to":"redis","delay_ms":20,"condition":"black-hole"}}"#,
                "The link from Server to Redis is a black hole, with 20 ms of delay.",
                2,
            ),
            (r#"{"power":{"node":"redis","on":false}}"#, "Redis is switched off.", 1),
            (
                r#"{"configure":{"node":"server","lease":true,"early_refresh":false,"resource":"todos"}}"#,
                "Server: lease on, early refresh off, resource todos.",
                1,
            ),
            (
                r#"{"traffic":{"node":"client","send":{"users":9,"duration_s":10,"write_percent":5,"keys":100,"distribution":"zipf","seed":1}}}"#,
                "Client has traffic: 9 users, as fast as answered, 10 s, 5 % writes, 100 keys drawn by Zipf.",
                1,
            ),
            (
                r#"{"data_set":{"node":"postgres","set":"threads"}}"#,
                "Postgres stands on the data set threads: 2000 keys.",
                1,
            ),
            (
                r#"{"hold":{"from":"server","to":"redis","leg":"message","command":"SET","key":"a"}}"#,
                "The link from Server to Redis holds every SET of a.",
                2,
            ),
            (
                r#"{"hold":{"from":"server","to":"redis","leg":"reply"}}"#,
                "The link from Server to Redis holds every reply.",
                2,
            ),
            (r#"{"release":{"from":"server","to":"redis"}}"#, "The link from Server to Redis holds nothing.", 2),
        ] {
            assert_eq!(effect(json).told(&drawn), told);
            assert_eq!(effect(json).touched(&drawn).len(), touched, "{json}");
        }
        assert_eq!(Effect::Replace("x.json".to_owned()).touched(&drawn).len(), 4);
    }
}
