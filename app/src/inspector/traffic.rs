//! A client's traffic: what it is set to, and what comes of it.
//!
//! What comes of it is written by the server: the panel's place is an element whose inside is fetched once a second while this
//! client's traffic goes on, and once more when it is over. Nothing is fetched where nothing goes on.

use super::client::start_button;
use super::controls::choice;
use super::field::Number;
use super::{configure, focus_soon, settings, settled};
use crate::browser;
use crate::editor::Editor;
use crate::state::{RwSignal, StoredValue};
use crate::view::{effect, text, view, when};
use crate::workbench::{Bench, bench};
use crate::{api, live::Live};
use aside_domain::{Distribution, NodeId, Settings, Traffic};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::RefCell;
use std::time::Duration;
use web_sys::{Element, Event};

/// How often the panel is fetched while traffic goes on.
const TURN: Duration = Duration::from_secs(1);
/// The id of the panel's place.
const PLACE: &str = "traffic-place";
/// The id of the choice what to compare with, which the server writes.
const BESIDE: &str = "traffic-beside";

thread_local! {
    /// The traffic that was switched off last, in this page: whoever switches back goes on with it.
    static LAST: RefCell<Option<Traffic>> = const { RefCell::new(None) };
}

/// Starts the traffic of a client, as it is drawn now.
pub fn start(bench: Bench, client: NodeId) {
    spawn_local(async move {
        if bench.saver.flush().await {
            bench.live.ask(move |sandbox| api::start_traffic(sandbox, client), |_| ());
        } else {
            bench.notices.warn("Aside's server does not answer: nothing was sent.");
        }
    });
}

/// The choice between a list of requests and traffic.
pub(super) fn sends(editor: Editor, id: NodeId, has_traffic: Signal<bool>) -> AnyView {
    let client = StoredValue::new(id);
    let radio = |label: &'static str, is_traffic: bool| {
        let turn = move |_| client.with_value(|id| switch(editor, id, is_traffic));
        view! {
            <label>
                <input
                    type="radio"
                    name="client-sends"
                    prop:checked=when(move || has_traffic.get() == is_traffic)
                    on:change=turn
                />
                {label}
            </label>
        }
        .into_any()
    };
    view! {
        <section class="inspector-part">
            <fieldset class="sends">
                <legend>"What it sends"</legend>
                {radio("Requests", false)}
                {radio("Traffic", true)}
            </fieldset>
        </section>
    }
    .into_any()
}

fn switch(editor: Editor, id: &NodeId, is_traffic: bool) {
    configure(editor, id, &mut |settings| match settings {
        Settings::Client(client) if client.traffic.is_some() != is_traffic => {
            client.traffic = if is_traffic {
                Some(LAST.take().unwrap_or_default())
            } else {
                LAST.replace(client.traffic.take());
                None
            };
            true
        }
        _ => false,
    });
}

/// The traffic of one client: a cheap handle.
#[derive(Clone, Copy)]
struct Own {
    editor: Editor,
    id: StoredValue<NodeId>,
}

impl Own {
    /// What it is set to; tracks it.
    fn get(self) -> Traffic {
        let settings = self.id.with_value(|id| settings(self.editor, id));
        settings.and_then(|settings| settings.traffic().cloned()).unwrap_or_default()
    }

    fn set(self, set: &dyn Fn(&mut Traffic)) {
        self.id.with_value(|id| {
            configure(self.editor, id, &mut |settings| {
                let Settings::Client(client) = settings else { return false };
                let Some(traffic) = &mut client.traffic else { return false };
                let before = traffic.clone();
                set(traffic);
                *traffic != before
            })
        });
    }

    fn number(self, number: Number<Traffic>) -> AnyView {
        number.field(move || self.get(), move |set| self.set(set))
    }
}

const NUMBERS: [Number<Traffic>; 6] = [
    Number {
        id: "traffic-users",
        label: "Users",
        range: (1, Traffic::USERS),
        nothing: "",
        get: |traffic| Some(traffic.users),
        set: |traffic, users| traffic.users = users.unwrap_or(traffic.users),
    },
    Number {
        id: "traffic-duration",
        label: "Duration (s)",
        range: (1, Traffic::DURATION_S),
        nothing: "",
        get: |traffic| Some(traffic.duration_s),
        set: |traffic, duration_s| traffic.duration_s = duration_s.unwrap_or(traffic.duration_s),
    },
    Number {
        id: "traffic-rate",
        label: "Rate (requests/s)",
        range: (1, Traffic::RATE_PER_S),
        nothing: "none",
        get: |traffic| traffic.rate_per_s,
        set: |traffic, rate_per_s| traffic.rate_per_s = rate_per_s,
    },
    Number {
        id: "traffic-writes",
        label: "Write share (%)",
        range: (0, 100),
        nothing: "",
        get: |traffic| Some(traffic.write_percent),
        set: |traffic, percent| traffic.write_percent = percent.unwrap_or(traffic.write_percent),
    },
    Number {
        id: "traffic-keys",
        label: "Keys",
        range: (*Traffic::KEYS.start(), *Traffic::KEYS.end()),
        nothing: "",
        get: |traffic| Some(traffic.keys),
        set: |traffic, keys| traffic.keys = keys.unwrap_or(traffic.keys),
    },
    Number {
        id: "traffic-seed",
        label: "Seed",
        range: (0, u32::MAX),
        nothing: "",
        get: |traffic| Some(traffic.seed),
        set: |traffic, seed| traffic.seed = seed.unwrap_or(traffic.seed),
    },
];

/// What a client's traffic is set to, its buttons, and what comes of it.
pub(super) fn traffic_settings(editor: Editor, id: NodeId) -> AnyView {
    let own = Own { editor, id: StoredValue::new(id.clone()) };
    let numbers: Vec<AnyView> = NUMBERS.into_iter().map(|number| own.number(number)).collect();
    let distribution = text(move || own.get().distribution.word().to_owned());
    let choose = move |word: String| {
        if let Some(distribution) = Distribution::ALL.into_iter().find(|distribution| distribution.word() == word) {
            own.set(&|traffic| traffic.distribution = distribution);
        }
    };
    let options = Distribution::ALL.iter().map(|it| (it.word(), it.word())).collect();
    let label = "Key distribution".to_owned();
    view! {
        <section class="inspector-part" aria-labelledby="inspector-traffic">
            <h3 id="inspector-traffic">"Traffic, drawn at random by its seed"</h3>
            <div class="traffic-fields">
                {numbers}
                {choice("traffic-distribution".to_owned(), label, false, options, distribution, Box::new(choose))}
            </div>
            <p class="quiet">"Without a rate each user sends as soon as the last request is answered."</p>
        </section>
        {outcome(editor, id)}
    }
    .into_any()
}

/// The number of this client's traffic that goes on; empty if none does. Tracks events.
fn going(live: Live, client: &NodeId) -> String {
    live.version().track();
    live.with_timeline(|timeline| {
        let own = timeline.traffic.as_ref().filter(|(now, _)| now.client == *client);
        own.map_or_else(String::new, |(now, _)| now.number.to_string())
    })
}

/// The panel that the server writes: a cheap handle.
#[derive(Clone, Copy)]
struct Panel {
    live: Live,
    client: StoredValue<NodeId>,
    /// The number of the traffic to compare with; empty without one.
    beside: RwSignal<String>,
    /// How often it was asked for.
    asked: StoredValue<u32>,
    /// Which of the answers is shown.
    shown: StoredValue<u32>,
}

impl Panel {
    /// Fetches it, and shows it unless a later one is shown already or the client's settings have gone.
    fn fetch(self) {
        let Some(sandbox) = self.live.sandbox().get_untracked() else { return };
        let Some(number) = self.asked.try_update_value(|asked| {
            *asked += 1;
            *asked
        }) else {
            return;
        };
        let client = self.client.get_value();
        let mut address = format!("/api/sandboxes/{sandbox}/traffic?client={client}");
        let beside = self.beside.get_untracked();
        if !beside.is_empty() {
            address += &format!("&beside={beside}");
        }
        spawn_local(async move {
            // A server that does not answer leaves the figures as they are; the next turn asks again.
            let Some(html) = browser::read(&address).await else { return };
            let is_newer = self.shown.try_update_value(|shown| {
                let is_newer = *shown < number;
                *shown = number.max(*shown);
                is_newer
            });
            if is_newer == Some(true)
                && let Some(place) = browser::find::<Element>(&format!("#{PLACE}"))
            {
                let has_focus = document().active_element().is_some_and(|element| element.id() == BESIDE);
                place.set_inner_html(&html);
                if has_focus {
                    focus_soon(BESIDE);
                }
            }
        });
    }
}

/// The buttons, and the place of the panel.
fn outcome(editor: Editor, id: NodeId) -> AnyView {
    let bench = bench();
    let live = bench.live;
    let client = StoredValue::new(id.clone());
    let going = settled(text(move || client.with_value(|id| going(live, id))));
    let beside = RwSignal::new(String::new());
    let panel = Panel { live, client, beside, asked: StoredValue::new(0), shown: StoredValue::new(0) };
    let was_going = StoredValue::new(false);
    effect(move || {
        beside.track();
        live.sandbox().track();
        let is_going = !going.get().is_empty();
        if was_going.get_value() && !is_going {
            bench.notices.announce("The traffic is over.");
        }
        was_going.set_value(is_going);
        panel.fetch();
        if is_going && let Ok(timer) = set_interval_with_handle(move || panel.fetch(), TURN) {
            on_cleanup(move || timer.clear());
        }
    });
    let is_going = when(move || !going.get().is_empty());
    let begin = move || {
        beside.set(String::new());
        start(bench, client.get_value());
    };
    let (start, explanation) = start_button("Start traffic", editor, id, is_going, Box::new(begin));
    let stop = move |_| {
        if is_going.get_untracked() {
            live.ask(api::stop_traffic, |_| ());
        }
    };
    let compare = move |event: Event| {
        if browser::target(&event).is_some_and(|target| target.id() == BESIDE) {
            beside.set(event_target_value(&event));
        }
    };
    view! {
        <section class="inspector-part">
            <div class="traffic-buttons">
                {start}
                <button type="button" aria-disabled=text(move || (!is_going.get()).to_string()) on:click=stop>
                    "Stop traffic"
                </button>
            </div>
            {explanation}
        </section>
        <section class="inspector-part traffic-place" id=PLACE on:change=compare></section>
    }
    .into_any()
}
