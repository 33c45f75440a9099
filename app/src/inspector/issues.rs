//! What validation says, with its gravity in a sign and a word as well as in colour.

use super::show;
use crate::editor::Editor;
use crate::selection::Part;
use crate::view::{dynamic, view};
use crate::workbench::bench;
use aside_domain::{Issue, NodeId, Scenario, Severity, Subject};
use leptos::prelude::*;

/// How many issues are listed; a drawing of a thousand unlinked nodes has as many.
const LISTED: usize = 100;

/// What there is to say about one node or link.
pub fn issues(about: Subject) -> AnyView {
    let editor = bench().editor;
    let item = |issue: &Issue| {
        view! { <li class="issue">{gravity(issue.severity)} <span>{issue.message.clone()}</span></li> }.into_any()
    };
    dynamic(move || {
        let items: Vec<_> = editor.findings().with(|findings| {
            let about = findings.issues.iter().filter(|issue| issue.subject == about);
            about.map(item).collect()
        });
        (!items.is_empty()).then(|| view! { <ul class="issues" aria-label="Issues">{items}</ul> }.into_any()).into_any()
    })
}

/// What there is to say about the whole drawing; each issue leads to its node or link.
pub fn all_issues() -> AnyView {
    let editor = bench().editor;
    dynamic(move || {
        editor.revision().track(); // names may have changed
        editor.findings().with(|findings| {
            let issues = &findings.issues;
            if issues.is_empty() {
                return view! { <p class="quiet">"Nothing to remark: everything that is drawn can run."</p> }
                    .into_any();
            }
            let more = issues.len().saturating_sub(LISTED);
            let more = (more > 0).then(|| view! { <p class="quiet">{format!("and {more} more")}</p> }.into_any());
            view! {
                <ul class="issues" aria-label="Issues">
                    {issues.iter().take(LISTED).map(|issue| line(editor, issue)).collect::<Vec<_>>()}
                </ul>
                {more}
            }
            .into_any()
        })
    })
}

/// An issue of the whole drawing's.
fn line(editor: Editor, issue: &Issue) -> AnyView {
    let about = editor.with(|scenario| subject_name(&issue.subject, scenario));
    let about = about.map(|name| view! { <strong>{name}</strong> ": " }.into_any());
    let text = view! {
        {gravity(issue.severity)}
        " "
        <span>{about} {issue.message.clone()}</span>
    };
    match target(issue.subject.clone()) {
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
}

/// A severity as a badge: sign and word.
fn gravity(severity: Severity) -> AnyView {
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
    .into_any()
}

fn target(subject: Subject) -> Option<Part> {
    match subject {
        Subject::Drawing => None,
        Subject::Node(id) => Some(Part::Node(id)),
        Subject::Link(link) => Some(Part::Link(link)),
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
