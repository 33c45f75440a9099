//! A run drawn along the timeline: one segment for each hop, in units of frames.

use aside_domain::timeline::{Hop, Run};
use aside_domain::{Outcome, decimal};
use std::collections::HashMap;
use std::fmt::Write;

/// More segments than this are drawn together: they would be narrower than a pixel.
const MOST: usize = 400;
/// Up to this many hops there is room for their signs.
const SIGNED: usize = 48;
/// Clients that get a lane of their own; those beyond share the last.
pub const LANES: usize = 6;

/// One hop, or neighbours drawn together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Which client's.
    pub lane: usize,
    /// Whether it is the call that encloses the hops to the stores.
    pub encloses: bool,
    /// Where it begins, in frames.
    pub from: u32,
    /// Where it ends, in frames.
    pub to: u32,
    /// What came of it; none while it is open.
    pub outcome: Option<Outcome>,
}

/// How many hops that are drawn together had each outcome, in no order.
type Votes = Vec<(u32, Option<Outcome>)>;

/// The number of lanes of a run, at least one.
#[must_use]
pub fn lanes(run: &Run) -> usize {
    (run.lanes as usize).clamp(1, LANES)
}

/// The segments of a run, those of neighbours drawn together if there are too many.
#[must_use]
pub fn of(run: &Run) -> Vec<Segment> {
    let mut lane_of = HashMap::new();
    for asked in &run.requests {
        let next = lane_of.len().min(lanes(run) - 1);
        lane_of.entry(&asked.client).or_insert(next);
    }
    let requests = run.by_number();
    let end = run.frames.len() as u32;
    let segment = |hop: &Hop| {
        let client = requests.get(&hop.request).map(|asked| &asked.client);
        Segment {
            lane: client.and_then(|client| lane_of.get(client)).copied().unwrap_or(0),
            encloses: client.is_some_and(|client| *client == hop.from),
            from: hop.message_frame,
            to: hop.reply_frame.map_or(end, |reply| reply + 1),
            outcome: hop.receipt.as_ref().map(|receipt| receipt.outcome),
        }
    };
    let all: Vec<Segment> = run.hops.iter().map(segment).collect();
    if all.len() <= MOST { all } else { together(&all, end, lanes(run)) }
}

/// Draws neighbours together. A failure among them is always seen; else they take the outcome that most of them had.
fn together(all: &[Segment], end: u32, lanes: usize) -> Vec<Segment> {
    let buckets = (MOST / (2 * lanes)).max(1) as u32;
    let width = end.div_ceil(buckets).max(1);
    let mut merged: Vec<Option<(Segment, Votes)>> = Vec::new();
    merged.resize_with(2 * lanes * buckets as usize, || None);
    for segment in all {
        let row = 2 * segment.lane + usize::from(segment.encloses);
        let Some(place) = merged.get_mut(row * buckets as usize + (segment.from / width) as usize) else { continue };
        let (sum, votes) = place.get_or_insert_with(|| (*segment, Votes::new()));
        sum.from = sum.from.min(segment.from);
        sum.to = sum.to.max(segment.to);
        match votes.iter_mut().find(|(_, outcome)| *outcome == segment.outcome) {
            Some((count, _)) => *count += 1,
            None => votes.push((1, segment.outcome)),
        }
    }
    let decide = |(mut sum, votes): (Segment, Votes)| {
        let outcomes = votes.iter().map(|(_, outcome)| *outcome);
        let failure = outcomes.filter(|outcome| outcome.is_some_and(Outcome::is_failure)).min();
        let most = votes.iter().max().and_then(|(_, outcome)| *outcome);
        sum.outcome = failure.unwrap_or(most);
        sum
    };
    merged.into_iter().flatten().map(decide).collect()
}

/// The inside of an SVG that shows a run, all measures in percent of it. It holds numbers and fixed words only.
#[must_use]
pub fn svg(run: &Run) -> String {
    let (segments, lanes, frames) = (of(run), lanes(run) as f64, run.frames.len() as f64);
    let mut svg = String::with_capacity(segments.len() * 110);
    let (is_signed, is_merged) = (run.hops.len() <= SIGNED, run.hops.len() > MOST);
    svg.push_str(if is_merged { r#"<g class="merged">"# } else { "<g>" });
    for segment in &segments {
        let (x, width) =
            (100.0 * f64::from(segment.from) / frames, 100.0 * f64::from(segment.to - segment.from) / frames);
        let lane = 100.0 / lanes;
        // In a lane the enclosing call is a thin band above, and the hops to the stores are blocks below.
        let (top, height) = if segment.encloses { (0.04, 0.20) } else { (0.32, 0.64) };
        let (y, height) = (lane * (segment.lane as f64 + top), lane * height);
        let (class, word) =
            (if segment.encloses { "call" } else { "hop" }, segment.outcome.map_or("open", Outcome::word));
        let place = [x, y, width, height].map(|percent| decimal(percent, 3));
        let [left, top, wide, high] = &place;
        // Writing to a string cannot fail.
        let _ = write!(
            svg,
            r#"<rect class="{class}" data-tone="{word}" x="{left}%" y="{top}%" width="{wide}%" height="{high}%"/>"#
        );
        if let (true, false, Some(outcome)) = (is_signed, segment.encloses, segment.outcome) {
            let (middle, line) = (decimal(x + width / 2.0, 3), decimal(y + height / 2.0, 3));
            let _ = write!(svg, r#"<text data-tone="{word}" x="{middle}%" y="{line}%">{}</text>"#, outcome.sign());
        }
    }
    svg.push_str("</g>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(from: u32, outcome: Outcome) -> Segment {
        Segment { lane: 0, encloses: false, from, to: from + 2, outcome: Some(outcome) }
    }

    #[test]
    fn thousands_of_hops_are_drawn_as_a_few_hundred_segments_from_end_to_end() {
        let all: Vec<Segment> = (0..8_000).map(|index| hop(index * 2, Outcome::Hit)).collect();
        let drawn = together(&all, 16_000, 1);
        assert!(drawn.len() <= MOST && drawn.len() > MOST / 4, "{}", drawn.len());
        assert_eq!((drawn[0].from, drawn[drawn.len() - 1].to), (0, 16_000));
        assert!(drawn.windows(2).all(|pair| pair[0].to == pair[1].from));
    }

    #[test]
    fn one_failure_among_thousands_is_seen() {
        let mut all: Vec<Segment> = (0..8_000).map(|index| hop(index * 2, Outcome::Hit)).collect();
        all[4_321].outcome = Some(Outcome::TimedOut);
        let drawn = together(&all, 16_000, 1);
        assert_eq!(drawn.iter().filter(|segment| segment.outcome == Some(Outcome::TimedOut)).count(), 1);
    }
}
