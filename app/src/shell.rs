//! The HTML document around every page.
//!
//! The server knows the address, the visitor and what he drew; it renders the page with that and puts the same
//! [`Start`] into the document, from which the browser takes over. There is no router in the browser: an address is the
//! server's to answer, and a page costs no code for the others' sake.

use crate::pages::{Academy, Home, Lesson, Lost, Real, Sandbox};
use aside_domain::markup::safe;
use aside_domain::{Place, Saved, Scenario, json};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The element that holds the [`Start`].
const START_ID: &str = "start";

/// Sets the theme that the visitor chose before anything is painted.
const THEME_SCRIPT: &str =
    "try{const t=localStorage.getItem('aside:theme');if(t)document.documentElement.dataset.theme=t}catch{}";

/// The pages that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// What Aside is, with the textbook's example alive in it.
    Home,
    /// The whole workbench.
    Sandbox,
    /// The path of the lessons.
    Academy,
    /// A lesson, beside a sandbox of its own.
    Lesson,
    /// What is real here, with the stores' own counts.
    Real,
    /// Every address that is none.
    Lost,
}

impl Page {
    /// The pages with an address of their own, and their addresses. A lesson's is `/academy/` with its slug.
    pub const ADDRESSES: [(&'static str, Self); 4] =
        [("/", Self::Home), ("/sandbox", Self::Sandbox), ("/academy", Self::Academy), ("/real", Self::Real)];

    /// The sandbox that this page shows, if it always shows the same.
    #[must_use]
    pub fn place(self) -> Option<Place> {
        match self {
            Self::Home => Place::new("home").ok(),
            Self::Sandbox => Place::new("free").ok(),
            Self::Academy | Self::Lesson | Self::Real | Self::Lost => None,
        }
    }

    /// What its window is called.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Home => "Aside: caching, for real",
            Self::Sandbox => "Sandbox · Aside",
            Self::Academy | Self::Lesson => "Academy · Aside",
            Self::Real => "What is real · Aside",
            Self::Lost => "Not found · Aside",
        }
    }
}

/// What a page starts from: the same on the server and in the browser, so that both draw the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The page.
    pub page: Page,
    /// The sandbox that it shows, if it shows one. A lesson's is called as the lesson is.
    pub place: Option<Place>,
    /// What the visitor left there; or, in a lesson that he was not in yet, what it starts with.
    pub saved: Option<Saved>,
}

impl Start {
    /// What a workbench shows until its sandbox is open: what the visitor left, or the textbook's example.
    fn into_saved(self) -> Saved {
        self.saved.unwrap_or_else(|| Saved { scenario: Scenario::textbook(), version: 0 })
    }

    /// What the server put into this document; none if that is not one of ours.
    #[must_use]
    pub fn of_document() -> Option<Self> {
        let text = document().get_element_by_id(START_ID)?.text_content()?;
        json::read(&text).ok()
    }
}

/// The HTML document of a page. The browser's files are those of bundle `version`, which is part of their addresses, so
/// that they can be cached for ever.
pub fn shell(start: Start, title: String, version: &str) -> impl IntoView + use<> {
    let asset = |file: &str| format!("/assets/{version}/{file}");
    let (js, wasm) = (asset("aside.js"), asset("aside_bg.wasm"));
    let bootstrap = format!("import('{js}').then(m=>m.default({{module_or_path:'{wasm}'}}).then(()=>m.hydrate()))");
    // Within a script element nothing ends the text but "</", and a comment could open with "<!".
    let data = json::write(&start).replace('<', "\\u003c");
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta
                    name="description"
                    content="Learn caching by doing it for real: draw an architecture, press Play, and watch real requests go through a real Redis and a real Postgres."
                />
                // As a whole, for a comment behind a text would be part of it here.
                <title inner_html=safe(&title)></title>
                <script nonce=use_nonce() inner_html=THEME_SCRIPT></script>
                <link rel="stylesheet" href=asset("aside.css") />
                <link rel="icon" type="image/svg+xml" href=asset("favicon.svg") />
                <link rel="modulepreload" href=js nonce=use_nonce() />
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
                <script type="application/json" id=START_ID inner_html=data></script>
                <script type="module" nonce=use_nonce() inner_html=bootstrap></script>
            </head>
            <body>
                <App start />
            </body>
        </html>
    }
}

/// A page. It is rendered whole on the server: the first paint is the drawing itself.
#[component]
pub fn App(
    /// What it starts from.
    start: Start,
) -> impl IntoView {
    let page = start.page;
    match (page, start.place.clone()) {
        (Page::Home, Some(place)) => view! { <Home place saved=start.into_saved() /> }.into_any(),
        (Page::Sandbox, Some(place)) => view! { <Sandbox place saved=start.into_saved() /> }.into_any(),
        (Page::Lesson, Some(place)) => view! { <Lesson place saved=start.into_saved() /> }.into_any(),
        (Page::Academy, _) => view! { <Academy /> }.into_any(),
        (Page::Real, _) => view! { <Real /> }.into_any(),
        _ => view! { <Lost /> }.into_any(),
    }
}
