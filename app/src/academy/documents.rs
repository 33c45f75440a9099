//! What the server writes of the Academy's pages. Nothing of it is in the browser's module.

use super::Document;
use crate::view::view;
use aside_domain::StoreNow;
use aside_domain::markup::safe;
use aside_lessons::{Book, Lesson};
use leptos::prelude::*;
use std::sync::Arc;

/// Writes a document. Without a book, which the server always has, it is empty.
pub fn write(document: Document<'_>) -> String {
    let Some(book) = use_context::<Arc<Book>>() else { return String::new() };
    match document {
        Document::Path => path(&book).to_html(),
        Document::Top(slug) => book.lesson(slug).map(|lesson| top(lesson).to_html()).unwrap_or_default(),
        Document::Lesson(slug) => book.lesson(slug).map(|found| lesson(&book, found).to_html()).unwrap_or_default(),
        Document::Real => real().to_html(),
    }
}

fn address(lesson: &Lesson) -> String {
    format!("/academy/{}", lesson.slug)
}

fn minutes(count: u32) -> String {
    format!("{count} minutes")
}

/// `/academy`: the lessons in their order, and what is kept of them.
fn path(book: &Book) -> AnyView {
    let all: u32 = book.lessons.iter().map(|lesson| lesson.head.minutes).sum();
    let first = book.lessons.first();
    let items = book.lessons.iter().map(|lesson| {
        let before: Vec<&str> = lesson.head.after.iter().filter_map(|slug| Some(book.lesson(slug)?.head.title.as_str())).collect();
        let before = if before.is_empty() { String::new() } else { format!(" · builds on {}", before.join(", ")) };
        let goals: Vec<&str> = lesson.goals().map(|goal| goal.id.as_str()).collect();
        view! {
            <li class="step" data-lesson=lesson.slug.clone() data-title=lesson.head.title.clone() data-goals=goals.join(" ")>
                <h3>
                    <a href=address(lesson)>{lesson.head.title.clone()}</a>
                </h3>
                <p>{lesson.head.summary.clone()}</p>
                <p class="quiet">
                    {minutes(lesson.head.minutes)} {before} " · "
                    <span class="step-state" data-testid="lesson-progress">{format!("{} goals", goals.len())}</span>
                </p>
            </li>
        }
    });
    view! {
        <header class="academy-head">
            <h1>"Academy"</h1>
            <p class="lede">
                "Caching, learned on a live system. Beside each text stands a sandbox of its own, with a real Redis and a real Postgres behind it. Buttons in the text change it, you say what will happen before you press Play, and goals tick themselves when what they ask for has really happened."
            </p>
            <p class="calls">
                {first.map(|lesson| view! { <a class="button primary" id="continue" href=address(lesson)>"Begin: " {lesson.head.title.clone()}</a> })}
                <a class="button" href="/real">"What is real here"</a>
            </p>
            <p class="quiet">{format!("{} lessons, about {} in all.", book.lessons.len(), hours(all))}</p>
        </header>
        <section aria-labelledby="path">
            <h2 id="path">"The path"</h2>
            <ol class="path">{items.collect::<Vec<_>>()}</ol>
        </section>
        {keeping()}
    }
}

fn hours(minutes: u32) -> String {
    match minutes {
        0..90 => format!("{minutes} minutes"),
        _ => format!("{} hours and {} minutes", minutes / 60, minutes % 60),
    }
}

/// What is kept of the lessons, and how it gets to another device.
fn keeping() -> AnyView {
    view! {
        <section class="keeping" aria-labelledby="keeping">
            <h2 id="keeping">"Your progress"</h2>
            <p>
                "What you have done (goals that you met, answers that you locked in) is kept on this device, in this browser, and nowhere else unless you ask for it. There is no account."
            </p>
            <div class="calls">
                <button type="button" data-do="export" disabled>"Export progress"</button>
                <label class="button file-button">
                    <input type="file" class="visually-hidden" accept="application/json,.json" aria-label="Import progress" disabled />
                    <span aria-hidden="true">"Import progress"</span>
                </label>
                <button type="button" data-do="forget" class="danger" disabled>"Forget all progress"</button>
            </div>
            <h3>"On another device"</h3>
            <div data-when="alone">
                <p>
                    "A sync code takes your progress to another device, without an account or an e-mail address. Aside keeps a copy under the code, stores the code itself only as a hash, and forgets both when nobody has used it for 90 days. Whoever knows the code can read and change this progress."
                </p>
                <form class="sync">
                    <button type="button" data-do="begin-sync" disabled>"Make a sync code"</button>
                    <span class="quiet">"or"</span>
                    <label>
                        "Code from another device"
                        <input type="text" name="code" autocomplete="off" spellcheck="false" maxlength="32" placeholder="ABCD-EFGH-JKLM" />
                    </label>
                    <button type="submit" disabled>"Use this code"</button>
                </form>
            </div>
            <div data-when="synced" hidden>
                <p>
                    "Synced under the code " <code class="sync-code" data-testid="sync-code" tabindex="-1"></code>
                    ". Type it in on the other device, on this same page. From then on both keep up with each other whenever one of them opens a lesson or gets further in it."
                </p>
                <div class="calls">
                    <button type="button" data-do="leave">"Stop syncing on this device"</button>
                    <button type="button" data-do="end-sync" class="danger">"Delete the code"</button>
                </div>
            </div>
            <p class="said" role="status" data-testid="keeping-said"></p>
        </section>
    }
}

/// A lesson's name, and how far one has come.
fn top(lesson: &Lesson) -> AnyView {
    let goals = lesson.goals().count();
    view! {
        <span class="top-title">{lesson.head.title.clone()}</span>
        <span class="top-progress" data-testid="lesson-progress" role="status">
            {format!("0 of {goals} goals")}
        </span>
    }
}

/// A lesson's text, with what stands before and behind it.
fn lesson(book: &Book, lesson: &Lesson) -> AnyView {
    let head = &lesson.head;
    let number = book.lessons.iter().position(|other| other.slug == lesson.slug).map_or(0, |at| at + 1);
    let (previous, next) = book.neighbours(&lesson.slug);
    let before: Vec<AnyView> = head
        .after
        .iter()
        .filter_map(|slug| book.lesson(slug))
        .map(|before| view! { " " <a href=address(before)>{before.head.title.clone()}</a> })
        .collect();
    let contents: Vec<AnyView> = lesson
        .headings()
        .filter(|(level, ..)| *level == 2)
        .map(|(_, anchor, inside)| view! { <li><a href=format!("#{anchor}") data-heading=anchor.to_owned() inner_html=inside.to_owned()></a></li> })
        .collect();
    let neighbour = |lesson: &Lesson, rel: &'static str, words: &'static str| {
        view! {
            <p class=rel>
                <a class="button" rel=rel href=address(lesson)>{words}</a>
                <span class="quiet">{lesson.head.title.clone()}</span>
            </p>
        }
    };
    view! {
        <header class="lesson-head">
            <p class="quiet">
                <a href="/academy">"Academy"</a>
                {format!(" · lesson {number} of {} · {}", book.lessons.len(), minutes(head.minutes))}
            </p>
            <h1>{head.title.clone()}</h1>
            <p class="lede">{head.summary.clone()}</p>
            {(!before.is_empty()).then(|| view! { <p class="quiet">"Builds on" {before} "."</p> })}
            <p class="quiet">
                <a href="/real">"What is real here, what is slowed, and what is injected"</a>
            </p>
            <noscript>
                <p class="block">
                    "Without JavaScript this page can be read, but its buttons and its sandbox stand still."
                </p>
            </noscript>
        </header>
        <details class="toc">
            <summary>
                <span>"Contents"</span>
                <span class="toc-now" aria-hidden="true"></span>
            </summary>
            <nav aria-label="Contents of this lesson">
                <ol>{contents}</ol>
            </nav>
        </details>
        <article class="lesson-text" inner_html=lesson.html()></article>
        <footer class="lesson-foot">
            {feedback()}
            <section class="lesson-kept" aria-labelledby="kept">
                <h2 id="kept">"Where you are"</h2>
                <p>
                    "Goals and answers of this lesson are kept on this device. "
                    <a href="/academy#keeping">"Export them, or take them to another device"</a>"."
                </p>
                <div class="calls">
                    <a class="button" href="/sandbox" target="_blank" rel="noopener">"Open interactive sandbox"</a>
                    <button type="button" data-do="start-over" disabled>"Forget what I did in this lesson"</button>
                </div>
            </section>
            <p class="quiet keys">
                "Keys: "<kbd>"F"</kbd>" shows the sandbox alone, for a projector; "<kbd>"["</kbd>" and "<kbd>"]"</kbd>
                " lead to the previous and the next lesson."
            </p>
            <nav class="neighbours" aria-label="Lessons">
                {previous.map(|lesson| neighbour(lesson, "prev", "Previous lesson"))}
                {next.map(|lesson| neighbour(lesson, "next", "Next lesson"))}
            </nav>
        </footer>
    }
}

fn feedback() -> AnyView {
    view! {
        <section class="feedback" aria-labelledby="helpful">
            <h2 id="helpful">"Was this helpful?"</h2>
            <div class="calls">
                <button type="button" data-helpful="true" disabled>"Yes, helpful"</button>
                <button type="button" data-helpful="false" disabled>"Not really"</button>
            </div>
            <form class="opinion" hidden>
                <label>
                    "What was good, or what was missing? (if you like)"
                    <textarea name="sentence" rows="2" maxlength="500"></textarea>
                </label>
                <button type="submit">"Send"</button>
            </form>
            <p class="said" role="status" data-testid="feedback-said"></p>
        </section>
    }
}

/// `/real`.
fn real() -> AnyView {
    let stores = use_context::<Vec<StoreNow>>().unwrap_or_default();
    view! {
        <header class="academy-head">
            <h1>"What is real here"</h1>
            <p class="lede">"Aside has one promise: what you see happened. This page says what that means, and how you can check it."</p>
        </header>
        <section aria-labelledby="counts">
            <h2 id="counts">"The stores' own counts, beside ours"</h2>
            <p>
                "Both stores count the commands that reach them, whatever Aside claims. Below, their counts stand beside those of the receipts that Aside has handed out to all its visitors since then. Press Play in another tab, and watch both move."
            </p>
            <div class="real-table" role="region" aria-label="Counts" tabindex="0">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Store"</th>
                            <th scope="col">"Command"</th>
                            <th scope="col">"Receipts"</th>
                            <th scope="col">"Counted by the store"</th>
                        </tr>
                    </thead>
                    <tbody id="stores-now" inner_html=rows(&stores)></tbody>
                </table>
            </div>
            <p class="quiet">
                "Redis' counts are those of INFO commandstats, Postgres' those of pg_stat_statements. While requests are under way the two columns may differ by what has not come back yet. They also differ if other programs, or another Aside, use the same store; and a store without such a count shows a dash. What inspectors do (SCAN, MGET, PTTL, UNLINK …) uses other commands than requests do, and is in neither column."
            </p>
        </section>
        <section aria-labelledby="is-real">
            <h2 id="is-real">"Real"</h2>
            <ul class="plain-list">
                <li>"Every GET, SET and DEL goes to Redis, and every SELECT, INSERT and DELETE to Postgres. Each receipt shows the command exactly as it was sent; open one to see all its bytes."</li>
                <li>"The time on a receipt was measured around that one call, with a monotonic clock. Waiting for a free connection is not in it."</li>
                <li>"Keys expire because Redis lets them expire. The inspector asks it how long they have left (PTTL), counts down from there, and asks again when the time is over."</li>
                <li>"Goals and predictions are judged by the server: by the drawing it has, by what the stores hold, and by what came back."</li>
                <li>"Stale hits are found by an observer, which compares a hit with its row beside the request. Its statements are no part of the request's time."</li>
            </ul>
        </section>
        <section aria-labelledby="is-slowed">
            <h2 id="is-slowed">"Slowed"</h2>
            <p>
                "A hop takes well under a millisecond, because the stores run beside Aside. So the screen shows it thousands of times slower. How much slower stands below the timeline; how long it really took stands on the receipt. Longer hops are shown longer, but not in proportion: lengths grow with the logarithm of the time."
            </p>
        </section>
        <section aria-labelledby="is-injected">
            <h2 id="is-injected">"Injected"</h2>
            <ul class="plain-list">
                <li>"A delay on a link is a real wait of that length before the store is asked. It is labelled as injected wherever it appears, and is never added to a measured time."</li>
                <li>"A link that is cut, a black hole and a store that is switched off keep a call back before it reaches the store. Its receipt says that nothing was sent. The real store goes on running; a Redis that is switched off here loses this sandbox's keys."</li>
                <li>"The hop between client and server is a call inside Aside's own process. There is no wire between the two, and its receipt says so."</li>
            </ul>
        </section>
        <section aria-labelledby="look">
            <h2 id="look">"Look with your own tools"</h2>
            <p>"On the machine that runs Aside, this prints where the stores are, with commands to look into them:"</p>
            <pre><code>"aside stores"</code></pre>
            <p>"With the address that it prints, look at what your sandbox holds. Its id stands in every key; open a receipt of a GET to find yours."</p>
            <pre><code>"redis-cli -u ADDRESS --scan --pattern 'aside:{*}:*'\nredis-cli -u ADDRESS INFO commandstats\nredis-cli -u ADDRESS MONITOR"</code></pre>
            <pre><code>"psql ADDRESS -c \"SELECT node, key, value FROM node_rows WHERE sandbox = 'YOURS'\""</code></pre>
            <p>"A key that you write there is a key that the next request hits, and a row that you change with psql makes the copy in the cache stale. Try it."</p>
        </section>
    }
}

/// The rows of the stores' counts.
pub fn rows(stores: &[StoreNow]) -> String {
    let row = |store: &StoreNow| -> String {
        let version = store.version.as_deref().unwrap_or("does not answer");
        let name = format!("{} <span class=\"quiet\">{}</span>", safe(&store.name), safe(version));
        let span = store.counts.len();
        let since = format!("<br><span class=\"quiet\">since {}</span>", since(store.since_s));
        let cells = store.counts.iter().enumerate().map(|(index, counted)| {
            let head = if index == 0 {
                format!(r#"<th scope="rowgroup" rowspan="{span}">{name}{since}</th>"#)
            } else {
                String::new()
            };
            let theirs = counted.store.map_or_else(|| "–".to_owned(), |count| count.to_string());
            let is_same = counted.store.is_none_or(|count| count == counted.receipts);
            format!(
                r#"<tr data-command="{command}" data-same="{is_same}">{head}<td><code>{command}</code></td><td class="number">{}</td><td class="number">{theirs}</td></tr>"#,
                counted.receipts,
                command = safe(&counted.command),
            )
        });
        cells.collect()
    };
    stores.iter().map(row).collect()
}

fn since(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} minutes ago", seconds / 60),
        _ => format!("{} hours ago", seconds / 3_600),
    }
}
