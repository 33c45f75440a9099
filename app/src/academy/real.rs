//! `/real`: the stores' own counts beside those of the receipts, live.

use crate::api;
use crate::browser;
use crate::view::effect;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use web_sys::Element;

/// How often the counts are asked for while the page is looked at.
const TURN: Duration = Duration::from_secs(2);

/// Asks for the counts, again and again while the page is looked at.
pub fn follow() {
    effect(|| {
        let ask = || {
            if document().hidden() {
                return;
            }
            spawn_local(async {
                // A server that does not answer leaves the figures as they are; the next turn asks again.
                if let Ok(rows) = api::counts().await
                    && let Some(table) = browser::find::<Element>("#stores-now")
                {
                    table.set_inner_html(&rows);
                }
            });
        };
        if let Ok(timer) = set_interval_with_handle(ask, TURN) {
            on_cleanup(move || timer.clear());
        }
    });
}
