//! What helps the hand: the lasso, and the lines along which what is being moved is in line.

use super::hands::Hands;
use crate::view::{text, view};
use aside_domain::decimal;
use aside_domain::guides::Guide;
use leptos::prelude::*;

/// Lasso and guides.
#[component]
pub fn Marks() -> impl IntoView {
    let hands = expect_context::<Hands>();
    let guides = text(move || hands.guides().with(|guides| guides.iter().map(line).collect()));
    let lasso = text(move || {
        hands.lasso().get().map_or_else(String::new, |rect| {
            let [x, y] = [rect.low.0, rect.low.1].map(|low| decimal(low, 1));
            let [width, height] = [rect.high.0 - rect.low.0, rect.high.1 - rect.low.1].map(|length| decimal(length, 1));
            format!("M{x},{y}h{width}v{height}h-{width}z")
        })
    });
    view! {
        <svg class="links marks" width="1" height="1" aria-hidden="true">
            <path class="guide" data-testid="guides" d=guides />
            <path class="lasso" d=lasso />
        </svg>
    }
}

fn line(guide: &Guide) -> String {
    let Guide { is_upright, at, from, to } = guide;
    if *is_upright { format!("M{at},{from}V{to}") } else { format!("M{from},{at}H{to}") }
}
