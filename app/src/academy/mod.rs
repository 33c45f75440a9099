//! The Academy: documents that the server writes, and the browser brings to life.
//!
//! A lesson's text is no part of the browser's module: the server writes it, with its figures and its blocks, and what
//! stands in the document is found by its `data-` attributes. So a lesson reads without any of our code, and costs the
//! browser no more than the sandbox beside it.
//!
//! # Layout
//!
//! - `documents.rs`: what the server writes: the path, a lesson, the page about what is real. On the server only.
//! - [`keeper`]: what the visitor has done in the lessons: kept in the browser, merged with other tabs and devices.
//! - [`reader`]: one lesson's handle; what the buttons in its text do. [`paint`] shows in the text how things stand, and
//!   [`judge`] asks the server for it.
//! - [`bar`]: what stands above a lesson's sandbox. [`panes`]: text and sandbox beside each other, and the table of contents.
//! - [`path`] and [`real`]: the pages without a sandbox.

mod bar;
#[cfg(feature = "ssr")]
mod documents;
mod judge;
mod keeper;
mod paint;
pub mod panes;
pub mod path;
mod reader;
pub mod real;

pub use bar::lesson_bar;
#[cfg(feature = "ssr")]
pub use documents::rows;
pub use keeper::Keeper;
pub use reader::Reader;

/// A part of a page that the server alone writes.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "ssr"), expect(dead_code, reason = "only the server reads which"))]
pub enum Document<'a> {
    /// The path of the lessons.
    Path,
    /// A lesson's name and how far one has come in it.
    Top(&'a str),
    /// A lesson's text.
    Lesson(&'a str),
    /// What is real.
    Real,
}

impl Document<'_> {
    /// The document as HTML. In the browser it is there already, and nothing is written.
    pub fn html(self) -> String {
        #[cfg(feature = "ssr")]
        return documents::write(self);
        #[cfg(not(feature = "ssr"))]
        String::new()
    }
}
