//! Traffic: requests drawn at random, by seed, instead of a list of requests.

use serde::{Deserialize, Serialize};

/// A client's traffic: who sends, how fast, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// How many users send beside each other, each one request after the other.
    pub users: u32,
    /// How many requests arrive in a second, all users together, at random moments (a Poisson process). Without a rate each
    /// user sends as soon as the last request is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_s: Option<u32>,
    /// For how long, in seconds.
    pub duration_s: u32,
    /// How many of the requests are PUTs, in percent; the others are GETs.
    pub write_percent: u32,
    /// From how many keys they are drawn: the first so many of the data set.
    pub keys: u32,
    /// How they are drawn.
    pub distribution: Distribution,
    /// What the random numbers begin with: the same seed sends the same requests.
    pub seed: u32,
}

impl Traffic {
    /// The most users.
    pub const USERS: u32 = 500;
    /// The highest rate, in requests a second.
    pub const RATE_PER_S: u32 = 2_000;
    /// The longest, in seconds.
    pub const DURATION_S: u32 = 600;
    /// The fewest keys and the most.
    pub const KEYS: std::ops::RangeInclusive<u32> = 100..=200_000;
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            users: 20,
            rate_per_s: None,
            duration_s: 20,
            write_percent: 5,
            keys: 1_000,
            distribution: Distribution::default(),
            seed: 1,
        }
    }
}

/// How keys are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distribution {
    /// Each as often as every other.
    Uniform,
    /// The second half as often as the first, the third a third as often, and so on (Zipf's law with exponent 1), as in much
    /// traffic of the world. <https://doi.org/10.1109/INFCOM.1999.749260>
    #[default]
    Zipf,
}

impl Distribution {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Uniform, Self::Zipf];

    /// The word in code and markup.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Zipf => "zipf",
        }
    }
}

/// Rows that many sandboxes share: read-only, and under the rows of a Postgres node's own. Keys begin with the set's word and
/// count from 1: `user:1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataSet {
    /// People: one row, one table.
    Users,
    /// A shop's products: each answer joins five tables.
    Products,
    /// Discussions: each answer is a tree of comments.
    Threads,
    /// Who is logged in.
    Sessions,
}

impl DataSet {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Users, Self::Products, Self::Threads, Self::Sessions];

    /// The word in code and markup.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Products => "products",
            Self::Threads => "threads",
            Self::Sessions => "sessions",
        }
    }

    /// What its keys begin with, before a colon and a number.
    #[must_use]
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Products => "product",
            Self::Threads => "thread",
            Self::Sessions => "session",
        }
    }

    /// How many keys it has.
    #[must_use]
    pub const fn keys(self) -> u32 {
        match self {
            Self::Users => 200_000,
            Self::Products => 5_000,
            Self::Threads => 2_000,
            Self::Sessions => 20_000,
        }
    }

    /// Its key of that number, from 1.
    #[must_use]
    pub fn key(self, number: u32) -> String {
        format!("{}:{number}", self.singular())
    }
}
