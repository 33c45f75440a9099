//! A link: who asks whom, and what travels along it.

use super::controls::{Options, choice, switch};
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

/// What a link holds, as words: the way, the command and the key; the latter two are empty for any, and all are without a
/// hold. A cheap handle.
#[derive(Clone, Copy)]
struct Holding {
    editor: Editor,
    link: StoredValue<LinkId>,
}

impl Holding {
    /// The words; tracks the drawing.
    fn words(self) -> [String; 3] {
        self.editor.revision().track();
        let link = self.link.get_value();
        let hold = self.editor.with(|scenario| scenario.graph.link(&link).and_then(|link| link.hold.clone()));
        hold.map_or_else(Default::default, |Hold { leg, command, key }| {
            let key = key.map_or_else(String::new, |key| key.to_string());
            [leg.word().to_owned(), command.map_or("", Command::word).to_owned(), key]
        })
    }

    fn word(self, which: usize) -> Signal<String> {
        text(move || std::mem::take(&mut self.words()[which]))
    }

    /// Makes an edit of one of the words; the hold ends when there is no way.
    fn set(self, which: usize, word: String) -> Result<(), String> {
        let before = untrack(move || self.words());
        let mut after = before.clone();
        after[which] = word;
        if after == before {
            return Ok(());
        }
        let [leg, command, key] = after;
        let key = if key.is_empty() { None } else { Some(Key::new(key).map_err(sentence)?) };
        let leg = [Leg::Message, Leg::Reply].into_iter().find(|known| known.word() == leg);
        let command = self.commands().iter().copied().find(|known| known.word() == command);
        let hold = leg.map(|leg| Hold { leg, command, key });
        let link = self.link.get_value();
        self.editor.apply_if(self.editor.with(|scenario| scenario.hold(&link, hold)));
        Ok(())
    }

    fn commands(self) -> &'static [Command] {
        let to = self.link.get_value().to;
        let kind = self.editor.with(|scenario| scenario.graph.node(&to).map(Node::kind));
        kind.map_or(&[], Command::of)
    }

    fn choice(self, which: usize, label: &'static str, options: Options) -> AnyView {
        // A word that is offered is always taken.
        let choose = move |word| drop(self.set(which, word));
        choice(format!("inspector-hold-{which}"), label.to_owned(), false, options, self.word(which), Box::new(choose))
    }
}

/// Which packets the link holds, to be changed.
fn hold(editor: Editor, link: LinkId) -> AnyView {
    let own = Holding { editor, link: StoredValue::new(link) };
    let is_on = super::settled(when(move || !own.words()[0].is_empty()));
    let turn = move |on: bool| drop(own.set(0, if on { Leg::Message.word() } else { "" }.to_owned()));
    let fields = dynamic(move || {
        if !is_on.get() {
            return ().into_any();
        }
        let legs = vec![(Leg::Message.word(), "requests"), (Leg::Reply.word(), "replies")];
        let mut commands = vec![("", "any")];
        commands.extend(own.commands().iter().map(|command| (command.word(), command.word())));
        let set_key = move |typed| own.set(2, typed);
        view! {
            {own.choice(0, "Packets", legs)}
            {own.choice(1, "Command", commands)}
            <Field id="inspector-hold-key" label="Key" nothing="all keys" value=own.word(2) commit=Box::new(set_key) />
        }
        .into_any()
    });
    view! {
        <section class="inspector-part" aria-labelledby="inspector-holding">
            <h3 id="inspector-holding">"What it holds"</h3>
            {switch("inspector-hold", "Hold", HOLD_WHY, is_on, Box::new(turn))}
            {fields}
        </section>
    }
    .into_any()
}

const HOLD_WHY: &str = "Packets of a kind wait here until you let them go: on the canvas one by one, or all with R. Only their own request waits. After five minutes they go on by themselves.";

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
