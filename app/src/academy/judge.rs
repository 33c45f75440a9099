//! Asks the server how goals and predictions stand, when something has happened that could change it, and after the visitor
//! has seen it: a goal that ticks before its packets have arrived would tell the end of the story.

use super::paint;
use super::reader::Reader;
use crate::api;
use crate::browser::{self, find, find_all};
use crate::state::{Memo, RwSignal, StoredValue};
use crate::transport::{lines_of, words::Names};
use crate::view::effect;
use aside_domain::lesson::{Mark, Since, Verdict, What};
use aside_domain::{NodeId, Status};
use leptos::task::spawn_local;
use std::collections::BTreeMap;
use std::time::Duration;
use web_sys::Element;

/// How long to wait before asking again for a verdict that did not come.
const RETRY: Duration = Duration::from_secs(2);

/// What verdicts depend on.
#[derive(Debug, Clone, PartialEq)]
struct Occasion {
    /// The latest run, if it is over.
    run: Option<u32>,
    data: BTreeMap<NodeId, u64>,
    saved: Option<(u64, String)>,
}

/// What the server was asked, and what for: a cheap handle.
#[derive(Clone, Copy, Default)]
pub struct Docket {
    /// What a verdict was asked for last.
    asked: StoredValue<Option<Occasion>>,
    /// The latest run that was judged.
    judged: StoredValue<u32>,
    /// Counts the verdicts that did not come.
    failed: RwSignal<u32>,
    /// The answers that are locked in, by prediction and time, and the run that was the latest then.
    locked: StoredValue<Vec<(String, u64, u32)>>,
    /// The runs of examples: they are no answer to a question.
    examples: StoredValue<Vec<u32>>,
    /// The example whose receipts are waited for, and its run.
    awaited: RwSignal<Option<(String, u32)>>,
}

impl Docket {
    /// An answer was locked in when that run was the latest.
    pub fn locked(self, answer: &Mark, latest: u32) {
        self.locked.update_value(|locked| locked.push((answer.id.clone(), answer.at_ms, latest)));
    }

    /// An example was sent, in that run.
    pub fn sent(self, id: String, run: u32) {
        self.examples.update_value(|examples| examples.push(run));
        self.awaited.set(Some((id, run)));
    }

    /// The run that marks an answer: the first one behind the lock that is no example's. An answer from before this page was
    /// opened, or of another tab, waits for the next run.
    fn marking_run(self, answer: &Mark, verdict: &Verdict, latest: u32) -> Option<u32> {
        let is_this = |(id, at_ms, _): &&(String, u64, u32)| *id == answer.id && *at_ms == answer.at_ms;
        let since = self.locked.with_value(|locked| locked.iter().find(is_this).map(|(.., run)| *run));
        let Some(since) = since else {
            self.locked(answer, latest);
            return None;
        };
        // A number beyond the latest run is from before the server was started anew.
        let since = if since > latest { 0 } else { since };
        let is_example = |run: &u32| self.examples.with_value(|examples| examples.contains(run));
        verdict.runs.iter().copied().find(|run| *run > since && !is_example(run))
    }
}

/// Follows what happens in the lesson's sandbox.
pub fn follow(reader: Reader) {
    let (live, player, docket) = (reader.bench.live, reader.bench.player, reader.docket);
    let names = Names::of(reader.bench.editor);
    effect(move || {
        live.version().track();
        if player.view().status.get() != Status::Playing {
            show_example(reader, names);
        }
    });
    let is_known = Memo::new(move || live.version().get() > 0);
    effect(move || {
        reader.keeper.with(|_| ());
        if is_known.get() {
            forgotten(reader); // noted at once: what is done from now on counts
        }
    });
    effect(move || {
        live.version().track();
        docket.failed.track();
        let status = player.view().status.get();
        let Some(sandbox) = live.sandbox().get() else { return };
        if status == Status::Playing {
            return;
        }
        let occasion = live.with_timeline(|timeline| Occasion {
            run: timeline.latest().filter(|run| run.is_over()).map(|run| run.run),
            data: timeline.data.clone(),
            saved: timeline.saved.clone(),
        });
        let (is_same, is_run_new) = docket.asked.with_value(|asked| {
            let run = asked.as_ref().and_then(|asked| asked.run);
            (asked.as_ref() == Some(&occasion), run != occasion.run)
        });
        // Somebody who holds the picture in the middle of a run has not seen its end.
        if is_same || status == Status::Paused && is_run_new {
            return;
        }
        docket.asked.set_value(Some(occasion));
        spawn_local(ask(reader, sandbox));
    });
}

async fn ask(reader: Reader, sandbox: String) {
    let docket = reader.docket;
    let since = Since { forgotten: forgotten(reader), judged: docket.judged.get_value() };
    match api::judge(sandbox, reader.place.get_value(), since).await {
        Ok(verdict) => take(reader, &verdict),
        Err(_) => {
            browser::sleep(RETRY).await;
            docket.asked.try_set_value(None);
            docket.failed.try_update(|failed| *failed += 1);
        }
    }
}

/// The latest run when the lesson was started over, here or on another device: what came before it is forgotten. The browser
/// keeps it, for the server's log outlives the page.
fn forgotten(reader: Reader) -> u32 {
    let slug = reader.slug();
    let over_ms = reader
        .keeper
        .with_untracked(|progress| progress.find(&slug, What::StartedOver, "").map(|over| over.at_ms.to_string()));
    let Some(over_ms) = over_ms else { return 0 };
    let drawer = format!("aside:forgotten:{slug}");
    let kept = browser::recall(&drawer);
    let run = kept.as_deref().and_then(|kept| kept.strip_prefix(&over_ms)?.strip_prefix(' ')?.parse().ok());
    run.unwrap_or_else(|| {
        let latest = reader.latest_run();
        browser::keep(&drawer, Some(&format!("{over_ms} {latest}")));
        latest
    })
}

/// Shows the receipts of the example that was sent, once its run is over.
fn show_example(reader: Reader, names: Names) {
    let awaited = reader.docket.awaited;
    let Some((id, number)) = awaited.get() else { return };
    let lines = reader
        .bench
        .live
        .with_timeline(|timeline| timeline.run(number).filter(|run| run.is_over()).map(|run| lines_of(run, names)));
    if let Some(lines) = lines {
        awaited.set(None);
        paint::receipts(&id, &lines);
    }
}

/// Ticks the goals that are met, and marks the answers that runs were about.
fn take(reader: Reader, verdict: &Verdict) {
    let (slug, docket, latest) = (reader.slug(), reader.docket, reader.latest_run());
    let judged = docket.judged.get_value();
    docket.judged.set_value(verdict.runs.last().copied().unwrap_or(judged.min(latest)));
    let mut marks: Vec<Mark> = Vec::new();
    let mut met = 0;
    let goals = find_all("[data-goal]");
    reader.keeper.with_untracked(|progress| {
        for id in goals.iter().filter_map(|goal| goal.get_attribute("data-goal")) {
            let is_old = progress.find(&slug, What::Goal, &id).is_some();
            if !is_old && verdict.holds.contains(&id) {
                marks.push(reader.mark(What::Goal, &id));
            }
            met += usize::from(is_old);
        }
        for answer in progress.marks(&slug) {
            if answer.what == What::Answer
                && answer.happened.is_none()
                && find::<Element>(&format!("[data-prediction=\"{}\"]", answer.id)).is_some()
                && let Some(run) = docket.marking_run(answer, verdict, latest)
            {
                marks.push(Mark { happened: Some(right(verdict, run, &answer.id)), ..answer.clone() });
            }
        }
    });
    let fresh: Vec<&Mark> = marks.iter().filter(|mark| mark.what == What::Goal).collect();
    if !marks.is_empty()
        && reader.keeper.add(&marks)
        && let Some(first) = fresh.first()
    {
        reader.bench.notices.say(match fresh.len() {
            count if met + count == goals.len() => "Goal reached, and with it all goals of this lesson.".to_owned(),
            1 => format!("Goal reached: {}", paint::goal(&first.id)),
            several => format!("{several} goals reached."),
        });
    }
}

/// What a run made right of a prediction, by the choices' places.
fn right(verdict: &Verdict, run: u32, id: &str) -> Vec<u32> {
    let choices = 0..find_all(&format!("[data-prediction=\"{id}\"] [data-choice]")).len() as u32;
    choices.filter(|place| verdict.holds.contains(&format!("{run}/{id}/{place}"))).collect()
}
