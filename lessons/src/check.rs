//! What is checked of lessons that could be read.

use crate::{Content, Lesson, Part, Problem, START};
use aside_domain::lesson::{Bounds, Checkpoint, Effect, Evidence, Goal, Hops, Prediction, RunWhen, TrafficWhen, When};
use aside_domain::{Kind, Outcome, Place, Scenario, Settings, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Words of prose that a lesson has.
const WORDS: std::ops::RangeInclusive<usize> = 700..=1_200;

/// Sandboxes that are no lesson's: a lesson's place is its slug.
const TAKEN: [&str; 2] = ["free", "home"];

/// The pages that are no lesson's.
const PAGES: [&str; 4] = ["/", "/academy", "/sandbox", "/real"];

/// Checks all lessons, and how they stand to each other.
pub(crate) fn all(lessons: &[Lesson]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = lessons.iter().flat_map(one).collect();
    let slugs: BTreeMap<&str, u32> = lessons.iter().map(|lesson| (lesson.slug.as_str(), lesson.head.order)).collect();
    let mut orders = BTreeSet::new();
    for lesson in lessons {
        if !orders.insert(lesson.head.order) {
            problems.push(lesson.problem(2, format!("another lesson has order {}, too", lesson.head.order)));
        }
        for after in &lesson.head.after {
            match slugs.get(after.as_str()) {
                None => problems.push(lesson.problem(2, format!("it comes after {after:?}, which is no lesson"))),
                Some(order) if *order >= lesson.head.order => {
                    problems.push(lesson.problem(2, format!("it comes after {after:?}, which stands behind it")));
                }
                Some(_) => {}
            }
        }
        for part in &lesson.parts {
            let Content::Prose(html, _) = &part.content else { continue };
            for link in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                if !leads_somewhere(link, lesson, lessons) {
                    problems.push(lesson.problem(part.line, format!("the link to {link} leads nowhere")));
                }
            }
        }
    }
    problems
}

/// Whether a link of a lesson leads to a page, and to a heading or block that is there; what lies outside is not looked at.
fn leads_somewhere(link: &str, lesson: &Lesson, lessons: &[Lesson]) -> bool {
    let (page, anchor) = link.split_once('#').map_or((link, None), |(page, anchor)| (page, Some(anchor)));
    let is_on = |lesson: &Lesson| {
        let has = |anchor| lesson.parts.iter().any(|part| anchor_of(part).as_deref() == Some(anchor));
        anchor.is_none_or(has)
    };
    match page.strip_prefix("/academy/") {
        Some(slug) => lessons.iter().find(|lesson| lesson.slug == slug).is_some_and(is_on),
        None if page.is_empty() => is_on(lesson),
        None => page.starts_with("https://") || PAGES.contains(&page) && anchor.is_none(),
    }
}

/// Checks one lesson by itself.
fn one(lesson: &Lesson) -> Vec<Problem> {
    let mut problems = Vec::new();
    if TAKEN.contains(&lesson.slug.as_str()) || Place::new(lesson.slug.as_str()).is_err() {
        problems.push(lesson.problem(1, "its folder's name cannot be the name of a sandbox"));
    }
    let (mut ids, mut anchors) = (BTreeSet::new(), BTreeSet::new());
    let mut counts = [0_usize; 4];
    let mut words = 0;
    for part in &lesson.parts {
        let mut say = |problem: String| problems.push(lesson.problem(part.line, problem));
        if let Some((_, id)) = id_of(part) {
            let is_plain =
                !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !is_plain {
                say(format!("{id:?} is no id of lower-case letters, digits and hyphens"));
            } else if !ids.insert(id) {
                say(format!("another block has the id {id:?}, too"));
            }
        }
        if anchor_of(part).is_some_and(|anchor| !anchors.insert(anchor)) {
            say("another heading or block has the same address".to_owned());
        }
        match &part.content {
            Content::Heading(level, ..) => {
                if *level < 2 {
                    say("headings begin with ##: the title is in the head".to_owned());
                }
            }
            Content::Prose(_, count) => words += count,
            Content::Checkpoint(checkpoint) => {
                counts[0] += 1;
                checkpoint_of(lesson, checkpoint).map_or_else(&mut say, |()| ());
            }
            Content::Predict(prediction) => {
                counts[1] += 1;
                prediction_of(prediction).map_or_else(&mut say, |()| ());
            }
            Content::Figure(figure) => {
                counts[2] += 1;
                if !lesson.scenarios.contains_key(&figure.scenario) {
                    say(format!("there is no scenario {}", figure.scenario));
                }
            }
            Content::Goal(goal) => {
                counts[3] += 1;
                goal_of(lesson, goal).map_or_else(&mut say, |()| ());
            }
            Content::Example(example) => {
                let node = lesson.start().graph.node(&example.client);
                let sends = node.is_some_and(|node| match &node.settings {
                    Settings::Client(client) => client.requests.contains(&example.request.0),
                    _ => false,
                });
                if !sends {
                    say(format!("{} does not send {} in {START}", example.client, example.request));
                }
            }
        }
    }
    let needs = [(2, "checkpoints"), (1, "prediction"), (1, "figure"), (2, "goals")];
    for (count, (least, what)) in counts.into_iter().zip(needs) {
        if count < least {
            problems.push(lesson.problem(1, format!("it has {count} of {least} {what}")));
        }
    }
    if !WORDS.contains(&words) {
        problems
            .push(lesson.problem(1, format!("it has {words} words; {} to {} are wanted", WORDS.start(), WORDS.end())));
    }
    problems
}

/// What marks the block, and its id.
fn id_of(part: &Part) -> Option<(&'static str, &str)> {
    match &part.content {
        Content::Heading(..) | Content::Prose(..) => None,
        Content::Checkpoint(block) => Some(("checkpoint", &block.id)),
        Content::Predict(block) => Some(("predict", &block.id)),
        Content::Goal(block) => Some(("goal", &block.id)),
        Content::Figure(block) => Some(("figure", &block.id)),
        Content::Example(block) => Some(("example", &block.id)),
    }
}

/// Where a link can lead to within a page.
fn anchor_of(part: &Part) -> Option<String> {
    match &part.content {
        Content::Heading(_, anchor, _) => Some(anchor.clone()),
        _ => id_of(part).map(|(mark, id)| format!("{mark}-{id}")),
    }
}

/// A checkpoint can be carried out on one of the lesson's scenarios, and a second time changes nothing more.
fn checkpoint_of(lesson: &Lesson, checkpoint: &Checkpoint) -> Result<(), String> {
    if checkpoint.effects.is_empty() {
        return Err("it has no effects".to_owned());
    }
    let is_late = |effect: &Effect| matches!(effect, Effect::Replace(_));
    if checkpoint.effects.iter().skip(1).any(is_late) {
        return Err("a scenario can be replaced by the first effect only".to_owned());
    }
    let scenarios = |name: &str| lesson.scenarios.get(name).cloned();
    let apply = |scenario: &Scenario| {
        let mut drawn = scenario.clone();
        checkpoint.effects.iter().try_for_each(|effect| effect.draw(&mut drawn, &scenarios)).map(|()| drawn)
    };
    // The one that the lesson starts from comes first, and its problem is the one that is told.
    let first = apply(lesson.start());
    let drawn = first.or_else(|error| lesson.scenarios.values().find_map(|other| apply(other).ok()).ok_or(error));
    let drawn = drawn.map_err(|error| error.to_string())?;
    match apply(&drawn) {
        Ok(again) if again == drawn => Ok(()),
        _ => Err("applied twice it is not the same as once".to_owned()),
    }
}

fn prediction_of(prediction: &Prediction) -> Result<(), String> {
    match prediction.choices.len() {
        0 | 1 => return Err("there is nothing to choose from".to_owned()),
        _ => {}
    }
    let by = prediction.marked_by();
    let mut choices = prediction.choices.iter().map(|choice| &choice.when);
    if choices.clone().any(contradicts_itself) {
        return Err(format!("a choice can never be right: {NEVER}"));
    }
    match choices.all(|when| when.speaks_of().is_none_or(|source| source == by)) {
        true => Ok(()),
        false => Err("its choices are judged by different things: Play, traffic, or requests from outside".to_owned()),
    }
}

/// Why a condition can never be met.
const NEVER: &str = "at least more than at most, what such a store never answers, or runs and traffic in one";

/// A goal is not met before anything was done, and can be met by what runs and drawings are.
fn goal_of(lesson: &Lesson, goal: &Goal) -> Result<(), String> {
    if goal.hints.iter().any(String::is_empty) {
        return Err("a hint is empty".to_owned());
    }
    if contradicts_itself(&goal.when) {
        return Err(format!("it can never be met: {NEVER}"));
    }
    let scenario = lesson.start();
    let seeds = |settings: &Settings| -> BTreeMap<String, String> {
        match settings {
            Settings::Redis(redis) => {
                redis.keys.iter().map(|seed| (seed.key.to_string(), seed.value.to_string())).collect()
            }
            Settings::Postgres(postgres) => {
                postgres.rows.iter().map(|row| (row.key.to_string(), row.value.to_string())).collect()
            }
            Settings::Client(_) | Settings::Server(_) => BTreeMap::new(),
        }
    };
    let data = scenario.graph.nodes.iter().map(|node| (node.id.clone(), seeds(&node.settings))).collect();
    let evidence = Evidence { graph: &scenario.graph, data: &data, runs: &[], traffic: &[], outside: 0 };
    if goal.when.holds(evidence) { Err("it is met before anything was done".to_owned()) } else { Ok(()) }
}

fn contradicts_itself(when: &When) -> bool {
    let is_never = |hops: &Hops| {
        let can_be = match (hops.at, hops.outcome) {
            (Kind::Client | Kind::Server, _) => false, // these are no stores
            (Kind::Redis, outcome) => outcome != Some(Outcome::Found),
            (Kind::Postgres, outcome) => !matches!(outcome, Some(Outcome::Hit | Outcome::Miss)),
        };
        hops.times > 0 && !can_be
    };
    let of_run = |run: &RunWhen| {
        run.hops.iter().any(|hops| is_never(hops) || hops.most.is_some_and(|most| most < hops.times))
            || run.answers.iter().any(|answers| answers.most.is_some_and(|most| most < answers.times))
            || (run.fresh && run.stale > 0)
            || run.source == Source::Traffic // these are samples, and judged by nothing
    };
    let of_traffic = |traffic: &TrafficWhen| {
        !traffic.bounds().into_iter().all(Bounds::contain_any) || traffic.hit_percent.least > 100
    };
    match when {
        When::Run(run) => of_run(run),
        When::Runs(runs) => runs.is_empty() || runs.iter().any(of_run),
        When::Traffic(traffic) => of_traffic(traffic),
        When::Traffics(traffics) => traffics.is_empty() || traffics.iter().any(of_traffic),
        When::All(all) => all.iter().any(contradicts_itself) || speaks_of_both(all),
        When::Any(any) => any.iter().all(contradicts_itself),
        _ => false,
    }
}

/// Whether runs and traffic have to meet something together: each is judged by itself.
fn speaks_of_both(all: &[When]) -> bool {
    let of_traffic = |when: &When| matches!(when, When::Traffic(_) | When::Traffics(_));
    let of_runs = |when: &When| matches!(when, When::Run(_) | When::Runs(_));
    all.iter().any(of_traffic) && all.iter().any(of_runs)
}
