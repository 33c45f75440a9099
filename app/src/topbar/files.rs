//! The scenario as a whole: to a file, from a file, back to the example, and its data back into the stores.

use crate::api;
use crate::editor::Editor;
use crate::live::Live;
use crate::notice::Notices;
use crate::saver::Saver;
use aside_domain::Scenario;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url};

/// The largest file that is read.
const FILE_BYTES: f64 = 2.0 * 1024.0 * 1024.0;
/// How long a downloaded file's address stays good.
const DOWNLOAD: Duration = Duration::from_secs(30);

/// What is done to the scenario as a whole.
#[derive(Clone, Copy)]
pub struct Files {
    pub editor: Editor,
    pub live: Live,
    pub saver: Saver,
    pub notices: Notices,
}

impl Files {
    /// Hands the scenario out as a file, with the data that its stores hold now.
    pub fn export(self) {
        spawn_local(async move {
            if self.saver.flush().await {
                self.live.ask(|sandbox| api::load(sandbox, true), move |held| self.hand_out(&held.scenario));
            } else {
                self.hand_out(&self.editor.scenario());
                self.notices.warn(
                    "The server is away: the file holds the drawing with the data that it starts with, not what the stores hold now.",
                );
            }
        });
    }

    /// Puts the scenario of a file in the place of this one. One that cannot be used changes nothing.
    pub fn import(self, file: File) {
        if file.size() > FILE_BYTES {
            self.notices.warn(format!("{} is larger than 2 MiB: no scenario file is.", file.name()));
            return;
        }
        spawn_local(async move {
            let text = wasm_bindgen_futures::JsFuture::from(file.text()).await;
            let Some(text) = text.ok().and_then(|text| text.as_string()) else {
                self.notices.warn(format!("{} could not be read.", file.name()));
                return;
            };
            match Scenario::from_json(&text) {
                Ok(scenario) => {
                    let done =
                        format!("Imported: {}. Undo brings the drawing before it back, with its data.", scenario.title);
                    self.replace(scenario, done);
                }
                Err(error) => self.notices.warn(error.to_string()),
            }
        });
    }

    /// Puts another scenario in the place of this one, so that undo brings this one back with its stores' data.
    pub fn replace(self, with: Scenario, done: String) {
        spawn_local(async move {
            if !self.saver.flush().await {
                self.notices.warn(
                    "The server is away, so the stores' data could not be kept for an undo: nothing was replaced.",
                );
                return;
            }
            self.live.ask(
                |sandbox| api::load(sandbox, true),
                move |held| {
                    if self.editor.replace(held.scenario, with) {
                        self.notices.say(done);
                    }
                },
            );
        });
    }

    /// Puts the data that the scenario starts with back into the stores.
    pub fn refill(self) {
        spawn_local(async move {
            if self.saver.refill().await {
                self.notices.say("The stores hold again what the scenario starts with.");
            } else {
                self.notices.warn("The server is away: the stores will be refilled when it is back.");
            }
        });
    }

    fn hand_out(self, scenario: &Scenario) {
        let name = format!("{}.aside.json", slug(scenario.title.as_str()));
        match download(&name, &indented(scenario)) {
            Ok(()) => self.notices.announce(format!("Exported as {name}.")),
            Err(_) => self.notices.warn("This browser did not take the file."),
        }
    }
}

/// Has the browser save a text as a file.
fn download(name: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let address = Url::create_object_url_with_blob(&Blob::new_with_str_sequence_and_options(&parts, &options)?)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser reads it after this function has returned.
    set_timeout(move || drop(Url::revoke_object_url(&address)), DOWNLOAD);
    Ok(())
}

/// A scenario as a file: the JSON of [`Scenario::to_json`], indented by the browser.
fn indented(scenario: &Scenario) -> String {
    let json = serde_json::to_string(scenario).unwrap_or_default(); // strings and integers: it cannot fail
    let indent = |json: &str| {
        let parsed = js_sys::JSON::parse(json).ok()?;
        let text = js_sys::JSON::stringify_with_replacer_and_space(&parsed, &JsValue::NULL, &JsValue::from(2)).ok()?;
        text.as_string()
    };
    indent(&json).map_or(json, |text| text + "\n")
}

/// A title as a file's name: letters and digits, and one dash for all between them.
fn slug(title: &str) -> String {
    // Letters beyond ASCII stay as they are: every system takes them, and their tables would be the browser's to load.
    let lower = title.to_ascii_lowercase();
    let is_between = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric();
    let words: Vec<String> = lower.split(is_between).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    if words.is_empty() { "scenario".to_owned() } else { words.join("-") }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_title_becomes_a_file_name_that_every_system_takes() {
        let names = ["The textbook's example", "../a\\b:c?", "Café 2", "!!!"].map(slug);
        assert_eq!(names, ["the-textbook-s-example", "a-b-c", "café-2", "scenario"]);
    }
}
