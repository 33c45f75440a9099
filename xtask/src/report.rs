//! One line a step, with the time it took.

use std::time::{Duration, Instant};

/// Prints a finished step: `  stylesheet      0.02 s  6 files, 14 KB`.
pub fn step(name: &str, began: Instant, detail: &str) {
    println!("{}", line(name, began.elapsed(), detail));
}

/// Prints what is about to happen, for steps that take long or speak for themselves.
pub fn heading(text: &str) {
    println!("==> {text}");
}

/// One step as a line of text.
pub fn line(name: &str, took: Duration, detail: &str) -> String {
    format!("  {name:<22} {:>7.2} s  {detail}", took.as_secs_f64()).trim_end().to_owned()
}

/// A size as people say it.
pub fn kilobytes(bytes: u64) -> String {
    format!("{:.1} KB", bytes as f64 / 1024.0)
}
