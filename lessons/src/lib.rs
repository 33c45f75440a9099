//! The lessons of the Academy, read from the folders of `academy/` and checked.
//!
//! A lesson is prose with living blocks in it. The prose becomes HTML here, on the server; the blocks become the types of
//! [`aside_domain::lesson`], which the browser gets too. How a lesson is written stands in `academy/README.md`.
//!
//! # Layout
//!
//! - [`Book`]: all lessons. `read.rs` reads one: its head, its Markdown, its blocks, each with its line.
//! - `page.rs`: a lesson's text as HTML.
//! - `check.rs`: what types cannot say: that a checkpoint can be carried out, twice; that no goal is met before anything was
//!   done; that there is enough of everything.
//!
//! *Invariant*: nothing here does IO: the folders are part of the program.

mod check;
mod page;
mod read;

use aside_domain::Scenario;
use aside_domain::lesson::{Checkpoint, Example, Figure, Goal, Head, Prediction};
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;

static ACADEMY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../academy");

/// The scenario that a lesson starts from.
pub const START: &str = "scenario.json";

/// All lessons, in the order of the path.
#[derive(Debug)]
pub struct Book {
    /// The lessons.
    pub lessons: Vec<Lesson>,
}

/// A lesson.
#[derive(Debug)]
pub struct Lesson {
    /// Its folder's name, and its address.
    pub slug: String,
    /// What stands at its head.
    pub head: Head,
    /// Its text, in order.
    pub parts: Vec<Part>,
    /// Its scenarios, by the names of their files.
    pub scenarios: BTreeMap<String, Scenario>,
}

/// A part of a lesson's text, and the line of the file in which it begins.
#[derive(Debug)]
pub struct Part {
    /// The line, from 1.
    pub line: usize,
    /// What it is.
    pub content: Content,
}

/// What a part of a lesson's text is.
#[derive(Debug)]
pub enum Content {
    /// A heading: its level, its anchor, and its text as HTML.
    Heading(u8, String, String),
    /// Prose, as HTML, and how many words it has.
    Prose(String, usize),
    /// A button that changes the live system.
    Checkpoint(Checkpoint),
    /// A question before Play.
    Predict(Prediction),
    /// A condition that ticks itself.
    Goal(Goal),
    /// A drawing of a scenario.
    Figure(Figure),
    /// One real request.
    Example(Example),
}

/// What is wrong with a lesson, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("academy/{file}:{line}: {problem}")]
pub struct Problem {
    /// The file, from `academy/`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

impl Book {
    /// The lessons that are part of the program.
    ///
    /// # Errors
    /// Everything that is wrong with them; a test sees to it that nothing is.
    pub fn open() -> Result<Self, Vec<Problem>> {
        let mut texts = BTreeMap::new();
        collect(&ACADEMY, &mut texts);
        Self::read(&texts)
    }

    /// Reads and checks lessons from files: their paths from `academy/`, and what stands in them.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(files: &BTreeMap<String, String>) -> Result<Self, Vec<Problem>> {
        let (mut lessons, mut problems) = (Vec::new(), Vec::new());
        for path in files.keys() {
            if let Some(slug) = path.strip_suffix("/lesson.md") {
                match read::lesson(slug, files) {
                    Ok(lesson) => lessons.push(lesson),
                    Err(found) => problems.extend(found),
                }
            }
        }
        lessons.sort_by_key(|lesson| lesson.head.order);
        if problems.is_empty() {
            problems = check::all(&lessons);
        }
        if problems.is_empty() { Ok(Self { lessons }) } else { Err(problems) }
    }

    /// The lesson of that slug.
    #[must_use]
    pub fn lesson(&self, slug: &str) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.slug == slug)
    }

    /// The lessons before and after that one on the path.
    #[must_use]
    pub fn neighbours(&self, slug: &str) -> (Option<&Lesson>, Option<&Lesson>) {
        let at = self.lessons.iter().position(|lesson| lesson.slug == slug);
        let neighbour = |at: Option<usize>| self.lessons.get(at?);
        (neighbour(at.and_then(|at| at.checked_sub(1))), neighbour(at.map(|at| at + 1)))
    }
}

impl Lesson {
    /// The scenario that it starts from.
    #[must_use]
    pub fn start(&self) -> &Scenario {
        &self.scenarios[START]
    }

    /// The checkpoint of that id.
    #[must_use]
    pub fn checkpoint(&self, id: &str) -> Option<&Checkpoint> {
        self.parts.iter().find_map(|part| match &part.content {
            Content::Checkpoint(checkpoint) if checkpoint.id == id => Some(checkpoint),
            _ => None,
        })
    }

    /// Its predictions, in order.
    pub fn predictions(&self) -> impl Iterator<Item = &Prediction> {
        self.parts.iter().filter_map(|part| match &part.content {
            Content::Predict(prediction) => Some(prediction),
            _ => None,
        })
    }

    /// Its goals, in order.
    pub fn goals(&self) -> impl Iterator<Item = &Goal> {
        self.parts.iter().filter_map(|part| match &part.content {
            Content::Goal(goal) => Some(goal),
            _ => None,
        })
    }

    /// Its headings: the level, the anchor, and the text as HTML.
    pub fn headings(&self) -> impl Iterator<Item = (u8, &str, &str)> {
        self.parts.iter().filter_map(|part| match &part.content {
            Content::Heading(level, anchor, inside) => Some((*level, anchor.as_str(), inside.as_str())),
            _ => None,
        })
    }

    fn problem(&self, line: usize, problem: impl ToString) -> Problem {
        Problem { file: format!("{}/lesson.md", self.slug), line, problem: problem.to_string() }
    }
}

fn collect(dir: &Dir<'_>, texts: &mut BTreeMap<String, String>) {
    for file in dir.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            texts.insert(path.to_owned(), text.to_owned());
        }
    }
    dir.dirs().for_each(|dir| collect(dir, texts));
}
