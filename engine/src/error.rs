//! What can go wrong, each a sentence for the person in front of the screen.

use crate::connections::Failure;
use aside_domain::lesson::EffectError;
use aside_domain::{Kind, Name, NodeId, ScenarioError, TextError, limits};

/// Why the engine did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// It is not there, or it is another visitor's: nobody is told which.
    #[error("There is no such sandbox.")]
    NoSuchSandbox,
    /// A live service has no such server, or it answers nobody: nobody is told which.
    #[error("There is no such server at this address.")]
    NoSuchServer,
    /// The node is not in the saved scenario.
    #[error("There is no node {0} in the saved drawing.")]
    NoSuchNode(NodeId),
    /// The node is there, but it is of another kind.
    #[error("{node} is a {is}, and this needs a {needs}.")]
    WrongKind {
        /// The node.
        node: NodeId,
        /// What it is.
        is: Kind,
        /// What it would have to be.
        needs: Kind,
    },
    /// Somebody else, perhaps another tab, saved first.
    #[error("The drawing was changed elsewhere meanwhile: version {current} is the current one.")]
    Conflict {
        /// The version that is saved now.
        current: u64,
    },
    /// No run of that number is kept.
    #[error("That run is no longer kept: the latest {} are.", limits::RUNS_KEPT)]
    NoSuchRun,
    /// It can be recorded when it is over.
    #[error("That run is still going: it can be recorded when it is over.")]
    StillGoing,
    /// One run at a time.
    #[error("A run is going: wait for its end, or stop it.")]
    AlreadyRunning,
    /// No client can send anything; the sentence says why.
    #[error("{0}")]
    NothingToRun(String),
    /// The store has as many entries as a person may put into it.
    #[error("{node} has {} {what} already, and more are not allowed: delete one first.", limits::ENTRIES_PER_STORE)]
    Full {
        /// The store.
        node: NodeId,
        /// What it is full of: "keys" or "rows".
        what: &'static str,
    },
    /// A run writes so much that it could bring a database beyond its limit.
    #[error(
        "A database can hold at most {} rows, and this could bring one beyond: delete some first.",
        limits::ROWS_PER_DATABASE
    )]
    NoRoom,
    /// The store is switched off.
    #[error("{0} is switched off: switch it on first.")]
    Off(Name),
    /// A lesson's checkpoint does not fit the drawing.
    #[error(
        "This checkpoint does not fit the drawing as it is now: {0}. “Reset lesson” brings back what the lesson starts with."
    )]
    Checkpoint(#[from] EffectError),
    /// A time to live out of bounds.
    #[error("A time to live is 1 to {} seconds.", limits::TTL_S)]
    BadTtl,
    /// Nothing is kept under a code for progress, or no longer. The code is not repeated.
    #[error("This code is not known: look whether it is typed right. One that was not used for 90 days is forgotten.")]
    NoSuchCode,
    /// Progress that cannot be kept; the sentence says why.
    #[error("{0}")]
    BadProgress(String),
    /// An opinion that cannot be kept; the sentence says why.
    #[error("{0}")]
    BadOpinion(&'static str),
    /// It was tried too often; the sentence says what.
    #[error("{0}")]
    TooMany(&'static str),
    /// A text out of bounds.
    #[error("This cannot be used: {0}.")]
    Text(#[from] TextError),
    /// The scenario breaks a rule of the format.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Redis does not answer, or answers with an error.
    #[error("{0}")]
    Redis(String),
    /// Postgres does not answer, or answers with an error.
    #[error("{0}")]
    Postgres(String),
    /// A URL that cannot be used, or a database that could not be prepared.
    #[error("{0}")]
    Setup(String),
    /// A scenario in the database cannot be read back.
    #[error("The saved drawing cannot be read: {0}")]
    Unreadable(ScenarioError),
}

/// What kind of error it is, as HTTP would call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// 404: what was named does not exist, for this visitor.
    NotFound,
    /// 409: it does not fit the state of things now.
    Conflict,
    /// 422: the input breaks a rule.
    BadInput,
    /// 429: it was tried too often.
    TooMany,
    /// 503: a store is down; it may work again later.
    Unavailable,
    /// 500: nobody in front of a screen can help it.
    Internal,
}

impl ErrorKind {
    /// HTTP's status code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::BadInput => 422,
            Self::TooMany => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

impl EngineError {
    /// What kind of error it is, so that a server need not know every variant.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchSandbox | Self::NoSuchServer | Self::NoSuchNode(_) | Self::NoSuchRun | Self::NoSuchCode => {
                ErrorKind::NotFound
            }
            Self::Conflict { .. } | Self::AlreadyRunning | Self::StillGoing | Self::Off(_) => ErrorKind::Conflict,
            Self::WrongKind { .. }
            | Self::NothingToRun(_)
            | Self::Full { .. }
            | Self::NoRoom
            | Self::Checkpoint(_)
            | Self::BadTtl
            | Self::BadProgress(_)
            | Self::BadOpinion(_)
            | Self::Text(_)
            | Self::Scenario(_) => ErrorKind::BadInput,
            Self::TooMany(_) => ErrorKind::TooMany,
            Self::Redis(_) | Self::Postgres(_) => ErrorKind::Unavailable,
            Self::Setup(_) | Self::Unreadable(_) => ErrorKind::Internal,
        }
    }

    /// HTTP's status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.kind().status()
    }

    pub(crate) fn redis(failure: Failure) -> Self {
        Self::Redis(failure.reason)
    }
}

impl From<sqlx::Error> for EngineError {
    fn from(error: sqlx::Error) -> Self {
        // Rows cannot be written for a sandbox that was swept a moment ago.
        if error.as_database_error().is_some_and(|e| e.is_foreign_key_violation()) {
            return Self::NoSuchSandbox;
        }
        Self::Postgres(Failure::of_postgres(&error, crate::connections::PATIENCE).reason)
    }
}
