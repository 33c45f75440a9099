//! What visitors think of the lessons is kept once for each, and read in order.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_engine::{Engine, EngineError, Opinion, SessionId, opinions};
use common::*;

/// An engine whose limits nobody else has used up.
async fn fresh_engine() -> Engine {
    connect(stores().await.redis_url(), stores().await.database_url()).await
}

/// What is kept about a lesson.
async fn kept(lesson: &str) -> Vec<(bool, String)> {
    let all = opinions(stores().await.database_url()).await.unwrap();
    let of_lesson = all.into_iter().filter(|opinion| opinion.lesson == lesson);
    of_lesson.map(|opinion| (opinion.is_helpful, opinion.sentence)).collect()
}

#[test]
fn a_visitor_has_one_opinion_of_a_lesson_and_may_change_it() {
    test(async {
        let (engine, mine, theirs) = (fresh_engine().await, SessionId::fresh(), SessionId::fresh());
        engine.give_feedback(&mine, "ttl", true, "").await.unwrap();
        assert_eq!(kept("ttl").await, [(true, String::new())]);
        // First the button, then the sentence.
        engine.give_feedback(&mine, "ttl", true, "Clear.").await.unwrap();
        engine.give_feedback(&theirs, "ttl", false, "Too long.\nMuch.").await.unwrap();
        engine.give_feedback(&mine, "writes", false, "").await.unwrap();
        assert_eq!(kept("ttl").await, [(true, "Clear.".to_owned()), (false, "Too long.\nMuch.".to_owned())]);
        // First the sentence, then another button.
        engine.give_feedback(&mine, "ttl", false, " ").await.unwrap();
        // Whoever changed his mind last comes last.
        assert_eq!(kept("ttl").await, [(false, "Too long.\nMuch.".to_owned()), (false, "Clear.".to_owned())]);
        engine.give_feedback(&mine, "ttl", true, "After all.").await.unwrap();
        assert_eq!(kept("ttl").await[1], (true, "After all.".to_owned()));
        assert_eq!(kept("writes").await, [(false, String::new())]);
    });
}

#[test]
fn what_is_refused_changes_nothing() {
    test(async {
        let (engine, session) = (fresh_engine().await, SessionId::fresh());
        engine.give_feedback(&session, "refused", true, "Good.").await.unwrap();
        for sentence in ["x".repeat(501), "a\0b".to_owned(), "\u{1b}]0;title\u{7}".to_owned()] {
            let refused = engine.give_feedback(&session, "refused", false, &sentence).await.unwrap_err();
            assert_eq!(refused.status(), 422);
            assert!(!refused.to_string().contains(&sentence));
        }
        for lesson in ["", "No Slug", "=1+1", &"x".repeat(49)] {
            assert_eq!(engine.give_feedback(&session, lesson, false, "").await.unwrap_err().status(), 422, "{lesson}");
        }
        assert_eq!(kept("refused").await, [(true, "Good.".to_owned())]);
    });
}

#[test]
fn all_visitors_together_give_so_many_opinions_at_once_and_one_of_them_fewer() {
    test(async {
        let (engine, session) = (fresh_engine().await, SessionId::fresh());
        let give = async |session: &SessionId| engine.give_feedback(session, "many", true, "").await;
        let mine = futures::future::join_all((0..40).map(|_| give(&session))).await;
        assert!(mine.iter().filter(|given| given.is_ok()).count() < 40);
        let sessions: Vec<SessionId> = (0..200).map(|_| SessionId::fresh()).collect();
        let all = futures::future::join_all(sessions.iter().map(give)).await;
        let given = all.iter().filter(|given| given.is_ok()).count();
        assert!((40..200).contains(&given), "{given}");
        assert!(all.iter().flat_map(|given| given.as_ref().err()).all(|error| error.status() == 429));
    });
}

#[test]
fn an_opinion_is_read_with_its_time_and_without_its_visitor() {
    test(async {
        let own = OwnStores::start().await;
        let (engine, session) = (own.engine().await, SessionId::fresh());
        engine.give_feedback(&session, "ttl", true, "Zürich, \"quoted\"").await.unwrap();
        let pool = sqlx::PgPool::connect(own.stores.database_url()).await.unwrap();
        let row: String = sqlx::query_scalar("SELECT f::text FROM feedback AS f").fetch_one(&pool).await.unwrap();
        assert!(!row.contains(session.as_str()), "{row}");
        let sql = "UPDATE feedback SET given_at = '2026-11-21 23:30:05.9+01'";
        sqlx::query(sql).execute(&pool).await.unwrap();
        let expected = Opinion {
            time: "2026-11-21T22:30:05Z".to_owned(),
            lesson: "ttl".to_owned(),
            is_helpful: true,
            sentence: "Zürich, \"quoted\"".to_owned(),
        };
        assert_eq!(opinions(own.stores.database_url()).await, Ok(vec![expected]));
        own.stores.stop().await;
    });
}

#[test]
fn a_database_that_no_aside_has_used_is_told_and_so_is_one_that_is_not_there() {
    test(async {
        let shared = stores().await.database_url();
        let pool = sqlx::PgPool::connect(shared).await.unwrap();
        sqlx::query("DROP DATABASE IF EXISTS empty").execute(&pool).await.unwrap();
        sqlx::query("CREATE DATABASE empty").execute(&pool).await.unwrap();
        let empty = shared.replace("/aside?", "/empty?");
        assert_ne!(empty, shared);
        let untouched = opinions(&empty).await.unwrap_err();
        assert!(untouched.to_string().contains("no feedback in this database"), "{untouched}");
        let gone = opinions("postgres://me:geheim@127.0.0.1:1/aside").await.unwrap_err();
        assert_eq!(gone.status(), 503);
        let none = opinions("geheim").await.unwrap_err();
        assert!(matches!(none, EngineError::Setup(_)));
        assert!([gone, none].iter().all(|error| !error.to_string().contains("geheim")));
    });
}
