//! Every lesson of the Academy can be read and is as a lesson has to be; and what is wrong with one is told by file and line.

#![expect(clippy::unwrap_used, reason = "a test may")]

use aside_lessons::{Book, Content};
use std::collections::BTreeMap;

#[test]
fn every_lesson_of_the_academy_is_as_a_lesson_has_to_be() {
    let book = Book::open().unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("\n{}\n", lines.join("\n"))
    });
    assert!(!book.lessons.is_empty());
}

const SCENARIO: &str = include_str!("../../domain/src/textbook.json");

/// A lesson that is as it has to be, with `more` at its end.
fn files(more: &str) -> BTreeMap<String, String> {
    let words = "word ".repeat(800);
    let text = format!(
        r#"+++
title = "A lesson"
summary = "Of a test."
minutes = 5
order = 1
+++
## A heading

{words}

```checkpoint
id = "empty"
title = "Empty Redis"
text = "Deletes every key."
then = "Press Play."
effects = [{{ empty = "redis" }}]
```

```checkpoint
id = "cut"
title = "Cut the link"
text = "Cuts it."
then = "Press Play."
effects = [{{ link = {{ from = "server", to = "redis", condition = "cut" }} }}]
```

```predict
id = "what"
question = "What?"
many = true
choices = [
  {{ text = "hit", when = {{ run = {{ hops = [{{ at = "redis", outcome = "hit" }}] }} }} }},
  {{ text = "miss", when = {{ run = {{ hops = [{{ at = "redis", outcome = "miss" }}] }} }} }},
]
why = "So."
```

```figure
id = "drawing"
scenario = "scenario.json"
caption = "It."
alt = "It."
```

```goal
id = "hit"
text = "Hit."
hints = ["So.", "Like this."]
when = {{ run = {{ hops = [{{ at = "redis", outcome = "hit", times = 3 }}] }} }}
```

```goal
id = "holds"
text = "Hold doe."
hints = ["So.", "Like this."]
when = {{ holds = {{ kind = "redis", key = "doe" }} }}
```

{more}
"#
    );
    BTreeMap::from([("one/lesson.md".to_owned(), text), ("one/scenario.json".to_owned(), SCENARIO.to_owned())])
}

/// The line of the first line of `more`.
const FIRST: usize = 59;

fn problems(files: &BTreeMap<String, String>) -> Vec<String> {
    Book::read(files).map_or_else(|problems| problems.iter().map(ToString::to_string).collect(), |_| Vec::new())
}

fn problem_of(more: &str) -> String {
    let problems = problems(&files(more));
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.into_iter().next().unwrap()
}

#[test]
fn a_lesson_is_read_part_by_part() {
    let book = Book::read(&files("### Why it is *fast*\n\nA [link](/sandbox).")).unwrap();
    let lesson = &book.lessons[0];
    assert_eq!((lesson.slug.as_str(), lesson.head.title.as_str()), ("one", "A lesson"));
    let heading = lesson.parts.iter().rev().find_map(|part| match &part.content {
        Content::Heading(level, anchor, html) => Some((*level, anchor.clone(), html.clone(), part.line)),
        _ => None,
    });
    let html = "Why it is <em>fast</em>".to_owned();
    assert_eq!(heading, Some((3, "why-it-is-fast".to_owned(), html, FIRST)));
}

#[test]
fn what_is_wrong_is_told_by_file_and_line() {
    let goal = |when: &str| format!("```goal\nid = \"g\"\ntext = \"t\"\nhints = [\"a\", \"b\"]\nwhen = {when}\n```");
    let checkpoint = |effects: &str| {
        format!("```checkpoint\nid = \"c\"\ntitle = \"t\"\ntext = \"t\"\nthen = \"t\"\neffects = [{effects}]\n```")
    };
    let at = |line: usize, problem: &str| format!("academy/one/lesson.md:{line}: {problem}");
    assert_eq!(problem_of("```goals\n```"), at(FIRST, "there is no block \"goals\""));
    assert!(problem_of(&goal("{ drown = 1 }")).starts_with(&at(FIRST + 4, "unknown variant `drown`")));
    assert_eq!(
        problem_of(&goal("{ holds = { kind = \"redis\", key = \"john\" } }")),
        at(FIRST, "it is met before anything was done")
    );
    let never =
        "it can never be met: at least more than at most, what such a store never answers, or runs and traffic in one";
    for hops in [
        "at = \"redis\", times = 2, most = 1",
        "at = \"redis\", outcome = \"found\"",
        "at = \"postgres\", outcome = \"hit\"",
        "at = \"client\"",
    ] {
        assert_eq!(problem_of(&goal(&format!("{{ run = {{ hops = [{{ {hops} }}] }} }}"))), at(FIRST, never));
    }
    assert_eq!(problem_of(&checkpoint("{ empty = \"gone\" }")), at(FIRST, "there is no node gone in the drawing"));
    assert_eq!(
        problem_of(&checkpoint("{ empty = \"postgres\" }")),
        at(FIRST, "postgres is not of the kind that this is for")
    );
    assert_eq!(problem_of(&checkpoint("{ replace = \"no.json\" }")), at(FIRST, "the lesson has no scenario no.json"));
    assert_eq!(
        problem_of(&checkpoint("{ link = { from = \"client\", to = \"server\", delay_ms = 3000 } }")),
        at(FIRST, "graph.links[0] (client to server): a delay is 0 to 2000 milliseconds.")
    );
    let both = goal("{ all = [{ run = { stale = 1 } }, { traffic = { writes = { least = 1 } } }] }");
    let bounds = goal("{ traffic = { queries = { least = 2, most = 1 } } }");
    let samples = goal("{ run = { source = \"traffic\", requests = 1 } }");
    for never_met in [both, bounds, samples, goal("{ traffics = [] }")] {
        assert_eq!(problem_of(&never_met), at(FIRST, never));
    }
    assert_eq!(problems(&files(&goal("{ all = [{ server = { lease = true } }, { outside = 9 }] }"))), [""; 0]);
    let hold = "{ hold = { from = \"server\", to = \"redis\", leg = \"message\", command = \"SELECT\" } }";
    assert_eq!(problem_of(&checkpoint(hold)), at(FIRST, "no SELECT is ever sent to redis"));
    let prediction = |first: &str, second: &str| {
        let choice = |when: &str| format!("{{ text = \"t\", when = {when} }}");
        let choices = [choice(first), choice(second)].join(", ");
        format!("```predict\nid = \"p\"\nquestion = \"q\"\nmany = false\nchoices = [{choices}]\nwhy = \"w\"\n```")
    };
    let (few, many) = ("{ traffic = { queries = { most = 9 } } }", "{ traffic = { queries = { least = 10 } } }");
    assert_eq!(problems(&files(&prediction(few, many))), [""; 0]);
    assert_eq!(
        problem_of(&prediction(few, "{ run = { stale = 1 } }")),
        at(FIRST, "its choices are judged by different things: Play, traffic, or requests from outside")
    );
    assert!(problem_of(&prediction(few, "{ run = { stale = 1, fresh = true } }")).contains("can never be right"));
    for link in
        ["/academy/nowhere", "#nothing", "#goal-nothing", "/academy/one#nothing", "/elsewhere", "http://x.example"]
    {
        assert_eq!(
            problem_of(&format!("See [this]({link}).")),
            at(FIRST, &format!("the link to {link} leads nowhere"))
        );
    }
    for link in ["#goal-hit", "/academy/one#a-heading", "/sandbox", "/real", "https://redis.io/docs/"] {
        assert_eq!(problems(&files(&format!("See [this]({link})."))), [""; 0], "{link}");
    }
    assert_eq!(problem_of("A line<br>and one."), at(FIRST, "HTML is not for lessons"));
    assert_eq!(problem_of("# Title"), at(FIRST, "headings begin with ##: the title is in the head"));
    assert_eq!(problem_of("## A heading"), at(FIRST, "another heading or block has the same address"));
}

#[test]
fn a_lesson_without_enough_of_everything_is_refused() {
    let mut files = files("");
    let text = files["one/lesson.md"].replace("```goal\nid = \"hit\"", "```text\nid = \"hit\"").replace("word ", "");
    files.insert("one/lesson.md".to_owned(), text);
    let problems = problems(&files);
    assert!(problems.iter().any(|problem| problem.ends_with("it has 1 of 2 goals")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("words; 700 to 1200 are wanted")), "{problems:?}");
}
