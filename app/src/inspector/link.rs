//! A link: who asks whom, and what travels along it.

use super::controls::{choice, switch};
use super::field::{Field, whole};
use super::issues::issues;
use super::{HEADING, focus_soon, foot, mention, sentence};
use crate::editor::Editor;
use crate::state::StoredValue;
use crate::view::{dynamic, text, view, when};
use aside_domain::{Command, Condition, Hold, Key, Kind, Leg, LinkId, Node, NodeId, Subject, limits};
use leptos::prelude::*;

/// The settings of a link.
pub fn link_panel(editor: Editor, link: LinkId) -> AnyView {
    let name = |id: NodeId| {
        text(move || {
            editor.revision().track();
            editor.with(|scenario| scenario.graph.node(&id).map(|node| node.name.to_string())).unwrap_or_default()
        })
    };
    let (from, to) = (name(link.from.clone()), name(link.to.clone()));
    let travels = {
        let link = link.clone();
        text(move || {
            editor.revision().track();
            let kind = |id: &NodeId| editor.with(|scenario| scenario.graph.node(id).map(Node::kind));
            kind(&link.from).zip(kind(&link.to)).map_or("", |(from, to)| what_travels(from, to)).to_owned()
        })
    };
    let delete = {
        let link = link.clone();
        move || {
            if editor.apply_if(editor.with(|scenario| scenario.disconnect(&link))) {
                focus_soon(HEADING);
            }
        }
    };
    view! {
        <header class="inspector-head">
            <h2 id=HEADING tabindex="-1">
                <span class="kind">"Link"</span>
                " "
                <span class="name">{from} " → " {to}</span>
            </h2>
        </header>
        <section class="inspector-part">
            <p>
                {mention(editor, link.from.clone(), from)} " asks, " {mention(editor, link.to.clone(), to)}
                " answers along the same line."
            </p>
            <p class="quiet">{travels}</p>
            {issues(Subject::Link(link.clone()))}
        </section>
        {condition(editor, link.clone())}
        {hold(editor, link)}
        {foot("Delete link", Box::new(delete))}
    }
    .into_any()
}

/// How the link is, to be changed.
fn condition(editor: Editor, link: LinkId) -> AnyView {
    let link = StoredValue::new(link);
    let now = move || {
        editor.revision().track();
        link.with_value(|id| {
            editor.with(|scenario| scenario.graph.link(id).map(|link| (link.delay_ms, link.condition)))
        })
        .unwrap_or_default()
    };
    let tune = move |delay_ms: u32, condition: Condition| {
        if untrack(now) != (delay_ms, condition) {
            editor.apply_if(link.with_value(|id| editor.with(|scenario| scenario.tune(id, delay_ms, condition))));
        }
    };
    let set_delay = move |typed: String| {
        let delay_ms = whole(&typed, "a delay in milliseconds", (0, limits::DELAY_MS))?;
        tune(delay_ms, untrack(now).1);
        Ok(())
    };
    let choose = move |word: String| {
        if let Some(condition) = Condition::ALL.into_iter().find(|condition| condition.word() == word) {
            tune(untrack(now).0, condition);
        }
    };
    let conditions = Condition::ALL.iter().map(|condition| (condition.word(), condition.label())).collect();
    let condition = text(move || now().1.word().to_owned());
    let delay = text(move || now().0.to_string());
    let why = text(move || what_it_does(now().1).to_owned());
    view! {
        <section class="inspector-part" aria-labelledby="inspector-condition">
            <h3 id="inspector-condition">"How the link is"</h3>
            <Field id="inspector-delay" label="Delay (ms)" range=(0, limits::DELAY_MS) value=delay commit=Box::new(set_delay) />
            <p class="quiet">
                "Injected: half of it on the way there, half on the way back. It stands on the receipts as injected, and is no part of what is measured."
            </p>
            {choice("inspector-link-condition".to_owned(), "Condition".to_owned(), false, conditions, condition, Box::new(choose))}
            <p class="quiet">{why}</p>
        </section>
    }
    .into_any()
}

/// Which packets the link holds, to be changed.
fn hold(editor: Editor, link: LinkId) -> AnyView {
    let kind = editor.with(|scenario| scenario.graph.node(&link.to).map(Node::kind));
    let commands = kind.map_or(&[][..], Command::of);
    let link = StoredValue::new(link);
    let now = move || {
        editor.revision().track();
        link.with_value(|id| editor.with(|scenario| scenario.graph.link(id).and_then(|link| link.hold.clone())))
    };
    let set = move |to: Option<Hold>| {
        if untrack(now) != to {
            editor.apply_if(link.with_value(|id| editor.with(|scenario| scenario.hold(id, to))));
        }
    };
    let edit = move |edit: &dyn Fn(&mut Hold)| {
        set(untrack(now).map(|mut hold| {
            edit(&mut hold);
            hold
        }));
    };
    let turn = move |on: bool| set(on.then_some(Hold { leg: Leg::Message, command: None, key: None }));
    let leg = text(move || now().map_or("", |hold| leg_word(hold.leg)).to_owned());
    let choose_leg = move |word: String| {
        let leg = if word == leg_word(Leg::Reply) { Leg::Reply } else { Leg::Message };
        edit(&|hold| hold.leg = leg);
    };
    let command = text(move || now().and_then(|hold| hold.command).map_or("", Command::word).to_owned());
    let choose_command = move |word: String| {
        let command = commands.iter().copied().find(|command| command.word() == word);
        edit(&|hold| hold.command = command);
    };
    let key = text(move || now().and_then(|hold| hold.key).map_or_else(String::new, |key| key.to_string()));
    let set_key = move |typed: String| {
        let key = if typed.is_empty() { None } else { Some(Key::new(typed).map_err(sentence)?) };
        edit(&|hold| hold.key = key.clone());
        Ok(())
    };
    let is_on = super::settled(when(move || now().is_some()));
    let fields = dynamic(move || {
        if !is_on.get() {
            return ().into_any();
        }
        let legs = [Leg::Message, Leg::Reply].map(|leg| (leg_word(leg), leg_word(leg))).into();
        let any = [("", "any")].into_iter().chain(commands.iter().map(|command| (command.word(), command.word())));
        view! {
            {choice("inspector-hold-leg".to_owned(), "Packets".to_owned(), false, legs, leg, Box::new(choose_leg))}
            {choice("inspector-hold-command".to_owned(), "Command".to_owned(), false, any.collect(), command, Box::new(choose_command))}
            <Field id="inspector-hold-key" label="Key" nothing="all keys" value=key commit=Box::new(set_key) />
        }
        .into_any()
    });
    view! {
        <section class="inspector-part" aria-labelledby="inspector-packets">
            <h3 id="inspector-packets">"What it holds"</h3>
            {switch("inspector-hold", "Hold", HOLD_WHY, is_on, Box::new(turn))}
            {fields}
        </section>
    }
    .into_any()
}

const HOLD_WHY: &str = "Packets of a kind wait here until you let them go: on the canvas one by one, or all with R. Only their own request waits. After five minutes they go on by themselves.";

const fn leg_word(leg: Leg) -> &'static str {
    match leg {
        Leg::Message => "requests",
        Leg::Reply => "replies",
    }
}

const fn what_it_does(condition: Condition) -> &'static str {
    match condition {
        Condition::Up => "It works.",
        Condition::Cut => "Connections are refused, at once.",
        Condition::BlackHole => "What is sent gets lost, and no answer comes: whoever asks waits for his timeout.",
    }
}

/// What travels from a node of one kind to one of another.
const fn what_travels(from: Kind, to: Kind) -> &'static str {
    match (from, to) {
        (Kind::Client, Kind::Server) => {
            "The client's requests go out, and the server's answers come back: 200 with the value, 404 where there is none, 503 where nobody could tell."
        }
        (Kind::Server, Kind::Redis) => {
            "GET asks for a key; the reply is its value, a hit, or nil, a miss. After a miss, SET … EX fills in what the database had, for the server's TTL. DEL makes the cache forget a key that was written."
        }
        (Kind::Server, Kind::Postgres) => {
            "SELECT looks for a row when no cache had the key; the reply is the row, or none. INSERT and DELETE write. The database never talks to the cache."
        }
        _ => "",
    }
}
