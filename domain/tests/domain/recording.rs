//! Runs as files: what is read is what was written, and what is mangled is refused and breaks nothing.

use crate::support::cases;
use crate::support::logs::{events_of, latest, run_courses, run_of, textbook_course};
use crate::support::scenarios::scenarios;
use aside_domain::recording::{FORMAT, Figures};
use aside_domain::{Event, Fact, Film, Playback, PlaybackCommand, Recording, Scenario, json, scene};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// What a run wrote, without what else was told meanwhile.
fn recording_of(scenario: Scenario, events: Vec<Event>) -> Recording {
    let own = events.into_iter().filter(|event| event.fact.run().is_some());
    let events = (1..).zip(own).map(|(seq, event)| Event { seq, ..event }).collect();
    Recording { recording: FORMAT, scenario, breakers: Vec::new(), events }
}

fn textbook() -> Recording {
    recording_of(Scenario::textbook(), events_of(&textbook_course()))
}

/// Everything that a screen does with a recording.
fn look_at(recording: &Recording) {
    let timeline = recording.timeline();
    let Some(run) = timeline.latest() else { return };
    let (film, mut playback) = (Film::of(run), Playback::default());
    for frame in 0..=run.frames.len() {
        playback.apply(PlaybackCommand::Seek(frame as f64 + 0.5), &film);
        let _ = (scene::packets(run, &film, &playback), run.tallies_at(frame), run.breakers_at(frame));
    }
    let _ = (Figures::of(run), film.real_us(), film.slowdown(1.0), run.took_us(), run.one_in());
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn what_is_read_is_what_was_written(scenario in scenarios(), course in run_courses(3, 6)) {
        let recording = recording_of(scenario, events_of(&course));
        let read = Recording::from_json(&json::write(&recording));
        prop_assert_eq!(read.as_ref(), Ok(&recording));
        let timeline = recording.timeline();
        prop_assert_eq!(&timeline.latest().expect("a run").frames, &latest(&recording.events).frames);
        look_at(&recording);
    }
}

/// What is done to a place in a file.
#[derive(Debug, Clone)]
enum Harm {
    Number(u64),
    Negative,
    Text,
    Null,
    Gone,
    Twice,
    Swapped,
}

fn harms() -> impl Strategy<Value = Harm> {
    let numbers = vec![0, 1, 2, 7, 1_000, u64::from(u32::MAX), 1 << 45, 1 << 53, u64::MAX];
    prop_oneof![
        4 => select(numbers).prop_map(Harm::Number),
        1 => Just(Harm::Negative),
        1 => Just(Harm::Text),
        1 => Just(Harm::Null),
        2 => Just(Harm::Gone),
        2 => Just(Harm::Twice),
        2 => Just(Harm::Swapped),
    ]
}

/// The places in a tree, as what leads there.
fn places(tree: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match tree {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{here}/{index}"), all));
        }
        Value::Object(members) => members.iter().for_each(|(name, item)| places(item, &format!("{here}/{name}"), all)),
        _ => {}
    }
}

fn harm(file: &mut Value, at: &Index, how: &Harm) {
    let mut all = Vec::new();
    places(file, "", &mut all);
    let place = &all[at.index(all.len())];
    let (above, name) = place.rsplit_once('/').unwrap_or(("", ""));
    match (how, file.pointer_mut(above)) {
        (Harm::Gone, Some(Value::Object(members))) => drop(members.remove(name)),
        (Harm::Gone, Some(Value::Array(items))) if !items.is_empty() => drop(items.remove(at.index(items.len()))),
        (Harm::Twice, Some(Value::Array(items))) if !items.is_empty() => {
            let again = items[at.index(items.len())].clone();
            items.push(again);
        }
        (Harm::Swapped, Some(Value::Array(items))) if items.len() > 1 => {
            let place = at.index(items.len() - 1);
            items.swap(place, place + 1);
        }
        _ => {
            let Some(value) = file.pointer_mut(place) else { return };
            *value = match how {
                Harm::Number(number) => json!(number),
                Harm::Negative => json!(-1),
                Harm::Text => json!("\u{0}…"),
                _ => Value::Null,
            };
        }
    }
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn a_mangled_file_is_refused_in_a_sentence_or_can_be_looked_at(
        course in run_courses(2, 3),
        harms in vec((any::<Index>(), harms()), 1..5),
    ) {
        let whole = recording_of(Scenario::textbook(), events_of(&course));
        let mut file = serde_json::to_value(&whole).expect("a tree");
        harms.iter().for_each(|(at, how)| harm(&mut file, at, how));
        match Recording::from_json(&file.to_string()) {
            Ok(recording) => look_at(&recording),
            Err(error) => prop_assert!(error.to_string().starts_with("This recording")
                || error.to_string().starts_with("This is not a recording"), "{}", error),
        }
    }

    #[test]
    fn a_file_with_letters_changed_or_cut_is_refused_or_can_be_looked_at(
        cut in any::<Index>(),
        letters in vec((any::<Index>(), any::<char>()), 0..4),
    ) {
        let mut text: Vec<char> = json::write(&textbook()).chars().collect();
        letters.iter().for_each(|(at, letter)| { let at = at.index(text.len()); text[at] = *letter });
        text.truncate(if letters.is_empty() { cut.index(text.len()) } else { text.len() });
        if let Ok(recording) = Recording::from_json(&text.into_iter().collect::<String>()) {
            look_at(&recording);
        }
    }
}

#[test]
fn each_damage_is_told_in_a_sentence_of_its_own() {
    let whole = serde_json::to_value(textbook()).unwrap();
    let told = |change: &dyn Fn(&mut Value)| {
        let mut file = whole.clone();
        change(&mut file);
        Recording::from_json(&file.to_string()).unwrap_err().to_string()
    };
    assert_eq!(
        told(&|file| file["recording"] = json!(FORMAT + 1)),
        "This recording has format 2; this Aside reads up to format 1. A newer version of Aside wrote it."
    );
    let scenario = Scenario::textbook().to_json();
    assert_eq!(
        Recording::from_json(&scenario).unwrap_err().to_string(),
        "This is not a recording: it is a scenario, to be imported."
    );
    assert!(Recording::from_json("[").unwrap_err().to_string().starts_with("This is not a recording: "));
    let sentences = [
        told(&|file| drop(file["events"].as_array_mut().unwrap().pop())),
        told(&|file| drop(file["events"].as_array_mut().unwrap().remove(0))),
        told(&|file| drop(file["events"].as_array_mut().unwrap().remove(3))),
        told(&|file| file["events"][4]["at_us"] = json!(0)),
        told(&|file| file["events"][4]["at_us"] = json!(u64::MAX)),
        told(&|file| file["scenario"]["title"] = json!("")),
        told(&|file| file["scenario"]["graph"]["nodes"][1]["id"] = json!("client")),
    ];
    for sentence in sentences {
        assert!(sentence.starts_with("This recording is damaged: ") && sentence.ends_with('.'), "{sentence}");
        assert!(!sentence.ends_with(".."), "{sentence}");
    }
}

#[test]
fn a_recording_is_no_scenario_and_says_so() {
    let refusal = Scenario::from_json(&json::write(&textbook())).unwrap_err().to_string();
    assert_eq!(refusal, "This is not a scenario file: it is a recording, to be opened as one.");
}

#[test]
fn the_figures_of_the_textbook_s_run_are_its_receipts() {
    let run = run_of(&textbook_course());
    let figures = Figures::of(&run);
    assert_eq!((figures.requests, figures.hits, figures.misses), (3, 2, 1));
    assert_eq!((figures.redis, figures.postgres, figures.failures), (4, 1, 0));
    let calls: Vec<u64> = run
        .hops
        .iter()
        .filter(|hop| hop.from.as_str().starts_with("client"))
        .map(|hop| hop.receipt.as_ref().unwrap().lasted_us())
        .collect();
    assert_eq!(calls.len(), 3);
    assert_eq!(figures.mean_us, calls.iter().sum::<u64>() / 3);
    assert_eq!(Some(&figures.slowest_us), calls.iter().max());
    assert!(figures.took_us >= figures.slowest_us);
}

#[test]
fn what_else_was_told_meanwhile_is_no_part_of_a_recording() {
    let mut recording = textbook();
    let fact = Fact::ScenarioSaved { version: 2, by: "a tab".to_owned() };
    let at_us = recording.events[2].at_us;
    recording.events.insert(3, Event { seq: 4, at_us, fact });
    (1..).zip(&mut recording.events).for_each(|(seq, event)| event.seq = seq);
    assert!(Recording::from_json(&json::write(&recording)).is_err());
}
