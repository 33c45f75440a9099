//! Asks the server how goals and predictions stand, when something has happened that could change it, and after the visitor
//! has seen it: a goal that ticks before its packets have arrived would tell the end of the story.

use super::paint;
use super::reader::Reader;
use crate::api;
use crate::browser::{self, find, find_all};
use crate::state::{Memo, RwSignal, StoredValue};
use crate::transport::{lines_of, words::Names};
use crate::view::effect;
use aside_domain::lesson::{Mark, Since, Upto, Verdict, What};
use aside_domain::{NodeId, Source, Status, Timeline};
use leptos::task::spawn_local;
use std::collections::BTreeMap;
use std::time::Duration;
use web_sys::Element;

/// How long to wait before asking again for a verdict that did not come.
const RETRY: Duration = Duration::from_secs(2);
/// How long to leave the server alone after a verdict: requests from outside can give more occasions than anybody can read.
const REST: Duration = Duration::from_millis(200);

/// What verdicts depend on.
#[derive(Debug, Clone, PartialEq)]
struct Occasion {
    /// When the run ended that ended last, on the log's clock.
    ended_us: Option<u64>,
    /// How many requests were served without being told one by one, as far as is remembered.
    unseen: u64,
    /// The latest traffic.
    traffic: u32,
    data: BTreeMap<NodeId, u64>,
    saved: Option<(u64, String)>,
}

/// What the server was asked, and what for: a cheap handle.
#[derive(Clone, Copy, Default)]
pub struct Docket {
    /// What a verdict was asked for last.
    asked: StoredValue<Option<Occasion>>,
    /// Up to where was judged.
    judged: StoredValue<Upto>,
    /// Whether a verdict is waited for.
    is_asking: StoredValue<bool>,
    /// Counts the times that somebody has to look again whether there is something to ask for.
    again: RwSignal<u32>,
    /// The answers that are locked in, by prediction and time, and the run or traffic that was the latest then.
    locked: StoredValue<Vec<(String, u64, u32)>>,
    /// The runs of examples: they are no answer to a question.
    examples: StoredValue<Vec<u32>>,
    /// The example whose receipts are waited for, and its run.
    awaited: RwSignal<Option<(String, u32)>>,
}

impl Docket {
    /// An answer was locked in when that run, or traffic, was the latest.
    pub fn locked(self, answer: &Mark, latest: u32) {
        self.locked.update_value(|locked| locked.push((answer.id.clone(), answer.at_ms, latest)));
    }

    /// An example was sent, in that run.
    pub fn sent(self, id: String, run: u32) {
        self.examples.update_value(|examples| examples.push(run));
        self.awaited.set(Some((id, run)));
    }

    /// The run, or the traffic, that marks an answer: the first one behind the lock that is no example's. While that one still
    /// goes on, because a packet of it is held, no later one does. An answer from before this page was opened, or of another
    /// tab, waits for the next.
    fn marked_by(self, answer: &Mark, verdict: &Verdict, reader: Reader) -> Option<u32> {
        let by = paint::marked_by(&answer.id);
        let latest = reader.latest(by);
        let is_this = |(id, at_ms, _): &&(String, u64, u32)| *id == answer.id && *at_ms == answer.at_ms;
        let since = self.locked.with_value(|locked| locked.iter().find(is_this).map(|(.., number)| *number));
        let Some(since) = since else {
            self.locked(answer, latest);
            return None;
        };
        // A number beyond the latest is from before the server was started anew.
        let since = if since > latest { 0 } else { since };
        let is_example = |run: &u32| self.examples.with_value(|examples| examples.contains(run));
        let marks = |number: &u32| *number > since && (by == Source::Traffic || !is_example(number));
        let numbers = match by {
            Source::Play => &verdict.runs,
            Source::Outside => &verdict.outside,
            Source::Traffic => &verdict.traffic,
        };
        let first = numbers.iter().copied().find(marks)?;
        let goes_on = reader.bench.live.with_timeline(|timeline| {
            let is_before = |number: &u32| *number < first && marks(number);
            timeline.runs.iter().any(|run| run.source == by && !run.is_over() && is_before(&run.run))
        });
        (!goes_on || by == Source::Traffic).then_some(first)
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
        docket.again.track();
        let status = player.view().status.get();
        let Some(sandbox) = live.sandbox().get() else { return };
        // What traffic comes to is told at its end.
        let goes_on = live.with_timeline(|timeline| timeline.traffic.is_some());
        // A sample is one of many: nobody has to have seen it to its end.
        let is_sample = player.with_shown(|run, _, _| run.source != Source::Play).unwrap_or(false);
        let is_watching = status == Status::Playing && !is_sample;
        if is_watching || goes_on || docket.is_asking.get_value() {
            return;
        }
        let occasion = live.with_timeline(|timeline| Occasion {
            ended_us: ended_us(timeline),
            unseen: timeline.runs.iter().flat_map(|run| &run.unseen).map(|unseen| unseen.requests).sum(),
            traffic: timeline.latest_traffic,
            data: timeline.data.clone(),
            saved: timeline.saved.clone(),
        });
        let (is_same, is_run_new) = docket.asked.with_value(|asked| {
            let ended_us = asked.as_ref().and_then(|asked| asked.ended_us);
            (asked.as_ref() == Some(&occasion), ended_us != occasion.ended_us)
        });
        // Somebody who holds the picture in the middle of a run has not seen its end.
        if is_same || status == Status::Paused && is_run_new && !is_sample {
            return;
        }
        docket.asked.set_value(Some(occasion));
        docket.is_asking.set_value(true);
        spawn_local(ask(reader, sandbox));
    });
}

async fn ask(reader: Reader, sandbox: String) {
    let docket = reader.docket;
    let (forgotten, forgotten_traffic) = forgotten(reader);
    let since = Since { forgotten, forgotten_traffic, judged: docket.judged.get_value() };
    match api::judge(sandbox, reader.place.get_value(), since).await {
        Ok(_) if is_ahead(reader) => docket.asked.set_value(None), // it is asked for again at the end
        Ok(verdict) => {
            take(reader, &verdict);
            browser::sleep(REST).await;
        }
        Err(_) => {
            browser::sleep(RETRY).await;
            docket.asked.try_set_value(None);
        }
    }
    docket.is_asking.try_set_value(false);
    docket.again.try_update(|again| *again += 1);
}

/// When the last run ended.
fn ended_us(timeline: &Timeline) -> Option<u64> {
    timeline.runs.iter().filter_map(|run| run.ended).map(|(at_us, _)| at_us).max()
}

/// Whether a verdict tells of more than the viewer has seen: a run came to its end between the question and the answer, and he
/// is in the middle of it.
fn is_ahead(Reader { bench, docket, .. }: Reader) -> bool {
    let is_within = matches!(bench.player.view().status.get_untracked(), Status::Playing | Status::Paused);
    let is_played = bench.player.with_shown(|run, _, _| run.source == Source::Play).unwrap_or(false);
    let asked = docket.asked.with_value(|asked| asked.as_ref().and_then(|asked| asked.ended_us));
    is_within && is_played && bench.live.with_timeline(ended_us) != asked
}

/// The latest run and the latest traffic when the lesson was started over, here or on another device: what came before them is
/// forgotten. The browser keeps them, for the server's log outlives the page.
fn forgotten(reader: Reader) -> (u32, u32) {
    let slug = reader.slug();
    let over_ms = reader
        .keeper
        .with_untracked(|progress| progress.find(&slug, What::StartedOver, "").map(|over| over.at_ms.to_string()));
    let Some(over_ms) = over_ms else { return (0, 0) };
    let drawer = format!("aside:forgotten:{slug}");
    let kept = browser::recall(&drawer);
    let mut kept = kept.as_deref().unwrap_or_default().split(' ');
    if kept.next() == Some(&over_ms) {
        let mut number = || kept.next().and_then(|number| number.parse().ok()).unwrap_or(0);
        return (number(), number());
    }
    let latest = (reader.latest(Source::Play), reader.latest(Source::Traffic));
    browser::keep(&drawer, Some(&format!("{over_ms} {} {}", latest.0, latest.1)));
    latest
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

/// Ticks the goals that are met, and marks the answers that runs and traffic were about.
fn take(reader: Reader, verdict: &Verdict) {
    let (slug, docket) = (reader.slug(), reader.docket);
    docket.judged.set_value(verdict.judged);
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
                && let Some(number) = docket.marked_by(answer, verdict, reader)
            {
                marks.push(Mark { happened: Some(right(verdict, number, &answer.id)), ..answer.clone() });
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

/// What a run, or traffic, made right of a prediction, by the choices' places.
fn right(verdict: &Verdict, number: u32, id: &str) -> Vec<u32> {
    let choices = 0..find_all(&format!("[data-prediction=\"{id}\"] [data-choice]")).len() as u32;
    choices.filter(|place| verdict.holds.contains(&format!("{number}/{id}/{place}"))).collect()
}
