//! What visitors think of the lessons, as a table for whoever runs this Aside.

use aside_engine::{EngineError, Opinion, opinions};
use aside_report::no_formula;
use aside_stores::StoresError;

/// The table's first line.
const HEADER: [&str; 4] = ["time", "lesson", "helpful", "sentence"];

/// Why there is no table: a sentence for the person who asked for it.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// No Aside runs whose Postgres could be asked.
    #[error(transparent)]
    Stores(#[from] StoresError),
    /// One runs, but its Postgres is down.
    #[error("PostgreSQL does not answer, and is being started again: ask once more in a moment")]
    Silent,
    /// The database cannot be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The table could not be made.
    #[error("the table could not be written: {0}")]
    Table(#[from] csv::Error),
}

/// All opinions, by their times, as CSV: `time,lesson,helpful,sentence`.
///
/// Sentences are written by strangers, and a spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and may
/// carry it out: such a cell begins with an apostrophe here. Where a spreadsheet separates cells by semicolons or tabs, one
/// begins in the middle of a sentence, too, and at each of its lines, for there the quotes around the sentence are none: an
/// apostrophe stands before these signs there as well, so that a list by hyphens comes out as `'- one`.
///
/// # Errors
///
/// If no Aside is running on the data directory, and no database is attached by its URL; or the database cannot be read.
pub async fn table(settings: &aside_stores::Settings) -> Result<Vec<u8>, FeedbackError> {
    Ok(csv(&opinions(&database_url(settings).await?).await?)?)
}

/// The database of the Aside that runs with these settings.
async fn database_url(settings: &aside_stores::Settings) -> Result<String, FeedbackError> {
    if let Some(url) = &settings.database_url {
        return Ok(url.clone());
    }
    let reports = aside_stores::report(settings).await?;
    // A private one has no password, so its URL as it is shown is its URL.
    let postgres = reports.into_iter().find(|report| report.store == "postgres" && report.answers);
    postgres.map(|report| report.url).ok_or(FeedbackError::Silent)
}

fn csv(opinions: &[Opinion]) -> csv::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(HEADER)?;
    for Opinion { time, lesson, is_helpful, sentence } in opinions {
        let helpful = if *is_helpful { "yes" } else { "no" };
        table.write_record([time, &no_formula(lesson), helpful, &no_formula(sentence)])?;
    }
    table.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opinion(sentence: &str) -> Opinion {
        Opinion {
            time: "2026-11-21T22:30:05Z".to_owned(),
            lesson: "ttl".to_owned(),
            is_helpful: true,
            sentence: sentence.to_owned(),
        }
    }

    #[test]
    fn a_table_without_opinions_is_its_header() {
        assert_eq!(csv(&[]).unwrap(), b"time,lesson,helpful,sentence\n");
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let sentences = [
            "",
            "Good.",
            "a, b",
            "\"quoted\"",
            "two\nlines, \"both\"",
            "Zürich; 東京",
            "a=b",
            "'quoted'",
            "a; b",
            "well - yes",
            "1 + 1 = 2; me@example.org\nsee-saw",
            "a, -1",
        ];
        let table = csv(&sentences.map(opinion)).unwrap();
        let mut reader = csv::Reader::from_reader(&*table);
        let read: Vec<String> = reader.records().map(|record| record.unwrap()[3].to_owned()).collect();
        assert_eq!(read, sentences);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (formula, safe) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\t'=1"),
            ("\r=1", "\r'=1"),
            (" =1", " '=1"),
        ] {
            let table = csv(&[Opinion { lesson: "-x".to_owned(), ..opinion(formula) }]).unwrap();
            let record = csv::Reader::from_reader(&*table).records().next().unwrap().unwrap();
            assert_eq!((&record[1], &record[3]), ("'-x", safe));
        }
    }

    #[test]
    fn no_part_of_a_sentence_is_a_formula_where_a_cell_could_begin() {
        for (sentence, safe) in [
            ("good;=HYPERLINK(\"x\")", "good;'=HYPERLINK(\"x\")"),
            ("a; \u{a0}@b;+c;;-d", "a; \u{a0}'@b;'+c;;'-d"),
            ("a\t=b", "a\t'=b"),
            ("a\n=b\r+c\r\n-d", "a\n'=b\r'+c\r\n'-d"),
            ("a;\"=b\"; \" \"=c", "a;\"'=b\"; \" \"'=c"),
            ("two:\n- one\n- two", "two:\n'- one\n'- two"),
            ("a;--b", "a;'--b"),
        ] {
            assert_eq!(no_formula(sentence), safe);
        }
    }

    #[test]
    fn no_cell_is_a_formula_whatever_separates_cells() {
        for sentence in
            ["good;=1", "good\t=1", "a\n=1", "a;\"=1\"", "a;\"\";=1", "a\n\"=1\"", "\";\n;=1", "=1;\"", ";\""]
        {
            let table = csv(&[opinion(sentence), opinion("=2;=2"), opinion("\";=3\n=3\"")]).unwrap();
            for separator in *b",;\t" {
                let mut reader = csv::ReaderBuilder::new();
                let reader = reader.delimiter(separator).flexible(true).has_headers(false);
                for record in reader.from_reader(&*table).records() {
                    let record = record.unwrap();
                    let is_formula = |cell: &str| cell.trim_start().starts_with(['=', '+', '-', '@']);
                    assert!(!record.iter().any(is_formula), "{sentence:?}, read by {separator}: {record:?}");
                }
            }
        }
    }
}
