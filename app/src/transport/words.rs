//! Figures and names as people read them.

use crate::editor::Editor;
use crate::state::Memo;
use crate::transport::Player;
use aside_domain::Leg;
use aside_domain::event::Outcome;
use aside_domain::timeline::Run;
use aside_domain::{NodeId, decimal, grouped};

/// What the nodes are called.
#[derive(Clone, Copy)]
pub struct Names {
    editor: Editor,
    /// All of them with their ids: changes when a name does, and not when a node moves.
    all: Memo<String>,
}

impl Names {
    /// The names in a drawing.
    pub fn of(editor: Editor) -> Self {
        let all = Memo::new(move || {
            editor.revision().track();
            editor.with(|scenario| {
                let nodes = &scenario.graph.nodes;
                nodes.iter().flat_map(|node| [node.id.as_str(), "\n", node.name.as_str(), "\n"]).collect()
            })
        });
        Self { editor, all }
    }

    /// A node's name, or its id if it is no longer in the drawing; tracks the names.
    pub fn get(&self, id: &NodeId) -> String {
        self.all.with(|_| ()); // read, for a memo that nobody reads never wakes
        let name = self.editor.with(|scenario| scenario.graph.node(id).map(|node| node.name.to_string()));
        name.unwrap_or_else(|| if id.is_outside() { "Outside".to_owned() } else { id.to_string() })
    }
}

/// What flies in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flying {
    /// `Server → Redis`
    pub path: String,
    /// The command as a learner would write it.
    pub command: String,
    /// What came of it, if this is the reply.
    pub outcome: Option<Outcome>,
}

impl Flying {
    /// What flies in the frame that is looked at; none before the first. Tracks frame, run and names.
    pub fn now(player: Player, names: Names) -> Option<Self> {
        let view = player.view();
        view.edition.track();
        view.run.track();
        let index = view.frame.get().checked_sub(1)?;
        player.with_shown(|run, _, _| Self::of(run, index as usize, names))?
    }

    fn of(run: &Run, index: usize, names: Names) -> Option<Self> {
        let (hop, leg) = run.hop_of(index)?;
        let is_reply = leg == Leg::Reply;
        Some(Self {
            path: format!("{} → {}", names.get(&hop.from), names.get(&hop.to)),
            command: hop.shown.clone(),
            outcome: hop.receipt.as_ref().filter(|_| is_reply).map(|receipt| receipt.outcome),
        })
    }
}

impl std::fmt::Display for Flying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}", self.path, self.command)?;
        self.outcome.map_or(Ok(()), |outcome| write!(f, ", {outcome}"))
    }
}

/// `Frame 7 of 16`
pub fn counter(frame: u64, frames: u64) -> String {
    if frames == 0 { "No frames yet".to_owned() } else { format!("Frame {frame} of {frames}") }
}

/// A measured time as a receipt shows it: `832 µs`, `1.24 ms`.
pub fn took(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", decimal(us as f64 / 1_000.0, 2)),
        _ => format!("{} s", decimal(us as f64 / 1_000_000.0, 2)),
    }
}

/// A time in two digits: `2.1 ms`.
pub fn about(us: u64) -> String {
    let us = us as f64;
    if us < 995.0 {
        format!("{} µs", two_digits(us))
    } else if us < 995_000.0 {
        format!("{} ms", two_digits(us / 1_000.0))
    } else {
        format!("{} s", two_digits(us / 1_000_000.0))
    }
}

/// How a film's speed compares to what really happened: `shown 3,000 times slower`.
pub fn pace(slowdown: f64) -> String {
    if slowdown >= 1.05 {
        format!("shown {} times slower", two_digits(slowdown))
    } else if slowdown <= 1.0 / 1.05 {
        format!("shown {} times faster", two_digits(1.0 / slowdown))
    } else {
        "shown as fast as it was".to_owned()
    }
}

/// A positive number rounded to two significant digits.
fn two_digits(number: f64) -> String {
    if number < 9.95 {
        let text = decimal(number, 1);
        return text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned);
    }
    let mut unit = 1.0;
    while number / unit >= 99.5 {
        unit *= 10.0;
    }
    grouped(((number / unit).round() * unit).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_shows_every_digit_that_was_measured_below_a_millisecond() {
        let shown = [7, 999, 1_000, 12_340, 2_000_000].map(took);
        assert_eq!(shown, ["7 µs", "999 µs", "1.00 ms", "12.34 ms", "2.00 s"]);
    }

    #[test]
    fn a_run_is_told_in_two_digits() {
        let shown = [0, 830, 834, 2_140, 96_400, 1_500_000].map(about);
        assert_eq!(shown, ["0 µs", "830 µs", "830 µs", "2.1 ms", "96 ms", "1.5 s"]);
    }

    #[test]
    fn the_pace_says_slower_faster_or_neither() {
        assert_eq!(pace(2_987.0), "shown 3,000 times slower");
        assert_eq!(pace(1.52), "shown 1.5 times slower");
        assert_eq!(pace(9.96), "shown 10 times slower");
        assert_eq!(pace(0.25), "shown 4 times faster");
        assert_eq!(pace(1.01), "shown as fast as it was");
    }

    #[test]
    fn before_the_first_run_there_are_no_frames() {
        assert_eq!(counter(0, 0), "No frames yet");
        assert_eq!(counter(7, 16), "Frame 7 of 16");
    }
}
