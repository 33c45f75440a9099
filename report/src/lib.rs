//! What people see of traffic: HTML, SVG and CSV, written by the server.
//!
//! The browser's module knows nothing of it: it puts a panel into its place as it comes.
//!
//! # Layout
//!
//! - [`panel`]: the inspector's panel, while traffic goes on and after it.
//! - [`choices`](choices()): what stands below it: what to compare it with, and where to get it.
//! - [`page`](page()): a report that stands by itself. [`csv`](csv()): a table, a row for each second.
//! - `charts` says which lines are drawn of what was measured; `chart` draws them, by `plotters`.
//! - `figures` are the numbers beside them; `differences` tells what differs between two traffics, and what came of it.
//! - `words` writes numbers, times and traffic as people read them.
//!
//! *Invariant*: nothing here does IO, reads a clock or measures: all figures come from [`aside_domain::measured`].

mod chart;
mod charts;
mod choices;
mod csv;
mod differences;
mod figures;
mod page;
mod panel;
mod words;

pub use choices::{choices, file_name};
pub use csv::{csv, no_formula};
pub use page::page;
pub use panel::panel;
