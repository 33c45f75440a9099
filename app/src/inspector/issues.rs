//! What validation says, with its gravity in a sign and a word as well as in colour.

use super::show;
use crate::editor::{Editor, Selection};
use aside_domain::{Issue, NodeId, Scenario, Severity, Subject};
use leptos::prelude::*;

/// How many issues are listed; a drawing of a thousand unlinked nodes has as many.
const LISTED: usize = 100;

/// What there is to say about one node or link.
#[component]
pub fn Issues(
    /// The node or link.
    about: Subject,
) -> impl IntoView {
    let editor = expect_context::<Editor>();
    let issues = Memo::new(move |_| {
        editor.findings().with(|findings| {
            let about = findings.issues.iter().filter(|issue| issue.subject == about);
            about.map(|issue| (issue.severity, issue.message.clone())).collect::<Vec<_>>()
        })
    });
    move || {
        let issues = issues.get();
        let item = |(severity, message)| view! { <li class="issue">{gravity(severity)} <span>{message}</span></li> };
        (!issues.is_empty()).then(
            || view! { <ul class="issues" aria-label="Issues">{issues.into_iter().map(item).collect_view()}</ul> },
        )
    }
}

/// What there is to say about the whole drawing; each issue leads to its node or link.
#[component]
pub fn AllIssues() -> impl IntoView {
    let editor = expect_context::<Editor>();
    let lines = Memo::new(move |_| {
        editor.revision().track(); // names may have changed
        editor.findings().with(|findings| {
            let line = |issue: &Issue| (issue.clone(), editor.with(|scenario| subject_name(&issue.subject, scenario)));
            (findings.issues.iter().take(LISTED).map(line).collect::<Vec<_>>(), findings.issues.len())
        })
    });
    let item = move |(issue, about): (Issue, Option<String>)| {
        let text = view! {
            {gravity(issue.severity)}
            " "
            <span>{about.map(|name| view! { <strong>{name}</strong> ": " })} {issue.message}</span>
        };
        match target(issue.subject) {
            Some(target) => view! {
                <li>
                    <button type="button" class="issue" on:click=move |_| show(editor, target.clone())>
                        {text}
                    </button>
                </li>
            }
            .into_any(),
            None => view! { <li class="issue">{text}</li> }.into_any(),
        }
    };
    move || {
        let (lines, count) = lines.get();
        if lines.is_empty() {
            return view! { <p class="quiet">"Nothing to remark: everything that is drawn can run."</p> }.into_any();
        }
        let more = count - lines.len();
        view! {
            <ul class="issues" aria-label="Issues">
                {lines.into_iter().map(item).collect_view()}
            </ul>
            {(more > 0).then(|| view! { <p class="quiet">{format!("and {more} more")}</p> })}
        }
        .into_any()
    }
}

/// A severity as a badge: sign and word.
fn gravity(severity: Severity) -> impl IntoView {
    let (tone, sign, word) = match severity {
        Severity::Blocked => ("blocked", "×", "Blocked"),
        Severity::Warning => ("warning", "!", "Warning"),
        Severity::Note => ("note", "i", "Note"),
    };
    view! {
        <span class="badge" data-severity=tone>
            <span aria-hidden="true">{sign}</span>
            " "
            {word}
        </span>
    }
}

fn target(subject: Subject) -> Option<Selection> {
    match subject {
        Subject::Drawing => None,
        Subject::Node(id) => Some(Selection::Node(id)),
        Subject::Link(link) => Some(Selection::Link(link)),
    }
}

fn subject_name(subject: &Subject, scenario: &Scenario) -> Option<String> {
    let name = |id: &NodeId| scenario.graph.node(id).map(|node| node.name.to_string());
    match subject {
        Subject::Drawing => None,
        Subject::Node(id) => name(id),
        Subject::Link(link) => Some(format!("{} → {}", name(&link.from)?, name(&link.to)?)),
    }
}
