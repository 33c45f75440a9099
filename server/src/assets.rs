//! The browser's bundle: `<site>/<version>/…`, where the file `<site>/VERSION` names the version in use.
//!
//! The version is a hash of the contents, so what lies below `/assets/<version>/` never changes and is kept for ever.

use std::fs;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::http::header::{CACHE_CONTROL, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::any;
use tower_http::services::{ServeDir, ServeFile};

use crate::refusal::nothing_here;

/// Assets are served below this path.
pub const BELOW: &str = "/assets/";

/// Files that browsers and robots ask for at the root.
const AT_THE_ROOT: [&str; 3] = ["favicon.ico", "favicon.svg", "robots.txt"];

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const NEVER: HeaderValue = HeaderValue::from_static("no-store");

/// The bundle in use.
#[derive(Debug, Clone)]
pub struct Site {
    version: String,
    folder: PathBuf,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The directory, or VERSION in it, is not there.
    #[error("there is no browser bundle in {} ({reason}): build it with `cargo xtask build`, or say where it is with --site", path.display())]
    Missing {
        /// The site directory.
        path: PathBuf,
        /// What the system said of VERSION.
        reason: std::io::Error,
    },
    /// VERSION names something that is not there, or that is no name.
    #[error("the browser bundle in {} is not complete: build it again with `cargo xtask build`", path.display())]
    Incomplete {
        /// The site directory.
        path: PathBuf,
    },
}

impl Site {
    /// Looks which version is in use.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn open(site: &Path) -> Result<Self, SiteError> {
        let path = || site.to_owned();
        let version = fs::read_to_string(site.join("VERSION"))
            .map_err(|reason| SiteError::Missing { path: path(), reason })?
            .trim()
            .to_owned();
        let folder = site.join(&version);
        let is_name = !version.is_empty() && version.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if is_name && folder.is_dir() {
            Ok(Self { version, folder })
        } else {
            Err(SiteError::Incomplete { path: path() })
        }
    }

    /// The version in use.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Serves its files. Those that were compressed when they were built are sent so.
    pub fn routes(&self) -> Router {
        let files =
            ServeDir::new(&self.folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
        let versioned =
            Router::new().nest_service(&format!("{BELOW}{}", self.version), files).layer(map_response(kept_for_ever));
        let mut at_the_root = Router::new();
        for name in AT_THE_ROOT {
            let file = ServeFile::new(self.folder.join(name)).precompressed_br().precompressed_gzip();
            at_the_root = at_the_root.route_service(&format!("/{name}"), file);
        }
        versioned
            .merge(at_the_root.layer(map_response(kept_for_a_day)))
            .route(&format!("{BELOW}{{*path}}"), any(nothing_here))
    }
}

async fn kept_for_ever(response: Response) -> Response {
    kept(response, FOR_EVER)
}

async fn kept_for_a_day(response: Response) -> Response {
    kept(response, FOR_A_DAY)
}

/// What is missing now may be there after the next build.
fn kept(mut response: Response, found: HeaderValue) -> Response {
    let is_there = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, if is_there { found } else { NEVER });
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}
