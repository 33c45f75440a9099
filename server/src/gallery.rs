//! The gallery: scenarios to start from, each with its picture.
//!
//! | `GET` | answer |
//! |---|---|
//! | `/api/gallery` | all of them, as what stands in the gallery's dialog |
//! | `/api/gallery/{name}` | the scenario of that name, as a file |

use std::fmt::Write;

use aside_domain::markup::safe;
use aside_domain::{Scenario, picture};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::refusal::Refusal;

/// The scenarios, by their names in addresses, and what there is to see in each.
const GALLERY: [(&str, &str, &str); 7] = [
    (
        "cache-aside",
        include_str!("../../gallery/cache-aside.json"),
        "The pattern itself: two hits, a miss, and the fill that makes the next read a hit.",
    ),
    (
        "no-cache",
        include_str!("../../gallery/no-cache.json"),
        "Every read goes to the database, and waits for it, again and again.",
    ),
    (
        "cache-without-a-database",
        include_str!("../../gallery/cache-without-a-database.json"),
        "What the cache has is found; what it misses is nowhere.",
    ),
    (
        "two-servers-sharing-a-cache",
        include_str!("../../gallery/two-servers-sharing-a-cache.json"),
        "What one server fills, the other hits.",
    ),
    (
        "two-cache-levels",
        include_str!("../../gallery/two-cache-levels.json"),
        "A near cache, a far one behind it, and a slow database: who misses is filled.",
    ),
    (
        "two-clients-racing",
        include_str!("../../gallery/two-clients-racing.json"),
        "Play the reader: its fill is held. Play the writer, then release: the old value lands in the cache.",
    ),
    (
        "a-dead-cache",
        include_str!("../../gallery/a-dead-cache.json"),
        "Redis is off. Reads are answered all the same, and after two failures the breaker spares them the wait.",
    ),
];

/// Both addresses.
pub(crate) fn routes() -> Router {
    Router::new().route("/api/gallery", get(all)).route("/api/gallery/{name}", get(one))
}

async fn all() -> Response {
    let mut html = String::from("<h2>Start from</h2><ul class=\"gallery-items\">");
    for (name, json, about) in GALLERY {
        let Ok(scenario) = Scenario::from_json(json) else { continue }; // a test reads them all
        let (title, about) = (safe(scenario.title.as_str()), safe(about));
        let picture = picture::svg(&scenario, "");
        // Writing to a string cannot fail.
        let _ = write!(
            html,
            "<li><button type=\"button\" data-scenario=\"{name}\" aria-describedby=\"about-{name}\" aria-label=\"{title}\">\
             {picture}<strong>{title}</strong></button><p class=\"quiet\" id=\"about-{name}\">{about}</p></li>"
        );
    }
    html.push_str("</ul><form method=\"dialog\"><button>Close</button></form>");
    ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")], html).into_response()
}

async fn one(Path(wanted): Path<String>) -> Result<Response, Refusal> {
    let found = GALLERY.iter().find(|(name, ..)| *name == wanted);
    let (_, json, _) =
        found.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "The gallery has no scenario of that name."))?;
    Ok(([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], *json).into_response())
}

#[cfg(test)]
mod tests {
    use super::GALLERY;
    use aside_domain::{Scenario, validate};

    #[test]
    fn every_scenario_of_the_gallery_can_be_used_and_runs() {
        for (name, json, _) in GALLERY {
            let scenario = Scenario::from_json(json).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(validate(&scenario.graph).0.requests() > 0, "{name}");
            assert_eq!(address(scenario.title.as_str()), name);
        }
    }

    /// A title as it stands in an address.
    fn address(title: &str) -> String {
        title.to_lowercase().replace(' ', "-")
    }
}
