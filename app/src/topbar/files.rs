//! The scenario as a whole: to a file, from a file, back to the example, and its data back into the stores.

use crate::api;
use crate::browser;
use crate::editor::Editor;
use crate::live::Live;
use crate::notice::Notices;
use crate::saver::Saver;
use crate::workbench::Bench;
use aside_domain::{Scenario, json};
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use web_sys::File;

/// The largest scenario, and the largest progress, in MiB.
pub const FILE_MIB: u32 = 2;

/// What is done to the scenario as a whole.
#[derive(Clone, Copy)]
pub struct Files {
    editor: Editor,
    live: Live,
    saver: Saver,
    notices: Notices,
}

impl Files {
    /// Those of a workbench.
    #[must_use]
    pub const fn of(Bench { editor, live, saver, notices, .. }: Bench) -> Self {
        Self { editor, live, saver, notices }
    }

    /// Puts the textbook's example in the place of this scenario.
    pub fn example(self) {
        self.replace(
            Scenario::textbook(),
            "The example is back. Undo brings your drawing back, with its data.".to_owned(),
        );
    }

    /// Hands the scenario out as a file, with the data that its stores hold now.
    pub fn export(self) {
        self.held(move |scenario| self.hand_out(&scenario));
    }

    /// Does something with the scenario, with the data that its stores hold now.
    pub fn held(self, then: impl FnOnce(Scenario) + 'static) {
        spawn_local(async move {
            if self.saver.flush().await {
                self.live.ask(|sandbox| api::load(sandbox, true), move |held| then(held.scenario));
            } else {
                then(self.editor.scenario());
                self.notices.warn(
                    "The server is away: this is the drawing with the data that it starts with, not what the stores hold now.",
                );
            }
        });
    }

    /// Puts the scenario of a file in the place of this one. One that cannot be used changes nothing.
    pub fn import(self, file: File) {
        spawn_local(async move {
            let text = match browser::text_of(&file, FILE_MIB).await {
                Ok(text) => text,
                Err(sentence) => return self.notices.warn(sentence),
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
        match browser::download_text(&name, &indented(scenario)) {
            Ok(()) => self.notices.announce(format!("Exported as {name}.")),
            Err(_) => self.notices.warn("This browser did not take the file."),
        }
    }
}

/// A scenario as a file: the JSON of [`Scenario::to_json`], indented by the browser.
fn indented(scenario: &Scenario) -> String {
    let json = json::write(scenario);
    let indent = |json: &str| {
        let parsed = js_sys::JSON::parse(json).ok()?;
        let text = js_sys::JSON::stringify_with_replacer_and_space(&parsed, &JsValue::NULL, &JsValue::from(2)).ok()?;
        text.as_string()
    };
    indent(&json).map_or(json, |text| text + "\n")
}

/// A title as a file's name: letters and digits, and one dash for all between them.
pub fn slug(title: &str) -> String {
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
