//! The pages.

mod academy;
mod home;
mod lost;
mod sandbox;

pub use academy::Academy;
pub use home::Home;
pub use lost::Lost;
pub use sandbox::Sandbox;

use crate::api;
use crate::workbench::{Extent, Workbench};
use aside_domain::{Place, Saved, Scenario};
use leptos::prelude::*;

/// The visitor's workbench at a place: what he left there, or the textbook's example.
#[component]
fn WorkbenchAt(
    /// The place, which is part of the program and so is known to be a valid one.
    place: &'static str,
    /// How much of it to show.
    extent: Extent,
) -> impl IntoView {
    let Ok(place) = Place::new(place) else {
        return ().into_any();
    };
    let found = Resource::new_blocking(
        {
            let place = place.clone();
            move || place.clone()
        },
        api::find,
    );
    view! {
        <Suspense>
            {move || {
                let place = place.clone();
                Suspend::new(async move {
                    // A server that cannot look it up now still shows the example; the sandbox opens when it can.
                    let example = || Saved { scenario: Scenario::textbook(), version: 0 };
                    let saved = found.await.ok().flatten().unwrap_or_else(example);
                    view! { <Workbench place saved extent /> }
                })
            }}
        </Suspense>
    }
    .into_any()
}
