//! Progress that follows a person from one device to another, by a code instead of an account.
//!
//! *Invariant*: a code is known to those who have it and to nobody else. Postgres has its SHA-256, logs have nothing.
//!
//! *What a patient attacker can store.* A new session costs nothing, so whoever asks without end gets the 60 codes a minute that
//! all visitors have together, and hardly anybody else gets one meanwhile. Under each he may keep 16 KiB of his own: 1.4 GB a
//! day, 127 GB in the 90 days after which unused codes go. What he goes on using stays, so the only bound is the disk. Nobody in
//! here can tell him from many visitors; whoever runs this Aside can, in front of it.

use crate::Engine;
use crate::connections::{begin, patiently};
use crate::error::EngineError;
use crate::ids::SessionId;
use aside_domain::lesson::{Progress, ProgressError};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// What codes are made of: 32 letters and digits, none of which is taken for another.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Length of a code: 5 bits a character, 60 in all.
const LENGTH: usize = 12;
/// Characters that are written together.
const GROUP: usize = 4;
/// After so many days without use a code is no longer known.
const KEPT_DAYS: i32 = 90;
/// The most that is stored under a code, in bytes of JSON: more than twice what all lessons come to.
const PROGRESS_BYTES: usize = 16 * 1024;

/// What a person types on another device to have his progress there. Whoever knows it can read and change that progress, so
/// it is never written to a log.
#[derive(Clone, PartialEq, Eq)]
pub struct SyncCode(String);

/// Not a code: a sentence that does not repeat what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A code has {LENGTH} letters and digits, such as ABCD-EFGH-2345; never 0, O, 1 or I.")]
pub struct BadCode;

impl SyncCode {
    /// A new one, from the operating system's seeded generator.
    #[must_use]
    pub fn fresh() -> Self {
        let random = rand::random::<u64>();
        let letter = |place: usize| char::from(LETTERS[(random >> (5 * place)) as usize % LETTERS.len()]);
        Self((0..LENGTH).map(letter).collect())
    }

    /// What stands in the database in its place.
    fn digest(&self) -> Vec<u8> {
        Sha256::digest(&self.0).to_vec()
    }
}

impl FromStr for SyncCode {
    type Err = BadCode;

    /// Reads a code as people type it: in small letters, too, and with hyphens and spaces wherever they are.
    fn from_str(text: &str) -> Result<Self, BadCode> {
        let is_between = |c: char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let letters = text.chars().filter(|&c| !is_between(c)).map(|c| c.to_ascii_uppercase());
        let code: String = letters.take(LENGTH + 1).collect();
        let is_code = code.len() == LENGTH && code.bytes().all(|b| LETTERS.contains(&b));
        if is_code { Ok(Self(code)) } else { Err(BadCode) }
    }
}

/// As it is shown: `ABCD-EFGH-2345`.
impl fmt::Display for SyncCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SyncCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SyncCode(…)")
    }
}

impl Engine {
    /// Keeps the progress under a fresh code, for 90 days since its last use.
    ///
    /// # Errors
    /// [`EngineError::BadProgress`], [`EngineError::TooMany`], or Postgres does not answer.
    pub async fn begin_sync(&self, session: &SessionId, progress: &Progress) -> Result<SyncCode, EngineError> {
        let json = storable(progress)?;
        let made = self.0.quotas.codes.take(session)?;
        let code = SyncCode::fresh();
        let query = sqlx::query("INSERT INTO synced_progress (code, progress) VALUES ($1, $2::jsonb)");
        let query = query.bind(code.digest()).bind(json);
        let store = async {
            // In a transaction, so that nothing is kept without counting: not if the client hangs up in the middle, either.
            let mut transaction = begin(&self.stores().postgres).await?;
            query.execute(&mut *transaction).await?;
            made.counts(); // from here on it may be kept, even if nobody hears of it
            Ok(transaction.commit().await?)
        };
        patiently(store).await?;
        Ok(code)
    }

    /// Merges the progress with what is kept under the code, and gives both together, as it is kept from now on.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCode`] if the code is unknown, or was not used for 90 days; [`EngineError::TooMany`] after too
    /// many of these, even if this one is right; [`EngineError::BadProgress`]; or Postgres does not answer.
    pub async fn sync(
        &self,
        session: &SessionId,
        code: &SyncCode,
        progress: &Progress,
    ) -> Result<Progress, EngineError> {
        storable(progress)?;
        let merge = async {
            let mut transaction = begin(&self.stores().postgres).await?;
            // Two devices at once: the second waits, and merges with what the first has left.
            let mut merged = load(&mut transaction, code).await?;
            merged.merge(progress);
            let sql = "UPDATE synced_progress SET progress = $2::jsonb, used_at = now() WHERE code = $1";
            let query = sqlx::query(sql).bind(code.digest()).bind(storable(&merged)?);
            query.execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(merged)
        };
        self.guess(session, merge).await
    }

    /// Forgets the code and what is kept under it. Each device keeps what it has.
    ///
    /// # Errors
    /// As [`Engine::sync`].
    pub async fn end_sync(&self, session: &SessionId, code: &SyncCode) -> Result<(), EngineError> {
        let sql = "DELETE FROM synced_progress WHERE code = $1 AND used_at > now() - make_interval(days => $2)";
        let query = sqlx::query(sql).bind(code.digest()).bind(KEPT_DAYS);
        let delete = async {
            let gone = query.execute(&self.stores().postgres).await?.rows_affected();
            if gone == 0 { Err(EngineError::NoSuchCode) } else { Ok(()) }
        };
        self.guess(session, delete).await
    }

    /// Does something with a code. That counts as a guess if the code was wrong; not if it was right, or if nobody waited to
    /// hear.
    async fn guess<T>(
        &self,
        session: &SessionId,
        work: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let guess = self.0.quotas.guesses.take(session)?;
        let done = patiently(work).await;
        if matches!(done, Err(EngineError::NoSuchCode)) {
            guess.counts();
        }
        done
    }

    /// Deletes what was kept under codes that at the time `now` are no longer known.
    pub(crate) async fn sweep_progress(&self, now: SystemTime) -> Result<(), EngineError> {
        let now_s = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let sql = "DELETE FROM synced_progress WHERE used_at <= to_timestamp($1) - make_interval(days => $2)";
        let query = sqlx::query(sql).bind(now_s).bind(KEPT_DAYS);
        patiently(async { Ok(query.execute(&self.stores().postgres).await.map(drop)?) }).await
    }
}

/// What is kept under a code; it is locked until the transaction ends.
async fn load(transaction: &mut PgConnection, code: &SyncCode) -> Result<Progress, EngineError> {
    let sql = "SELECT progress::text FROM synced_progress \
               WHERE code = $1 AND used_at > now() - make_interval(days => $2) FOR UPDATE";
    let query = sqlx::query_scalar::<_, String>(sql).bind(code.digest()).bind(KEPT_DAYS);
    let json = query.fetch_optional(transaction).await?.ok_or(EngineError::NoSuchCode)?;
    // Written by a newer Aside, perhaps, that shares this database.
    Progress::read(&json).map_err(|error| EngineError::Postgres(format!("The kept progress cannot be read: {error}")))
}

/// Progress as it can be stored.
fn storable(progress: &Progress) -> Result<String, EngineError> {
    let bad = |error: ProgressError| EngineError::BadProgress(error.to_string());
    progress.check().map_err(bad)?;
    let json = progress.to_json();
    if json.len() > PROGRESS_BYTES {
        return Err(bad(ProgressError::TooMuch));
    }
    if json.contains("\\u0000") {
        // The one character that Postgres cannot store.
        return Err(EngineError::BadProgress("This progress holds a character that no lesson has.".to_owned()));
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_back_as_it_is_shown_and_as_people_type_it() {
        for _ in 0..100 {
            let code = SyncCode::fresh();
            let shown = code.to_string();
            assert_eq!(shown.len(), LENGTH + 2);
            assert!(shown.split('-').all(|group| group.len() == GROUP), "{shown}");
            for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), shown.replace('-', "")] {
                assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
            }
            assert_eq!(format!("  {} \n", shown.replace('-', " – ")).parse(), Ok(code));
        }
    }

    #[test]
    fn no_two_codes_are_alike_and_every_letter_comes_in_every_place() {
        let codes: Vec<String> = (0..2_000).map(|_| SyncCode::fresh().0).collect();
        let places = (0..LENGTH).map(|place| codes.iter().map(|code| code.as_bytes()[place]).collect());
        for letters in places.collect::<Vec<std::collections::BTreeSet<u8>>>() {
            assert_eq!(letters, LETTERS.iter().copied().collect());
        }
        assert_eq!(codes.iter().collect::<std::collections::HashSet<_>>().len(), codes.len());
    }

    #[test]
    fn what_is_no_code_is_told_and_not_repeated() {
        for typed in ["", "ABCD-EFGH-234", "ABCD-EFGH-23456", "ABCD-EFGH-234O", "ABCD-EFGH-2341", "ABCD-EFGH-234Ä", "ﬀ"]
        {
            assert_eq!(typed.parse::<SyncCode>(), Err(BadCode), "{typed}");
        }
        assert!(LETTERS.iter().all(|letter| !b"0O1I".contains(letter)));
        let example = "ABCD-EFGH-2345";
        assert!(example.parse::<SyncCode>().is_ok() && BadCode.to_string().contains(example));
    }

    #[test]
    fn a_code_does_not_show_itself_to_a_log() {
        let code = SyncCode::fresh();
        assert_eq!(format!("{code:?}"), "SyncCode(…)");
    }
}
