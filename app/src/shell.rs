//! The HTML document around every page, and the routes.

use crate::pages::{Academy, Home, Lost, Sandbox};
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// Where the browser's files are: the server puts this into context for every page.
#[derive(Debug, Clone)]
pub struct Assets {
    /// The bundle's version, which is part of its files' addresses, so that they can be cached for ever.
    pub version: String,
}

/// Sets the theme that the visitor chose before anything is painted.
const THEME_SCRIPT: &str =
    "try{const t=localStorage.getItem('aside:theme');if(t)document.documentElement.dataset.theme=t}catch{}";

/// The HTML document.
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    let version = use_context::<Assets>().map_or_else(|| "none".to_owned(), |assets| assets.version);
    let asset = move |file: &str| format!("/assets/{version}/{file}");
    let (js, wasm) = (asset("aside.js"), asset("aside_bg.wasm"));
    let start = format!("import('{js}').then(m=>m.default({{module_or_path:'{wasm}'}}).then(()=>m.hydrate()))");
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
                <script nonce=use_nonce() inner_html=THEME_SCRIPT></script>
                <link rel="stylesheet" href=asset("aside.css") />
                <link rel="icon" type="image/svg+xml" href=asset("favicon.svg") />
                <link rel="modulepreload" href=js nonce=use_nonce() />
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
                <script type="module" nonce=use_nonce() inner_html=start></script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The routes. Pages are rendered whole on the server: the first paint is the drawing itself.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Aside".to_owned() } else { format!("{title} · Aside") } />
        <Router>
            <Routes fallback=Lost>
                <Route path=path!("") view=Home ssr=SsrMode::Async />
                <Route path=path!("sandbox") view=Sandbox ssr=SsrMode::Async />
                <Route path=path!("academy") view=Academy ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
