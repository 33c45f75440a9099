//! What people see of traffic: markup that can be read, figures that are right, and no text that does anything.
#![expect(clippy::unwrap_used, reason = "a test may")]

use aside_domain::measured::{Measured, Quantiles, Second, Totals};
use aside_domain::{Distribution, Name, NodeId, RunEnd, Traffic};
use aside_report::{choices, csv, page, panel};
use roxmltree::{Document, Node, ParsingOptions};

const HOSTILE: &str = r#"</style><script>alert("1" & '2')</script>"#;

fn quantiles(count: u64, p50_us: u64) -> Quantiles {
    Quantiles { count, p50_us, p95_us: 2 * p50_us, p99_us: 4 * p50_us, max_us: 9 * p50_us }
}

/// Traffic of so many seconds with a hundred requests in each: 80 hits, 15 misses, 4 writes, one error; and 50 ms more, in which
/// the last answer came.
fn measured(number: u32, seconds: u32) -> Measured {
    let second = |at_s| Second {
        at_s,
        requests: 100,
        hits: 80,
        misses: 15,
        errors: 1,
        queries: 19,
        hit_us: quantiles(80, 300),
        miss_us: quantiles(15, 2_000),
    };
    let count = u64::from(seconds);
    let last = Second { at_s: seconds, requests: 1, hits: 1, hit_us: quantiles(1, 300), ..Second::default() };
    Measured {
        number,
        title: "Cache-aside".to_owned(),
        client: NodeId::new("client").unwrap(),
        client_name: Name::new("Browser").unwrap(),
        traffic: Traffic { duration_s: seconds, ..Traffic::default() },
        drawing: vec!["Server: TTL 60 s.".to_owned()],
        began_ms: 1_794_648_360_000,
        elapsed_ms: count * 1_000 + 50,
        end: Some(RunEnd::Completed),
        totals: Totals {
            requests: 100 * count + 1,
            writes: 4 * count,
            hits: 80 * count + 1,
            misses: 15 * count,
            errors: count,
            queries: 19 * count,
            hit_us: quantiles(80 * count + 1, 310),
            miss_us: quantiles(15 * count, 2_100),
            write_us: quantiles(4 * count, 3_000),
        },
        seconds: (0..seconds).map(second).chain([last]).collect(),
    }
}

/// Traffic that did not begin yet.
fn nothing() -> Measured {
    let begun = Measured { elapsed_ms: 0, end: None, seconds: Vec::new(), ..measured(1, 20) };
    Measured { totals: Totals::default(), ..begun }
}

/// Traffic without a single hit.
fn no_hits() -> Measured {
    let mut measured = measured(1, 20);
    for second in &mut measured.seconds {
        (second.misses, second.hits, second.hit_us) = (second.misses + second.hits, 0, Quantiles::default());
    }
    measured.totals.misses += std::mem::take(&mut measured.totals.hits);
    measured.totals.hit_us = Quantiles::default();
    measured
}

fn read<T>(markup: &str, look: impl FnOnce(&Document) -> T) -> T {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(markup, options).unwrap_or_else(|error| panic!("{error}: {markup}"));
    look(&document)
}

fn text_of(node: Node) -> String {
    let texts = node.descendants().filter(Node::is_text).filter_map(|text| text.text());
    texts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(markup: &str) -> String {
    read(markup, |document| text_of(document.root_element()))
}

/// The rows of a table of that class: the texts of their cells.
fn rows(markup: &str, class: &str) -> Vec<Vec<String>> {
    read(markup, |document| {
        let table = document.descendants().find(|node| node.attribute("class") == Some(class)).unwrap();
        let rows = table.descendants().filter(|node| node.has_tag_name("tr"));
        rows.map(|row| row.children().map(text_of).collect()).collect()
    })
}

/// The names of the charts for those who cannot see them.
fn alts(markup: &str) -> Vec<String> {
    read(markup, |document| {
        let charts = document.descendants().filter(|node| node.attribute("role") == Some("img"));
        charts.map(|chart| chart.attribute("aria-label").unwrap().to_owned()).collect()
    })
}

#[test]
fn all_that_may_be_measured_is_written_as_markup_that_can_be_read() {
    let short = Measured { elapsed_ms: 700, end: Some(RunEnd::Stopped), ..nothing() };
    let going = Measured { end: None, elapsed_ms: 7_400, ..measured(2, 20) };
    for one in [nothing(), short, going, no_hits(), measured(3, 1), measured(4, 20), measured(5, 600)] {
        for beside in [None, Some(nothing()), Some(no_hits()), Some(measured(1, 600))] {
            for markup in [panel(&one, beside.as_ref()), page(&one, beside.as_ref())] {
                read(&markup, |_| ());
                assert!(!markup.contains("NaN") && !markup.contains("inf "), "{markup}");
            }
        }
    }
}

#[test]
fn names_and_titles_that_look_like_markup_are_shown_and_not_carried_out() {
    let hostile = |number| {
        let (title, client_name) = (format!("{HOSTILE}{number}"), Name::new(HOSTILE).unwrap());
        let drawing = vec![format!("{HOSTILE}: no cache {number}.")];
        Measured { title, client_name, drawing, ..measured(number, 3) }
    };
    for beside in [None, Some(hostile(1))] {
        for markup in [panel(&hostile(2), beside.as_ref()), page(&hostile(2), beside.as_ref())] {
            assert!(!markup.contains("<script"), "{markup}");
            assert!(text(&markup).contains(HOSTILE), "{markup}");
        }
    }
}

#[test]
fn a_panel_is_the_summary_only_once_the_traffic_is_over() {
    let attributes = |measured: &Measured| {
        read(&panel(measured, None), |document| {
            let root = document.root_element();
            let data = root.attributes().filter(|it| it.name().starts_with("data-"));
            data.map(|it| format!("{}={}", it.name(), it.value())).collect::<Vec<_>>().join(" ")
        })
    };
    let over = measured(1, 20);
    assert_eq!(attributes(&Measured { end: None, ..over.clone() }), "data-testid=traffic-now");
    let expected = "data-testid=traffic-summary data-requests=2001 data-hits=1601 data-errors=20";
    assert_eq!(attributes(&over), expected);
    assert_eq!(attributes(&Measured { end: Some(RunEnd::Stopped), ..over }), expected);
}

#[test]
fn the_bar_tells_how_far_it_is_and_goes_when_it_is_over() {
    let going = Measured { end: None, elapsed_ms: 7_400, ..measured(1, 20) };
    let bar = |measured: &Measured| {
        read(&panel(measured, None), |document| {
            let bar = document.descendants().find(|node| node.has_tag_name("progress"))?;
            Some((bar.attribute("value")?.to_owned(), bar.attribute("max")?.to_owned()))
        })
    };
    assert_eq!(bar(&going), Some(("7400".to_owned(), "20000".to_owned())));
    assert!(text(&panel(&going, None)).contains("7 s of 20 s."));
    let waiting = Measured { elapsed_ms: 21_000, ..going };
    assert_eq!(bar(&waiting), Some(("20000".to_owned(), "20000".to_owned())));
    assert!(text(&panel(&waiting, None)).contains("Waiting for the last answers."));
    assert_eq!(bar(&measured(1, 20)), None);
}

#[test]
fn figures_are_those_that_were_measured() {
    let shown = panel(&measured(1, 20), None);
    let words = text(&shown);
    // 2,001 requests in 20.05 s.
    assert!(words.contains("Requests a second 100 2,001 requests in all"), "{words}");
    assert!(words.contains("Hit rate 84.2 % of 1,901 reads"), "{words}");
    assert!(words.contains("Queries a second 19 380 queries in all"), "{words}");
    assert!(words.contains("Errors 20 1.0 % of requests"), "{words}");
    let expected = [
        ["How long", "p50", "p95", "p99"],
        ["Hits", "310 µs", "620 µs", "1.24 ms"],
        ["Misses", "2.10 ms", "4.20 ms", "8.40 ms"],
        ["Writes", "3.00 ms", "6.00 ms", "12.0 ms"],
    ];
    assert_eq!(rows(&shown, "latencies"), expected);
}

#[test]
fn while_traffic_goes_on_its_pace_is_that_of_the_last_whole_second() {
    let mut going = Measured { end: None, elapsed_ms: 2_500, ..measured(1, 20) };
    going.seconds.truncate(3);
    going.seconds[1].requests = 140;
    going.seconds[2].requests = 3; // half a second old
    going.totals.requests = 250;
    assert!(text(&panel(&going, None)).contains("Requests a second 140 100 on average"));
}

#[test]
fn charts_tell_what_they_show_and_leave_the_last_broken_second_out() {
    let expected = [
        "Requests a second: between 100/s and 100/s.",
        "Hit rate: between 84 % and 84 %.",
        "How long reads took, second by second; in all: hits p50 310 µs, p99 1.24 ms; misses p50 2.10 ms, p99 8.40 ms.",
        "Queries a second at Postgres: between 19/s and 19/s.",
    ];
    assert_eq!(alts(&panel(&measured(1, 20), None)), expected);
    assert_eq!(alts(&page(&measured(1, 20), None)), expected);
    assert!(alts(&panel(&nothing(), None)).is_empty());
    assert!(alts(&panel(&no_hits(), None))[2].contains("in all: no hits; misses p50"));
}

#[test]
fn a_second_without_requests_is_a_second_without_requests() {
    let mut silent = measured(1, 4);
    silent.seconds.remove(2);
    assert_eq!(alts(&panel(&silent, None))[0], "Requests a second: between 0/s and 100/s.");
    read(&panel(&silent, None), |document| {
        let lines = |class| document.descendants().filter(|node| node.attribute("class") == Some(class)).count();
        // Two seconds, then none, then one: a line and a dot; beside it the sample of the chart's key.
        assert_eq!((lines("ink-hit p50"), lines("fill-hit p50")), (2, 1));
        assert_eq!(lines("ink-requests"), 2);
    });
}

#[test]
fn every_line_of_a_chart_has_its_ink_and_no_colour_of_its_own() {
    for markup in [panel(&measured(1, 20), Some(&measured(2, 20))), page(&measured(1, 600), None)] {
        read(&markup, |document| {
            for shape in document
                .descendants()
                .filter(|node| ["polyline", "polygon", "line", "text"].contains(&node.tag_name().name()))
            {
                assert!(shape.attribute("class").is_some(), "{shape:?}");
                let colours = [shape.attribute("fill"), shape.attribute("stroke")].into_iter().flatten();
                assert!(colours.into_iter().all(|colour| colour == "none"), "{shape:?}");
            }
        });
    }
}

#[test]
fn two_traffics_stand_side_by_side_with_what_differs() {
    let mut fast = measured(2, 20);
    fast.elapsed_ms = 20_000;
    fast.totals = Totals { requests: 6_000, ..fast.totals };
    let slow = Measured {
        title: "No cache".to_owned(),
        drawing: vec!["Server: no cache.".to_owned()],
        elapsed_ms: 20_000,
        ..no_hits()
    };
    let shown = panel(&fast, Some(&slow));
    let table = rows(&shown, "compared");
    assert_eq!(table[0], ["Figure", "No. 2", "No. 1", "Change"]);
    assert_eq!(table[1], ["Requests/s", "300", "100", "× 3.0"]);
    assert_eq!(table[2], ["Hit rate", "84.2 %", "0 %", "+84 points"]);
    assert_eq!(table[3], ["Queries/s", "19", "19", "alike"]);
    assert_eq!(table[5], ["Hits p50", "310 µs", "–", "–"]);
    let words = text(&shown);
    assert!(words.contains("The same traffic, and the same seed (1)"), "{words}");
    assert!(words.contains("No. 2 was sent to “Cache-aside”, no. 1 to “No cache”."), "{words}");
    assert!(words.contains("Only in no. 1: Server: no cache."), "{words}");
    assert!(alts(&shown)[0].contains("in no. 1: between 100/s and 100/s; in no. 2:"), "{:?}", alts(&shown));
}

#[test]
fn traffic_that_was_not_the_same_is_told_not_to_be() {
    let mut other = measured(1, 20);
    other.traffic = Traffic { users: 50, distribution: Distribution::Uniform, ..other.traffic };
    let words = text(&panel(&measured(2, 20), Some(&other)));
    assert!(words.contains("The same seed (1), but not the same traffic:"), "{words}");
    assert!(words.contains("Users: 20 in no. 2, 50 in no. 1."), "{words}");
    assert!(words.contains("Key distribution: Zipf in no. 2, uniform in no. 1."), "{words}");
    assert!(words.contains("same servers, with the same settings"), "{words}");
    other.traffic.seed = 7;
    other.end = Some(RunEnd::Stopped);
    let words = text(&panel(&measured(2, 20), Some(&other)));
    assert!(words.contains("Not the same requests:") && words.contains("Seed: 1 in no. 2, 7 in no. 1."), "{words}");
    assert!(words.contains("No. 1: Stopped after 20.1 s of 20 s."), "{words}");
}

#[test]
fn traffic_that_is_over_can_be_compared_with_all_others_that_are() {
    let going = Measured { end: None, ..measured(4, 20) };
    let hostile = Measured { title: HOSTILE.to_owned(), ..measured(1, 20) };
    let all = [hostile, measured(2, 20), measured(3, 20), going.clone()];
    assert_eq!(choices(&going, None, &all, "/x"), "");
    assert!(!choices(&all[0], None, &all[..1], "/x").contains("select"));
    let foot = choices(&all[2], Some(&all[1]), &all, "/x");
    read(&foot, |document| {
        let of = |name| document.descendants().filter(move |node| node.has_tag_name(name));
        let value = |node: Node| node.attribute("value").unwrap().to_owned();
        assert_eq!(of("option").map(value).collect::<Vec<_>>(), ["", "2", "1"]);
        let selected = of("option").filter(|node| node.attribute("selected").is_some());
        assert_eq!(selected.map(value).collect::<Vec<_>>(), ["2"]);
        let links: Vec<_> = of("a").map(|link| link.attribute("href").unwrap()).collect();
        assert_eq!(links, ["/x/3/csv", "/x/3/report?beside=2"]);
    });
    assert!(text(&foot).contains(HOSTILE));
}

#[test]
fn a_report_needs_nothing_but_itself() {
    let report = page(&measured(2, 20), Some(&measured(1, 20)));
    read(&report, |document| {
        for node in document.descendants().filter(Node::is_element) {
            assert!(!["script", "link", "img", "iframe", "object"].contains(&node.tag_name().name()), "{node:?}");
            assert!(node.attributes().all(|it| !["src", "href", "srcset"].contains(&it.name())), "{node:?}");
        }
    });
    assert!(!report.contains("url(") && !report.contains("@import"));
    assert!(text(&report).contains("14 November 2026, 09:26 UTC"));
}

#[test]
fn a_report_tells_how_times_were_corrected_and_where_they_could_not_be() {
    let free = measured(1, 20);
    let traffic = Traffic { rate_per_s: Some(100), ..free.traffic.clone() };
    let timed = Measured { traffic, ..measured(2, 20) };
    assert!(text(&page(&timed, None)).contains("In this traffic, a rate was set:"));
    assert!(text(&page(&free, None)).contains("In this traffic, each user sent its next request as soon as"));
    let both = text(&page(&timed, Some(&free)));
    assert!(both.contains("In no. 2, a rate was set:") && both.contains("In no. 1, each user"), "{both}");
}

#[test]
fn a_table_reads_back_as_what_was_measured() {
    let title = "=HYPERLINK(\"x\"); a, \"quoted\" title".to_owned();
    let measured = Measured { title, ..measured(3, 600) };
    let table = csv(&measured);
    assert!(table.ends_with("\r\n"));
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 601);
    for (row, second) in rows.iter().zip(&measured.seconds) {
        let cell = |name| &row[header.iter().position(|it| it == name).unwrap()];
        assert_eq!(cell("traffic"), "3");
        assert_eq!(cell("scenario"), "'=HYPERLINK(\"x\"); a, \"quoted\" title");
        let number = |name| cell(name).parse::<u64>().unwrap();
        assert_eq!(number("second"), u64::from(second.at_s));
        assert_eq!(
            ["requests", "hits", "misses", "errors", "queries"].map(number),
            [second.requests, second.hits, second.misses, second.errors, second.queries]
        );
        assert_eq!(number("hit_p99_us"), second.hit_us.p99_us);
        match second.miss_us.count {
            0 => assert_eq!(cell("miss_p50_us"), ""),
            _ => assert_eq!(number("miss_p50_us"), second.miss_us.p50_us),
        }
    }
}
