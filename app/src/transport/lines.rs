//! The lines of the log as they stand in the document.
//!
//! Lines come and go at both ends, and marking the current one touches two lines and no others: a line that stays is the
//! same element, with the keyboard in it if it was there.

use super::receipt;
use super::words::Names;
use aside_domain::timeline::Run;
use web_sys::Element;

/// Which lines are rendered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Window {
    /// The run's number; 0 if none is shown.
    pub run: u32,
    /// How many hops of it ended.
    pub total: usize,
    /// How many of these stand before the first line.
    pub first: usize,
    /// The rank of the last line.
    pub end: usize,
}

/// The lines that differ from the others, by their rank: their place in the order of ending, from 1; 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// The run's number.
    pub run: u32,
    /// The receipt that was reached last.
    pub current: usize,
    /// The line that the Tab key goes to.
    pub stop: usize,
    /// The line that shows its details.
    pub open: usize,
}

/// What was rendered.
#[derive(Default)]
pub(super) struct Lines {
    run: u32,
    first: usize,
    /// The insides of the buttons, line by line.
    insides: Vec<String>,
    marks: Marks,
}

impl Lines {
    /// Renders a window of a run: what is new in it, and what reads differently now.
    pub fn render(&mut self, list: &Element, run: &Run, window: Window, names: Names) {
        let (first, end) = (self.first, self.first + self.insides.len());
        if self.run != window.run || window.first >= end || window.end <= first {
            self.clear(list);
            (self.run, self.first) = (window.run, window.first);
        } else {
            remove(window.first.saturating_sub(first), || list.first_element_child());
            remove(end.saturating_sub(window.end), || list.last_element_child());
        }
        let end = self.first + self.insides.len();
        let (mut before, mut after) = (String::new(), String::new());
        let mut insides = Vec::with_capacity(window.end - window.first);
        for (index, hop) in run.ended().enumerate().take(window.end).skip(window.first) {
            let rank = index + 1;
            let inside = receipt::inside(run, hop, rank, names);
            if index < self.first {
                before.push_str(&receipt::line(run, hop, rank, &inside));
            } else if index >= end {
                after.push_str(&receipt::line(run, hop, rank, &inside));
            } else if self.insides[index - self.first] != inside
                && let Some(button) = button(list, rank)
            {
                button.set_inner_html(&inside);
                if hop.stale.is_some() {
                    // Setting an attribute of that name cannot fail.
                    let _ = button.set_attribute("data-stale", "true");
                }
            }
            insides.push(inside);
        }
        (self.first, self.insides) = (window.first, insides);
        // Inserting at these places cannot fail.
        let _ = list.insert_adjacent_html("afterbegin", &before);
        let _ = list.insert_adjacent_html("beforeend", &after);
        for rank in [self.marks.current, self.marks.stop, self.marks.open] {
            self.paint(list, run, rank);
        }
    }

    /// Lets all lines go.
    pub fn clear(&mut self, list: &Element) {
        list.set_inner_html("");
        self.insides.clear();
    }

    /// Marks these lines, and those marked before no longer.
    pub fn mark(&mut self, list: &Element, run: &Run, marks: Marks) {
        let before = std::mem::replace(&mut self.marks, marks);
        for rank in [before.current, before.stop, before.open, marks.current, marks.stop, marks.open] {
            self.paint(list, run, rank);
        }
    }

    /// Brings a line's state into the document, if the line is there.
    fn paint(&self, list: &Element, run: &Run, rank: usize) {
        let Some(button) = button(list, rank) else { return };
        let Some(line) = button.parent_element() else { return };
        // The run may have changed a moment before its marks.
        let marks = if self.marks.run == run.run { self.marks } else { Marks::default() };
        let (is_current, is_open) = (rank == marks.current, rank == marks.open);
        line.set_class_name(if is_current { "receipt current" } else { "receipt" });
        // Setting or removing attributes of these names cannot fail, nor inserting into a line.
        let _ = if is_current {
            button.set_attribute("aria-current", "true")
        } else {
            button.remove_attribute("aria-current")
        };
        let _ = button.set_attribute("aria-expanded", if is_open { "true" } else { "false" });
        let _ = button.set_attribute("tabindex", if rank == marks.stop { "0" } else { "-1" });
        match button.next_element_sibling() {
            Some(details) if !is_open => details.remove(),
            None if is_open => {
                let details = run.ended().nth(rank - 1).map(|hop| receipt::details(run, hop));
                let _ = line.insert_adjacent_html("beforeend", &details.unwrap_or_default());
            }
            _ => {}
        }
    }
}

/// The button of a line, if that is rendered.
fn button(list: &Element, rank: usize) -> Option<Element> {
    list.query_selector(&format!("[data-rank='{rank}']")).ok().flatten()
}

fn remove(count: usize, next: impl Fn() -> Option<Element>) {
    (0..count).filter_map(|_| next()).for_each(|line| line.remove());
}
