//! Reads a lesson: its head, its Markdown, its blocks.

use crate::{Content, Lesson, Part, Problem, START};
use aside_domain::Scenario;
use aside_domain::lesson::Head;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ops::Range;

/// What a code block may be marked with, beside the marks of living blocks.
const CODE: [&str; 3] = ["text", "redis", "sql"];

/// Reads the lesson of that folder.
pub(crate) fn lesson(slug: &str, files: &BTreeMap<String, String>) -> Result<Lesson, Vec<Problem>> {
    let file = format!("{slug}/lesson.md");
    let text = files.get(&file).map_or("", String::as_str);
    let problem = |line: usize, problem: String| Problem { file: file.clone(), line, problem };
    let scenarios = scenarios(slug, files)?;
    let (head, body) = split(text).ok_or_else(|| {
        vec![problem(1, "it does not begin with its head, in TOML between two lines of +++".to_owned())]
    })?;
    let line_of = |at: usize| text[..at].matches('\n').count() + 1;
    let head: Head =
        toml(&text[head.clone()], line_of(head.start)).map_err(|(line, text)| vec![problem(line, text)])?;

    let mut problems = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    let offset = body.start;
    let mut events = Parser::new_ext(&text[body], Options::ENABLE_TABLES).into_offset_iter().peekable();
    while let Some((event, range)) = events.next() {
        let line = line_of(offset + range.start);
        let content = match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(mark))) => {
                let mut inside = String::new();
                while let Some((Event::Text(text), _)) = events.next_if(|(event, _)| !matches!(event, Event::End(_))) {
                    inside.push_str(&text);
                }
                events.next(); // its end
                match block(&mark, &inside, line + 1) {
                    Ok(content) => content,
                    Err((line, text)) => {
                        problems.push(problem(line, text));
                        continue;
                    }
                }
            }
            Event::Start(Tag::Heading { level, .. }) => {
                let inside =
                    until_end(&mut events, &mut |range| problems.push(no_html(&problem, line_of, offset, range)));
                let title = plain(&inside);
                Content::Heading(level_of(level), anchor(&title), to_html(inside))
            }
            Event::Start(tag) => {
                let mut all = vec![Event::Start(tag)];
                all.extend(until_end(&mut events, &mut |range| {
                    problems.push(no_html(&problem, line_of, offset, range));
                }));
                let end = match &all[0] {
                    Event::Start(tag) => tag.to_end(),
                    _ => continue,
                };
                let words = plain(&all).split_whitespace().count();
                all.push(Event::End(end));
                Content::Prose(to_html(all), words)
            }
            Event::Html(_) | Event::InlineHtml(_) => {
                problems.push(problem(line, "HTML is not for lessons".to_owned()));
                continue;
            }
            other => Content::Prose(to_html(vec![other]), 0),
        };
        parts.push(Part { line, content });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Lesson { slug: slug.to_owned(), head, parts, scenarios })
}

/// The scenarios of a lesson's folder.
fn scenarios(slug: &str, files: &BTreeMap<String, String>) -> Result<BTreeMap<String, Scenario>, Vec<Problem>> {
    let mut scenarios = BTreeMap::new();
    let folder = format!("{slug}/");
    for (path, text) in files {
        let Some(name) = path.strip_prefix(&folder).filter(|name| name.ends_with(".json")) else { continue };
        let scenario = Scenario::from_json(text)
            .map_err(|error| vec![Problem { file: path.clone(), line: 1, problem: error.to_string() }])?;
        scenarios.insert(name.to_owned(), scenario);
    }
    if scenarios.contains_key(START) {
        return Ok(scenarios);
    }
    Err(vec![Problem { file: format!("{folder}{START}"), line: 1, problem: "it is missing".to_owned() }])
}

/// Where the head and the body of a lesson are.
fn split(text: &str) -> Option<(Range<usize>, Range<usize>)> {
    let head = text.strip_prefix("+++\n")?;
    let end = head.find("\n+++\n")? + 4;
    Some((4..end + 1, end + 5..text.len()))
}

/// What a marked block says; or the line and what is wrong there.
fn block(mark: &str, inside: &str, line: usize) -> Result<Content, (usize, String)> {
    Ok(match mark {
        "checkpoint" => Content::Checkpoint(toml(inside, line)?),
        "predict" => Content::Predict(toml(inside, line)?),
        "goal" => Content::Goal(toml(inside, line)?),
        "figure" => Content::Figure(toml(inside, line)?),
        "example" => Content::Example(toml(inside, line)?),
        code if CODE.contains(&code) => {
            let events = vec![
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(CowStr::from(code.to_owned())))),
                Event::Text(CowStr::from(inside.to_owned())),
                Event::End(TagEnd::CodeBlock),
            ];
            Content::Prose(to_html(events), 0)
        }
        other => return Err((line - 1, format!("there is no block {other:?}"))),
    })
}

/// Reads TOML that begins in that line.
fn toml<T: DeserializeOwned>(text: &str, first: usize) -> Result<T, (usize, String)> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let within = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count());
        (first + within, error.message().to_owned())
    })
}

/// The events up to the end of what was begun; `on_html` is told of HTML among them.
fn until_end<'a>(
    events: &mut impl Iterator<Item = (Event<'a>, Range<usize>)>,
    on_html: &mut dyn FnMut(Range<usize>),
) -> Vec<Event<'a>> {
    let (mut inside, mut depth) = (Vec::new(), 1);
    for (event, range) in events {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Html(_) | Event::InlineHtml(_) => on_html(range),
            _ => {}
        }
        if depth == 0 {
            break;
        }
        inside.push(event);
    }
    inside
}

fn no_html(
    problem: &impl Fn(usize, String) -> Problem,
    line_of: impl Fn(usize) -> usize,
    offset: usize,
    range: Range<usize>,
) -> Problem {
    problem(line_of(offset + range.start), "HTML is not for lessons".to_owned())
}

fn plain(events: &[Event<'_>]) -> String {
    let text = |event: &Event<'_>| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        Event::SoftBreak | Event::HardBreak | Event::End(_) => " ".to_owned(),
        _ => String::new(),
    };
    events.iter().map(text).collect()
}

fn to_html(events: Vec<Event<'_>>) -> String {
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter());
    text
}

/// "Why it is fast" as `why-it-is-fast`.
fn anchor(title: &str) -> String {
    let letters = title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
    letters.collect::<String>().split_whitespace().collect::<Vec<_>>().join("-")
}

const fn level_of(level: HeadingLevel) -> u8 {
    level as u8
}
