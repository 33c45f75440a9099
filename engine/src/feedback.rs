//! What visitors think of the lessons: one opinion for each visitor and lesson, for whoever runs this Aside to read.

use crate::Engine;
use crate::connections::patiently;
use crate::error::EngineError;
use crate::ids::SessionId;
use aside_domain::Place;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

/// Length of a sentence, in characters.
const SENTENCE_CHARS: usize = 500;
/// What Postgres calls a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";

/// What one visitor thinks of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Opinion {
    /// When it was given, or changed last: UTC, as RFC 3339 writes it.
    pub time: String,
    /// The lesson's slug.
    pub lesson: String,
    /// Whether it helped.
    pub is_helpful: bool,
    /// What the visitor wrote; perhaps nothing, perhaps several lines.
    pub sentence: String,
}

impl Engine {
    /// Keeps what the visitor thinks of the lesson of that slug. A later opinion replaces the earlier one, but one without a
    /// sentence leaves the sentence as it is: a person may write it first and press a button then, or the other way round.
    ///
    /// # Errors
    /// [`EngineError::Text`] if that is no slug, [`EngineError::BadOpinion`] if the sentence is too long or holds control
    /// characters, [`EngineError::TooMany`], or Postgres does not answer. The earlier opinion stays as it was then.
    pub async fn give_feedback(
        &self,
        session: &SessionId,
        lesson: &str,
        is_helpful: bool,
        sentence: &str,
    ) -> Result<(), EngineError> {
        let lesson = Place::new(lesson)?;
        let sentence = checked(sentence)?;
        self.0.quotas.opinions.take(session)?.counts();
        let sql = "INSERT INTO feedback AS earlier (lesson, visitor, is_helpful, sentence) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (lesson, visitor) DO UPDATE SET is_helpful = excluded.is_helpful, given_at = now(), \
                   sentence = coalesce(nullif(excluded.sentence, ''), earlier.sentence)";
        let visitor = Sha256::digest(session.as_str()).to_vec();
        let query = sqlx::query(sql).bind(lesson.as_str()).bind(visitor).bind(is_helpful).bind(sentence);
        patiently(async { Ok(query.execute(&self.stores().postgres).await.map(drop)?) }).await
    }
}

/// A sentence as it is kept.
fn checked(sentence: &str) -> Result<String, EngineError> {
    let sentence = sentence.replace("\r\n", "\n"); // as forms send what was typed on several lines
    let sentence = sentence.trim();
    if sentence.chars().count() > SENTENCE_CHARS {
        return Err(EngineError::BadOpinion("This is too long: at most 500 characters can be kept."));
    }
    if sentence.chars().any(|c| c.is_control() && c != '\n') {
        return Err(EngineError::BadOpinion("This holds a control character, which cannot be kept."));
    }
    Ok(sentence.to_owned())
}

/// All opinions in the database of an Aside, which need not be running, in the order of their times.
///
/// # Errors
/// [`EngineError::Setup`] if that is no URL of a database, or no Aside that takes opinions has used it yet; or Postgres does
/// not answer. No error repeats the URL.
pub async fn opinions(database_url: &str) -> Result<Vec<Opinion>, EngineError> {
    let options: PgConnectOptions = database_url
        .parse()
        .map_err(|_| EngineError::Setup("DATABASE_URL is not a URL of a Postgres database.".to_owned()))?;
    patiently(async {
        let mut connection = options.disable_statement_logging().connect().await?;
        let sql = "SELECT to_char(given_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS time, lesson, \
                   is_helpful, sentence FROM feedback ORDER BY given_at, lesson, visitor";
        let opinions = sqlx::query_as(sql).fetch_all(&mut connection).await.map_err(|error| {
            let code = error.as_database_error().and_then(|error| error.code());
            if code.as_deref() == Some(UNDEFINED_TABLE) {
                let sentence = "There is no feedback in this database: no Aside that takes any has used it yet.";
                EngineError::Setup(sentence.to_owned())
            } else {
                error.into()
            }
        })?;
        // Read is read, however the connection ends.
        let _ = connection.close().await;
        Ok(opinions)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_trimmed_and_keeps_its_lines() {
        assert_eq!(checked(" \t Good.\r\nThe end\nis long. \n").as_deref(), Ok("Good.\nThe end\nis long."));
        assert_eq!(checked(" \r\n ").as_deref(), Ok(""));
    }

    #[test]
    fn a_sentence_has_at_most_500_characters_and_none_that_controls_a_terminal() {
        assert!(checked(&"é".repeat(500)).is_ok());
        for bad in ["é".repeat(501), "a\tb".to_owned(), "a\u{1b}[31mb".to_owned(), "a\0b".to_owned(), "a\rb".to_owned()]
        {
            assert_eq!(checked(&bad).unwrap_err().status(), 422, "{bad:?}");
        }
    }
}
