//! Identities that nobody can guess: 128 random bits, written as 32 hexadecimal characters.

use std::fmt;
use std::str::FromStr;

/// Not 32 lower-case hexadecimal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 32 hexadecimal characters")]
pub struct BadId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// A new one, from the operating system's seeded generator.
            #[must_use]
            pub fn fresh() -> Self {
                Self(format!("{:032x}", rand::random::<u128>()))
            }

            /// The 32 characters.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if text.len() == 32 && hex { Ok(Self(text.to_owned())) } else { Err(BadId) }
            }
        }
    };
}

id!(
    /// A sandbox. Its keys in Redis and its rows in Postgres are found by it.
    SandboxId
);

id!(
    /// A visitor. Whoever knows it is that visitor, so it is never written to a log.
    SessionId
);

id!(
    /// Where a sandbox's live service is found. Whoever knows it may ask.
    LiveAddress
);

impl fmt::Debug for LiveAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveAddress(…)")
    }
}

impl fmt::Display for SandboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SandboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SandboxId({})", self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_id_is_read_back_and_no_two_are_alike() {
        let (one, two) = (SandboxId::fresh(), SandboxId::fresh());
        assert_ne!(one, two);
        assert_eq!(one.as_str().parse(), Ok(one));
    }

    #[test]
    fn what_could_reach_out_of_a_pattern_is_no_id() {
        for bad in ["", "*", "0123", &"G".repeat(32), &"A".repeat(32), &"é".repeat(16), &"0".repeat(33)] {
            assert_eq!(bad.parse::<SandboxId>(), Err(BadId), "{bad}");
        }
    }

    #[test]
    fn a_session_does_not_show_itself() {
        let session = SessionId::fresh();
        assert!(!format!("{session:?}").contains(session.as_str()));
    }
}
