//! A server's live service: where any program can ask it, and what it calls its keys.

use super::controls::switch;
use super::field::Field;
use super::sentence;
use super::server::{Own, part};
use crate::api;
use crate::browser;
use crate::editor::Editor;
use crate::state::RwSignal;
use crate::view::{effect, text, view, when};
use crate::workbench::bench;
use aside_domain::{Resource, Settings};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDocument, HtmlInputElement};

const WHY: &str = "Any program may ask this server over HTTP, and gets what the drawing does: its packets come from “Outside”. Whoever has the address may; a new one makes the old one lead nowhere.";

/// What is read and copied, and never typed: markup without a life of its own.
const ADDRESS: &str = r#"<div class="field"><label for="inspector-live-url">Live URL</label><input id="inspector-live-url" type="text" readonly placeholder="none now"></div><button type="button" data-copy="url">Copy address</button><div class="field"><label for="inspector-live-curl">In a terminal</label><input id="inspector-live-curl" type="text" readonly placeholder="none now"></div><button type="button" data-copy="curl">Copy command</button><button type="button" data-fresh>New address</button>"#;

/// The key in the ready command, where no client of the drawing asks for one.
const SOME_KEY: &str = "rohan";

/// What there is to know and to set about a server's live service.
pub fn live_service(own: Own) -> AnyView {
    let (live, notices) = (bench().live, bench().notices);
    let address = RwSignal::new(String::new());
    let ask = move |is_fresh: bool| {
        let take = move |known: String| {
            address.set(known);
            if is_fresh {
                notices.say("The old address leads nowhere from now on.");
            }
        };
        live.ask(move |sandbox| api::live_address(sandbox, is_fresh), take);
    };
    effect(move || {
        if live.sandbox().with(Option::is_some) {
            ask(false);
        }
    });
    effect(move || {
        let (server, known) = (own.get(), address.get());
        let url = own.id.with_value(|id| format!("{}/live/{known}/{id}/{}", origin(), server.resource));
        let is_there = !server.is_private && !known.is_empty();
        let put = |name: &str, text: String| {
            if let Some(input) = shown(name) {
                input.set_value(if is_there { &text } else { "" });
            }
        };
        put("curl", format!("curl -i {url}/{}", untrack(|| some_key(own.editor))));
        put("url", url);
    });
    effect(move || {
        let act = move |event| {
            let Some(button) = browser::target(&event) else { return };
            match button.get_attribute("data-copy") {
                Some(name) => notices.say(copy(&name)),
                None if button.has_attribute("data-fresh") => ask(true),
                None => {}
            }
        };
        browser::listen_in(".live-address", "click", Box::new(act));
    });
    let is_on = when(move || !own.get().is_private);
    let turn = move |on: bool| own.set(&|server| server.is_private = !on);
    let resource = text(move || own.get().resource.to_string());
    let call = move |typed: String| {
        let typed = Resource::new(typed.trim()).map_err(sentence)?;
        own.set(&|server| server.resource = typed.clone());
        Ok(())
    };
    let content = vec![
        switch("inspector-live", "Live service", WHY, super::settled(is_on), Box::new(turn)),
        view! { <div class="live-address" inner_html=ADDRESS.to_owned()></div> },
        view! { <Field id="inspector-resource" label="Resource" value=resource commit=Box::new(call) /> },
    ];
    part("inspector-outside", "Requests from outside", content)
}

/// Scheme, host and port of this page.
fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

fn shown(name: &str) -> Option<HtmlInputElement> {
    browser::find(&format!("#inspector-live-{name}"))
}

/// Copies what a field shows, in a way that needs neither HTTPS nor a permission; tells whether it is done.
fn copy(name: &str) -> &'static str {
    if let Some(input) = shown(name) {
        input.select();
    }
    let is_copied = document().unchecked_into::<HtmlDocument>().exec_command("copy").unwrap_or_default();
    if is_copied { "Copied." } else { "It is selected: copy it by hand." }
}

/// A key that the drawing's clients ask for, if it can stand in a command as it is.
fn some_key(editor: Editor) -> String {
    let is_plain = |key: &str| key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    editor.with(|scenario| {
        let requests = scenario.graph.nodes.iter().flat_map(|node| match &node.settings {
            Settings::Client(client) => &client.requests[..],
            _ => &[],
        });
        let mut keys = requests.map(|request| request.key.as_str());
        keys.find(|key| is_plain(key)).unwrap_or(SOME_KEY).to_owned()
    })
}
