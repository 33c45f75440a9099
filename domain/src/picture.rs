//! A picture of a scenario, as SVG: the same cards and curves as on the canvas, without anything that moves.
//!
//! It holds classes and no colours, so that it takes those of the page that it stands in, light or dark.

use crate::decimal::decimal;
use crate::graph::{Condition, Link, Node, Settings};
use crate::markup::safe;
use crate::scenario::Scenario;
use crate::scene::{CARD_HEIGHT, CARD_WIDTH, Curve, bounds};
use std::fmt::Write;

/// Room around the drawing, in canvas pixels.
const MARGIN: i32 = 24;
/// Letters of a card's lines that surely have room.
const LETTERS: usize = 24;

/// The scenario's picture; `alt` says what there is to be seen, for those who cannot; empty, the picture is hidden from
/// them, for what stands beside it says it. Of an empty drawing it is empty paper.
#[must_use]
pub fn svg(scenario: &Scenario, alt: &str) -> String {
    svg_telling(scenario, alt, &[])
}

/// The same, with two lines for each card in place of what the scenario alone can tell; the cards are in the drawing's order.
#[must_use]
pub fn svg_telling(scenario: &Scenario, alt: &str, lines: &[(String, String)]) -> String {
    let graph = &scenario.graph;
    let (low, high) = bounds(graph.nodes.iter().map(|node| node.at)).unwrap_or_default();
    let (x, y) = (low.x - MARGIN, low.y - MARGIN);
    let (width, height) = (high.x - low.x + 2 * MARGIN, high.y - low.y + 2 * MARGIN);
    let told = match alt {
        "" => r#"aria-hidden="true""#.to_owned(),
        alt => format!(r#"role="img" aria-label="{}""#, safe(alt)),
    };
    let mut svg = format!(r#"<svg class="picture" viewBox="{x} {y} {width} {height}" {told}>"#);
    for link in &graph.links {
        if let (Some(from), Some(to)) = (graph.node(&link.from), graph.node(&link.to)) {
            let curve = Curve::between(from.at, to.at);
            let (path, middle) = (curve.path(), curve.at(0.5));
            let (x, y) = (decimal(middle.0, 1), decimal(middle.1 - 8.0, 1));
            let condition = link.condition.word();
            let hold =
                link.hold.as_ref().map_or_else(String::new, |hold| format!(r#" data-hold="{}""#, hold.leg.word()));
            // Writing to a string cannot fail.
            let _ = write!(svg, r#"<path class="picture-link" data-condition="{condition}"{hold} d="{path}"/>"#);
            let said = safe(&said(link));
            if !said.is_empty() {
                let _ = write!(svg, r#"<text class="picture-said" x="{x}" y="{y}">{said}</text>"#);
            }
        }
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        card(&mut svg, node, &lines.get(index).cloned().unwrap_or_else(|| facts(&node.settings)));
    }
    svg.push_str("</svg>");
    svg
}

/// What a link does to packets: `+250 ms cut`, `‖ every SET of doe`.
fn said(link: &Link) -> String {
    let delay = (link.delay_ms > 0).then(|| format!("+{} ms", link.delay_ms));
    let condition = (link.condition != Condition::Up).then(|| link.condition.label().to_owned());
    let hold = link.hold.as_ref().map(|hold| short(&format!("‖ {hold}")));
    delay.into_iter().chain(condition).chain(hold).collect::<Vec<_>>().join(" ")
}

fn card(svg: &mut String, node: &Node, (fact, detail): &(String, String)) {
    let (kind, x, y) = (node.kind(), node.at.x, node.at.y);
    let power = if node.settings.is_off() { r#" data-power="off""# } else { "" };
    let [label, name, fact, detail] = [kind.label(), node.name.as_str(), fact, detail].map(|text| safe(&short(text)));
    let _ = write!(
        svg,
        r#"<g class="picture-card" data-kind="{}"{power} transform="translate({x} {y})"><rect width="{CARD_WIDTH}" height="{CARD_HEIGHT}" rx="10"/><path d="M2 10v{}"/><text class="picture-kind" x="16" y="26">{label}</text><text class="picture-name" x="16" y="46">{name}</text><text class="picture-fact" x="16" y="68">{fact}</text><text class="picture-detail" x="16" y="88">{detail}</text></g>"#,
        kind.word(),
        CARD_HEIGHT - 20,
    );
}

/// What a card tells of the settings of its node.
fn facts(settings: &Settings) -> (String, String) {
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match settings {
        Settings::Client(client) => {
            let requests: Vec<String> = client.requests.iter().map(ToString::to_string).collect();
            match &client.traffic {
                Some(traffic) => ("traffic".to_owned(), counted(traffic.users as usize, "user")),
                None => (counted(requests.len(), "request"), requests.join(", ")),
            }
        }
        Settings::Server(server) => (server.policy.label().to_owned(), format!("TTL {} s", server.ttl_s)),
        settings if settings.is_off() => ("switched off".to_owned(), String::new()),
        Settings::Redis(redis) => {
            let keys: Vec<&str> = redis.keys.iter().map(|seed| seed.key.as_str()).collect();
            (counted(keys.len(), "key"), keys.join(", "))
        }
        Settings::Postgres(postgres) => {
            let rows: Vec<&str> = postgres.rows.iter().map(|row| row.key.as_str()).collect();
            let shared = postgres.data_set.map(|set| format!("{} {}", set.keys(), set.word()));
            (shared.unwrap_or_else(|| counted(rows.len(), "row")), rows.join(", "))
        }
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Client, Command, DataSet, Hold, Leg, LinkId, Postgres, Traffic};
    use crate::text::{Key, Name};

    #[test]
    fn a_picture_shows_every_card_and_every_link_and_has_room_for_them() {
        let picture = svg(&Scenario::textbook(), "The textbook.");
        assert!(
            picture
                .starts_with(r#"<svg class="picture" viewBox="24 48 928 392" role="img" aria-label="The textbook.">"#)
        );
        assert_eq!(picture.matches("picture-card").count(), 4);
        assert_eq!(picture.matches("picture-link").count(), 3);
        assert!(picture.contains("GET rohan, GET john, GET…") && picture.contains(">2 keys<"), "{picture}");
    }

    #[test]
    fn what_is_injected_and_what_is_off_is_seen() {
        let mut scenario = Scenario::textbook();
        let id = |id: &str| crate::NodeId::new(id).unwrap();
        let link = LinkId::new(id("server"), id("redis"));
        scenario.apply(&scenario.tune(&link, 250, Condition::Cut).unwrap()).unwrap();
        scenario.apply(&scenario.switch(&id("postgres"), true).unwrap()).unwrap();
        let picture = svg(&scenario, "");
        assert!(picture.contains(r#"data-condition="cut""#) && picture.contains(">+250 ms cut<"));
        assert!(!picture.contains("data-hold"), "{picture}");
        assert!(picture.contains(r#"data-power="off""#) && picture.contains(">switched off<"));
    }

    #[test]
    fn what_a_link_holds_is_seen_with_what_else_it_does() {
        let mut scenario = Scenario::textbook();
        let id = |id: &str| crate::NodeId::new(id).unwrap();
        let link = LinkId::new(id("server"), id("redis"));
        let hold = |key: &str| Hold { leg: Leg::Message, command: Some(Command::Set), key: Key::new(key).ok() };
        scenario.apply(&scenario.hold(&link, Some(hold("doe"))).unwrap()).unwrap();
        let picture = svg(&scenario, "");
        assert!(picture.contains(r#"data-condition="up" data-hold="message""#), "{picture}");
        assert!(picture.contains(">‖ every SET of doe<"), "{picture}");
        scenario.apply(&scenario.tune(&link, 20, Condition::Up).unwrap()).unwrap();
        scenario.apply(&scenario.hold(&link, Some(hold("<b>"))).unwrap()).unwrap();
        assert!(svg(&scenario, "").contains(">+20 ms ‖ every SET of &lt;b&gt;<"));
    }

    #[test]
    fn a_card_tells_of_traffic_and_of_shared_rows_in_place_of_requests_and_rows() {
        let mut scenario = Scenario::textbook();
        let nodes = &mut scenario.graph.nodes;
        let traffic = Some(Traffic { users: 100, ..Traffic::default() });
        nodes[0].settings = Settings::Client(Client { traffic, ..Client::default() });
        nodes[3].settings = Settings::Postgres(Postgres { data_set: Some(DataSet::Products), ..Postgres::default() });
        let picture = svg(&scenario, "");
        assert!(picture.contains(">traffic<") && picture.contains(">100 users<"), "{picture}");
        assert!(picture.contains(">5000 products<") && !picture.contains("request"), "{picture}");
    }

    #[test]
    fn a_name_that_looks_like_markup_is_shown_and_not_carried_out() {
        let mut scenario = Scenario::textbook();
        scenario.graph.nodes[0].name = Name::new("<script>&\"x\"</script>").unwrap();
        let picture = svg(&scenario, "\"><script>");
        assert!(!picture.contains("<script"), "{picture}");
        assert!(picture.contains("&lt;script&gt;&amp;&quot;x&quot;"));
    }

    #[test]
    fn a_card_tells_what_it_is_given_to_tell_and_of_its_settings_otherwise() {
        let told = [("7 <requests>".to_owned(), String::new())];
        let picture = svg_telling(&Scenario::textbook(), "", &told);
        assert!(picture.contains(">7 &lt;requests&gt;<") && !picture.contains("GET rohan"), "{picture}");
        assert!(picture.contains(">2 keys<"), "{picture}");
    }

    #[test]
    fn an_empty_drawing_has_a_picture_too() {
        assert!(svg(&Scenario::empty("Empty").unwrap(), "Nothing.").contains(r#"viewBox="-24 -24 48 48""#));
    }
}
