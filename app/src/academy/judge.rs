//! Asks the server how goals and predictions stand, when something has happened that could change it, and after the visitor
//! has seen it: a goal that ticks before its packets have arrived would tell the end of the story.

use super::paint;
use super::reader::Reader;
use crate::api;
use crate::browser::find_all;
use crate::state::StoredValue;
use crate::transport::{lines_of, words::Names};
use crate::view::effect;
use aside_domain::lesson::{Mark, Verdict, What};
use aside_domain::{NodeId, Status};
use std::collections::BTreeMap;

/// What verdicts depend on.
#[derive(Debug, Clone, PartialEq)]
struct Occasion {
    /// The latest run, if it is over.
    run: Option<u32>,
    data: BTreeMap<NodeId, u64>,
    saved: Option<(u64, String)>,
}

/// Follows what happens in the lesson's sandbox.
pub fn follow(reader: Reader) {
    let (live, player) = (reader.bench.live, reader.bench.player);
    let names = Names::of(reader.bench.editor);
    let judged = StoredValue::new(None::<Occasion>);
    effect(move || {
        live.version().track();
        let status = player.view().status.get();
        if live.sandbox().with(Option::is_none) || status == Status::Playing {
            return;
        }
        let occasion = live.with_timeline(|timeline| Occasion {
            run: timeline.latest().filter(|run| run.is_over()).map(|run| run.run),
            data: timeline.data.clone(),
            saved: timeline.saved.clone(),
        });
        let (is_same, is_new_run_alone) = judged.with_value(|judged| match judged {
            Some(judged) => (*judged == occasion, judged.data == occasion.data && judged.saved == occasion.saved),
            None => (false, false),
        });
        // Somebody who holds the picture in the middle of a run has not seen its end.
        if is_same || status == Status::Paused && is_new_run_alone {
            return;
        }
        judged.set_value(Some(occasion));
        show_example(reader, names);
        live.ask(move |sandbox| api::judge(sandbox, reader.place.get_value()), move |verdict| take(reader, &verdict));
    });
}

/// Shows the receipts of the example that was sent, once its run is over.
fn show_example(reader: Reader, names: Names) {
    let Some((id, before)) = reader.sent.get_value() else { return };
    let lines = reader.bench.live.with_timeline(|timeline| {
        let run = timeline.latest().filter(|run| run.is_over() && run.run > before)?;
        Some(lines_of(run, names))
    });
    if let Some(lines) = lines {
        reader.sent.set_value(None);
        paint::receipts(&id, &lines);
    }
}

/// Ticks the goals that are met, and marks the answers that the run was about.
fn take(reader: Reader, verdict: &Verdict) {
    let slug = reader.slug();
    let mut marks: Vec<Mark> = Vec::new();
    let mut met = 0;
    reader.keeper.with_untracked(|progress| {
        for id in find_all("[data-goal]").iter().filter_map(|goal| goal.get_attribute("data-goal")) {
            let is_old = progress.find(&slug, What::Goal, &id).is_some();
            if !is_old && verdict.holds.contains(&id) {
                marks.push(reader.mark(What::Goal, &id));
            }
            met += usize::from(is_old);
        }
        let is_open = |mark: &&Mark| mark.what == What::Answer && mark.happened.is_none();
        let ran = |id: &str| is_after_lock(reader, id, verdict.run);
        let answers = progress.marks(&slug).filter(is_open).filter(|mark| ran(&mark.id));
        marks.extend(answers.map(|mark| Mark { happened: Some(right(verdict, &mark.id)), ..mark.clone() }));
    });
    if marks.is_empty() {
        return;
    }
    let fresh: Vec<&Mark> = marks.iter().filter(|mark| mark.what == What::Goal).collect();
    reader.keeper.add(&marks);
    if let Some(first) = fresh.first() {
        reader.bench.notices.say(match fresh.len() {
            count if met + count == find_all("[data-goal]").len() => {
                "Goal reached, and with it all goals of this lesson.".to_owned()
            }
            1 => format!("Goal reached: {}", paint::goal(&first.id)),
            several => format!("{several} goals reached."),
        });
    }
}

/// Whether that run came after the answer was locked in. One from before this page was opened waits for the next run, and
/// so it does when the server was started anew and counts runs from 1 again.
fn is_after_lock(reader: Reader, id: &str, run: u32) -> bool {
    let mut is_after = false;
    reader.locked_at.update_value(|locked| match locked.iter_mut().find(|(other, _)| other == id) {
        Some((_, since)) => {
            *since = (*since).min(run);
            is_after = run > *since;
        }
        None => locked.push((id.to_owned(), run)),
    });
    is_after
}

/// What the run made right of a prediction, by the choices' places.
fn right(verdict: &Verdict, id: &str) -> Vec<u32> {
    let choices = 0..find_all(&format!("[data-prediction=\"{id}\"] [data-choice]")).len() as u32;
    choices.filter(|place| verdict.holds.contains(&format!("{id}/{place}"))).collect()
}
